"""Orders to a running simulation, the same for a test's Python and for JSON lines on a socket."""

from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from wwand.errors import BadArgument, NotFound, WrongState, WwandError
from wwand.simulator.commands.messages import is_pdu
from wwand.simulator.data import CALLED_OFF
from wwand.simulator.engine import HANGS, Modem
from wwand.simulator.journal import Happened, Journal
from wwand.simulator.messages import deliver
from wwand.simulator.network import OUTCOMES
from wwand.simulator.replies import MessageRefused
from wwand.simulator.stick import Stick

Request = dict[str, Any]


class Hub(Protocol):
    """The back end's part: the bus the devices are plugged into."""

    def plug(self, key: str) -> None:
        """Put the device of that place on the bus."""
        ...

    def unplug(self, key: str) -> None:
        """Pull it out."""
        ...


BETWEEN_PARTS = 0.2
"""Seconds; the air takes longer. ModemManager misses one that comes while it reads another."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A knob by its name: the values it takes, and what it is for."""

    takes: str
    """`flag`, `port`, `number`, `seconds`, `end` or the allowed words, split by `|`."""
    knob: str


FAULTS = {
    "mute": Fault("port", "mute"),
    "noise": Fault("port", "noise"),
    "refuse": Fault("flag", "refuse"),
    "no-carrier": Fault("flag", "no_carrier"),
    "hang": Fault("|".join(HANGS), "hang"),
    "qmi-silent": Fault("flag", "qmi_silent"),
    "call-end": Fault("end", "call_end"),
    "link-layer": Fault("802-3|raw-ip|any", "link_layer"),
    "memory-full": Fault("flag", "memory_full"),
    "no-smsc": Fault("flag", "no_smsc"),
    "refuse-ndisdup": Fault("flag", "refuse_ndisdup"),
    "latency": Fault("seconds", "latency"),
    "registration": Fault("|".join(OUTCOMES), "outcome"),
    "registration-delay": Fault("seconds", "registration_seconds"),
    "signal": Fault("number", "signal"),
    "sim": Fault("ready|pin|puk|missing", "sim"),
    "ignore-switches": Fault("number", "ignore_switches"),
    "never-return": Fault("flag", "never_return"),
    "return-delay": Fault("seconds", "return_seconds"),
    "late-ports": Fault("seconds", "port_seconds"),
}
"""Everything that can be set wrong; README.md says what each does."""


class Control:
    """Sets faults, pulls plugs, and tells what happened."""

    def __init__(self, hub: Hub, sticks: dict[str, Stick], journal: Journal) -> None:
        self._hub = hub
        self._sticks = sticks
        self.journal = journal

    def stick(self, key: str | None = None) -> Stick:
        """Return the device at that place; by default the only one, or the first."""
        if not self._sticks:
            raise NotFound("the simulation has no device")
        if key is None:
            return next(iter(self._sticks.values()))
        if key not in self._sticks:
            raise NotFound(f"the simulation has no device at {key}")
        return self._sticks[key]

    def fault(
        self, name: str, value: Any = True, *, key: str | None = None, on: bool = True
    ) -> None:
        """Set one knob of FAULTS; `on=False` takes a flag or a port's fault back."""
        fault = FAULTS.get(name)
        if fault is None:
            raise BadArgument(f"there is no fault {name}", f"Known: {', '.join(FAULTS)}")
        stick = self.stick(key)
        if fault.takes == "flag":
            setattr(stick.knobs, fault.knob, bool(value) and on)
        elif fault.takes == "port":
            ports: set[int] = getattr(stick.knobs, fault.knob)
            (ports.add if on else ports.discard)(int(value))
        elif name == "sim":
            _set_sim(stick, str(value))
        elif fault.takes in ("seconds", "number"):
            setattr(
                stick.knobs, fault.knob, float(value) if fault.takes == "seconds" else int(value)
            )
        elif name == "hang":
            stick.knobs.hang = _hang(value) if on else ""
        elif fault.takes == "end":
            stick.knobs.call_end = _end(str(value))
        elif value not in fault.takes.split("|"):
            raise BadArgument(f"{name} takes {fault.takes}, not {value}")
        else:
            setattr(stick.knobs, fault.knob, value)
        if stick.modem:
            stick.modem.apply_knobs()
            stick.modem.network.reconsider()

    def drop_call(self, key: str | None = None, cause: int = CALLED_OFF) -> None:
        """End every data call from the network's side, with a cause of 24.008 §10.5.6.6."""
        if modem := self.stick(key).modem:
            modem.drop_calls(cause=cause)

    def plug(self, key: str | None = None) -> None:
        """Plug the device in."""
        self._hub.plug(self.stick(key).key)

    def unplug(self, key: str | None = None) -> None:
        """Pull the device out."""
        self._hub.unplug(self.stick(key).key)

    def receive_sms(self, pdu: str, key: str | None = None) -> int:
        """Deliver a message to the modem and return its index on the card."""
        modem = self.stick(key).modem
        if modem is None:
            raise NotFound("there is no modem on the bus")
        if not is_pdu(pdu):
            raise BadArgument("a message is a PDU in hexadecimal, with its service centre")
        try:
            return modem.receive(pdu)
        except MessageRefused:
            raise WrongState("the card has no room for one more message") from None

    def receive_text(self, number: str, text: str, key: str | None = None) -> int:
        """Deliver a text from a number; the parts of a long one come one after the other.

        Returns the index of the first on the card.
        """
        reference = len(self.journal.entries)  # as the network's: seldom the same one again
        first, *others = deliver(number, text, reference & 0xFF)
        index = self.receive_sms(first, key)
        for place, pdu in enumerate(others, 1):
            self._later(place * BETWEEN_PARTS, pdu, key)
        return index

    def _later(self, seconds: float, pdu: str, key: str | None) -> None:
        def receive() -> None:
            with suppress(WrongState):  # the network keeps what does not fit
                self.receive_sms(pdu, key)

        if modem := self.stick(key).modem:
            modem.later(seconds, receive)

    def status(self) -> list[dict[str, Any]]:
        """Describe every device: mode, registration, calls in progress."""
        return [_describe(stick) for stick in self._sticks.values()]

    async def do(self, request: Request) -> Request:
        """Carry out one request and return the answer; never raises for a bad request."""
        try:
            return {"ok": True, **await self._do(dict(request))}
        except WwandError as error:
            return {"ok": False, "error": str(error), "next": error.next_step}
        except (KeyError, TypeError, ValueError) as error:
            return {"ok": False, "error": f"bad request: {error}"}

    async def _do(self, request: Request) -> Request:
        what, key = request.pop("do"), request.pop("device", None)
        match what:
            case "fault":
                value = request.get("value", request.get("port", True))
                self.fault(request["name"], value, key=key, on=request.get("on", True))
            case "drop":
                self.drop_call(key, int(request.get("cause", CALLED_OFF)))
            case "plug":
                self.plug(key)
            case "unplug":
                self.unplug(key)
            case "sms":
                if "pdu" not in request:
                    return {"index": self.receive_text(request["number"], request["text"], key)}
                return {"index": self.receive_sms(request["pdu"], key)}
            case "status":
                return {"devices": self.status()}
            case "journal":
                kind = Happened(request["kind"]) if "kind" in request else None
                found = self.journal.find(kind, device=key, since=request.get("since", 0))
                return {"entries": [asdict(e) for e in found], "next": len(self.journal.entries)}
            case "wait":
                entry = await self.journal.until(
                    Happened(request.pop("kind")), device=key, **request
                )
                return {"entry": asdict(entry)}
            case _:
                raise BadArgument(f"cannot {what!r}")
        return {}


def parse_fault(text: str) -> tuple[str, str | bool]:
    """Read a command line's `name` or `name=value`; raises BadArgument."""
    name, separator, value = text.partition("=")
    if name not in FAULTS:
        raise BadArgument(f"there is no fault {name}", f"Known: {', '.join(FAULTS)}")
    return name, value if separator else True


def _hang(value: Any) -> str:
    """What ends a hang; nothing does, unless a word says so."""
    until = HANGS[0] if value is True or value == "" else str(value)
    if until not in HANGS:
        raise BadArgument(f"hang takes {' '.join(HANGS)} or nothing, not {until}")
    return until


def _end(text: str) -> str:
    from wwand.simulator.qmi.ends import read_end  # QMI is loaded where it is spoken

    if text != "none":
        read_end(text)
    return text


def _set_sim(stick: Stick, state: str) -> None:
    card = stick.card
    card.present = state != "missing"
    card.pin_enabled = state in ("pin", "puk")
    card.unlocked = False
    if state == "puk":
        card.pin_tries = 0
    elif not card.pin_tries:
        card.pin_tries = 3
    if state not in ("ready", "pin", "puk", "missing"):
        raise BadArgument(f"sim takes ready, pin, puk or missing, not {state}")


def _describe(stick: Stick) -> dict[str, Any]:
    modem = stick.modem
    return {
        "device": stick.key,
        "model": stick.model.name,
        "mode": stick.mode.name if stick.mode else None,
        "id": str(stick.mode.id) if stick.mode else None,
        "registration": modem.network.stat if modem else None,
        "calls": _calls(modem) if modem else [],
        "clients": {k: list(v) for k, v in modem.clients.items() if v} if modem else {},
        "open": [n for n, t in modem.terminals.items() if t.is_open] if modem else [],
    }


def _calls(modem: Modem) -> list[dict[str, Any]]:
    calls = [{"port": t.number, "cid": c.cid, "apn": c.facts.apn} for t, c in modem.calls.items()]
    if modem.data and (context := modem.data.context):
        calls.append({"port": modem.data.number, "cid": context.cid, "apn": context.apn})
    return calls
