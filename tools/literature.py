"""Results of the literature: make the recordings, draw a figure of each, and say what was found.

    python tools/literature.py [FOLDER]

Writes recordings and figures into FOLDER, build/literature without one. The trained networks are those of the tests;
tests/analysis/test_trained.py says how they were made.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

import gruviz
from gruviz.analysis import autocorrelation_time, timescales
from gruviz.cli import main as command
from gruviz.model import checkpoint
from gruviz.model.run import record_sequences
from gruviz.model.tasks.flipflop import FlipFlop
from gruviz.recording import Layer, Recording
from gruviz.sequences import Sequence as Fed

ROOT = Path(__file__).parents[1]
TRAINED = ROOT / "tests" / "analysis" / "trained"
UNITS, LONGEST, STEPS = 64, 1000, 400


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    mahto(folder)
    chrono(folder)
    anbn(folder)
    flipflop(folder)
    place(folder)


def mahto(folder: Path) -> None:
    """Mahto et al. 2021 (arXiv:2009.12727): timescales that were assigned are recovered."""
    assigned = np.geomspace(1, LONGEST, UNITS)
    run = constant_keep(np.exp(-1 / assigned), folder / "mahto.h5")
    keep = layer_of(run)["update"][:].astype(np.float64)
    off = max(np.abs(each / assigned - 1).max() for each in (timescales(keep).of_mean, timescales(keep).of_log))
    run.close()
    draw("timescales", folder / "mahto.h5", folder / "mahto.png")
    print(f"Mahto et al. 2021: T from 1 to {LONGEST:,} recovered to {off:.1e}")


def chrono(folder: Path) -> None:
    """Tallec and Ollivier 2018 (arXiv:1804.11188): a bias of ln u leaks 1 / (u + 1) of the state at each step."""
    u = np.random.default_rng(0).uniform(1, LONGEST - 1, UNITS)
    run = constant_keep(u / (u + 1), folder / "chrono.h5")
    keep = layer_of(run)["update"][:].astype(np.float64)
    off = np.abs(keep - (1 - 1 / (u + 1))).max()
    run.close()
    draw("timescales", folder / "chrono.h5", folder / "chrono.png")
    print(f"Tallec and Ollivier 2018: k = 1 - 1 / (u + 1) to {off:.1e}")


def anbn(folder: Path) -> None:
    """Weiss et al. 2018 (arXiv:1805.04908): an LSTM counts in one unit, a GRU does not."""
    for cell in ("lstm", "gru"):
        fed = [Fed(f"n = {n}", text="a" * n + "X" + "b" * n) for n in range(31, 46)]
        run = trained(f"anbn-{cell}", fed, folder / f"anbn-{cell}.h5")
        layer = layer_of(run)
        state = layer[layer.cell.state][:]
        count = np.concatenate([[*range(1, n + 1), n, *range(n - 1, -1, -1)] for n in range(31, 46)])
        r = correlations(state, count)
        best = int(np.abs(r).argmax())
        run.close()
        what = f"--quantities={layer.cell.keep},{layer.cell.state}"
        draw("timeline", folder / f"anbn-{cell}.h5", folder / f"anbn-{cell}.png", f"--units={best}", what)
        print(f"anbn, {cell}: unit {best} follows the count of n = 31 to 45 with r = {r[best]:.3f}; trained to n = 30")


def flipflop(folder: Path) -> None:
    """The units that hold a bit: for how long by their keep, and by their state."""
    run = trained("flipflop-gru", FlipFlop(2000).sample(1, seed=99), folder / "flipflop.h5")
    layer = layer_of(run)
    lasting, kept = autocorrelation_time(layer["hidden"][:]), timescales(layer["update"][:]).of_log
    run.close()
    draw("timescales", folder / "flipflop.h5", folder / "flipflop.png")
    by_state = f"{lasting.min():.1f} to {lasting.max():.1f} steps"
    print(f"flipflop: timescales by autocorrelation {by_state}, by the keep {kept.max():.1f} at most")


def place(folder: Path) -> None:
    """The demo's unit that follows the place in the line."""
    draw("pages", ROOT / "assets" / "demo.h5", folder / "place.png", "--units=95", "--range=0:628")


def constant_keep(keep: np.ndarray, path: Path) -> Recording:
    """An `nn.GRU` whose update gates are these at every timestep, recorded on noise."""
    torch.manual_seed(0)
    gru = torch.nn.GRU(2, len(keep), batch_first=True)
    with torch.no_grad():
        z = slice(len(keep), 2 * len(keep))  # rows: reset, update, candidate
        for weight in (gru.weight_ih_l0, gru.weight_hh_l0, gru.bias_ih_l0, gru.bias_hh_l0):
            weight[z] = 0
        gru.bias_ih_l0[z] = torch.from_numpy(np.log(keep) - np.log1p(-keep))
        return gruviz.record(gru, torch.randn(1, STEPS, 2), path=path)


def trained(model: str, fed: Sequence[Fed], path: Path) -> Recording:
    return record_sequences(checkpoint.load(TRAINED / f"{model}.safetensors"), fed, path, device="cpu")


def layer_of(run: Recording) -> Layer:
    (layer,) = run.layers.values()
    return layer


def correlations(state: np.ndarray, trace: np.ndarray) -> np.ndarray:
    """Of each column of (T, H) with a trace (T,): (H,)."""
    return np.array([np.corrcoef(column, trace)[0, 1] for column in state.T])


def draw(figure: str, recording: Path, path: Path, *options: str) -> None:
    said = ["export", str(recording), figure, "-o", str(path), *options]
    print("  gruviz", *said)
    if command(said):
        sys.exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "literature")
