"""Which sequence stands beside which."""

from pathlib import Path

import gruviz.recording
from gruviz.ui.reading import Facts, facts_of
from gruviz.ui.twins import place_for, twin, why_not
from gruviz.view import Pane

from .recordings import make, read_word_by_word


def facts(path: Path) -> Facts:
    with gruviz.recording.open(path) as run:
        return facts_of(run)


def test_by_name_before_number_and_never_by_another_length(tmp_path: Path) -> None:
    one = facts(make(tmp_path / "one.h5", (50, 60, 50), names=("a", "b", "c")))
    other = facts(make(tmp_path / "other.h5", (50, 50, 60, 40), names=("c", "d", "b", "a")))
    mine, theirs = one.sequences_of("rnn.l0"), other.sequences_of("rnn.l0")
    assert twin(theirs, mine[2]).index == 0  # by its name
    assert twin(theirs, mine[1]).index == 2
    assert twin(theirs, mine[0]).index == 0  # its name has another length: by its number
    assert twin(mine, theirs[3]) is None


def test_what_is_on_show_is_not_shown_twice(tmp_path: Path) -> None:
    path = read_word_by_word(tmp_path / "steps.h5", layers=("rnn.l0", "rnn.l1"))
    known = facts(path)
    like = known.sequences_of("rnn.l0")[0]
    taken: list[Pane] = [Pane(str(path), layer="rnn.l0", sequence=0, checkpoint=0)]
    for _ in range(5):
        pane = place_for(known, like, taken)
        assert (pane.layer, pane.sequence) not in [(each.layer, each.sequence) for each in taken]
        info = known.sequences_of(pane.layer)[pane.sequence]
        assert (info.length, info.checkpoint) == (like.length, pane.checkpoint)
        taken.append(pane)


def test_why_nothing_fits_is_said(tmp_path: Path) -> None:
    known = facts(make(tmp_path / "many.h5", (9, 10, 11, 12, 13)))
    like = facts(make(tmp_path / "one.h5", (50,))).sequences_of("rnn.l0")[0]
    assert place_for(known, like, [Pane()]) is None
    assert "no sequence of 50 timesteps as the one on show, its sequences have 9, 10, 11, 12, …" in why_not(known, 50)
