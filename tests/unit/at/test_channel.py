import asyncio
import logging
import re
from typing import Any

import pytest

from tests.conftest import field_vectors
from tests.unit.at.fake import DEADLINE, FakeModem, connected
from wwand.at import channel as channel_module
from wwand.at import dtr
from wwand.at.channel import AtChannel
from wwand.at.command import AtCommand, action, query, query_lines, query_rows
from wwand.errors import (
    BadArgument,
    BadReply,
    CallFailed,
    CommandFailed,
    EquipmentError,
    ModemTimeout,
    PortGone,
    WrongState,
)

MODEL = query_lines("AT+CGMM")(lambda lines: "|".join(lines))
DIAL = action("ATD*99***1#", call=True)
SLOW = action("AT+SLOW", timeout=0.05)


@query("AT+CSQ", prefix="+CSQ")
def signal(rssi: int, errors: int = 99) -> int:
    return rssi


@query_rows("AT+CGACT?", prefix="+CGACT")
def active(cid: int, state: bool) -> tuple[int, bool]:
    return cid, state


async def test_a_query_returns_what_its_function_makes_of_the_fields() -> None:
    async with connected(FakeModem({"AT+CSQ": "+CSQ: 17,99\r\n\r\nOK"})) as at:
        assert await at.send(signal) == 17


async def test_several_rows_and_no_row_at_all_are_both_an_answer() -> None:
    modem = FakeModem({"AT+CGACT?": b"\r\n+CGACT: 1,0\r\n+CGACT: 4,1\r\n\r\nOK\r\n"})
    async with connected(modem) as at:
        assert await at.send(active) == ((1, False), (4, True))
        modem.answers["AT+CGACT?"] = "OK"
        assert await at.send(active) == ()


async def test_a_late_ok_never_answers_the_next_command() -> None:
    modem = FakeModem({})
    async with connected(modem) as at:
        with pytest.raises(ModemTimeout):
            await at.send(SLOW)
        next_one = asyncio.create_task(at.send(signal))
        await modem.hears("AT")
        modem.say("OK")  # of AT+SLOW
        modem.say("OK")  # of AT
        await modem.hears("AT+CSQ")
        modem.say("+CSQ: 9,99", "OK")
        assert await next_one == 9


async def test_an_answer_that_comes_between_time_out_and_next_command_is_dropped() -> None:
    modem = FakeModem({"AT": "OK", "AT+OTHER": "ERROR"})
    reports: list[str] = []
    async with connected(modem) as at:
        at.on(re.compile(".*"), reports.append)
        with pytest.raises(ModemTimeout):
            await at.send(signal, timeout=0.05)
        modem.say("+CSQ: 3,99", "OK")
        with pytest.raises(CommandFailed):
            await at.send(action("AT+OTHER"))
        assert reports == []


async def test_a_cancelled_command_does_not_put_the_channel_out_of_step() -> None:
    modem = FakeModem({})
    async with connected(modem) as at:
        scan = asyncio.create_task(at.send(action("AT+COPS=?", timeout=60)))
        await modem.hears("AT+COPS=?")
        scan.cancel()
        with pytest.raises(asyncio.CancelledError):
            await scan
        next_one = asyncio.create_task(at.send(signal))
        await modem.hears("AT")
        modem.say("+CME ERROR: 30", "OK")
        await modem.hears("AT+CSQ")
        modem.say("+CSQ: 5,99", "OK")
        assert await next_one == 5


async def test_without_trouble_nothing_but_the_commands_is_sent() -> None:
    modem = FakeModem({"AT+CSQ": "+CSQ: 17,99\r\n\r\nOK", "AT+X": "ERROR"})
    async with connected(modem) as at:
        await at.send(signal)
        with pytest.raises(CommandFailed):
            await at.send(action("AT+X"))
        await at.send(signal)
        assert modem.heard == ["AT+CSQ", "AT+X", "AT+CSQ"]


async def test_a_modem_that_stays_mute_is_reported_at_the_next_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channel_module, "RESYNC", 0.05)
    async with connected(FakeModem({})) as at:
        for _ in range(2):
            with pytest.raises(ModemTimeout):
                await at.send(SLOW)


async def test_a_modem_may_be_busy_with_what_was_given_up_for_as_long_as_that_may_take() -> None:
    modem = FakeModem({})
    async with connected(modem) as at:
        scan = asyncio.create_task(at.send(action("AT+COPS=?", timeout=60)))
        await modem.hears("AT+COPS=?")
        assert not at.busy_for
        scan.cancel()
        with pytest.raises(asyncio.CancelledError):
            await scan
        assert 55 < at.busy_for <= 60
        modem.answers["AT"] = "OK"
        assert await at.attention(DEADLINE)
        assert not at.busy_for


async def test_a_mere_question_for_a_sign_of_life_keeps_no_modem_busy() -> None:
    async with connected(FakeModem({})) as at:
        assert not await at.attention(0.05)
        assert not at.busy_for


async def test_what_was_given_up_keeps_a_modem_busy_for_a_while_only() -> None:
    async with connected(FakeModem({})) as at:
        with pytest.raises(ModemTimeout):
            await at.send(SLOW)
        assert not await at.attention(2 * SLOW.timeout)
        assert not at.busy_for


async def test_commands_go_out_in_the_order_of_their_callers() -> None:
    modem = FakeModem({})
    async with connected(modem) as at:
        tasks = [asyncio.create_task(at.send(action(f"AT+N={i}"))) for i in range(3)]
        for i in range(3):
            await modem.hears(f"AT+N={i}")
            modem.say("OK")
        await asyncio.gather(*tasks)
        assert modem.heard == ["AT+N=0", "AT+N=1", "AT+N=2"]


async def test_a_cancelled_command_that_waits_its_turn_is_never_sent() -> None:
    modem = FakeModem({})
    async with connected(modem) as at:
        tasks = [asyncio.create_task(at.send(action(f"AT+N={i}"))) for i in range(3)]
        await modem.hears("AT+N=0")
        tasks[1].cancel()
        modem.say("OK")
        await modem.hears("AT+N=2")
        modem.say("OK")
        await asyncio.gather(tasks[0], tasks[2])
        assert modem.heard == ["AT+N=0", "AT+N=2"]


async def test_the_deadline_of_a_command_begins_when_it_is_sent() -> None:
    modem = FakeModem({})
    async with connected(modem) as at:
        first = asyncio.create_task(at.send(action("AT+A")))
        second = asyncio.create_task(at.send(action("AT+B"), timeout=0.2))
        await modem.hears("AT+A")
        await asyncio.wait({second}, timeout=0.3)
        modem.say("OK")
        await modem.hears("AT+B")
        modem.say("OK")
        await asyncio.gather(first, second)


async def test_reports_in_the_middle_of_an_answer_go_to_their_listeners() -> None:
    modem = FakeModem({})
    heard: list[str] = []
    async with connected(modem) as at:
        at.on("^RSSI", heard.append)
        task = asyncio.create_task(at.send(signal))
        await modem.hears("AT+CSQ")
        modem.say("^RSSI:12", "+CSQ: 17,99", "^RSSI:13", "OK")
        assert await task == 17
        assert heard == ["^RSSI:12", "^RSSI:13"]


async def test_an_answer_without_prefix_is_told_from_well_known_reports() -> None:
    modem = FakeModem({})
    heard: list[str] = []
    async with connected(modem) as at:
        at.on("+CREG", heard.append)
        task = asyncio.create_task(at.send(MODEL))
        await modem.hears("AT+CGMM")
        modem.say("^BOOT:1,0,0,0,0", "E3372", "+CREG: 1", "OK")
        assert await task == "E3372"
        assert heard == ["+CREG: 1"]


async def test_a_report_that_somebody_listens_to_is_no_part_of_any_answer() -> None:
    modem = FakeModem({})
    heard: list[str] = []
    async with connected(modem) as at:
        at.on("+QIND", heard.append)
        task = asyncio.create_task(at.send(MODEL))
        await modem.hears("AT+CGMM")
        modem.say('+QIND: "csq",20', "EC25", "OK")
        assert await task == "EC25"
        assert heard == ['+QIND: "csq",20']


async def test_a_set_command_does_not_swallow_the_report_it_causes() -> None:
    modem = FakeModem({"AT+CREG=2": b"\r\n+CREG: 1\r\n\r\nOK\r\n"})
    heard: list[str] = []
    async with connected(modem) as at:
        at.on("+CREG", heard.append)
        await at.send(action("AT+CREG=2"))
        assert heard == ["+CREG: 1"]


async def test_a_report_with_the_prefix_of_the_answer_is_handed_on() -> None:
    @query("AT+CREG?", prefix="+CREG")
    def registration(mode: int, state: int) -> int:
        return state

    modem = FakeModem({})
    heard: list[str] = []
    async with connected(modem) as at:
        at.on("+CREG", heard.append)
        task = asyncio.create_task(at.send(registration))
        await modem.hears("AT+CREG?")
        modem.say("+CREG: 2", "+CREG: 1,5", "OK")
        assert await task == 5
        assert heard == ["+CREG: 2"]


async def test_a_listener_hears_only_its_own_name() -> None:
    modem = FakeModem()
    heard: list[str] = []
    async with connected(modem) as at:
        at.on("^CSQ", heard.append)
        modem.say("^CSQLVL:99", "^CSQ:20")
        assert await at.attention()
        assert heard == ["^CSQ:20"]


async def test_a_listener_that_has_left_hears_nothing() -> None:
    modem = FakeModem()
    heard: list[str] = []
    async with connected(modem) as at:
        at.on("RING", heard.append)()
        modem.say("RING")
        assert await at.attention()
        assert heard == []


async def test_a_listener_that_fails_stops_neither_the_others_nor_the_channel(
    caplog: pytest.LogCaptureFixture,
) -> None:
    modem = FakeModem()
    heard: list[str] = []

    def broken(_text: str) -> None:
        raise LookupError("a bug")

    async with connected(modem) as at:
        at.on("RING", broken)
        at.on("RING", heard.append)
        modem.say("RING")
        assert await at.attention()
    assert heard == ["RING"]
    assert "a listener to RING failed" in caplog.text


async def test_a_report_of_two_lines_comes_whole() -> None:
    modem = FakeModem()
    heard: list[str] = []
    async with connected(modem) as at:
        at.on("+CMT", heard.append)
        modem.say(b"\r\n+CMT: ,24\r\n07911326040000F0\r\n")
        assert await at.attention()
        assert heard == ["+CMT: ,24\n07911326040000F0"]


async def test_lines_without_prefix_continue_a_listing() -> None:
    listing: AtCommand[int] = AtCommand("AT+CMGL=4", len, ("+CMGL",), continued=True)
    modem = FakeModem({"AT+CMGL=4": b'\r\n+CMGL: 1,1,,2\r\nABCD\r\n+CMTI: "SM",2\r\n\r\nOK\r\n'})
    async with connected(modem) as at:
        assert await at.send(listing) == 2


async def test_an_error_number_becomes_the_error_of_that_name() -> None:
    async with connected(FakeModem({"AT+CPIN?": "+CME ERROR: 10"})) as at:
        with pytest.raises(EquipmentError) as caught:
            await at.send(action("AT+CPIN?"))
    assert caught.value.nick == "SimNotInserted"
    assert caught.value.next_step


async def test_an_answer_of_the_wrong_shape_is_a_bad_reply() -> None:
    async with connected(FakeModem({"AT+CSQ": "+CSQ: strong\r\n\r\nOK"})) as at:
        with pytest.raises(BadReply, match="CSQ"):
            await at.send(signal)


async def test_the_echo_is_no_answer() -> None:
    modem = FakeModem({"AT+CGMM": "E220\r\n\r\nOK"})
    modem.echo = True
    async with connected(modem) as at:
        assert await at.send(MODEL) == "E220"


async def test_no_carrier_of_an_old_call_does_not_end_another_command() -> None:
    modem = FakeModem({})
    heard: list[str] = []
    async with connected(modem) as at:
        at.on("NO CARRIER", heard.append)
        task = asyncio.create_task(at.send(signal))
        await modem.hears("AT+CSQ")
        modem.say("NO CARRIER", "+CSQ: 1,99", "OK")
        assert await task == 1
        assert heard == ["NO CARRIER"]


async def test_the_body_is_sent_when_the_modem_prompts_for_it() -> None:
    @query("AT+CMGS=3", prefix="+CMGS")
    def submit(reference: int) -> int:
        return reference

    modem = FakeModem({"AT+CMGS=3": b"\r\n> ", "0011AA\x1a": "+CMGS: 7\r\n\r\nOK"})
    modem.echo = True
    async with connected(modem) as at:
        assert await at.send(submit, body="0011AA") == 7


async def test_a_refusal_instead_of_the_prompt_is_the_answer() -> None:
    modem = FakeModem({"AT+CMGS=3": "+CMS ERROR: 310"})
    async with connected(modem) as at:
        with pytest.raises(Exception, match="SIM not inserted"):
            await at.send(action("AT+CMGS=3"), body="0011AA")
        assert modem.heard == ["AT+CMGS=3"]


async def test_a_text_that_is_not_finished_is_taken_back() -> None:
    modem = FakeModem({})
    async with connected(modem) as at:
        with pytest.raises(ModemTimeout):
            await at.send(action("AT+CMGS=3"), body="0011AA", timeout=0.05)
        await modem.hears("\x1b")


class Writing(FakeModem):
    """Takes all that comes for a text once it has prompted for one, until ESC."""

    def __init__(self, *, after: str | bytes = "OK") -> None:
        super().__init__({"AT": "OK", "AT+CMGS=20": "", "AT+CSQ": "+CSQ: 17,99\r\n\r\nOK"})
        self.after = after
        self.prompted = False
        self.swallowed = b""
        self.swallows = asyncio.Event()

    def prompt(self) -> None:
        self.prompted = True
        self.say(b"\r\n> ")

    def data_received(self, data: bytes) -> None:
        if self.prompted:
            text, esc, data = data.partition(b"\x1b")
            self.swallowed += text
            self.swallows.set()
            if not esc:
                return
            self.prompted = False
            self.say(self.after)
        super().data_received(data)
        if self.heard[-1:] == ["AT+CMGS=20"]:
            self.prompt()


@pytest.mark.parametrize("after", ["OK", "+CMS ERROR: 500", b""])
async def test_a_text_that_nobody_has_is_taken_back_and_the_command_fails(
    after: str | bytes,
) -> None:
    modem = Writing(after=after)
    async with asyncio.timeout(DEADLINE), connected(modem) as at:
        with pytest.raises(CommandFailed, match=r"asks for a text") as raised:
            await at.send(action("AT+CMGS=20", timeout=600))
        assert "wwanctl sms" in raised.value.next_step
        assert await at.send(signal) == 17
        assert modem.swallowed == b""
        assert modem.heard == ["AT+CMGS=20", "AT", "AT+CSQ"]


async def test_a_prompt_that_comes_late_is_answered_likewise() -> None:
    modem = Writing()
    modem.answers["AT+CMGW"] = b""
    async with asyncio.timeout(DEADLINE), connected(modem) as at:
        with pytest.raises(ModemTimeout):
            await at.send(action("AT+CMGW"), timeout=0.05)
        modem.prompt()
        assert await at.send(signal) == 17


async def test_attention_is_paid_by_a_modem_that_waits_for_somebody_elses_text() -> None:
    modem = Writing()
    async with asyncio.timeout(DEADLINE), connected(modem) as at:
        modem.prompted = True
        modem.answers["AT"] = b""
        asking = asyncio.create_task(at.attention(timeout=DEADLINE))
        await modem.swallows.wait()
        modem.prompt()  # as it does after each line of a text
        await modem.hears("AT")
        reported = asyncio.Event()
        at.on("+CREG", lambda _text: reported.set())
        modem.say("+CREG: 1")  # what came before has been taken in when this has
        await reported.wait()
        assert not asking.done()  # the OK of ESC is not that of AT
        modem.say("OK")
        assert await asking
        assert await at.send(signal) == 17


async def test_a_line_that_begins_like_a_prompt_is_none() -> None:
    modem = FakeModem({"AT+CGMM": b"\r\n> "})
    async with asyncio.timeout(DEADLINE), connected(modem) as at:
        asking = asyncio.create_task(at.send(MODEL))
        await modem.hears("AT+CGMM")
        modem.say(b"Model T <\r\n\r\nOK\r\n")
        assert await asking == "> Model T <"
        assert modem.heard == ["AT+CGMM"]


async def test_a_body_can_not_end_itself() -> None:
    async with connected(FakeModem({})) as at:
        for body in ("00\x1aAT", "00\x1b", "00\r\n"):
            with pytest.raises(BadArgument, match="body"):
                await at.send(action("AT+CMGS=3"), body=body)


async def test_everybody_who_waits_learns_at_once_that_the_port_is_gone() -> None:
    modem = FakeModem({})
    async with connected(modem) as at:
        tasks = [asyncio.create_task(at.send(action(f"AT+N={i}"))) for i in range(3)]
        await modem.hears("AT+N=0")
        modem.transport.abort()
        async with asyncio.timeout(DEADLINE):
            results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(r) for r in results] == [PortGone] * 3
        assert at.closed.is_set()
        with pytest.raises(PortGone):
            await at.send(signal)
        with pytest.raises(PortGone):
            await at.attention()


async def test_a_channel_without_a_port_says_so() -> None:
    with pytest.raises(PortGone):
        await AtChannel("ttyTEST").send(signal)


async def test_attention_tells_an_answering_modem_from_a_mute_port() -> None:
    modem = FakeModem()
    async with connected(modem) as at:
        assert await at.attention(0.05)
        modem.answers.clear()
        assert not await at.attention(0.05)


async def test_attention_gives_up_early_on_garbage() -> None:
    modem = FakeModem({"AT": bytes(range(128, 256)) * 2})
    async with connected(modem) as at:
        async with asyncio.timeout(DEADLINE):
            assert not await at.attention(60)
        assert at.looks_like_garbage


async def test_attention_asks_again_after_the_error_of_somebody_elses_half_line() -> None:
    modem = FakeModem({})
    async with connected(modem) as at:
        task = asyncio.create_task(at.attention(DEADLINE))
        await modem.hears("AT")
        modem.say("ERROR")
        await modem.hears("AT")
        modem.say("OK")
        assert await task


# Calls


async def test_after_connect_the_channel_reads_nothing_and_sends_nothing() -> None:
    modem = FakeModem({"ATD*99***1#": "CONNECT 7200000"})
    async with connected(modem) as at:
        assert (await at.dial(DIAL)).text == "CONNECT 7200000"
        assert at.data_mode
        with pytest.raises(WrongState):
            await at.send(signal)


async def test_a_refused_call_is_a_failed_call_and_no_data_mode() -> None:
    modem = FakeModem({"ATD*99***1#": "NO CARRIER", "AT+CSQ": "+CSQ: 1,99\r\n\r\nOK"})
    async with connected(modem) as at:
        with pytest.raises(CallFailed) as caught:
            await at.dial(DIAL)
        assert caught.value.nick == "NoCarrier"
        assert await at.send(signal) == 1


async def test_after_a_call_that_has_ended_commands_work_again() -> None:
    modem = FakeModem({"ATD*99***1#": "CONNECT"})
    async with connected(modem) as at:
        await at.dial(DIAL)
        modem.say(b"~\xff}#\xc0!~" * 20, "NO CARRIER")
        modem.answers |= {"AT": "OK", "AT+CSQ": "+CSQ: 1,99\r\n\r\nOK"}
        await at.leave_data_mode()
        assert not at.data_mode
        assert await at.send(signal) == 1


async def test_a_call_that_is_still_up_is_escaped_from_and_hung_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channel_module, "GUARD", 0.01)
    monkeypatch.setattr(channel_module, "ESCAPE", 0.01)
    modem = FakeModem({"ATD*99***1#": "CONNECT"})
    async with connected(modem) as at:
        await at.dial(DIAL)
        leaving = asyncio.create_task(at.leave_data_mode())
        await modem.hears("AT")  # lost among the data
        await modem.hears("+++AT")  # the fake hears lines only
        modem.answers |= {"AT": "OK", "ATH": "OK"}
        modem.say("OK", "OK")
        async with asyncio.timeout(DEADLINE):
            await leaving
        assert modem.heard[-1] == "ATH"


class Escaping(FakeModem):
    """Tells when `+++` has come."""

    def __init__(self, answers: dict[str, str | bytes]) -> None:
        super().__init__(answers)
        self.escaping = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        if data == b"+++":
            self.escaping.set()
        else:
            super().data_received(data)


async def test_nothing_is_sent_after_an_escape_until_the_modem_says_that_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channel_module, "GUARD", 0.01)
    modem = Escaping({"ATD*99***1#": "CONNECT"})
    async with connected(modem) as at, asyncio.timeout(DEADLINE):
        await at.dial(DIAL)
        leaving = asyncio.create_task(at.leave_data_mode())
        await modem.escaping.wait()
        heard = len(modem.heard)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(leaving), 0.1)
        assert modem.heard[heard:] == []
        modem.answers |= {"AT": "OK", "ATH": "OK"}
        modem.say("OK")
        await leaving
        assert modem.heard[heard:] == ["AT", "ATH"]


class ModemWithDtr(asyncio.Transport):
    """A port whose modem hangs up when DTR falls."""

    def __init__(self, channel: AtChannel) -> None:
        super().__init__()
        self.channel = channel
        self.events: list[str] = []
        self.paused = asyncio.Event()
        channel.connection_made(self)

    def drop_dtr(self) -> bool:
        self.events.append("DTR low")
        asyncio.get_running_loop().call_soon(self.channel.data_received, b"\r\nNO CARRIER\r\n")
        return True

    def raise_dtr(self) -> bool:
        self.events.append("DTR high")
        return True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        line = bytes(data).decode().strip()
        self.events.append(line)
        answer = b"CONNECT" if line.startswith("ATD") else b"OK"
        asyncio.get_running_loop().call_soon(self.channel.data_received, b"\r\n" + answer + b"\r\n")

    def pause_reading(self) -> None:
        self.events.append("paused")
        self.paused.set()

    def resume_reading(self) -> None:
        self.events.append("resumed")

    def is_closing(self) -> bool:
        return False


async def test_a_call_is_ended_by_dropping_dtr_where_there_is_dtr(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dtr, "DTR_LOW", 60)
    at = AtChannel("ttyTEST")
    port = ModemWithDtr(at)
    async with asyncio.timeout(DEADLINE):
        await at.dial(DIAL)
        await at.leave_data_mode()
    assert port.events == [DIAL.text, "paused", "resumed", "DTR low", "DTR high", "AT"]


async def test_a_dialling_that_is_cancelled_as_it_succeeds_leaves_no_call_behind() -> None:
    at = AtChannel("ttyTEST")
    port = ModemWithDtr(at)
    task = asyncio.create_task(at.dial(DIAL))
    await port.paused.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not at.data_mode
    async with asyncio.timeout(DEADLINE):
        await at.send(action("AT+X"))
    assert port.events[-4:] == ["DTR low", "DTR high", "AT", "AT+X"]


async def test_a_modem_that_woke_up_late_counts_even_with_little_time() -> None:
    modem = FakeModem({})
    async with connected(modem) as at:
        assert not await at.attention(0.05)
        modem.answers["AT"] = "OK"
        assert await at.attention(0.2)


async def test_leaving_data_mode_without_a_call_does_nothing() -> None:
    modem = FakeModem({})
    async with connected(modem) as at:
        await at.leave_data_mode()
        assert modem.heard == []


async def test_a_call_that_comes_up_after_it_was_given_up_is_ended_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    modem = FakeModem({})
    async with connected(modem) as at:
        with pytest.raises(ModemTimeout):
            await at.dial(DIAL, timeout=0.05)
        modem.say("CONNECT", "NO CARRIER")
        modem.answers |= {"AT": "OK", "AT+CSQ": "+CSQ: 1,99\r\n\r\nOK"}
        assert await at.send(signal) == 1
        assert not at.data_mode


# The log


async def test_the_log_shows_both_directions_and_no_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    modem = FakeModem({'AT+CPIN="4711"': "+CME ERROR: 16"})
    async with connected(modem) as at:
        with pytest.raises(EquipmentError) as caught:
            await at.send(action('AT+CPIN="4711"'))
    assert "[ttyTEST] > AT+CPIN=***" in caplog.text
    assert "[ttyTEST] < +CME ERROR: 16" in caplog.text
    assert "4711" not in caplog.text + str(caught.value)


@pytest.mark.parametrize("vector", field_vectors("at", "dialogue"))
async def test_dialogues_of_the_field(vector: dict[str, Any]) -> None:
    command = query_lines(vector["command"])(list)
    async with connected(FakeModem({vector["command"]: vector["input"].encode()})) as at:
        if vector["expect"]["ok"]:
            lines: list[str] = []
            at.on(re.compile(".*"), lines.append)
            lines += await at.send(command)
            assert lines == vector["expect"]["lines"]
        else:
            with pytest.raises(CommandFailed):
                await at.send(command)
