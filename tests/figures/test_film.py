"""Films: what their frames show, and that a stopped or failed one leaves nothing behind."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gruviz import palette
from gruviz.cli import main
from gruviz.errors import GruvizError
from gruviz.figures import draw, film

from .made import TEXT, make


def frames(path: Path) -> list[np.ndarray]:
    """Of a GIF, (height, width, 3) each."""
    with Image.open(path) as picture:
        found = []
        for place in range(picture.n_frames):
            picture.seek(place)
            found.append(np.asarray(picture.convert("RGB")).astype(int))
        return found


def test_a_cursor_passes_over_the_range(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],))
    seen = []
    with run:
        assert film(
            run, "counts", tmp_path / "a.gif", start=20, stop=32, dpi=80, on_progress=lambda *at: not seen.append(at)
        )
    assert seen == [(done, 12) for done in range(1, 13)]
    drawn = frames(tmp_path / "a.gif")
    assert len(drawn) == 12
    places = []
    for frame in drawn:
        near = np.abs(frame - palette.rgb(palette.SELECTION)).max(axis=2) < 12
        places.append(np.median(np.nonzero(near)[1]))
    steps = np.diff(places)
    assert steps.min() > 5
    assert np.ptp(steps) <= 2
    assert [file.name for file in tmp_path.iterdir() if "part" in file.name] == []


def test_a_figure_of_one_timestep_is_drawn_anew(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],))
    with run:
        assert film(run, "composition", tmp_path / "a.gif", start=50, stop=53, dpi=60)
    first, *rest = frames(tmp_path / "a.gif")
    assert all(frame.shape == first.shape for frame in rest)
    assert all((frame != first).any() for frame in rest)


def test_nothing_is_cut_off_where_one_timestep_has_more_to_say(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],))
    seen = []
    with run:
        tall = [draw(run, "cell", at=t).height for t in range(40)]
        t = next(t for t in range(39) if tall[t] > tall[t + 1])
        options = {"start": t, "stop": t + 2, "dpi": 100, "on_progress": lambda *at: not seen.append(at)}
        assert film(run, "cell", tmp_path / "a.gif", **options)
    for frame, high in zip(frames(tmp_path / "a.gif"), tall[t:], strict=False):
        assert abs(frame.shape[0] - max(tall[t : t + 2]) / 25.4 * 100) <= 2
        dark = np.nonzero((frame < 128).any(axis=(1, 2)))[0]
        assert dark.max() > (high - 4) / 25.4 * 100  # the last line of the small print
    assert seen == [(1, 2), (1, 2), (2, 2)]


def test_letters_can_be_read_on_a_screen(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],))
    with run:
        for style, wide in (("single", 1004), ("slide", 1276)):
            assert film(run, "counts", tmp_path / "a.gif", start=0, stop=2, style=style)
            assert abs(frames(tmp_path / "a.gif")[0].shape[1] - wide) <= 4


def test_an_mp4_is_read_by_ffmpeg_and_says_where_it_comes_from(tmp_path: Path) -> None:
    ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="ffmpeg comes with the extra gruviz[video]")
    make(tmp_path / "run.h5", (TEXT[:120],))[0].close()
    path = tmp_path / "a.mp4"
    words = ["--range", "20:30", "--dpi", "80", "--fps", "10", "--width", "90mm"]
    assert main(["export", str(tmp_path / "run.h5"), "gates", "-o", str(path), *words]) == 0
    count, seconds = ffmpeg.count_frames_and_secs(str(path))
    assert (count, seconds) == (10, pytest.approx(1.0, abs=0.05))
    told = subprocess.run(
        [ffmpeg.get_ffmpeg_exe(), "-i", str(path)], capture_output=True, text=True, check=False, timeout=60
    ).stderr
    assert "h264" in told
    assert '"figure": "gates"' in told


@pytest.mark.parametrize("name", ["a.gif", "a.mp4"])
def test_stopped_it_leaves_nothing_and_what_was_there_before(tmp_path: Path, name: str) -> None:
    if name.endswith("mp4"):
        pytest.importorskip("imageio_ffmpeg", reason="ffmpeg comes with the extra gruviz[video]")
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],))
    (tmp_path / name).write_text("the old one")
    before = sorted(tmp_path.iterdir())
    with run:
        assert not film(run, "counts", tmp_path / name, stop=30, dpi=60, on_progress=lambda done, total: done < 3)
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / name).read_text() == "the old one"


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of the size of a file")
@pytest.mark.parametrize("name", ["a.gif", "a.mp4"])
def test_a_full_disk_is_said_and_leaves_no_half_film(tmp_path: Path, name: str) -> None:
    if name.endswith("mp4"):
        pytest.importorskip("imageio_ffmpeg", reason="ffmpeg comes with the extra gruviz[video]")
    make(tmp_path / "run.h5", (TEXT[:120],))[0].close()
    (tmp_path / "out").mkdir()
    program = """
import resource, signal, sys
import gruviz
from gruviz.errors import GruvizError
from gruviz.figures import film
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
run = gruviz.open(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))
try:
    film(run, "gates", sys.argv[2], stop=30, dpi=80)
except GruvizError as error:
    print(error)
"""
    words = [sys.executable, "-c", program, str(tmp_path / "run.h5"), str(tmp_path / "out" / name)]
    result = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("\n") == 1
    assert result.stdout.startswith((f"cannot write {tmp_path / 'out' / name}: ", f"ffmpeg could not write {name}: "))
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("figure", "name", "options", "message"),
    [
        ("timescales", "a.gif", {}, "timescales does not change with time"),
        ("gates", "a.avi", {}, r"cannot save a film as a\.avi: end its name in \.mp4 or \.gif"),
        ("gates", "a.gif", {"fps": 0}, "0 frames a second"),
        ("gates", "a.gif", {"dpi": 3000}, "3000 dots per inch"),
        ("gate", "a.gif", {}, "there is no figure gate: choose one of gates"),
        ("cell", "a.gif", {"start": 7, "stop": 3}, "there is no range 7:3"),
    ],
)
def test_what_cannot_be_filmed_is_said(tmp_path: Path, figure: str, name: str, options: dict, message: str) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:50],))
    with run, pytest.raises(GruvizError, match=message):
        film(run, figure, tmp_path / name, **options)


def test_of_a_long_range_every_nth_timestep_has_a_frame() -> None:
    from gruviz.figures._film import _every

    assert len(_every(0, 1500)) == 1500
    assert _every(10, 1_000_010).step == 667
