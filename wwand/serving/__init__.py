"""A device being a modem: which way it is served."""

from wwand.modem.at import AtModem
from wwand.plugin import Match
from wwand.serving.at import AtServing
from wwand.serving.base import Host, Serving
from wwand.serving.card import CardServing
from wwand.serving.qmi import QmiServing
from wwand.status import LayoutKind
from wwand.switching.layouts import Layout


def serving(host: Host, match: Match, layout: Layout | None) -> Serving:
    """The way to serve a modem of that plugin in that layout."""
    if layout and layout.kind is LayoutKind.QMI:
        return QmiServing(host, match, layout)
    if issubclass(match.modem, AtModem):
        return AtServing(host, match, layout)
    return CardServing(host, match, layout)
