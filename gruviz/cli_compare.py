"""`gruviz compare`: RNN, GRU and LSTM side by side, without a screen."""

import argparse
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gruviz.comparison_table import CSV, MARKDOWN, markdown

if TYPE_CHECKING:
    from gruviz.model.comparing import Now


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be asked for."""
    parser.add_argument("task", metavar="TASK")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--text", metavar="FILE", help="what char reads")
    source.add_argument("--data", metavar="FILE", help="what series reads: a table, an array or a sound")
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


def run(
    given: argparse.Namespace, arguments: Sequence[str], show: Callable[[str, bool], None], going: Callable[[], bool]
) -> int:
    """Compare what was asked for, and print the table.

    Args:
        given: what `add_arguments` asks for.
        arguments: the same as it was typed.
        show: given a line of progress, and whether it is the last.
        going: whether to go on.
    """
    from gruviz import sequences
    from gruviz.model import tasks
    from gruviz.model.comparing import Experiment, compare

    path = given.text or given.data
    data = sequences.read(path) if path else None
    for note in data.notes if data else ():
        print(f"note: {note}", file=sys.stderr)
    folder = Path(given.output)
    experiment = Experiment(
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
        show(f"{now.fraction:.0%}  {now.text}{left}", False)
        return going()

    found = compare(experiment, watch)
    show("", True)
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
