"""`wwanctl monitor`: what happens, one line each, until Ctrl-C."""

from collections.abc import Iterator
from contextlib import aclosing
from datetime import datetime
from typing import Any

from wwand.cli import words
from wwand.cli.command import Commands, Context
from wwand.cli.commands.devices import TONES as DEVICE_TONES
from wwand.cli.commands.modems import TONES as MODEM_TONES
from wwand.cli.commands.modems import bearer_document, state_words
from wwand.cli.failures import Failure
from wwand.cli.objects import (
    BEARER,
    DEVICE,
    MESSAGING,
    MODEM,
    MODEM_3GPP,
    Device,
    Modem,
    number_of,
)
from wwand.cli.watch import Change, Picture
from wwand.status import ModemState, StateChangeReason

Event = tuple[str, str, str, str, dict[str, Any]]
"""Kind, who, what in words, its tone, and what a document says of it."""


def add(commands: Commands) -> None:
    """Tell the parser."""
    parser = commands.add(
        "monitor",
        monitor,
        "follow devices, modems, signal, connections and messages",
        epilog="With --json each line is a document.",
    )
    parser.add_argument("--all", action="store_true", help="devices that are left alone, too")


async def monitor(context: Context) -> None:
    """Print what there is, then whatever happens."""
    picture = Picture(context.client)
    await picture.open()
    teller = Teller(picture, everything=context.args.all)
    for event in teller.now():
        _print(context, event)
    async with aclosing(picture.changes()) as changes:
        async for change in changes:
            if change.kind == "started":
                await _again(picture)
                for event in teller.now():
                    _print(context, event)
            for event in teller.events(change):
                _print(context, event)


async def _again(picture: Picture) -> None:
    """Read everything anew from a daemon that has just taken its name."""
    try:
        await picture.read()
    except Failure:  # it is not ready yet, or gone again: its signals will tell
        return


def _print(context: Context, event: Event) -> None:
    kind, who, what, tone, data = event
    now = datetime.now().astimezone()
    out = context.out
    out.document(
        {"time": now.isoformat(timespec="milliseconds"), "event": kind, "object": who, **data},
        one_line=True,
    )
    clock = out.paint(f"{now:%H:%M:%S}.{now.microsecond // 1000:03}", "dim")
    out.line(f"{clock}  {who:<8}  {out.paint(what, tone)}")


class Teller:
    """Words changes; only those that a person would want to hear of."""

    def __init__(self, picture: Picture, *, everything: bool) -> None:
        self._picture = picture
        self._everything = everything
        self._told: dict[str, int] = {}

    def now(self) -> Iterator[Event]:
        """What there is."""
        for device in self._picture.devices:
            self._told[device.path] = len(device.facts["History"])
            yield from self._device(device, device.phase, device.reason)
        for modem in self._picture.modems:
            yield self._modem_is("modem", modem)
            for path in modem.facts["Bearers"]:
                if (self._picture.bearer(path) or {}).get("Connected"):
                    yield from self._bearer(path)

    def events(self, change: Change) -> Iterator[Event]:
        """What a change means, in none, one or more lines."""
        path = change.path
        match change.kind:
            case "stopped":
                yield "daemon", "wwand", "stopped", "bad", {"running": False}
            case "started":
                yield "daemon", "wwand", "started", "good", {"running": True}
            case "added" if modem := self._picture.modem(path):
                yield self._modem_is("modem-added", modem, "(+) ")
            case "added" if device := self._picture.device(path):
                yield from self._history(device)
            case "removed" if modem := self._picture.modem(path):
                name = f"modem{modem.number}"
                yield "modem-removed", name, f"(-) {modem.title}", "bad", {"path": path}
            case "removed" if device := self._picture.device(path):
                if not device.ignored or self._everything:
                    yield "device-removed", device.place, "unplugged", "dim", {"path": path}
                self._told.pop(path, None)
            case "state":
                yield self._state(path, **change.values)
            case "changed" if change.interface == DEVICE:
                if device := self._picture.device(path):
                    yield from self._history(device)
            case "changed" if change.interface in (MODEM, MODEM_3GPP):
                yield from self._modem_changed(path, change)
            case "changed" if change.interface == MESSAGING and "Messages" in change.values:
                yield from self._messages(path, change)
            case "changed" if change.interface == BEARER and "Connected" in change.values:
                yield from self._bearer(path)

    def _history(self, device: Device) -> Iterator[Event]:
        history = device.facts["History"]
        known = self._told.get(device.path, 0)
        # the daemon keeps the last hundred: a full history grows at its end all the same
        known = min(known, len(history) - 1) if len(history) >= 100 else known
        self._told[device.path] = len(history)
        for _, phase, reason in history[known:]:
            yield from self._device(device, phase, reason)

    def _device(self, device: Device, phase: str, reason: str) -> Iterator[Event]:
        if device.ignored and not self._everything:
            return
        if phase == "found" and reason in ("", "unplugged"):  # its removal tells more
            return
        step = device.next_step if phase == device.phase == "stuck" else ""
        what = f"{phase:<9}  {reason}{': ' if reason and step else ''}{step}".rstrip()
        data = {"usb_id": device.usb_id, "phase": phase, "reason": reason, "next_step": step}
        yield "device", device.place, what, DEVICE_TONES.get(phase, ""), data

    def _modem_is(self, kind: str, modem: Modem, sign: str = "") -> Event:
        what = f"{sign}{modem.title} at {modem.place}, {state_words(modem)}"
        data = {"path": modem.path, "title": modem.title, "state": words.state(modem.state)}
        return kind, f"modem{modem.number}", what, MODEM_TONES.get(modem.state, ""), data

    def _state(self, path: str, old: int, new: int, reason: int) -> Event:
        was, now = words.state(old), words.state(new)
        why = words.REASONS.get(StateChangeReason(reason), "")
        what = f"{was} → {now}{f' ({why})' if why else ''}"
        data = {"old": was, "new": now, "reason": why}
        tone = MODEM_TONES.get(ModemState(new), "busy")
        return "state", f"modem{number_of(path)}", what, tone, data

    def _modem_changed(self, path: str, change: Change) -> Iterator[Event]:
        modem = self._picture.modem(path)
        if modem is None:
            return
        name, values = f"modem{modem.number}", change.values
        if {"SignalQuality", "AccessTechnologies"} & values.keys():
            technology = words.technology(modem.technology)
            data = {"signal": modem.signal, "technology": technology}
            strength = "-" if modem.signal is None else f"{modem.signal} %"
            yield "signal", name, f"signal {strength} {technology}".rstrip(), "", data
        if {"OperatorName", "OperatorCode"} & values.keys() and modem.operator:
            data = {"operator": modem.operator, "code": modem.gpp.get("OperatorCode", "")}
            yield "operator", name, f"operator {modem.operator}", "", data
        if "UnlockRequired" in values and (lock := words.lock(values["UnlockRequired"])):
            yield "lock", name, f"asks for {lock}", "bad", {"locked_by": lock}

    def _messages(self, path: str, change: Change) -> Iterator[Event]:
        known = set(change.before.get("Messages") or ())
        for message in change.values["Messages"]:
            if message not in known:
                number = number_of(message)
                what = f"message {number}: `wwanctl sms read {number}`"
                yield "message", f"modem{number_of(path)}", what, "good", {"message": number}

    def _bearer(self, path: str) -> Iterator[Event]:
        facts = self._picture.bearer(path)
        if facts is None:
            return
        bearer = bearer_document(path, facts)
        addresses = [bearer[family].get("address", "") for family in ("ipv4", "ipv6")]
        known = " ".join(address for address in addresses if address)
        if bearer["connected"]:
            what, tone = f"up on {bearer['interface']} {known}".rstrip(), "good"
        else:
            what, tone = f"down {bearer['error']}".rstrip(), "dim"
        yield "bearer", f"bearer{bearer['number']}", what, tone, bearer
