"""`wwanctl`: what people type; talks to the daemon over D-Bus and to nothing else."""

from wwand.cli.app import main as main
