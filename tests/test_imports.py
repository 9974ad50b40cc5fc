"""What must come late does: each test asks a fresh interpreter what it has in `sys.modules`."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gruviz.cells import RNN
from gruviz.recording import Block, Writer

HEAVY = {"torch", "safetensors", "onnx", "kaldi_native_fbank", "PySide6", "pyqtgraph", "matplotlib", "h5py", "scipy"}


def loaded_by(code: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter has imported after `code`."""
    program = f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    return {module.partition(".")[0] for module in result.stderr.splitlines()[-1].split()}


def test_import_gruviz_imports_nothing_heavy() -> None:
    assert not loaded_by("import gruviz; gruviz.__version__") & (HEAVY | {"numpy"})


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("_assets", set()),
        ("cell_drawing", set()),
        ("cells", set()),
        ("clock", set()),
        ("comparison", set()),
        ("comparison_table", set()),
        ("arithmetic", set()),
        ("equations", set()),
        ("errors", set()),
        ("palette", set()),
        ("slopes", set()),
        ("view", set()),
        ("sequences", set()),
        ("recording", {"h5py"}),
        ("unrolled", {"h5py"}),
        ("analysis", {"h5py", "scipy"}),
        ("figures", {"h5py", "scipy", "matplotlib"}),
        ("model.recorder", {"h5py", "scipy", "torch", "safetensors"}),
        ("ui.window", {"h5py", "scipy", "PySide6"}),
        ("cli", set()),
    ],
)
def test_a_room_brings_along_no_more_than_it_may(module: str, allowed: set[str]) -> None:
    assert loaded_by(f"import gruviz.{module}") & HEAVY <= allowed


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("imports") / "run.h5"
    with Writer(path) as writer:
        writer.add_tape("main")
        writer.add_layer("rnn.l0", tape="main", cell=RNN, size=2)
        writer.begin("main", "one", initial={"rnn.l0": {"hidden": np.zeros(2, np.float32)}})
        writer.append("main", {"rnn.l0": Block({"hidden": np.ones((5, 2), np.float32)})})
        writer.end("main", {"rnn.l0": 0.0})
    return path


def test_reading_a_recording_imports_no_torch(recording: Path) -> None:
    code = f"import gruviz; assert gruviz.open({str(recording)!r}).layers['rnn.l0']['hidden'][:].sum() == 10"
    assert loaded_by(code) & HEAVY == {"h5py"}


def test_help_imports_nothing_heavy() -> None:
    code = """
from gruviz.cli import main
for command in [], ["train"], ["record"], ["export"], ["gradient"], ["compare"]:
    try:
        main([*command, "--help"])
    except SystemExit as end:
        assert end.code == 0
"""
    assert not loaded_by(code) & HEAVY


def test_the_app_shows_a_recording_without_torch(recording: Path, tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    code = f"from gruviz.cli import main\nassert main([{str(recording)!r}, '--screenshot', {str(picture)!r}]) == 0"
    assert loaded_by(code).isdisjoint({"torch", "matplotlib"})
    assert picture.stat().st_size > 1000


def test_jacobians_are_worked_out_in_the_window_without_torch(tmp_path: Path) -> None:
    from gruviz._assets import asset

    code = f"""
import os
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["GRUVIZ_CONFIG_DIR"] = {str(tmp_path)!r}
from gruviz.ui.app import make_application
application = make_application()
from gruviz.ui.settings import Settings
from gruviz.ui.theme import Themes
from gruviz.ui.window import MainWindow
from gruviz.view import hold, seek, turn_to
window = MainWindow(Settings(), Themes("light"), remember=False)
window.show()
found = {{}}

def look():
    window.ready.disconnect(look)
    window.state.change(turn_to, "gradient")
    window.state.change(hold, 3)
    window.state.change(seek, 9)
    window.loader.settled.connect(end)

def end():
    if window.loader.idle and not found:
        found.update(step=window.stepping.answer, link=window.linking.answer)
        application.quit()

window.ready.connect(look)
window.open_path({str(asset("demo.h5"))!r})
application.exec()
assert found["step"].timestep == 9
assert (found["link"].s, found["link"].t, found["link"].done) == (3, 9, 1.0)
window.close()
"""
    assert "torch" not in loaded_by(code)
