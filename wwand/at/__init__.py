"""AT commands: declarations, a parser without I/O, and the channel that talks to a port.

parser     bytes -> lines, final results, prompts        (pure)
command    what an AT command is, and how one is declared (pure)
arguments  values that may stand in a command line        (pure)
results    +CME/+CMS numbers and words -> errors          (pure)
channel    one port: one command at a time, reports in between
basic identity equipment sim registration operators technology signal packet events
           the commands themselves, by chapter of 3GPP TS 27.007
"""
