import pytest

from gruviz.analysis import HELD, READ, SURVIVAL, derived
from gruviz.cells import CELLS, GRU, LSTM, RNN, Cell, variant


@pytest.mark.parametrize("cell", [*CELLS.values(), variant(GRU, "before")])
def test_what_is_worked_out_has_names_of_its_own_and_says_how(cell: Cell) -> None:
    found = derived(cell)
    names, symbols = {each.name for each in found}, {each.symbol for each in found}
    assert len(names) == len(symbols) == len(found)
    assert not names & set(cell.names)
    assert not symbols & {each.symbol for each in cell.quantities}
    for each in found:
        assert each.formula.startswith(f"{each.title} = ")
        assert each.meaning.endswith(".")


def test_only_what_keeps_survives_and_only_a_gru_resets() -> None:
    assert [each.name for each in derived(RNN)] == ["change"]
    assert [each.name for each in derived(LSTM)] == ["survival", "carried", "written", "change"]
    assert [each.name for each in derived(GRU)][4:] == [READ, HELD]


def test_survival_says_that_it_is_the_direct_path_and_that_the_reset_may_act_before_the_product() -> None:
    meanings = {each.name: each for each in derived(GRU)}
    assert "direct path" in meanings[SURVIVAL].meaning
    assert "need not be important" in meanings[SURVIVAL].meaning
    assert "(1 − r) (W_hn h′ + b_hn)" in meanings[HELD].formula
    before = {each.name: each for each in derived(variant(GRU, "before"))}
    assert "W_hn ((1 − r) h′)" in before[HELD].formula
    assert "W_hn (r h′) + b_hn" in before[READ].formula
