"""A stick that is a router: a modem of which the network card is all there is."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from wwand.bearers.base import BearerSettings
from wwand.bearers.ecm import EcmBearer
from wwand.device import Port, PortKind, UsbDevice, UsbId
from wwand.errors import NoDriver, Unsupported
from wwand.modem.desire import ConnectRequest
from wwand.modem.numbers import Numbers
from wwand.modem.router import RouterModem
from wwand.modem.simple import connect, disconnect
from wwand.status import IpConfig, IpFamily, IpMethod, ModemState, PortType

S = ModemState
CARD = Port("enx0c5b8f279a64", PortKind.NET, 0, "cdc_ether")
STICK = UsbDevice(
    "1-1",
    UsbId(0x12D1, 0x14DC),
    "/nowhere/1-1",
    release=0x0102,
    manufacturer="HUAWEI_MOBILE",
    product="HUAWEI_MOBILE",
    ports=(CARD,),
)
DHCP = IpConfig(IpMethod.DHCP)


@pytest.fixture
async def modem() -> AsyncIterator[RouterModem]:
    made = RouterModem(STICK, "huawei", Numbers())
    await made.start()
    yield made
    await made.close()


async def test_it_is_who_its_descriptors_say(modem: RouterModem) -> None:
    assert modem.state is S.DISABLED
    assert (modem.identity.manufacturer, modem.identity.model) == ("HUAWEI_MOBILE", "HUAWEI_MOBILE")
    assert modem.identity.revision == "1.02"
    assert [(p.port, p.type) for p in modem.ports] == [(CARD, PortType.NET)]
    assert modem.sim is None


async def test_its_card_is_left_to_network_manager_as_the_ethernet_it_is(
    modem: RouterModem,
) -> None:
    assert modem.primary_port is None


async def test_one_call_takes_it_online_and_another_off(modem: RouterModem) -> None:
    bearer = await connect(modem, ConnectRequest(BearerSettings(apn="internet")))
    assert modem.connected_bearers == [bearer]
    assert isinstance(bearer, EcmBearer)
    assert bearer.interface == CARD.name
    assert (bearer.ip4, bearer.ip6) == (DHCP, IpConfig())
    await disconnect(modem, None)
    assert modem.registration.registered
    await modem.disable()
    assert modem.state is S.DISABLED


@pytest.mark.parametrize(
    ("family", "ip4", "ip6"),
    [
        (IpFamily.IPV4, DHCP, IpConfig()),
        (IpFamily.IPV6, IpConfig(), DHCP),
        (IpFamily.IPV4V6, DHCP, DHCP),
    ],
)
async def test_the_families_that_are_asked_for_are_configured(
    modem: RouterModem, family: IpFamily, ip4: IpConfig, ip6: IpConfig
) -> None:
    bearer = await connect(modem, ConnectRequest(BearerSettings(ip_type=family)))
    assert (bearer.ip4, bearer.ip6) == (ip4, ip6)


async def test_what_it_does_not_speak_is_unsupported(modem: RouterModem) -> None:
    for order in (modem.command("AT", 1), modem.scan(), modem.register("26201"), modem.reset()):
        with pytest.raises(Unsupported):
            await order


async def test_a_card_without_a_driver_is_told(modem: RouterModem) -> None:
    modem.follow(replace(STICK, ports=()))
    with pytest.raises(NoDriver, match="not there") as caught:
        await connect(modem, ConnectRequest())
    assert "cdc_ether" in caught.value.next_step


async def test_a_card_that_goes_away_ends_the_connection(modem: RouterModem) -> None:
    await connect(modem, ConnectRequest())
    down = asyncio.Event()
    modem.on_state.append(lambda _old, new, _why: down.set() if new is S.REGISTERED else None)
    modem.follow(replace(STICK, ports=()))
    async with asyncio.timeout(5):
        await down.wait()


async def test_a_card_that_is_renamed_keeps_its_place(modem: RouterModem) -> None:
    modem.follow(replace(STICK, ports=(replace(CARD, name="eth1"),)))
    bearer = await connect(modem, ConnectRequest())
    assert bearer.interface == "eth1"
