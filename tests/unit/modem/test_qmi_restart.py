"""The order to restart, to modems that answer, refuse, say nothing, or leave."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.unit.qmi.fake import FakeQmi
from wwand.device import Port, PortKind
from wwand.errors import PortGone
from wwand.modem import qmi_restart
from wwand.ports.transport import CharTransport
from wwand.qmi import ctl, dms
from wwand.qmi.channel import QmiChannel
from wwand.qmi.dms import OperatingMode
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.message import Response

PORT = Port("cdc-wdm0", PortKind.CDC_WDM, 4, "qmi_wwan")
PATIENT, SOON = 5.0, 0.05


@pytest.fixture
async def modem(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeQmi]:
    """What is behind the port, once that is opened."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    ours.setblocking(False)
    theirs.setblocking(False)

    async def open_port(port: Port, channel: QmiChannel) -> None:
        CharTransport(asyncio.get_running_loop(), channel, ours.detach(), port.name)
        await asyncio.sleep(0)

    monkeypatch.setattr(qmi_restart, "open_port", open_port)
    fake = FakeQmi(theirs)
    yield fake
    await fake.unplug()
    ours.close()


def orders(modem: FakeQmi) -> list[tuple[OperatingMode | None, int]]:
    """The modes that were ordered, and by which client."""
    asked = zip(modem.asked, modem.frames, strict=True)
    return [(q.mode, f.client) for q, f in asked if isinstance(q, dms.SetOperatingMode)]


async def test_a_modem_is_sent_offline_and_then_restarted(modem: FakeQmi) -> None:
    modem.answers[dms.SetOperatingMode] = Response()
    assert await qmi_restart.restart(PORT, PATIENT)
    assert orders(modem) == [(OperatingMode.OFFLINE, 1), (OperatingMode.RESET, 1)]
    assert modem.clients == []


async def test_a_modem_that_is_offline_already_is_restarted(modem: FakeQmi) -> None:
    def answer(order: Any) -> Response | ProtocolError:
        return Response() if order.mode is OperatingMode.RESET else ProtocolError.NO_EFFECT

    modem.answers[dms.SetOperatingMode] = answer
    assert await qmi_restart.restart(PORT, PATIENT)


async def test_a_modem_that_refuses_is_not_restarted(modem: FakeQmi) -> None:
    modem.answers[dms.SetOperatingMode] = ProtocolError.INVALID_TRANSITION
    assert not await qmi_restart.restart(PORT, PATIENT)


async def test_a_modem_that_says_nothing_is_ordered_by_every_client_that_it_may_know(
    modem: FakeQmi,
) -> None:
    modem.answers |= {ctl.Sync: None, ctl.AllocateCid: None, dms.SetOperatingMode: None}
    assert not await qmi_restart.restart(PORT, SOON)
    assert orders(modem) == [
        (mode, client)
        for mode in (OperatingMode.OFFLINE, OperatingMode.RESET)
        for client in qmi_restart.GUESSES
    ]


async def test_a_modem_that_leaves_the_bus_has_heard_the_order(modem: FakeQmi) -> None:
    modem.answers[dms.SetOperatingMode] = None
    ordering = asyncio.create_task(qmi_restart.restart(PORT, PATIENT))
    await modem.until_asked(dms.SetOperatingMode)
    await modem.unplug()
    with pytest.raises(PortGone):
        await ordering
