"""Calls: begun, told, refused, ended; and what their frames look like."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest

from tests.unit.simulator.qmi.conftest import DEADLINE, MODEL, Bench, Host
from wwand.errors import BadArgument
from wwand.qmi import ctl, dms, wda, wds, wds_profiles
from wwand.qmi.call_end_tables import CallEndReason, Reason3gpp, ReasonCm, VerboseType
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.values import Service
from wwand.qmi.wds_values import (
    AutoconnectSetting,
    ConnectionStatus,
    PacketStatisticsMask,
    PdpType,
    ProfileType,
    RequestedSettings,
    WdsIpFamily,
)
from wwand.simulator.calls import CallFacts, Framing, PacketLink, Swallow
from wwand.simulator.journal import Happened
from wwand.simulator.qmi.ends import read_end

EVERYTHING = RequestedSettings(0x3FFFF)
IPV4, IPV6 = WdsIpFamily.IPV4, WdsIpFamily.IPV6
RAW_IP, ETHERNET = wda.LinkLayerProtocol.RAW_IP, wda.LinkLayerProtocol.IEEE_802_3


def up(message: wds.PacketServiceStatus) -> bool:
    assert message.connection_status
    return message.connection_status.status is ConnectionStatus.CONNECTED


def down(message: wds.PacketServiceStatus) -> bool:
    return not up(message)


async def connected(host: Host, client: int | None = None) -> bool:
    answer = await host.ask(wds.GetPacketServiceStatus(), client)
    return answer.connection_status is ConnectionStatus.CONNECTED


async def test_a_call_gets_a_handle_and_the_addresses_of_the_network(
    bench: Bench, host: Host
) -> None:
    assert not await connected(host)
    answer = await host.ask(wds.StartNetwork(apn="internet"))
    assert answer.packet_data_handle
    told = await host.told(wds.PacketServiceStatus, up)
    assert told.ip_family is IPV4
    assert await connected(host)
    assert bench.journal.find(Happened.CONNECTED)[-1].text == "internet"
    settings = await host.ask(wds.GetCurrentSettings(requested_settings=EVERYTHING))
    assert settings.ipv4_address == int(IPv4Address("192.0.2.2"))
    assert settings.ipv4_gateway_address == int(IPv4Address("192.0.2.1"))
    assert settings.ipv4_gateway_subnet_mask == int(IPv4Address("255.255.255.252"))
    assert settings.primary_ipv4_dns_address == int(IPv4Address("192.0.2.53"))
    assert (settings.mtu, settings.apn_name, settings.ip_family) == (1500, "internet", IPV4)
    assert settings.ipv6_address is None


async def test_only_the_settings_that_are_asked_for_are_told(host: Host) -> None:
    await host.ask(wds.StartNetwork(apn="internet"))
    asked = wds.GetCurrentSettings(requested_settings=RequestedSettings.MTU)
    assert await host.ask(asked) == wds.GetCurrentSettingsResponse(mtu=1500)


async def test_a_call_is_stopped_with_its_handle_only(bench: Bench, host: Host) -> None:
    answer = await host.ask(wds.StartNetwork(apn="internet"))
    handle = answer.packet_data_handle
    assert handle
    wrong = wds.StopNetwork(packet_data_handle=handle + 1)
    assert await host.refused(wrong) is ProtocolError.INVALID_HANDLE
    await host.ask(wds.StopNetwork(packet_data_handle=handle))
    told = await host.told(wds.PacketServiceStatus, down)
    assert told.call_end_reason is CallEndReason.GENERIC_CLIENT_END
    assert told.verbose_call_end_reason == wds.VerboseReason(VerboseType.CM, ReasonCm.CLIENT_END)
    assert not await connected(host)
    assert bench.journal.find(Happened.ENDED)[-1].text == "host"
    settings = wds.GetCurrentSettings(requested_settings=EVERYTHING)
    assert await host.refused(settings) is ProtocolError.OUT_OF_CALL


async def test_a_second_call_of_the_same_client_has_no_effect(host: Host) -> None:
    await host.ask(wds.StartNetwork(apn="internet"))
    assert await host.refused(wds.StartNetwork(apn="internet")) is ProtocolError.NO_EFFECT


async def test_two_clients_share_a_connection_and_each_ends_its_own_call(
    bench: Bench, host: Host
) -> None:
    one, two = await host.allocate(Service.WDS), await host.allocate(Service.WDS)
    first, second = await asyncio.gather(
        host.ask(wds.StartNetwork(apn="internet"), one),
        host.ask(wds.StartNetwork(apn="internet"), two),
    )
    assert first.packet_data_handle != second.packet_data_handle
    assert len(bench.journal.find(Happened.CONNECTED)) == 1
    await host.ask(wds.StopNetwork(packet_data_handle=first.packet_data_handle), one)
    assert await connected(host, two)
    await host.ask(wds.StopNetwork(packet_data_handle=second.packet_data_handle), two)
    assert not await connected(host, two)


async def test_another_access_point_needs_another_interface(host: Host) -> None:
    one, two = await host.allocate(Service.WDS), await host.allocate(Service.WDS)
    await host.ask(wds.StartNetwork(apn="internet"), one)
    refusal = await host.refused(wds.StartNetwork(apn="ims"), two)
    assert refusal is ProtocolError.INSUFFICIENT_RESOURCES


async def test_each_family_has_a_call_and_settings_of_its_own(host: Host) -> None:
    four, six = await host.allocate(Service.WDS), await host.allocate(Service.WDS)
    await host.ask(wds.SetIpFamily(preference=IPV4), four)
    await host.ask(wds.SetIpFamily(preference=IPV6), six)
    await host.ask(wds.StartNetwork(apn="internet"), four)
    assert not await connected(host, six)
    answer = await host.ask(wds.StartNetwork(apn="internet", ip_family_preference=IPV6), six)
    settings = await host.ask(wds.GetCurrentSettings(requested_settings=EVERYTHING), six)
    assert settings.ipv6_address == wds.Ipv6Interface(IPv6Address("2001:db8::2").packed, 64)
    assert settings.ipv6_primary_dns_address == IPv6Address("2001:db8::53").packed
    assert settings.ipv4_address is None
    await host.ask(wds.StopNetwork(packet_data_handle=answer.packet_data_handle), six)
    told = await host.told(wds.PacketServiceStatus, down)
    assert told.ip_family is IPV6
    assert await connected(host, four)


class OnlyIpv4(Swallow):
    """A network without IPv6."""

    async def attach(
        self,
        facts: CallFacts,
        framing: Framing,
        deliver: Callable[[bytes], None],
        ended: Callable[[], None],
    ) -> PacketLink:
        return await super().attach(replace(facts, ip_type="IP"), framing, deliver, ended)


async def test_a_family_that_the_network_lacks_is_refused_and_leaves_nothing_connected() -> None:
    bench = Bench(carrier=OnlyIpv4())
    await bench.registered()
    four, six = await bench.host.allocate(Service.WDS), await bench.host.allocate(Service.WDS)
    wanted = wds.StartNetwork(apn="internet", ip_family_preference=IPV6)
    answer = await bench.host.try_(wanted, six)
    assert answer.verbose_call_end_reason
    assert answer.verbose_call_end_reason.reason == Reason3gpp.IPV4_ONLY_ALLOWED
    assert bench.controls.status()[0]["calls"] == []
    await bench.host.ask(wds.StartNetwork(apn="internet"), four)
    await bench.host.try_(wanted, six)
    assert await connected(bench.host, four)
    bench.stick.leave()


async def test_the_call_of_a_client_that_is_released_ends(bench: Bench, host: Host) -> None:
    client = await host.allocate(Service.WDS)
    await host.ask(wds.StartNetwork(apn="internet"), client)
    await host.ask(ctl.ReleaseCid(release_info=ctl.ClientInfo(Service.WDS, client)))
    assert bench.journal.find(Happened.ENDED)[-1].text == "host"
    assert bench.controls.status()[0]["calls"] == []


async def test_a_sync_ends_all_calls(bench: Bench, host: Host) -> None:
    await host.ask(wds.StartNetwork(apn="internet"))
    await host.ask(ctl.Sync())
    assert bench.controls.status()[0]["calls"] == []


@pytest.mark.parametrize(
    ("end", "reason", "verbose"),
    [
        ("33", CallEndReason.GSM_WCDMA_OPTION_UNSUBSCRIBED, (VerboseType.NET_3GPP, 33)),
        ("29", CallEndReason.GENERIC_AUTHENTICATION_FAILED, (VerboseType.NET_3GPP, 29)),
        ("50", CallEndReason.GENERIC_UNSPECIFIED, (VerboseType.NET_3GPP, 50)),
        ("2.210", CallEndReason.GENERIC_UNSPECIFIED, (VerboseType.INTERNAL, 210)),
    ],
)
async def test_a_call_is_refused_with_the_end_that_was_set(
    bench: Bench, host: Host, end: str, reason: CallEndReason, verbose: tuple[VerboseType, int]
) -> None:
    bench.controls.fault("call-end", end)
    answer = await host.try_(wds.StartNetwork(apn="internet"))
    assert answer.result.error_code is ProtocolError.CALL_FAILED
    assert answer.call_end_reason is reason
    assert answer.verbose_call_end_reason == wds.VerboseReason(*verbose)
    bench.controls.fault("call-end", "none")
    await host.ask(wds.StartNetwork(apn="internet"))


def test_what_is_no_end_of_a_call_is_refused() -> None:
    with pytest.raises(BadArgument, match="TYPE.REASON"):
        read_end("never")


async def test_an_unknown_access_point_is_refused_by_the_network() -> None:
    bench = Bench(MODEL + 'apns = ["internet"]\n')
    await bench.registered()
    answer = await bench.host.try_(wds.StartNetwork(apn="intranet"))
    assert answer.call_end_reason is CallEndReason.GSM_WCDMA_UNKNOWN_APN
    assert answer.verbose_call_end_reason
    assert answer.verbose_call_end_reason.reason == Reason3gpp.UNKNOWN_APN
    bench.stick.leave()


async def test_the_network_may_ask_for_a_password() -> None:
    bench = Bench(MODEL + 'user = "guest"\npassword = "let me in"\n')
    await bench.registered()
    wrong = wds.StartNetwork(apn="internet", username="guest", password="let me out")
    answer = await bench.host.try_(wrong)
    assert answer.call_end_reason is CallEndReason.GENERIC_AUTHENTICATION_FAILED
    right = wds.StartNetwork(apn="internet", username="guest", password="let me in")
    await bench.host.ask(right)
    bench.stick.leave()


async def test_without_service_there_is_no_call(bench: Bench, host: Host) -> None:
    bench.controls.fault("registration", "searching")
    answer = await host.try_(wds.StartNetwork(apn="internet"))
    assert answer.call_end_reason is CallEndReason.GENERIC_NO_SERVICE


async def test_the_network_ends_a_call_with_a_cause(bench: Bench, host: Host) -> None:
    await host.ask(wds.StartNetwork(apn="internet"))
    bench.controls.drop_call(cause=Reason3gpp.REATTACH_REQUIRED)
    told = await host.told(wds.PacketServiceStatus, down)
    assert told.call_end_reason is CallEndReason.GSM_WCDMA_REATTACH_REQUIRED
    assert told.verbose_call_end_reason == wds.VerboseReason(VerboseType.NET_3GPP, 39)
    assert not await connected(host)
    await host.ask(wds.StartNetwork(apn="internet"))


async def test_switching_the_radio_off_ends_the_call(bench: Bench, host: Host) -> None:
    await host.ask(wds.StartNetwork(apn="internet"))
    await host.ask(dms.SetOperatingMode(mode=dms.OperatingMode.LOW_POWER))
    told = await host.told(wds.PacketServiceStatus, down)
    assert told.verbose_call_end_reason == wds.VerboseReason(VerboseType.CM, ReasonCm.OFFLINE)


async def test_the_at_port_sees_the_call(bench: Bench, host: Host) -> None:
    await host.ask(wds.StartNetwork(apn="internet"))
    assert await bench.at("AT+CGACT?") == "+CGACT: 1,1 OK"
    assert bench.controls.status()[0]["calls"] == [{"port": 1, "cid": 1, "apn": "internet"}]


async def test_frames_are_counted(bench: Bench, host: Host) -> None:
    await host.ask(wds.StartNetwork(apn="internet"))
    assert bench.modem.data
    bench.modem.data.write(bytes(60))
    bench.modem.data.write(bytes(40))
    counters = await host.ask(wds.GetPacketStatistics(mask=PacketStatisticsMask(0x3FF)))
    assert (counters.tx_packets_ok, counters.tx_bytes_ok) == (2, 100)
    assert (counters.rx_packets_ok, counters.rx_bytes_ok) == (0, 0)
    bench.controls.drop_call()
    last = await host.try_(wds.GetPacketStatistics(mask=PacketStatisticsMask(0x3FF)))
    assert last.result.error_code is ProtocolError.OUT_OF_CALL
    assert last.last_call_tx_bytes_ok == 100


def framing(bench: Bench) -> Framing:
    assert bench.modem.data
    return bench.modem.data.framing


async def test_the_data_format_is_what_was_agreed(bench: Bench, host: Host) -> None:
    assert (await host.ask(wda.GetDataFormat())).link_layer_protocol is ETHERNET
    answer = await host.ask(wda.SetDataFormat(link_layer_protocol=RAW_IP))
    assert answer.link_layer_protocol is RAW_IP
    assert answer.downlink_data_aggregation_protocol is wda.AggregationProtocol.DISABLED
    assert framing(bench) is Framing.RAW_IP
    older = ctl.SetDataFormat(
        format=ctl.DataFormat.QOS_FLOW_HEADER_ABSENT, protocol=ctl.DataLinkProtocol.IEEE_802_3
    )
    assert (await host.ask(older)).protocol is ctl.DataLinkProtocol.IEEE_802_3
    assert framing(bench) is Framing.ETHERNET


@pytest.mark.parametrize("insists", [RAW_IP, ETHERNET])
async def test_a_modem_that_insists_on_its_format_says_so(
    bench: Bench, host: Host, insists: wda.LinkLayerProtocol
) -> None:
    word = {RAW_IP: "raw-ip", ETHERNET: "802-3"}[insists]
    bench.controls.fault("link-layer", word)
    other = ETHERNET if insists is RAW_IP else RAW_IP
    answer = await host.ask(wda.SetDataFormat(link_layer_protocol=other))
    assert answer.link_layer_protocol is insists
    assert framing(bench) is Framing(word)


async def test_the_format_does_not_change_under_a_call(host: Host) -> None:
    await host.ask(wds.StartNetwork(apn="internet"))
    change = wda.SetDataFormat(link_layer_protocol=RAW_IP)
    assert await host.refused(change) is ProtocolError.INVALID_OPERATION


async def test_a_models_format_may_be_fixed() -> None:
    bench = Bench(MODEL + '[qmi]\nlink_layer = "raw-ip"\nfixed_link_layer = true\n')
    answer = await bench.host.ask(wda.SetDataFormat(link_layer_protocol=ETHERNET))
    assert answer.link_layer_protocol is RAW_IP
    bench.stick.leave()


async def test_profiles_are_the_contexts_of_the_at_port(bench: Bench, host: Host) -> None:
    await bench.at('AT+CGDCONT=3,"IP","from.at"')
    made = await host.ask(
        wds_profiles.CreateProfile(
            profile_type=ProfileType.PROFILE_3GPP, apn_name="from.qmi", pdp_type=PdpType.IPV6
        )
    )
    assert made.profile_identifier == wds.ProfileId(ProfileType.PROFILE_3GPP, 2)
    listed = await host.ask(wds_profiles.GetProfileList(profile_type=ProfileType.PROFILE_3GPP))
    assert listed.profile_list
    assert [row.profile_index for row in listed.profile_list] == [1, 2, 3]
    read = wds_profiles.GetProfileSettings(profile_id=wds.ProfileId(ProfileType.PROFILE_3GPP, 3))
    assert (await host.ask(read)).apn_name == "from.at"
    assert '+CGDCONT: 2,"IPV6","from.qmi"' in await bench.at("AT+CGDCONT?")
    await host.ask(wds.StartNetwork(profile_index_3gpp=3))
    assert bench.journal.find(Happened.CONNECTED)[-1].text == "from.at"


async def test_a_profile_nobody_defined_is_refused(host: Host) -> None:
    missing = wds.ProfileId(ProfileType.PROFILE_3GPP, 9)
    answer = await host.try_(wds_profiles.GetProfileSettings(profile_id=missing))
    assert answer.result.error_code is ProtocolError.EXTENDED_INTERNAL
    assert answer.extended_error_code
    refusal = await host.refused(wds.StartNetwork(profile_index_3gpp=9))
    assert refusal is ProtocolError.INVALID_PROFILE


async def test_a_modem_with_autoconnect_connects_by_itself(bench: Bench, host: Host) -> None:
    client = await host.client(Service.WDS)
    await host.ask(wds_profiles.SetAutoconnectSettings(status=AutoconnectSetting.ENABLED))
    await host.told(wds.PacketServiceStatus, up)
    bench.controls.fault("registration", "searching")
    await host.told(wds.PacketServiceStatus, down)
    bench.controls.fault("registration", "home")
    await host.told(wds.PacketServiceStatus, up)
    assert await connected(host, client)


async def test_a_call_that_is_being_set_up_dies_with_the_modem(bench: Bench, host: Host) -> None:
    bench.controls.fault("latency", 0.01)
    client = await host.client(Service.WDS)
    lost = host.send(wds.StartNetwork(apn="internet"), client)
    bench.stick.leave()
    done, _ = await asyncio.wait({lost}, timeout=0.05)
    assert not done
    assert bench.journal.find(Happened.CONNECTED) == []


async def test_a_call_waits_for_the_network_while_others_are_answered(host: Host) -> None:
    bench = Bench(MODEL + '[qmi.latency]\n"wds start network" = 0.05\n')
    await bench.registered()
    client = await bench.host.client(Service.WDS)
    call = bench.host.send(wds.StartNetwork(apn="internet"), client)
    assert not await connected(bench.host, client)
    assert not call.done()
    async with asyncio.timeout(DEADLINE):
        await call
    bench.stick.leave()
