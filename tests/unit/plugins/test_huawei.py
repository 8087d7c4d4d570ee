"""Which devices the Huawei plugin claims, what their ports are for, and how they are switched."""

from dataclasses import replace

import pytest
import wwand_huawei
from wwand_huawei import tables
from wwand_huawei.modem import HuaweiModem
from wwand_huawei.switching import RULES

from wwand.device import MASS_STORAGE, Configuration, Interface, UsbDevice, UsbId
from wwand.modem.router import RouterModem
from wwand.plugin import KNOWN_ID, KNOWN_VENDOR, Match, Plugins, Refusal
from wwand.ports.roles import Role
from wwand.switching.actions import HUAWEI_NEW

Triple = tuple[int, int, int]


def device(product: int, *triples: Triple, driver: str = "", vendor: int = 0x12D1) -> UsbDevice:
    interfaces = tuple(Interface(n, *triple, driver=driver) for n, triple in enumerate(triples))
    return UsbDevice(
        "1-1",
        UsbId(vendor, product),
        "/nowhere/1-1",
        configurations=(Configuration(1, interfaces),),
        active=1,
    )


ECM: Triple = (0x02, 0x06, 0x00)
DATA: Triple = (0x0A, 0x06, 0x00)
STORAGE: Triple = (MASS_STORAGE, 0x06, 0x50)
OLD: Triple = (0xFF, 0xFF, 0xFF)

# the thread's dump: configuration 2, and the functions of configuration 1
MU609 = device(
    0x1573, ECM, DATA, *((0xFF, 0x01, proto) for proto in (0x01, 0x03, 0x02, 0x05, 0x06))
)
HILINK = device(0x14DC, ECM, DATA, STORAGE)


def labelled(*labels: str) -> UsbDevice:
    plain = device(0x1001, *[OLD] * len(labels), driver="option")
    named = tuple(replace(i, label=w) for i, w in zip(plain.interfaces, labels, strict=True))
    return replace(plain, configurations=(Configuration(1, named),))


# --- which devices ------------------------------------------------------------------------------


def test_the_module_of_the_thread_is_known_with_its_ports_in_either_configuration() -> None:
    claim = wwand_huawei.wwand_match(MU609)
    assert isinstance(claim, Match)
    assert (claim.score, claim.name, claim.modem) == (KNOWN_ID, "huawei", HuaweiModem)
    assert claim.roles == {
        2: Role.PRIMARY,
        3: Role.DIAG,
        4: Role.SECONDARY,
        5: Role.GPS,
        6: Role.IGNORED,
    }
    first = device(0x1573, *((0xFF, 0x01, proto) for proto in (1, 3, 2, 5, 6, 7)))
    claim = wwand_huawei.wwand_match(first)
    assert isinstance(claim, Match)
    assert (claim.roles[0], claim.roles[2]) == (Role.PRIMARY, Role.SECONDARY)


@pytest.mark.parametrize("product", [0x14DB, 0x14DC])
def test_a_router_stick_is_known_by_its_id_and_its_network_card(product: int) -> None:
    claim = wwand_huawei.wwand_match(replace(HILINK, id=UsbId(0x12D1, product)))
    assert isinstance(claim, Match)
    assert (claim.score, claim.modem, claim.roles) == (KNOWN_ID, RouterModem, {})


def test_a_router_stick_that_shows_at_ports_is_driven_over_them() -> None:
    debugging = device(0x14DC, ECM, DATA, (0xFF, 0x02, 0x01), (0xFF, 0x02, 0x02))
    claim = wwand_huawei.wwand_match(debugging)
    assert isinstance(claim, Match)
    assert claim.modem is HuaweiModem


def test_another_makers_network_card_is_none_of_its_business() -> None:
    assert wwand_huawei.wwand_match(device(0x14DC, ECM, DATA, vendor=0x0B95)) is None
    assert isinstance(wwand_huawei.wwand_match(device(0x9999, ECM, DATA)), Refusal)


def test_a_mere_network_card_is_a_modem_only_if_the_user_says_so() -> None:
    plugins, card = Plugins(), device(0x1790, ECM, DATA, vendor=0x0B95, driver="cdc_ether")
    assert plugins.match(card)[0] is None
    claim, _ = plugins.match(card, sure=True)
    assert claim
    assert (claim.modem, claim.plugin) == (RouterModem, "generic")


def test_a_stick_that_is_still_a_disk_is_refused() -> None:
    assert isinstance(wwand_huawei.wwand_match(device(0x1446, STORAGE, STORAGE)), Refusal)


def test_an_unknown_product_needs_the_driver_of_a_modem() -> None:
    claim = wwand_huawei.wwand_match(device(0x1001, OLD, OLD, OLD, driver="option"))
    assert isinstance(claim, Match)
    assert (claim.score, claim.modem, claim.roles) == (KNOWN_VENDOR, HuaweiModem, {})
    assert isinstance(wwand_huawei.wwand_match(device(0x1001, OLD, OLD, OLD)), Refusal)


def test_the_two_numberings_of_ports_mean_the_same() -> None:
    lte = device(0x1506, (0xFF, 0x03, 0x10), (0xFF, 0x03, 0x12), (0xFF, 0x03, 0x16), STORAGE)
    claim = wwand_huawei.wwand_match(lte)
    assert isinstance(claim, Match)
    assert claim.roles == {0: Role.PRIMARY, 1: Role.SECONDARY}


# --- ports --------------------------------------------------------------------------------------


def test_what_an_interface_is_called_counts_more_than_its_protocol() -> None:
    named = labelled("Huawei Mobile Connect - Application", "HUAWEI PCUI", "HUAWEI 3G Modem")
    assert tables.roles(named) == {1: Role.SECONDARY, 2: Role.PRIMARY}


def test_without_a_modem_port_the_control_port_takes_calls() -> None:
    assert tables.roles(labelled("Diag", "PCUI")) == {0: Role.DIAG, 1: Role.PRIMARY}


def test_of_two_modem_ports_the_first_takes_calls() -> None:
    assert tables.roles(labelled("Modem", "Modem")) == {0: Role.PRIMARY, 1: Role.SECONDARY}


def test_the_firmware_is_asked_for_its_ports_where_need_be_and_never_where_it_crashes() -> None:
    assert tables.may_be_asked_for_ports(device(0x1001, OLD, OLD))
    assert not tables.may_be_asked_for_ports(device(0x1506, (0xFF, 0x02, 0x01)))
    assert not tables.may_be_asked_for_ports(device(0x1573, OLD, OLD))


@pytest.mark.parametrize(
    ("thing", "dialled"),
    [
        (MU609, True),
        (device(0x155E, (0xFF, 0x02, 0x01), (0x02, 0x0D, 0x00)), True),
        (device(0x1506, (0xFF, 0x02, 0x16)), True),
        (device(0x15C1, (0xFF, 0x02, 0x16)), False),
        (device(0x1436, OLD, (0x02, 0x06, 0xFF)), False),
    ],
)
def test_standard_network_cards_are_dialled_for_by_at(thing: UsbDevice, dialled: bool) -> None:
    assert tables.dials_network(thing) is dialled


# --- switching ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("product", "becomes"), [(0x1446, 0x1436), (0x14FE, 0x1506), (0x1F01, 0x14DC), (0x1F01, 0x14DB)]
)
def test_sticks_get_the_makers_command_first(product: int, becomes: int) -> None:
    disk = device(product, STORAGE)
    (rule,) = (rule for rule in RULES if rule.is_about(disk) and rule.is_due(disk))
    assert rule.actions[0] == HUAWEI_NEW
    assert rule.reached_by(device(becomes, OLD))
    assert all(action.fits(disk) for action in rule.actions)


def test_what_is_a_modem_already_is_not_switched() -> None:
    for thing in (MU609, HILINK, device(0x1506, OLD)):
        assert not any(rule.is_about(thing) for rule in RULES)
