"""The virtual modem's QMI on a pseudo terminal, read by Debian's qmicli (skipped without it)."""

import asyncio
import os
import pty
import shutil
import tty
from collections.abc import AsyncIterator

import pytest

from tests.unit.simulator.qmi.conftest import Bench
from wwand.qmi.frame import Splitter

DEADLINE = 20.0

pytestmark = pytest.mark.skipif(
    shutil.which("qmicli") is None, reason="no qmicli (Debian: libqmi-utils)"
)


@pytest.fixture
async def port(bench: Bench) -> AsyncIterator[str]:
    """A terminal that passes frames on to the modem, as qmi_wwan does."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    channel, splitter = bench.modem.channels[1], Splitter()

    def readable() -> None:
        for frame in splitter.feed(os.read(master, 4096)):
            channel.written(frame.encode())

    def say(message: bytes) -> None:
        os.write(master, message)

    channel.on_message = say
    asyncio.get_running_loop().add_reader(master, readable)
    yield os.ttyname(slave)
    asyncio.get_running_loop().remove_reader(master)
    os.close(master)
    os.close(slave)


async def qmicli(port: str, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *("qmicli", "-d", port, "--device-open-qmi", "--silent", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(DEADLINE):
        said, _ = await process.communicate()
    return said.decode()


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ("--get-service-version-info", ["wds (1.67)", "uim (1.46)"]),
        ("--dms-get-ids", ["IMEI: '490154203237518'"]),
        ("--dms-get-manufacturer", ["Manufacturer: 'Maker'"]),
        ("--dms-get-capabilities", ["Networks: 'gsm, umts, lte'", "SIM: 'supported'"]),
        ("--dms-get-msisdn", ["MSISDN: '+15550100'"]),
        ("--dms-get-power-state", ["Power state: 'external-source'"]),
        ("--dms-get-operating-mode", ["Mode: 'online'"]),
        ("--dms-get-band-capabilities", ["wcdma-2100", "LTE bands: '1, 3, 7, 8, 20'"]),
        ("--dms-uim-get-pin-status", ["Status: disabled", "Unblock: 10"]),
        ("--dms-uim-get-imsi", ["IMSI: '001010123456789'"]),
        ("--nas-get-serving-system", ["'registered'", "'lte'", "'Test Network'", "'6699'"]),
        ("--nas-get-system-info", ["Status: 'available'", "MNC: '01'", "Area Code: '6699'"]),
        ("--nas-get-signal-info", ["RSSI: '-73 dBm'", "RSRP: '-93 dBm'", "SNR: '12.0 dB'"]),
        ("--nas-get-signal-strength", ["Network 'lte': '-73 dBm'"]),
        ("--nas-get-home-network", ["Description: 'Own'"]),
        ("--nas-get-operator-name", [": 'Own'", "Short Name: 'Test'"]),
        ("--nas-get-plmn-name=00101", ["Long Name:  'Test Network'", "Service Name: 'Own'"]),
        ("--nas-get-cell-location-info", ["PLMN: '00101'", "Tracking Area Code: '6699'"]),
        ("--nas-get-rf-band-info", ["'eutran-3'"]),
        (
            "--nas-get-system-selection-preference",
            ["Mode preference: 'gsm, umts, lte'", "Acquisition order preference: 'lte, umts, gsm'"],
        ),
        ("--nas-network-scan", ["current-serving, home, not-forbidden"]),
        ("--uim-get-card-status", ["usim (2)", "Application state: 'ready'", "'3'", "'10'"]),
        ("--uim-get-slot-status", ["ICCID: 8900100000000000010", "Slot status: active"]),
        ("--uim-read-transparent=0x3F00,0x2FE2", ["98:00:01:00:00:00:00:00:10:F0"]),
        ("--uim-get-file-attributes=0x3F00,0x7FFF,0x6FAD", ["File size: 4", "transparent"]),
        ("--wds-get-profile-list=3gpp", ["PDP type: 'ipv4-or-ipv6'"]),
        ("--wds-get-lte-attach-parameters", ["IP support type: ipv4v6"]),
        ("--wds-get-channel-rates", ["Max RX rate:     150000000bps"]),
        ("--wds-get-default-settings=3gpp", ["PDP type: 'ipv4'"]),
        ("--wds-get-data-bearer-technology", ["'OutOfCall'", "(last): 'lte'"]),
        ("--wda-get-data-format", ["Link layer protocol: '802-3'"]),
        ("--wda-set-data-format=raw-ip", ["Link layer protocol: 'raw-ip'"]),
        ("--loc-noop", ["'InvalidServiceType'"]),
        ("--dms-get-factory-sku", ["'InvalidQmiCommand'"]),
    ],
)
async def test_qmicli_understands_the_answer(
    bench: Bench, port: str, question: str, answers: list[str]
) -> None:
    told = await qmicli(port, question)
    assert [answer for answer in answers if answer not in told] == [], told
    assert bench.controls.status()[0]["clients"] == {}


async def test_qmicli_starts_a_call_and_reads_its_settings(bench: Bench, port: str) -> None:
    keep = "--client-no-release-cid"
    assert "Network started" in await qmicli(port, "--wds-start-network=apn=internet", keep)
    (client,) = bench.controls.status()[0]["clients"]["WDS"]
    told = await qmicli(port, "--wds-get-current-settings", f"--client-cid={client}", keep)
    assert "IPv4 address: 192.0.2.2" in told
    assert "IPv4 primary DNS: 192.0.2.53" in told
    bearer = await qmicli(port, "--wds-get-data-bearer-technology", f"--client-cid={client}", keep)
    assert "(current): 'lte'" in bearer
    await qmicli(port, "--wds-noop", f"--client-cid={client}")
    assert bench.controls.status()[0]["calls"] == []


async def test_qmicli_shows_both_reasons_of_a_refusal(bench: Bench, port: str) -> None:
    bench.controls.fault("call-end", "33")
    told = await qmicli(port, "--wds-start-network=apn=internet")
    assert "(1018): gsm-wcdma-option-unsubscribed" in told
    assert "(6,33): [3gpp] option-unsubscribed" in told
