"""Opening a port for QMI, alone and through a proxy."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.unit.qmi.fake import Answer, FakeQmi
from wwand.device import Port, PortKind
from wwand.errors import ModemTimeout, PortGone
from wwand.ports.qmi import open_qmi
from wwand.qmi import ctl
from wwand.qmi.values import Service

A_DEVICE = Port("cdc-wdm0", PortKind.CDC_WDM, 4, "qmi_wwan", Path("/dev/null"))
"""A character device, as far as anybody can tell without a modem."""


class Listening:
    """A socket on which a fake modem, or a fake proxy, takes one connection."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(address)
        self._socket.listen()
        self._socket.setblocking(False)
        self.modem: FakeQmi | None = None

    async def accept(self, answers: dict[Any, Answer] | None = None) -> FakeQmi:
        peer, _ = await asyncio.get_running_loop().sock_accept(self._socket)
        peer.setblocking(False)
        self.modem = FakeQmi(peer, answers)
        return self.modem

    async def close(self) -> None:
        self._socket.close()
        if self.modem:
            await self.modem.unplug()


async def test_a_port_of_wwands_own_is_synchronised(tmp_path: Path) -> None:
    listening = Listening(str(tmp_path / "qmi"))
    port = Port("cdc-wdm0", PortKind.CDC_WDM, 4, "qmi_wwan", tmp_path / "qmi")
    accepting = asyncio.create_task(listening.accept())
    channel = await open_qmi(port)
    modem = await accepting
    assert [type(each) for each in modem.asked] == [ctl.Sync, ctl.GetVersionInfo]
    assert Service.WDS in channel.services
    await channel.close()
    await listening.close()


async def test_through_a_proxy_the_clients_of_others_are_left_alone(tmp_path: Path) -> None:
    address = f"\0wwand-test-{tmp_path}"
    listening = Listening(address)
    accepting = asyncio.create_task(listening.accept())
    opening = asyncio.create_task(open_qmi(A_DEVICE, proxy=address))
    modem = await accepting
    channel = await opening
    assert modem.asked == [ctl.InternalProxyOpen("/dev/null"), ctl.GetVersionInfo()]
    await channel.close()
    await listening.close()


async def test_a_proxy_that_hangs_up_is_told_by_name(tmp_path: Path) -> None:
    address = f"\0wwand-test-{tmp_path}"
    listening = Listening(address)
    opening = asyncio.create_task(open_qmi(A_DEVICE, proxy=address))
    modem = await listening.accept()
    await modem.unplug()
    with pytest.raises(PortGone, match="qmi-proxy gives no access"):
        await opening
    await listening.close()


async def test_a_mute_modem_is_given_up_and_its_port_closed(tmp_path: Path) -> None:
    listening = Listening(str(tmp_path / "qmi"))
    port = Port("cdc-wdm0", PortKind.CDC_WDM, 4, "qmi_wwan", tmp_path / "qmi")
    opening = asyncio.create_task(open_qmi(port, timeout=0.1))
    modem = await listening.accept({ctl.Sync: None})
    with pytest.raises(ModemTimeout, match="reset or replug|does not answer QMI"):
        await opening
    await asyncio.wait_for(modem._task, 5)  # it sees the end of the connection
    await listening.close()


async def test_a_port_that_is_not_there_is_gone(tmp_path: Path) -> None:
    port = Port("cdc-wdm0", PortKind.CDC_WDM, 4, "qmi_wwan", tmp_path / "none")
    with pytest.raises(PortGone, match="cdc-wdm0 cannot be opened"):
        await open_qmi(port)
