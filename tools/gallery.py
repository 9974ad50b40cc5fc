"""The gallery of figures in the README: draw each from the demo, and write the table that shows them.

    python tools/gallery.py

Writes assets/pictures/figure-*.png, and what stands between the two marks in README.md.
"""

import re
import shlex
import sys
from pathlib import Path

from gruviz.cli import main as command
from gruviz.figures.names import DESCRIPTIONS

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BEGIN, END = "<!-- gallery: made by make gallery -->", "<!-- end of the gallery -->"
DPI, COLUMNS = 110, 3
SHOWN = {
    "gates": "demo.h5 gates --range 0:60",
    "timeline": "demo.h5 timeline --range 0:60 --units 12,49,95",
    "survival": "demo.h5 survival --since 20",
    "composition": "demo.h5 composition --at 38",
    "cell": "demo.h5 cell --no-numbers",
    "carry": "demo.h5 carry --range 0:60",
    "pages": "demo.h5 pages --range 0:300 --units 95",
    "timescales": "demo.h5 timescales",
    "saturation": "demo.h5 saturation",
    "counts": "demo.h5 counts",
    "gradient": "demo.h5 gradient --range 0:100",
    "paths": "demo.h5 paths",
}
"""What `gruviz export` is called with for each, after the folder of the demo."""
STYLED = {
    "a slide": "demo.h5 gates --range 0:60 --style slide --dark",
    "print without colour": "demo.h5 gates --range 0:60 --grey --font serif",
    "an LSTM": "demo-lstm.h5 cell --no-numbers",
}


def picture(name: str) -> Path:
    return ROOT / "assets" / "pictures" / f"figure-{name.replace(' ', '-')}.png"


def draw() -> None:
    for name, words in (SHOWN | STYLED).items():
        recording, *rest = shlex.split(words)
        dpi = 55 if "slide" in rest else DPI
        path = picture(name)
        if command(["export", str(ROOT / "assets" / recording), *rest, "-o", str(path), "--dpi", str(dpi)]):
            sys.exit(f"{words} could not be drawn")


def table() -> str:
    """In Markdown, a few columns of pictures with the commands that draw them."""
    entries = [
        (f"![{DESCRIPTIONS.get(name, name)}]({picture(name).relative_to(ROOT).as_posix()})", f"`{words}`")
        for name, words in (SHOWN | STYLED).items()
    ]
    lines = []
    for first in range(0, len(entries), COLUMNS):
        row = entries[first : first + COLUMNS]
        row += [("", "")] * (COLUMNS - len(row))
        lines += [f"| {' | '.join(picture for picture, _ in row)} |"]
        lines += [f"|{'---|' * COLUMNS}"] * (first == 0)
        lines += [f"| {' | '.join(words for _, words in row)} |"]
    return "\n".join(lines)


def main() -> None:
    draw()
    text = README.read_text(encoding="utf-8")
    between = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if not between.search(text):
        sys.exit(f"README.md has no place for the gallery: put these two lines where it goes\n{BEGIN}\n{END}")
    README.write_text(between.sub(lambda _: f"{BEGIN}\n{table()}\n{END}", text), encoding="utf-8")


if __name__ == "__main__":
    main()
