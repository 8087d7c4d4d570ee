"""Devices and modems as the daemon describes them, for tests of what is made of them."""

from typing import Any

from wwand.cli.objects import MODEM, MODEM_3GPP, MODEM_SIGNAL, Device, Modem

ROOT = "/org/freedesktop/ModemManager1"

HISTORY = [
    (1.0, "found", "1c9e:f000 USB Modem"),
    (1.1, "switching", "by Longcheer"),
    (1.6, "switching", "came back as 1c9e:9605"),
    (1.7, "settling", "longcheer: its port table has this id"),
    (1.9, "probing", "asking the ports what they speak"),
    (2.4, "modem", "modem0 is ready"),
]


def device(number: int = 0, **facts: Any) -> Device:
    """A stick that has become a modem, but for what is given."""
    known = {
        "Phase": "modem",
        "Reason": "modem0 is ready",
        "NextStep": "",
        "UsbId": "1c9e:9605",
        "Place": f"1-{number + 1}",
        "SysfsPath": f"/sys/devices/usb1/1-{number + 1}",
        "Manufacturer": "USB Modem",
        "Product": "USB Modem",
        "Drivers": ["option"],
        "Ports": [("ttyUSB0", "tty", 0, "primary")],
        "Configurations": b"\x01",
        "ActiveConfiguration": 1,
        "Layouts": [(1, "ppp", "option", "in use")],
        "Plugin": "longcheer",
        "Verdicts": [("generic", 10, "the option driver"), ("longcheer", 100, "known id")],
        "Modem": f"{ROOT}/Modem/0",
        "History": HISTORY,
    }
    return Device(number, f"/org/wwand1/Device/{number}", known | facts)


def modem(
    number: int = 0,
    gpp: dict[str, Any] | None = None,
    signal: dict[str, Any] | None = None,
    **facts: Any,
) -> Modem:
    """A registered modem, but for what is given."""
    known = {
        "Sim": f"{ROOT}/SIM/0",
        "Bearers": [],
        "CurrentCapabilities": 4,
        "Manufacturer": "Micromax",
        "Model": "MMX352G",
        "Revision": "LQA0083",
        "HardwareRevision": "",
        "DeviceIdentifier": "f00d",
        "Device": f"/sys/devices/usb1/1-{number + 1}",
        "Drivers": ["option"],
        "Plugin": "longcheer",
        "PrimaryPort": "ttyUSB0",
        "Ports": [("ttyUSB0", 3), ("ttyUSB1", 5)],
        "IgnoredPorts": [("ttyUSB2", 9)],
        "EquipmentIdentifier": "910000010000114",
        "UnlockRequired": 1,
        "UnlockRetries": {2: 3},
        "State": 8,
        "StateFailedReason": 0,
        "AccessTechnologies": 1 << 7,
        "SignalQuality": (61, True),
        "OwnNumbers": ["+491700000001"],
        "PowerState": 3,
        "SupportedModes": [(2, 0), (6, 4)],
        "CurrentModes": (6, 4),
        "SupportedIpFamilies": 3,
    }
    network = {
        "RegistrationState": 1,
        "OperatorCode": "26201",
        "OperatorName": "Example",
        "EnabledFacilityLocks": 0,
        "PacketServiceState": 2,
    }
    return Modem(
        f"{ROOT}/Modem/{number}",
        {MODEM: known | facts, MODEM_3GPP: network | (gpp or {}), MODEM_SIGNAL: signal or {}},
    )


SIM: dict[str, Any] = {
    "SimIdentifier": "8949000000000000011",
    "Imsi": "262010123456789",
    "Eid": "",
    "OperatorName": "Example",
    "OperatorIdentifier": "26201",
    "EmergencyNumbers": ["112"],
}


def bearer(**facts: Any) -> dict[str, Any]:
    """A connection that is up on ppp0, but for what is given."""
    return {
        "Interface": "ppp0",
        "Connected": True,
        "ConnectionError": ("", ""),
        "Suspended": False,
        "Ip4Config": {
            "method": 2,
            "address": "10.0.0.2",
            "prefix": 32,
            "gateway": "10.64.64.64",
            "dns1": "10.0.0.53",
            "dns2": "10.0.0.54",
        },
        "Ip6Config": {"method": 0},
        "Stats": {"duration": 5, "rx-bytes": 10, "tx-bytes": 0},
        "Properties": {"apn": "internet", "allow-roaming": True},
    } | facts
