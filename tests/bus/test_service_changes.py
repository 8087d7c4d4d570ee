"""What clients hear of changes: everything, once, and in the order it happened."""

import pytest
from dbus_fast import MessageType, Variant

from tests.bus.conftest import Client
from tests.bus.domain import FakeManager, FakeModem, S
from wwand.status import RadioSignal, SignalValues

MODEM = "/org/freedesktop/ModemManager1/Modem/0"
IFACE = "org.freedesktop.ModemManager1.Modem"


@pytest.fixture
async def modem(manager: FakeManager, client: Client) -> FakeModem:
    """A modem whose announcement everybody has heard."""
    modem = await manager.ready_modem()
    await client.ping()
    client.heard.clear()
    return modem


async def test_changes_of_one_turn_travel_in_one_signal(client: Client, modem: FakeModem) -> None:
    for percent in (10, 20, 30):
        modem.signal_quality = (percent, True)
        modem.changed()
    modem.own_numbers = ("+4912345",)
    modem.changed()
    await client.ping()
    (changed,) = client.changes(MODEM, IFACE)
    quality = changed.pop("SignalQuality")
    assert list(quality) == [30, True]
    assert changed == {"OwnNumbers": ["+4912345"]}


async def test_what_is_the_same_again_is_not_signalled(client: Client, modem: FakeModem) -> None:
    before, modem.signal_quality = modem.signal_quality, (5, False)
    modem.changed()
    modem.signal_quality = before
    modem.changed()
    await client.ping()
    assert client.heard == []


async def test_a_change_in_place_is_signalled(client: Client, modem: FakeModem) -> None:
    modem.unlock_retries[next(iter(modem.unlock_retries))] = 2
    modem.changed()
    await client.ping()
    assert client.changes(MODEM, IFACE) == [{"UnlockRetries": {2: 2, 4: 10}}]


async def test_each_interface_has_its_own_signal(client: Client, modem: FakeModem) -> None:
    modem.power_state = type(modem.power_state).LOW
    modem.registration.operator_name = "o2"
    modem.changed()
    await client.ping()
    assert client.changes(MODEM, IFACE) == [{"PowerState": 2}]
    assert client.changes(MODEM, f"{IFACE}.Modem3gpp") == [{"OperatorName": "o2"}]


async def test_the_signal_is_told_by_radio_and_what_is_unknown_left_out(
    client: Client, modem: FakeModem
) -> None:
    modem.signal_values = SignalValues(
        gsm=RadioSignal(-81, error_rate=0.5), nr5g=RadioSignal(rsrp=-87, snr=6.5)
    )
    modem.changed()
    await client.ping()
    modem.signal_values = SignalValues(nr5g=RadioSignal(rsrp=-87, snr=6.5))
    modem.changed()
    await client.ping()
    changes = client.changes(MODEM, f"{IFACE}.Signal")
    assert [
        {name: {k: v.value for k, v in values.items()} for name, values in change.items()}
        for change in changes
    ] == [{"Gsm": {"rssi": -81, "error-rate": 0.5}, "Nr5g": {"rsrp": -87, "snr": 6.5}}, {"Gsm": {}}]


async def test_what_a_client_wants_of_the_signal_is_shown_to_all(
    client: Client, modem: FakeModem
) -> None:
    await client.call(MODEM, f"{IFACE}.Signal", "Setup", "u", 5)
    settings = {"rssi-threshold": Variant("u", 10), "error-rate-threshold": Variant("b", True)}
    await client.call(MODEM, f"{IFACE}.Signal", "SetupThresholds", "a{sv}", settings)
    await client.call(MODEM, f"{IFACE}.Signal", "SetupThresholds", "a{sv}", {})
    await client.call(MODEM, f"{IFACE}.Signal", "Setup", "u", 0)
    assert client.changes(MODEM, f"{IFACE}.Signal") == [
        {"Rate": 5},
        {"RssiThreshold": 10, "ErrorRateThreshold": True},
        {"RssiThreshold": 0, "ErrorRateThreshold": False},
        {"Rate": 0},
    ]


async def test_every_change_of_state_is_told_in_order_after_its_property(
    client: Client, modem: FakeModem
) -> None:
    await modem.enable()
    await client.ping()
    story = [
        ("State", m.body[1]["State"].value)
        if m.member == "PropertiesChanged"
        else ("StateChanged", *m.body)
        for m in client.heard
        if m.member == "StateChanged" or m.body[0] == f"{IFACE}"
    ]
    assert story == [
        ("State", 5),
        ("StateChanged", 3, 5, 1),
        ("State", 6),
        ("StateChanged", 5, 6, 1),
        ("State", 8),
        ("StateChanged", 6, 8, 1),
    ]


async def test_a_bearer_is_there_before_the_modem_names_it(
    client: Client, manager: FakeManager, modem: FakeModem
) -> None:
    await modem.enable()
    bearer = await client.call(MODEM, IFACE, "CreateBearer", "a{sv}", {})
    assert {"Bearers": [bearer]} in client.changes(MODEM, IFACE)
    client.heard.clear()
    await client.call(bearer, "org.freedesktop.ModemManager1.Bearer", "Connect")
    first, *_, last = client.heard
    connecting, connected = first.body[1]["State"].value, last.body[1]
    assert connecting == S.CONNECTING
    assert (last.member, connected) == ("StateChanged", S.CONNECTED)
    assert client.changes(bearer, "org.freedesktop.ModemManager1.Bearer")[-1]["Connected"] is True


async def test_the_answer_comes_after_the_news(client: Client, modem: FakeModem) -> None:
    came: list[MessageType] = []
    client.bus.add_message_handler(lambda message: came.append(message.message_type))
    await client.call(MODEM, IFACE, "CreateBearer", "a{sv}", {})
    await client.ping()
    assert came == [MessageType.SIGNAL, MessageType.METHOD_RETURN, MessageType.METHOD_RETURN]


async def test_a_lost_connection_is_heard(
    client: Client, manager: FakeManager, modem: FakeModem
) -> None:
    await client.call(MODEM, f"{IFACE}.Simple", "Connect", "a{sv}", {})
    client.heard.clear()
    await modem.bearers[0].drop("the network hung up")
    await client.ping()
    (bearer,) = client.changes(
        "/org/freedesktop/ModemManager1/Bearer/0", "org.freedesktop.ModemManager1.Bearer"
    )
    assert bearer["Connected"] is False
    assert "the network hung up" in bearer["ConnectionError"][1]
    assert client.heard[-1].body == [S.CONNECTED, S.REGISTERED, 3]


async def test_a_device_reports_its_phase(
    client: Client, manager: FakeManager, modem: FakeModem
) -> None:
    await manager.devices[0].switch()
    await client.ping()
    assert client.changes("/org/wwand1/Device/0", "org.wwand1.Device") == [{"Phase": "switching"}]


async def test_uptime_is_not_signalled(client: Client, manager: FakeManager) -> None:
    manager.changed()
    await client.ping()
    assert client.heard == []


async def test_a_bug_in_one_property_does_not_silence_the_others(
    client: Client, modem: FakeModem, caplog: pytest.LogCaptureFixture
) -> None:
    identity, modem.identity = modem.identity, None  # type: ignore[assignment]
    modem.changed()
    await client.ping()
    assert "a bug" in caplog.text
    modem.identity = identity
    modem.own_numbers = ("1",)
    modem.changed()
    await client.ping()
    assert client.changes(MODEM, IFACE) == [{"OwnNumbers": ["1"]}]
