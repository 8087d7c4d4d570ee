"""A modem at the other end of a socket: clients are kept count of, everything else is scripted."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from wwand.ports.transport import CharTransport
from wwand.qmi import catalogue, ctl
from wwand.qmi.channel import QmiChannel
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.frame import Frame, Splitter, indication, response
from wwand.qmi.message import Indication, Request, Response, failure
from wwand.qmi.values import BROADCAST, Service

Answer = Response | ProtocolError | Callable[[Any], "Response | ProtocolError | None"] | None
"""A message, a refusal, a function of the question, or (None) silence."""


class FakeQmi:
    """Answers what `answers` has; INVALID_QMI_COMMAND to the rest."""

    def __init__(
        self, peer: socket.socket, answers: dict[type[Request[Any]], Answer] | None = None
    ) -> None:
        self.answers: dict[type[Request[Any]], Answer] = {
            ctl.Sync: Response(),
            ctl.GetVersionInfo: ctl.GetVersionInfoResponse(
                tuple(ctl.ServiceVersion(s, 1, 0) for s in Service if s < Service.CAT)
            ),
            ctl.AllocateCid: self.allocate,
            ctl.ReleaseCid: self.release,
            ctl.InternalProxyOpen: Response(),
            **(answers or {}),
        }
        self.asked: list[Request[Any]] = []
        self.frames: list[Frame] = []
        self.clients: list[tuple[Service, int]] = []
        self.heard = asyncio.Condition()
        self._peer = peer
        self._task = asyncio.create_task(self._serve())

    def allocate(self, question: ctl.AllocateCid) -> Response:
        assert question.service_type is not None
        cid = 1 + sum(service == question.service_type for service, _ in self.clients)
        self.clients.append((question.service_type, cid))
        return ctl.AllocateCidResponse(ctl.ClientInfo(question.service_type, cid))

    def release(self, question: ctl.ReleaseCid) -> Response | ProtocolError:
        info = question.release_info
        assert info is not None
        if (info.service, info.cid) not in self.clients:
            return ProtocolError.INVALID_CLIENT_ID
        self.clients.remove((info.service, info.cid))
        return ctl.ReleaseCidResponse(info)

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        splitter = Splitter()
        while data := await loop.sock_recv(self._peer, 65536):
            for frame in splitter.feed(data):
                async with self.heard:
                    self.frames.append(frame)
                    question = catalogue.read(frame)
                    answer: Answer = ProtocolError.INVALID_QMI_COMMAND
                    if isinstance(question, Request):
                        self.asked.append(question)
                        answer = self.answers.get(type(question), answer)
                    if callable(answer):
                        answer = answer(question)
                    if answer is not None:
                        await self.answer(frame, answer)
                    self.heard.notify_all()

    async def answer(self, frame: Frame, answer: Any) -> None:
        if isinstance(answer, ProtocolError):
            answer = Response(result=failure(answer))
        await self.write(response(frame, answer).encode())

    async def indicate(self, message: Indication, client: int = BROADCAST) -> None:
        await self.write(indication(message, client).encode())

    async def write(self, octets: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._peer, octets)

    async def until_asked(self, kind: type[Request[Any]], times: int = 1) -> Frame:
        """Wait until that was asked; returns the frame."""
        async with asyncio.timeout(5), self.heard:
            await self.heard.wait_for(
                lambda: sum(isinstance(each, kind) for each in self.asked) >= times
            )
            return [f for f in self.frames if f.id == kind.id and f.service == kind.service][-1]

    async def unplug(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        self._peer.close()


@asynccontextmanager
async def fake_qmi() -> AsyncIterator[tuple[FakeQmi, QmiChannel]]:
    """A modem and a channel to it, which nothing was asked on yet."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    ours.setblocking(False)
    theirs.setblocking(False)
    modem = FakeQmi(theirs)
    channel = QmiChannel("cdc-wdm0")
    CharTransport(asyncio.get_running_loop(), channel, ours.detach(), "cdc-wdm0")
    await asyncio.sleep(0)
    try:
        yield modem, channel
    finally:
        await channel.close()
        await modem.unplug()
