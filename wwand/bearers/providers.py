"""Access points by operator, from the package mobile-broadband-provider-info where installed.

Its file is public domain, and is read when a SIM needs it: of its 360 kB nothing is kept.
"""

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, iterparse

from wwand.bearers.apn import Profile
from wwand.log import ObjectLog
from wwand.status import Auth

FILE = Path("/usr/share/mobile-broadband-provider-info/serviceproviders.xml")

AUTHS = {"pap": Auth.PAP, "chap": Auth.CHAP, "none": Auth.NONE}
"""Values of `method` (serviceproviders.2.dtd)."""

log = ObjectLog(__name__, "apn")


def known(operator: str, name: str = "", file: Path = FILE) -> tuple[Profile, ...]:
    """The access points for the Internet of a SIM's home network (MCC and MNC), best first.

    Several providers may share a network: the one of that `name` comes first, then its owner.
    """
    if len(operator) not in (5, 6):
        return ()
    found: list[tuple[bool, bool, list[Profile]]] = []
    try:
        for provider in _providers(file):
            if any(_is(network, operator) for network in provider.iterfind("gsm/network-id")):
                names = [each.text or "" for each in provider.iterfind("name")]
                same = bool(name) and name.casefold() in (n.casefold() for n in names)
                owner = provider.get("primary") == "true"
                found.append((not same, not owner, list(_profiles(provider))))
    except FileNotFoundError:
        return ()
    except (OSError, ParseError) as error:
        log.warning("%s cannot be read: %s", file, error)
        return ()
    found.sort(key=lambda each: each[:2])
    return tuple(dict.fromkeys(profile for *_, profiles in found for profile in profiles))


def _providers(file: Path) -> Iterator[Element]:
    """Yield each provider, and forget it before the next."""
    with open(file, "rb") as stream:
        for _, element in iterparse(stream):
            if element.tag == "provider":
                yield element
            if element.tag in ("provider", "country"):
                element.clear()


def _is(network: Element, operator: str) -> bool:
    return f"{network.get('mcc', '')}{network.get('mnc', '')}" == operator


def _profiles(provider: Element) -> Iterator[Profile]:
    for apn in provider.iterfind("gsm/apn"):
        usages = [usage.get("type") for usage in apn.iterfind("usage")]
        name = apn.get("value", "")
        if name and (not usages or "internet" in usages):
            how = apn.find("authentication")
            yield Profile(
                name,
                apn.findtext("username") or "",
                apn.findtext("password") or "",
                AUTHS.get("" if how is None else how.get("method", ""), Auth.UNKNOWN),
            )
