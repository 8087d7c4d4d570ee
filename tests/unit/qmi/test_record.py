"""Records behave as frozen dataclasses do."""

from dataclasses import FrozenInstanceError, replace

import pytest

from wwand.qmi import dms, uim, wds
from wwand.qmi.message import SUCCESS
from wwand.qmi.wds_values import ConnectionStatus

UP = wds.Connection(ConnectionStatus.CONNECTED, False)


def test_a_record_is_equal_by_its_values() -> None:
    again = wds.Connection(status=ConnectionStatus.CONNECTED, reconfiguration_required=False)
    assert again == UP
    assert hash(again) == hash(UP)
    assert replace(UP, reconfiguration_required=True) != UP
    assert dms.GetModel() != dms.GetRevision()
    assert uim.CardResult(1, 2) != uim.PinRetries(1, 2)


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        UP.status = ConnectionStatus.UNKNOWN  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del UP.status


def test_a_record_wants_its_fields_and_no_others() -> None:
    with pytest.raises(TypeError, match="needs reconfiguration_required"):
        wds.Connection(ConnectionStatus.CONNECTED)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="has no colour"):
        dms.GetModel(colour=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="no place"):
        dms.GetModel(1)  # type: ignore[call-arg,arg-type]
    with pytest.raises(TypeError, match="no place"):
        dms.GetModelResponse("M", model="N")  # type: ignore[misc]


def test_a_message_shows_what_it_has() -> None:
    assert repr(dms.GetModelResponse("M")) == (
        f"GetModelResponse(unreadable=(), result={SUCCESS!r}, model='M')"
    )
    assert "350000000000000" not in repr(dms.GetIdsResponse(imei="350000000000000"))
