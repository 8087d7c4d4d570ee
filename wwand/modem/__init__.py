"""Modems: what they are, the states they go through, and the protocols that drive them."""
