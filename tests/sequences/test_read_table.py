from pathlib import Path

import numpy as np
import pytest

from gruviz.errors import GruvizError
from gruviz.sequences import read

DATA = Path(__file__).parents[2] / "assets" / "data"


@pytest.fixture
def table(tmp_path):
    def write(text: str, name: str = "t.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode())
        return read(path)

    return write


@pytest.fixture
def refused(table):
    def read_badly(text: str) -> str:
        with pytest.raises(GruvizError) as caught:
            table(text)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return read_badly


def test_co2_says_what_was_done_to_it():
    co2 = read(DATA / "co2.csv")
    assert co2.columns == ("co2",)
    assert co2.values.shape == (2284, 1)
    assert co2.values.dtype == np.float32
    assert int(co2.missing.sum()) == 59
    assert "59 of 2,284 values of co2 were missing and were filled by linear interpolation" in co2.notes
    assert any(note.startswith("date was left out") for note in co2.notes)
    at = int(np.flatnonzero(co2.missing[:, 0])[0])
    assert min(co2.values[at - 1 : at + 2 : 2, 0]) <= co2.values[at, 0] <= max(co2.values[at - 1 : at + 2, 0])


def test_sunspots_lose_their_years_only():
    sunspots = read(DATA / "sunspots.csv")
    assert sunspots.columns == ("SUNACTIVITY",)
    assert sunspots.values[:3, 0].tolist() == [5, 11, 16]
    assert sunspots.missing is None
    assert len(sunspots.notes) == 1


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_and_line_ends(table, delimiter, end):
    sequence = table(end.join(delimiter.join(row) for row in (["u", "v"], ["3", "1.5"], ["2", "-2e3"])) + end)
    assert sequence.columns == ("u", "v")
    assert sequence.values.tolist() == [[3, 1.5], [2, -2000]]


def test_header_is_optional(table):
    assert table("3,1\n2,5\n").columns == ("column 1", "column 2")
    assert table(",v\n3,1\n2,5\n").columns == ("column 1", "v")
    assert table("NA,1\n2,5\n").values.tolist() == [[2, 1], [2, 5]]


def test_missing_values_are_interpolated_and_ends_take_the_nearest(table):
    sequence = table("u,v\nNA,1\n4,\n,null\nnan,4\n10,.\nN/A,5\n")
    assert sequence.values.T.tolist() == [[4, 4, 6, 8, 10, 10], [1, 2, 3, 4, 4.5, 5]]
    assert sequence.missing.T.tolist() == [
        [True, False, True, True, False, True],
        [False, True, True, False, True, False],
    ]
    assert sequence.notes[0].startswith("4 of 6 values of u were missing")


def test_blank_line_is_a_missing_value_in_a_single_column_only(table):
    assert table("u\n1\n\n3\n\n\n").values.tolist() == [[1], [2], [3]]
    assert table("u,v\n1,1\n\n0,3\n").values.tolist() == [[1, 1], [0, 3]]


def test_time_axis_is_left_out_only_where_something_else_remains(table):
    assert table("t,u\n1,5\n2,5\n").columns == ("u",)
    assert table("t,u\n1,5\n1,6\n").columns == ("t", "u")
    assert table("u\n1\n2\n").columns == ("u",)
    dates = table("1958-03-29,5\n1958-04-05,7\n")
    assert dates.columns == ("column 2",)
    assert dates.notes == ("column 1 was left out: it holds dates",)


def test_columns_of_words_are_left_out(table):
    sequence = table("place,u\nHilo,1\nKona,0\n")
    assert sequence.columns == ("u",)
    assert sequence.notes == ("place was left out: it holds words",)


def test_comments_before_the_header_are_passed_over(table):
    assert table("# measured, by hand\nu,v\n1,2\n0,2\n").columns == ("u", "v")


def test_a_word_among_numbers_is_named_with_its_line(refused):
    message = refused('u,v\n1,"a"\n2,3\n')
    assert "v" in message
    assert "'a'" in message
    assert "line 2" in message
    # A quoted line end and a blank line count, as they do in an editor.
    assert "line 6" in refused('u,v,w\n1,"x\ny",4\n\n\n2,z,oops\n')


def test_what_makes_no_sequence_is_said(refused):
    assert "no column of numbers" in refused("a,b\nc,d\n")
    assert "no rows" in refused("a,b\n")
    assert "blank" in refused("\n\n")
    assert "all 2 values of v" in refused("u,v\n1,\n2,NA\n")
    assert "infinite" in refused("u\n1\ninf\n")
    assert "infinite" in refused("u\n1\n1e39\n")
    assert "line 3" in refused("u,v\n1,2\n1,2,3\n")
    assert "'1_000'" in refused("u\n1\n1_000\n")
    assert "'3,5'" in refused("u;v\n1;3,5\n2;4\n")


def test_array_kinds(tmp_path):
    def array(values, **options):
        np.save(tmp_path / "a.npy", np.asarray(values), **options)
        return read(tmp_path / "a.npy")

    assert array([3, 1, 2]).tokens.tolist() == [3, 1, 2]
    assert array(np.array([3, 1], ">u2")).tokens.dtype == np.int32
    one = array([1.0, np.nan, 3.0])
    assert one.values.tolist() == [[1], [2], [3]]
    assert one.columns == ("value",)
    assert one.missing.tolist() == [[False], [True], [False]]
    two = array(np.asfortranarray([[1, 2, 3], [4, 5, 6]]))
    assert two.values.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert two.columns == ("column 1", "column 2", "column 3")
    assert array(np.array([[True], [False]])).values.tolist() == [[1], [0]]


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (np.array([{}, []], dtype=object), "Python objects"),
        (np.ones(3, complex), "complex128"),
        (np.array(["a", "b"]), "<U1"),
        (np.zeros((2, 2, 2)), "(2, 2, 2)"),
        (np.float64(1), "()"),
        (np.zeros((0, 3)), "(0, 3)"),
        (np.array([-1, 2]), "tokens"),
        (np.array([2**31]), "tokens"),
        (np.array([np.inf, 1]), "infinite"),
        (np.array([np.nan, np.nan]), "missing"),
    ],
)
def test_arrays_that_are_no_sequence_are_refused(tmp_path, values, word):
    np.save(tmp_path / "a.npy", values, allow_pickle=True)
    with pytest.raises(GruvizError) as caught:
        read(tmp_path / "a.npy")
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_damaged_arrays_are_refused_before_memory_is_taken(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.ones(100))
    whole = path.read_bytes()
    for damaged in (whole[:-8], whole[:20], b"not an array", whole.replace(b"(100,)", b"(9**9,", 1)):
        path.write_bytes(damaged)
        with pytest.raises(GruvizError, match="not a whole NumPy array"):
            read(path)
    path.write_bytes(whole.replace(b"(100,), }        ", b"(100000000000,), }", 1))
    with pytest.raises(GruvizError, match="not a whole NumPy array"):
        read(path)
    with path.open("wb") as file:
        np.savez(file, a=np.ones(3), b=np.ones(3))
    with pytest.raises(GruvizError, match="several arrays"):
        read(path)
