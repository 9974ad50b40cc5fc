"""A minute at the window while it records: the longest that it stood still."""

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.apart import ROOT, apart
from benchmarks.rows import Row

DATA = ROOT / "assets" / "data"
MINUTE = 60


def ui_stall_max_ms() -> Row:
    """Scrubbing, zooming, panning, switching layers and sequences, by mouse and keys, while the app records."""
    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, Any] = apart("window", "minute", folder)
    detail = (
        f"{found['moves']:,} moves, zooms and pans, {found['switches']} switches of layer or sequence in "
        f"{MINUTE} s; {found['steps']:,} timesteps of two layers recorded meanwhile"
    )
    return Row("ui_stall_max_ms", found["stall"], "ms", "<= 100", detail)


ROWS: dict[str, Callable[[], Row]] = {ui_stall_max_ms.__name__: ui_stall_max_ms}


# In a process of its own


def minute(folder: str) -> dict[str, object]:
    """Use the window for a minute during recordings, one after the other."""
    from PySide6.QtCore import Qt

    from benchmarks.app import Heart, Opened
    from gruviz.ui.jobs import Done, Recording, Training

    model, run = str(Path(folder) / "model.safetensors"), str(Path(folder) / "run.h5")
    texts = (str(DATA / "hamlet.txt"), str(DATA / "sonnets.txt"))
    Training("char", texts[0], model, layers=2, steps=20)(lambda progress: True)
    Recording(model, texts, run, steps=(0, 50_000))(lambda progress: True)

    opened = Opened(run)
    opened.select_units(3, 14)
    window, rng, heart = opened.window, random.Random(0), Heart()
    recorded = moves = switches = 0

    def done(result: Done) -> None:
        nonlocal recorded
        recorded += int(result.text.split()[0].replace(",", ""))

    def record() -> None:
        work = Recording(model, texts, str(Path(folder) / f"{recorded}.h5"))
        window.workbench.start("Recording", work, "Open it", done, at_once=True)

    heart.start()
    until = time.perf_counter() + MINUTE
    while time.perf_counter() < until:
        if not window.workbench.busy:
            record()
        what = rng.choice(("seeks", "seeks", "steps", "notches", "notches", "drags", "window", "layer", "sequence"))
        if what == "layer":
            window.toolbar.layer.chosen.emit(switches % 2)
            switches += 1
        elif what == "sequence":
            opened.key(rng.choice((Qt.Key.Key_Up, Qt.Key.Key_Down)), Qt.KeyboardModifier.ControlModifier)
            switches += 1
        else:
            acts = {
                "seeks": lambda: opened.seeks(30, rng),
                "steps": lambda: opened.steps(20),
                "notches": lambda: opened.notches(rng.choice((-12, 12)), opened.somewhere(rng)),
                "drags": lambda: opened.drags(30),
                "window": lambda: opened.drags_of_window(30),
            }[what]()
            moves += len(opened.hand.frames(acts).frames)
        opened.hand.rest(time.perf_counter() + 0.05)
    heart.stop()
    opened.close()
    return {"stall": heart.longest, "moves": moves, "switches": switches, "steps": recorded}
