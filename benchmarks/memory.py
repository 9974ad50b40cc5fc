"""What a state is made of: as fast late in a long recording as early, and within a frame."""

import random
import statistics
from collections.abc import Callable

import numpy as np

import gruviz
from benchmarks.apart import apart
from benchmarks.large import LARGE, made, warm
from benchmarks.rows import Row, ratio, seconds
from gruviz.analysis import composition

STEPS, UNITS = 1000, 512
_TIMES = 50


def composition_ms() -> Row:
    """All weights of a state after 1,000 timesteps, of 512 units."""
    fast = np.random.default_rng(0).random((STEPS, UNITS), np.float32)
    keeps = {"units forget at once": fast, "they keep for 2,000 steps": 1 - fast / 1000}
    took = {name: _milliseconds(lambda keep=keep: composition(keep, STEPS - 1)) for name, keep in keeps.items()}
    detail = ", ".join(f"{ms:.2f} ms where {name}" for name, ms in took.items())
    return Row("composition_ms", max(took.values()), "ms", "<= 5", f"{STEPS:,} x {UNITS}, medians: {detail}")


def composition_long_vs_short() -> Row:
    """What the window asks for at a cursor move, at t = 1,000,000 against t = 1,000, nothing of it read before."""
    from gruviz.ui.reading import MemoryRequest, Source

    with gruviz.open(made(LARGE)) as run:

        def ask(t: int, units: tuple[int, ...] | None) -> object:
            return MemoryRequest("memory", "rnn.l0", 0, t, units).read(Source(run))

        found = {
            name: ratio(lambda units=units: ask(LARGE - 1, units), lambda units=units: ask(STEPS - 1, units), _TIMES)
            for name, units in (("all units", None), ("one", (12,)))
        }
    took = (f"{name} {1000 * late:.1f} ms against {1000 * early:.1f}" for name, (_, late, early) in found.items())
    detail = "; ".join(took)
    value = max(each for each, _, _ in found.values())
    return Row("composition_long_vs_short", value, "ratio", "<= 1.5", f"t = {LARGE:,} against {STEPS:,}; {detail}")


def composition_frame_p99_ms() -> Row:
    """A cursor that moves by steps and random seeks, with the shading, the list and survival on show, until all is."""
    found = apart("memory", "moves", made(LARGE))
    return Row(
        "composition_frame_p99_ms", found["p99"], "ms", "<= 16.7", f"{found['all']}; first paint {found['first']}"
    )


ROWS: dict[str, Callable[[], Row]] = {
    function.__name__: function for function in (composition_ms, composition_long_vs_short, composition_frame_p99_ms)
}


def _milliseconds(work: Callable[[], object]) -> float:
    work()
    return 1000 * statistics.median(seconds(work) for _ in range(_TIMES))


# In a process of its own


def moves(path: str) -> dict[str, object]:
    """Frames of a cursor that moves."""
    from benchmarks.app import Opened
    from gruviz.view import hold, toggle_derived, toggle_shaded, turn_to

    opened = Opened(warm(path))
    state = opened.window.state
    opened.select_units(12, 49)
    state.change(turn_to, "memory")
    state.change(toggle_shaded)
    state.change(toggle_derived, "survival")
    state.change(hold, LARGE // 2)
    opened.hand.settle()
    complete, first = opened.scrub_at(random.Random(0), 0, 12, 24)  # all, 70,000 and 5,000 timesteps
    opened.close()
    return {"p99": complete.p99, "all": str(complete), "first": str(first)}
