"""The commands `gruviz export` and `gruviz figures`: figures without a screen."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from gruviz._assets import DEMOS, asset
from gruviz.arguments import Line, Parser, interruptible, millimetres, names, sides, thresholds, timesteps, units
from gruviz.errors import GruvizError
from gruviz.figures.names import DESCRIPTIONS, FONTS, OF_FOLDERS, STYLES
from gruviz.folders import check_folder

_OWN = ("since", "at", "numbers", "sides", "lines")
"""Options that some figures alone have."""
_EVERY = ("layer", "sequence", "units", "quantities", "order", "reduction", "thresholds", "marked")
_MOMENT = 0.7
"""Seconds of reading that nobody has to be told of."""
_MOVING = (".mp4", ".gif")


def export(arguments: Sequence[str]) -> int:
    """`gruviz export`."""
    parser = Parser(
        prog="gruviz export",
        description="Draw a figure for a report, without a screen.",
        epilog="The ending of FILE decides the format: .pdf, .svg, .png; .csv or .npz for the numbers that the figure "
        "shows; .mp4 or .gif for a film that runs through the range.",
    )
    parser.add_argument(
        "recording", nargs="?", metavar="RUN", help="a recording; demo, demo-lstm and demo-rnn come along"
    )
    parser.add_argument("figure", nargs="?", metavar="FIGURE", help="its name; --list says which there are")
    parser.add_argument("-o", "--output", metavar="FILE")
    parser.add_argument("--list", action="store_true", help="the figures, one a line, name first")
    parser.add_argument("--all", action="store_true", help="all figures, as the pages of one .pdf")
    parser.add_argument("--from", dest="source", metavar="FILE", help="draw again what FILE, made by gruviz, shows")
    parser.add_argument("--recording", dest="moved", metavar="RUN", help="--from: where its recording lies now")
    _add_what(parser)
    own = parser.add_argument_group("of some figures")
    own.add_argument("--since", type=int, metavar="S", help="survival: what stood at this timestep")
    own.add_argument("--at", type=int, metavar="T", help="composition, cell: the timestep")
    own.add_argument("--numbers", action=argparse.BooleanOptionalAction, help="cell: with numbers, or as in a book")
    own.add_argument("--sides", type=sides, metavar="L,R", help="saturation: below L, above R; 0.1,0.9")
    own.add_argument("--beside", type=names, metavar="LIST", help="gradient: other recordings")
    own.add_argument("--lines", action=argparse.BooleanOptionalAction, help="carry: units as lines, or as heatmaps")
    _add_style(parser)
    files = parser.add_argument_group("files")
    files.add_argument("--dpi", type=int, help="of a .png, 300 without; of a film, as a screen has")
    files.add_argument("--outlines", action="store_true", help="letters of an .svg as shapes")
    files.add_argument("--sidecar", action="store_true", help="write where it comes from to FILE.json too")
    files.add_argument("--caption", choices=("text", "latex", "markdown"), help="print a caption to paste")
    files.add_argument("--fps", type=float, help="frames a second of a film, 20 without")
    given = parser.parse_args(arguments)

    from gruviz import figures

    if given.list:
        for name, description in (*DESCRIPTIONS.items(), *OF_FOLDERS.items()):
            print(f"{name}  {description}")
        return 0
    if given.source:
        return _again(given)
    if not given.recording or not given.output or bool(given.figure) == given.all:
        raise GruvizError("give a recording, a figure and -o FILE: gruviz export run.h5 gates -o gates.pdf")
    check_folder(Path(given.output).absolute().parent)
    try:
        return _of_folder(given) if given.figure in OF_FOLDERS else _of_recording(given)
    except figures.Stopped:
        return _stopped()


def export_everything(arguments: Sequence[str]) -> int:
    """`gruviz figures`."""
    parser = Parser(
        prog="gruviz figures", description="Draw all figures of a recording, each in all formats, into a folder."
    )
    parser.add_argument("recording", metavar="RUN", help="a recording")
    parser.add_argument("-o", "--output", required=True, metavar="FOLDER", help="is made where it is not there")
    parser.add_argument("--formats", type=names, default=(), metavar="LIST", help="as in pdf,png; all without")
    _add_what(parser)
    _add_style(parser)
    parser.add_argument("--dpi", type=int, default=300, help="of a .png")
    given = parser.parse_args(arguments)

    from gruviz import figures, recording

    kinds = given.formats or (*figures.FORMATS, *figures.NUMBERS)
    folder = Path(given.output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GruvizError(f"cannot make the folder {folder}: {(error.strerror or str(error)).lower()}") from error
    check_folder(folder)
    try:
        with recording.open(_found(given.recording)) as run, _watching() as watch:
            for name, page in figures.all_of(run, on_refusal=_say, on_progress=watch, **_options(given)):
                for kind in kinds:
                    figures.save(page, folder / f"{name}.{kind}", dpi=given.dpi)
                print(f"Saved {folder / name} as {', '.join(kinds)}.")
    except figures.Stopped:
        return 130
    return 0


def _of_recording(given: argparse.Namespace) -> int:
    from gruviz import figures, recording

    options = _options(given)
    with ExitStack() as stack:
        run = stack.enter_context(recording.open(_found(given.recording)))
        if given.beside:
            options["beside"] = [stack.enter_context(recording.open(path)) for path in given.beside]
        if given.all:
            return _together(run, options, given)
        if Path(given.output).suffix.lower() in _MOVING:
            return _film(run, options, given)
        with _watching() as watch:
            page = figures.draw(run, given.figure, on_progress=watch, **options)
    _save(page, given, 300 if given.dpi is None else given.dpi, given.outlines)
    return 0


def _found(recording: str) -> Path:
    """A recording of the user's, or else one of those that come with gruviz, by its name."""
    name = recording if recording.endswith(".h5") else f"{recording}.h5"
    return asset(name) if name in DEMOS and not Path(recording).exists() else Path(recording)


def _stopped() -> int:
    print("Stopped; nothing was saved.")
    return 130


def _add_what(parser: argparse.ArgumentParser) -> None:
    what = parser.add_argument_group("what is shown")
    what.add_argument("--layer", metavar="L")
    what.add_argument("--sequence", type=int, metavar="I", help="its number, from 0")
    what.add_argument("--range", type=timesteps, metavar="A:B", help="timesteps A up to B, B left out")
    what.add_argument("--units", type=units, metavar="LIST", help="hidden units: 0:16,40,41, or 'tau > 50'")
    what.add_argument("--marked", type=units, metavar="LIST", help="units that are marked")
    what.add_argument("--quantities", type=names, metavar="LIST", help="as in update,hidden")
    what.add_argument("--order", choices=("index", "keep", "timescale", "peak", "likeness"), help="of the units")
    what.add_argument("--reduction", choices=("mean", "min", "max"), help="of several timesteps in a column")
    what.add_argument(
        "--thresholds", type=thresholds, metavar="R,O,M", help="where units count as retained, overwritten, moved"
    )


def _add_style(parser: argparse.ArgumentParser) -> None:
    style = parser.add_argument_group("style")
    listed = "; ".join(f"{name}: {about}" for name, about in STYLES.items())
    style.add_argument("--style", choices=tuple(STYLES), help=listed)
    style.add_argument("--font", choices=tuple(FONTS), default="sans")
    style.add_argument("--grey", action="store_true", help="for print without colour")
    style.add_argument("--dark", action="store_true", help="light on dark, for slides")
    style.add_argument("--width", type=millimetres, metavar="W", help="as in 85mm or 3.5in")


def _options(given: argparse.Namespace) -> dict[str, Any]:
    """What a figure's function is called with."""
    from gruviz.figures import Style

    options = {name: getattr(given, name, None) for name in (*_EVERY, *_OWN)}
    if given.range:
        options["start"], options["stop"] = given.range
    options["style"] = Style(given.style or "single", given.font, given.grey, given.dark, given.width or 0.0)
    return {key: value for key, value in options.items() if value is not None}


def _of_folder(given: argparse.Namespace) -> int:
    from gruviz import comparison, figures

    style = figures.Style("double" if given.style is None else given.style, given.font, given.grey, given.dark)
    folder = Path(given.recording).resolve()
    page = figures.comparison(comparison.read(given.recording), style=style, width=given.width, folder=folder)
    _save(page, given, 300 if given.dpi is None else given.dpi, given.outlines)
    return 0


def _again(given: argparse.Namespace) -> int:
    from gruviz import figures

    if given.recording or given.all or not given.output:
        raise GruvizError("give a file that gruviz saved, and -o FILE: gruviz export --from gates.pdf -o again.pdf")
    check_folder(Path(given.output).absolute().parent)
    if Path(given.output).suffix.lower() in _MOVING:
        return _filmed(given, partial(figures.film_again, given.source, given.output, given.moved, fps=given.fps))
    found = figures.redraw(given.source, given.moved)
    for note in found.notes:
        _say(note)
    _save(found.page, given, found.dpi if given.dpi is None else given.dpi, given.outlines or found.outlines)
    return 0


def _save(page: Any, given: argparse.Namespace, dpi: int, outlines: bool) -> None:
    from gruviz import figures

    figures.save(page, given.output, dpi=dpi, outlines=outlines, sidecar=given.sidecar)
    print(f"Saved {given.output}.", file=sys.stderr if given.caption else sys.stdout)
    if given.caption:
        print(figures.caption(page, given.caption, given.output), end="")


def _together(run: Any, options: dict[str, Any], given: argparse.Namespace) -> int:
    from gruviz import figures

    _without_caption(given, "a file of several figures")
    with _watching() as watch:
        pages = [page for _, page in figures.all_of(run, on_refusal=_say, on_progress=watch, **options)]
    figures.save_together(pages, given.output, sidecar=given.sidecar)
    print(f"Saved {given.output}, {len(pages)} pages.")
    return 0


def _without_caption(given: argparse.Namespace, what: str) -> None:
    if given.caption:
        raise GruvizError(f"{what} has no caption to paste: export a figure as .pdf, .svg or .png")


@contextmanager
def _watching() -> Iterator[Callable[[int], bool]]:
    """Says how much was read, where that takes longer than a moment, and hears Ctrl+C."""
    line, began, told = Line(), time.monotonic(), False
    with interruptible("and saving nothing") as interrupted:

        def watch(count: int) -> bool:
            nonlocal told
            if time.monotonic() - began > _MOMENT:
                told = True
                line.show(f"{count:,} timestep{'s' * (count != 1)} read", last=False)
            return not interrupted()

        yield watch
    if told and sys.stderr.isatty():
        print(file=sys.stderr)


def _film(run: Any, options: dict[str, Any], given: argparse.Namespace) -> int:
    from gruviz import figures

    if given.fps is not None:
        options["fps"] = given.fps
    return _filmed(given, partial(figures.film, run, given.figure, given.output, **options))


def _filmed(given: argparse.Namespace, make: Callable[..., bool]) -> int:
    """Make a film while somebody waits."""
    _without_caption(given, "a film")
    line = Line()
    with interruptible("and leaving no half film") as interrupted:

        def watch(done: int, total: int) -> bool:
            line.show(f"{done:,} of {total:,} frames", last=done == total)
            return not interrupted()

        done = make(dpi=given.dpi, sidecar=given.sidecar, on_progress=watch)
    print(f"Saved {given.output}." if done else "Stopped; nothing was saved.")
    return 0 if done else 130


def _say(note: str) -> None:
    print(f"note: {note}", file=sys.stderr)
