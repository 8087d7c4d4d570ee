"""`wwanctl scan`, `register` and `modes`: which networks there are, and which one to use."""

from wwand.cli import pick, words
from wwand.cli.command import Commands, Context, modem_option
from wwand.cli.failures import Failure
from wwand.cli.objects import MODEM, MODEM_3GPP
from wwand.cli.output import Cell

SCAN_PATIENCE = 317.0
"""Seconds: what mmcli gives a scan since 1.24 (a slow modem needs three minutes and more)."""
REGISTER_PATIENCE = 122.0
"""Seconds: what mmcli gives a registration since 1.24."""

OFFERS = {0: "unknown", 1: "available", 2: "current", 3: "forbidden"}
OFFER_TONES = {2: "good", 3: "bad"}
"""By the status of a row of a scan (27.007 §7.3)."""


def add(commands: Commands) -> None:
    """Tell the parser."""
    commands.add("scan", scan, "look for networks; takes a minute or more", modem=True)
    parser = commands.add("register", register, "register with a network, or with the best one")
    parser.add_argument(
        "plmn", metavar="PLMN", nargs="?", default="", help="MCC and MNC, such as 26201"
    )
    modem_option(parser)
    parser = commands.add("modes", modes, "tell or set which generations of networks are used")
    parser.add_argument("allowed", nargs="?", metavar="ALLOWED", help="such as 3g or '3g|4g'")
    parser.add_argument("preferred", nargs="?", metavar="PREFERRED", help="one of ALLOWED")
    modem_option(parser)


async def scan(context: Context) -> None:
    """Print the networks there are."""
    modem = await pick.modem(context.client, context.args.modem)
    (found,) = await context.client.call(modem.path, MODEM_3GPP, "Scan", patience=SCAN_PATIENCE)
    context.out.document(
        [
            {
                "code": row.get("operator-code", ""),
                "name": row.get("operator-long", "") or row.get("operator-short", ""),
                "status": OFFERS.get(row.get("status", 0), ""),
                "technology": words.technology(row.get("access-technology", 0)),
            }
            for row in found
        ]
    )
    if not found:
        context.out.line("No network was found.")
        return
    context.out.table(
        [
            (
                Cell(row.get("operator-code", ""), "head"),
                row.get("operator-long", "") or row.get("operator-short", "") or "-",
                Cell(
                    OFFERS.get(row.get("status", 0), ""), OFFER_TONES.get(row.get("status", 0), "")
                ),
                words.technology(row.get("access-technology", 0)) or "-",
            )
            for row in found
        ],
        head=("PLMN", "NETWORK", "STATUS", "RADIO"),
    )


async def register(context: Context) -> None:
    """Register with one network, or with whichever is best."""
    plmn = context.args.plmn
    if plmn and not (plmn.isascii() and plmn.isdecimal() and len(plmn) in (5, 6)):
        context.args.parser.error("PLMN is MCC and MNC: 5 or 6 digits")
    modem = await pick.modem(context.client, context.args.modem)
    await context.client.call(
        modem.path, MODEM_3GPP, "Register", "s", plmn, patience=REGISTER_PATIENCE
    )
    now = await pick.modem(context.client, modem.path)
    context.out.document(
        {
            "modem": now.number,
            "state": words.state(now.state),
            "operator": now.operator,
            "code": now.gpp.get("OperatorCode", ""),
        }
    )
    where = f" with {now.operator}" if now.operator else ""
    context.out.line(f"modem{now.number} is {words.state(now.state)}{where}.")


async def modes(context: Context) -> None:
    """Print the modes, or set them first."""
    args = context.args
    modem = await pick.modem(context.client, args.modem)
    if args.allowed is not None:
        try:
            wanted = [words.parse_modes(text) for text in (args.allowed, args.preferred or "none")]
        except ValueError as error:
            args.parser.error(str(error))
        pairs = [list(pair) for pair in modem.facts["SupportedModes"]]
        fitting = [pair for pair in pairs if pair[0] == wanted[0] and wanted[1] in (0, pair[1])]
        if pairs and not fitting:
            names = ", ".join(words.mode_pair(*pair) for pair in pairs)
            raise Failure(f"modem{modem.number} has no such mode", f"possible: {names}")
        await context.client.call(modem.path, MODEM, "SetCurrentModes", "(uu)", wanted)
        modem = await pick.modem(context.client, modem.path)
    current = list(modem.facts["CurrentModes"])
    possible = [list(pair) for pair in modem.facts["SupportedModes"]] or [current]
    context.out.document(
        {
            "modem": modem.number,
            "current": _pair_document(*current),
            "possible": [_pair_document(*pair) for pair in possible],
        }
    )
    context.out.table(
        [
            (
                Cell(words.modes(allowed), "head"),
                words.modes(preferred),
                Cell("current", "good") if [allowed, preferred] == current else "",
            )
            for allowed, preferred in possible
        ],
        head=("ALLOWED", "PREFERRED", ""),
    )


def _pair_document(allowed: int, preferred: int) -> dict[str, str]:
    return {"allowed": words.modes(allowed), "preferred": words.modes(preferred)}
