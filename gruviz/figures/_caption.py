"""A caption for a figure, ready to paste."""

import re
import unicodedata
from pathlib import Path
from urllib.parse import quote

from gruviz.figures._page import Page

KINDS = ("text", "latex", "markdown")
_TEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
    "−": "$-$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "⋯": r"$\cdots$",
    "→": r"$\to$",
    "≥": r"$\ge$",
    "≤": r"$\le$",
    "≠": r"$\neq$",
    "±": r"$\pm$",
    "∞": r"$\infty$",
    "√": r"$\surd$",
    "σ": r"$\sigma$",
    "τ": r"$\tau$",
    "∂": r"$\partial$",
    "′": "$'$",
    "’": "'",
    "‘": "`",
    "“": "``",
    "”": "''",
    "…": r"\dots{}",
    "–": "--",
    "—": "---",
    "\u00a0": "~",
    **{small: f"$^{{{large}}}$" for small, large in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True)},
}

_UNREAD = frozenset('%#\\{}"')
"""What LaTeX does not take for a part of a file's name."""


def caption(figure: Page, kind: str = "text", path: str | Path | None = None) -> str:
    """What stands below a figure in a report: what it shows, of which recording, and how to read it.

    Args:
        figure: what a function of `gruviz.figures` gave.
        kind: `text`, `latex` (a `figure` with `\\includegraphics` at its width, and a label) or `markdown`.
        path: the figure's file, as the report has to name it; without, the name of the figure.
    """
    source = figure.provenance
    said = f"{source.title}. {source.said}"
    name = Path(path).as_posix() if path else f"{source.name}.pdf"
    if kind == "markdown":
        return f"![{_plain(source.title)}]({quote(name)})\n\n*{_plain(said)}*\n"
    if kind == "latex":
        include = "includesvg" if name.lower().endswith(".svg") else "includegraphics"
        note = ""
        if _UNREAD & set(name):
            name = f"{_label(Path(name).stem)}{Path(name).suffix}"
            note = f"% LaTeX cannot read the name of the file: give it this one, {name}\n"
        return (
            f"{note}\\begin{{figure}}\n  \\centering\n"
            f"  \\{include}[width={figure.width:g}mm]{{{name}}}\n"
            f"  \\caption{{{_tex(said)}}}\n"
            f"  \\label{{fig:{_label(Path(name).stem)}}}\n"
            "\\end{figure}\n"
        )
    return said + "\n"


def _tex(text: str) -> str:
    """What is not known in LaTeX's own fonts is left to the document's encoding."""
    return "".join(_TEX.get(letter, letter) for letter in text).replace("}$$^{", "")  # digits of one exponent


def _plain(text: str) -> str:
    """What Markdown would take for a sign of its own is escaped."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|" else letter for letter in text)


def _label(name: str) -> str:
    """The name in letters without accents, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^0-9A-Za-z]+", "-", plain).strip("-") or "figure"
