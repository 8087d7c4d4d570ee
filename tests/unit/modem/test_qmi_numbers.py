"""QMI's numbers in those of the bus: networks, technologies, bands, signal."""

import pytest

from wwand.modem.qmi_network import domains_of, offer_status, plmn_code, readable
from wwand.modem.qmi_signal import older_values, quality, steps, values, with_strength
from wwand.modem.qmi_tables import bits, joined, split, technologies
from wwand.qmi import nas, nas_signal
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
from wwand.status import RadioSignal, SignalValues
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


def test_every_radio_tells_its_signal_in_dbm_and_db() -> None:
    said = nas_signal.SignalInfo(
        cdma_signal_strength=nas_signal.CdmaSignal(-80, 9),
        hdr_signal_strength=nas_signal.HdrSignal(-75, 4, 5, -90),
        gsm_signal_strength=-77,
        wcdma_signal_strength=nas_signal.CdmaSignal(-70, 13),
        lte_signal_strength=nas_signal.LteSignal(-65, -11, -95, 134),
        nr5g_signal_strength=nas_signal.Nr5gSignal(-101, -25),
        nr5g_signal_strength_extended=-12,
    )
    assert values(said) == SignalValues(
        cdma=RadioSignal(-80, ecio=-4.5),
        evdo=RadioSignal(-75, ecio=-2, sinr=1, io=-90),
        gsm=RadioSignal(-77),
        umts=RadioSignal(-70, ecio=-6.5),
        lte=RadioSignal(-65, rsrp=-95, rsrq=-11, snr=13.4),
        nr5g=RadioSignal(rsrp=-101, rsrq=-12, snr=-2.5),
    )


def test_what_is_not_measured_is_unknown() -> None:
    assert values(nas_signal.SignalInfo()) == SignalValues()
    said = nas_signal.SignalInfo(
        gsm_signal_strength=-125,
        hdr_signal_strength=nas_signal.HdrSignal(-75, 4, 9, -90),
        nr5g_signal_strength=nas_signal.Nr5gSignal(-32768, -32768),
        nr5g_signal_strength_extended=-32768,
    )
    assert values(said) == SignalValues(evdo=RadioSignal(-75, ecio=-2, io=-90))


def test_5g_may_tell_its_quality_alone() -> None:
    said = nas_signal.SignalInfo(nr5g_signal_strength_extended=-12)
    assert values(said) == SignalValues(nr5g=RadioSignal(rsrq=-12))


def test_the_older_answer_is_sorted_by_radio() -> None:
    radio = RadioInterface
    told = nas_signal.GetSignalStrengthResponse(
        signal_strength=nas_signal.Strength(-70, radio.CDMA_1XEVDO),
        rssi_list=(nas_signal.Rssi(80, radio.CDMA_1X), nas_signal.Rssi(60, radio.NONE)),
        ecio_list=(nas_signal.Ecio(5, radio.CDMA_1X),),
        sinr=8,
        io=-99,
        rsrq=nas_signal.Rsrq(-9, radio.LTE),
        lte_snr=55,
        lte_rsrp=-100,
    )
    assert older_values(told) == SignalValues(
        cdma=RadioSignal(-80, ecio=-2.5),
        evdo=RadioSignal(-70, sinr=9, io=-99),
        lte=RadioSignal(rsrp=-100, rsrq=-9, snr=5.5),
    )
    assert older_values(nas_signal.GetSignalStrengthResponse()) == SignalValues()


def test_the_older_report_changes_the_strength_of_its_radio_and_ends_the_others() -> None:
    before = SignalValues(umts=RadioSignal(-70), lte=RadioSignal(-60, rsrp=-90))
    after = with_strength(before, nas_signal.Strength(-65, RadioInterface.LTE))
    assert after == SignalValues(lte=RadioSignal(-65, rsrp=-90))
    assert with_strength(before, nas_signal.Strength(-65, RadioInterface.NONE)) == before


@pytest.mark.parametrize(
    ("delta", "wanted"), [(10, (-103, -93, -83, -73, -63, -53)), (40, (-73,)), (200, (-82,))]
)
def test_steps_are_as_far_apart_as_is_wanted(delta: int, wanted: tuple[int, ...]) -> None:
    assert steps(delta) == wanted


def test_there_are_never_more_steps_than_firmware_takes() -> None:
    assert all(0 < len(steps(delta)) <= 16 for delta in range(1, 100))
