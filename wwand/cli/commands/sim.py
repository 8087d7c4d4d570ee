"""`wwanctl sim`: the SIM card and its locks; secrets come from a prompt, never as arguments."""

import sys

from wwand.cli import pick, typed
from wwand.cli.command import Commands, Context
from wwand.cli.commands.modems import document, private_option, read_sim
from wwand.cli.failures import Failure
from wwand.cli.objects import NOTHING, SIM, Modem
from wwand.cli.secret import lines_of
from wwand.status import Facility, Lock

ACTIONS = {
    "pin": ("SendPin", ("PIN",)),
    "puk": ("SendPuk", ("PUK", "new PIN")),
    "enable-pin": ("EnablePin", ("PIN",)),
    "disable-pin": ("EnablePin", ("PIN",)),
    "change-pin": ("ChangePin", ("PIN", "new PIN")),
}
"""What is typed → the method, and the secrets it needs."""

SAID = {
    "pin": "The SIM is unlocked.",
    "puk": "The SIM is unlocked, and has the new PIN.",
    "enable-pin": "The SIM will ask for its PIN.",
    "disable-pin": "The SIM will not ask for its PIN any more.",
    "change-pin": "The SIM has the new PIN.",
}


def add(commands: Commands) -> None:
    """Tell the parser."""
    parser = commands.add(
        "sim",
        sim,
        "show or unlock the SIM, or change its PIN",
        epilog="PIN and PUK are asked for on a terminal, otherwise read from standard input, "
        "one a line: the old one first.",
    )
    parser.add_argument(
        "words",
        nargs="+",
        metavar="[MODEM] ACTION",
        help=f"show, {', '.join(ACTIONS)}",
    )
    parser.add_argument("--pin-file", metavar="FILE", help="read PIN or PUK from this file")
    private_option(parser)


async def sim(context: Context) -> None:
    """Do one of the actions."""
    args = context.args
    actions = [word for word in args.words if word in ("show", *ACTIONS)]
    names = [word for word in args.words if word not in ("show", *ACTIONS)]
    if len(actions) != 1 or len(names) > 1:
        args.parser.error(f"say what to do: show, {', '.join(ACTIONS)}; and not more than a MODEM")
    (action,) = actions
    modem = await pick.modem(context.client, names[0] if names else None)
    if modem.facts["Sim"] == NOTHING:
        raise Failure(f"modem{modem.number} has no SIM card", "put one in, then `wwanctl reset`")
    if action == "show":
        await _show(context, modem)
    else:
        await _change(context, modem, action)


async def _show(context: Context, modem: Modem) -> None:
    card = await read_sim(context.client, modem)
    facilities = modem.gpp.get("EnabledFacilityLocks", 0)
    everything = document(modem, card, {}, private=context.args.private)
    groups = {
        "sim": everything["sim"],
        "locks": {
            "locked_by": everything["status"]["locked_by"] or "nothing",
            "tries_left": everything["status"]["tries_left"],
            "pin_at_start": "asked for" if facilities & Facility.SIM else "not asked for",
        },
    }
    context.out.document({"modem": modem.number, **groups})
    context.out.line(f"SIM of modem{modem.number}", "head")
    context.out.sections(groups)


async def _change(context: Context, modem: Modem, action: str) -> None:
    method, wanted = ACTIONS[action]
    secrets = _read_secrets(context.args.pin_file, wanted, _tries(modem, wanted[0]))
    for name, secret in zip(wanted, secrets, strict=True):
        _check(name, secret)
    flag = {"enable-pin": [True], "disable-pin": [False]}.get(action, [])
    signature = "s" * len(secrets) + "b" * len(flag)
    try:
        await context.client.call(modem.facts["Sim"], SIM, method, signature, *secrets, *flag)
    except Failure as failure:
        if failure.name.endswith(("IncorrectPassword", "SimPuk")):
            now = await pick.modem(context.client, modem.path)
            raise Failure(f"{failure}{_tries(now, wanted[0])}", failure.next_step) from None
        raise
    context.out.document({"modem": modem.number, "done": action})
    context.out.line(SAID[action])


def _tries(modem: Modem, name: str) -> str:
    """How often it may still be tried, where the modem says so."""
    lock = Lock.SIM_PUK if name == "PUK" else Lock.SIM_PIN
    tries = modem.facts["UnlockRetries"].get(lock)
    return "" if tries is None else f" ({tries} {'try' if tries == 1 else 'tries'} left)"


def _check(name: str, secret: str) -> None:
    """Refuse what no SIM takes (27.007 §8.3, 31.101 §9.5.1), before it costs a try."""
    least = 8 if name == "PUK" else 4
    if not (secret.isascii() and secret.isdecimal() and least <= len(secret) <= 8):
        size = "8" if name == "PUK" else "4 to 8"
        raise Failure(f"a {name} has {size} digits", "it was not sent to the SIM")


def _read_secrets(file: str | None, wanted: tuple[str, ...], tries: str) -> list[str]:
    if file is not None:
        return _of_lines(lines_of(file), wanted, file)
    if not sys.stdin.isatty():
        return _of_lines(typed.text().splitlines(), wanted, "standard input")
    from getpass import getpass  # termios and all: only for a prompt

    try:
        secrets = [getpass(f"{wanted[0]}{tries}: ")]
        for name in wanted[1:]:
            secrets.append(getpass(f"{name}: "))
            if getpass(f"{name} again: ") != secrets[-1]:
                raise Failure("the two are not the same", "nothing was sent to the SIM")
    except EOFError:
        raise Failure(f"no {wanted[0]} was given", "nothing was sent to the SIM") from None
    return secrets


def _of_lines(lines: list[str], wanted: tuple[str, ...], source: str) -> list[str]:
    if len(lines) < len(wanted):
        raise Failure(f"{source} has no {wanted[len(lines)]}", "give one a line, the old one first")
    return [line.strip() for line in lines[: len(wanted)]]
