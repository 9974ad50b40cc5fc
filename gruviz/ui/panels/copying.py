"""Copying a part of the window to the clipboard, as it is seen."""

from PySide6.QtCore import QPoint, QRect, Qt, SignalInstance
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget


def offer_copies(widget: QWidget, at: QPoint, parts: dict[str, QRect], copied: SignalInstance) -> None:
    """Show a menu that copies parts of a widget as pictures.

    Args:
        widget: what is seen.
        at: where the menu opens, on the screen.
        parts: by their names, the pixels of the widget.
        copied: told of it in words, once it is done.
    """

    def copy(name: str, rect: QRect) -> None:
        copy_picture(widget, rect)
        copied.emit(f"copied {name}")

    menu = QMenu(widget)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for name, rect in parts.items():
        action = menu.addAction(f"Copy {name} as a picture")
        action.triggered.connect(lambda _=False, name=name, rect=rect: copy(name, rect))
    menu.popup(at)


def copy_picture(widget: QWidget, rect: QRect) -> None:
    """Put these pixels of a widget on the clipboard, in the resolution of the screen."""
    QGuiApplication.clipboard().setPixmap(widget.grab(rect))
