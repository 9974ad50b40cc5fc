from pathlib import Path

import numpy as np
import pytest

from gruviz.errors import GruvizError
from gruviz.sequences import Reading, read

DATA = Path(__file__).parents[2] / "assets" / "data"


@pytest.fixture
def table(tmp_path):
    def write(text: str, *columns: str, rate: float | None = None):
        path = tmp_path / "t.csv"
        path.write_bytes(text.encode())
        return read(path, Reading(columns, rate))

    return write


@pytest.fixture
def refused(table):
    def read_badly(text: str, *columns: str) -> str:
        with pytest.raises(GruvizError) as caught:
            table(text, *columns)
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


def test_columns_are_chosen_by_name_or_number_in_that_order(table):
    text = "t,u,name\n1,5,a\n2,6,b\n"
    assert table(text, "u", "t").values.tolist() == [[5, 1], [6, 2]]
    assert table(text, "1").columns == ("t",), "a time axis that is asked for is read"
    assert table(text, "2").columns == ("u",)
    assert table("3,1\n2,5\n", "2").columns == ("column 2",)
    assert table(text, "u").notes == ()


def test_columns_that_are_not_there_are_held_against_those_that_are(refused):
    text = "t,u,v\n1,5,a\n2,6,b\n"
    assert "no column 'w': it has t, u, v; or say its number, 1 to 3" in refused(text, "u", "w")
    assert "no column '4'" in refused(text, "4")
    assert "no column '0'" in refused(text, "0")
    assert "'2' is chosen twice" in refused(text, "u", "2")
    assert "v in" in refused(text, "v")
    assert "the word 'a'" in refused(text, "v")


@pytest.mark.parametrize(
    "text", ["u;v\n1;3,5\n2;4,25\n", "u\tv\n1\t-3,5e3\n2\t4\n", 'u,v\n1,"3,5"\n2,"4,1"\n', "u\n3,5\n4,1\n"]
)
def test_decimal_commas_are_named_with_their_cure(refused, text):
    message = refused(text)
    assert "decimals have a comma there" in message
    assert "replace the commas" in message
    assert "line 2" in message


def test_words_with_commas_are_no_decimal_commas(refused, table):
    assert "decimals" not in refused('u\n1\n"3,5"\n"a,b"\n')
    assert table('u,v\n1,"a,b"\n0,"c,d"\n').columns == ("u",)


def test_a_rate_is_kept(table):
    assert table("u\n1\n2\n", rate=12.5).rate == 12.5
    assert table("u\n1\n2\n").rate is None
