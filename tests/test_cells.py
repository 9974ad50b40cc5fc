import dataclasses

import pytest

from gruviz.cells import CELLS, CLASSES, GRU, LSTM, MIXED, OVERWRITTEN, RETAINED, REWRITTEN, RNN, Cell, Thresholds


@pytest.mark.parametrize("cell", CELLS.values())
def test_a_cell_is_consistent(cell: Cell) -> None:
    assert CELLS[cell.name] is cell
    assert len(set(cell.names)) == len({q.symbol for q in cell.quantities}) == len(cell.quantities)
    assert cell[cell.state].kind == "state"
    assert cell.states == tuple(name for name in cell.names if cell[name].kind == "state")
    assert [q.name for q in cell.quantities if q.kind == "keep"] == ([cell.keep] if cell.keep else [])
    for quantity in cell.quantities:
        assert quantity.formula.startswith(f"{quantity.symbol} = ")
        assert quantity.mathtext.startswith("$")
        assert quantity.mathtext.endswith("_t$")
        assert quantity.fraction == quantity.formula.split(" = ")[1].startswith("σ(")


@pytest.mark.parametrize("cell", [GRU, LSTM, RNN])
def test_the_rows_of_a_weight_matrix_are_all_that_a_cell_computes_from_its_input(cell: Cell) -> None:
    from_input = {q.name for q in cell.quantities if "W_" in q.formula}
    assert set(cell.rows) == from_input
    assert len(cell.rows) == {"gru": 3, "lstm": 4, "rnn": 1}[cell.name]


def test_pytorch_has_its_rows_in_this_order() -> None:
    assert GRU.rows == ("reset", "update", "candidate")
    assert LSTM.rows == ("input", "forget", "candidate", "output")


def test_what_keeps() -> None:
    assert (GRU.keep, GRU.state) == ("update", "hidden")
    assert (LSTM.keep, LSTM.state) == ("forget", "cell")
    assert (RNN.keep, RNN.state) == (None, "hidden")
    assert GRU["update"].title == "update (keep)"
    with pytest.raises(KeyError):
        GRU["forget"]


def test_cells_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        GRU.keep = "reset"  # type: ignore[misc]


def test_classes_are_numbered_as_they_are_named() -> None:
    assert [CLASSES[i] for i in (RETAINED, MIXED, OVERWRITTEN, REWRITTEN)] == [
        "retained",
        "mixed",
        "overwritten",
        "rewritten alike",
    ]


def test_thresholds_are_told_in_full() -> None:
    told = Thresholds(0.8, 0.25, 0.02).describe()
    for words in ("retained: keep ≥ 0.8", "overwritten: keep ≤ 0.25", "moved > 0.02", "moved ≤ 0.02"):
        assert words in told


@pytest.mark.parametrize("limits", [(0.1, 0.9, 0.05), (0.5, 0.5, 0), (1.1, 0.1, 0), (0.9, -0.1, 0), (0.9, 0.1, -1)])
def test_thresholds_that_make_no_sense(limits: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="threshold"):
        Thresholds(*limits)
