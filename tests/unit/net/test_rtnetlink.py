"""Requests and answers as bytes: what iproute2 6.1 sends for the same, and rtnetlink(7)."""

import errno
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wwand.net import rtnetlink
from wwand.net.netlink import Netlink, NetlinkFailed
from wwand.net.rtnetlink import Message, Request

ADDRESS = bytes.fromhex(
    "28000000 1400 0506 07000000 00000000"  # RTM_NEWADDR: request, ack, exclusive, create
    "02 1e 00 00 01000000"  # IPv4, /30, interface 1
    "0800 0200 0a080002  0800 0100 0a080002"
)
MTU = bytes.fromhex(
    "28000000 1000 0500 07000000 00000000"  # RTM_NEWLINK: request, ack
    "00 00 0000 01000000 00000000 00000000"
    "0800 0400 96050000"
)
ROUTE = bytes.fromhex(
    "40000000 1800 0506 07000000 00000000"  # RTM_NEWROUTE
    "0a 00 00 00 fe 04 00 01 04000000"  # IPv6, ::/0, main table, static, unicast, onlink
    "0800 0400 01000000  0800 0600 bc020000"
    "1400 0500 fe800000000000000000000000000001"
)


def test_an_address_is_added_with_the_bytes_that_ip_sends() -> None:
    packed = socket.inet_aton("10.8.0.2")
    request = rtnetlink.address(True, 1, socket.AF_INET, packed, 30)
    assert request.packed(7) == ADDRESS


def test_an_mtu_is_set_with_the_bytes_that_ip_sends() -> None:
    assert rtnetlink.set_link(1, mtu=1430).packed(7) == MTU


def test_a_default_route_names_interface_metric_and_gateway() -> None:
    gateway = socket.inet_pton(socket.AF_INET6, "fe80::1")
    request = rtnetlink.default_route(True, 1, socket.AF_INET6, 700, gateway)
    assert request.packed(7) == ROUTE


def test_without_a_gateway_the_link_itself_is_the_way() -> None:
    request = rtnetlink.default_route(True, 1, socket.AF_INET, 700)
    assert request.body == bytes.fromhex(
        "02 00 00 00 fe 04 00 01 00000000 0800 0400 01000000 0800 0600 bc020000"
    )


def test_taking_away_creates_nothing() -> None:
    for request in (
        rtnetlink.address(False, 1, socket.AF_INET, bytes(4), 30),
        rtnetlink.default_route(False, 1, socket.AF_INET, 700),
    ):
        assert (request.kind, request.flags) in ((21, 4), (25, 4))


def test_flags_and_mtu_are_read_from_among_other_attributes() -> None:
    head = struct.pack("=BxHiII", 0, 512, 7, 0x10D1, 0)
    name = struct.pack("=HH", 9, 3) + b"ppp0\0" + bytes(3)
    payload = head + name + struct.pack("=HHI", 8, 4, 1430)
    assert rtnetlink.read_link(payload) == (0x10D1, 1430)


@given(st.binary(max_size=120))
def test_cut_off_and_lying_datagrams_are_no_harm(data: bytes) -> None:
    for message in rtnetlink.messages(data):
        assert len(message.payload) <= len(data)
    rtnetlink.read_link(bytes(16) + data)


def test_an_error_is_the_errno_of_the_answer_and_an_acknowledgement_is_none() -> None:
    assert Message(2, 7, struct.pack("=i", -errno.EEXIST)).error == errno.EEXIST
    assert Message(2, 7, bytes(4)).error == 0
    assert Message(16, 7, struct.pack("=i", -1)).error == 0


class Kernel:
    """What the other end of the socket says to each request."""

    def __init__(self, *answers: bytes | OSError) -> None:
        self.answers = list(answers)
        self.closed = 0

    def send(self, _request: bytes) -> None:
        pass

    def recv(self, _size: int) -> bytes:
        answer = self.answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    def close(self) -> None:
        self.closed += 1


def answer(sequence: int, code: int = 0) -> bytes:
    return Request(2, 0, struct.pack("=i", -code)).packed(sequence)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    kernel = Kernel()
    monkeypatch.setattr(socket, "socket", lambda *_: kernel)
    return kernel


def test_answers_to_other_requests_are_passed_over(kernel: Kernel) -> None:
    kernel.answers = [answer(99, errno.EPERM), answer(98) + answer(1)]
    Netlink().set_link(1, up=True)
    assert not kernel.answers


def test_a_refusal_is_told_with_its_errno_and_words(kernel: Kernel) -> None:
    kernel.answers = [answer(1, errno.EEXIST)]
    with pytest.raises(NetlinkFailed, match="File exists") as refused:
        Netlink().set_link(1, up=True)
    assert refused.value.code == errno.EEXIST
    assert not kernel.closed


def test_a_lost_answer_closes_the_socket_and_the_next_request_opens_another(
    kernel: Kernel,
) -> None:
    link = Netlink()
    kernel.answers = [OSError(errno.ENOBUFS, "No buffer space available")]
    with pytest.raises(NetlinkFailed):
        link.set_link(1, up=True)
    assert kernel.closed == 1
    kernel.answers = [answer(2)]
    link.set_link(1, up=True)
