"""Ports: opening them, and finding out what is spoken on which."""
