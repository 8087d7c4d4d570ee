"""All messages that are declared, by service and number."""

from wwand.qmi import (
    ctl,
    dms,
    dms_events,
    dms_uim,
    nas,
    nas_cells,
    nas_names,
    nas_selection,
    nas_signal,
    nas_system,
    uim,
    uim_slots,
    voice,
    wda,
    wds,
    wds_profiles,
    wms,
)
from wwand.qmi.frame import Frame, Kind
from wwand.qmi.message import INDICATIONS, REQUESTS, Message

SERVICES = (
    *(ctl, dms, dms_events, dms_uim, nas, nas_cells, nas_names, nas_selection, nas_signal),
    *(nas_system, uim, uim_slots, voice, wda, wds, wds_profiles, wms),
)
"""The modules that declare them; importing this one loads them."""


def message_class(frame: Frame) -> type[Message] | None:
    """The class that a frame's message is declared as; None for one that is not."""
    key = frame.service, frame.id
    match frame.kind:
        case Kind.REQUEST:
            return REQUESTS.get(key)
        case Kind.RESPONSE:
            asked = REQUESTS.get(key)
            return asked.response if asked else None
        case Kind.INDICATION:
            return INDICATIONS.get(key)


def read(frame: Frame) -> Message | None:
    """The message in a frame; None for one that is not declared."""
    cls = message_class(frame)
    return cls.read(frame.tlvs) if cls else None
