from pathlib import Path

import numpy as np
import pytest

import gruviz.recording
from gruviz.analysis import NUMBERS, autocorrelation_time, classify, finish, numbers, numbers_of, saturation, timescales
from gruviz.cells import CELLS, CLASSES, Thresholds
from gruviz.errors import GruvizError
from gruviz.recording import Block, Layer, Writer


def _recorded(path: Path, lengths: tuple[int, ...], cell: str = "gru", units: int = 5, layer: str = "rnn.l0") -> Path:
    rng, kind = np.random.default_rng(4), CELLS[cell]
    with Writer(path) as writer:
        writer.add_tape("main", columns=("x",))
        direction = "backward" if layer.endswith("_reverse") else "forward"
        writer.add_layer(layer, tape="main", cell=kind, size=units, direction=direction, backend="cpu")
        for item, length in enumerate(lengths):
            zero = {state: np.zeros(units, np.float32) for state in kind.states}
            writer.begin("main", f"part {item}", initial={layer: zero}, item=item)
            drift = rng.normal(0, 0.1, (length, units)).cumsum(axis=0).astype(np.float32)
            values = {
                each.name: rng.random((length, units), np.float32) ** 0.2 if each.fraction else np.tanh(drift)
                for each in kind.quantities
            }
            raw = rng.normal(size=(length, units)).astype(np.float32) if kind.keep else None
            blocks = {layer: Block(values, raw) if kind.keep else Block(values)}
            writer.append("main", blocks, values=np.zeros((length, 1), np.float32))
            writer.end("main", {layer: 0.0})
    return path


def _all(layer: Layer, sequence: int, thresholds: Thresholds | None = None) -> dict[str, np.ndarray]:
    return finish(numbers(layer, sequence, numbers_of(layer.cell), thresholds))


@pytest.mark.parametrize(("cell", "name"), [("gru", "rnn.l0"), ("lstm", "rnn.l0"), ("gru", "rnn.l0_reverse")])
def test_they_are_what_the_functions_on_arrays_give(tmp_path: Path, cell: str, name: str) -> None:
    with gruviz.recording.open(_recorded(tmp_path / "run.h5", (40, 900), cell, layer=name)) as run:
        layer, limits = run.layers[name], Thresholds(0.8, 0.3, 0.02)
        found = _all(layer, 1, limits)
        rows = layer.slice(1)
        keep, state = layer[layer.cell.keep][rows], layer[layer.cell.state][rows]
        times, sides = timescales(keep), saturation(keep)
        classes = classify(keep, state, layer.previous(layer.cell.state, 1, 0, 900), limits)
        shares = [(classes == each).mean(axis=0) for each in range(len(CLASSES))]
    assert tuple(found) == tuple(NUMBERS)
    expected = {
        "unit": np.arange(5),
        "keep": keep.mean(axis=0, dtype=np.float64),
        "tau": times.of_log,
        "tau_mean": times.of_mean,
        "halflife": times.halflife,
        "acf": autocorrelation_time(state),
        "peak": np.abs(state).argmax(axis=0),
        **dict(zip(("retained", "mixed", "overwritten", "rewritten"), shares, strict=True)),
        "left": sides.left,
        "right": sides.right,
    }
    for each, values in expected.items():
        assert np.allclose(found[each], values), each


def test_what_takes_several_pieces_is_what_one_would_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with gruviz.recording.open(_recorded(tmp_path / "run.h5", (7, 500))) as run:
        whole = _all(run.layers["rnn.l0"], 1)
        monkeypatch.setattr("gruviz.analysis._numbers._VALUES", 200)
        monkeypatch.setattr("gruviz.analysis._numbers._UNITS", 2)
        seen: list[float] = []
        pieces = finish(numbers(run.layers["rnn.l0"], 1, tuple(NUMBERS)), seen.append)
    assert all(np.allclose(pieces[name], whole[name]) for name in NUMBERS)
    assert len(seen) > 30
    assert all(0 <= done <= 1 for done in seen)


def test_the_mean_keep_alone_comes_from_the_pyramid_and_is_the_same(tmp_path: Path) -> None:
    with gruviz.recording.open(_recorded(tmp_path / "run.h5", (33, 1000))) as run:
        layer, seen = run.layers["rnn.l0"], []
        found = finish(numbers(layer, 1, ["keep"]), seen.append)
        assert np.allclose(found["keep"], layer["update"][layer.slice(1)].mean(axis=0, dtype=np.float64), rtol=1e-6)
    assert (list(found), seen) == (["keep"], [])  # not one step was read


def test_a_plain_rnn_has_those_of_its_state_alone(tmp_path: Path) -> None:
    with gruviz.recording.open(_recorded(tmp_path / "run.h5", (300,), "rnn")) as run:
        layer = run.layers["rnn.l0"]
        found = _all(layer, 0)
        assert list(found) == ["unit", "acf", "peak"]
        assert np.allclose(found["acf"], autocorrelation_time(layer["hidden"][:]))
        with pytest.raises(GruvizError, match="a plain RNN has no keep, and so no tau: write unit, acf, peak"):
            finish(numbers(layer, 0, ["tau"]))
        with pytest.raises(GruvizError, match="there is no number speed: write unit, acf, peak"):
            finish(numbers(layer, 0, ["speed"]))


def test_one_timestep_and_none(tmp_path: Path) -> None:
    with gruviz.recording.open(_recorded(tmp_path / "run.h5", (1, 0))) as run:
        one, none = _all(run.layers["rnn.l0"], 0), _all(run.layers["rnn.l0"], 1)
        assert np.allclose(one["tau"], -1 / np.log(run.layers["rnn.l0"]["update"][0].astype(np.float64)))
    assert (one["peak"] == 0).all()
    assert np.isnan(one["acf"]).all()
    assert np.isnan([none["keep"], none["tau"], none["peak"], none["acf"]]).all()


def test_half_precision_gives_the_same_timescales_within_a_hundredth(tmp_path: Path) -> None:
    import torch

    import gruviz

    torch.manual_seed(0)
    model, inputs = torch.nn.GRU(4, 64), torch.randn(500, 4)
    with torch.no_grad():
        model.bias_ih_l0[64:128] = torch.logspace(-1, 3.3, 64, base=10).log()  # keeps up to 0.9995
    found = []
    for dtype in ("float32", "float16"):
        run = gruviz.record(model, inputs, path=tmp_path / f"{dtype}.h5", dtype=dtype)
        found.append(_all(next(iter(run.layers.values())), 0))
        run.close()
    assert found[0]["tau_mean"].max() > 1000
    for name in ("tau", "tau_mean", "halflife", "keep"):
        assert np.allclose(found[1][name], found[0][name], rtol=0.01), name
