"""Which modem or device is meant, by any of the names people have for it."""

import asyncio
from collections.abc import Sequence

from wwand.cli.client import Client
from wwand.cli.failures import Failure
from wwand.cli.objects import Device, Modem
from wwand.cli.words import joined


async def modem(client: Client, name: str | None) -> Modem:
    """The modem of that name, or the only one; Failure when that is not clear."""
    modems, devices = await asyncio.gather(client.modems(), client.devices())
    if found := choose_modem(modems, devices, name):
        return found
    if name is None:
        raise no_modem(devices)
    meant = [d for d in devices if is_device(d, name)]
    raise Failure(f"there is no modem {name}", step_towards(meant) or "see `wwanctl list`")


async def device(client: Client, name: str | None) -> Device:
    """The device of that name, or the only one that is not ignored."""
    devices = await client.devices()
    if name is None:
        candidates = [d for d in devices if not d.ignored]
        if not candidates:
            raise Failure("no modem is plugged in", "see `wwanctl devices --all`")
    else:
        candidates = [d for d in devices if is_device(d, name)]
        if not candidates:
            raise Failure(f"there is no device {name}", "see `wwanctl devices --all`")
    if len(candidates) > 1:
        raise several("devices", [(d.place, d.title) for d in candidates])
    return candidates[0]


def choose_modem(
    modems: Sequence[Modem], devices: Sequence[Device], name: str | None
) -> Modem | None:
    """The one that fits; None when there is none, Failure when there are several."""
    of_devices = {d.facts["Modem"] for d in devices if name and d.usb_id == name.lower()}
    fitting = [m for m in modems if name is None or m.path in of_devices or _is_modem(m, name)]
    if len(fitting) > 1:
        raise several("modems", [(str(m.number), f"{m.title} at {m.place}") for m in fitting])
    return fitting[0] if fitting else None


def _is_modem(modem: Modem, name: str) -> bool:
    return name in (
        str(modem.number),
        f"modem{modem.number}",
        modem.path,
        modem.imei,
        modem.place,
        modem.facts["Device"],
        modem.facts["DeviceIdentifier"],
    )


def is_device(device: Device, name: str) -> bool:
    """Whether the device is called that."""
    facts = (device.place, device.usb_id, str(device.number), device.path)
    return name.lower() in facts or name == device.facts["SysfsPath"]


def several(what: str, found: Sequence[tuple[str, str]]) -> Failure:
    """Say that it is not clear which one is meant."""
    names = joined(f"{name} ({title})" for name, title in found)
    return Failure(f"there are {len(found)} {what}: {names}", "say which one")


def no_modem(devices: Sequence[Device]) -> Failure:
    """Say why there is no modem."""
    wanted = [d for d in devices if not d.ignored]
    return Failure(
        "there is no modem", step_towards(wanted) or "plug one in; `wwanctl devices --all`"
    )


def step_towards(devices: Sequence[Device]) -> str:
    """What to do about devices that are not modems (yet)."""
    for one in devices:
        if one.phase == "stuck":
            return f"{one.place} is stuck: `wwanctl explain {one.place}`"
        if one.on_its_way:
            return f"{one.place} is {one.phase}: wait a moment, or `wwanctl monitor`"
    return ""
