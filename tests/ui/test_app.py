"""The app as a process: pictures, what it imports, how it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from gruviz.errors import GruvizError
from gruviz.ui import app

from .recordings import make

RUN = "import sys; from gruviz.ui.app import run; "


def start(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, **environment}
    for name in [name for name, value in variables.items() if value == ""]:
        del variables[name]
    return subprocess.run(
        [sys.executable, "-c", RUN + code], capture_output=True, text=True, env=variables, timeout=120, check=False
    )


@pytest.mark.parametrize(("size", "theme"), [((1280, 800), "light"), ((1920, 1080), "dark")])
def test_a_picture_has_the_size_that_was_asked_for(sonnets: Path, tmp_path: Path, size, theme: str) -> None:
    target = tmp_path / "out.png"
    result = start(f"sys.exit(run({str(sonnets)!r}, screenshot={str(target)!r}, size={size}, at=132, theme={theme!r}))")
    assert result.returncode == 0, result.stderr
    picture = QImage(str(target))
    assert (picture.width(), picture.height()) == size
    background = {"light": "#f6f6f5", "dark": "#1c1d1f"}[theme]
    assert picture.pixelColor(4, size[1] // 2).name() == background
    colours = {picture.pixelColor(x, size[1] // 4).name() for x in range(140, size[0] // 2)}
    assert len(colours) > 50  # a heatmap has been drawn


def test_a_picture_needs_no_display_and_leaves_no_settings(sonnets: Path, tmp_path: Path) -> None:
    target, config = tmp_path / "out.png", tmp_path / "config"
    result = start(
        f"sys.exit(run({str(sonnets)!r}, screenshot={str(target)!r}))",
        DISPLAY="",
        WAYLAND_DISPLAY="",
        QT_QPA_PLATFORM="",
        GRUVIZ_CONFIG_DIR=str(config),
    )
    assert result.returncode == 0, result.stderr
    assert QImage(str(target)).width() == 1280
    assert not config.exists()


def test_a_picture_of_several_recordings(sonnets: Path, tmp_path: Path) -> None:
    other, short = make(tmp_path / "other.h5", seed=2), make(tmp_path / "short.h5", (50,))

    def open_(*arguments: str) -> subprocess.CompletedProcess[str]:
        return start(f"from gruviz.cli import main; sys.exit(main({['open', *arguments]}))")

    pictures = []
    for number, paths in enumerate(([sonnets], [sonnets, other])):
        target = str(tmp_path / f"{number}.png")
        result = open_(*map(str, paths), "--screenshot", target)
        assert result.returncode == 0, result.stderr
        pictures.append(QImage(target))
    assert pictures[0] != pictures[1]
    result = open_(str(sonnets), str(short), "--screenshot", "x.png")
    assert result.returncode == 2
    assert result.stderr.startswith("gruviz: short.h5 has no sequence of 400 timesteps")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="a display is always there elsewhere")
def test_without_a_display_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(GruvizError, match="--screenshot"):
        app.run()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("'missing.h5', screenshot='out.png'", "does not exist"),
        ("SONNETS, screenshot='no/such/folder/out.png'", "cannot write"),
        ("SONNETS, screenshot='out.png', size=(100, 100)", "too small"),
        ("SONNETS, screenshot='out.png', theme='pink'", "theme is one of"),
    ],
)
def test_a_picture_that_cannot_be_made_is_one_line(
    sonnets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code = (
        "from gruviz.errors import GruvizError\n"
        f"SONNETS = {str(sonnets)!r}\n"
        f"try: run({arguments})\n"
        "except GruvizError as error: print(error)"
    )
    result = start(code, QT_QPA_PLATFORM="offscreen")
    assert result.returncode == 0, result.stderr
    assert expected in result.stdout
    assert len(result.stdout.splitlines()) == 1
    assert not (tmp_path / "out.png").exists()


_UNTIL_SHOWN = """
from PySide6.QtCore import QTimer
from gruviz.ui import window
class Watched(window.MainWindow):
    def __init__(self, *a, **k):
        super().__init__(*a, **k)
        self.loader.settled.connect(self.leave)
    def leave(self):
        QTimer.singleShot(50, self.close)
window.MainWindow = Watched
"""


def test_the_first_frame_needs_neither_torch_nor_matplotlib(sonnets: Path, tmp_path: Path) -> None:
    code = (
        f"{_UNTIL_SHOWN}status = run({str(sonnets)!r})\n"
        "print(*{name.partition('.')[0] for name in sys.modules}); sys.exit(status)"
    )
    result = start(code, QT_QPA_PLATFORM="offscreen", GRUVIZ_CONFIG_DIR=str(tmp_path))
    assert result.returncode == 0, result.stderr
    loaded = set(result.stdout.split())
    assert {"PySide6", "h5py"} <= loaded
    assert not loaded & {"torch", "matplotlib", "scipy", "safetensors"}


def test_it_opens_what_was_open_last(sonnets: Path, tmp_path: Path) -> None:
    code = _UNTIL_SHOWN + "status = run({}); from gruviz.ui.settings import load; print(load().last); sys.exit(status)"
    for argument in (repr(str(sonnets)), ""):
        result = start(code.format(argument), QT_QPA_PLATFORM="offscreen", GRUVIZ_CONFIG_DIR=str(tmp_path))
        assert result.returncode == 0, result.stderr
        assert result.stdout.strip() == str(sonnets)


def test_what_nobody_caught_is_shown_and_the_window_lives_on(sonnets: Path, tmp_path: Path) -> None:
    code = (
        _UNTIL_SHOWN
        + """
from PySide6.QtWidgets import QMessageBox
def leave(self):
    if self.findChild(QMessageBox) is None:
        self.later = QTimer(self, singleShot=True, interval=0)
        self.later.timeout.connect(self.explode)
        self.later.start()
def explode(self):
    QTimer.singleShot(100, self.look)
    raise RuntimeError("a defect")
def look(self):
    print(self.findChild(QMessageBox).text())
    self.close()
Watched.leave, Watched.explode, Watched.look = leave, explode, look
"""
        + f"sys.exit(run({str(sonnets)!r}))"
    )
    result = start(code, QT_QPA_PLATFORM="offscreen", GRUVIZ_CONFIG_DIR=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert "a defect" in result.stdout
    assert "Traceback" in result.stderr


def test_closing_while_loading_ends_with_status_0(sonnets: Path, tmp_path: Path) -> None:
    code = (
        "from PySide6.QtCore import QTimer\n"
        "from gruviz.ui import window\n"
        "opening = window.MainWindow.open_paths\n"
        "def close_at_once(self, paths):\n"
        "    opening(self, paths)\n"
        "    QTimer.singleShot(0, self.close)\n"
        "window.MainWindow.open_paths = close_at_once\n"
        f"sys.exit(run({str(sonnets)!r}))"
    )
    result = start(code, QT_QPA_PLATFORM="offscreen", GRUVIZ_CONFIG_DIR=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert "QThread" not in result.stderr


def test_the_tour_is_offered_once(tmp_path: Path) -> None:
    code = _UNTIL_SHOWN + (
        "def leave(self):\n"
        "    self.isVisible() and print(self.tour.bar.isVisible(), self.tour.bar.title.text())\n"
        "    self.close()\n"
        "Watched.leave = leave\n"
        "sys.exit(run(None, demo=True))"
    )
    said = []
    for _ in range(2):
        result = start(code, QT_QPA_PLATFORM="offscreen", GRUVIZ_CONFIG_DIR=str(tmp_path))
        assert result.returncode == 0, result.stderr
        said.append(result.stdout.strip())
    assert said == ["True New to gruviz?", "False"]
