"""Short messages of modems that do things their own way; the usual way is in the bus ring."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.unit.modem.qmi_bench import DEADLINE, Pair, paired
from tests.unit.modem.test_at_modem import OK, Bench, bench, said
from wwand.at import messages as commands
from wwand.at.basic import dial_data
from wwand.errors import CommandFailed, MessageError, ModemTimeout, Unsupported, WrongState
from wwand.modem import messaging
from wwand.modem.base import Modem
from wwand.modem.message_store import Arrival, Place
from wwand.modem.sms import Sms
from wwand.qmi import wms
from wwand.qmi.frame import indication
from wwand.qmi.wms import AckIndicator, MessageFormat
from wwand.simulator.journal import Happened
from wwand.simulator.messages import deliver, status_report
from wwand.sms.facts import PduType, SmsState, Storage
from wwand.sms.submit import Outgoing
from wwand.status import ModemState

S = ModemState
NUMBER = "+491701234567"
DELIVER = deliver(NUMBER, "Hello")[0]
HALF, OTHER_HALF = deliver(NUMBER, "x" * 200, 9)

Answers = dict[str, str | bytes]

MESSAGES: Answers = {
    "AT+CMGF=0": OK,
    "AT+CPMS=?": said('+CPMS: ("SM"),("SM"),("SM")'),
    "AT+CPMS?": said('+CPMS: "SM",0,20,"SM",0,20,"SM",0,20'),
    "AT+CNMI=2,1,0,1,0": OK,
    'AT+CPMS="SM"': said("+CPMS: 0,20,0,20,0,20"),
    "AT+CMGL=4": OK,
}


async def until(modem: Modem, condition: Callable[[], object]) -> None:
    """Wait until a change of the modem makes something true."""
    news = asyncio.Event()
    modem.listeners.append(news.set)
    try:
        while not condition():
            news.clear()
            await news.wait()
    finally:
        modem.listeners.remove(news.set)


def length(pdu: str) -> int:
    return len(pdu) // 2 - 1 - int(pdu[:2], 16)


async def ready(made: Bench) -> list[Sms]:
    """The modem's messages, once they have been looked for."""
    await made.modem.start()
    await made.modem.enable()
    await made.far["ttyUSB0"].hears("AT+CMGL=4")
    await made.modem.control.attention()
    return made.modem.messaging.messages


async def test_nothing_is_asked_before_the_modem_is_registered() -> None:
    nowhere: Answers = {"AT+CREG?": said("+CREG: 2,2"), "AT+CEREG?": said("+CEREG: 2,2")}
    async with bench(MESSAGES | nowhere) as made:
        await made.modem.start()
        await made.modem.enable()
        assert made.modem.state is S.SEARCHING
        assert not {"AT+CMGF=0", "AT+CPMS=?"} & set(made.heard)
        made.far["ttyUSB0"].say('+CREG: 1,"1A2B","00C3D4E5",7')
        await made.far["ttyUSB0"].hears("AT+CMGL=4")


async def test_a_message_that_is_handed_over_is_taken_without_a_place() -> None:
    async with bench(MESSAGES) as made:
        messages = await ready(made)
        made.far["ttyUSB0"].say(f"+CMT: ,{length(DELIVER)}\r\n{DELIVER}")
        await until(made.modem, lambda: messages)
        assert (messages[0].text, messages[0].places) == ("Hello", [])
        await made.modem.messaging.delete(messages[0])
        assert messages == []
        without = DELIVER[2 * (1 + int(DELIVER[:2], 16)) :]
        made.far["ttyUSB0"].say(f"+CMT: ,{len(without) // 2}\r\n{without}")
        await until(made.modem, lambda: messages)
        assert (messages[0].text, messages[0].smsc) == ("Hello", "")


async def test_what_comes_before_anybody_asked_is_not_lost() -> None:
    async with bench(MESSAGES) as made:
        await made.modem.start()
        made.far["ttyUSB0"].say(f"+CMT: ,{length(DELIVER)}\r\n{DELIVER}")
        await made.modem.enable()
        await until(made.modem, lambda: made.modem.messaging.messages)
        assert made.modem.messaging.messages[0].text == "Hello"


async def test_a_stored_status_report_is_fetched() -> None:
    sent = Outgoing(NUMBER, "x", report=True)
    async with bench(MESSAGES) as made:
        messages = await ready(made)
        sms = made.modem.messaging.create(sent)
        submit = sms.submits[0]
        made.far["ttyUSB0"].answers |= {
            f"AT+CMGS={submit.length}": b"\r\n> ",
            f"{submit.pdu.hex().upper()}\x1a": said("+CMGS: 200"),
        }
        await made.modem.messaging.send(sms)
        assert (sms.state, sms.references) == (SmsState.SENT, [200])
        report = status_report(submit.pdu.hex(), 200)
        made.far["ttyUSB0"].answers |= {
            'AT+CPMS="SR"': OK,
            "AT+CMGR=4": said(f"+CMGR: 0,,{length(report)}\r\n{report}"),
        }
        made.far["ttyUSB0"].say('+CDSI: "SR",4')
        await until(made.modem, lambda: len(messages) == 2)
        assert messages[1].type is PduType.STATUS_REPORT
        assert messages[1].storage is Storage.SR
        assert sms.delivery == 0


async def test_a_firmware_that_reports_in_its_own_way_is_asked_until_it_knows_one() -> None:
    other: Answers = {"AT+CNMI=2,1,0,1,0": "+CMS ERROR: 303", "AT+CNMI=2,1,2,1,0": OK}
    async with bench(MESSAGES | other) as made:
        await ready(made)
        asked = [line for line in made.heard if "CNMI" in line]
        assert asked == ["AT+CNMI=2,1,0,1,0", "AT+CNMI=2,1,2,1,0"]


async def test_a_storage_that_cannot_be_read_hides_no_other() -> None:
    mu609: Answers = {
        "AT+CPMS=?": said('+CPMS: "ME","MT","SM"'),
        'AT+CPMS="ME"': OK,
        'AT+CPMS="SM"': "+CMS ERROR: 303",
        "AT+CMGL=4": said(f"+CMGL: 5,1,,{length(DELIVER)}\r\n{DELIVER}"),
    }
    async with bench(MESSAGES | mu609) as made:
        await ready(made)
        (sms,) = made.modem.messaging.messages
        assert sms.storage is Storage.ME
        assert made.modem.messaging.storages == (Storage.SM, Storage.ME, Storage.MT)


async def test_a_modem_without_a_choice_of_storage_is_read_as_it_is() -> None:
    row = f"+CMGL: 5,1,,{length(DELIVER)}\r\n{DELIVER}"
    without: Answers = {"AT+CPMS=?": "ERROR", "AT+CMGL=4": said(row)}
    async with bench(MESSAGES | without) as made:
        await ready(made)
        (sms,) = made.modem.messaging.messages
        assert (sms.text, sms.storage) == ("Hello", Storage.UNKNOWN)
        made.far["ttyUSB0"].answers["AT+CMGD=5"] = "+CMS ERROR: 321"  # somebody has deleted it
        await made.modem.messaging.delete(sms)
        assert made.modem.messaging.messages == []
        mine = made.modem.messaging.create(Outgoing(NUMBER, "x"))
        with pytest.raises(Unsupported):
            await made.modem.messaging.store(mine, Storage.SM)


async def test_a_modem_without_messages_is_left_alone() -> None:
    async with bench({"AT+CMGF=0": "ERROR"}) as made:
        await made.modem.start()
        await made.modem.enable()
        await made.far["ttyUSB0"].hears("AT+CMGF=0")
        await made.modem.control.attention()
        assert made.modem.messaging.storages == ()
        sms = made.modem.messaging.create(Outgoing(NUMBER, "x"))
        with pytest.raises(CommandFailed):
            await made.modem.messaging.send(sms)
        assert sms.state is SmsState.UNKNOWN


async def test_a_sim_that_is_still_starting_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messaging, "RETRY", 0.01)
    async with bench(MESSAGES | {"AT+CMGL=4": "+CMS ERROR: 314"}) as made:
        messages = await ready(made)
        row = f"+CMGL: 1,0,,{length(DELIVER)}\r\n{DELIVER}"
        made.far["ttyUSB0"].answers["AT+CMGL=4"] = said(row)
        await until(made.modem, lambda: messages)


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait no longer than a test can for a modem that leaves AT+CPMS=? unanswered."""
    monkeypatch.setattr(messaging, "RETRY", 0.01)
    monkeypatch.setattr(commands, "stores", replace(commands.stores, timeout=0.05))


async def test_a_modem_that_does_not_answer_in_time_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hurry(monkeypatch)
    row = f"+CMGL: 1,1,,{length(DELIVER)}\r\n{DELIVER}"
    async with bench(MESSAGES | {"AT+CPMS=?": b"", "AT+CMGL=4": said(row)}) as made:
        far, messages = made.far["ttyUSB0"], made.modem.messaging.messages
        await made.modem.start()
        await made.modem.enable()
        await far.hears("AT+CPMS=?")
        far.say(f"+CMT: ,{length(DELIVER)}\r\n{DELIVER}")
        far.answers["AT+CPMS=?"] = MESSAGES["AT+CPMS=?"]
        await until(made.modem, lambda: len(messages) == 2)
        assert [sms.storage for sms in messages] == [Storage.UNKNOWN, Storage.SM]


@pytest.mark.parametrize("slept", [True, False])
async def test_a_modem_that_never_answered_is_asked_anew_on_the_next_occasion(
    monkeypatch: pytest.MonkeyPatch, slept: bool
) -> None:
    hurry(monkeypatch)
    monkeypatch.setattr(messaging, "TRIES", 1)
    async with bench(MESSAGES | {"AT+CPMS=?": b""}) as made:
        far = made.far["ttyUSB0"]
        await made.modem.start()
        await made.modem.enable()
        await far.hears("AT+CPMS=?")
        with pytest.raises(ModemTimeout):
            await made.modem.messaging.set_default_storage(Storage.SM)
        far.answers["AT+CPMS=?"] = MESSAGES["AT+CPMS=?"]
        if slept:
            await made.modem.resumed()
        else:
            made.modem.become(S.SEARCHING)
            made.modem.become(S.REGISTERED)
        await far.hears("AT+CMGL=4")


async def test_a_modem_that_is_disabled_while_it_is_asked_is_asked_anew() -> None:
    async with bench(MESSAGES | {"AT+CNMI=2,1,0,1,0": b""}) as made:
        far = made.far["ttyUSB0"]
        await made.modem.start()
        await made.modem.enable()
        sms = made.modem.messaging.create(Outgoing(NUMBER, "x"))
        await far.hears("AT+CNMI=2,1,0,1,0")
        sending = asyncio.create_task(made.modem.messaging.send(sms))
        await asyncio.sleep(0)  # it waits for what has begun already
        made.modem.become(S.DISABLING)
        made.modem.become(S.DISABLED)
        far.say("OK")
        with pytest.raises(WrongState):
            await sending
        far.answers["AT+CNMI=2,1,0,1,0"] = OK
        await made.modem.enable()
        await far.hears("AT+CMGL=4")


async def test_messages_wait_for_the_end_of_a_call_on_the_only_port() -> None:
    async with bench(MESSAGES) as made:
        await made.modem.start()
        made.modem.control.data_mode = True
        made.modem.become(S.ENABLING)
        made.modem.become(S.ENABLED)
        made.modem.become(S.REGISTERED)
        await asyncio.sleep(0)
        made.modem.control.data_mode = False
        heard = list(made.heard)
        assert "AT+CMGF=0" not in heard
        made.modem.changed()
        await made.far["ttyUSB0"].hears("AT+CMGL=4")


def fetches() -> list[asyncio.Task[None]]:
    """What is being done to fetch messages."""
    return [t for t in asyncio.all_tasks() if t.get_name() == "fetching a message"]


@pytest.mark.parametrize("seen", [True, False])
async def test_a_message_that_comes_while_the_only_port_dials_is_fetched_after_the_call(
    monkeypatch: pytest.MonkeyPatch, seen: bool
) -> None:
    monkeypatch.setattr(messaging, "RETRY", 0.0)
    message = said(f"+CMGR: 0,,{length(DELIVER)}\r\n{DELIVER}")
    async with bench(MESSAGES | {"ATD*99***1#": b"", "AT+CMGR=3": message}) as made:
        messages, far, port = await ready(made), made.far["ttyUSB0"], made.modem.control
        dialling = asyncio.create_task(port.dial(dial_data(1)))
        await far.hears("ATD*99***1#")
        if seen:
            made.modem.become(S.CONNECTING)
        far.say('+CMTI: "SM",3', "CONNECT")
        await dialling
        for _ in range(50 * messaging.TRIES):  # more turns than all tries together take
            await asyncio.sleep(0)
        assert not messages
        await port.leave_data_mode()
        made.modem.become(S.CONNECTING)
        made.modem.become(S.REGISTERED)
        await until(made.modem, lambda: messages)
        assert (messages[0].text, messages[0].places) == ("Hello", [Place(Storage.SM, 3)])


async def test_a_message_is_fetched_although_the_sim_is_busy_at_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(messaging, "RETRY", 0.01)
    async with bench(MESSAGES) as made:
        messages, far = await ready(made), made.far["ttyUSB0"]
        came: list[bool] = []
        made.modem.messaging.on_added.append(lambda _sms, received: came.append(received))
        far.answers["AT+CMGR=3"] = "+CMS ERROR: 314"
        far.say('+CMTI: "SM",3')
        await far.hears("AT+CMGR=3")
        far.answers["AT+CMGR=3"] = said(f"+CMGR: 0,,{length(DELIVER)}\r\n{DELIVER}")
        await until(made.modem, lambda: messages)
        assert came == [True]


async def test_a_message_that_several_ports_report_is_fetched_once() -> None:
    message = said(f"+CMGR: 0,,{length(DELIVER)}\r\n{DELIVER}")
    async with bench(MESSAGES | {"AT+CMGR=3": message}) as made:
        messages = await ready(made)
        made.far["ttyUSB0"].say('+CMTI: "SM",3', '+CMTI: "SM",3')
        await until(made.modem, lambda: messages)
        if fetching := fetches():
            await asyncio.wait(fetching)
        assert made.heard.count("AT+CMGR=3") == 1


async def test_a_message_is_fetched_no_longer_once_the_modem_is_disabled() -> None:
    async with bench(MESSAGES | {"AT+CMGR=3": "+CMS ERROR: 314"}) as made:
        await ready(made)
        made.far["ttyUSB0"].say('+CMTI: "SM",3')
        await made.far["ttyUSB0"].hears("AT+CMGR=3")
        fetching = fetches()
        await made.modem.disable()
        await asyncio.wait(fetching)


async def test_a_message_that_cannot_be_read_is_no_reason_to_miss_the_others() -> None:
    rows = [f"+CMGL: {n},1,,4\r\n{pdu}" for n, pdu in enumerate(("00F", "00FF", DELIVER))]
    async with bench(MESSAGES | {"AT+CMGL=4": said(*rows)}) as made:
        await ready(made)
        assert [sms.text for sms in made.modem.messaging.messages] == ["Hello"]


async def test_what_was_left_to_be_sent_is_sent_from_the_storage_or_else_anew() -> None:
    async with bench(MESSAGES) as made:
        await ready(made)
        mine = made.modem.messaging.create(Outgoing(NUMBER, "later"))
        pdu = mine.submits[0].pdu.hex().upper()
    row = f"+CMGL: 7,2,,{length(pdu)}\r\n{pdu}"
    more: Answers = {
        "AT+CMGL=4": said(row),
        'AT+CPMS="SM","SM"': OK,
        f"AT+CMGS={length(pdu)}": b"\r\n> ",
        f"{pdu}\x1a": said("+CMGS: 3"),
    }
    async with bench(MESSAGES | more) as made:
        await ready(made)
        (sms,) = made.modem.messaging.messages
        assert (sms.state, sms.text, sms.number) == (SmsState.STORED, "later", NUMBER)
        await made.modem.messaging.send(sms)
        assert {"AT+CMSS=7", f"AT+CMGS={length(pdu)}"} <= set(made.heard)
        assert (sms.state, sms.references) == (SmsState.SENT, [3])


async def test_a_received_message_is_neither_sent_nor_stored() -> None:
    row = f"+CMGL: 1,1,,{length(DELIVER)}\r\n{DELIVER}"
    async with bench(MESSAGES | {"AT+CMGL=4": said(row)}) as made:
        await ready(made)
        (sms,) = made.modem.messaging.messages
        with pytest.raises(WrongState, match="received"):
            await made.modem.messaging.send(sms)
        with pytest.raises(WrongState, match="stored already"):
            await made.modem.messaging.store(sms, Storage.SM)


async def test_of_a_long_message_that_does_not_fit_nothing_is_kept() -> None:
    async with bench(MESSAGES | {'AT+CPMS="SM","SM"': OK, "AT+CMGD=3": OK}) as made:
        await ready(made)
        sms = made.modem.messaging.create(Outgoing(NUMBER, "x" * 200))
        for submit, answer in zip(sms.submits, (said("+CMGW: 3"), "+CMS ERROR: 322"), strict=True):
            made.far["ttyUSB0"].answers |= {
                f"AT+CMGW={submit.length}": b"\r\n> ",
                f"{submit.pdu.hex().upper()}\x1a": answer,
            }
        with pytest.raises(MessageError) as caught:
            await made.modem.messaging.store(sms, Storage.UNKNOWN)
        assert caught.value.dbus_name.endswith("Message.MemoryFull")
        assert (sms.places, sms.state) == ([], SmsState.UNKNOWN)
        assert "AT+CMGD=3" in made.heard


async def test_a_reason_of_the_network_is_said_in_words() -> None:
    async with bench(MESSAGES) as made:
        await ready(made)
        sms = made.modem.messaging.create(Outgoing(NUMBER, "x"))
        submit = sms.submits[0]
        made.far["ttyUSB0"].answers |= {
            f"AT+CMGS={submit.length}": b"\r\n> ",
            f"{submit.pdu.hex().upper()}\x1a": "+CMS ERROR: 8",
        }
        with pytest.raises(MessageError, match="barred by the operator"):
            await made.modem.messaging.send(sms)
        assert sms.state is SmsState.UNKNOWN


async def test_what_came_in_a_sleep_is_found_afterwards() -> None:
    async with bench(MESSAGES) as made:
        messages = await ready(made)
        came: list[bool] = []
        made.modem.messaging.on_added.append(lambda _sms, received: came.append(received))
        row = f"+CMGL: 1,0,,{length(DELIVER)}\r\n{DELIVER}"
        made.far["ttyUSB0"].answers["AT+CMGL=4"] = said(row)
        await made.modem.resumed()
        await until(made.modem, lambda: messages)
        assert came == [True]


BOTH: Answers = {
    "AT+CPMS=?": said('+CPMS: ("SM","ME","MT"),("SM","ME","MT"),("SM","ME","MT")'),
    "AT+CPMS?": said('+CPMS: "SM",0,20,"SM",0,20,"MT",0,40'),
    'AT+CPMS="ME"': OK,
    'AT+CPMS="MT"': OK,
    'AT+CPMS="SM","SM","SM"': OK,
    "AT+CMGR=0": said(f"+CMGR: 0,,{length(DELIVER)}\r\n{DELIVER}"),
}
"""A modem that keeps what comes in the SIM or in itself, and reports one place for both."""

ROW = f"+CMGL: 0,1,,{length(DELIVER)}\r\n{DELIVER}"


async def slept(made: Bench) -> None:
    """Have the modem look for messages once more, and be done with it."""
    await made.modem.resumed()
    (look,) = (t for t in asyncio.all_tasks() if t.get_name() == "looking for messages")
    await asyncio.wait([look])


async def test_a_message_that_is_reported_in_a_storage_of_both_is_there_once() -> None:
    async with bench(MESSAGES | BOTH) as made:
        messages, far = await ready(made), made.far["ttyUSB0"]
        assert made.modem.messaging.default_storage is Storage.MT
        came: list[bool] = []
        made.modem.messaging.on_added.append(lambda _sms, received: came.append(received))
        far.answers["AT+CMGL=4"] = said(ROW)
        far.say('+CMTI: "MT",0')
        await until(made.modem, lambda: messages)
        await slept(made)
        assert [sms.places for sms in messages] == [[Place(Storage.MT, 0)]]
        assert came == [True]


@pytest.mark.parametrize(("usual", "reported"), [("MT", "SM"), ("SM", "MT")])
async def test_a_message_that_is_reported_in_another_storage_than_it_is_listed_in_is_there_once(
    usual: str, reported: str
) -> None:
    chosen: Answers = {"AT+CPMS?": said(f'+CPMS: "SM",0,20,"SM",0,20,"{usual}",0,20')}
    async with bench(MESSAGES | BOTH | chosen | {'AT+CPMS="ME"': "+CMS ERROR: 303"}) as made:
        messages, far = await ready(made), made.far["ttyUSB0"]
        await made.modem.control.attention()
        came: list[bool] = []
        made.modem.messaging.on_added.append(lambda _sms, received: came.append(received))
        far.answers["AT+CMGL=4"] = said(ROW)
        far.say(f'+CMTI: "{reported}",0')
        await until(made.modem, lambda: messages)
        await slept(made)
        assert [sms.places for sms in messages] == [[Place(Storage[usual], 0)]]
        assert came == [True]


async def test_messages_are_looked_for_anew_when_their_places_get_other_names() -> None:
    async with bench(MESSAGES | BOTH | {"AT+CMGL=4": said(ROW)}) as made:
        messaging = made.modem.messaging
        messages = await ready(made)
        await until(made.modem, lambda: messages)
        assert [sms.storage for sms in messages] == [Storage.MT]
        mine = messaging.create(Outgoing(NUMBER, "x"))
        came: list[bool] = []
        messaging.on_added.append(lambda _sms, received: came.append(received))
        made.far["ttyUSB0"].answers['AT+CPMS="ME"'] = "+CMS ERROR: 303"
        await messaging.set_default_storage(Storage.SM)
        await until(made.modem, lambda: len(messages) == 2)
        assert [(sms is mine, sms.storage) for sms in messages] == [
            (True, Storage.UNKNOWN),
            (False, Storage.SM),
        ]
        assert came == [False]


async def test_disabling_forgets_what_was_found() -> None:
    row = f"+CMGL: 1,1,,{length(DELIVER)}\r\n{DELIVER}"
    async with bench(MESSAGES | {"AT+CMGL=4": said(row)}) as made:
        messages = await ready(made)
        gone: list[Sms] = []
        made.modem.messaging.on_deleted.append(gone.append)
        await made.modem.disable()
        assert (len(gone), messages) == (1, [])
        made.far["ttyUSB0"].say('+CMTI: "SM",1')
        await made.modem.enable()
        await until(made.modem, lambda: made.modem.messaging.messages)


# --- QMI ----------------------------------------------------------------------------------------


async def qmi_ready(pair: Pair) -> list[Sms]:
    modem = await pair.enabled()
    await pair.until(lambda: modem.messaging.storages)
    return modem.messaging.messages


async def hand_over(pair: Pair) -> None:
    """Have the modem report a message with its PDU, and take what it is told thereupon."""
    client = await pair.modem.client(wms.WMS)
    pdu = bytes.fromhex(DELIVER)
    carried = wms.TransferredMessage(
        AckIndicator.SEND, 77, MessageFormat.GSM_WCDMA_POINT_TO_POINT, pdu[1 + pdu[0] :]
    )
    told = wms.EventReport(transfer_route_mt_message=carried)
    pair.channel.data_received(indication(told, client.cid, 9).encode())
    await asyncio.sleep(0)  # a confirmation is under way before the question
    await pair.modem.ask(wms.GetRoutes())


def confirmations(pair: Pair) -> int:
    return len(pair.bench.journal.find(Happened.QMI, text="WMS Send Ack"))


async def test_a_qmi_modem_hands_a_message_over_and_is_told_that_it_came() -> None:
    async with paired() as pair:
        messages = await qmi_ready(pair)
        await hand_over(pair)
        assert [sms.text for sms in messages] == ["Hello"]
        async with asyncio.timeout(DEADLINE):
            await pair.bench.journal.until(Happened.QMI, text="WMS Send Ack")


async def test_what_a_qmi_modem_hands_over_is_confirmed_once_and_only_while_enabled() -> None:
    async with paired() as pair:
        messages = await qmi_ready(pair)
        await pair.modem.disable()
        await hand_over(pair)
        assert confirmations(pair) == 0
        begun = len(pair.bench.journal.entries)
        await pair.modem.enable()
        async with asyncio.timeout(DEADLINE):
            await pair.bench.journal.until(Happened.QMI, text="WMS Set Routes", since=begun)
        await hand_over(pair)
        assert [sms.text for sms in messages] == ["Hello"]
        assert confirmations(pair) == 1


async def test_a_qmi_modem_that_is_disabled_while_it_makes_a_client_is_not_listened_to() -> None:
    async with paired() as pair:
        await pair.modem.start()
        arrived: list[Arrival] = []
        store = pair.modem.message_store()
        beginning = asyncio.create_task(store.begin(arrived.append))
        await asyncio.sleep(0)
        store.end()
        with pytest.raises(WrongState):
            await beginning
        await hand_over(pair)
        assert (arrived, confirmations(pair)) == ([], 0)


async def test_a_qmi_modem_keeps_and_reports_what_comes() -> None:
    async with paired() as pair:
        messages = await qmi_ready(pair)
        for half in (OTHER_HALF, HALF):
            pair.bench.controls.receive_sms(half)
        await pair.until(lambda: messages)
        sms = messages[0]
        done = asyncio.Event()
        sms.listeners.append(lambda: done.set() if sms.state is SmsState.RECEIVED else None)
        if sms.state is not SmsState.RECEIVED:
            await done.wait()
        assert sms.text == "x" * 200
        assert len(sms.places) == 2


async def test_a_qmi_modem_without_the_service_has_no_messages() -> None:
    services = "".join(f'{name} = "1.0", ' for name in ("ctl", "dms", "nas", "uim", "wds", "wda"))
    async with paired(f"[qmi]\nservices = {{ {services[:-2]} }}\n") as pair:
        modem = await pair.enabled()
        sms = modem.messaging.create(Outgoing(NUMBER, "x"))
        with pytest.raises(Unsupported):
            await modem.messaging.send(sms)
        assert modem.messaging.storages == ()
