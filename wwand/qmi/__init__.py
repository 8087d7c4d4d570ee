"""QMI: message declarations and a codec without I/O, and the channel that talks to a port.

QMI is what Qualcomm's modems speak on `/dev/cdc-wdmN`. Names and numbers are the ones libqmi
publishes. A module per service declares its messages; both ends of the dialogue are built on them,
the daemon's (`channel`, `client`) and the simulator's.
"""
