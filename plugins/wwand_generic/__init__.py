"""Modems that no vendor's plugin claims, driven by what 3GPP standardises."""

from wwand.device import UsbDevice
from wwand.modem.at import AtModem
from wwand.modem.router import RouterModem
from wwand.plugin import ANY_MODEM, Match, Refusal, hookimpl, is_network_card, modem_evidence


@hookimpl
def wwand_match(device: UsbDevice, sure: bool) -> Match | Refusal | None:
    """Claim whatever is shown to be a modem; a mere network card only on the user's word."""
    if sure and is_network_card(device):
        why = "the configuration says that this network card is a modem"
        return Match(ANY_MODEM, why, RouterModem, "generic")
    evidence = modem_evidence(device) or ("the configuration says so" if sure else "")
    if not evidence:
        return Refusal("no driver of a cellular modem is bound to it")
    return Match(ANY_MODEM, evidence, AtModem, "generic")
