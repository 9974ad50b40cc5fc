"""The sequence as whole pages, coloured by one unit, and the units that follow a label: in place of the stage."""

from gruviz.ui.sheet.bar import SheetBar
from gruviz.ui.sheet.sheet import Sheet

__all__ = ["Sheet", "SheetBar"]
