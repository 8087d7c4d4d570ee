"""Transactions, clients and indications over a port, against a modem at a socket's other end."""

import asyncio
import logging

import pytest

from tests.unit.qmi.fake import FakeQmi, fake_qmi
from wwand.errors import (
    BadReply,
    EquipmentError,
    ModemTimeout,
    PortGone,
    Unsupported,
    WrongState,
)
from wwand.qmi import ctl, dms, nas, uim
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.frame import Frame, Kind, response
from wwand.qmi.message import Response
from wwand.qmi.uim_values import UimPinId
from wwand.qmi.values import Service


async def test_a_request_is_answered() -> None:
    async with fake_qmi() as (modem, channel):
        modem.answers[dms.GetModel] = dms.GetModelResponse("EM7455")
        client = await channel.client(Service.DMS)
        assert (await client.send(dms.GetModel())).model == "EM7455"
        assert modem.frames[-1].client == client.cid


async def test_answers_find_their_questions_in_any_order() -> None:
    async with fake_qmi() as (modem, channel):
        modem.answers |= {dms.GetModel: None, dms.GetRevision: None}
        client = await channel.client(Service.DMS)
        model = asyncio.create_task(client.send(dms.GetModel()))
        revision = asyncio.create_task(client.send(dms.GetRevision()))
        first = await modem.until_asked(dms.GetModel)
        second = await modem.until_asked(dms.GetRevision)
        await modem.answer(second, dms.GetRevisionResponse("1.0"))
        await modem.answer(first, dms.GetModelResponse("M"))
        assert (await model).model == "M"
        assert (await revision).revision == "1.0"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (ProtocolError.NOT_SUPPORTED, Unsupported),
        (ProtocolError.INVALID_QMI_COMMAND, Unsupported),
        (ProtocolError.INVALID_TRANSITION, WrongState),
        (ProtocolError.NO_SIM, EquipmentError),
    ],
)
async def test_a_refusal_is_raised_as_what_it_means(
    code: ProtocolError, kind: type[Exception]
) -> None:
    async with fake_qmi() as (modem, channel):
        modem.answers[dms.GetModel] = code
        client = await channel.client(Service.DMS)
        with pytest.raises(kind, match="DMS Get Model: "):
            await client.send(dms.GetModel())
        assert (await client.exchange(dms.GetModel())).result.error_code is code


async def test_an_answer_without_a_result_is_a_bad_reply() -> None:
    async with fake_qmi() as (modem, channel):
        modem.answers[dms.GetModel] = None
        client = await channel.client(Service.DMS)
        asking = asyncio.create_task(client.send(dms.GetModel()))
        frame = await modem.until_asked(dms.GetModel)
        naked = Frame(frame.service, frame.client, Kind.RESPONSE, frame.transaction, frame.id)
        await modem.write(naked.encode())
        with pytest.raises(BadReply, match="no result"):
            await asking


async def test_an_answer_that_comes_too_late_is_dropped() -> None:
    async with fake_qmi() as (modem, channel):
        modem.answers[dms.GetModel] = None
        client = await channel.client(Service.DMS)
        with pytest.raises(ModemTimeout, match=r"DMS Get Model: no answer in 0\.05 s"):
            await client.send(dms.GetModel(), timeout=0.05)
        late = await modem.until_asked(dms.GetModel)
        modem.answers[dms.GetModel] = dms.GetModelResponse("second")
        await modem.answer(late, dms.GetModelResponse("first"))
        assert (await client.send(dms.GetModel())).model == "second"


async def test_a_cancelled_request_leaves_nothing_behind() -> None:
    async with fake_qmi() as (modem, channel):
        modem.answers[dms.GetModel] = None
        client = await channel.client(Service.DMS)
        asking = asyncio.create_task(client.send(dms.GetModel()))
        late = await modem.until_asked(dms.GetModel)
        asking.cancel()
        await asyncio.wait([asking])
        assert asking.cancelled()
        await modem.answer(late, dms.GetModelResponse("late"))
        modem.answers[dms.GetModel] = dms.GetModelResponse("next")
        assert (await client.send(dms.GetModel())).model == "next"


async def test_a_client_that_comes_too_late_is_given_back() -> None:
    async with fake_qmi() as (modem, channel):
        modem.answers[ctl.AllocateCid] = None
        asking = asyncio.create_task(channel.client(Service.NAS))
        late = await modem.until_asked(ctl.AllocateCid)
        asking.cancel()
        await asyncio.wait([asking])
        await modem.answer(late, modem.allocate(ctl.AllocateCid(Service.NAS)))
        await modem.until_asked(ctl.ReleaseCid)
        assert modem.clients == []


async def test_clients_are_given_back_one_by_one_or_at_the_end() -> None:
    async with fake_qmi() as (modem, channel):
        one = await channel.client(Service.WDS)
        await channel.client(Service.WDS)
        await channel.client(Service.NAS)
        await one.release()
        await one.release()
        assert modem.clients == [(Service.WDS, 2), (Service.NAS, 1)]
        await channel.close()
        assert modem.clients == []


async def test_a_service_that_the_modem_has_not_is_unsupported() -> None:
    async with fake_qmi() as (modem, channel):
        modem.answers[ctl.GetVersionInfo] = ctl.GetVersionInfoResponse(
            (ctl.ServiceVersion(Service.DMS, 1, 0),)
        )
        await channel.learn_services()
        await channel.client(Service.DMS)
        with pytest.raises(Unsupported, match="cdc-wdm0 has no service UIM"):
            await channel.client(Service.UIM)


async def test_a_modem_that_does_not_tell_its_services_is_asked_for_clients_all_the_same() -> None:
    async with fake_qmi() as (modem, channel):
        modem.answers[ctl.GetVersionInfo] = ProtocolError.INVALID_QMI_COMMAND
        await channel.learn_services()
        modem.answers[ctl.AllocateCid] = ProtocolError.INVALID_SERVICE_TYPE
        with pytest.raises(Unsupported, match="invalid service type"):
            await channel.client(Service.UIM)


async def test_indications_reach_the_client_they_are_for() -> None:
    async with fake_qmi() as (modem, channel):
        heard: list[tuple[str, object]] = []
        one, two = await channel.client(Service.NAS), await channel.client(Service.NAS)
        one.on(nas.NetworkReject, lambda said: heard.append(("one", said)))
        stop = two.on(nas.NetworkReject, lambda said: heard.append(("two", said)))
        said = nas.NetworkReject(reject_cause=11)
        await modem.indicate(said, one.cid)
        await modem.indicate(said)
        await modem.indicate(uim.CardStatusIndication())
        await channel.ask(ctl.GetVersionInfo())
        assert heard == [("one", said), ("one", said), ("two", said)]
        stop()
        stop()
        await modem.indicate(said, two.cid)
        await channel.ask(ctl.GetVersionInfo())
        assert len(heard) == 3


async def test_a_listener_with_a_bug_does_not_make_the_channel_deaf(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with fake_qmi() as (modem, channel):
        heard: list[nas.NetworkReject] = []
        client = await channel.client(Service.NAS)
        client.on(nas.NetworkReject, lambda _: 1 / 0)  # type: ignore[arg-type]
        client.on(nas.NetworkReject, heard.append)
        await modem.indicate(nas.NetworkReject())
        await channel.ask(ctl.GetVersionInfo())
        assert len(heard) == 1
        assert "NAS Network Reject: a bug" in caplog.text


async def test_garbage_between_messages_is_skipped(caplog: pytest.LogCaptureFixture) -> None:
    async with fake_qmi() as (modem, channel):
        modem.answers[dms.GetModel] = None
        client = await channel.client(Service.DMS)
        asking = asyncio.create_task(client.send(dms.GetModel()))
        frame = await modem.until_asked(dms.GetModel)
        await modem.write(b"\r\nOK\r\n" + response(frame, dms.GetModelResponse("M")).encode())
        assert (await asking).model == "M"
        assert "skipped 6 octets" in caplog.text


async def test_unplugging_ends_every_request_at_once() -> None:
    async with fake_qmi() as (modem, channel):
        modem.answers[dms.GetModel] = None
        client = await channel.client(Service.DMS)
        asking = asyncio.create_task(client.send(dms.GetModel()))
        await modem.until_asked(dms.GetModel)
        await modem.unplug()
        async with asyncio.timeout(5):
            with pytest.raises(PortGone):
                await asking
            await channel.closed.wait()
        with pytest.raises(PortGone):
            await client.send(dms.GetModel())
        await client.release()
        await channel.close()


async def test_a_port_whose_modem_does_not_answer_is_closed_without_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wwand.qmi.channel.LEAVING", 3600.0)
    async with fake_qmi() as (modem, channel):
        modem.answers |= {dms.GetModel: None, ctl.ReleaseCid: None}
        client = await channel.client(Service.DMS)
        with pytest.raises(ModemTimeout):
            await client.send(dms.GetModel(), timeout=0.05)
        async with asyncio.timeout(5):
            await channel.close()
        assert channel.closed.is_set()


async def test_a_modem_that_has_forgotten_its_clients_is_left() -> None:
    async with fake_qmi() as (modem, channel):
        modem.answers[dms.GetModel] = None
        client = await channel.client(Service.DMS)
        asking = asyncio.create_task(client.send(dms.GetModel()))
        await modem.until_asked(dms.GetModel)
        await modem.indicate(ctl.SyncIndication(), 0)
        with pytest.raises(PortGone, match="the firmware behind .* has restarted"):
            await asking
        assert channel.closed.is_set()


async def test_the_sign_of_life_of_a_modem_that_nobody_uses_yet_is_no_end() -> None:
    async with fake_qmi() as (modem, channel):
        await modem.indicate(ctl.SyncIndication(), 0)
        await channel.synchronise(1.0)
        assert not channel.closed.is_set()


async def test_a_modem_that_is_still_starting_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wwand.qmi.channel.SYNC_TRY", 0.02)
    async with fake_qmi() as (modem, channel):
        modem.answers[ctl.Sync] = lambda _: (
            None if sum(isinstance(each, ctl.Sync) for each in modem.asked) < 3 else Response()
        )
        await channel.synchronise(5)
        assert len(modem.asked) == 3


async def test_a_modem_that_never_answers_is_given_up() -> None:
    async with fake_qmi() as (modem, channel):
        modem.answers[ctl.Sync] = None
        with pytest.raises(ModemTimeout, match=r"does not answer QMI within 0\.05 s"):
            await channel.synchronise(0.05)


async def test_transaction_numbers_go_round_and_leave_out_those_in_use() -> None:
    async with fake_qmi() as (modem, channel):
        modem.answers[ctl.Sync] = None
        waiting = asyncio.create_task(channel.ask(ctl.Sync()))
        await modem.until_asked(ctl.Sync)
        for _ in range(300):
            await channel.ask(ctl.GetVersionInfo())
        used = [frame.transaction for frame in modem.frames]
        assert used[:255] == list(range(1, 256))
        assert used[255] == 2
        waiting.cancel()


async def test_neither_the_log_nor_an_error_has_what_was_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with fake_qmi() as (modem, channel):
        modem.answers[uim.VerifyPin] = ProtocolError.INCORRECT_PIN
        client = await channel.client(Service.UIM)
        entry = uim.PinEntry(UimPinId.PIN1, "7391")
        with pytest.raises(EquipmentError) as raised:
            await client.send(uim.VerifyPin(uim.PRIMARY, entry))
        assert raised.value.nick == "IncorrectPassword"
        assert "UIM Verify Pin" in caplog.text
        assert "7391" not in f"{caplog.text} {raised.value} {modem.frames}"
        assert "37333931" not in caplog.text


async def test_the_fake_modem_refuses_what_it_does_not_know() -> None:
    async with fake_qmi() as (modem, channel):
        assert isinstance(modem, FakeQmi)
        client = await channel.client(Service.DMS)
        with pytest.raises(Unsupported):
            await client.send(dms.GetTime())
