"""Where lines of a page break."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gruviz.analysis import Lines, broken, filled


def rows(lines: Lines) -> list[int]:
    return [row for first, stop in zip(lines.first, lines.stop, strict=True) for row in range(first, stop)]


@settings(deadline=None)
@given(
    texts=st.lists(st.text("ab \n", min_size=1, max_size=40), min_size=1, max_size=4),
    columns=st.integers(1, 12),
    wide=st.integers(1, 3),
)
def test_text_breaks_after_line_ends_and_between_words(texts: list[str], columns: int, wide: int) -> None:
    whole = "".join(texts)
    widths = np.array([wide if letter == "b" else 1 for letter in whole])
    ends, gaps = (np.array([letter in which for letter in whole]) for which in ("\n", " "))
    offsets = np.cumsum([0, *map(len, texts[:-1])])
    lines = broken(widths, ends, gaps, offsets, columns)
    assert rows(lines) == list(range(len(whole)))
    firsts = set(lines.first.tolist())
    assert set(offsets.tolist()) <= firsts
    for first, stop in zip(lines.first.tolist(), lines.stop.tolist(), strict=True):
        line = whole[first:stop]
        assert "\n" not in line[:-1]
        assert widths[first:stop].sum() <= columns or len(line) == 1
        forced = stop in offsets or stop == len(whole) or line.endswith("\n")
        if not forced:
            following = whole[stop:]
            word = next((place for place, letter in enumerate(following) if letter in " \n"), len(following) - 1)
            room = columns - widths[first:stop].sum()
            assert widths[stop : stop + word + 1].sum() > room  # the next word had no room
            assert line.endswith(" ") or " " not in line
    for row in range(len(whole)):
        number = lines.line_of(row)
        assert lines.first[number] <= row < lines.stop[number]


@given(lengths=st.lists(st.integers(1, 50), max_size=5), columns=st.integers(1, 20))
def test_numbers_fill_their_lines(lengths: list[int], columns: int) -> None:
    offsets = np.cumsum([0, *lengths])[:-1].astype(np.int64)
    lines = filled(offsets, np.array(lengths, np.int64), columns)
    assert rows(lines) == list(range(sum(lengths)))
    assert set(offsets.tolist()) <= set(lines.first.tolist())
    ends = {*np.cumsum(lengths).tolist()}
    for first, stop in zip(lines.first.tolist(), lines.stop.tolist(), strict=True):
        assert stop - first == columns or (stop in ends and stop - first < columns)
