"""A recording of a million timesteps beside one of ten thousand: nothing of the window may notice.

Its file has been read once, so that the system has it in memory where there is room: a disk of its own is not measured.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.apart import NotRunError, apart
from benchmarks.rows import Row
from gruviz.cells import GRU
from gruviz.recording import Block, Writer

LARGE, SMALL, UNITS = 1_000_000, 10_000, 512
_BLOCK = 4096
_OPENINGS = 5


def open_large_vs_small() -> Row:
    """From the wish to open it to the first complete frame, in turns."""
    found = apart("large", "openings", made(LARGE), made(SMALL))
    large, small = found["large"], found["small"]
    value = statistics.median(a / b for a, b in zip(large, small, strict=True))
    detail = f"first complete frame after {_ms(large)} against {_ms(small)}, the median of {_OPENINGS}"
    return Row("open_large_vs_small", value, "ratio", "<= 1.5", detail)


def rss_large_mb() -> Row:
    """The most that it ever adds to what an empty window takes, opened and moved through in every way."""
    large, small = (apart("large", "memory", made(timesteps)) for timesteps in (LARGE, SMALL))
    detail = f"at its most, opened, scrubbed, zoomed and panned; {SMALL:,} timesteps add {small['added']:.0f}"
    return Row("rss_large_mb", large["added"], "MB", "<= 300", f"{detail}; the empty window takes {large['empty']:.0f}")


def cursor_frame_p99_ms() -> Row:
    """Steps by key and random seeks by mouse, at full zoom-out and close by, until the unit panel has its values."""
    found = frames()
    detail = (
        f"{found['cursor']}; with its first paint {found['cursor_first']}; a line over a bare scene {found['line']}"
    )
    return Row("cursor_frame_p99_ms", found["cursor_p99"], "ms", "<= 16.7", detail)


def cursor_vs_bare() -> Row:
    """The same frames against those of one line moved over a bare scene, medians."""
    found = frames()
    first = found["cursor_first_median"] / found["line_median"]
    detail = f"{found['cursor_median']:.1f} ms against {found['line_median']:.1f} ms; {first:.1f} up to the first paint"
    return Row("cursor_vs_bare", found["cursor_median"] / found["line_median"], "ratio", "<= 3", detail)


def pan_frame_p99_ms() -> Row:
    """The time axis and the window of the overview dragged, while data stream in."""
    found = frames()
    detail = f"{found['pan']}; three ready images in a bare scene {found['image']}"
    return Row("pan_frame_p99_ms", found["pan_p99"], "ms", "<= 33", detail)


def zoom_frame_p99_ms() -> Row:
    """The wheel turned around random places, in and out, while data stream in."""
    found = frames()
    detail = f"{found['zoom']}; three ready images in a bare scene {found['image']}"
    return Row("zoom_frame_p99_ms", found["zoom_p99"], "ms", "<= 33", detail)


def settle_p99_ms() -> Row:
    """From the last notch of the wheel to the last paint of the exact picture."""
    found = frames()
    return Row("settle_p99_ms", found["settle_p99"], "ms", "<= 150", found["settle"].replace("frames", "zooms"))


ROWS: dict[str, Callable[[], Row]] = {
    function.__name__: function
    for function in (
        open_large_vs_small,
        rss_large_mb,
        cursor_frame_p99_ms,
        cursor_vs_bare,
        pan_frame_p99_ms,
        zoom_frame_p99_ms,
        settle_p99_ms,
    )
}


@cache
def frames() -> dict[str, Any]:
    """What `moves` found on the large recording, for all rows that tell of it."""
    found: dict[str, Any] = apart("large", "moves", made(LARGE))
    return found


# The recordings


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="gruviz-bench-")  # it deletes itself at exit


@cache
def made(timesteps: int) -> Path:
    """A recording of that length in float16, made when it is first asked for and deleted at exit."""
    path = Path(_folder().name) / f"{timesteps}.h5"
    rng = np.random.default_rng(0)
    keep = rng.random((_BLOCK, UNITS), np.float32)
    state = 0.9 * (2 * rng.random((_BLOCK, UNITS), np.float32) - 1)
    last = np.zeros(UNITS, np.float32)
    with Writer(path, dtype="float16") as writer:
        writer.add_tape("main", columns=["x"])
        writer.add_layer("rnn.l0", tape="main", cell=GRU, size=UNITS)
        writer.begin("main", "noise", initial={"rnn.l0": {"hidden": last}})
        for start in range(0, timesteps, _BLOCK):
            length, shift = min(_BLOCK, timesteps - start), start // _BLOCK
            z, h = np.roll(keep, 7 * shift, 1)[:length], np.roll(state, 3 * shift, 1)[:length]
            previous = np.vstack([last, h[:-1]])
            last = h[-1]
            values = {"update": z, "reset": z[:, ::-1], "candidate": h[:, ::-1], "hidden": h}
            x = np.sin(np.arange(start, start + length, dtype=np.float32) / 500)[:, None]
            writer.append("main", {"rnn.l0": Block(values, previous, 0.0)}, values=x)
        writer.end("main")
    return path


def warm(path: str) -> str:
    """Have the system keep the file in memory, as far as it does: what is measured is not the disk."""
    with Path(path).open("rb") as file:
        while file.read(2**24):
            pass
    return path


# In a process of their own


def openings(large: str, small: str) -> dict[str, list[float]]:
    """Seconds to the first complete frame, in turns, each time in a new window; the first of each is not told."""
    from benchmarks.app import Opened

    took: dict[str, list[float]] = {warm(large): [], warm(small): []}
    for _ in range(_OPENINGS + 1):
        for path, times in took.items():
            opened = Opened()
            began = time.perf_counter()
            times.append(opened.open(path) - began)
            opened.close()
    return {"large": took[large][1:], "small": took[small][1:]}


def memory(path: str) -> dict[str, float]:
    """MB that an empty window takes, and the most that a recording added to it."""
    from benchmarks.app import Opened

    opened = Opened()
    empty = _resident("VmRSS")
    opened.open(path)
    opened.select_units(12, 49)
    rng = random.Random(0)
    for _ in range(3):
        opened.hand.frames(opened.seeks(50, rng))
        opened.hand.frames(opened.notches(12, opened.somewhere(rng)))
        opened.hand.settle()
        opened.hand.frames(opened.drags(60))
        opened.hand.frames(opened.notches(12, opened.somewhere(rng)))
        opened.hand.frames(opened.seeks(50, rng))
        opened.hand.settle()
        opened.show_all()
    most = _resident("VmHWM")
    opened.close()
    return {"empty": empty, "added": most - empty}


def moves(path: str) -> dict[str, object]:
    """Frames of every kind, and those of a bare scene between them."""
    from benchmarks.app import Opened
    from benchmarks.bare import Bare
    from benchmarks.frames import Times

    opened = Opened(warm(path))
    opened.select_units(12, 49)
    bare = Bare(opened.app)
    rng, hand = random.Random(0), opened.hand
    cursor, first, line, image, zoom, pan, settle = (Times() for _ in range(7))

    for notches in opened.widths(rng, 0, 12, 24):  # all, 70,000 and 5,000 timesteps
        complete, painted = opened.scrub(rng)
        cursor, first = cursor + complete, first + painted
        line += bare.hand.frames(bare.seeks(iter(lambda: opened.somewhere(rng), None), 100))
        image += bare.hand.frames(bare.pans(100))
        if notches:
            pan += hand.frames(opened.drags(150))
            hand.settle()
            pan += hand.frames(opened.drags_of_window(100))
            hand.settle()
    for _ in range(12):
        opened.show_all()
        x = opened.somewhere(rng)
        for notches in (8, 8, 8, -20):  # never as far as nothing would move
            zoom += hand.frames(opened.notches(notches, x))
            settle.frames.append(1000 * (hand.settle() - hand.due))
    bare.close()
    opened.close()
    groups = {"cursor": cursor, "cursor_first": first, "line": line, "image": image, "zoom": zoom, "pan": pan}
    found: dict[str, object] = {}
    for name, times in {**groups, "settle": settle}.items():
        found |= {name: str(times), f"{name}_p99": times.p99, f"{name}_median": times.median}
    return found


def _resident(what: str) -> float:
    """MB of this process: `VmRSS` now, `VmHWM` at its most."""
    status = Path("/proc/self/status")
    if not status.exists():
        raise NotRunError("memory is read from /proc, which Linux alone has")
    line = next(line for line in status.read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1024


def _ms(times: list[float]) -> str:
    return f"{1000 * statistics.median(times):.0f} ms"
