"""Bearers: one kind of data connection each, from a dialled PPP call to a QMI session."""
