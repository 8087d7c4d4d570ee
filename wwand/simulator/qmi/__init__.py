"""The virtual modem's QMI: an engine behind a cdc-wdm port, and a module of handlers per service.

It shares card, network, contexts and connection with the AT commands of the same modem.
"""
