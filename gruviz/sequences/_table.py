"""Tables of comma-, semicolon- or tab-separated values."""

import csv
import io
import math
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gruviz.errors import GruvizError

from ._columns import pick
from ._missing import fill
from ._reading import Reading
from ._sequence import Sequence
from ._text import decode

MISSING = frozenset({"", "na", "n/a", "nan", "-nan", "null", "none", "."})
DELIMITERS = "\t;,"  # a comma last: it is also what many countries write decimals with
SNIFFED_LINES = 20
_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")
_POINTS = "decimals have a comma there and need a point: replace the commas, or export the table anew"


@dataclass
class _Column:
    """A column while it is read; a word stands as NaN in `numbers` until it is known whether that is an error."""

    numbers: "array[float]" = field(default_factory=lambda: array("d"))
    numeric: int = 0
    dates: int = 0
    words: int = 0
    commas: int = 0
    """Words that are numbers with a decimal comma."""
    word: tuple[int, str] | None = None

    def add(self, line: int, cell: str) -> None:
        number = _number(cell)
        self.numbers.append(math.nan if number is None else number)
        if number is not None:
            self.numeric += 1
        elif cell.lower() not in MISSING:
            self.dates += _is_date(cell)
            self.words += 1
            self.commas += _COMMA.fullmatch(cell) is not None
            if self.word is None:
                self.word = (line, cell)

    @property
    def increases(self) -> bool:
        numbers = np.frombuffer(self.numbers)
        return len(numbers) > 1 and bool((np.diff(numbers) > 0).all())


def read_table(path: Path, how: Reading) -> list[Sequence]:
    """Read the numeric columns of a table, or those that are asked for, a row a timestep.

    Raises GruvizError and OSError.
    """
    names, columns = _parse(path)
    chosen = pick(path, names, how.columns)
    kept, notes = (chosen, []) if chosen else _numeric(names, columns)
    for number in kept:
        word = columns[number].word
        if word is not None:
            commas = columns[number].commas == columns[number].words
            cure = _POINTS if commas else "only numbers can be read; mend that cell, or leave it empty as missing"
            what = "" if commas else "the word "
            raise GruvizError(f"{names[number]} in {path} has {what}{word[1][:40]!r} in line {word[0]:,}: {cure}")
    if not kept:
        raise GruvizError(f"{path} has no column of numbers: a table needs at least one")

    length = len(columns[0].numbers)
    values = np.empty((length, len(kept)), np.float32)
    missing: NDArray[np.bool_] = np.zeros(values.shape, np.bool_)
    for place, number in enumerate(kept):
        column_values = np.frombuffer(columns[number].numbers)
        values[:, place], missing[:, place], note = fill(path, names[number], column_values)
        if note:
            notes.append(note)
    sequence = Sequence(
        path.stem,
        values=values,
        columns=tuple(names[number] for number in kept),
        missing=missing if missing.any() else None,
        rate=how.rate,
        notes=tuple(notes),
    )
    return [sequence]


def _numeric(names: list[str], columns: list[_Column]) -> tuple[list[int], list[str]]:
    """The columns that hold numbers, less a time axis, and what was left out."""
    kept, notes = [], []
    for number, column in enumerate(columns):
        if column.numeric or column.word is None or (column.commas and column.commas == column.words):
            kept.append(number)
        elif column.dates == len(column.numbers):
            notes.append(f"{names[number]} was left out: it holds dates")
        else:
            notes.append(f"{names[number]} was left out: it holds words")
    if len(kept) > 1 and kept[0] == 0 and columns[0].increases:
        notes.append(f"{names[0]} was left out: it only counts up, as a time axis does")
        kept = kept[1:]
    return kept, notes


def _parse(path: Path) -> tuple[list[str], list[_Column]]:
    """Return the names and the contents of all columns."""
    rows = _rows(path)
    try:
        line, cells = next(rows)
    except StopIteration:
        raise GruvizError(f"{path} holds nothing but blank lines: there is no sequence in it") from None
    columns = [_Column() for _ in cells]
    names = [f"column {number + 1}" for number in range(len(cells))]
    if _is_header(cells):
        names = [cell or name for cell, name in zip(cells, names, strict=True)]
    else:
        rows = _before((line, cells), rows)
    for line, cells in rows:
        if len(cells) != len(columns):
            twice = len(cells) == 2 * len(columns) and all(cell.lstrip("+-").isdecimal() for cell in cells)
            raise GruvizError(
                f"line {line:,} of {path} has {len(cells)} cells where the first has {len(columns)}: "
                f"{f'perhaps {_POINTS}' if twice else 'all rows need the same number'}"
            )
        for column, cell in zip(columns, cells, strict=True):
            column.add(line, cell)
    if not columns[0].numbers:
        raise GruvizError(f"{path} has a header and no rows: there is no sequence in it")
    return names, columns


def _before(first: tuple[int, list[str]], rest: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    yield first
    yield from rest


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line it begins in, as an editor counts; without blank lines and leading # comments.

    In a table of one column a blank line is a missing value, unless only blank lines follow.
    """
    text = decode(path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    started = False
    blank: list[int] = []
    line = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells) and len(cells) < 2:
                blank.append(line)
            elif started or not cells[0].startswith("#"):
                if started and len(cells) == 1:
                    yield from ((at, [""]) for at in blank)
                blank = []
                started = True
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise GruvizError(
            f"line {line:,} of {path} cannot be read as a table ({error}): save it as plain CSV"
        ) from error


def _delimiter(text: str) -> str:
    """Return the delimiter that cuts the first lines into equal numbers of cells, at least two; else a comma."""
    head = []
    file = io.StringIO(text, newline="")
    for line in file:
        if line.strip() and not line.startswith("#"):
            head.append(line)
        if len(head) == SNIFFED_LINES:
            break
    for delimiter in DELIMITERS:
        widths = {len(row) for row in csv.reader(head, delimiter=delimiter)}
        if len(widths) == 1 and widths.pop() > 1:
            return delimiter
    return ","


def _is_header(cells: list[str]) -> bool:
    """Whether the first row names the columns: words in it, and neither numbers nor dates."""
    words = [cell for cell in cells if cell.lower() not in MISSING]
    return bool(words) and not any(_number(cell) is not None or _is_date(cell) for cell in words)


def _number(cell: str) -> float | None:
    """Return the number in a cell, or None for a missing value, a word or a date."""
    if "_" in cell:  # Python would read 1_000 as a number, no spreadsheet does
        return None
    try:
        number = float(cell)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _is_date(cell: str) -> bool:
    try:
        datetime.fromisoformat(cell)
    except ValueError:
        return False
    return True
