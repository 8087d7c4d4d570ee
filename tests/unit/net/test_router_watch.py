"""What the kernel passes on from router advertisements, in the layout of linux/rtnetlink.h."""

import asyncio
import struct
from pathlib import Path

import pytest

from wwand.net.router_watch import RouterWatch, global_address, name_servers

TABLE = """\
00000000000000000000000000000001 01 80 10 80       lo
fe80000000000000994dbc1c7d4434dd 02 80 20 80     ppp0
20010db8007700000000000000000002 02 40 00 40     ppp0
20010db8007700000000000000000003 03 40 00 00     eth0
20010db8007700000000000000000004 02 40 00 08     ppp0
"""
USABLE = "20010db80077000000000000000000aa 02 40 00 00     ppp0\n"

SERVERS = bytes.fromhex("20010db8007700000000000000000053 20010db8007700000000000000000054")


def message(options: bytes, index: int = 7, kind: int = 68) -> bytes:
    body = struct.pack("=BBHiBBHI", 10, 0, len(options), index, 134, 0, 0, 0) + options
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body


def rdnss(addresses: bytes) -> bytes:
    return struct.pack("!BBHI", 25, 1 + len(addresses) // 8, 0, 600) + addresses


def test_link_local_tentative_and_other_interfaces_addresses_do_not_count() -> None:
    assert global_address(TABLE, "ppp0") is None


def test_a_global_address_is_found() -> None:
    found = global_address(TABLE + USABLE, "ppp0")
    assert found
    assert (found.address, found.prefix) == ("2001:db8:77::aa", 64)


def test_name_servers_are_read_from_every_message_of_a_datagram() -> None:
    datagram = message(rdnss(SERVERS[:16])) + message(rdnss(SERVERS[16:]))
    assert name_servers(datagram, 7) == ("2001:db8:77::53", "2001:db8:77::54")


def test_two_servers_may_share_an_option() -> None:
    assert len(name_servers(message(rdnss(SERVERS)), 7)) == 2


def test_other_interfaces_options_and_messages_are_passed_over() -> None:
    assert name_servers(message(rdnss(SERVERS), index=8), 7) == ()
    assert name_servers(message(rdnss(SERVERS), kind=20), 7) == ()
    domain_list = struct.pack("!BBHI", 31, 2, 0, 600) + bytes(8)
    assert name_servers(message(domain_list + rdnss(SERVERS[:16])), 7) == ("2001:db8:77::53",)


def test_cut_off_bytes_are_no_harm() -> None:
    whole = message(rdnss(SERVERS))
    for length in range(len(whole)):
        name_servers(whole[:length], 7)
    assert name_servers(message(bytes(16)), 7) == ()


async def test_an_address_that_is_there_already_is_found_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "if_inet6"
    table.write_text(USABLE.replace("ppp0", "lo"))
    monkeypatch.setattr("wwand.net.router_watch.IF_INET6", table)
    watch = RouterWatch("lo")
    async with asyncio.timeout(10):
        for _ in range(2):
            assert (await watch.address()).address == "2001:db8:77::aa"
    watch.close()
