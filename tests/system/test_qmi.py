"""wwand's QMI against a real kernel: cdc-wdm, qmi_wwan, and libqmi's qmi-proxy in between."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.system.vm.guest import (
    Process,
    Simulator,
    eventually,
    output,
    simulator,
    wait_for_devices,
)
from wwand.bearers.base import Bearer, BearerSettings
from wwand.device import Port, PortKind, UsbDevice, UsbId
from wwand.errors import EquipmentError, PortGone
from wwand.modem.numbers import Numbers
from wwand.modem.qmi import QmiModem
from wwand.net.link import Links
from wwand.ports.qmi import open_qmi
from wwand.status import IpFamily, IpMethod, ModemState

INTERNET = "10.64.64.1"
PROXY = Path("/usr/libexec/qmi-proxy")
DEADLINE = 30.0


@pytest.fixture(scope="module")
def lte() -> Iterator[Simulator]:
    with simulator("qmi-lte") as running:
        running.wait("registration", text="1")
        wait_for_devices("cdc-wdm0")
        output("udevadm", "settle", "--timeout=60")
        yield running


def device() -> UsbDevice:
    (net,) = Path("/sys/bus/usb/devices").glob("1-1:*/net/*")
    wdm = Port("cdc-wdm0", PortKind.CDC_WDM, 4, "qmi_wwan", Path("/dev/cdc-wdm0"))
    card = Port(net.name, PortKind.NET, 4, "qmi_wwan")
    return UsbDevice("1-1", UsbId(0x2C7C, 0x0125), "/sys/bus/usb/devices/1-1", ports=(wdm, card))


@asynccontextmanager
async def registered() -> AsyncIterator[QmiModem]:
    """The modem as wwand drives it, with a network."""
    found = device()
    modem = QmiModem(found, "generic", Numbers())
    async with await open_qmi(found.ports[0]) as channel:
        modem.use(found.ports[0], channel)
        try:
            async with asyncio.timeout(DEADLINE):
                await modem.start()
                await modem.enable()
                await modem.wait_registered()
            yield modem
        finally:
            await modem.close()


async def connected(modem: QmiModem, family: IpFamily = IpFamily.IPV4) -> Bearer:
    bearer = modem.create_bearer(BearerSettings(apn="internet", ip_type=family))
    async with asyncio.timeout(DEADLINE):
        await modem.connect_bearer(bearer)
    return bearer


def clients(running: Simulator) -> dict[str, list[int]]:
    found: dict[str, list[int]] = running.device()["clients"]
    return found


def raw_ip(interface: str) -> str:
    return (Path("/sys/class/net") / interface / "qmi" / "raw_ip").read_text().strip()


async def test_a_session_carries_packets_and_leaves_nothing(lte: Simulator) -> None:
    async with registered() as modem:
        assert modem.identity.model == "QUECTEL Mobile Broadband Module"
        bearer = await connected(modem)
        assert bearer.ip4.method is IpMethod.STATIC
        assert raw_ip(bearer.interface) == "Y"
        links = Links()
        link = links.open(bearer.interface)
        try:
            link.raise_up()
            link.configure(bearer.ip4, None, metric=700)
            await asyncio.to_thread(output, "ping", "-c2", "-i0.2", "-W5", INTERNET)
        finally:
            link.remove()
            links.close()
        await modem.disconnect_bearer(bearer)
        assert modem.state is ModemState.REGISTERED
    eventually(lambda: clients(lte) == {}, "all clients are given back")


async def test_a_connection_that_the_network_ends_is_noticed_at_once(lte: Simulator) -> None:
    async with registered() as modem:
        bearer = await connected(modem)
        ended = asyncio.Event()
        bearer.listeners.append(ended.set)
        await asyncio.to_thread(lte.ask, do="drop")
        async with asyncio.timeout(DEADLINE):
            while bearer.connected:
                ended.clear()
                await ended.wait()
        assert isinstance(bearer.connection_error, EquipmentError)


@pytest.mark.skipif(not PROXY.exists(), reason="no qmi-proxy (Debian: libqmi-proxy)")
async def test_the_port_is_shared_through_qmi_proxy(lte: Simulator) -> None:
    with Process([str(PROXY), "--no-exit"]):
        await asyncio.to_thread(
            eventually, lambda: "@qmi-proxy" in Path("/proc/net/unix").read_text(), "the proxy runs"
        )
        async with registered() as modem, registered() as other:
            assert modem.identity == other.identity
            bearer = await connected(modem)
            assert bearer.ip4.address
            await modem.disconnect_bearer(bearer)
    eventually(lambda: clients(lte) == {}, "all clients are given back")


async def test_an_unplug_ends_what_is_asked(lte: Simulator) -> None:
    async with registered() as modem:
        asking = asyncio.create_task(modem.scan())
        await asyncio.to_thread(lte.ask, do="unplug")
        async with asyncio.timeout(DEADLINE):
            await modem.channel.closed.wait()
            with pytest.raises(PortGone):
                await modem.scan()
            await asyncio.wait([asking])
