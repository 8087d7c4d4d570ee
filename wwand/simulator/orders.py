"""What a daemon that simulates lets its users do to the virtual modems."""

from wwand.simulator.control import parse_fault
from wwand.simulator.library import model_names
from wwand.simulator.pty import Simulation
from wwand.sms.address import checked


class Orders:
    """Plug virtual modems in and out, and make them misbehave."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    @property
    def models(self) -> list[str]:
        """The virtual modems there are to plug in."""
        return model_names()

    async def plug(self, model: str) -> str:
        """Plug one in; returns its place."""
        key = self._simulation.add(model)
        self._simulation.plug(key)
        return key

    async def fault(self, place: str, fault: str, argument: str) -> None:
        """Set a fault, or take it back with `off`.

        `unplug`, `plug`, `drop` and `sms`, which has a number and a text, are orders.
        """
        controls = self._simulation.controls
        match fault:
            case "unplug":
                controls.unplug(place)
            case "plug":
                controls.plug(place)
            case "drop":
                controls.drop_call(place)
            case "sms":
                number, _, text = argument.partition(" ")
                controls.receive_text(checked("the number", number), text, place)
            case _:
                name, value = parse_fault(f"{fault}={argument}" if argument else fault)
                on = argument.split(" ")[-1] != "off"
                value = value if isinstance(value, bool) else value.removesuffix("off").strip()
                controls.fault(name, value or True, key=place, on=on)
