"""`wwanctl simulate`: plug virtual modems into a simulating daemon, and make them misbehave."""

from wwand.cli.client import PROPERTIES
from wwand.cli.command import Commands, Context
from wwand.cli.failures import Failure
from wwand.cli.objects import MANAGER, WWAND_ROOT


def add(commands: Commands) -> None:
    """Tell the parser."""
    parser = commands.add(
        "simulate",
        simulate,
        "plug a virtual modem into a daemon that runs with --simulate",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("model", metavar="MODEL", nargs="?", help="the model to plug in")
    what.add_argument("--list", action="store_true", help="list the models")
    what.add_argument(
        "--fault",
        nargs="+",
        metavar=("PLACE FAULT", "ARG"),
        help="make the one at PLACE misbehave: `--fault 1-1 unplug`; or get a message: "
        "`--fault 1-1 sms NUMBER TEXT`",
    )


async def simulate(context: Context) -> None:
    """Do one of the three."""
    if context.args.list:
        await _list(context)
    elif context.args.fault:
        await _fault(context)
    else:
        call = context.client.call
        (place,) = await call(WWAND_ROOT, MANAGER, "Simulate", "s", context.args.model)
        context.out.document({"place": place, "model": context.args.model})
        context.out.line(f"A {context.args.model} is plugged in at {place}.")


async def _list(context: Context) -> None:
    (models,) = await context.client.call(WWAND_ROOT, PROPERTIES, "Get", "ss", MANAGER, "Models")
    if not models:
        raise Failure("this wwand does not simulate", "start one: `wwand --bus … --simulate MODEL`")
    context.out.document(models)
    for model in models:
        context.out.line(model)


async def _fault(context: Context) -> None:
    place, *rest = context.args.fault
    if not rest:
        context.args.parser.error("--fault takes PLACE FAULT [ARG]")
    fault, argument = rest[0], " ".join(rest[1:])
    await context.client.call(WWAND_ROOT, MANAGER, "SimulateFault", "sss", place, fault, argument)
    context.out.document({"place": place, "fault": fault, "argument": argument})
