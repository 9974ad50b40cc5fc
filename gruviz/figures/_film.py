"""A film that runs through a range of timesteps: the picture drawn anew for each, or a cursor that passes over it."""

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gruviz import palette
from gruviz.errors import GruvizError
from gruviz.figures._metadata import FPS, as_json, save_sidecar, told
from gruviz.figures._page import Page
from gruviz.figures._registry import FIGURES, draw
from gruviz.figures._subject import subject
from gruviz.figures._whole import checked, whole
from gruviz.recording import Recording
from gruviz.view import View

FILMS = ("mp4", "gif")
_MOST = 1500
"""Frames: of a longer range every n-th timestep has one."""
_WIDE, _FINEST = 1280, 300
"""Pixels of the width of a frame, and to an inch: on a screen the smallest letters can be read."""
_CURSOR = 0.5
"""Millimetres."""
_SAID = 2**16
"""Characters of provenance that a command line can pass on."""

Picture = NDArray[np.uint8]
Watch = Callable[[int, int], bool]
"""Told how many frames are done, of how many; False ends it."""
Tell = Callable[[int], None]
"""Told how many frames are done; raises where nobody wants more."""


class _Stopped(Exception):  # noqa: N818 - nothing went wrong
    """Nobody wants the film any more."""


def film(
    run: Recording,
    name: str,
    path: str | os.PathLike[str],
    view: View | None = None,
    *,
    fps: float = FPS,
    dpi: int | None = None,
    sidecar: bool = False,
    on_progress: Watch | None = None,
    **options: Any,
) -> bool:
    """Write a film (.mp4, .gif) of a figure while time runs through its range.

    Figures of one timestep, such as `cell` and `composition`, are drawn anew for each; over those of a range a cursor
    passes. An .mp4 needs ffmpeg.

    Args:
        run: an open recording.
        name: of the figure.
        path: where to.
        view: what is being looked at.
        fps: frames, and so timesteps, a second. Of more than 1,500 timesteps only every n-th has a frame.
        dpi: pixels per inch; without, as many as make it 1,280 pixels wide, but no more than 300.
        sidecar: whether where it comes from is also written to a file of its own, of the same name and `.json`.
        on_progress: told how far it is; ends it by returning False.
        options: as for `draw`; `start` and `stop` are the range.

    Returns:
        Whether it was finished. If not, there is no file.

    Raises:
        GruvizError: the figure does not change with time, there is no ffmpeg, or the file cannot be written.
    """
    path, kind = checked(path, FILMS, "a film")
    if not 0.1 <= fps <= 120:
        raise GruvizError(f"{fps:g} frames a second: give 0.1 to 120")
    if dpi is not None and not 30 <= dpi <= 600:
        raise GruvizError(f"{dpi} dots per inch: give 30 to 600 for a film")
    encoder = _ffmpeg() if kind == "mp4" else ""
    page, timesteps, frames = _frames(run, name, view, options, dpi)

    def tell(done: int) -> None:
        if on_progress is not None and not on_progress(done, len(timesteps)):
            raise _Stopped

    facts = told(page, path, dpi=dpi, fps=fps)
    said = as_json(facts)
    try:
        with whole(path) as partial:
            if kind == "mp4":
                _encode(frames(tell), partial, fps, said, encoder, path.name)
            else:
                _animate(frames(tell), partial, fps, said)
    except _Stopped:
        return False
    if sidecar:
        save_sidecar(path, facts)
    return True


def _frames(
    run: Recording, name: str, view: View | None, options: dict[str, Any], dpi: int | None
) -> tuple[Page, range, Callable[[Tell], Iterator[Picture]]]:
    """A page of the figure, the timesteps that have a frame, and what makes the frames and tells how many are done."""
    if name not in FIGURES:
        raise GruvizError(f"there is no figure {name}: choose one of {', '.join(FIGURES)}")
    if "at" not in FIGURES[name].options:
        page = draw(run, name, view, **options)
        if not page.timed:
            raise GruvizError(f"the figure {name} does not change with time: choose gates, timeline, cell, composition")
        timesteps = _every(int(page.provenance.options["start"]), int(page.provenance.options["stop"]))
        return page, timesteps, lambda tell: _passing(page, timesteps, dpi or _fine(page), tell)
    asked: Any = {key: value for key, value in options.items() if key in ("layer", "sequence", "start", "stop")}
    found = subject(run, view, asked)
    options = {**options, "start": found.start, "stop": found.stop}
    timesteps = _every(found.start, found.stop)
    page = draw(run, name, view, **{**options, "at": timesteps[-1]})
    _of_range(page, found.start, found.stop)
    pages = (draw(run, name, view, **{**options, "at": t}) for t in timesteps)
    return page, timesteps, lambda tell: _one_by_one(pages, len(timesteps), dpi or _fine(page), tell)


def _of_range(page: Page, start: int, stop: int) -> None:
    """Let a page that was drawn of one timestep say that it is of many."""
    source = page.provenance
    options = {key: value for key, value in source.options.items() if key != "at"} | {"start": start, "stop": stop}
    facts = {key: value for key, value in source.facts.items() if key != "at"} | {"range": f"{start}:{stop}"}
    page.provenance = replace(source, options=options, facts=facts)


def _one_by_one(pages: Iterator[Page], count: int, dpi: int, tell: Tell) -> Iterator[Picture]:
    """A picture of each, all as large as the largest: some have more to say than others."""
    with tempfile.TemporaryFile() as store:
        ends, sizes = [0], []
        for done, page in enumerate(pages, 1):
            picture = _picture(page, dpi)
            paper = palette.rgb(page.style.paper)
            sizes.append(picture.shape)
            Image.fromarray(picture).save(store, "png", compress_level=1)
            ends.append(store.tell())
            if done < count:  # the last is done when all are in the film
                tell(done)
        largest = tuple(max(sides) for sides in zip(*sizes, strict=True))
        for done, (start, end) in enumerate(pairwise(ends), 1):
            store.seek(start)
            with Image.open(io.BytesIO(store.read(end - start)), formats=("PNG",)) as kept:
                yield _placed(np.asarray(kept), largest, paper)
            tell(count if done == count else count - 1)


def _fine(page: Page) -> int:
    """Pixels to an inch of a film that is to be seen on a screen."""
    return min(_FINEST, max(30, round(_WIDE / (page.width / 25.4))))


def _every(start: int, stop: int) -> range:
    return range(start, stop, -(-(stop - start) // _MOST))


def _passing(page: Page, timesteps: range, dpi: int, tell: Tell) -> Iterator[Picture]:
    """The same picture with a line at each timestep."""
    still = _picture(page, dpi)
    high, wide = still.shape[:2]
    thick = max(1, round(_CURSOR * page.style.zoom / 25.4 * dpi))
    boxes = [axes.get_position() for axes in page.timed]
    top, bottom = max(box.y1 for box in boxes), min(box.y0 for box in boxes)
    rows = slice(round((1 - top) * high), round((1 - bottom) * high))
    box, (left, right) = boxes[0], page.timed[0].get_xlim()
    for done, t in enumerate(timesteps, 1):
        x = (box.x0 + box.width * (t - left) / (right - left)) * wide
        first = round(x - thick / 2)
        frame = still.copy()
        frame[rows, max(first, 0) : first + thick] = palette.rgb(page.style.colour(palette.SELECTION))
        yield frame
        tell(done)


def _picture(page: Page, dpi: int) -> Picture:
    """A page in pixels, (height, width, 3), of even size, as encoders want it."""
    buffer = io.BytesIO()
    page.render(buffer, "png", dpi)
    with Image.open(buffer) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    high, wide = (side + side % 2 for side in pixels.shape[:2])
    return _placed(pixels, (high, wide, 3), palette.rgb(page.style.paper))


def _placed(pixels: Picture, shape: tuple[int, ...], paper: tuple[int, int, int]) -> Picture:
    """In the upper left corner of a picture of this shape."""
    if pixels.shape == shape:
        return pixels
    made = np.full(shape, paper, np.uint8)
    made[: pixels.shape[0], : pixels.shape[1]] = pixels
    return made


def _animate(frames: Iterator[Picture], path: Path, fps: float, said: str) -> None:
    """A GIF; all frames have the colours of the first."""
    first = Image.fromarray(next(frames)).quantize(256, method=Image.Quantize.MAXCOVERAGE)
    rest = (Image.fromarray(frame).quantize(palette=first, dither=Image.Dither.NONE) for frame in frames)
    with path.open("wb") as file:
        first.save(
            file,
            format="GIF",
            save_all=True,
            append_images=rest,
            duration=max(20, round(1000 / fps)),
            loop=0,
            comment=said.encode(),
        )


def _encode(frames: Iterator[Picture], path: Path, fps: float, said: str, program: str, name: str) -> None:
    """An MP4 in H.264, which every player knows."""
    first = next(frames)
    high, wide = first.shape[:2]
    command = [program, "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{wide}x{high}"]
    command += ["-r", f"{fps:g}", "-i", "-", "-an", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "18"]
    command += ["-movflags", "+faststart"] + ["-metadata", f"comment={said}"] * (len(said) < _SAID)
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [*command, "-f", "mp4", f"file:{path}"], stdin=subprocess.PIPE, stdout=errors, stderr=errors
        )
        assert process.stdin is not None
        try:
            process.stdin.write(first.tobytes())
            for frame in frames:
                process.stdin.write(frame.tobytes())
            process.stdin.close()
        except BrokenPipeError:
            process.wait()  # it has ended, and says why
        except BaseException:
            process.kill()
            process.wait()
            raise
        if process.wait():
            errors.seek(0)
            why = errors.read().decode(errors="replace").strip().splitlines()
            raise GruvizError(f"ffmpeg could not write {name}: {why[-1] if why else 'it ended early'}")


def _ffmpeg() -> str:
    """The one that comes with imageio-ffmpeg, or the system's. Raises GruvizError where there is none."""
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        found = shutil.which("ffmpeg")
    if found is None:
        raise GruvizError("an .mp4 needs ffmpeg: pip install gruviz[video], or save a .gif, which needs nothing")
    return found
