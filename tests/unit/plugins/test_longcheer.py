from dataclasses import replace

import pytest
import wwand_longcheer
from wwand_longcheer import modem as longcheer
from wwand_longcheer.modem import BOTH, MODES, LongcheerModem
from wwand_longcheer.switching import RULES

from tests.unit.modem.test_at_modem import ANSWERS, Bench, bench, said
from tests.unit.switching.sticks import CDROM, MODEM, THREAD
from wwand.device import MASS_STORAGE, Configuration, Interface, UsbDevice, UsbId
from wwand.errors import BadReply
from wwand.modem.numbers import Numbers
from wwand.plugin import KNOWN_ID, KNOWN_VENDOR, Match, Refusal
from wwand.ports.roles import Role
from wwand.status import AccessTechnology as Act
from wwand.status import Capability, Lock, Mode
from wwand.switching.actions import Messages
from wwand.switching.rules import SwitchRule

# --- which devices ------------------------------------------------------------------------------


def test_the_stick_of_the_thread_is_known_with_its_ports() -> None:
    claim = wwand_longcheer.wwand_match(MODEM)
    assert isinstance(claim, Match)
    assert (claim.score, claim.name, claim.modem) == (KNOWN_ID, "longcheer", LongcheerModem)
    assert claim.roles[3] is Role.PRIMARY
    assert {claim.roles[n] for n in (0, 1, 2)} == {Role.SECONDARY}
    assert 4 not in claim.roles


def test_a_stick_that_is_still_a_disk_is_refused() -> None:
    assert isinstance(wwand_longcheer.wwand_match(CDROM), Refusal)


def test_another_product_of_the_maker_needs_the_driver_of_a_modem() -> None:
    unknown = replace(MODEM, id=UsbId(0x1C9E, 0x5555))
    claim = wwand_longcheer.wwand_match(unknown)
    assert isinstance(claim, Match)
    assert claim.score == KNOWN_VENDOR
    assert claim.roles == {}
    plain = tuple(replace(i, driver="") for i in unknown.interfaces)
    without = replace(unknown, configurations=(Configuration(1, plain),))
    assert isinstance(wwand_longcheer.wwand_match(without), Refusal)


def test_other_makers_are_none_of_its_business() -> None:
    assert wwand_longcheer.wwand_match(replace(MODEM, id=UsbId(0x12D1, 0x1573))) is None


def test_the_other_brands_vendor_id_is_claimed_for_one_product_only() -> None:
    x060 = replace(MODEM, id=UsbId(0x1BBB, 0x0000))
    assert isinstance(wwand_longcheer.wwand_match(x060), Match)
    assert isinstance(wwand_longcheer.wwand_match(replace(x060, id=UsbId(0x1BBB, 1))), Refusal)


# --- switching ----------------------------------------------------------------------------------


def rules_for(device: UsbDevice) -> list[SwitchRule]:
    return [rule for rule in RULES if rule.is_about(device) and rule.is_due(device)]


def test_the_stick_of_the_thread_gets_the_message_of_the_thread_first() -> None:
    rule = rules_for(CDROM)[0]
    (action,) = rule.actions
    assert isinstance(action, Messages)
    (message,) = action.plan.messages
    assert message.hex() == THREAD
    assert rule.reached_by(MODEM)


def test_a_stick_with_other_strings_gets_the_message_for_those_first() -> None:
    rule = rules_for(replace(CDROM, manufacturer="Qualcomm"))[0]
    assert rule.name == "Longcheer stick"
    assert isinstance(rule.actions[0], Messages)
    assert rule.actions[0].plan.messages[0][15:17].hex() == "ff00"


def test_a_stick_that_is_a_modem_already_is_not_switched() -> None:
    assert rules_for(MODEM) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.id))
def test_no_rule_makes_a_modem_of_what_it_begins_with(rule: SwitchRule) -> None:
    assert rule.id not in rule.targets
    storage = Interface(0, MASS_STORAGE, 6, 0x50)
    device = replace(CDROM, id=rule.id, configurations=(Configuration(1, (storage,)),))
    assert rule.is_due(device)
    assert all(action.fits(device) for action in rule.actions)


# --- what its firmware says ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said_by_it", "technology"),
    [
        ("+PSRAT: HSDPA", Act.HSDPA),
        ("+PSRAT: HSUPA", Act.HSUPA),
        ("+PSRAT: UMTS", Act.UMTS),
        ("+PSRAT: EDGE", Act.EDGE),
        ("+PSRAT: GPRS", Act.GPRS),
        ("+PSRAT: NONE", Act.UNKNOWN),
    ],
)
def test_the_radio_technology_is_read_from_words(said_by_it: str, technology: Act) -> None:
    assert longcheer.radio_technology.parse([said_by_it]) == technology


def test_the_tries_left_are_read_from_one_line_without_a_name() -> None:
    assert longcheer.retries.parse(["PIN1=3; PUK1=10; PIN2=2; PUK2=9"]) == {
        Lock.SIM_PIN: 3,
        Lock.SIM_PUK: 10,
        Lock.SIM_PIN2: 2,
        Lock.SIM_PUK2: 9,
    }


def test_an_answer_without_tries_is_none() -> None:
    with pytest.raises(BadReply):
        longcheer.retries.parse(["+CPNNUM: what?"])


# --- the modem ----------------------------------------------------------------------------------


class LongcheerBench(Bench):
    def __init__(self) -> None:
        super().__init__()
        self.modem = LongcheerModem(MODEM, "longcheer", Numbers())


OF_ITS_OWN: dict[str, str | bytes] = {
    "AT+MODODR?": said("+MODODR: 2"),
    "AT+MODODR=1": "OK",
    "AT+PSRAT": said("+PSRAT: HSDPA"),
    "AT+CPNNUM": said("PIN1=2; PUK1=10; PIN2=3; PUK2=10"),
}


async def test_it_is_asked_in_the_makers_own_way() -> None:
    async with bench(OF_ITS_OWN, made=LongcheerBench()) as b:
        await b.modem.start()
        assert b.modem.current_modes == (BOTH, Mode.G3)
        assert set(b.modem.supported_modes) == set(MODES)
        assert b.modem.unlock_retries[Lock.SIM_PIN] == 2
        assert b.modem.current_capabilities == Capability.GSM_UMTS
        assert await b.modem.load_access_technology() == Act.HSDPA
        assert "AT+WS46=?" not in b.heard
        assert "AT+CPINR" not in b.heard


async def test_what_it_refuses_is_asked_as_of_any_modem() -> None:
    async with bench(made=LongcheerBench()) as b:
        await b.modem.start()
        assert "AT+CPNNUM" in b.heard
        assert b.modem.unlock_retries[Lock.SIM_PIN] == 3
        assert b.modem.current_modes == (BOTH, Mode.NONE)


async def test_a_mode_is_chosen_by_its_number() -> None:
    async with bench(OF_ITS_OWN, made=LongcheerBench()) as b:
        await b.modem.start()
        await b.modem.set_modes(Mode.G3, Mode.NONE)
        assert "AT+MODODR=1" in b.heard
        assert b.modem.current_modes == (Mode.G3, Mode.NONE)


def test_the_answers_of_any_modem_hold_none_of_its_own() -> None:
    assert not OF_ITS_OWN.keys() & ANSWERS.keys()
