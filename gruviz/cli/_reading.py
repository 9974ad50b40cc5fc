"""What files of numbers and sounds do not say themselves."""

import argparse
from typing import TYPE_CHECKING

from gruviz.errors import GruvizError

if TYPE_CHECKING:
    from gruviz.sequences import Reading


def add_reading(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument(
        "--columns",
        default="",
        metavar="LIST",
        help="of tables and arrays, by name or number: a,b,3",
    )
    parser.add_argument("--rate", type=float, metavar="HZ", help="timesteps a second of tables and arrays")
    parser.add_argument("--mel", type=int, metavar="N", help="sounds as log-mel frames of N bands, not as samples")
    parser.add_argument("--hop-ms", type=float, metavar="MS", help="from one frame to the next; 10 without")
    parser.add_argument("--window-ms", type=float, metavar="MS", help="of sound that a frame is made of; 25 without")


def reading_of(given: argparse.Namespace) -> "Reading":
    """What was said with them. Raises GruvizError for what makes no sense."""
    from gruviz.sequences import Reading

    times = {"hop": given.hop_ms, "window": given.window_ms}
    times = {name: value for name, value in times.items() if value is not None}
    if times and given.mel is None:
        raise GruvizError("--hop-ms and --window-ms are of log-mel frames: say how many bands with --mel 80")
    return Reading(columns=Reading.listed(given.columns), rate=given.rate, mel=given.mel, **times)
