"""Files, options and the commands that open the app, in whatever order they are typed: each in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage

DEMO = Path(__file__).parents[2] / "assets" / "demo.h5"


def typed(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gruviz", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("command", [["demo"], ["open", DEMO], [DEMO]], ids=["demo", "open", "file"])
def test_options_stand_before_or_after(tmp_path: Path, command: list[object]) -> None:
    before, after = ("--theme", "dark", "--at", 38), ("--screenshot", "out.png", "--size", "1100x700")
    pictures = []
    for arguments in ((*before, *command, *after), (*command, *before, *after)):
        done = typed(tmp_path, *arguments)
        assert done.returncode == 0, done.stderr
        pictures.append(QImage(str(tmp_path / "out.png")))
        (tmp_path / "out.png").unlink()
    panels = QRect(0, 0, 600, 600)  # the cursor is among them
    assert pictures[0].copy(panels) == pictures[1].copy(panels)
    assert (pictures[0].width(), pictures[0].height()) == (1100, 700)
    assert pictures[0].pixelColor(4, 350).lightness() < 60


def test_options_stand_between_files(tmp_path: Path) -> None:
    done = typed(tmp_path, DEMO, "--theme", "light", DEMO, "--screenshot", "out.png")
    assert done.returncode == 0, done.stderr
    assert QImage(str(tmp_path / "out.png")).width() == 1280


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--steps", 3, "train", "copy", "-o", "m.safetensors"], "write the command before its options: gruviz train"),
        (["--theme", "light", "train", "copy"], "write the command before its options: gruviz train"),
        (["--json", "info", DEMO], "write the command before its options: gruviz info"),
        (["--theme", "light", "demo", "run.h5"], "write the command before its options: gruviz demo"),
        (["--theme", "blue", "demo"], "invalid choice: 'blue'"),
        (["--screenshot", "out.png", "./demo"], "demo does not exist"),
        (["open", "demo", "--screenshot", "out.png"], "demo does not exist"),
        (["run.h5", "--steps", 3], "unrecognized arguments: --steps"),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_line(tmp_path: Path, arguments: list[object], said: str) -> None:
    done = typed(tmp_path, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("gruviz: ")
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "command", ["open", "demo", "train", "record", "info", "export", "figures", "gradient", "compare"]
)
def test_every_command_says_what_it_can(tmp_path: Path, command: str) -> None:
    done = typed(tmp_path, command, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: gruviz {'' if command == 'open' else command}".rstrip())
