"""A QMI modem against the virtual one: what it learns, and what it does about changes."""

import asyncio
from dataclasses import replace

import pytest

from tests.unit.modem.qmi_bench import DEADLINE, DEVICE, NET, WDM, paired
from tests.unit.simulator.qmi.conftest import MODEL
from wwand.bearers.base import BearerSettings
from wwand.errors import (
    AuthenticationFailed,
    BadArgument,
    EquipmentError,
    PortGone,
    Unsupported,
    WrongState,
)
from wwand.modem import bands
from wwand.modem.base import ModemPort
from wwand.qmi.uim import CardStatus
from wwand.qmi.uim_values import CardState
from wwand.simulator.qmi import uim as simulated_uim
from wwand.simulator.qmi.engine import QmiEngine
from wwand.status import (
    AccessTechnology,
    Capability,
    Facility,
    FailedReason,
    IpFamily,
    Lock,
    Mode,
    ModemState,
    PacketService,
    PortType,
    PowerState,
    RegistrationState,
)

S = ModemState

LOCKED = MODEL.replace("[sim]", '[sim]\npin = "1234"\npin_enabled = true')


async def test_it_tells_who_it_is() -> None:
    async with paired() as pair:
        await pair.modem.start()
        modem = pair.modem
        assert modem.state is S.DISABLED
        assert modem.identity.manufacturer == "Maker"
        assert modem.identity.model == "Modem"
        assert modem.identity.imei
        assert modem.current_capabilities == Capability.GSM_UMTS | Capability.LTE
        assert modem.supported_ip_families & IpFamily.IPV6
        assert modem.power_state is PowerState.ON
        assert ModemPort(NET, PortType.NET) in modem.ports
        assert modem.primary_port
        assert modem.primary_port.name == "cdc-wdm0"


async def test_it_reads_the_sim() -> None:
    async with paired() as pair:
        await pair.modem.start()
        assert pair.modem.sim
        facts = pair.modem.sim.facts
        assert facts.imsi == "001010123456789"
        assert facts.iccid.startswith("8900100000000000010")
        assert facts.operator_id == "00101"
        assert facts.operator_name == "Own"
        assert pair.modem.own_numbers == ("+15550100",)
        assert pair.modem.unlock_required is Lock.NONE
        assert pair.modem.unlock_retries[Lock.SIM_PIN] == 3


@pytest.mark.parametrize("uim", [True, False], ids=["uim", "dms"])
async def test_a_locked_sim_is_opened(uim: bool) -> None:
    services = "" if uim else '[qmi]\nservices = { ctl = "1.5", dms = "1.0", nas = "1.0" }\n'
    async with paired(services, LOCKED) as pair:
        await pair.modem.start()
        modem = pair.modem
        assert (modem.state, modem.unlock_required) == (S.LOCKED, Lock.SIM_PIN)
        assert modem.sim
        with pytest.raises(EquipmentError) as raised:
            await modem.sim.send_pin("9999")
        assert raised.value.nick == "IncorrectPassword"
        assert modem.unlock_retries[Lock.SIM_PIN] == 2
        await modem.sim.send_pin("1234")
        assert (modem.state, modem.unlock_required) == (S.DISABLED, Lock.NONE)
        assert modem.sim.facts.imsi == "001010123456789"
        assert Facility.SIM in modem.enabled_facility_locks


async def test_the_configured_pin_is_tried_once_and_then_remembered() -> None:
    class Memory:
        def __init__(self) -> None:
            self.refused: list[tuple[str, str]] = []

        def pin_refused(self, card: str, pin: str) -> bool:
            return (card, pin) in self.refused

        def note_refused_pin(self, card: str, pin: str) -> None:
            self.refused.append((card, pin))

        def forget_refused_pin(self, card: str, pin: str) -> None:
            self.refused.remove((card, pin))

    memory = Memory()
    for left in (2, 2):
        async with paired(text=LOCKED) as pair:
            pair.bench.stick.card.pin_tries = 2 if memory.refused else 3
            await pair.modem.start("0000", memory)
            assert pair.modem.state is S.LOCKED
            assert pair.modem.unlock_retries[Lock.SIM_PIN] == left
    assert len(memory.refused) == 1
    assert memory.refused[0][0].startswith("89")


async def test_a_blocked_sim_takes_the_puk() -> None:
    async with paired(text=LOCKED) as pair:
        pair.bench.controls.fault("sim", "puk")
        await pair.modem.start()
        assert pair.modem.unlock_required is Lock.SIM_PUK
        assert pair.modem.sim
        await pair.modem.sim.send_puk(pair.bench.stick.card.facts.puk, "4321")
        assert pair.modem.state is S.DISABLED
        assert pair.bench.stick.card.pin == "4321"


async def test_the_pin_is_changed_and_switched_off() -> None:
    async with paired(text=LOCKED) as pair:
        await pair.modem.start("1234")
        assert pair.modem.sim
        await pair.modem.sim.change_pin("1234", "8765")
        await pair.modem.sim.enable_pin("8765", False)
        assert Facility.SIM not in pair.modem.enabled_facility_locks
        assert not pair.bench.stick.card.pin_enabled


@pytest.mark.parametrize("uim", [True, False], ids=["uim", "dms"])
async def test_without_a_sim_it_fails(uim: bool) -> None:
    services = "" if uim else '[qmi]\nservices = { ctl = "1.5", dms = "1.0", nas = "1.0" }\n'
    async with paired(services) as pair:
        pair.bench.controls.fault("sim", "missing")
        await pair.modem.start()
        assert pair.modem.state is S.FAILED
        assert pair.modem.failed_reason is FailedReason.SIM_MISSING


async def test_a_sim_that_is_taken_out_is_noticed() -> None:
    async with paired() as pair:
        await pair.enabled()
        pair.bench.controls.fault("sim", "missing")
        await pair.until(lambda: pair.modem.state is S.FAILED)
        assert pair.modem.failed_reason is FailedReason.SIM_MISSING


async def test_a_sim_that_is_put_in_is_taken_up() -> None:
    async with paired() as pair:
        pair.bench.controls.fault("sim", "missing")
        await pair.modem.start()
        assert pair.modem.state is S.FAILED
        pair.bench.controls.fault("sim", "ready")
        await pair.until(lambda: pair.modem.state is S.DISABLED)
        assert pair.modem.failure is None
        assert pair.modem.sim
        assert pair.modem.sim.facts.imsi == "001010123456789"
        assert pair.modem.identity.model == "Modem"


async def test_a_sim_that_could_not_be_read_is_taken_up_when_it_is_put_in_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreadable(engine: QmiEngine) -> CardStatus:
        told = readable(engine)
        return replace(told, cards=(replace(told.cards[0], card_state=CardState.ERROR),))

    readable = simulated_uim.state
    async with paired() as pair:
        monkeypatch.setattr(simulated_uim, "state", unreadable)
        await pair.modem.start()
        assert pair.modem.failed_reason is FailedReason.SIM_ERROR
        monkeypatch.setattr(simulated_uim, "state", readable)
        pair.bench.controls.fault("sim", "missing")
        pair.bench.controls.fault("sim", "ready")
        await pair.until(lambda: pair.modem.state is S.DISABLED)
        assert pair.modem.failure is None


async def test_it_registers_and_tells_where() -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        assert modem.state is S.REGISTERED
        assert modem.registration.state is RegistrationState.HOME
        assert modem.registration.operator_code == pair.bench.modem.network.operator.code  # type: ignore[union-attr]
        assert modem.registration.operator_name
        assert modem.registration.domains["cereg"] is RegistrationState.HOME
        assert modem.registration.area == pair.bench.modem.network.facts.area
        assert modem.registration.cell == pair.bench.modem.network.facts.cell
        assert modem.access_technologies is AccessTechnology.LTE
        assert modem.packet_service is PacketService.ATTACHED
        await pair.until(lambda: modem.signal_quality == (65, True))


async def test_changes_of_the_network_come_by_indication() -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        await pair.until(lambda: modem.signal_quality[1])
        pair.bench.controls.fault("signal", 31)
        await pair.until(lambda: modem.signal_quality == (100, True))
        pair.bench.controls.fault("registration", "roaming")
        await pair.until(lambda: modem.registration.state is RegistrationState.ROAMING)
        pair.bench.controls.fault("registration", "searching")
        await pair.until(lambda: modem.state is S.SEARCHING)
        assert modem.registration.operator_code == ""


async def test_a_network_that_refuses_is_told_with_its_cause() -> None:
    async with paired() as pair:
        pair.bench.controls.fault("registration", "denied")
        await pair.modem.start()
        await pair.modem.enable()
        with pytest.raises(EquipmentError, match="refuses this SIM"):
            async with asyncio.timeout(DEADLINE):
                await pair.modem.wait_registered()


async def test_a_modem_that_reports_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wwand.modem.qmi_network.POLL", 0.02)
    refuses = '[qmi]\nrefuses = ["nas register indications", "nas set event report"]\n'
    async with paired(refuses) as pair:
        modem = await pair.enabled()
        pair.bench.controls.fault("registration", "roaming")
        await pair.until(lambda: modem.registration.state is RegistrationState.ROAMING)


async def test_an_older_modem_tells_its_signal_in_the_older_way() -> None:
    refuses = '[qmi]\nrefuses = ["nas get signal info", "nas config signal info"]\n'
    async with paired(refuses) as pair:
        modem = await pair.enabled()
        await pair.until(lambda: modem.signal_quality == (65, True))
        pair.bench.controls.fault("signal", 31)
        await pair.until(lambda: modem.signal_quality == (100, True))


async def test_disabling_forgets_the_network() -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        await modem.disable()
        assert modem.state is S.DISABLED
        assert modem.signal_quality == (0, False)
        assert not modem.registration.registered
        await modem.enable()
        await pair.until(lambda: modem.state is S.REGISTERED)


async def test_networks_are_listed_and_chosen() -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        offers = await modem.scan()
        operators = pair.bench.modem.network.facts.operators
        assert [o.code for o in offers] == [o.code for o in operators]
        assert [o.status for o in offers].count(2) == 1
        await modem.register(operators[0].code)
        assert pair.bench.modem.network.mode == 1
        await modem.register("")
        assert pair.bench.modem.network.mode == 0
        with pytest.raises(EquipmentError, match="no network found"):
            await modem.register("99999")


async def test_the_radio_is_switched() -> None:
    async with paired() as pair:
        await pair.modem.start()
        with pytest.raises(BadArgument):
            await pair.modem.set_power_state(PowerState.UNKNOWN)
        await pair.modem.set_power_state(PowerState.LOW)
        assert not pair.bench.modem.radio_on
        assert pair.modem.power_state is PowerState.LOW
        await pair.modem.enable()
        assert pair.bench.modem.radio_on


async def test_a_modem_that_is_switched_off_wants_a_reset() -> None:
    async with paired() as pair:
        await pair.modem.start()
        await pair.modem.set_power_state(PowerState.OFF)
        assert not pair.bench.modem.radio_on
        await pair.modem.identify()
        assert pair.modem.power_state is PowerState.OFF
        with pytest.raises(WrongState, match="is switched off") as raised:
            await pair.modem.enable()
        assert "wwanctl reset" in raised.value.next_step


async def test_modes_are_chosen() -> None:
    everything = Mode.G2 | Mode.G3 | Mode.G4
    async with paired() as pair:
        modem = await pair.enabled()
        assert len(modem.supported_modes) == 12
        assert modem.current_modes == (everything, Mode.G4)
        await modem.set_modes(everything, Mode.G3)
        await pair.until(lambda: modem.access_technologies & AccessTechnology.HSUPA)
        await modem.identify()
        assert modem.current_modes == (everything, Mode.G3)
        await modem.set_modes(Mode.G4, Mode.NONE)
        await pair.until(lambda: modem.access_technologies is AccessTechnology.LTE)
        await modem.identify()
        assert modem.current_modes == (Mode.G4, Mode.NONE)
        await modem.set_modes(Mode.ANY, Mode.NONE)
        assert modem.current_modes == (everything, Mode.G4)
        await modem.set_modes(Mode.G2 | Mode.G3, Mode.NONE)
        assert modem.current_modes == (Mode.G2 | Mode.G3, Mode.G3)
        for allowed, preferred in ((Mode.G5, Mode.NONE), (everything, Mode.G5)):
            with pytest.raises(Unsupported):
                await modem.set_modes(allowed, preferred)


async def test_a_modem_without_lte_prefers_2g_or_3g_or_neither() -> None:
    older = MODEL.replace("technology = 7", "technology = 6")
    both = Mode.G2 | Mode.G3
    async with paired('[qmi]\nradio = ["gsm", "umts"]\n', older) as pair:
        modem = await pair.enabled()
        assert modem.current_modes == (both, Mode.NONE)
        await modem.set_modes(both, Mode.G2)
        await pair.until(lambda: modem.access_technologies & AccessTechnology.EDGE)
        await modem.identify()
        assert modem.current_modes == (both, Mode.G2)


async def test_what_cannot_be_asked_for_is_not_offered() -> None:
    async with paired('[qmi]\nrefuses = ["nas get system selection preference"]\n') as pair:
        await pair.modem.start()
        everything = Mode.G2 | Mode.G3 | Mode.G4
        assert pair.modem.supported_modes == ((everything, Mode.NONE),)
        assert pair.modem.current_modes == (everything, Mode.NONE)


async def test_bands_are_chosen() -> None:
    async with paired() as pair:
        await pair.modem.start()
        modem = pair.modem
        assert {1, 5, 31, 33} <= set(modem.supported_bands)
        assert modem.current_bands == modem.supported_bands
        await modem.set_bands([33, 5])
        assert modem.current_bands == (5, 33)
        await modem.identify()
        assert modem.current_bands == (5, 33)
        await modem.set_bands([bands.ANY])
        assert modem.current_bands == modem.supported_bands
        with pytest.raises(Unsupported, match="no bands 71"):
            await modem.set_bands([71])
        with pytest.raises(BadArgument):
            await modem.set_bands([])


async def test_bands_beyond_the_first_64_are_chosen_too() -> None:
    async with paired("[qmi]\nlte_bands = [3, 20, 71]\n") as pair:
        await pair.modem.start()
        modem = pair.modem
        assert modem.supported_bands[-3:] == modem.current_bands[-3:] == (33, 50, 101)
        await modem.set_bands([5, 33, 101])
        await modem.identify()
        assert modem.current_bands == (5, 33, 101)


async def test_the_packet_domain_is_left_and_joined_again() -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        await modem.set_packet_service(PacketService.DETACHED)
        assert not pair.bench.modem.attached
        await modem.set_packet_service(PacketService.DETACHED)
        await modem.set_packet_service(PacketService.ATTACHED)
        assert pair.bench.modem.attached


async def test_the_firmware_is_restarted() -> None:
    async with paired() as pair:
        await pair.modem.start()
        restarted = asyncio.Event()
        pair.bench.modem.restart = restarted.set
        await pair.modem.reset()
        async with asyncio.timeout(DEADLINE):
            await restarted.wait()


async def test_the_factory_settings_come_back_for_the_right_code() -> None:
    async with paired() as pair:
        await pair.modem.start()
        await pair.modem.set_bands([33])
        with pytest.raises(BadArgument, match="six digits"):
            await pair.modem.factory_reset("1234")
        with pytest.raises(AuthenticationFailed):
            await pair.modem.factory_reset("123456")
        await pair.modem.factory_reset("000000")
        await pair.modem.identify()
        assert pair.modem.current_bands == pair.modem.supported_bands


async def test_everything_is_given_back_at_the_end() -> None:
    async with paired() as pair:
        await pair.enabled()
        assert set(pair.clients) == {"DMS", "NAS", "UIM"}
        await pair.modem.close()
        assert pair.clients == {}


async def test_losing_the_port_is_no_failure_of_the_modem() -> None:
    async with paired() as pair:
        pair.wire.abort()
        with pytest.raises(PortGone):
            await pair.modem.start()
        assert pair.modem.state is not S.FAILED


async def test_firmware_that_restarts_on_the_bus_is_a_port_that_is_lost() -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        bearer = modem.create_bearer(BearerSettings())
        await modem.connect_bearer(bearer)
        pair.bench.modem.reboot()
        async with asyncio.timeout(DEADLINE):
            await pair.channel.closed.wait()
        with pytest.raises(PortGone, match="has restarted"):
            await modem.scan()
        await modem.close()
        assert not bearer.connected


async def test_a_network_interface_that_goes_ends_the_connection() -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        bearer = modem.create_bearer(BearerSettings())
        await modem.connect_bearer(bearer)
        modem.follow(DEVICE)
        assert bearer.connected
        modem.follow(replace(DEVICE, ports=(WDM,)))
        await pair.until(lambda: not bearer.connected)
        assert modem.net_port is None


async def test_enabling_is_refused_while_the_sim_is_locked() -> None:
    async with paired(text=LOCKED) as pair:
        await pair.modem.start()
        with pytest.raises(WrongState, match="the SIM is locked"):
            await pair.modem.enable()
