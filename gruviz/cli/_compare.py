"""`gruviz compare`: RNN, GRU and LSTM side by side, without a screen."""

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gruviz.arguments import Line, Parser, interruptible, say_notes
from gruviz.cli._task import add_task
from gruviz.comparison_table import CSV, MARKDOWN, markdown

if TYPE_CHECKING:
    from gruviz.model.comparing import Now


def compare(arguments: Sequence[str]) -> int:
    """`gruviz compare`."""
    parser = Parser(
        prog="gruviz compare",
        description="Train an RNN, a GRU and an LSTM on the same task from several seeds, and compare them: learning "
        "curves, results on held-out data, time, memory, and how the gradient runs back. Whatever is finished is "
        "written into the folder at once, and the same command goes on from there.",
        epilog="tasks: as in gruviz train",
    )
    add_task(parser)
    parser.add_argument(
        "--set",
        type=_setting,
        action="append",
        default=[],
        metavar="NAME=N",
        dest="settings",
        help="of a made-up task, such as length=200 of adding; more than once for several",
    )
    parser.add_argument("--hidden", type=int, metavar="N", help="hidden units; chosen by the task without")
    parser.add_argument(
        "--equal",
        choices=("hidden", "parameters"),
        default="hidden",
        help="what all three have alike; with equal parameters --hidden is the GRU's, about",
    )
    parser.add_argument("--steps", type=int, metavar="N", help="training steps of each run; chosen by the task without")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="runs of each cell; 3 without")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("-o", "--output", required=True, metavar="FOLDER", help="a new one, or one to go on in")
    given = parser.parse_args(arguments)

    line = Line()
    with interruptible("and keeping what is finished") as interrupted:
        from gruviz import sequences
        from gruviz.model import comparing, tasks

        path = given.text or given.data
        data = sequences.read(path) if path else None
        say_notes(data.notes if data else ())
        folder = Path(given.output)
        experiment = comparing.Experiment(
            task=tasks.make(given.task, data, dict(given.settings)),
            folder=folder,
            data=data,
            equal=given.equal,
            hidden=given.hidden,
            steps=given.steps,
            seeds=given.seeds,
            device=given.device,
            command=command(arguments),
        )

        def watch(now: "Now") -> bool:
            left = "" if now.left is None else f", {now.left:,.0f} s left"
            line.show(f"{now.fraction:.0%}  {now.text}{left}", last=False)
            return not interrupted()

        found = comparing.compare(experiment, watch)
    line.show("", last=True)
    print(markdown(found))
    print(f"Saved {folder / MARKDOWN}, {CSV}, {len(found.runs)} models and {len(found.recordings)} recordings.")
    if found.complete:
        return 0
    again = shlex.join(["gruviz", "compare", *arguments])
    print(f"Stopped; what was finished until then is kept, and this goes on from there: {again}")
    return 130


def command(arguments: Sequence[str]) -> tuple[str, ...]:
    """What was typed, without the folder that came of it, and without the places of files on this machine."""
    kept: list[str] = []
    waiting = False
    for each in arguments:
        if waiting or each in ("-o", "--output"):
            waiting = not waiting
        elif not each.startswith(("-o", "--output=")):
            kept.append(Path(each).name if Path(each).is_absolute() else each)
    return ("gruviz", "compare", *kept)


def _setting(text: str) -> tuple[str, int]:
    name, equals, value = text.partition("=")
    if not equals or not value.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no setting: write length=200")
    return name, int(value)
