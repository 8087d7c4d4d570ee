"""What wwand has put on this machine, kept on disk so that the next run can clean up a crash."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from wwand.log import ObjectLog
from wwand.net.link import Changes, Route
from wwand.net.resolver import DnsEntry

log = ObjectLog(__name__, "net")


@dataclass(slots=True)
class Page:
    """What was done for one bearer; written after every step, deleted when all is taken back."""

    file: Path
    link: Changes | None = None
    dns: DnsEntry | None = None
    farewell: tuple[str, ...] = ()
    """A command that ends the link's DHCP client, where a signal is not enough."""

    def note_link(self, changes: Changes) -> None:
        """Note what was done to the interface, all in all."""
        self.link = changes
        self._save()

    def note_dns(self, entry: DnsEntry | None) -> None:
        """Note where name servers were registered."""
        self.dns = entry
        self._save()

    def note_farewell(self, command: tuple[str, ...]) -> None:
        """Note how the DHCP client that is about to run is ended."""
        self.farewell = command
        self._save()

    def _save(self) -> None:
        """Write the page so that it is whole at every moment; a full disk stops no connection."""
        page = {
            "link": asdict(self.link) if self.link else None,
            "dns": asdict(self.dns) if self.dns else None,
            "farewell": self.farewell,
        }
        new = self.file.with_suffix(".new")
        try:
            self.file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            new.write_text(json.dumps(page))
            new.replace(self.file)
        except OSError as error:
            log.warning("%s cannot be written: %s", self.file, error.strerror)

    def delete(self) -> None:
        """Forget the page: everything on it is taken back."""
        self.file.unlink(missing_ok=True)


class Journal:
    """The pages of all bearers, one file each below the run directory."""

    def __init__(self, run_dir: Path) -> None:
        self._dir = run_dir / "applied"

    def page(self, name: str) -> Page:
        """Return an empty page."""
        return Page(self._dir / f"{name}.json")

    def pages(self) -> Iterator[Page]:
        """Yield the pages an earlier run left; one that cannot be read is reported and deleted."""
        for file in sorted(self._dir.glob("*.json")):
            try:
                page = _read(file)
            except (OSError, ValueError, TypeError, KeyError) as error:
                log.warning("%s cannot be read (%s); what it lists is left as it is", file, error)
                file.unlink(missing_ok=True)
            else:
                yield page


def _read(file: Path) -> Page:
    stored: dict[str, Any] = json.loads(file.read_text())
    page = Page(file)
    if link := stored["link"]:
        routes = tuple(Route(**route) for route in link["routes"])
        addresses, router = tuple(link["addresses"]), tuple(link["router_before"])
        page.link = Changes(
            **{**link, "addresses": addresses, "routes": routes, "router_before": router}
        )
    if dns := stored["dns"]:
        page.dns = DnsEntry(**dns)
    page.farewell = tuple(stored["farewell"])
    return page
