"""The virtual modems to measure: what a round of each has, and what is wanted of it."""

from dataclasses import dataclass

from bench.facts import AUTO, PEER, WITH_NM

PPP_PEER = "10.64.64.64"
"""The other end of calls on a serial port."""

INTERNET = "10.64.64.1"
"""An address behind the virtual network, which a default route leads to."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row of the model's table: a measure of `bench.table`, and its limit."""

    measure: str
    limit: float | None = None
    stack: str = AUTO


@dataclass(frozen=True, slots=True)
class Model:
    """How a round of that model goes."""

    name: str
    ttys: int
    """Serial ports of the kernel's option driver that it has once it is a modem."""
    dial: tuple[str, str]
    """What starts the data call in the virtual modem's journal: kind, and the text's beginning."""
    answers: str
    """The address that has to answer pings."""
    wanted: tuple[Wanted, ...]
    switches: bool = False
    """Whether it comes as a CD-ROM."""

    @property
    def stacks(self) -> tuple[str, ...]:
        """The stacks that its rows need."""
        needed = {PEER} | {each.stack for each in self.wanted}
        return tuple(stack for stack in (PEER, AUTO, WITH_NM) if stack in needed)

    def wants(self, *measures: str) -> bool:
        """Whether there is a row for one of these."""
        return any(each.measure in measures for each in self.wanted)


AFTER_THE_PING = (
    Wanted("again"),
    Wanted("idle rate"),
    Wanted("beside rate"),
    Wanted("loaded rate"),
    Wanted("slowdown", limit=1.25),
    Wanted("resident", limit=40.0),
)
"""What is measured alike of every modem with a network interface."""

MODELS = (
    Model(
        "longcheer-mmx352g",
        ttys=4,
        dial=("command", "ATD"),
        answers=PPP_PEER,
        switches=True,
        wanted=(
            Wanted("export", limit=0.1),
            Wanted("export", stack=WITH_NM),
            Wanted("ping", limit=0.25),
            Wanted("ping", limit=0.35, stack=WITH_NM),
            Wanted("commands until registered", limit=0.5),
            Wanted("get", limit=1.0),
            Wanted("get all"),
            Wanted("resident", limit=40.0),
        ),
    ),
    Model(
        "huawei-mu609",
        ttys=5,
        dial=("command", "AT^NDISDUP=1,1"),
        answers=INTERNET,
        wanted=(
            Wanted("object", limit=0.1),
            Wanted("ping", limit=0.2),
            Wanted("commands"),
            *AFTER_THE_PING,
        ),
    ),
    Model(
        "qmi-lte",
        ttys=4,
        dial=("qmi", "WDS Start Network"),
        answers=INTERNET,
        wanted=(
            Wanted("object", limit=0.2),
            Wanted("up", limit=0.3),
            Wanted("ping", limit=0.3),
            Wanted("qmi messages"),
            Wanted("commands"),
            *AFTER_THE_PING,
        ),
    ),
)


def model(name: str) -> Model:
    """The model of that name."""
    return next(each for each in MODELS if each.name == name)
