"""Operators of the small interpreter: Python's own, behind checks of type and size."""

import ast
import operator
import re
from collections.abc import Callable, Iterator

from app.domain.interpreter_limits import (
    CodeRaisedError,
    Meter,
    Opaque,
    StepLimitError,
    UnsupportedCodeError,
    require_printable,
)

BINARY: dict[type[ast.operator], Callable[..., object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.BitAnd: operator.and_,
}
IN_PLACE: dict[type[ast.operator], Callable[..., object]] = {
    ast.Add: operator.iadd,
    ast.Mult: operator.imul,
    ast.BitOr: operator.ior,
    ast.BitAnd: operator.iand,
    ast.BitXor: operator.ixor,
    ast.Sub: operator.isub,
}
UNARY: dict[type[ast.unaryop], Callable[..., object]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
COMPARE: dict[type[ast.cmpop], Callable[..., object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
RAISED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RuntimeError, StopIteration)
"""What Python's own operators and methods raise on allowed values; the interpreted code raised it."""

_WIDE = re.compile(r"\d{4,}|\*")
_CONSTANTS = (None, True, False)


def native(meter: Meter, function: Callable[..., object], *values: object, **named: object) -> object:
    """The checked result of Python's own operation; its exception becomes the interpreted code's."""
    try:
        return meter.checked(function(*values, **named))
    except RAISED as error:
        if isinstance(error, RecursionError):
            raise
        raise CodeRaisedError(type(error), str(error)) from error


def binary(meter: Meter, op: ast.operator, left: object, right: object, *, in_place: bool = False) -> object:
    """`left op right`; in place as `left op= right` would be."""
    _require_data(left, right)
    if isinstance(op, ast.MatMult):
        raise UnsupportedCodeError(what="matrix multiplication")
    _check_growth(meter, op, left, right)
    table = IN_PLACE if in_place and type(op) in IN_PLACE else BINARY
    if in_place and isinstance(left, list) and isinstance(op, ast.Add):
        right = meter.collect(right)
    return native(meter, table[type(op)], left, right)


def unary(meter: Meter, op: ast.unaryop, value: object) -> object:
    """`op value`."""
    if not isinstance(op, ast.Not):
        _require_data(value)
    if isinstance(op, ast.Invert) and isinstance(value, bool):
        raise UnsupportedCodeError(what="~ on a truth value")
    return native(meter, UNARY[type(op)], value)


def compare(meter: Meter, op: ast.cmpop, left: object, right: object) -> bool:
    """Truth of `left op right`."""
    if isinstance(op, ast.Is | ast.IsNot):
        return _same(left, right) is isinstance(op, ast.Is)
    if isinstance(op, ast.In | ast.NotIn):
        return contains(meter, right, left) is isinstance(op, ast.In)
    _require_data(left, right)
    meter.weigh(left, right)
    return bool(native(meter, COMPARE[type(op)], left, right))


def contains(meter: Meter, values: object, value: object) -> bool:
    """Truth of `value in values`."""
    _require_data(value)
    meter.weigh(values, value)
    if isinstance(values, Iterator):
        return any(item == value for item in meter.walk(values))
    if isinstance(values, Opaque):
        raise UnsupportedCodeError(what="a search in something that is not data")
    return bool(native(meter, operator.contains, values, value))


def truth(value: object) -> bool:
    """bool(value)."""
    return True if isinstance(value, Opaque | Iterator) else bool(value)


def check_format(spec: str) -> None:
    """Refuse format specifications that name a width of four digits or more, or one given elsewhere."""
    if _WIDE.search(spec):
        raise UnsupportedCodeError(what="very wide or computed formats")


def _same(left: object, right: object) -> bool:
    """`is` only against None, True and False: for other values identity is an accident of the implementation."""
    if any(left is constant or right is constant for constant in _CONSTANTS):
        return left is right
    raise UnsupportedCodeError(what="`is` between ordinary values")


def _require_data(*values: object) -> None:
    if any(isinstance(value, Opaque) for value in values):
        raise UnsupportedCodeError(what="operators on functions")


def _check_growth(meter: Meter, op: ast.operator, left: object, right: object) -> None:
    """Refuse operations whose result would be too large before it is made."""
    if isinstance(op, ast.Pow | ast.LShift):
        _check_power(meter, op, left, right)
    elif isinstance(op, ast.Mult):
        for many, times in ((left, right), (right, left)):
            if isinstance(many, str | list | tuple) and isinstance(times, int):
                meter.room(len(many) * max(0, times))
    elif isinstance(op, ast.Mod) and isinstance(left, str):
        check_format(left)
        require_printable(meter, right)


def _check_power(meter: Meter, op: ast.operator, left: object, right: object) -> None:
    if not (isinstance(left, int) and isinstance(right, int)) or right <= 0:
        return
    shift = isinstance(op, ast.LShift)
    bits = left.bit_length() + right if shift else left.bit_length() * right
    trivial = left == 0 if shift else abs(left) <= 1
    if bits > meter.limits.bits and not trivial:
        raise StepLimitError(limit=meter.limits.bits, unit="bits in a number")
