"""What goes wrong while something is painted ends no process, as a painter still at work on what is let go of would."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

import gruviz.ui
from gruviz.ui.window import MainWindow

from .hand import assert_all_agree


def test_a_painter_ends_whatever_happens(qtbot: QtBot, window: MainWindow) -> None:
    units = window.units
    whole = units.listing
    assert whole is not None
    units.listing = replace(whole, values=whole.values[:0])
    with pytest.raises(IndexError) as held:  # the frame, and so its painter
        units.viewport().repaint()
    assert not units.viewport().paintingActive()
    assert held.tb is not None
    units.listing = whole
    assert_all_agree(qtbot, window)


def test_every_painter_is_one_that_ends() -> None:
    files = [Path(folder) for folder in gruviz.ui.__path__]
    seen = 0
    for path in (each for folder in files for each in folder.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        ended = {id(item.context_expr) for node in ast.walk(tree) if isinstance(node, ast.With) for item in node.items}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "QPainter":
                seen += 1
                assert id(node) in ended, f"{path}:{node.lineno}"
    assert seen > 10
