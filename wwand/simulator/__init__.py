"""Virtual modems: a model is a text file, an engine they share gives it behaviour.

`wwand.simulator.pty` serves models on pseudo terminals without any privilege,
`wwand.simulator.usbip` makes them real USB devices of the running kernel.
"""

from wwand.simulator.library import load_model, model_names

__all__ = ["load_model", "model_names"]
