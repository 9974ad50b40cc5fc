"""`gruviz gradient`."""

import argparse
from collections.abc import Sequence

from gruviz.arguments import Line, Parser, interruptible


def gradient(arguments: Sequence[str]) -> int:
    """`gruviz gradient`."""
    parser = Parser(
        prog="gruviz gradient",
        description="Compute how the gradient of a loss runs back through the timesteps of a recording, and add it to "
        "the recording. The file is replaced once all of it is there.",
    )
    parser.add_argument("recording", metavar="RUN", help="a recording")
    parser.add_argument(
        "--loss", type=_when, default="auto", metavar="L", help="sum over all timesteps, last, a timestep, or none"
    )
    parser.add_argument(
        "--steps", action=argparse.BooleanOptionalAction, default=True, help="Jacobians of single steps"
    )
    parser.add_argument(
        "--reach", type=_when, default="last", metavar="T", help="what the states at T depend on: last, T, or none"
    )
    parser.add_argument("--since", type=int, metavar="S", help="what depends on the states at this timestep; not asked")
    parser.add_argument(
        "--followed", type=_timesteps, metavar="N", help="timesteps that T is followed back, and S on, at most"
    )
    parser.add_argument(
        "--lags", type=_timesteps, metavar="N", help="timesteps that each output is followed back; 0 for none"
    )
    parser.add_argument("--sequence", type=int, action="append", metavar="I", help="its number, from 0; all without")
    parser.add_argument("--tape", metavar="NAME", help="which, where there are several")
    parser.add_argument("--units", action=argparse.BooleanOptionalAction, help="keep the gradient of every unit or not")
    parser.add_argument("--single", action="store_true", help="compute in float32, which is faster, not in float64")
    parser.add_argument("--model", metavar="MODEL", help="whose read-out is taken where the recording holds none")
    given = parser.parse_args(arguments)

    from gruviz.model import checkpoint
    from gruviz.model.measuring import FOLLOWED, Wanted, measure

    line = Line()
    with interruptible("and leaving the recording as it was") as interrupted:

        def watch(done: int, total: int) -> bool:
            line.show(f"{done / max(total, 1):.0%} of the gradients", last=done == total)
            return not interrupted()

        done = measure(
            given.recording,
            Wanted(
                loss=given.loss,
                steps=given.steps,
                reach=given.reach,
                since=given.since,
                followed=FOLLOWED if given.followed is None else given.followed,
                lags=given.lags,
                units=given.units,
                double=not given.single,
            ),
            tape=given.tape,
            sequences=given.sequence,
            model=checkpoint.load(given.model) if given.model else None,
            on_progress=watch,
        )
    print(f"Added gradients to {given.recording}." if done else f"Stopped; {given.recording} is as it was.")
    return 0 if done else 130


def _when(text: str) -> str | int | None:
    if text not in ("auto", "sum", "last", "none") and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no timestep: write a number, last or none")
    return None if text == "none" else int(text) if text.isdecimal() else text


def _timesteps(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of timesteps: write 0 or more")
    return int(text)
