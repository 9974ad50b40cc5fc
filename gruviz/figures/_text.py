"""The text of a sequence above its columns: letter by letter, or in lines, or at least where one is in it."""

import unicodedata
from dataclasses import dataclass
from itertools import pairwise

from matplotlib.axes import Axes

from gruviz.figures._page import FAINT, FOREGROUND, LABEL, MONO, SMALL, fitting, shorten, text_width

Symbols = tuple[str, ...]
_LETTER = 0.602
"""Width of a letter of the monospaced font, in parts of its size."""
_LINE = 1.3
"""Distance of lines, in parts of the size of their letters."""
_MOST_LINES = 6
_MOST_LETTERS = 60
"""A line of a single column holds no more, at 6 pt."""
_SNIPPET = 19.0
"""Millimetres for each snippet of a text that is too long to be shown."""
_VISIBLE = {"\n": "↵", "\r": "↵", "\t": "⇥", " ": " "}
_TICK = 0.8
"""Millimetres from the number of a line down to its column."""


@dataclass(frozen=True)
class Strip:
    """How a text is set above columns `width` millimetres wide in all; `height` is what it takes."""

    height: float
    mode: str
    """`letters`, `upright` (symbols of several letters turned by 90 degrees), `lines` or `snippets`."""
    size: float
    marks: tuple[tuple[int, str], ...]
    """What stands at which column: a symbol, the number of a line, or a snippet."""
    lines: tuple[str, ...] = ()


def strip(symbols: Symbols, width: float) -> Strip:
    """Decide how to set symbols, one for each column. Nothing is set smaller than 6 pt."""
    shown = tuple(map(visible, symbols))
    column = width / len(shown)
    widest = max(len(symbol) for symbol in shown)
    size = min(LABEL, column / (widest * _LETTER) * 72 / 25.4)
    if size >= SMALL:
        return Strip(_line(size), "letters", size, tuple(enumerate(shown)))
    if widest > 1 and column >= SMALL * 1.15 / 72 * 25.4:
        turned = tuple((at, shorten(symbol, SMALL, 20)) for at, symbol in enumerate(shown))
        return Strip(max(text_width(text, SMALL) for _, text in turned) + 1, "upright", SMALL, turned)
    lines = _lines(symbols, width)
    if len(lines) <= _MOST_LINES:
        marks = tuple((at, str(number)) for number, (at, _) in enumerate(lines, 1))
        return Strip((len(lines) + 1.2) * _line(SMALL) + _TICK, "lines", SMALL, marks, tuple(text for _, text in lines))
    return Strip(_line(SMALL) + 1, "snippets", SMALL, tuple(_snippets(symbols, width)))


def draw(axes: Axes, strip: Strip, edge: float, start: int) -> None:
    """Set the strip in axes that share the time axis of the heatmaps, from 0 at the top to `height` mm below.

    Args:
        axes: as high as the strip.
        strip: what to set.
        edge: millimetres per timestep, to find the left edge of the panel in time.
        start: the first timestep.
    """
    axes.set_ylim(strip.height, 0)
    axes.set_axis_off()
    foot = _TICK if strip.mode == "lines" else 0.0
    base = strip.height - foot - 0.25 * strip.size / 72 * 25.4
    for at, text in strip.marks:
        turned = strip.mode == "upright" and len(text) > 1
        if strip.mode == "lines":
            axes.plot([start + at] * 2, [strip.height - foot, strip.height], color=FAINT, linewidth=0.4, clip_on=False)
        if strip.mode == "snippets":
            axes.plot([start + at] * 2, [0.4, strip.height], color=FAINT, linewidth=0.4, clip_on=False)
            x, align = start + at + 0.7 / edge, "left"
        else:
            x, align = float(start + at), "center"
        axes.text(
            x,
            strip.height - 0.6 if turned else base,
            text,
            size=strip.size,
            family=MONO if strip.mode == "letters" else None,
            ha=align,
            va="bottom" if turned else "baseline",
            rotation=90 if turned else 0,
            rotation_mode="default",
            color=FAINT if text in _VISIBLE.values() or strip.mode == "lines" else FOREGROUND,
            parse_math=False,
        )
    for number, line in enumerate(strip.lines, 1):
        y = (number - 0.25) * _line(SMALL)
        left = start - 0.5
        axes.text(left - 1.2 / edge, y, str(number), size=SMALL, ha="right", color=FAINT)
        axes.text(left, y, line, size=SMALL, parse_math=False)


def visible(symbol: str) -> str:
    """A symbol as it can be printed: line ends as an arrow, what has no glyph as U+FFFD."""
    if symbol in _VISIBLE:
        return _VISIBLE[symbol]
    return "".join(
        "\ufffd" if unicodedata.category(letter) in ("Cc", "Cs", "Cn", "Co") else letter for letter in symbol
    )


def _line(size: float) -> float:
    return size * _LINE / 72 * 25.4


def _words(symbols: Symbols) -> list[tuple[int, str]]:
    """Words with the column that each begins at. Symbols of several letters are words already."""
    if any(len(symbol) > 1 for symbol in symbols):
        return [(at, visible(symbol).strip()) for at, symbol in enumerate(symbols) if symbol.strip()]
    words: list[tuple[int, str]] = []
    begin = None
    for at, symbol in enumerate((*symbols, " ")):
        if not symbol.isspace() and begin is None:
            begin = at
        elif symbol.isspace():
            if begin is not None:
                words.append((begin, "".join(map(visible, symbols[begin:at]))))
            begin = None
            if symbol == "\n" and words and words[-1][1] != "/":
                words.append((at, "/"))  # as verse is quoted
    return words


def _lines(symbols: Symbols, width: float) -> list[tuple[int, str]]:
    """The text broken into lines that fit, each with the column that it begins at; at most one more than is allowed."""
    lines: list[tuple[int, str]] = []
    space = text_width("a a", SMALL) - text_width("aa", SMALL)
    single = all(len(symbol) == 1 for symbol in symbols)  # else a word is one column, however long
    room = 0.0
    for at, word in _words(symbols):
        wide = text_width(word[:_MOST_LETTERS], SMALL)
        if lines and wide + space <= room and len(word) <= _MOST_LETTERS:
            lines[-1] = (lines[-1][0], f"{lines[-1][1]} {word}")
            room -= wide + space
            continue
        rest = "" if word == "/" else word
        while rest and len(lines) <= _MOST_LINES:
            fits = fitting(rest, SMALL, width)
            lines.append((at, rest[:fits]))
            room = width - text_width(rest[:fits], SMALL)
            at, rest = at + fits * single, rest[fits:]
        if len(lines) > _MOST_LINES:
            break
    return lines


def _snippets(symbols: Symbols, width: float) -> list[tuple[int, str]]:
    """Beginnings of passages, evenly spread, each with the column that it begins at."""
    number = max(1, int(width // _SNIPPET))
    edges = [len(symbols) * k // number for k in range(number + 1)]
    found = []
    for begin, end in pairwise(edges):
        nearby = symbols[begin : begin + min(end - begin, 4 * _MOST_LETTERS)]
        words = [(at, word) for at, word in _words(nearby) if word != "/" and (at or not begin)]
        if words:
            at = words[0][0]
            text = " ".join(word for _, word in _words(nearby[at:]))
            shown = shorten(text[:_MOST_LETTERS], SMALL, width / number - 1.5)
            found.append((begin + at, shown.replace(" /…", "…")))
    return found
