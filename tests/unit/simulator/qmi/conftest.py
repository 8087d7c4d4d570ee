"""The host's end of a virtual modem's QMI channel: requests, answers, indications."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import pytest

from wwand.errors import BadReply
from wwand.qmi import catalogue, ctl
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.frame import Frame, Kind, request
from wwand.qmi.message import Indication, Request, Response
from wwand.qmi.values import Service
from wwand.simulator.calls import Carrier, Swallow
from wwand.simulator.control import Control
from wwand.simulator.journal import Happened, Journal
from wwand.simulator.library import read_model
from wwand.simulator.stick import Stick
from wwand.simulator.wdm import WdmChannel

DEADLINE = 5.0

MODEL = """
summary = "a QMI modem"
[modes.modem]
id = "1234:5678"
[[modes.modem.interfaces]]
class = "ff/ff/ff"
endpoints = ["81 bulk", "01 bulk"]
speaks = "at"
[[modes.modem.interfaces]]
class = "ff/ff/ff"
endpoints = ["82 interrupt", "83 bulk", "02 bulk"]
speaks = "qmi"
[identity]
manufacturer = "Maker"
model = "Modem"
revision = "R1"
[sim]
imsi = "001010123456789"
iccid = "8900100000000000010"
number = "+15550100"
operator = "Own"
[network]
technology = 7
signal = 20
"""

M = TypeVar("M", bound=Indication)
R = TypeVar("R", bound=Response)


class Host:
    """What a program on the host sees of one cdc-wdm port."""

    def __init__(self, channel: WdmChannel) -> None:
        self._channel = channel
        channel.on_message = self._came
        self._transaction = 0
        self._answers: dict[tuple[int, int, int], asyncio.Future[Frame]] = {}
        self._news: asyncio.Queue[Frame] = asyncio.Queue()
        self.clients: dict[Service, int] = {Service.CTL: 0}

    def _came(self, data: bytes) -> None:
        frame = Frame.decode(data)
        if frame.kind is Kind.INDICATION:
            self._news.put_nowait(frame)
        else:
            self._answers.pop((frame.service, frame.client, frame.transaction)).set_result(frame)

    def write(self, frame: Frame) -> asyncio.Future[Frame]:
        """Send a frame; the answer may be awaited."""
        future: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._answers[frame.service, frame.client, frame.transaction] = future
        self._channel.written(frame.encode())
        return future

    def send(self, message: Request[Any], client: int) -> asyncio.Future[Frame]:
        """Send a request; the answer may be awaited."""
        self._transaction = self._transaction % 0xFF + 1
        return self.write(request(message, client, self._transaction))

    async def raw(
        self, service: Service, number: int, *tlvs: tuple[int, bytes], client: int | None = None
    ) -> Frame:
        """Send what nobody has declared; return the answer."""
        if client is None:
            client = await self.client(service)
        self._transaction = self._transaction % 0xFF + 1
        async with asyncio.timeout(DEADLINE):
            return await self.write(
                Frame(service, client, Kind.REQUEST, self._transaction, number, tlvs)
            )

    async def client(self, service: Service) -> int:
        """The client id for a service, allocated when it is used for the first time."""
        if service not in self.clients:
            self.clients[service] = await self.allocate(service)
        return self.clients[service]

    async def allocate(self, service: Service) -> int:
        answer = await self.ask(ctl.AllocateCid(service_type=service))
        assert answer.allocation_info
        return answer.allocation_info.cid

    async def try_(self, message: Request[R], client: int | None = None) -> R:
        """Ask, and return the answer whatever its result."""
        if client is None:
            client = await self.client(message.service)
        async with asyncio.timeout(DEADLINE):
            frame = await self.send(message, client)
        answer = message.response.read(frame.tlvs)
        if answer.unreadable:
            raise BadReply(f"{answer.unreadable} of {answer}")
        return answer  # type: ignore[return-value]

    async def ask(self, message: Request[R], client: int | None = None) -> R:
        """Ask, and return the answer of a request that succeeds."""
        answer = await self.try_(message, client)
        assert answer.result.ok, answer.result
        return answer

    async def refused(self, message: Request[R], client: int | None = None) -> ProtocolError:
        """Ask, and return the error of a request that fails."""
        answer = await self.try_(message, client)
        assert not answer.result.ok
        return answer.result.error_code

    async def told(self, kind: type[M], fits: Callable[[M], bool] = lambda _: True) -> M:
        """Wait for an indication."""
        async with asyncio.timeout(DEADLINE):
            while True:
                message = catalogue.read(await self._news.get())
                if isinstance(message, kind) and fits(message):
                    return message

    @property
    def silent(self) -> bool:
        """Whether no indication is waiting."""
        return self._news.empty()


def error(frame: Frame) -> ProtocolError:
    """The error of an answer that nobody has declared."""
    return Response.read(frame.tlvs).result.error_code


class _NoBus:
    def plug(self, key: str) -> None:
        raise NotImplementedError

    def unplug(self, key: str) -> None:
        raise NotImplementedError


class Bench:
    """A virtual modem with its control, without any bus."""

    def __init__(self, text: str = MODEL, carrier: Carrier | None = None) -> None:
        self.journal = Journal()
        network = carrier or Swallow()
        self.stick = Stick(read_model("bench", text), "1-1", self.journal, network)
        self.controls = Control(_NoBus(), {"1-1": self.stick}, self.journal)
        self.stick.enter("modem")
        self.stick.configure(1)
        assert self.stick.modem
        self.modem = self.stick.modem
        self.host = Host(self.modem.channels[1])

    async def registered(self, stat: int = 1, count: int = 1) -> None:
        """Wait until <stat> of 27.007 has been that so often."""
        async with asyncio.timeout(DEADLINE):
            await self.journal.until(Happened.REGISTRATION, text=str(stat), count=count)

    async def at(self, line: str) -> str:
        """Send a command on the AT port; return all that it says, without line ends."""
        terminal, said, end = self.modem.terminals[0], bytearray(), asyncio.Event()

        def hear(data: bytes) -> None:
            said.extend(data)
            if said.endswith((b"OK\r\n", b"ERROR\r\n")):
                end.set()

        terminal.echo = False
        terminal.opened(hear)
        terminal.feed(f"{line}\r".encode())
        async with asyncio.timeout(DEADLINE):
            await end.wait()
        return " ".join(said.decode().split())


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    await made.registered()
    yield made
    made.stick.leave()


@pytest.fixture
def host(bench: Bench) -> Host:
    return bench.host
