"""What callers hand in cannot leave its place in a command, and what is private stays private."""

import asyncio
import contextlib
import logging
import os
import stat
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from dbus_fast import Variant

from tests.bus.conftest import Refused
from tests.bus.daemon import (
    MM,
    MM_ROOT,
    MODEM,
    MODEM3GPP,
    SIM,
    SIMPLE,
    STICK,
    Lab,
    S,
    laboratory,
    process,
)
from wwand.log import redacted
from wwand.simulator.journal import Happened
from wwand.simulator.library import load_model
from wwand.simulator.model import Model

INVALID = f"{MM}.Error.Core.InvalidArgs"
CANARY = "xyzzy"


@pytest.fixture
async def lab(bus_address: str, tmp_path: Path) -> AsyncIterator[Lab]:
    async with laboratory(bus_address, tmp_path) as made:
        yield made


# --- what callers hand in -----------------------------------------------------------------------

# D-Bus itself carries no NUL in a string: libdbus and dbus-daemon drop whoever sends one.
EVIL = {
    "a quote": f'1234"{CANARY}',
    "a carriage return": f"1234\rAT+{CANARY}",
    "a line feed": f"1234\n{CANARY}",
    "Ctrl-Z": f"1234\x1a{CANARY}",
    "ESC": f"1234\x1b{CANARY}",
    "a letter that is not ASCII": f"1234é{CANARY}",
    "1,000 characters": "1" * 1000,
}


@dataclass(frozen=True)
class Entrance:
    """A string that a caller can set."""

    called: str
    """How the refusal names it."""
    interface: str
    member: str
    signature: str
    arguments: Callable[[str], tuple[object, ...]]
    fine: frozenset[str] = frozenset()
    """What is not evil here."""


def in_dictionary(key: str) -> Callable[[str], tuple[object, ...]]:
    return lambda value: ({key: Variant("s", value)},)


def message_with(key: str) -> Callable[[str], tuple[object, ...]]:
    def made(value: str) -> tuple[object, ...]:
        return ({n: Variant("s", v) for n, v in {"number": "1", "text": "x", key: value}.items()},)

    return made


ENTRANCES = [
    *(
        Entrance(key, interface, member, "a{sv}", in_dictionary(key))
        for interface, member, keys in (
            (SIMPLE, "Connect", ("apn", "user", "password", "pin", "operator-id", "number")),
            (MODEM, "CreateBearer", ("apn", "user", "password", "profile-name")),
        )
        for key in keys
    ),
    *(
        Entrance(key, f"{MODEM}.Messaging", "Create", "a{sv}", message_with(key))
        for key in ("number", "smsc")
    ),
    Entrance(
        "text",
        f"{MODEM}.Messaging",
        "Create",
        "a{sv}",
        message_with("text"),
        frozenset(EVIL) - {"Ctrl-Z", "ESC"},
    ),
    Entrance("the PIN", SIM, "SendPin", "s", lambda v: (v,)),
    Entrance("the PUK", SIM, "SendPuk", "ss", lambda v: (v, "1234")),
    Entrance("the PIN", SIM, "SendPuk", "ss", lambda v: ("12345678", v)),
    Entrance("the PIN", SIM, "EnablePin", "sb", lambda v: (v, True)),
    Entrance("the old PIN", SIM, "ChangePin", "ss", lambda v: (v, "1234")),
    Entrance("the new PIN", SIM, "ChangePin", "ss", lambda v: ("1234", v)),
    Entrance("the operator", MODEM3GPP, "Register", "s", lambda v: (v,)),
    Entrance("the key", MODEM3GPP, "DisableFacilityLock", "(us)", lambda v: ([16, v],)),
    Entrance("the code", MODEM, "FactoryReset", "s", lambda v: (v,)),
    Entrance(
        "the command", MODEM, "Command", "su", lambda v: (f"AT{v}", 3), frozenset({"a quote"})
    ),
]


@pytest.mark.parametrize("locked", [False, True], ids=["open", "locked"])
async def test_no_string_of_a_caller_can_leave_its_place_in_a_command(
    lab: Lab, locked: bool
) -> None:
    """All entrances on one modem: what each refuses must not have been sent, not even in part."""
    await lab.start()
    model = load_model(STICK)
    place = lab.plug(replace(model, sim=replace(model.sim, pin_enabled=locked)))
    modem = await lab.modem(place, S.LOCKED if locked else S.DISABLED)
    if not locked:
        await lab.call(modem, MODEM, "Enable", "b", True)
        await lab.modem(place, S.REGISTERED)
    sim = str(await lab.get(modem, MODEM, "Sim"))
    served = set((await lab.managed())[modem])
    told = len(lab.told())
    for entrance in ENTRANCES:
        if entrance.interface not in served | {SIM}:
            continue
        for what, value in EVIL.items():
            if what in entrance.fine:
                continue
            path = sim if entrance.interface == SIM else modem
            with pytest.raises(Refused) as refused:
                await lab.call(
                    path,
                    entrance.interface,
                    entrance.member,
                    entrance.signature,
                    *entrance.arguments(value),
                )
            said = f"{entrance.member} with {what}: {refused.value}"
            assert refused.value.name == INVALID, said
            assert entrance.called in refused.value.text, said
            assert CANARY not in refused.value.text, said
    by_itself = ("AT+CSQ", "AT+COPS", "AT+PS", "AT+CMGF", "AT+CPMS", "AT+CNMI", "AT+CMGL")
    new = [line for line in lab.told()[told:] if not line.startswith(by_itself)]
    assert new == []
    assert not [line for line in lab.told() if CANARY in line or "1111111111" in line]
    assert await lab.get(modem, MODEM, "Bearers") == []


@pytest.mark.parametrize("value", ["12a4", "123", "123456789", ""])
async def test_a_pin_that_cannot_be_one_costs_no_try(lab: Lab, value: str) -> None:
    await lab.start()
    model = load_model(STICK)
    place = lab.plug(replace(model, sim=replace(model.sim, pin_enabled=True)))
    modem = await lab.modem(place, S.LOCKED)
    with pytest.raises(Refused) as refused:
        await lab.call(str(await lab.get(modem, MODEM, "Sim")), SIM, "SendPin", "s", value)
    assert refused.value.name == INVALID
    assert not lab.told(text="AT+CPIN=")


@pytest.mark.parametrize("value", ["123", "1234567", "26 01", "home"])
async def test_an_operator_that_cannot_be_one_is_not_sent(lab: Lab, value: str) -> None:
    await lab.start()
    place = lab.plug()
    modem = await lab.modem(place)
    await lab.call(modem, MODEM, "Enable", "b", True)
    with pytest.raises(Refused) as refused:
        await lab.call(modem, MODEM3GPP, "Register", "s", value)
    assert refused.value.name == INVALID
    assert not lab.told(text="AT+COPS=1")


# --- what is private ----------------------------------------------------------------------------

PIN, NEW_PIN, WRONG_PIN, PUK = "48151623", "31415926", "27182818", "16180339"
PASSWORD = "correct-horse-battery"


def private(model: Model) -> dict[str, str]:
    """Everything that no log may hold."""
    card = model.sim
    return {
        "PIN": PIN,
        "new PIN": NEW_PIN,
        "wrong PIN": WRONG_PIN,
        "PUK": PUK,
        "password": PASSWORD,
        "IMEI": model.identity.imei,
        "IMSI": card.imsi,
        "ICCID": card.iccid,
        "ICCID as stored": "".join(
            b + a for a, b in zip(card.iccid[:-1:2], card.iccid[1::2], strict=True)
        ),
        "number": card.number.removeprefix("+"),
    }


async def test_no_secret_reaches_the_log_whatever_happens(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    model = load_model(STICK)
    model = replace(model, sim=replace(model.sim, pin_enabled=True, pin=PIN, puk=PUK))
    await lab.start(f'[sim]\npin = "{WRONG_PIN}"\n[connection]\npassword = "{PASSWORD}"\n')
    place = lab.plug(model)
    modem = await lab.modem(place, S.LOCKED)
    sim = str(await lab.get(modem, MODEM, "Sim"))
    for _ in range(2):
        with pytest.raises(Refused):
            await lab.call(sim, SIM, "SendPin", "s", WRONG_PIN)
    await lab.call(sim, SIM, "SendPuk", "ss", PUK, PIN)
    await lab.call(sim, SIM, "ChangePin", "ss", PIN, NEW_PIN)
    with pytest.raises(Refused):
        await lab.call(sim, SIM, "EnablePin", "sb", WRONG_PIN, False)
    for command in (f'AT+CPIN="{PIN}"', f' at+cmee=1;+cpin="{PIN}"', "AT+CIMI;+CGSN", "AT+CNUM"):
        with contextlib.suppress(Refused):  # what it answers is not the point
            await lab.call(modem, MODEM, "Command", "su", command, 3)
    connect = {"apn": "internet", "user": "me", "password": PASSWORD, "wwand_apply_ip": True}
    await lab.connect(modem, **connect)  # type: ignore[arg-type]
    assert lab.network.plans[0].ppp.password == PASSWORD
    lab.simulation.controls.drop_call()
    await lab.happens(Happened.CONNECTED, count=2)
    await lab.modem(place, S.CONNECTED)
    lab.fault("no-carrier")
    lab.simulation.controls.drop_call()
    await lab.modem(place, S.REGISTERED)
    lab.simulation.unplug(place)
    await lab.no_device(place)
    await lab.stop()

    assert "> AT+CPIN=***" in caplog.text  # the log says what is done, at this level
    found = {what for what, value in private(model).items() if value in caplog.text}
    assert found == set()


@pytest.mark.parametrize(
    "line",
    [
        'AT+CPIN="2468"',
        'at+cpin="2468"',
        'AT+CMEE=1;+CPIN="2468"',
        ' AT+CPIN = "2468","2468"',
        'AT+CLCK="SC",1,"2468"',
        'AT+CPWD="SC","2468","1357"',
        'AT+CGAUTH=1,1,"user","2468"',
        'AT^AUTHDATA=1,1,"","2468","user"',
        "ATD2468",
        "ATDT2468;",
        "07912143658709F1040B91810055512468F20000111010214365000AE8329BFD1357D9EC37",
        "+CMGR: 0,,24\n0791246813570000000000",
        "AT+CMGS=2468",
    ],
)
def test_no_secret_of_a_command_line_is_logged(line: str) -> None:
    assert "2468" not in redacted(line)
    assert "1357" not in redacted(line)


async def test_what_the_daemon_remembers_is_for_its_owner_alone(lab: Lab) -> None:
    await lab.start(f'[sim]\npin = "{WRONG_PIN}"\n')
    model = load_model(STICK)
    place = lab.plug(replace(model, sim=replace(model.sim, pin_enabled=True, pin=PIN)))
    await lab.modem(place, S.LOCKED)
    state = lab.directory / "state"
    (file,) = state.iterdir()
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert WRONG_PIN not in file.read_text()


async def test_no_secret_is_on_a_command_line_or_in_the_log_of_the_program(
    bus_address: str, tmp_path: Path
) -> None:
    config = tmp_path / "wwand.toml"
    config.write_text(f'[connection]\npassword = "{PASSWORD}"\n[sim]\npin = "{PIN}"\n')
    config.chmod(0o600)
    options = ("--config", str(config), "--log-level", "debug")
    async with process(bus_address, tmp_path, *options) as wwand:
        modem = f"{MM_ROOT}/Modem/0"
        await wwand.object_appears(modem)
        password = {"password": Variant("s", PASSWORD)}
        await wwand.client.call(modem, SIMPLE, "Connect", "a{sv}", password)
        seen = await asyncio.to_thread(shown_to_everybody, wwand.pid)
        assert b"--log-level" in seen
        assert PASSWORD.encode() not in seen
        assert PIN.encode() not in seen
        assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700
    told = wwand.log.read_text()
    assert "> ATD***" in told
    found = {what for what, value in private(load_model(STICK)).items() if value in told}
    assert found == set()


def shown_to_everybody(pid: int) -> bytes:
    """The command lines and environments of a process and of all below it."""
    files = ("cmdline", "environ")
    return b"".join(
        Path(f"/proc/{each}/{file}").read_bytes()
        for each in (pid, *children(pid))
        for file in files
    )


def children(pid: int) -> list[int]:
    """All processes below one."""
    found: list[int] = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parent = int(Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[1])
            except FileNotFoundError:
                continue
            if parent == pid:
                found += [int(entry), *children(int(entry))]
    return found
