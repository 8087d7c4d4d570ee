"""Read a SIM over AT: is it there, what keeps it locked, and what is on it."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from wwand.at import identity, sim, sim_files
from wwand.errors import BadReply, EquipmentError, NotFound, Unauthorized, WwandError
from wwand.modem.sim import NoSim, SimFacts
from wwand.status import FailedReason, Lock
from wwand.tasks import side_by_side

if TYPE_CHECKING:
    from wwand.modem.at import AtModem

SIM_BUSY = 14
"""+CME number of a card that is still starting (27.007 §9.2)."""

LOCK_OF_ERROR = {5: Lock.PH_SIM_PIN, 11: Lock.SIM_PIN, 12: Lock.SIM_PUK, 17: Lock.SIM_PIN2}
"""+CME numbers that some modems answer to AT+CPIN? in place of the lock's name."""

ABSENT = sim_files.SimAnswer(0x90, 0, b"")
"""A file that the modem does not let us read."""

MISSING = frozenset({10})
BROKEN = frozenset({13, 15})

PATIENCE = 15.0
"""Seconds for a card to become ready after power-up: cards with many applets take ten."""

BETWEEN = 0.5
"""Seconds between two looks at a busy card: nothing reports that it has become ready."""


class SimReader:
    """Asks one modem about its SIM."""

    def __init__(self, modem: "AtModem") -> None:
        self._modem = modem

    async def lock(self) -> Lock:
        """What the SIM asks for; waits while it is busy. WwandError when no SIM can be used."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + PATIENCE
        while True:
            try:
                return await self._modem.control.send(sim.lock_state)
            except EquipmentError as error:
                if error.code in LOCK_OF_ERROR:
                    return LOCK_OF_ERROR[error.code]
                if error.code in MISSING:
                    raise self._unusable(FailedReason.SIM_MISSING, error) from None
                if error.code != SIM_BUSY or loop.time() >= ends:
                    raise self._unusable(FailedReason.SIM_ERROR, error) from None
            await asyncio.sleep(BETWEEN)

    def _unusable(self, reason: FailedReason, error: WwandError) -> NoSim:
        return NoSim(reason, str(error), error.next_step)

    async def card(self) -> str:
        """What tells this card from others: its ICCID needs no PIN, else the modem's IMEI."""
        iccid = await self._file(sim_files.EF_ICCID, 10)
        if iccid:
            return iccid.hex()
        return (await self._modem.ask(identity.serial_numbers, identity.Serials())).imei

    async def facts(self) -> SimFacts:
        """What an unlocked card says."""
        iccid, imsi, name, mnc_length, emergency = await side_by_side(
            self._file(sim_files.EF_ICCID, 10),
            self._modem.ask(sim.imsi, ""),
            self._file(sim_files.EF_SPN, 17),
            self._mnc_length(),
            self._file(sim_files.EF_ECC, 15),
        )
        return SimFacts(
            iccid=_read(lambda: sim.read_iccid(iccid.hex()))
            or await self._modem.ask(self._modem.iccid_command, ""),
            imsi=imsi,
            operator_id=imsi[: 3 + mnc_length],
            operator_name=_read(lambda: sim_files.provider_name(name)),
            emergency_numbers=sim_files.emergency_numbers(emergency),
        )

    async def _mnc_length(self) -> int:
        data = await self._file(sim_files.EF_AD, 4)
        try:
            return sim_files.mnc_length(data)
        except BadReply:
            return 2

    async def _file(self, file: int, length: int) -> bytes:
        answer = await self._modem.ask(sim_files.read_file(file, length), ABSENT)
        try:
            return answer.content
        except (NotFound, Unauthorized, BadReply):
            return b""


def _read(what: Callable[[], str]) -> str:
    try:
        return what()
    except BadReply:
        return ""
