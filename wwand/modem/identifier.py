"""A name for a modem that stays, and does not give its serial numbers away."""

import hashlib

from wwand.device import UsbId
from wwand.status import Identity


def stable_name(usb_id: UsbId, identity: Identity) -> str:
    """SHA-1 in hex of what the modem says it is: ModemManager's DeviceIdentifier."""
    facts = (
        str(usb_id),
        identity.manufacturer,
        identity.model,
        identity.revision,
        identity.imei,
    )
    return hashlib.sha1("\0".join(facts).encode(), usedforsecurity=False).hexdigest()
