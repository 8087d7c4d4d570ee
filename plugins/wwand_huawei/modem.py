"""Huawei modems: what is asked in the maker's own way."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wwand.at import equipment
from wwand.at.channel import AtChannel
from wwand.at.command import AtCommand
from wwand.device import Port, PortKind
from wwand.errors import BadReply, CommandFailed, EquipmentError, Unsupported
from wwand.modem import bands
from wwand.modem.at import AtModem
from wwand.modem.at_ports import REFUSED
from wwand.status import AccessTechnology, Capability, Lock, Mode, PowerState, SignalValues
from wwand_huawei import commands, modes, signal, tables
from wwand_huawei.ndis import NDIS
from wwand_huawei.reports import HuaweiReports

if TYPE_CHECKING:
    from wwand.at.clock import NetworkTime

AFTER_PIN = 3.0
"""Seconds for the card to become ready: firmware that is asked for it earlier may restart."""


class HuaweiModem(AtModem):
    """Asks for ports, modes, bands, radio technology, tries and power as the firmware has them."""

    net_dialling = NDIS
    iccid_command = commands.iccid
    ussd_packed = True
    restart_commands = (commands.RESET, commands.RESET_MU736, equipment.RESET)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.network: HuaweiReports = HuaweiReports(self)
        self.card_ready = asyncio.Event()
        """Set when the firmware reports that the SIM can be used."""
        self._modes: modes.Family | None = None
        self._offer = modes.Offer(())
        self._offering = asyncio.Lock()
        self._offer_asked = False
        self._plain_system_info = False
        self._plain_signal = False
        self._has_radio_switch = False

    # --- ports ---------------------------------------------------------------------------------

    async def set_up_ports(self) -> None:
        """Silence the reports, which drown other ports; ask what the ports are where need be."""
        await super().set_up_ports()
        await self._quietly(commands.REPORTS_OFF)
        if tables.may_be_asked_for_ports(self.device):
            self._choose_primary(await self.ask(commands.port_modes, ()))

    def _choose_primary(self, kinds: Sequence[str]) -> None:
        """Let that port take calls which the firmware calls its modem."""
        serial = [kind for kind in kinds if kind in commands.SERIAL]
        ttys = sorted(
            (p for p in self.device.ports if p.kind is PortKind.TTY), key=lambda p: p.interface
        )
        if "modem" not in serial or len(serial) != len(ttys):
            return
        port = ttys[serial.index("modem")]
        if port in self._channels and port != self.primary_port:
            self.log.info("%s takes calls, says the modem", port.name)
            self.primary_port = port

    async def _quietly(self, command: AtCommand[None]) -> None:
        with contextlib.suppress(*REFUSED):
            await self.control.send(command)

    @property
    def net_port(self) -> Port | None:
        """The network interface, where ^NDISDUP is known to be about it."""
        dialled = tables.dials_network(self.device) or self._own_channel()
        return super().net_port if dialled else None

    @property
    def net_channel(self) -> AtChannel:
        """Any AT port, but for the maker's own NCM: there it has to be the interface's own one."""
        own = None if tables.dials_network(self.device) else self._own_channel()
        return own or self.control

    def _own_channel(self) -> AtChannel | None:
        """The AT port (cdc-wdm) that the network interface has for itself."""
        net = super().net_port
        for port, channel in self._channels.items():
            own = port.kind is PortKind.CDC_WDM and net and port.interface == net.interface
            if own and channel.is_open:
                return channel
        return None

    # --- SIM -----------------------------------------------------------------------------------

    async def load_retries(self) -> dict[Lock, int]:
        """^CPIN; what 3GPP has for it where that is refused."""
        return await self.ask(commands.retries, {}) or await super().load_retries()

    async def await_unlocked(self) -> None:
        """Wait until the firmware has taken the card up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(AFTER_PIN):
                await self.card_ready.wait()

    async def send_pin(self, pin: str) -> None:
        """Enter the PIN, and have the firmware report when the card is ready."""
        await self._await_card()
        await super().send_pin(pin)

    async def send_puk(self, puk: str, pin: str) -> None:
        """Enter the PUK, likewise."""
        await self._await_card()
        await super().send_puk(puk, pin)

    async def _await_card(self) -> None:
        self.card_ready.clear()
        await self.network.report()

    # --- radio ---------------------------------------------------------------------------------

    async def load_power_state(self) -> PowerState:
        """^RFSWITCH, where the firmware has it; +CFUN otherwise."""
        state = await self.ask(commands.radio_switch, PowerState.UNKNOWN)
        self._has_radio_switch = state is not PowerState.UNKNOWN
        return state if self._has_radio_switch else await super().load_power_state()

    async def power(self, state: PowerState) -> None:
        """^RFSWITCH or +CFUN, as the state was read."""
        if not self._has_radio_switch or state is PowerState.OFF:
            await super().power(state)
            return
        await self.control.send(commands.switch_radio(state is PowerState.ON))
        if state is PowerState.ON and await self.load_power_state() is not PowerState.ON:
            raise Unsupported(
                f"a switch of its case or slot (W_DISABLE#) holds the radio of {self.name} off",
                "switch it on there",
            )

    # --- network -------------------------------------------------------------------------------

    async def load_capabilities(self) -> tuple[Capability, ...]:
        """LTE where the modes have it; what 3GPP's answers show where the firmware has no modes."""
        await self._load_offer()
        if self._modes is None:
            return await super().load_capabilities()
        has_lte = any(choice.modes[0] & Mode.G4 for choice in self._offer.choices)
        return (Capability.GSM_UMTS | (Capability.LTE if has_lte else Capability.NONE),)

    async def _load_offer(self) -> None:
        """Ask once, for capabilities and modes, which are loaded side by side."""
        async with self._offering:
            for family in () if self._offer_asked else modes.FAMILIES:
                offer = await self.ask(family.offers, modes.Offer(()))
                if offer.choices:
                    self._modes, self._offer = family, offer
                    break
            self._offer_asked = True

    async def load_modes(self) -> None:
        """^SYSCFGEX, ^SYSCFG or ^PREFMODE; what 3GPP has where the firmware has none of them."""
        await self._load_offer()
        if self._modes is None:
            await super().load_modes()
            return
        self.supported_modes = tuple(dict.fromkeys(c.modes for c in self._offer.choices))
        self.supported_bands = bands.numbers(self._offer.bands, self._offer.lte_bands)
        setting = await self.ask(self._modes.setting(self._offer), None)
        if setting:
            setting = setting.within(self._offer)
            self.current_modes = setting.modes
            self.current_bands = bands.numbers(setting.bands, setting.lte_bands)

    async def select_modes(self, allowed: Mode, preferred: Mode) -> None:
        """Choose one of `supported_modes`."""
        if self._modes is None:
            await super().select_modes(allowed, preferred)
            return
        chosen = next(c for c in self._offer.choices if c.modes == (allowed, preferred))
        await self.control.send(self._modes.choose(chosen.value))

    async def select_bands(self, wanted: Sequence[int]) -> None:
        """Choose some of `supported_bands`."""
        assert self._modes
        assert self._modes.choose_bands, "a family without it tells no bands"
        if set(wanted) == set(self.supported_bands):
            masks = modes.ANY_BAND, modes.ANY_LTE_BAND
        else:
            gsm_umts, lte, _ = bands.masks(wanted)
            masks = gsm_umts & self._offer.bands, lte & self._offer.lte_bands
        await self.control.send(self._modes.choose_bands(*masks))

    async def load_access_technology(self) -> AccessTechnology:
        """^SYSINFOEX or ^SYSINFO; what the registration reports said where both are refused."""
        info = None
        if not self._plain_system_info:
            info = await self.ask(commands.extended_system_info, None)
            self._plain_system_info = info is None
        if info is None:
            info = await self.ask(commands.system_info, None)
        told = info.technology if info else AccessTechnology.UNKNOWN
        return told or await super().load_access_technology()

    async def load_clock(self) -> "NetworkTime | None":
        """^NWTIME, or ^TIME of CDMA modems; the clock of any modem where both are refused."""
        from wwand_huawei import clock

        for question in (clock.network_time, clock.local_time):
            time: NetworkTime | None = await self.ask(question, None)
            if time and time.is_set:
                return time
        return await super().load_clock()

    async def load_signal_values(self) -> SignalValues:
        """^HCSQ, which tells more than +CESQ; that where the firmware does not have it."""
        if self.control.data_mode or self._plain_signal:
            return await super().load_signal_values()
        try:
            return (await self.control.send(signal.extended)).by_radio
        except BadReply:
            return SignalValues()  # "no service" is no reading
        except (CommandFailed, EquipmentError):
            values = await super().load_signal_values()
            self._plain_signal = True
            return values
