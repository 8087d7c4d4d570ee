"""Short messages, from the virtual network to the clients of the bus and back."""

import asyncio
import json
import logging
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import Message, Variant

from tests.bus.conftest import Refused, run
from tests.bus.daemon import (
    MM,
    MM_ROOT,
    MODEM,
    STICK,
    Lab,
    S,
    laboratory,
)
from wwand.simulator.engine import Modem
from wwand.sms import address, pdu
from wwand.sms.facts import DELIVERY_UNKNOWN, PduType, SmsState, Storage

MESSAGING = f"{MM}.Modem.Messaging"
SMS = f"{MM}.Sms"
ERROR = f"{MM}.Error"
NUMBER = "+491701234567"
LONG = "Grüße! " * 40

MODELS = (STICK, "qmi-lte")
both = pytest.mark.parametrize("model", MODELS)


@pytest.fixture
async def lab(bus_address: str, tmp_path: Path) -> AsyncIterator[Lab]:
    async with laboratory(bus_address, tmp_path) as made:
        yield made


async def registered(lab: Lab, model: str = STICK) -> str:
    """A modem whose messages have been looked for."""
    await lab.start()
    place = lab.plug(model)
    modem = await lab.modem(place, S.DISABLED)
    await lab.call(modem, MODEM, "Enable", "b", True)
    await lab.modem(place, S.REGISTERED)

    async def ready() -> bool | None:
        return await lab.get(modem, MESSAGING, "SupportedStorages") != [] or None

    await lab.until(ready, "storages")
    return modem


def virtual(lab: Lab) -> Modem:
    """The modem behind the ports."""
    modem = lab.simulation.controls.stick().modem
    assert modem
    return modem


async def added(lab: Lab, count: int = 1) -> Message:
    """Wait for the next signal of a message."""

    async def look() -> Message | None:
        found = [m for m in lab.client.heard if m.member == "Added"]
        return found[count - 1] if len(found) >= count else None

    return await lab.until(look, "Added")


async def becomes(lab: Lab, path: str, name: str, value: object) -> None:
    async def look() -> bool | None:
        return await lab.get(path, SMS, name) == value or None

    await lab.until(look, f"{name} {value}")


async def create(lab: Lab, modem: str, **facts: Any) -> str:
    types = {str: "s", bool: "b", int: "i", bytes: "ay"}
    properties = {
        name.replace("_", "-"): value
        if isinstance(value, Variant)
        else Variant(types[type(value)], value)
        for name, value in ({"number": NUMBER} | facts).items()
    }
    return str(await lab.call(modem, MESSAGING, "Create", "a{sv}", properties))


@both
async def test_a_message_that_comes_is_shown_and_deleted(lab: Lab, model: str) -> None:
    modem = await registered(lab, model)
    lab.simulation.controls.receive_text(NUMBER, "Hallo Wörld €")
    path, received = (await added(lab)).body
    assert (path, received) == (f"{MM_ROOT}/SMS/0", True)
    told = {
        name: await lab.get(path, SMS, name)
        for name in ("State", "PduType", "Number", "Text", "Storage", "Class", "SMSC")
    }
    assert told == {
        "State": SmsState.RECEIVED,
        "PduType": PduType.DELIVER,
        "Number": NUMBER,
        "Text": "Hallo Wörld €",
        "Storage": Storage.SM,
        "Class": -1,
        "SMSC": "+919000000000",
    }
    assert str(await lab.get(path, SMS, "Timestamp")).endswith("Z")
    assert await lab.get(modem, MESSAGING, "Messages") == [path]
    assert await lab.call(modem, MESSAGING, "List") == [path]
    assert path not in await lab.managed()
    await lab.call(modem, MESSAGING, "Delete", "o", path)
    assert virtual(lab).card.messages == {}
    assert await lab.get(modem, MESSAGING, "Messages") == []
    deleted = await lab.client.signal("Deleted")
    assert deleted.body == [path]
    with pytest.raises(Refused, match="NotFound"):
        await lab.call(modem, MESSAGING, "Delete", "o", path)


@both
async def test_parts_that_come_in_any_order_are_one_message(lab: Lab, model: str) -> None:
    from wwand.simulator.messages import deliver

    modem = await registered(lab, model)
    first, *others, last = deliver(NUMBER, LONG, 7)
    assert not others
    controls = lab.simulation.controls
    controls.receive_sms(last)
    path = (await added(lab)).body[0]
    assert await lab.get(path, SMS, "State") == SmsState.RECEIVING
    controls.receive_sms(first)
    await becomes(lab, path, "State", SmsState.RECEIVED)
    assert await lab.get(path, SMS, "Text") == LONG
    await lab.call(modem, MESSAGING, "Delete", "o", path)
    assert virtual(lab).card.messages == {}


@both
async def test_what_is_on_the_card_is_found_after_registration(lab: Lab, model: str) -> None:
    from wwand.simulator.messages import deliver

    await lab.start()
    place = lab.plug(model)
    modem = await lab.modem(place, S.DISABLED)
    virtual(lab).card.messages[3] = (1, deliver(NUMBER, "old")[0])
    virtual(lab).card.messages[4] = (1, "00FF")
    assert not [line for line in lab.told() if "+CMG" in line or "+CPMS" in line]
    await lab.call(modem, MODEM, "Enable", "b", True)
    path, received = (await added(lab)).body
    assert not received
    assert await lab.get(path, SMS, "Text") == "old"
    await lab.call(modem, MODEM, "Enable", "b", False)
    assert await lab.get(modem, MESSAGING, "Messages") == []
    await lab.call(modem, MODEM, "Enable", "b", True)
    again = (await added(lab, 2)).body[0]
    assert again != path
    assert await lab.get(again, SMS, "Text") == "old"


@both
async def test_a_message_is_made_sent_and_reported_on(lab: Lab, model: str) -> None:
    modem = await registered(lab, model)
    validity = Variant("(uv)", [1, Variant("u", 60)])
    path = await create(lab, modem, text=LONG, delivery_report_request=True, validity=validity)
    assert await lab.get(path, SMS, "State") == SmsState.UNKNOWN
    assert await lab.get(path, SMS, "DeliveryState") == DELIVERY_UNKNOWN
    assert (await added(lab)).body == [path, False]
    await lab.call(path, SMS, "Send")
    assert await lab.get(path, SMS, "State") == SmsState.SENT
    assert await lab.get(path, SMS, "MessageReference") == 2
    sent = [pdu.decode(pdu.from_hex(text)) for text in virtual(lab).sent]
    assert "".join(part.text or "" for part in sent) == LONG
    assert {(part.number, part.validity, part.report_requested) for part in sent} == {
        (NUMBER, 60, True)
    }
    await becomes(lab, path, "DeliveryState", 0)
    report = (await added(lab, 2)).body[0]
    assert await lab.get(report, SMS, "PduType") == PduType.STATUS_REPORT
    assert await lab.get(report, SMS, "MessageReference") == 1
    with pytest.raises(Refused, match="sent already") as caught:
        await lab.call(path, SMS, "Send")
    assert caught.value.name == f"{ERROR}.Core.WrongState"


@both
async def test_a_message_is_stored_then_sent_from_there(lab: Lab, model: str) -> None:
    modem = await registered(lab, model)
    path = await create(lab, modem, text="later")
    await lab.call(path, SMS, "Store", "u", 0)
    assert await lab.get(path, SMS, "State") == SmsState.STORED
    assert await lab.get(path, SMS, "Storage") == Storage.SM
    assert [status for status, _ in virtual(lab).card.messages.values()] == [2]
    with pytest.raises(Refused, match="stored already"):
        await lab.call(path, SMS, "Store", "u", 0)
    await lab.call(path, SMS, "Send")
    assert [status for status, _ in virtual(lab).card.messages.values()] == [3]
    assert len(virtual(lab).sent) == 1


@both
async def test_data_and_a_class_are_sent_as_they_are(lab: Lab, model: str) -> None:
    modem = await registered(lab, model)
    path = await create(lab, modem, data=b"\0\x1a\xff", **{"class": 0})
    await lab.call(path, SMS, "Send")
    sent = pdu.decode(pdu.from_hex(virtual(lab).sent[0]))
    assert (sent.data, sent.message_class, sent.text) == (b"\0\x1a\xff", 0, None)


@both
@pytest.mark.parametrize(
    ("fault", "value", "member", "error"),
    [
        ("memory-full", True, "Store", "Message.MemoryFull"),
        ("no-smsc", True, "Send", "Message.SmscAddressUnknown"),
        ("registration", "searching", "Send", "Message.NoNetwork"),
    ],
)
async def test_what_the_modem_refuses_has_the_name_that_clients_know(
    lab: Lab, model: str, fault: str, value: object, member: str, error: str
) -> None:
    modem = await registered(lab, model)
    path = await create(lab, modem, text="hush")
    lab.fault(fault, value)
    arguments = ("u", 0) if member == "Store" else ()
    with pytest.raises(Refused) as caught:
        await lab.call(path, SMS, member, *arguments)
    assert caught.value.name == f"{ERROR}.{error}"
    assert await lab.get(path, SMS, "State") == SmsState.UNKNOWN
    assert "hush" not in caught.value.text


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"text": Variant("s", "x")}, '"number"'),
        ({"number": Variant("s", "1")}, '"text"'),
        ({"number": Variant("s", "1;2"), "text": Variant("s", "x")}, "number"),
        ({"number": Variant("s", "1"), "text": Variant("s", "x\x1a")}, "text"),
        ({"number": Variant("s", "1"), "text": Variant("s", "x" * 50000)}, "255"),
        ({"number": Variant("s", "1"), "data": Variant("ay", bytes(50000))}, "data"),
        ({"number": Variant("s", "1"), "text": Variant("ay", b"x")}, "type s"),
        (
            {"number": Variant("s", "1"), "text": Variant("s", "x"), "class": Variant("i", 4)},
            "0 to",
        ),
        ({"number": Variant("s", "1"), "text": Variant("s", "x"), "what": Variant("i", 4)}, "what"),
        (
            {
                "number": Variant("s", "1"),
                "text": Variant("s", "x"),
                "validity": Variant("(uv)", [1, Variant("u", 0)]),
            },
            "validity",
        ),
    ],
)
async def test_what_can_never_be_sent_is_refused(
    lab: Lab, properties: dict[str, Variant], words: str
) -> None:
    modem = await registered(lab)
    with pytest.raises(Refused, match=words) as caught:
        await lab.call(modem, MESSAGING, "Create", "a{sv}", properties)
    assert caught.value.name == f"{ERROR}.Core.InvalidArgs"
    assert await lab.get(modem, MESSAGING, "Messages") == []


async def test_a_modem_that_is_not_enabled_makes_no_messages(lab: Lab) -> None:
    await lab.start()
    modem = await lab.modem(lab.plug(), S.DISABLED)
    with pytest.raises(Refused) as caught:
        await create(lab, modem, text="x")
    assert caught.value.name == f"{ERROR}.Core.WrongState"


@both
async def test_the_default_storage_is_chosen(lab: Lab, model: str) -> None:
    modem = await registered(lab, model)
    assert await lab.get(modem, MESSAGING, "DefaultStorage") == Storage.SM
    await lab.call(modem, MESSAGING, "SetDefaultStorage", "u", Storage.ME)
    assert await lab.get(modem, MESSAGING, "DefaultStorage") == Storage.ME
    path = await create(lab, modem, text="x")
    await lab.call(path, SMS, "Store", "u", 0)
    assert await lab.get(path, SMS, "Storage") == Storage.ME
    lab.simulation.controls.receive_text(NUMBER, "y")
    arrived = (await added(lab, 2)).body[0]
    assert await lab.get(arrived, SMS, "Storage") == Storage.ME
    assert virtual(lab).card.messages == {}
    for each in (path, arrived):
        await lab.call(modem, MESSAGING, "Delete", "o", each)
    assert virtual(lab).card.in_modem == {}
    with pytest.raises(Refused, match="Unsupported"):
        await lab.call(modem, MESSAGING, "SetDefaultStorage", "u", Storage.BM)
    with pytest.raises(Refused, match="InvalidArgs"):
        await lab.call(modem, MESSAGING, "SetDefaultStorage", "u", 77)


async def test_an_unplugged_modem_leaves_no_message(lab: Lab) -> None:
    modem = await registered(lab)
    path = await create(lab, modem, text="x")
    lab.simulation.controls.unplug()
    await lab.no_device(lab.places()[0])
    with pytest.raises(Refused, match="UnknownObject"):
        await lab.get(path, SMS, "Text")


@both
async def test_no_number_and_no_text_reaches_the_log(
    lab: Lab, model: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    texts = ("plain xyzzy", "Größe xyzzy", "xyzzy \U0001f600" * 20)
    modem = await registered(lab, model)
    for count, text in enumerate(texts, 1):
        lab.simulation.controls.receive_text(NUMBER, text)
        path = (await added(lab, count)).body[0]
        await becomes(lab, path, "State", SmsState.RECEIVED)
    for text in texts:
        path = await create(lab, modem, text=text, delivery_report_request=True)
        await lab.call(path, SMS, "Store", "u", 0)
        await lab.call(path, SMS, "Send")
        await becomes(lab, path, "DeliveryState", 0)
    await lab.call(modem, MESSAGING, "Delete", "o", path)
    with pytest.raises(Refused):
        await create(lab, modem, text="xyzzy\x1a")
    lab.fault("no-smsc")
    with pytest.raises(Refused):
        await lab.call(await create(lab, modem, text="xyzzy"), SMS, "Send")
    logged = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("wwand"))
    assert ("+CMTI" if model == STICK else "WMS Raw Read") in logged
    secrets = ["xyzzy", NUMBER.removeprefix("+"), address.half_octets(NUMBER[1:]).hex()]
    secrets += ["xyzzy".encode("utf-16-be").hex(), pdu_of(lab, "plain xyzzy")]
    assert [secret for secret in secrets if secret.lower() in logged.lower()] == []


def pdu_of(lab: Lab, text: str) -> str:
    """The user data of a message that was sent."""
    for sent in virtual(lab).sent:
        if pdu.decode(pdu.from_hex(sent)).text == text:
            return sent[-16:]
    raise AssertionError(text)


async def mmcli(lab: Lab, *arguments: str) -> str:
    status, output = await run("mmcli", *arguments, address=lab.address)
    assert status == 0, output
    return output


@both
async def test_mmcli_reads_makes_sends_and_deletes_messages(lab: Lab, model: str) -> None:
    await registered(lab, model)
    lab.simulation.controls.receive_text(NUMBER, "from the network")
    await added(lab)
    status = json.loads(await mmcli(lab, "-m", "0", "--messaging-status", "-J"))
    assert status["modem"]["messaging"] == {
        "default-storages": "sm",
        "supported-storages": "sm, me",
    }
    listed = json.loads(await mmcli(lab, "-m", "0", "--messaging-list-sms", "-J"))
    assert listed["modem.messaging.sms"] == [f"{MM_ROOT}/SMS/0"]
    shown = json.loads(await mmcli(lab, "-s", "0", "-J"))["sms"]
    assert (shown["content"]["text"], shown["content"]["number"]) == ("from the network", NUMBER)
    assert shown["properties"]["state"] == "received"
    assert shown["properties"]["pdu-type"] == "deliver"
    said = await mmcli(
        lab,
        "-m",
        "0",
        f"--messaging-create-sms=text='from, the desk',number='{NUMBER}',validity=60",
    )
    assert f"{MM_ROOT}/SMS/1" in said
    assert "successfully stored" in await mmcli(lab, "-s", "1", "--store")
    assert "successfully sent" in await mmcli(lab, "-s", "1", "--send")
    sent = pdu.decode(pdu.from_hex(virtual(lab).sent[0]))
    assert (sent.text, sent.number, sent.validity) == ("from, the desk", NUMBER, 60)
    for number in ("0", "1"):
        said = await mmcli(lab, "-m", "0", f"--messaging-delete-sms={number}")
        assert "successfully deleted" in said
    assert virtual(lab).card.messages == {}


async def test_messages_wait_until_the_modem_has_connected(lab: Lab) -> None:
    await lab.start()
    place = lab.plug()
    modem = await lab.modem(place, S.DISABLED)
    async with asyncio.timeout(20):
        await lab.connect(modem, apn="internet")
    lines = lab.told()
    dialled = next(at for at, line in enumerate(lines) if line.startswith("ATD*99"))
    assert not [line for line in lines[:dialled] if "+CMGF" in line or "+CPMS" in line]

    async def ready() -> bool | None:
        return await lab.get(modem, MESSAGING, "SupportedStorages") != [] or None

    await lab.until(ready, "storages beside the call")
    lab.simulation.controls.receive_text(NUMBER, "while it is connected")
    assert await lab.get((await added(lab)).body[0], SMS, "Text") == "while it is connected"


async def wwanctl(lab: Lab, *arguments: str, typed: str = "") -> tuple[int, str, str]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "wwand.cli", "sms", *arguments),
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        env={**os.environ, "WWAND_BUS": lab.address},
    )
    async with asyncio.timeout(20):
        text, error = await process.communicate(os.fsencode(typed))
    assert process.returncode is not None
    return process.returncode, text.decode(), error.decode()


async def test_wwanctl_lists_reads_sends_and_deletes_messages(lab: Lab) -> None:
    await registered(lab)
    assert await wwanctl(lab, "list") == (0, "modem0 has no messages.\n", "")
    lab.simulation.controls.receive_text(NUMBER, f"Hello\n\x1b[2J{'x' * 100}")
    await becomes(lab, (await added(lab)).body[0], "State", SmsState.RECEIVED)
    status, text, _ = await wwanctl(lab, "list")
    assert (status, "received" in text, NUMBER in text) == (0, True, True)
    assert f"Hello {'x' * 3}" not in text
    assert "\x1b" not in text
    status, text, _ = await wwanctl(lab, "read", "0")
    assert (status, "x" * 100 in text, "\x1b" in text) == (0, True, False)
    status, text, _ = await wwanctl(lab, "read", "0", "--json")
    assert json.loads(text)["text"].startswith("Hello\n")

    status, text, error = await wwanctl(
        lab, "send", NUMBER, "--report", "--validity", "60", "--json", typed="Grüße\n"
    )
    assert (status, json.loads(text)["message"], error) == (0, 1, "")
    sent = pdu.decode(pdu.from_hex(virtual(lab).sent[0]))
    assert (sent.text, sent.validity, sent.report_requested) == ("Grüße", 60, True)
    await becomes(lab, f"{MM_ROOT}/SMS/1", "DeliveryState", 0)
    assert "delivered" in (await wwanctl(lab, "list"))[1]

    assert (await wwanctl(lab, "delete", "1", "0"))[:2] == (0, "2 messages were deleted.\n")
    assert (await wwanctl(lab, "delete", "all"))[0] == 0
    assert json.loads((await wwanctl(lab, "list", "--json"))[1]) == []


async def test_wwanctl_takes_no_text_that_is_not_utf8(lab: Lab) -> None:
    await registered(lab)
    for words, typed, what in (
        (("Gr\udcfc\udcdfe",), "", "what was typed"),
        ((), "Gr\udcfc\udcdfe", "standard input"),
    ):
        status, text, error = await wwanctl(lab, "send", NUMBER, *words, typed=typed)
        assert (status, text) == (1, "")
        assert re.fullmatch(rf"wwanctl: {what} is not UTF-8 . convert it.*\n", error), error


async def test_wwanctl_says_why_a_message_is_not_sent_and_leaves_nothing(lab: Lab) -> None:
    modem = await registered(lab)
    lab.fault("no-smsc")
    status, text, error = await wwanctl(lab, "send", NUMBER, "hush")
    assert (status, text, error.count("\n")) == (1, "", 1)
    assert "SMSC address unknown" in error
    assert "hush" not in error
    assert NUMBER not in error
    for wrong in ("12;34", '1"2', "1\r2", "1\n2", "1" * 1000):
        status, _, error = await wwanctl(lab, "send", wrong, "hush")
        assert (status, "is not a telephone number" in error) == (1, True)
    status, _, error = await wwanctl(lab, "read", "7")
    assert (status, "no message 7" in error) == (1, True)
    assert await lab.get(modem, MESSAGING, "Messages") == []
    assert (await wwanctl(lab, "read"))[0] == 2
    assert (await wwanctl(lab, "fly"))[0] == 2
    await lab.call(modem, MODEM, "Enable", "b", False)
    status, _, error = await wwanctl(lab, "list")
    assert (status, "wwanctl enable 0" in error) == (1, True)
