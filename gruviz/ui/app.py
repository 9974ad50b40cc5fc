"""Starting the app, on a screen or for a picture."""

import gc
import os
import socket
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import cast, get_args

from PySide6.QtCore import QEvent, QLoggingCategory, QObject, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from gruviz._assets import asset
from gruviz.errors import GruvizError
from gruviz.ui import settings as settings_file
from gruviz.ui.settings import Settings
from gruviz.ui.theme import Choice, Themes, dress
from gruviz.view import seek

_SWITCH = 0.0005
"""Seconds after which Python lets another thread run: the window waits no longer for a busy one."""


def run(
    *paths: str,
    demo: bool = False,
    screenshot: str | None = None,
    size: tuple[int, int] | None = None,
    at: int | None = None,
    theme: str | None = None,
) -> int:
    """Start the app and return its exit status when the window is closed.

    Args:
        paths: the recordings to open, beside each other; none opens what was open last, or the welcome page.
        demo: open the demo instead.
        screenshot: do not show the window, but save what it would show as this PNG and return.
        size: of the window, or of the picture, in pixels.
        at: the timestep at which the cursor stands.
        theme: `light`, `dark` or `system`, this time only.

    Raises:
        GruvizError: there is no display; or, for a picture, what keeps it from being made.
    """
    if screenshot is not None and not screenshot.lower().endswith(".png"):
        raise GruvizError(f"a picture of the window is a PNG: end {screenshot} in .png")
    _need_display(screenshot is not None)
    if theme is not None and theme not in get_args(Choice):
        raise GruvizError(f"the theme is one of {', '.join(get_args(Choice))}, not {theme}")
    if demo:
        paths = (str(asset(_demo())),)
    app = make_application()
    sys.setswitchinterval(_SWITCH)
    if screenshot is not None:
        return _Picture(app, paths, Path(screenshot), size, at, theme or "light").make()
    return _interactive(app, paths, size, at, theme, demo)


def _interactive(
    app: QApplication,
    paths: Sequence[str],
    size: tuple[int, int] | None,
    at: int | None,
    theme: str | None,
    demo: bool,
) -> int:
    from gruviz.ui.window import MainWindow

    settings = settings_file.load()
    themes = Themes(cast(Choice, theme or settings.theme))
    window = MainWindow(settings, themes)
    hook = _Hook()
    hook.happened.connect(window.complain)
    if size is not None:
        window.resize(*size)
    if at is not None:
        window.ready.connect(lambda: window.state.change(seek, at), Qt.ConnectionType.SingleShotConnection)
    if demo and not settings.recent:
        window.ready.connect(window.tour.offer, Qt.ConnectionType.SingleShotConnection)
    window.show()
    if not paths and Path(settings.last).is_file():
        paths = [settings.last]
    if paths:
        window.open_paths(paths)
    try:
        with hook:
            return app.exec()
    finally:
        _take_down(window)


class _Picture(QObject):
    """Takes a picture of the window once all of it has been read and laid out."""

    def __init__(
        self,
        app: QApplication,
        paths: Sequence[str],
        target: Path,
        size: tuple[int, int] | None,
        at: int | None,
        theme: str,
    ) -> None:
        super().__init__()
        from gruviz.ui.window import SIZE, MainWindow

        self._app, self._target, self._at = app, target, at
        self._size = size or SIZE
        self._wrong: str | None = None
        self.window = MainWindow(Settings(), Themes(cast(Choice, theme)), remember=False)
        self.window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)  # no window manager has a say in its size
        least = self.window.minimumSizeHint()
        if self._size[0] < least.width() or self._size[1] < least.height():
            _take_down(self.window)
            raise GruvizError(
                f"a picture of {self._size[0]}x{self._size[1]} is too small for the window: "
                f"give --size {least.width()}x{least.height()} or more"
            )
        self.window.resize(*self._size)
        self.window.show()
        self.window.ready.connect(self._place)
        # Not QTimer.singleShot: an exception in what that calls is lost.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._shoot)
        self.window.loader.settled.connect(self._soon.start)
        self.window.loader.failed.connect(self._fail)
        self.window.refused.connect(self._refuse)
        if paths:
            self.window.open_together(paths)
        else:
            self._soon.start()

    def make(self) -> int:
        """Run until the picture is saved."""
        with _Hook() as hook:
            hook.happened.connect(self._refuse)
            self._app.exec()
        _take_down(self.window)
        if self._wrong is not None:
            raise GruvizError(self._wrong)
        return 0

    @Slot()
    def _place(self) -> None:
        if self._at is not None:
            self.window.state.change(seek, self._at)

    @Slot(object, str)
    def _fail(self, request: object, message: str) -> None:
        self._refuse(message)

    @Slot(str)
    def _refuse(self, message: str) -> None:
        self._wrong = message
        self._app.quit()

    @Slot()
    def _shoot(self) -> None:
        if not self.window.loader.idle or self._wrong is not None:
            return  # `settled` comes again
        picture = QImage(*self._size, QImage.Format.Format_RGB32)
        with QPainter(picture) as painter:
            self.window.render(painter, QPoint(0, 0))
        writer = QImageWriter(str(self._target), b"PNG")
        if not writer.write(picture):
            self._wrong = f"cannot write {self._target}: check the folder and its permissions ({writer.errorString()})"
        self._app.quit()


class _Hook(QObject):
    """Shows what nobody caught, and keeps the window alive."""

    happened = Signal(str)

    def __enter__(self) -> "_Hook":
        self._before = sys.excepthook
        sys.excepthook = self._caught
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.excepthook = self._before

    def _caught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, GruvizError):
            self.happened.emit(str(error))
        elif issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
        else:
            traceback.print_exception(kind, error, trace)
            self.happened.emit(
                f"Something failed that should not have: {kind.__name__}: {error}. What was open is unharmed."
            )


def make_application() -> QApplication:
    """The application, dressed; the one that is running, where there is one."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(["gruviz"])
        app.setApplicationName("gruviz")
        app.setApplicationDisplayName("gruviz")
    if QGuiApplication.platformName() == "offscreen":  # which says of every window that it has no screen
        QLoggingCategory.setFilterRules("default.warning=false")
    dress(app)
    return app


def _take_down(window: QWidget) -> None:
    """End a window now and on this thread, rather than whenever Python does it on its way out, in any order."""
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


def _demo() -> str:
    from gruviz.ui.window import DEMO

    return DEMO


def _need_display(picture: bool) -> None:
    """Qt aborts the process where it finds no display: look first."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return
    if not picture:
        if os.environ.get("WAYLAND_DISPLAY") or _answers(os.environ.get("DISPLAY", "")):
            return
        raise GruvizError(
            "there is no display to open a window on: log in with a desktop or with ssh -X, or save a picture with "
            "gruviz FILE --screenshot OUT.png"
        )
    os.environ["QT_QPA_PLATFORM"] = "offscreen"


def _answers(display: str) -> bool:
    """Whether an X server is there; of one on another machine that is taken on trust."""
    host, _, number = display.partition(":")
    if not number or host not in ("", "unix"):
        return bool(number)
    with socket.socket(socket.AF_UNIX) as server:
        for address in (f"/tmp/.X11-unix/X{number.partition('.')[0]}", f"\0/tmp/.X11-unix/X{number.partition('.')[0]}"):
            try:
                server.connect(address)
            except OSError:
                continue
            return True
    return False
