"""`gruviz FILE`, `gruviz open` and `gruviz demo`: the app."""

import argparse
import sys
from collections.abc import Collection, Sequence
from importlib.metadata import version

from gruviz.arguments import Parser
from gruviz.errors import GruvizError

_OVERVIEW = """commands:
  gruviz [FILE]          open a recording or a model in the app; with no file, go on where you left off
  gruviz open A B C      open two or three recordings beside each other, with one cursor
  gruviz demo            open the demo: a GRU that reads Shakespeare's sonnets
  gruviz train TASK      train a network on a text, a table, or a made-up task
  gruviz record          record what a network does while it reads sequences
  gruviz info FILE       say what is in a recording or a model
  gruviz export          draw a figure for a report
  gruviz figures         draw all figures of a recording, in all formats
  gruviz compare TASK    train an RNN, a GRU and an LSTM on the same task, and compare them
  gruviz gradient        add the gradients through time to a recording

gruviz COMMAND --help says more of each. A file that is called like a command is opened as ./demo."""


def open_files(arguments: Sequence[str]) -> int:
    """`gruviz open`."""
    given = _parser().parse_intermixed_args(arguments)
    return _run(given, given.files)


def open_demo(arguments: Sequence[str]) -> int:
    """`gruviz demo`."""
    return _run(_parser(demo=True).parse_args(arguments), demo=True)


def without_command(arguments: Sequence[str], commands: Collection[str]) -> int:
    """A line that does not begin with a command: files alone, or options, which may stand before `open` and `demo`.

    Args:
        arguments: what was typed.
        commands: the names of all commands.
    """
    parser = _parser()
    given, unknown = parser.parse_known_intermixed_args(arguments)
    first, *others = given.files or [""]
    if arguments and arguments[0].startswith("-"):
        named = first if first in commands else next((word for word in others if unknown and word in commands), "")
        if named == "open" and not unknown:
            return _run(given, others)
        if named == "demo" and not (unknown or others):
            return _run(given, demo=True)
        if named:
            raise GruvizError(f"write the command before its options: gruviz {named} … (see gruviz {named} --help)")
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return _run(given, given.files)


def _parser(demo: bool = False) -> Parser:
    about = "Open the demo." if demo else "See what a gated recurrent network keeps and what it overwrites."
    parser = Parser(
        prog="gruviz demo" if demo else "gruviz",
        description=about,
        epilog=None if demo else _OVERVIEW,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if not demo:
        parser.add_argument("files", nargs="*", metavar="FILE", help="a recording or a model, or several recordings")
        parser.add_argument("--version", action="version", version=f"gruviz {version('gruviz')}")
    parser.add_argument("--screenshot", metavar="OUT.png", help="save a picture of the window, and leave")
    parser.add_argument("--size", type=_size, metavar="WxH", help="of the window, in pixels: 1280x800")
    parser.add_argument("--at", type=int, metavar="T", help="the timestep that the cursor stands at")
    parser.add_argument("--theme", choices=("light", "dark"), help="instead of the system's")
    return parser


def _run(given: argparse.Namespace, files: Sequence[str] = (), demo: bool = False) -> int:
    if sys.platform == "win32" and given.screenshot is None:
        import gruviz.model.device  # noqa: F401 - on Windows torch loads before Qt or not at all
    from gruviz.ui.app import run

    return run(*files, demo=demo, screenshot=given.screenshot, size=given.size, at=given.at, theme=given.theme)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not width.isdecimal() or not height.isdecimal() or not (0 < int(width) <= 16384 and 0 < int(height) <= 16384):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size: write 1280x800")
    return int(width), int(height)
