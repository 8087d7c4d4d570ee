"""Finding the access point that works for a SIM when nobody names one."""

from pathlib import Path

import pytest

from wwand.bearers import providers
from wwand.bearers.apn import Profile
from wwand.bearers.base import Applier, Bearer, BearerSettings
from wwand.device import UsbDevice, UsbId
from wwand.errors import AuthenticationFailed, CallFailed, EquipmentError, NoDriver, WwandError
from wwand.memory import Memory
from wwand.modem.base import Modem
from wwand.modem.desire import ConnectRequest
from wwand.modem.numbers import Numbers
from wwand.modem.sim import Sim, SimFacts
from wwand.modem.simple import connect
from wwand.status import Capability, LayoutKind, RegistrationState
from wwand.status import ModemState as S

UNKNOWN_APN = EquipmentError(127, "MissingOrUnknownApn", "unknown APN")
CARD = "8991101200003204510"


class TriedBearer(Bearer):
    """Works with the access points that its modem says."""

    kind = LayoutKind.NCM

    def __init__(self, modem: "TryingModem", number: int, settings: BearerSettings) -> None:
        super().__init__(number, settings)
        self._modem = modem

    async def start(self) -> None:
        self._modem.tried.append(self.settings.apn)
        if error := self._modem.refusals.get(self.settings.apn):
            raise error

    async def stop(self) -> None:
        pass


class TryingModem(Modem):
    """Registered; refuses what it is told to."""

    def __init__(self, memory: Memory, refusals: dict[str, WwandError]) -> None:
        super().__init__(UsbDevice("1-1", UsbId(0x1C9E, 0x9605), ""), "generic", Numbers())
        self.refusals = refusals
        self.tried: list[str] = []
        self.profiles = memory
        self.sim = Sim(0, self, SimFacts(iccid=CARD, operator_id="00101"))
        for state in (S.INITIALIZING, S.DISABLED, S.ENABLING, S.ENABLED):
            self.become(state)
        self.registration.domains["cgreg"] = RegistrationState.HOME
        self.settle()

    async def wait_registered(self) -> None:
        pass

    def make_bearer(self, number: int, settings: BearerSettings, applier: Applier | None) -> Bearer:
        return TriedBearer(self, number, settings)


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        providers, "known", lambda operator, _name: (Profile("one"), Profile("two"))
    )


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path)


async def connected(modem: Modem, apn: str = "") -> Bearer:
    return await connect(modem, ConnectRequest(BearerSettings(apn), timeout=5))


async def test_an_unknown_apn_is_followed_by_the_next_and_what_works_is_remembered(
    memory: Memory,
) -> None:
    modem = TryingModem(memory, {"one": UNKNOWN_APN})
    bearer = await connected(modem)
    assert modem.tried == ["one", "two"]
    assert bearer.settings.apn == "two"
    assert modem.bearers == [bearer]
    assert memory.profile(CARD) == Profile("two")

    again = TryingModem(memory, {})
    await connected(again)
    assert again.tried == ["two"]


async def test_a_call_without_a_reason_is_followed_by_the_next(memory: Memory) -> None:
    modem = TryingModem(memory, {"one": CallFailed("NoCarrier", "no carrier")})
    await connected(modem)
    assert modem.tried == ["one", "two"]


async def test_lte_begins_with_the_networks_default_and_reads_no_list(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers, "known", lambda *_: pytest.fail("read in vain"))
    modem = TryingModem(memory, {})
    modem.current_capabilities = Capability.LTE
    await connected(modem)
    assert modem.tried == [""]


async def test_lte_goes_on_with_the_list_where_the_default_is_refused(memory: Memory) -> None:
    memory.note_profile(CARD, Profile("old"))
    modem = TryingModem(memory, {"old": UNKNOWN_APN, "": UNKNOWN_APN})
    modem.current_capabilities = Capability.LTE
    await connected(modem)
    assert modem.tried == ["old", "", "one"]


@pytest.mark.parametrize(
    "error",
    [
        AuthenticationFailed("refused"),
        EquipmentError(129, "UserAuthenticationFailed", "refused"),
        NoDriver("pppd is not installed"),
        EquipmentError(30, "NoNetwork", "no network"),
    ],
    ids=["PPP", "CME", "machine", "network"],
)
async def test_what_another_apn_does_not_mend_ends_the_ladder(
    memory: Memory, error: WwandError
) -> None:
    modem = TryingModem(memory, {"one": error})
    with pytest.raises(type(error)):
        await connected(modem)
    assert modem.tried == ["one"]
    assert memory.profile(CARD) is None


async def test_when_none_works_the_last_refusal_says_what_to_do(memory: Memory) -> None:
    modem = TryingModem(memory, dict.fromkeys(("one", "two", ""), UNKNOWN_APN))
    with pytest.raises(EquipmentError) as caught:
        await connected(modem)
    assert modem.tried == ["one", "two", ""]
    assert "wwanctl connect --apn NAME" in caught.value.next_step


async def test_an_apn_that_is_given_is_the_only_one_and_remembered_once_it_works(
    memory: Memory,
) -> None:
    modem = TryingModem(memory, {"mine": UNKNOWN_APN})
    with pytest.raises(EquipmentError):
        await connected(modem, "mine")
    assert modem.tried == ["mine"]
    await connected(modem, "yours")
    assert memory.profile(CARD) == Profile("yours")


async def test_asking_again_leaves_the_connection_that_was_found(memory: Memory) -> None:
    modem = TryingModem(memory, {"one": UNKNOWN_APN})
    first = await connected(modem)
    assert await connected(modem) is first
    assert modem.tried == ["one", "two"]


async def test_asking_for_another_apn_replaces_the_connection(memory: Memory) -> None:
    modem = TryingModem(memory, {})
    first = await connected(modem)
    second = await connected(modem, "mine")
    assert not first.connected
    assert modem.connected_bearers == [second]


async def test_a_call_whose_ppp_is_the_clients_is_not_remembered(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TriedBearer, "tty", Path("/dev/ttyUSB3"))
    await connected(TryingModem(memory, {}))
    assert memory.profile(CARD) is None
