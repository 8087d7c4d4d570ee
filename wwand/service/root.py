"""Follow the domain: what comes and goes there comes and goes on the bus."""

from types import TracebackType
from typing import Self

from dbus_fast.aio import MessageBus

from wwand.bearers.base import Bearer
from wwand.modem.base import Modem
from wwand.modem.sim import Sim
from wwand.service import names, paths
from wwand.service.bearer import BearerView
from wwand.service.bus import Service
from wwand.service.callers import Departures
from wwand.service.domain import Life, Manager
from wwand.service.inhibitions import Inhibitions
from wwand.service.manager import ManagerView
from wwand.service.messages import MessageObjects
from wwand.service.messaging import MessagingView
from wwand.service.modem import ModemView
from wwand.service.modem3gpp import Modem3gppView
from wwand.service.polkit import Polkit
from wwand.service.signal import SignalView
from wwand.service.sim import SimView
from wwand.service.simple import SimpleView
from wwand.service.wwand_device import WwandDeviceView
from wwand.service.wwand_manager import WwandManagerView
from wwand.status import ModemState, StateChangeReason

S = ModemState


class BusService:
    """Everything that wwand has on the bus, from enter to exit.

    On a `private` bus, one which is not the machine's system bus, the daemon's own user may do
    everything without polkit.
    """

    def __init__(self, bus: MessageBus, manager: Manager, *, private: bool = False) -> None:
        self._bus = bus
        self._manager = manager
        polkit = Polkit(bus, private=private)
        self._service = Service(bus, (paths.MM_ROOT, paths.WWAND_ROOT), polkit.authorize)
        self._inhibitions = Inhibitions(manager, Departures(bus))
        self._modems: dict[Modem, ModemObjects] = {}
        self._lives: dict[int, Life] = {}

    async def __aenter__(self) -> Self:
        """Publish what there is and own both names; WwandError when another program has one."""
        service, manager = self._service, self._manager
        service.publish(paths.MM_ROOT, [ManagerView(manager, self._inhibitions)])
        service.publish(paths.WWAND_ROOT, [WwandManagerView(manager)], manager)
        manager.listeners.append(self._follow)
        self._follow()
        try:
            await names.own(self._bus, paths.MM_NAME)
            await names.own(self._bus, paths.WWAND_NAME)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take everything off the bus; running calls are answered before this returns."""
        await self._close()

    async def _close(self) -> None:
        self._manager.listeners.remove(self._follow)
        for objects in self._modems.values():
            objects.unfollow()
        await self._service.close()

    def _follow(self) -> None:
        """Put new devices and modems on the bus, and take those that are gone off it."""
        modems = list(self._manager.modems)
        for modem in [m for m in self._modems if m not in modems]:
            self._modems.pop(modem).withdraw()
        for modem in modems:
            if modem not in self._modems:
                self._modems[modem] = ModemObjects(self._service, modem)
        lives = {life.number: life for life in self._manager.devices}
        for number in self._lives.keys() - lives.keys():
            self._service.withdraw(f"{paths.DEVICE}{number}")
        for number in lives.keys() - self._lives.keys():
            life = lives[number]
            path = f"{paths.DEVICE}{number}"
            self._service.publish(path, [WwandDeviceView(life)], life, root=paths.WWAND_ROOT)
        self._lives = lives


class ModemObjects:
    """A modem's object, with those of its SIM and its bearers."""

    def __init__(self, service: Service, modem: Modem) -> None:
        self._service = service
        self._modem = modem
        self._path = f"{paths.MODEM}{modem.number}"
        self._sim: Sim | None = None
        self._bearers: list[Bearer] = []
        self._messages: MessageObjects | None = None
        self._follow_parts()  # what the modem's properties point to is there before them
        views = [kind(modem) for kind in served(modem)]
        service.publish(self._path, views, modem, root=paths.MM_ROOT)
        self._follow_messages()
        modem.listeners.append(self._follow)
        modem.on_state.append(self._state_changed)

    def unfollow(self) -> None:
        """Listen to the modem no longer."""
        self._modem.listeners.remove(self._follow)
        self._modem.on_state.remove(self._state_changed)
        if self._messages:
            self._messages.unfollow()

    def withdraw(self) -> None:
        """Take the modem and its parts off the bus."""
        self.unfollow()
        if self._messages:
            self._messages.withdraw()
        self._service.withdraw(self._path)
        for bearer in self._bearers:
            self._service.withdraw(f"{paths.BEARER}{bearer.number}")
        if self._sim:
            self._service.withdraw(f"{paths.SIM}{self._sim.number}")

    def _follow(self) -> None:
        self._follow_parts()
        there = self._service.interfaces(self._path)
        missing = [kind for kind in served(self._modem) if kind.spec.name not in there]
        if missing:
            self._service.extend(self._path, [kind(self._modem) for kind in missing])
        self._follow_messages()

    def _follow_messages(self) -> None:
        """Have messages on the bus as soon as the interface is there that lists them."""
        messaging, there = self._modem.messaging, self._service.interfaces(self._path)
        if messaging and self._messages is None and MessagingView.spec.name in there:
            self._messages = MessageObjects(self._service, self._path, messaging)

    def _follow_parts(self) -> None:
        service, modem = self._service, self._modem
        if modem.sim is not self._sim:
            if self._sim:
                service.withdraw(f"{paths.SIM}{self._sim.number}")
            if modem.sim:
                path = f"{paths.SIM}{modem.sim.number}"
                service.publish(path, [SimView(modem.sim)], modem.sim)
            self._sim = modem.sim
        if modem.bearers != self._bearers:
            for bearer in self._bearers:
                if bearer not in modem.bearers:
                    service.withdraw(f"{paths.BEARER}{bearer.number}")
            for bearer in modem.bearers:
                if bearer not in self._bearers:
                    path = f"{paths.BEARER}{bearer.number}"
                    service.publish(path, [BearerView(modem, bearer)], bearer)
            self._bearers = list(modem.bearers)

    def _state_changed(self, old: S, new: S, reason: StateChangeReason) -> None:
        """Signal a change of state; whoever hears it has heard the new properties before.

        That of a bearer, whose end the modem notices first, is among them.
        """
        for bearer in self._bearers:
            self._service.touch(f"{paths.BEARER}{bearer.number}")
        self._service.flush()
        self._service.emit(self._path, ModemView.spec.name, "StateChanged", old, new, reason)


ModemViews = (
    type[ModemView]
    | type[SimpleView]
    | type[Modem3gppView]
    | type[SignalView]
    | type[MessagingView]
)


def served(modem: Modem) -> list[ModemViews]:
    """Which interfaces a modem has in its state, as ModemManager does it.

    A failed one can say why; a locked one can be unlocked by Simple.Connect with a PIN.
    """
    if modem.state in (S.FAILED, S.UNKNOWN):
        return [ModemView]
    if modem.state in (S.INITIALIZING, S.LOCKED):
        return [ModemView, SimpleView]
    usual: list[ModemViews] = [ModemView, SimpleView, Modem3gppView, SignalView]
    return [*usual, MessagingView] if modem.messaging else usual
