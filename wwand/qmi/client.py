"""A client of one service: asks, and hears the indications that are for it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from wwand.qmi.frame import Frame
from wwand.qmi.message import INDICATIONS, Indication, Request, Response, title
from wwand.qmi.values import Service

if TYPE_CHECKING:
    from wwand.qmi.channel import QmiChannel

R = TypeVar("R", bound=Response)
I = TypeVar("I", bound=Indication)  # noqa: E741 - an indication

Listener = Callable[[Any], None]


class QmiClient:
    """Made by `QmiChannel.client`; what it started on the modem ends when it is released."""

    def __init__(self, channel: "QmiChannel", service: Service, cid: int) -> None:
        self.service = service
        self.cid = cid
        self._channel = channel
        self._listeners: list[tuple[type[Indication], Listener]] = []

    async def send(self, question: Request[R], *, timeout: float | None = None) -> R:
        """Send a request; a refusal is raised as the error that it amounts to."""
        assert question.service is self.service
        return await self._channel.ask(question, self.cid, timeout=timeout)

    async def exchange(self, question: Request[R], *, timeout: float | None = None) -> R:
        """Send a request and return its answer, a refusal as well."""
        assert question.service is self.service
        return await self._channel.exchange(question, self.cid, timeout=timeout)

    def on(self, kind: type[I], callback: Callable[[I], None]) -> Callable[[], None]:
        """Call `callback` with each indication of a kind; returns what ends that."""
        entry = (kind, callback)
        self._listeners.append(entry)
        return lambda: self._listeners.remove(entry) if entry in self._listeners else None

    def indicated(self, frame: Frame) -> None:
        """Tell the listeners; called by the channel."""
        log = self._channel.log
        kind = INDICATIONS.get((frame.service, frame.id))
        if kind is None:
            log.debug("< %r", frame)
            return
        said = kind.read(frame.tlvs)
        log.debug("< %s (client %d)", title(kind), frame.client)
        if said.unreadable:
            log.warning("%s: cannot read TLVs %s", title(kind), said.unreadable)
        for wanted, callback in tuple(self._listeners):
            if wanted is kind:
                try:
                    callback(said)
                except Exception:
                    log.exception("%s: a bug", title(kind))

    async def release(self) -> None:
        """Be a client no longer."""
        self._listeners.clear()
        await self._channel.release(self)
