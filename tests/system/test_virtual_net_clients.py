"""Virtual modems with network interfaces, judged by ModemManager, which knows nothing of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.system.vm.guest import (
    Process,
    Simulator,
    mmcli,
    output,
    simulator,
    wait_for_devices,
)

INTERNET = "10.64.64.1"
"""An address in the carrier's network that answers."""


@contextmanager
def managed(model: str, *ports: str) -> Iterator[Simulator]:
    """Attach a model, and have ModemManager find it."""
    with simulator(model, "--latency", "0.02") as running:
        wait_for_devices(*ports)
        with (
            Process(["ModemManager"], log=Path("/tmp/modemmanager.log")),
            Process(["gdbus", "wait", "--system", "org.freedesktop.ModemManager1"]) as there,
        ):
            there.ended()
            with Process(["mmcli", "-M"]) as watch:
                watch.line("/org/freedesktop/ModemManager1/Modem/", 120)
                yield running


def connect() -> Any:
    """Connect as a client of ModemManager does, take the address over, and describe the bearer."""
    output("mmcli", "-m", "any", "--simple-connect=apn=internet", deadline=120)
    (path,) = mmcli("-m", "any")["modem"]["generic"]["bearers"]
    bearer = mmcli("-b", path)["bearer"]
    interface, told = bearer["status"]["interface"], bearer["ipv4-config"]
    output("ip", "link", "set", interface, "up")
    output("ip", "address", "add", f"{told['address']}/{told['prefix']}", "dev", interface)
    output("ip", "route", "replace", "default", "via", told["gateway"], "dev", interface)
    return bearer


def test_modem_manager_connects_the_mu609_by_its_ethernet_device() -> None:
    with managed("huawei-mu609", *(f"ttyUSB{number}" for number in range(5))) as modem:
        generic = mmcli("-m", "any")["modem"]["generic"]
        assert generic["plugin"] == "huawei"
        assert set(generic["drivers"]) == {"cdc_ether", "option"}
        bearer = connect()
        assert bearer["status"]["interface"] == "enx00a0c6000001"
        assert bearer["ipv4-config"]["method"] == "static"
        output("ping", "-c1", "-W10", INTERNET)
        assert not modem.entries("crashed")
