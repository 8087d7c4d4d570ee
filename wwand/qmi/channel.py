"""Talk QMI over one port: clients of services, transactions, and indications in between."""

import asyncio
import contextlib
import logging
from typing import Self, TypeVar, cast

from wwand.errors import BadReply, ModemMute, ModemTimeout, PortGone, Unsupported, WwandError
from wwand.log import ObjectLog
from wwand.qmi import ctl
from wwand.qmi.client import QmiClient
from wwand.qmi.errors import error_for, words
from wwand.qmi.frame import Frame, Kind, Splitter, request
from wwand.qmi.message import REQUESTS, Request, Response, title
from wwand.qmi.values import BROADCAST, Service

R = TypeVar("R", bound=Response)

SYNC_TRY = 3.0
"""Seconds after which a modem that is still starting is asked again."""

LEAVING = 2.0
"""Seconds for all clients to be given back when the port is closed."""

LAST_CTL, LAST = 0xFF, 0xFFFF
"""The highest transaction numbers; 0 is for indications."""


class QmiChannel(asyncio.Protocol):
    """The asyncio end of QMI; every decision about octets is the codec's."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.log = ObjectLog(__name__, name)
        self.closed = asyncio.Event()
        self.close_reason = ""
        self.doubtful = asyncio.Event()
        """Set while a question was left unanswered, and nothing at all has come since."""
        self.heard = 0.0
        """When octets came last, on the loop's clock."""
        self.services: dict[Service, tuple[int, int]] = {}
        """The services that the modem has, with their versions; empty when it does not tell."""
        self._transport: asyncio.Transport | None = None
        self._splitter = Splitter()
        self._pending: dict[tuple[int, int, int], asyncio.Future[Frame]] = {}
        self._last: dict[bool, int] = {True: 0, False: 0}
        self._clients: dict[tuple[int, int], QmiClient] = {}

    # --- begin and end -------------------------------------------------------------------------

    async def synchronise(self, timeout: float) -> None:
        """Have the modem forget all clients; for a port that nobody else uses."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + timeout
        while True:
            left = ends - loop.time()
            try:
                await self.ask(ctl.Sync(), timeout=max(0.1, min(SYNC_TRY, left)))
            except ModemTimeout:
                if loop.time() >= ends:
                    raise ModemMute(
                        f"{self.name} does not answer QMI within {timeout:g} s",
                        "reset or replug the modem",
                    ) from None
            else:
                return

    @property
    def askable(self) -> bool:
        """Whether the modem can be asked for a sign of life."""
        return not self.closed.is_set()

    @property
    def busy_for(self) -> float:
        """QMI's answers may come in any order: nothing keeps a modem from answering."""
        return 0.0

    async def attention(self, timeout: float = SYNC_TRY) -> bool:
        """Tell whether a modem answers a question that changes nothing, as Sync would."""
        try:
            await self.exchange(ctl.GetVersionInfo(), timeout=timeout)
        except ModemTimeout:
            return False
        except BadReply as error:
            self.log.debug("%s", error)
        return True

    async def open_through_proxy(self, path: str) -> None:
        """Tell the qmi-proxy program at the other end which device is meant."""
        await self.ask(ctl.InternalProxyOpen(path), timeout=30.0)  # it may have to open it first

    async def learn_services(self) -> None:
        """Ask which services there are; modems that do not know the question have the usual."""
        try:
            told = await self.ask(ctl.GetVersionInfo())
        except (Unsupported, ModemTimeout) as error:
            self.log.debug("%s", error)
            return
        self.services = {
            each.service: (each.major_version, each.minor_version)
            for each in told.service_list or ()
        }

    async def client(self, service: Service) -> QmiClient:
        """Become a client of a service; Unsupported when the modem has no such service."""
        if self.services and service not in self.services:
            raise Unsupported(f"{self.name} has no service {service.name}")
        told = await self.ask(ctl.AllocateCid(service))
        if told.allocation_info is None or told.allocation_info.service != service:
            raise BadReply(f"{self.name} gave no client of {service.name}")
        client = QmiClient(self, service, told.allocation_info.cid)
        self._clients[service, client.cid] = client
        return client

    async def release(self, client: QmiClient) -> None:
        """Give a client back; nothing happens when that was done or the port is gone."""
        if self._clients.pop((client.service, client.cid), None) is None:
            return
        info = ctl.ClientInfo(client.service, client.cid)
        try:
            await self.ask(ctl.ReleaseCid(info))
        except WwandError as error:
            self.log.debug("%s", error)

    async def close(self) -> None:
        """Give all clients back, unless the modem does not answer anyhow, and close the port."""
        if self._transport is None:
            return
        if not self.doubtful.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVING):
                    await asyncio.gather(
                        *(self.release(each) for each in tuple(self._clients.values()))
                    )
        self._transport.abort()
        await self.closed.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    # --- one request and its answer --------------------------------------------------------------

    async def ask(
        self, question: Request[R], client: int = 0, *, timeout: float | None = None
    ) -> R:
        """Send a request and return its answer; a refusal is raised as what it amounts to."""
        answer = await self.exchange(question, client, timeout=timeout)
        if not answer.result.ok:
            raise error_for(title(type(question)), answer.result.error_code)
        return answer

    async def exchange(
        self, question: Request[R], client: int = 0, *, timeout: float | None = None
    ) -> R:
        """Send a request and return its answer, a refusal as well.

        Raises ModemTimeout, PortGone, and BadReply for an answer without a result. Who is cancelled
        does not get the answer, nor does anybody else.
        """
        what = title(type(question))
        seconds = question.timeout if timeout is None else timeout
        transport = self._open_transport()
        frame = request(question, client, self._next(question.service))
        key = frame.service, frame.client, frame.transaction
        loop = asyncio.get_running_loop()
        pending, asked = loop.create_future(), loop.time()
        octets = frame.encode()
        self._pending[key] = pending
        try:
            self.log.debug("> %s (client %d, #%d)", what, client, frame.transaction)
            transport.write(octets)
            async with asyncio.timeout(seconds):
                answer = await pending
        except TimeoutError:
            if self.heard < asked:
                self.doubtful.set()
            raise ModemTimeout(f"{what}: no answer in {seconds:g} s") from None
        finally:
            del self._pending[key]
            if not pending.cancel() and not pending.cancelled():
                pending.exception()  # seen, even if the caller left before
        read = cast(R, question.response.read(answer.tlvs))
        if answer.id != question.id or 0x02 in read.unreadable or 0x02 not in dict(answer.tlvs):
            raise BadReply(f"{what}: the answer has no result")
        if read.unreadable:
            self.log.warning("%s: cannot read TLVs %s", what, read.unreadable)
        return read

    def _next(self, service: Service) -> int:
        """A transaction number that nobody waits for."""
        is_ctl = service is Service.CTL
        limit = LAST_CTL if is_ctl else LAST
        waited_for = {number for name, _, number in self._pending if (name == 0) == is_ctl}
        number = self._last[is_ctl] % limit + 1
        while number in waited_for:
            number = number % limit + 1
        self._last[is_ctl] = number
        return number

    def _open_transport(self) -> asyncio.Transport:
        if self._transport is None or self.closed.is_set():
            raise PortGone(self.close_reason or f"{self.name} is not open")
        return self._transport

    # --- what comes in ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the port is open."""
        self.heard = asyncio.get_running_loop().time()
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """asyncio: octets came."""
        self.heard = asyncio.get_running_loop().time()
        self.doubtful.clear()
        skipped = self._splitter.skipped
        for frame in self._splitter.feed(data):
            self._received(frame)
        if self._splitter.skipped > skipped:
            self.log.warning("skipped %d octets", self._splitter.skipped - skipped)

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: the port was closed, or pulled out."""
        if not self.close_reason:
            self.close_reason = f"{self.name}: {error}" if error else f"{self.name} was closed"
        self.closed.set()
        for pending in self._pending.values():
            if not pending.done():
                pending.set_exception(PortGone(self.close_reason))
        self._clients.clear()

    def _received(self, frame: Frame) -> None:
        match frame.kind:
            case Kind.INDICATION:
                self._indicated(frame)
            case Kind.RESPONSE:
                self._answered(frame)
            case Kind.REQUEST:
                self.log.warning("the modem asks: %r", frame)

    def _answered(self, frame: Frame) -> None:
        pending = self._pending.get((frame.service, frame.client, frame.transaction))
        if self.log.isEnabledFor(logging.DEBUG):
            asked = REQUESTS.get((frame.service, frame.id))
            result = Response.read(frame.tlvs).result
            self.log.debug(
                "< %s (client %d, #%d): %s%s",
                title(asked) if asked else frame,
                frame.client,
                frame.transaction,
                "done" if result.ok else words(result.error_code),
                "" if pending else ", too late",
            )
        if pending and not pending.done():
            pending.set_result(frame)
        elif frame.service == Service.CTL and frame.id == ctl.AllocateCid.id:
            self._give_back(ctl.AllocateCidResponse.read(frame.tlvs))

    def _give_back(self, late: ctl.AllocateCidResponse) -> None:
        """Release a client that came when nobody waited for it any more."""
        if late.result.ok and late.allocation_info and self._transport:
            release = ctl.ReleaseCid(late.allocation_info)
            self._transport.write(request(release, 0, self._next(Service.CTL)).encode())

    def _indicated(self, frame: Frame) -> None:
        if (frame.service, frame.id) == (Service.CTL, ctl.SyncIndication.id):
            self._forgotten()
        for (service, cid), client in tuple(self._clients.items()):
            if service == frame.service and frame.client in (cid, BROADCAST):
                client.indicated(frame)

    def _forgotten(self) -> None:
        """Close the port of a modem that knows none of our clients any more.

        Before there are any this is only the sign of life of firmware that has come up.
        """
        if self._clients and self._transport:
            self.close_reason = f"the firmware behind {self.name} has restarted"
            self._transport.abort()
