"""A modem that speaks QMI; its life is the one of `wwand.modem.staged`."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from wwand.bearers.base import Applier, Bearer, BearerSettings
from wwand.errors import BadArgument, WrongState
from wwand.modem.message_store import MessageStore
from wwand.modem.qmi_network import QmiNetwork
from wwand.modem.qmi_ports import QmiPorts
from wwand.modem.qmi_selection import QmiSelection
from wwand.modem.qmi_sim import QmiSim
from wwand.modem.qmi_tables import CAPABILITIES
from wwand.modem.sim import SimFacts
from wwand.qmi import dms, nas
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.errors import error_for
from wwand.qmi.nas_values import PsAttachAction
from wwand.status import (
    Capability,
    Facility,
    Identity,
    IpFamily,
    LayoutKind,
    Lock,
    Mode,
    ModemState,
    PacketService,
    PowerState,
    SignalThresholds,
    SignalValues,
)
from wwand.tasks import side_by_side

if TYPE_CHECKING:
    from wwand.bearers.qmi import PacketLink

S = ModemState
O = dms.OperatingMode  # noqa: E741 - short, for the tables

POWER = {
    O.ONLINE: PowerState.ON,
    O.LOW_POWER: PowerState.LOW,
    O.PERSISTENT_LOW_POWER: PowerState.LOW,
    O.MODE_ONLY_LOW_POWER: PowerState.LOW,
    O.OFFLINE: PowerState.OFF,
    O.SHUTTING_DOWN: PowerState.OFF,
}

OPERATING_MODES = {
    PowerState.ON: O.ONLINE,
    PowerState.LOW: O.LOW_POWER,
    PowerState.OFF: O.OFFLINE,
}


class QmiModem(QmiPorts):
    """A modem of which everything is asked over one cdc-wdm port."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.sim_reader = QmiSim(self)
        self.network: QmiNetwork = QmiNetwork(self)
        self.selection = QmiSelection(self)
        self.link: Callable[[str], PacketLink] = _raw_ip
        """The kernel's end of a network interface, by its name."""

    # --- what it is ------------------------------------------------------------------------------

    async def identify(self) -> None:
        """Read what needs no SIM."""
        maker, model, revision, hardware, ids, capabilities, mode, choices = await side_by_side(
            self.ask(dms.GetManufacturer()),
            self.ask(dms.GetModel()),
            self.ask(dms.GetRevision()),
            self.ask(dms.GetHardwareRevision()),
            self.ask(dms.GetIds()),
            self.ask(dms.GetCapabilities()),
            self.ask(dms.GetOperatingMode()),
            self.selection.ask(),
        )
        self.identity = Identity(
            _text(maker and maker.manufacturer),
            _text(model and model.model),
            _text(revision and revision.revision),
            _text(hardware and hardware.revision),
            _text(ids and ids.imei),
        )
        info = capabilities.info if capabilities else None
        radios = info.radio_interface_list if info else ()
        self._note_capabilities(radios)
        self.supported_ip_families = IpFamily.IPV4 | IpFamily.IPV6 | IpFamily.IPV4V6
        if mode and mode.mode is not None:
            self.power_state = POWER.get(mode.mode, PowerState.UNKNOWN)
        self.selection.learn(radios, *choices)
        self.changed()

    def _note_capabilities(self, radios: Sequence[dms.RadioInterface]) -> None:
        found = Capability.NONE
        for radio in radios:
            found |= CAPABILITIES.get(radio, Capability.NONE)
        self.supported_capabilities = (found or Capability.GSM_UMTS,)
        self.current_capabilities = self.supported_capabilities[0]

    # --- SIM -----------------------------------------------------------------------------------

    async def load_lock(self) -> Lock:
        """What the SIM asks for, once it is ready."""
        return await self.sim_reader.lock()

    async def load_card(self) -> str:
        """What tells this card from others."""
        return await self.sim_reader.card() or self.identity.imei

    async def load_sim_facts(self) -> SimFacts:
        """What an unlocked card says."""
        return await self.sim_reader.facts()

    async def load_own_numbers(self) -> tuple[str, ...]:
        """The number, where card or firmware know it."""
        told = await self.ask(dms.GetMsisdn())
        return (_text(told.msisdn),) if told and told.msisdn else ()

    async def load_facility_locks(self) -> Facility:
        """Which locks are on."""
        return await self.sim_reader.facility_locks()

    async def load_retries(self) -> dict[Lock, int]:
        """How often each code may still be wrong."""
        return await self.sim_reader.retries()

    async def enter_pin(self, pin: str) -> None:
        """Give the PIN to the card."""
        await self.sim_reader.codes.enter_pin(pin)

    async def enter_puk(self, puk: str, pin: str) -> None:
        """Give the PUK and a new PIN to the card."""
        await self.sim_reader.codes.enter_puk(puk, pin)

    async def protect(self, pin: str, enabled: bool) -> None:
        """Have the card ask for its PIN, or not."""
        await self.sim_reader.codes.protect(pin, enabled)

    async def replace_pin(self, old: str, new: str) -> None:
        """Give the card another PIN."""
        await self.sim_reader.codes.replace_pin(old, new)

    async def disable_facility_lock(self, facility: Facility, key: str) -> None:
        """Take a personalisation lock off with its control key."""
        await self.sim_reader.dms.take_off(facility, key)
        self.enabled_facility_locks &= ~facility
        self.changed()

    # --- radio ---------------------------------------------------------------------------------

    async def power(self, state: PowerState) -> None:
        """Switch the radio; most firmware comes back from OFF by a reset alone."""
        if state not in OPERATING_MODES:
            raise BadArgument("a modem is switched on, to low power or off")
        client = await self.client(dms.DMS)
        order = dms.SetOperatingMode(OPERATING_MODES[state])
        answer = await client.exchange(order)
        code = answer.result.error_code
        if answer.result.ok or code is ProtocolError.NO_EFFECT:
            return
        if code is ProtocolError.INVALID_TRANSITION and self.power_state is PowerState.OFF:
            raise WrongState(f"{self.name} is switched off", "reset it: `wwanctl reset`")
        if code is ProtocolError.INVALID_TRANSITION:
            raise WrongState(
                f"{self.name} does not let its radio be switched",
                "it may wait for the computer to unlock it (FCC lock): see the maker's tools",
            )
        raise error_for("switching the radio", code)

    async def reset(self) -> None:
        """Restart the firmware, which takes two orders."""
        await self.ask(dms.SetOperatingMode(O.OFFLINE))
        await self.send(dms.SetOperatingMode(O.RESET))

    async def factory_reset(self, code: str) -> None:
        """Restore the manufacturer's settings; the code has six digits."""
        if len(code) != 6 or not code.isdecimal():
            raise BadArgument("the service programming code has six digits, often 000000")
        await self.send(dms.RestoreFactoryDefaults(code))

    async def select_modes(self, allowed: Mode, preferred: Mode) -> None:
        """Choose one of `supported_modes`."""
        await self.selection.select_modes(allowed, preferred)

    async def select_bands(self, wanted: Sequence[int]) -> None:
        """Choose some of `supported_bands`."""
        await self.selection.select_bands(wanted)

    async def set_packet_service(self, state: PacketService) -> None:
        """Attach or detach."""
        self.require(S.ENABLED, "attaching")
        attached = state is PacketService.ATTACHED
        action = PsAttachAction.ATTACH if attached else PsAttachAction.DETACH
        client = await self.client(nas.NAS)
        answer = await client.exchange(nas.AttachDetach(action))
        code = answer.result.error_code
        if not answer.result.ok and code is not ProtocolError.NO_EFFECT:
            raise error_for("attaching" if attached else "detaching", code)
        self.packet_service = state
        self.changed()

    def message_store(self) -> MessageStore:
        """The service WMS."""
        from wwand.modem.qmi_messages import QmiMessages  # not before the modem is registered

        return QmiMessages(self)

    # --- signal --------------------------------------------------------------------------------

    async def load_signal_values(self) -> SignalValues:
        """All that the modem tells of the radios in use."""
        return await self.network.look_at_signal()

    async def set_signal_thresholds(self, thresholds: SignalThresholds) -> None:
        """Choose how much the strength has to change for a report; error rates have no choice."""
        await super().set_signal_thresholds(thresholds)
        if self.state >= S.ENABLED:
            await self.network.set_thresholds()

    # --- data ----------------------------------------------------------------------------------

    @classmethod
    def speaks(cls) -> frozenset[LayoutKind]:
        """Sessions on the network interface, and nothing else."""
        return frozenset({LayoutKind.QMI})

    def make_bearer(self, number: int, settings: BearerSettings, applier: Applier | None) -> Bearer:
        """Sessions on the network interface."""
        from wwand.bearers.qmi import QmiBearer  # a third of all that speaks QMI

        return QmiBearer(
            number,
            settings,
            applier,
            port=lambda: self.net_port,
            channel=lambda: self.channel,
            link=self.link,
            tasks=self.tasks,
        )


def _text(said: str | None) -> str:
    return (said or "").strip("\0 \t\r\n")


def _raw_ip(interface: str) -> "PacketLink":
    from wwand.net.raw_ip import RawIp  # with the bearer

    return RawIp(interface)
