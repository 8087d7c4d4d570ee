"""Network functions of virtual devices, asked as the kernel's drivers ask them."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable

import pytest

from tests.unit.simulator.conftest import DEADLINE
from tests.unit.simulator.kernel import Kernel, attached
from wwand.discovery.descriptors import parse
from wwand.simulator import load_model, ntb
from wwand.simulator.calls import Addressing, CallFacts, Framing, Link, PacketLink, Swallow
from wwand.simulator.data import CALLED_OFF, DataRefused
from wwand.simulator.journal import Happened
from wwand.simulator.model import InterfaceModel, Speaks
from wwand.simulator.usbip_wire import EPIPE
from wwand.simulator.wdm import ENGINES, MakeEngine, Send

QMI_SEND, QMI_GET = (
    struct.pack("<BBHHH", 0x21, 0, 0, 5, 3),
    struct.pack("<BBHHH", 0xA1, 1, 0, 5, 64),
)


class Carrier(Swallow):
    """A network that keeps what it gets, and can be made slow."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.heard = asyncio.Event()
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.framing: Framing | None = None
        self.open = 0
        self.addressing = Addressing()

    async def call(
        self, facts: CallFacts, deliver: Callable[[bytes], None], ended: Callable[[], None]
    ) -> Link:
        raise NotImplementedError

    async def attach(
        self,
        facts: CallFacts,
        framing: Framing,
        deliver: Callable[[bytes], None],
        ended: Callable[[], None],
    ) -> PacketLink:
        self.framing, self.deliver, self.end = framing, deliver, ended
        self.asked.set()
        await self.may_answer.wait()
        self.open += 1
        return self

    def write(self, data: bytes) -> None:
        self.got.append(data)
        self.heard.set()

    def close(self) -> None:
        self.open -= 1

    async def next(self) -> bytes:
        async with asyncio.timeout(DEADLINE):
            while not self.got:
                self.heard.clear()
                await self.heard.wait()
        return self.got.pop(0)


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


@pytest.fixture
async def ecm(carrier: Carrier) -> AsyncIterator[Kernel]:
    async for kernel in attached("huawei-mu609", "modem", configuration=2, carrier=carrier):
        yield kernel


@pytest.fixture
async def ncm(carrier: Carrier) -> AsyncIterator[Kernel]:
    async for kernel in attached("huawei-e3372", "modem", carrier=carrier):
        yield kernel


class Echo:
    """A QMI engine that says everything backwards."""

    def __init__(self, _modem: object, _interface: InterfaceModel, send: Send) -> None:
        self._send = send
        self.is_gone = False

    def received(self, message: bytes) -> None:
        self._send(message[::-1])

    def rebooted(self) -> None:
        self._send(b"rebooted")

    def gone(self) -> None:
        self.is_gone = True


@pytest.fixture
async def qmi(carrier: Carrier, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kernel]:
    make: MakeEngine = Echo
    monkeypatch.setitem(ENGINES, Speaks.QMI, make)
    async for kernel in attached("huawei-mu609", "modem", configuration=1, carrier=carrier):
        yield kernel


async def connect(kernel: Kernel, apn: str = "internet") -> None:
    """Let the modem connect its network interface."""
    modem = kernel.stick.modem
    assert modem
    assert modem.data
    async with asyncio.timeout(DEADLINE):
        await kernel.stick.journal.until(Happened.REGISTRATION, text="1")
        context = modem.context(1)
        context.apn = apn
        await modem.data.start(context)


async def whole(kernel: Kernel) -> bytes:
    """Read the descriptors as sysfs shows them."""
    raw = (await kernel.control(bytes.fromhex("8006000100001200"), 18))[1]
    for index in range(raw[17]):
        raw += (
            await kernel.control(struct.pack("<BBHHH", 0x80, 6, 0x0200 | index, 0, 1024), 1024)
        )[1]
    return raw


async def test_the_mu609_has_both_configurations_its_owner_posted(ecm: Kernel) -> None:
    said = parse(await whole(ecm))
    assert (str(said.id), said.complaint) == ("12d1:1573", "")
    one, two = said.configurations
    assert [(i.triple, [e.address for e in i.endpoints]) for i in one.interfaces] == [
        ((0xFF, 1, 1), [0x81, 0x82, 0x01]),
        ((0xFF, 1, 3), [0x83, 0x02]),
        ((0xFF, 1, 2), [0x84, 0x03]),
        ((0xFF, 1, 5), [0x85, 0x04]),
        ((0xFF, 1, 6), [0x86, 0x05]),
        ((0xFF, 1, 7), [0x87, 0x88, 0x06]),
    ]
    assert [(i.triple, [e.address for e in i.endpoints]) for i in two.interfaces] == [
        ((2, 6, 0), [0x81]),
        ((10, 6, 0), [0x82, 0x01]),
        ((0xFF, 1, 1), [0x83, 0x84, 0x02]),
        ((0xFF, 1, 3), [0x85, 0x03]),
        ((0xFF, 1, 2), [0x86, 0x04]),
        ((0xFF, 1, 5), [0x87, 0x05]),
        ((0xFF, 1, 6), [0x88, 0x06]),
    ]


def test_linux_would_select_its_second_configuration() -> None:
    modes = load_model("huawei-mu609").modes
    assert modes["modem"].first.value == 2
    assert load_model("huawei-e3372").modes["modem"].first.value == 1


async def test_ecm_has_its_functional_descriptors_and_its_address_as_text(ecm: Kernel) -> None:
    raw = await whole(ecm)
    assert bytes.fromhex("0524001001 0524060001") in raw
    at = raw.index(bytes.fromhex("0d240f"))
    status, text = await ecm.control(
        struct.pack("<BBHHH", 0x80, 6, 0x0300 | raw[at + 3], 9, 255), 255
    )
    assert (status, text[2:].decode("utf-16-le")) == (0, "00A0C6000001")
    assert raw[at + 8 : at + 10] == (1514).to_bytes(2, "little")


async def test_ncm_of_huawei_is_one_interface_with_an_alternate_setting(ncm: Kernel) -> None:
    raw = await whole(ncm)
    assert bytes.fromhex("0904020001ff031600 0524001001 0524060202") in raw
    assert bytes.fromhex("06241a000100 0705850310000 5 0904020103ff031600".replace(" ", "")) in raw
    assert (await ncm.control(bytes.fromhex("810a000002000100"), 1)) == (0, b"\0")
    assert (await ncm.control(bytes.fromhex("010b010002000000")))[0] == 0
    assert (await ncm.control(bytes.fromhex("810a000002000100"), 1)) == (0, b"\1")


async def test_a_configuration_that_is_not_there_stalls(ecm: Kernel) -> None:
    assert (await ecm.control(bytes.fromhex("0009030000000000")))[0] == EPIPE
    assert (await ecm.control(bytes.fromhex("8008000000000100"), 1))[1] == b"\2"


async def test_ecm_tells_whether_it_is_connected_and_how_fast(ecm: Kernel) -> None:
    assert (await ecm.read(0x81, 16)).hex() == "a100000000000000"
    await connect(ecm)
    assert (await ecm.read(0x81, 16)).hex() == "a100010000000000"
    assert (await ecm.read(0x81, 16)).hex() == "a12a000000000800" + struct.pack(
        "<II", 14_400_000, 5_760_000
    ).hex()
    assert ecm.stick.modem
    ecm.stick.modem.drop_calls()
    assert (await ecm.read(0x81, 16)).hex() == "a100000000000000"


async def test_what_waits_for_an_interrupt_endpoint_comes_when_the_bus_asks_it(ecm: Kernel) -> None:
    asked = ecm.submit(0x81, 16, interval=1600)
    assert (await ecm.control(bytes.fromhex("8008000000000100"), 1))[1] == b"\2"
    _, sequence, status, notice = await ecm.answer()
    assert (sequence, status, notice.hex()) == (asked, 0, "a100000000000000")


async def test_ecm_carries_frames_only_while_it_is_connected(ecm: Kernel, carrier: Carrier) -> None:
    await ecm.write(0x01, b"lost")
    await connect(ecm)
    assert carrier.framing is Framing.ETHERNET
    await ecm.write(0x01, b"a frame")
    assert await carrier.next() == b"a frame"
    carrier.deliver(b"one")
    carrier.deliver(b"two")
    assert [await ecm.read(0x82), await ecm.read(0x82)] == [b"one", b"two"]
    carrier.end()
    await ecm.write(0x01, b"lost too")
    assert carrier.got == []
    assert carrier.open == 0


async def test_a_modem_that_hangs_carries_nothing(ecm: Kernel, carrier: Carrier) -> None:
    await connect(ecm)
    ecm.stick.knobs.hang = "always"
    await ecm.write(0x01, b"lost")
    carrier.deliver(b"lost")
    ecm.stick.knobs.hang = ""
    carrier.deliver(b"here")
    assert await ecm.read(0x82) == b"here"
    assert carrier.got == []


async def test_a_host_that_does_not_fetch_frames_loses_the_oldest(
    ecm: Kernel, carrier: Carrier
) -> None:
    await connect(ecm)
    for number in range(1000):
        carrier.deliver(number.to_bytes(2, "big"))
    assert await ecm.read(0x82) == (1000 - 256).to_bytes(2, "big")


async def test_ncm_carries_frames_in_blocks(ncm: Kernel, carrier: Carrier) -> None:
    assert await ncm.control(bytes.fromhex("a180000002001c00"), 28) == (0, ntb.parameters())
    await connect(ncm)
    await ncm.write(0x03, ntb.pack([b"one", b"two"], 0))
    assert [await carrier.next(), await carrier.next()] == [b"one", b"two"]
    await ncm.write(0x03, b"no block at all")
    carrier.deliver(b"a frame")
    assert ntb.unpack(await ncm.read(0x84, 16384)) == [b"a frame"]
    assert carrier.got == []


async def test_huaweis_ncm_answers_at_commands_in_messages(ncm: Kernel) -> None:
    send, get = bytes.fromhex("2100000002000900"), bytes.fromhex("a101000002000004")
    assert (await ncm.control(send, data=b"AT+CGMM\r"))[0] == 0
    got = b""
    while not got.endswith(b"OK\r\n"):
        assert (await ncm.read(0x85, 16)).hex() == "a101000002000000"
        got += (await ncm.control(get, 1024))[1]
    assert got == b"AT+CGMM\r\r\nE3372\r\n\r\nOK\r\n"
    assert await ncm.control(get, 1024) == (0, b"")


async def test_qmi_messages_go_to_the_engine_and_its_answers_come_one_by_one(qmi: Kernel) -> None:
    for message in (b"abc", b"xyz"):
        assert (await qmi.control(QMI_SEND, data=message))[0] == 0
    for answer in (b"cba", b"zyx"):
        assert (await qmi.read(0x87, 64)).hex() == "a101000005000000"
        assert await qmi.control(QMI_GET, 64) == (0, answer)
    assert (await qmi.control(bytes.fromhex("2122010005000000")))[0] == 0  # DTR
    assert (await qmi.control(bytes.fromhex("a180000005001c00"), 28))[0] == EPIPE  # no NCM


@pytest.mark.parametrize("knob", ["qmi_silent", "hang"])
async def test_qmi_can_fall_silent(qmi: Kernel, knob: str) -> None:
    setattr(qmi.stick.knobs, knob, True)
    await qmi.control(QMI_SEND, data=b"abc")
    assert await qmi.control(QMI_GET, 64) == (0, b"")
    setattr(qmi.stick.knobs, knob, False)
    await qmi.control(QMI_SEND, data=b"abc")
    assert await qmi.control(QMI_GET, 64) == (0, b"cba")


async def test_the_engine_decides_what_the_frames_of_a_qmi_interface_are(
    qmi: Kernel, carrier: Carrier
) -> None:
    assert qmi.stick.modem
    assert qmi.stick.modem.data
    qmi.stick.modem.data.framing = Framing.RAW_IP
    await connect(qmi)
    assert carrier.framing is Framing.RAW_IP
    await qmi.write(0x06, b"\x45a packet")
    assert await carrier.next() == b"\x45a packet"


async def test_a_connection_is_called_off_while_it_is_being_made(
    ecm: Kernel, carrier: Carrier
) -> None:
    carrier.may_answer.clear()
    connecting = asyncio.create_task(connect(ecm))
    data = ecm.stick.modem.data  # type: ignore[union-attr]
    assert data
    async with asyncio.timeout(DEADLINE):
        await carrier.asked.wait()
    data.stop()
    carrier.may_answer.set()
    with pytest.raises(DataRefused) as refusal:
        await connecting
    assert refusal.value.cause == CALLED_OFF
    assert (carrier.open, data.connected) == (0, False)


async def test_pulling_the_device_ends_the_connection_and_the_engine(
    qmi: Kernel, carrier: Carrier
) -> None:
    await connect(qmi)
    assert carrier.open == 1
    qmi.stick.leave()
    assert carrier.open == 0
    assert [e.text for e in qmi.stick.journal.find(Happened.ENDED)] == ["unplugged"]


async def test_a_router_is_connected_at_once_and_cannot_be_dropped(carrier: Carrier) -> None:
    async for kernel in attached("huawei-hilink", "router", carrier=carrier):
        async with asyncio.timeout(DEADLINE):
            await kernel.stick.journal.until(Happened.CONNECTED)
        assert kernel.stick.modem
        kernel.stick.modem.drop_calls()
        await kernel.write(0x02, b"a frame")
        assert await carrier.next() == b"a frame"
