"""Registration, signal, names and the radio, as QMI and AT commands see them."""

import asyncio

import pytest

from tests.unit.simulator.qmi.conftest import DEADLINE, MODEL, Bench, Host
from wwand.qmi import (
    dms,
    dms_events,
    nas,
    nas_cells,
    nas_names,
    nas_selection,
    nas_signal,
    nas_system,
)
from wwand.qmi.dms import OperatingMode
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.nas_values import (
    AttachState,
    NetworkRegisterType,
    NetworkSelection,
    NetworkStatus,
    PsAttachAction,
    RadioInterface,
    RatModePreference,
    RegistrationState,
    RoamingIndicatorStatus,
    RoamingStatus,
    ServiceStatus,
)
from wwand.simulator.qmi.nas_info import plmn_octets

THREE = MODEL.replace(
    "[network]",
    """[network]
operators = [
  { code = "00101", long = "Test Network", short = "Test", technology = 7 },
  { code = "310260", long = "Other", short = "Oth", technology = 2 },
  { code = "00102", long = "Closed", short = "Cls", technology = 0, status = 3 },
]""",
)


async def serving(host: Host) -> nas.GetServingSystemResponse:
    return await host.ask(nas.GetServingSystem())


async def test_the_serving_network_is_told_with_its_place(host: Host) -> None:
    told = await serving(host)
    assert told.serving_system
    assert told.serving_system.registration_state is RegistrationState.REGISTERED
    assert told.serving_system.radio_interfaces == (RadioInterface.LTE,)
    assert told.current_plmn == nas.Plmn(1, 1, "Test Network")
    assert (told.lte_tac, told.cid_3gpp, told.lac_3gpp) == (0x1A2B, 0x00C3D4E5, 0xFFFE)
    assert told.roaming_indicator is RoamingIndicatorStatus.OFF


@pytest.mark.parametrize(
    ("outcome", "state", "stat"),
    [
        ("searching", RegistrationState.NOT_REGISTERED_SEARCHING, 2),
        ("denied", RegistrationState.REGISTRATION_DENIED, 3),
    ],
)
async def test_a_client_hears_of_registration_without_asking(
    bench: Bench, host: Host, outcome: str, state: RegistrationState, stat: int
) -> None:
    await host.client(nas.NAS)
    bench.controls.fault("registration", outcome)
    await bench.registered(stat)

    def arrived(told: nas.ServingSystemIndication) -> bool:
        return told.serving_system is not None and told.serving_system.registration_state is state

    told = await host.told(nas.ServingSystemIndication, arrived)
    assert told.serving_system
    assert told.serving_system.ps_attach_state is AttachState.DETACHED
    assert told.current_plmn is None


async def test_a_client_that_does_not_want_reports_gets_none(bench: Bench, host: Host) -> None:
    await host.ask(nas.RegisterIndications(serving_system_events=False))
    bench.controls.fault("registration", "denied")
    bench.controls.fault("signal", 5)
    await serving(host)
    assert host.silent


async def test_a_refusal_of_the_network_has_a_cause(bench: Bench, host: Host) -> None:
    wanted = nas.RejectIndications(True, False)
    await host.ask(nas.RegisterIndications(network_reject_information=wanted))
    bench.controls.fault("registration", "denied")
    told = await host.told(nas.NetworkReject)
    assert (told.reject_cause, told.radio_interface) == (11, RadioInterface.LTE)


async def test_roaming_is_told_in_both_ways(bench: Bench, host: Host) -> None:
    bench.controls.fault("registration", "roaming")
    await bench.registered(5)
    assert (await serving(host)).roaming_indicator is RoamingIndicatorStatus.ON
    told = await host.ask(nas_system.GetSystemInfo())
    assert told.lte_system_info_v2
    assert told.lte_system_info_v2.roaming_status is RoamingStatus.ON
    assert told.lte_service_status
    assert told.lte_service_status.service_status is ServiceStatus.AVAILABLE
    assert (told.lte_system_info_v2.mcc, told.lte_system_info_v2.mnc) == ("001", "01")


async def test_system_information_is_reported(bench: Bench, host: Host) -> None:
    await host.ask(nas.RegisterIndications(system_info=True))
    bench.controls.fault("registration", "searching")
    told = await host.told(nas_system.SystemInfoIndication)
    assert told.lte_service_status
    assert told.lte_service_status.service_status is ServiceStatus.NONE
    assert told.lte_system_info_v2 is None


async def test_the_signal_is_that_of_the_at_port(bench: Bench, host: Host) -> None:
    bench.controls.fault("signal", 15)
    told = await host.ask(nas_signal.GetSignalInfo())
    assert told.lte_signal_strength == nas_signal.LteSignal(-83, -10, -103, 120)
    assert await bench.at("AT+CSQ") == "+CSQ: 15,99 OK"
    older = await host.ask(nas_signal.GetSignalStrength())
    assert older.signal_strength == nas_signal.Strength(-83, RadioInterface.LTE)


async def test_a_change_of_the_signal_is_reported(bench: Bench, host: Host) -> None:
    await host.ask(nas.RegisterIndications(signal_info=True))
    bench.controls.fault("signal", 5)
    told = await host.told(nas_signal.SignalInfo)
    assert told.lte_signal_strength
    assert told.lte_signal_strength.rssi == -103


async def test_without_a_network_there_is_no_signal(bench: Bench, host: Host) -> None:
    bench.controls.fault("registration", "searching")
    refusal = await host.refused(nas_signal.GetSignalInfo())
    assert refusal is ProtocolError.INFORMATION_UNAVAILABLE


@pytest.mark.parametrize(
    ("modes", "radio", "acts"),
    [
        (RatModePreference.UMTS, RadioInterface.UMTS, "6"),
        (RatModePreference.GSM, RadioInterface.GSM, "3"),
        (RatModePreference.LTE | RatModePreference.GSM, RadioInterface.LTE, "7"),
    ],
)
async def test_a_choice_of_technologies_moves_the_modem(
    bench: Bench, host: Host, modes: RatModePreference, radio: RadioInterface, acts: str
) -> None:
    await host.ask(nas_selection.SetSystemSelectionPreference(mode_preference=modes))
    told = await serving(host)
    assert told.serving_system
    assert told.serving_system.radio_interfaces == (radio,)
    now = await host.ask(nas_selection.GetSystemSelectionPreference())
    assert now.mode_preference == modes
    assert (await bench.at("AT+COPS?")).endswith(f",{acts} OK")
    cells = await host.ask(nas_cells.GetCellLocationInfo())
    assert cells.tlvs()


async def test_a_technology_that_the_modem_lacks_cannot_be_chosen(host: Host) -> None:
    wanted = nas_selection.SetSystemSelectionPreference(mode_preference=RatModePreference.NR5G)
    assert await host.refused(wanted) is ProtocolError.DEVICE_UNSUPPORTED


async def test_a_scan_finds_the_networks_there_are() -> None:
    bench = Bench(THREE)
    await bench.registered()
    answer = await bench.host.ask(nas.NetworkScan())
    assert answer.network_information
    found = {(n.mcc, n.mnc): n.network_status for n in answer.network_information}
    assert NetworkStatus.CURRENT_SERVING | NetworkStatus.HOME in found[1, 1]
    assert NetworkStatus.AVAILABLE | NetworkStatus.ROAMING in found[310, 260]
    assert NetworkStatus.FORBIDDEN in found[1, 2]
    assert answer.mnc_pcs_digit_include_status
    assert nas.PcsDigit(310, 260, True) in answer.mnc_pcs_digit_include_status
    bench.stick.leave()


async def test_a_network_is_chosen_and_left_to_the_modem_again() -> None:
    bench = Bench(THREE)
    await bench.registered()
    host = bench.host
    other = nas.NetworkRadio(310, 260, RadioInterface.UMTS)
    manual, automatic = NetworkRegisterType.MANUAL, NetworkRegisterType.AUTOMATIC
    choose = nas.InitiateNetworkRegister(action=manual, manual_registration_info_3gpp=other)
    await host.ask(choose)
    assert (await serving(host)).current_plmn == nas.Plmn(310, 260, "Other")
    now = await host.ask(nas_selection.GetSystemSelectionPreference())
    assert now.network_selection_preference is NetworkSelection.MANUAL
    assert now.manual_network_selection == nas.PcsDigit(310, 260, True)
    await host.ask(nas.InitiateNetworkRegister(action=automatic))
    assert (await serving(host)).current_plmn == nas.Plmn(1, 1, "Test Network")
    nowhere = nas_selection.SelectionPreference(NetworkSelection.MANUAL, 999, 99)
    lost = nas_selection.SetSystemSelectionPreference(network_selection_preference=nowhere)
    assert await host.refused(lost) is ProtocolError.NO_NETWORK_FOUND
    bench.stick.leave()


async def test_the_names_of_card_and_network_are_told(host: Host) -> None:
    names = await host.ask(nas_names.GetOperatorName())
    assert names.service_provider_name
    assert names.service_provider_name.name == "Own"
    assert names.nitz_information
    assert names.nitz_information.text == "Test Network"
    home = await host.ask(nas_names.GetHomeNetwork())
    assert home.home_network == nas.Plmn(1, 1, "Own")


async def test_switching_the_radio_is_seen_and_reported(bench: Bench, host: Host) -> None:
    await host.ask(dms_events.SetEventReport(operating_mode_reporting=True))
    await host.ask(dms.SetOperatingMode(mode=OperatingMode.LOW_POWER))
    assert (await host.told(dms_events.EventReport)).operating_mode is OperatingMode.LOW_POWER
    assert await bench.at("AT+CFUN?") == "+CFUN: 4 OK"
    assert await bench.at("AT+CFUN=1") == "OK"
    assert (await host.told(dms_events.EventReport)).operating_mode is OperatingMode.ONLINE
    assert (await host.ask(dms.GetOperatingMode())).mode is OperatingMode.ONLINE


async def test_only_a_reset_leads_out_of_offline(bench: Bench, host: Host) -> None:
    reset = dms.SetOperatingMode(mode=OperatingMode.RESET)
    restarted = asyncio.Event()
    bench.modem.restart = restarted.set
    assert await host.refused(reset) is ProtocolError.INVALID_TRANSITION
    await host.ask(dms.SetOperatingMode(mode=OperatingMode.OFFLINE))
    online = dms.SetOperatingMode(mode=OperatingMode.ONLINE)
    assert await host.refused(online) is ProtocolError.INVALID_TRANSITION
    assert not restarted.is_set()
    await host.ask(reset)
    async with asyncio.timeout(DEADLINE):
        await restarted.wait()


async def test_detaching_ends_the_packet_domain_only(host: Host) -> None:
    await host.ask(nas.AttachDetach(action=PsAttachAction.DETACH))
    told = await serving(host)
    assert told.serving_system
    assert told.serving_system.ps_attach_state is AttachState.DETACHED
    assert told.serving_system.cs_attach_state is AttachState.ATTACHED
    again = nas.AttachDetach(action=PsAttachAction.DETACH)
    assert await host.refused(again) is ProtocolError.NO_EFFECT


def test_a_network_is_written_as_the_air_interface_does() -> None:
    assert plmn_octets("00101") == bytes.fromhex("00F110")  # 24.008 §10.5.1.3
    assert plmn_octets("310260") == bytes.fromhex("130062")
