"""A condition on numbers of the units, as a person types it: `tau > 50 and keep > 0.8`. Read, and never run."""

import ast
import re
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from gruviz.errors import GruvizError

LONGEST = 200
"""Characters of an expression."""
_EXAMPLE = "write for instance: tau > 50 and keep > 0.8"
_SIGNS = "write == for equal, >= and <= for ≥ and ≤, != for ≠, and, or, not in words"
_FOREIGN = re.compile(r"(?<![<>=!])=(?!=)|[≥≤≠&|!∧∨¬]")
"""Signs of other languages, in a text that cannot be read."""
Value = NDArray[np.float64] | NDArray[np.bool_]

_COMPARED: Mapping[type[ast.cmpop], Callable[..., NDArray[np.bool_]]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
_RECKONED: Mapping[type[ast.operator], Callable[..., NDArray[np.float64]]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
}


class Expression:
    """A condition that has been read: comparisons, `and`, `or`, `not`, + - * /, numbers, names, parentheses, `abs`."""

    def __init__(self, text: str) -> None:
        """Read it. Raises GruvizError, which says what is wrong and what to write."""
        self.text = text.strip()
        if not self.text:
            raise GruvizError(f"nothing is asked for: {_EXAMPLE}")
        if len(self.text) > LONGEST:
            raise GruvizError(f"this has {len(self.text):,} characters: write no more than {LONGEST}")
        try:
            self._tree = ast.parse(self.text, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            signs = _SIGNS if _FOREIGN.search(self.text) else _EXAMPLE
            raise GruvizError(f"‘{_short(self.text)}’ is no condition: {signs}") from None
        self.names = frozenset(
            node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name) and node.id != "abs"
        )
        """The numbers that it asks for."""
        with np.errstate(all="ignore"):  # what is not allowed is said before anything is read
            _value(self._tree, dict.fromkeys(self.names, np.ones(1)))

    def holds(self, numbers: Mapping[str, NDArray[np.floating]]) -> NDArray[np.bool_]:
        """For which units it is true.

        Args:
            numbers: by name, one value for each of H units. A comparison with one that is not known, NaN, is false.

        Returns:
            (H,) booleans.

        Raises:
            GruvizError: it asks for a number that is not among them.
        """
        for name in sorted(self.names - set(numbers)):
            raise GruvizError(f"there is no number ‘{_short(name)}’: there are {', '.join(numbers)}")
        values = {name: np.asarray(numbers[name], np.float64) for name in numbers}
        with np.errstate(all="ignore"):
            found = _value(self._tree, values)
        units = len(next(iter(values.values()))) if values else 0
        return np.broadcast_to(found, (units,)).astype(bool)


def _value(node: ast.expr, numbers: Mapping[str, Value]) -> Value:
    found = _condition(node, numbers)
    if found is None:
        raise GruvizError(f"‘{_short(ast.unparse(node))}’ alone is no condition: {_EXAMPLE}")
    return found


def _condition(node: ast.expr, numbers: Mapping[str, Value]) -> NDArray[np.bool_] | None:
    """What is true where, or None where this is a number."""
    if isinstance(node, ast.BoolOp):
        together = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return np.asarray(together.reduce(np.broadcast_arrays(*(_value(part, numbers) for part in node.values))))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return np.logical_not(_value(node.operand, numbers))
    if isinstance(node, ast.Compare):
        parts = [_number(part, numbers) for part in (node.left, *node.comparators)]
        found = np.asarray(True)
        for sign, before, after in zip(node.ops, parts, parts[1:], strict=False):
            if type(sign) not in _COMPARED:
                raise GruvizError(f"only < <= > >= == != compare numbers here: {_EXAMPLE}")
            found = found & _COMPARED[type(sign)](before, after)
        return found
    _number(node, numbers)
    return None


def _number(node: ast.expr, numbers: Mapping[str, Value]) -> Value:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        try:
            return np.asarray(float(node.value))
        except OverflowError:
            raise GruvizError("a number has too many digits: write a shorter one") from None
    if isinstance(node, ast.Name) and node.id in numbers:
        return numbers[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _number(node.operand, numbers)
        return np.negative(value) if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and type(node.op) in _RECKONED:
        return _RECKONED[type(node.op)](_number(node.left, numbers), _number(node.right, numbers))
    match node:
        case ast.Call(func=ast.Name(id="abs"), args=[argument], keywords=[]):
            return np.abs(_number(argument, numbers))
    if isinstance(node, ast.Compare | ast.BoolOp) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        raise GruvizError(f"‘{_short(ast.unparse(node))}’ is a condition where a number is needed: {_EXAMPLE}")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr):
        raise GruvizError(f"‘{_short(ast.unparse(node))}’ cannot be used: {_SIGNS}")
    raise GruvizError(
        f"‘{_short(ast.unparse(node))}’ cannot be used: there are numbers, names of numbers, < <= > >= == !=, "
        "and, or, not, + - * /, abs( ), parentheses"
    )


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
