"""QMI's numbers in those of the bus: networks, technologies, bands, signal."""

import pytest

from wwand.modem.qmi_network import domains_of, offer_status, plmn_code, readable
from wwand.modem.qmi_signal import quality
from wwand.modem.qmi_tables import bits, joined, split, technologies
from wwand.qmi import nas
from wwand.qmi.nas_values import (
    AttachState,
    DataCapability,
    NetworkStatus,
    NetworkType,
    RadioInterface,
    RegistrationState,
    RoamingIndicatorStatus,
)
from wwand.status import AccessTechnology as T
from wwand.status import RegistrationState as R

ON, OFF = AttachState.ATTACHED, AttachState.DETACHED
REGISTERED = RegistrationState.REGISTERED
LTE, UMTS, NR5G = RadioInterface.LTE, RadioInterface.UMTS, RadioInterface.NR5G


def serving(
    state: RegistrationState, cs: AttachState, ps: AttachState, *radios: RadioInterface
) -> nas.ServingSystem:
    return nas.ServingSystem(state, cs, ps, NetworkType.NET_3GPP, radios)


@pytest.mark.parametrize(
    ("system", "roaming", "expected"),
    [
        (serving(REGISTERED, ON, ON, LTE), False, {"creg": R.HOME, "cereg": R.HOME}),
        (serving(REGISTERED, OFF, ON, LTE), True, {"creg": R.IDLE, "cereg": R.ROAMING}),
        (serving(REGISTERED, ON, OFF, UMTS), False, {"creg": R.HOME, "cgreg": R.IDLE}),
        (serving(REGISTERED, OFF, ON, NR5G), False, {"creg": R.IDLE, "c5greg": R.HOME}),
        (
            serving(RegistrationState.NOT_REGISTERED_SEARCHING, OFF, OFF),
            False,
            {"creg": R.SEARCHING, "cgreg": R.SEARCHING},
        ),
        (
            serving(RegistrationState.REGISTRATION_DENIED, OFF, OFF, LTE),
            False,
            {"creg": R.DENIED, "cereg": R.DENIED},
        ),
    ],
)
def test_each_domain_has_its_state(
    system: nas.ServingSystem, roaming: bool, expected: dict[str, R]
) -> None:
    indicator = RoamingIndicatorStatus.ON if roaming else RoamingIndicatorStatus.OFF
    said = nas.GetServingSystemResponse(serving_system=system, roaming_indicator=indicator)
    assert domains_of(said, system) == expected


@pytest.mark.parametrize(
    ("mcc", "mnc", "three", "code"),
    [
        (262, 2, False, "26202"),
        (310, 26, True, "310026"),
        (310, 410, False, "310410"),
        (1, 1, None, "00101"),
    ],
)
def test_a_network_has_its_digits(mcc: int, mnc: int, three: bool | None, code: str) -> None:
    digit = None if three is None else nas.PcsDigit(mcc, mnc, three)
    assert plmn_code(nas.Plmn(mcc, mnc, ""), digit) == code


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (NetworkStatus.CURRENT_SERVING | NetworkStatus.HOME, 2),
        (NetworkStatus.AVAILABLE | NetworkStatus.FORBIDDEN, 3),
        (NetworkStatus.AVAILABLE | NetworkStatus.ROAMING, 1),
        (NetworkStatus(0), 0),
    ],
)
def test_an_offer_has_its_status(status: NetworkStatus, expected: int) -> None:
    assert offer_status(status) == expected


@pytest.mark.parametrize(
    ("text", "name"), [("T-Mobile\0\0", "T-Mobile"), ("T\0-\0", ""), ("\ufffd", ""), ("", "")]
)
def test_a_name_is_shown_when_it_is_one(text: str, name: str) -> None:
    assert readable(text) == name


def test_the_kind_of_data_says_more_than_the_radio() -> None:
    capabilities = (DataCapability.HSDPA, DataCapability.HSUPA)
    assert technologies(capabilities, (UMTS,)) == T.HSDPA | T.HSUPA
    assert technologies((), (UMTS,)) == T.UMTS
    assert technologies((DataCapability(99),), (LTE, NR5G)) == T.LTE | T.NR5G


def test_many_bands_take_several_words() -> None:
    lte = bits((3, 71))
    assert split(lte, 4) == (1 << 2, 1 << 6, 0, 0)
    assert joined(split(lte, 4)) == lte
    assert joined(None) == 0


@pytest.mark.parametrize(
    ("dbm", "percent"), [(-113, 0), (-51, 100), (-30, 100), (-82, 50), (-125, None), (0, None)]
)
def test_a_signal_is_a_part_of_the_bar(dbm: int, percent: int | None) -> None:
    assert quality(dbm) == percent
