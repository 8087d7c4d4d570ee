"""Short messages: the card's, whoever reads them."""

import pytest

from tests.unit.simulator.qmi.conftest import Bench, Host
from wwand.qmi import wms
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.wms import MessageFormat, MessageTag, StorageType

PDU = "0791448720003023240DD0E474D81C0EBB010000111011315214000BE474D81C0EBB5DE3771B"
ANSWER = bytes.fromhex("0011000B914407810000F00000AA05E8329BFD06")


async def listed(host: Host, tag: MessageTag | None = None) -> list[int]:
    ask = wms.ListMessages(storage_type=StorageType.UIM, message_tag=tag)
    rows = (await host.ask(ask)).message_list
    assert rows is not None
    return [row.memory_index for row in rows]


async def test_a_message_is_reported_listed_and_read(bench: Bench, host: Host) -> None:
    report = wms.SetEventReport(new_mt_message_indicator=wms.NewMessageIndicator(True))
    await host.ask(report)
    index = bench.controls.receive_sms(PDU)
    told = await host.told(wms.EventReport)
    place = wms.MemoryPlace(StorageType.UIM, index)
    assert told.mt_message == place
    assert await listed(host, MessageTag.MT_NOT_READ) == [index]
    read = await host.ask(wms.RawRead(message_memory_storage_id=place))
    assert read.raw_message_data
    assert read.raw_message_data.raw_data.hex().upper() == PDU
    assert await listed(host, MessageTag.MT_NOT_READ) == []
    assert await listed(host, MessageTag.MT_READ) == [index]


async def test_the_at_port_deletes_what_qmi_listed(bench: Bench, host: Host) -> None:
    index = bench.controls.receive_sms(PDU)
    assert await listed(host) == [index]
    assert await bench.at(f"AT+CMGD={index}") == "OK"
    assert await listed(host) == []
    gone = wms.Delete(memory_storage=StorageType.UIM, memory_index=index)
    assert await host.refused(gone) is ProtocolError.NO_ENTRY


async def test_a_kind_of_messages_is_deleted_at_once(bench: Bench, host: Host) -> None:
    first, second = bench.controls.receive_sms(PDU), bench.controls.receive_sms(PDU)
    read = wms.MemoryPlace(StorageType.UIM, first)
    await host.ask(wms.RawRead(message_memory_storage_id=read))
    kind = wms.Delete(memory_storage=StorageType.UIM, message_tag=MessageTag.MT_READ)
    await host.ask(kind)
    assert await listed(host) == [second]


async def test_a_message_is_sent_and_numbered(bench: Bench, host: Host) -> None:
    message = wms.RawMessage(MessageFormat.GSM_WCDMA_POINT_TO_POINT, ANSWER)
    sent = await host.ask(wms.RawSend(raw_message_data=message))
    assert sent.message_id == 1
    assert bench.modem.sent == [ANSWER.hex().upper()]
    bench.controls.fault("registration", "searching")
    answer = await host.try_(wms.RawSend(raw_message_data=message))
    assert answer.result.error_code is ProtocolError.WMS_CAUSE_CODE
    assert answer.gsm_wcdma_cause_info


async def test_a_message_is_kept_to_be_sent(host: Host) -> None:
    stored = wms.StoredMessage(StorageType.UIM, MessageFormat.GSM_WCDMA_POINT_TO_POINT, ANSWER)
    kept = await host.ask(wms.RawWrite(raw_message_data=stored))
    assert await listed(host, MessageTag.MO_NOT_SENT) == [kept.memory_index]
    assert kept.memory_index is not None
    change = wms.TagChange(StorageType.UIM, kept.memory_index, MessageTag.MO_SENT)
    await host.ask(wms.ModifyTag(message_tag=change))
    assert await listed(host, MessageTag.MO_SENT) == [kept.memory_index]


@pytest.mark.parametrize("state", ["pin", "missing"])
async def test_a_card_that_is_not_ready_has_no_messages_to_tell(
    bench: Bench, host: Host, state: str
) -> None:
    bench.controls.fault("sim", state)
    ask = wms.ListMessages(storage_type=StorageType.UIM)
    assert await host.refused(ask) is ProtocolError.DEVICE_NOT_READY
    assert (await host.ask(wms.ListMessages(storage_type=StorageType.NV))).message_list == ()
