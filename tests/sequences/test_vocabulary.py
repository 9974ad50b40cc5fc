import pytest

from gruviz.errors import GruvizError
from gruviz.sequences import Sequence, Vocabulary


def test_vocabulary_goes_both_ways():
    vocabulary = Vocabulary.of("hello\n")
    assert vocabulary.symbols == ("\n", "e", "h", "l", "o")
    tokens = vocabulary.encode("hello")
    assert tokens.tolist() == [2, 1, 3, 3, 4]
    assert tokens.dtype == "int32"
    assert vocabulary.decode(tokens) == "hello"
    assert vocabulary.encode("").shape == (0,)


def test_unknown_characters_are_named_but_not_all_of_them():
    with pytest.raises(GruvizError) as caught:
        Vocabulary.of("abc").encode("abzyxwvutc")
    message = str(caught.value)
    assert "'t', 'u', 'v', 'w', 'x' and 2 more" in message
    assert "'z' at position 2" in message


def test_tokens_without_a_symbol_are_refused():
    for token in (-1, 3):
        with pytest.raises(GruvizError, match="0 to 2"):
            Vocabulary.of("abc").decode([0, token])


def test_a_symbol_is_a_string_and_comes_once():
    for symbols in (("a", "a"), ("a", 1)):
        with pytest.raises(ValueError, match="strings, each once"):
            Vocabulary(symbols)


WORDS = Vocabulary(("<pad>", "the", "cat", "sat", "."))


def test_a_vocabulary_of_words_reads_words():
    assert WORDS.of_words
    assert WORDS.encode("the cat\n sat .").tolist() == [1, 2, 3, 4]
    assert WORDS.decode([1, 2]) == "the cat"
    spelled = WORDS.spell(Sequence("s", text="the cat sat ."))
    assert len(spelled) == 4
    assert spelled.text is None
    assert spelled.notes == ("text was read word by word, since the vocabulary is of words",)
    with pytest.raises(
        GruvizError, match=r"the words 'The', 'dog' \(first 'The' at position 0\) \(its vocabulary is of"
    ):
        WORDS.encode("The dog sat")
    with pytest.raises(GruvizError, match="no words"):
        WORDS.spell(Sequence("s", text=" \n"))


def test_marks_make_no_words_of_characters():
    letters = Vocabulary(("<pad>", "[UNK]", "</s>", "a", "b"))
    assert not letters.of_words
    assert letters.encode("ab").tolist() == [3, 4]
    spelled = letters.spell(Sequence("s", text="abba"))
    assert (spelled.text, spelled.tokens.tolist(), spelled.notes) == ("abba", [3, 4, 4, 3], ())


def test_what_is_unknown_is_read_as_the_symbol_for_it_and_said():
    letters = Vocabulary(("[UNK]", "a", "b"))
    spelled = letters.spell(Sequence("s", text="abxyx"))
    assert spelled.tokens.tolist() == [1, 2, 0, 0, 0]
    assert spelled.notes == ("3 of 5 characters of s are not in the vocabulary and were read as [UNK]: 'x', 'y'",)


@pytest.mark.parametrize(
    ("name", "content", "symbols"),
    [
        ("v.txt", "a\nb\n \n", ("a", "b", " ")),
        ("v.txt", "[PAD]\r\nthe\r\ncat", ("[PAD]", "the", "cat")),
        ("v.json", '["a", "\\n", ""]', ("a", "\n", "")),
        ("v.json", '{"b": 1, "a": 0}', ("a", "b")),
    ],
)
def test_files_of_symbols(tmp_path, name, content, symbols):
    (tmp_path / name).write_bytes(content.encode())
    assert Vocabulary.read(tmp_path / name).symbols == symbols


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("v.txt", "a\n\nb", "line 2"),
        ("v.txt", "a\nb\na\n", "'a' twice"),
        ("v.txt", "", "line 1"),
        ("v.json", "[1, 2]", "not a list of strings"),
        ("v.json", "[]", "not a list of strings"),
        ("v.json", "[" * 100_000, "not JSON"),
        ("v.json", '{"a": 1, "b": 2}', "the numbers 0 to 1"),
        ("v.json", '{"a": 0, "b": [1]}', "the numbers 0 to 1"),
        ("v.txt", "a\0b", "not text"),
        ("missing.txt", None, "cannot read"),
    ],
)
def test_files_that_are_no_vocabulary(tmp_path, name, content, word):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(GruvizError) as caught:
        Vocabulary.read(tmp_path / name)
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_large_vocabulary_is_read():
    symbols = [f"word{number}" for number in range(200_000)]
    assert Vocabulary(tuple(symbols)).encode(" ".join(symbols[::-1]))[0] == 199_999
