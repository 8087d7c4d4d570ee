"""`python -m wwand.cli`."""

from wwand.cli.app import main

main()
