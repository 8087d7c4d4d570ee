"""The signal in detail: read as often as a client wants, with +CESQ where the modem has it."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from tests.unit.at.fake import DEADLINE
from tests.unit.modem.qmi_bench import paired
from tests.unit.modem.test_at_modem import OK, Bench, bench, said
from wwand.bearers.base import BearerSettings
from wwand.errors import PortGone, Unsupported
from wwand.modem.base import Modem
from wwand.status import (
    ModemState,
    RadioSignal,
    SignalThresholds,
    SignalValues,
)

S = ModemState
LTE: dict[str, str | bytes] = {"AT+CESQ": said("+CESQ: 99,99,255,255,20,50")}
CALL: dict[str, str | bytes] = {
    "AT+CGDCONT?": said('+CGDCONT: 1,"IP","internet","",0,0'),
    "ATD*99***1#": "CONNECT",
}
VALUES = SignalValues(lte=RadioSignal(rsrq=-10, rsrp=-91))
OFTEN = 0.01
OLDER = '[qmi]\nrefuses = ["nas get signal info", "nas config signal info"]\n'


async def until(modem: Modem, done: Callable[[], object]) -> None:
    """Look again whenever the modem changes."""
    news = asyncio.Event()
    modem.listeners.append(news.set)
    async with asyncio.timeout(DEADLINE):
        while not done():
            news.clear()
            await news.wait()
    modem.listeners.remove(news.set)


@asynccontextmanager
async def enabled(changes: dict[str, str | bytes]) -> AsyncIterator[Bench]:
    async with bench(changes) as b:
        await b.modem.start()
        await b.modem.enable()
        yield b


async def test_the_values_are_there_when_a_client_has_asked_for_them() -> None:
    async with enabled(LTE) as b:
        assert b.modem.signal_values == SignalValues()
        await b.modem.signal_poll.set_rate(5)
        assert b.modem.signal_values == VALUES
        assert b.modem.signal_poll.rate == 5


async def test_nothing_is_asked_when_no_client_wants_it() -> None:
    async with enabled(LTE) as b:
        await b.modem.command("AT+CSQ", 3)
        assert "AT+CESQ" not in b.heard


async def test_the_signal_is_read_again_and_again() -> None:
    async with enabled(LTE) as b:
        await b.modem.signal_poll.set_rate(OFTEN)
        b.far["ttyUSB0"].answers["AT+CESQ"] = said("+CESQ: 99,99,255,255,22,60")
        await until(b.modem, lambda: b.modem.signal_values.lte == RadioSignal(rsrq=-9, rsrp=-81))


async def test_a_rate_of_zero_ends_it_and_forgets_what_was_read() -> None:
    async with enabled(LTE) as b:
        await b.modem.signal_poll.set_rate(OFTEN)
        await b.modem.signal_poll.set_rate(0)
        assert b.modem.signal_values == SignalValues()
        asked = b.heard.count("AT+CESQ")
        for _ in range(3):
            await b.modem.command("AT+CSQ", 3)
        assert b.heard.count("AT+CESQ") == asked


async def test_a_rate_that_is_set_while_disabled_holds_when_enabled_and_again() -> None:
    async with bench(LTE) as b:
        await b.modem.start()
        await b.modem.signal_poll.set_rate(5)
        assert "AT+CESQ" not in b.heard
        for _ in range(2):
            await b.modem.enable()
            await until(b.modem, lambda: b.modem.signal_values == VALUES)
            await b.modem.disable()
            assert b.modem.signal_values == SignalValues()


async def test_a_modem_that_cannot_tell_says_so() -> None:
    async with enabled({}) as b:
        with pytest.raises(Unsupported, match="more of its signal"):
            await b.modem.signal_poll.set_rate(5)
        assert b.modem.signal_poll.rate == 0


async def test_what_a_modem_no_longer_tells_is_not_shown_any_more() -> None:
    async with enabled(LTE) as b:
        await b.modem.signal_poll.set_rate(OFTEN)
        b.far["ttyUSB0"].answers["AT+CESQ"] = "ERROR"
        await until(b.modem, lambda: b.modem.signal_values == SignalValues())
        b.far["ttyUSB0"].answers["AT+CESQ"] = LTE["AT+CESQ"]
        await until(b.modem, lambda: b.modem.signal_values == VALUES)


async def test_a_call_that_takes_the_only_port_leaves_the_values_as_they_are() -> None:
    async with enabled({**LTE, **CALL}) as b:
        await b.modem.signal_poll.set_rate(5)
        bearer = b.modem.create_bearer(BearerSettings(apn="internet"))
        await b.modem.connect_bearer(bearer)
        asked = b.heard.count("AT+CESQ")
        await b.modem.signal_poll.set_rate(6)
        assert b.modem.signal_values == VALUES
        assert b.heard.count("AT+CESQ") == asked
        b.far["ttyUSB0"].answers |= {"AT": OK, "ATH": OK}


async def test_an_unplug_ends_the_reading() -> None:
    async with enabled(LTE) as b:
        await b.modem.signal_poll.set_rate(5)
        b.far["ttyUSB0"].transport.abort()
        await b.channels["ttyUSB0"].closed.wait()
        with pytest.raises(PortGone):
            await b.modem.signal_poll.set_rate(7)
        assert b.modem.signal_poll.rate == 0


async def test_thresholds_are_kept_where_the_modem_has_none() -> None:
    async with enabled({}) as b:
        await b.modem.set_signal_thresholds(SignalThresholds(rssi=10))
        assert b.modem.signal_thresholds.rssi == 10


# --- QMI ----------------------------------------------------------------------------------------


async def test_a_qmi_modem_tells_all_values_by_itself() -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        await pair.until(lambda: modem.signal_values.lte.rsrp)
        assert modem.signal_values == SignalValues(lte=RadioSignal(-73, None, None, -93, -10, 12))
        pair.bench.controls.fault("signal", 31)
        await pair.until(lambda: modem.signal_values.lte.rssi == -51)
        assert modem.signal_values.lte.rsrp == -71


async def test_a_qmi_modem_is_polled_as_well() -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        await pair.until(lambda: modem.signal_values.lte.rsrp)
        modem.signal_values = SignalValues()
        await modem.signal_poll.set_rate(5)
        assert modem.signal_values.lte.snr == 12


async def test_an_older_qmi_modem_tells_the_values_in_the_older_way() -> None:
    async with paired(OLDER) as pair:
        modem = await pair.enabled()
        await pair.until(lambda: modem.signal_values.lte.rsrp)
        await modem.signal_poll.set_rate(5)
        assert modem.signal_values == SignalValues(lte=RadioSignal(-73, None, None, -93, -10, 12))
        pair.bench.controls.fault("signal", 31)
        await pair.until(lambda: modem.signal_values.lte.rssi == -51)


async def test_a_qmi_modem_reports_changes_as_large_as_a_client_wants(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    async with paired() as pair:
        modem = await pair.enabled()
        caplog.clear()
        await modem.set_signal_thresholds(SignalThresholds(rssi=10))
        assert "> NAS Config Signal Info V2" in caplog.text
        caplog.clear()
        await modem.set_signal_thresholds(SignalThresholds())
        assert "> NAS Config Signal Info (" in caplog.text


async def test_an_older_qmi_modem_gets_steps_instead(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with paired('[qmi]\nrefuses = ["nas config signal info v2"]\n') as pair:
        await pair.modem.start()
        await pair.modem.set_signal_thresholds(SignalThresholds(rssi=10))
        assert "Config Signal Info" not in caplog.text
        await pair.modem.enable()
        assert re.search(r"< NAS Config Signal Info V2 .*: invalid", caplog.text)
        assert re.search(r"< NAS Config Signal Info \(.*: done", caplog.text)
