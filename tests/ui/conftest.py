"""A real window on a real recording, with settings of its own."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from gruviz._assets import asset
from gruviz.cli import main
from gruviz.ui import app as application
from gruviz.ui.settings import load
from gruviz.ui.theme import Themes
from gruviz.ui.window import MainWindow

from .hand import settle
from .recordings import make, read_by_a_network


@pytest.fixture(scope="session")
def qapp():
    app = application.make_application()
    gc.freeze()  # what was imported until now is not looked at after every window
    return app


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRUVIZ_CONFIG_DIR", str(tmp_path / "config"))


@pytest.fixture
def new_window(qtbot: QtBot) -> Iterator[Callable[[], MainWindow]]:
    made: list[MainWindow] = []

    def build() -> MainWindow:
        window = MainWindow(load(), Themes("light"))
        made.append(window)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        return window

    yield build
    for window in made:
        window.close()
        window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    made.clear()
    gc.collect()  # here, and not on a thread of the next test: widgets must end on this one


@pytest.fixture
def opened(qtbot: QtBot, new_window: Callable[[], MainWindow]) -> Callable[[Path], MainWindow]:
    def show(path: Path) -> MainWindow:
        window = new_window()
        with qtbot.waitSignal(window.ready, timeout=10_000):
            window.open_path(str(path))
        settle(qtbot, window)
        return window

    return show


@pytest.fixture(scope="session")
def sonnets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sequences of 400 and 120 timesteps, 24 units."""
    return make(tmp_path_factory.mktemp("recordings") / "sonnets.h5")


@pytest.fixture
def window(opened: Callable[[Path], MainWindow], sonnets: Path) -> MainWindow:
    return opened(sonnets)


@pytest.fixture(scope="session")
def predicted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Text that a network with a read-out has read: 700 timesteps of characters, 12 units."""
    return read_by_a_network(tmp_path_factory.mktemp("predicted") / "predicted.h5")


@pytest.fixture(scope="session")
def both_ways(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, by a bidirectional network of two layers."""
    return read_by_a_network(tmp_path_factory.mktemp("both_ways") / "both_ways.h5", bidirectional=True)


@pytest.fixture(scope="session")
def co2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A series with missing values, by a network that the command line has trained a little and let read it."""
    folder, table = tmp_path_factory.mktemp("co2"), str(asset("data/co2.csv"))
    model, run = str(folder / "model.safetensors"), str(folder / "co2.h5")
    train = ["train", "series", "--data", table, "--steps", "4", "--hidden", "8", "--device", "cpu", "-o", model]
    assert main(train) == 0
    assert main(["record", model, table, "-o", run, "--device", "cpu"]) == 0
    return Path(run)
