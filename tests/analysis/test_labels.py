"""Labels, against reading letter by letter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gruviz.analysis import Symbols, above, is_binary, marked, thresholds

ALPHABET = 'aB1 \n"()“”.'


def symbols(*texts: str) -> Symbols:
    table = tuple(sorted(set("".join(texts)))) or ("a",)
    ids = np.array([table.index(letter) for letter in "".join(texts)], np.int32)
    return Symbols(ids, table, np.cumsum([0, *map(len, texts[:-1])]))


def said(label: np.ndarray) -> str:
    return "".join("?" if np.isnan(value) else str(int(value)) for value in label)


def read(text: str, name: str) -> str:
    """One sequence, letter by letter."""
    answer, straight, curly, round_, place, word = "", False, 0, 0, 0, -1
    for index, letter in enumerate(text):
        if text[max(index - 2, 0) : index] == "\n\n":
            straight, curly, round_ = False, 0, 0
        straight ^= letter == '"'
        curly = max(0, curly + (letter == "“") - (letter == "”"))
        round_ = max(0, round_ + (letter == "(") - (letter == ")"))
        place = 0 if index == 0 or text[index - 1] == "\n" else place + 1
        word = word + 1 if letter.isalnum() else -1
        value = {
            "space": letter == " ",
            "line end": letter == "\n",
            "letter": letter.isalpha(),
            "capital": letter.isupper(),
            "digit": letter.isdigit(),
            "punctuation": letter in '"()“”.',
            "inside quotes": straight or curly > 0,
            "inside parentheses": round_ > 0,
            "place in the line": place,
            "word start": word == 0,
            "place in the word": "?" if word < 0 else word,
            "‘(’": letter == "(",
        }[name]
        answer += str(value if isinstance(value, str) else int(value))
    return answer


NAMES = (
    "space", "line end", "letter", "capital", "digit", "punctuation", "inside quotes", "inside parentheses",
    "place in the line", "word start", "place in the word", "‘(’",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=40)
@given(texts=st.lists(st.text(ALPHABET, max_size=30), min_size=1, max_size=3))
def test_every_sequence_is_read_by_itself(name: str, texts: list[str]) -> None:
    assert said(symbols(*texts).label(name)) == "".join(read(text, name) for text in texts)


def test_what_is_inside_begins_with_its_mark() -> None:
    text = 'She said: "Go (away) now." And\n\n"never closed\n\nnot inside) at all'
    quoted, round_ = symbols(text).label("inside quotes"), symbols(text).label("inside parentheses")
    assert "".join(letter for letter, inside in zip(text, quoted, strict=True) if inside) == (
        '"Go (away) now.' + '"never closed\n\n'
    )
    assert "".join(letter for letter, inside in zip(text, round_, strict=True) if inside) == "(away"


def test_only_labels_that_change_are_offered() -> None:
    assert symbols("aaaa").labels == ("word start", "place in the word", "place in the line")
    assert symbols("    ").labels == ("place in the line",)
    assert symbols("a").labels == symbols("").labels == ()
    offered = symbols("ab a.\n").labels
    assert {"space", "line end", "letter", "punctuation", "‘a’", "‘.’", "word start"} <= set(offered)
    assert not {"capital", "digit", "inside quotes", "inside parentheses", "‘ ’"} & set(offered)
    for name in offered:
        label = symbols("ab a.\n").label(name)
        assert np.nanmin(label) < np.nanmax(label)
    assert {"inside quotes", "inside parentheses"} <= set(symbols('a "b" (c)').labels)
    with pytest.raises(KeyError):
        symbols("ab").label("verb")


def test_words_are_labelled_by_their_first_letter() -> None:
    words = Symbols(np.array([0, 1, 2, 0]), ("Thy", "beauty's", ","), np.array([0]))
    assert said(words.label("capital")) == "1001"
    assert said(words.label("punctuation")) == "0010"
    assert "word start" not in words.labels
    assert "‘beauty's’" in words.labels


def test_thresholds_hold_for_three_quarters_half_and_a_quarter() -> None:
    values = np.append(np.random.default_rng(0).normal(300, 20, 4000), np.nan)
    names = thresholds("co2 > x", values)
    parts = [above(name) for name in names]
    assert [column for column, _ in parts] == ["co2 > x"] * 3
    shares = [(values > edge).sum() / 4000 for _, edge in parts]
    assert shares == pytest.approx([0.75, 0.5, 0.25], abs=0.01)
    assert thresholds("x", np.full(5, 2.0)) == ()
    assert above("space") is None
    assert above("a > b") is None


def test_marks_and_kinds() -> None:
    label = marked(8, ((1, 3), (6, 8)))
    assert said(label) == "01100011"
    assert is_binary(label)
    assert not is_binary(np.array([0, 2.0]))
    assert is_binary(np.array([np.nan, 1.0]))
