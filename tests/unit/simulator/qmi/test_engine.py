"""Frames, services, clients: what holds for every QMI message."""

import asyncio

import pytest

from tests.unit.simulator.qmi.conftest import DEADLINE, MODEL, Bench, Host, error
from wwand.qmi import ctl, dms, nas, uim, wds
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.frame import request
from wwand.qmi.uim_values import UimPinId
from wwand.qmi.values import Service
from wwand.simulator.journal import Happened


async def test_the_services_are_told_with_their_versions(host: Host) -> None:
    answer = await host.ask(ctl.GetVersionInfo())
    assert answer.service_list
    told = {row.service: (row.major_version, row.minor_version) for row in answer.service_list}
    assert told[Service.CTL] == (1, 5)
    assert {Service.WDS, Service.DMS, Service.NAS, Service.UIM, Service.WDA, Service.WMS} <= set(
        told
    )


async def test_a_model_chooses_its_services() -> None:
    bench = Bench(MODEL + '[qmi]\nservices = { ctl = "1.3", dms = "1.2" }\n')
    answer = await bench.host.ask(ctl.GetVersionInfo())
    assert answer.service_list == (
        ctl.ServiceVersion(Service.CTL, 1, 3),
        ctl.ServiceVersion(Service.DMS, 1, 2),
    )
    refusal = await bench.host.refused(ctl.AllocateCid(service_type=Service.NAS))
    assert refusal is ProtocolError.INVALID_SERVICE_TYPE
    unknown = await bench.host.raw(Service.NAS, 0x24, client=1)
    assert error(unknown) is ProtocolError.INVALID_SERVICE_TYPE
    bench.stick.leave()


async def test_clients_are_numbered_for_each_service(bench: Bench, host: Host) -> None:
    wds_one, wds_two = await host.allocate(Service.WDS), await host.allocate(Service.WDS)
    assert wds_one != wds_two
    dms_one = await host.allocate(Service.DMS)
    assert bench.controls.status()[0]["clients"] == {"DMS": [dms_one], "WDS": [wds_one, wds_two]}
    await host.ask(ctl.ReleaseCid(release_info=ctl.ClientInfo(Service.WDS, wds_one)))
    assert bench.controls.status()[0]["clients"] == {"DMS": [dms_one], "WDS": [wds_two]}
    said = [e.text for e in bench.journal.find(Happened.CLIENT)]
    assert said == ["allocated WDS 1", "allocated WDS 2", "allocated DMS 1", "released WDS 1"]


async def test_a_released_number_is_not_given_to_the_next_one(host: Host) -> None:
    first = await host.allocate(Service.NAS)
    release = ctl.ReleaseCid(release_info=ctl.ClientInfo(Service.NAS, first))
    await host.ask(release)
    assert await host.refused(release) is ProtocolError.INVALID_CLIENT_ID
    assert await host.refused(nas.GetServingSystem(), first) is ProtocolError.INVALID_CLIENT_ID
    assert await host.allocate(Service.NAS) != first


async def test_clients_that_leak_use_the_numbers_up_until_a_sync() -> None:
    bench = Bench(MODEL + "[qmi]\nclients = 3\n")
    for _ in range(3):
        await bench.host.allocate(Service.WDS)
    allocate = ctl.AllocateCid(service_type=Service.WDS)
    assert await bench.host.refused(allocate) is ProtocolError.CLIENT_IDS_EXHAUSTED
    await bench.host.ask(ctl.Sync())
    assert bench.controls.status()[0]["clients"] == {}
    await bench.host.ask(allocate)
    bench.stick.leave()


async def test_a_client_nobody_has_is_refused(host: Host) -> None:
    assert await host.refused(dms.GetModel(), 77) is ProtocolError.INVALID_CLIENT_ID


async def test_an_unknown_message_is_an_invalid_command(bench: Bench, host: Host) -> None:
    assert error(await host.raw(Service.DMS, 0x0555)) is ProtocolError.INVALID_QMI_COMMAND
    assert error(await host.raw(Service.CTL, 0xFF00)) is ProtocolError.INVALID_QMI_COMMAND
    assert bench.journal.find(Happened.QMI, text="DMS 0x0555")


async def test_a_model_has_messages_it_does_not_know_and_ones_it_does_not_support() -> None:
    text = '[qmi]\nrefuses = ["DMS Get Model"]\nunsupported = ["dms get revision"]\n'
    bench = Bench(MODEL + text)
    assert await bench.host.refused(dms.GetModel()) is ProtocolError.INVALID_QMI_COMMAND
    assert await bench.host.refused(dms.GetRevision()) is ProtocolError.NOT_SUPPORTED
    assert (await bench.host.ask(dms.GetManufacturer())).manufacturer == "Maker"
    bench.stick.leave()


async def test_a_bad_value_is_malformed_and_a_missing_one_is_missed(host: Host) -> None:
    bad = await host.raw(Service.DMS, 0x2E, (0x01, b""))
    assert error(bad) is ProtocolError.MALFORMED_MESSAGE
    assert error(await host.raw(Service.DMS, 0x2E)) is ProtocolError.MISSING_ARGUMENT


@pytest.mark.parametrize(
    "rubbish",
    [b"", b"\x01", b"AT\r", b"\x01\x0c\x00\x00\x02\x01\x00\x01\x00\x25\x00\xff\x00", bytes(64)],
)
async def test_what_is_no_frame_is_thrown_away(bench: Bench, host: Host, rubbish: bytes) -> None:
    bench.modem.channels[1].written(rubbish)
    assert (await host.ask(dms.GetModel())).model == "Modem"
    assert [e.text for e in bench.journal.find(Happened.QMI)] == [
        "CTL Allocate Cid",
        "DMS Get Model",
    ]


async def test_the_supported_messages_are_those_that_are_answered(host: Host) -> None:
    told = dict((await host.raw(Service.WDA, 0x1E)).tlvs)
    assert int.from_bytes(told[0x10][2:], "little") == 1 << 0x1E | 1 << 0x20 | 1 << 0x21


async def test_each_answer_takes_the_latency_of_modem_and_message() -> None:
    bench = Bench(MODEL + '[qmi.latency]\n"dms get model" = 0.08\n')
    bench.controls.fault("latency", 0.02)
    loop = asyncio.get_running_loop()
    client = await bench.host.allocate(Service.DMS)
    began = loop.time()
    quick, slow = (
        bench.host.send(dms.GetRevision(), client),
        bench.host.send(dms.GetModel(), client),
    )
    await quick
    assert 0.02 <= loop.time() - began < 0.1
    assert not slow.done()
    await slow
    assert loop.time() - began >= 0.1
    bench.stick.leave()


@pytest.mark.parametrize("fault", ["qmi-silent", "hang"])
async def test_a_silent_modem_answers_again_when_the_fault_is_gone(
    bench: Bench, fault: str
) -> None:
    client = await bench.host.client(Service.DMS)
    bench.controls.fault(fault)
    lost = bench.host.send(dms.GetModel(), client)
    bench.controls.fault(fault, on=False)
    assert (await bench.host.ask(dms.GetRevision())).revision == "R1"
    assert not lost.done()


async def test_an_answer_that_is_under_way_dies_with_the_modem(bench: Bench) -> None:
    bench.controls.fault("latency", 0.01)
    client = await bench.host.client(Service.DMS)
    lost = bench.host.send(dms.GetModel(), client)
    bench.stick.leave()
    done, _ = await asyncio.wait({lost}, timeout=0.05)
    assert not done


async def test_a_pin_never_gets_into_the_journal(bench: Bench, host: Host) -> None:
    bench.controls.fault("sim", "pin")
    await host.ask(uim.VerifyPin(session=uim.PRIMARY, info=uim.PinEntry(UimPinId.PIN1, "1234")))
    said = [e.text for e in bench.journal.find(Happened.QMI)]
    assert said[-1] == "UIM Verify Pin"
    assert not any("1234" in text for text in said)


async def test_a_replugged_modem_has_no_clients(bench: Bench) -> None:
    await bench.host.allocate(Service.WDS)
    bench.stick.leave()
    bench.stick.enter("modem")
    bench.stick.configure(1)
    assert bench.controls.status()[0]["clients"] == {}
    assert bench.stick.modem
    again = Host(bench.stick.modem.channels[1])
    assert await again.refused(wds.GetPacketServiceStatus(), 1) is ProtocolError.INVALID_CLIENT_ID


async def test_answers_carry_the_transaction_of_their_question(host: Host) -> None:
    client = await host.client(Service.DMS)
    async with asyncio.timeout(DEADLINE):
        answer = await host.write(request(dms.GetModel(), client, 0xABCD))
    assert answer.transaction == 0xABCD


async def test_firmware_that_starts_anew_on_the_bus_forgets_its_clients_and_says_so(
    bench: Bench, host: Host
) -> None:
    await host.client(Service.DMS)
    assert (await bench.at("AT+CFUN=1,1")).endswith("OK")
    await host.told(ctl.SyncIndication)
    assert await host.refused(dms.GetModel()) is ProtocolError.INVALID_CLIENT_ID
