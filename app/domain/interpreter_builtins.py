"""Built-in functions and methods the small interpreter knows: an allow-list, each behind its own check.

A method runs only on the exact built-in types listed here. Functions that take iterables get counted ones, so the
step limit holds inside `sum` and `sorted` too. Randomness, input, output, identity and hashing are absent on purpose.
"""

import ast
import math
import re
from collections.abc import Callable, Iterator

from app.domain.interpreter_limits import CodeRaisedError, Meter, Opaque, UnsupportedCodeError, require_printable
from app.domain.interpreter_operators import binary, check_format, native

Call = Callable[[object, list[object]], object]
"""How to call a function value of the interpreted code."""

TYPES: dict[str, type] = {
    "int": int, "float": float, "str": str, "bool": bool, "list": list, "tuple": tuple, "dict": dict, "set": set,
    "frozenset": frozenset,
}  # fmt: skip
ERRORS: dict[str, type[Exception]] = {
    error.__name__: error
    for error in (
        Exception, ValueError, TypeError, KeyError, IndexError, LookupError, ArithmeticError, ZeroDivisionError,
        OverflowError, RuntimeError, NotImplementedError, AssertionError, AttributeError, NameError, StopIteration,
    )
}  # fmt: skip
CONSUMING = frozenset({"sum", "sorted", "min", "max", "any", "all", "list", "tuple", "set", "frozenset", "dict"})
LAZY = frozenset({"enumerate", "zip", "map", "filter", "reversed", "iter"})
SCALAR = frozenset({
    "abs", "len", "ord", "chr", "bin", "hex", "oct", "divmod", "round", "int", "float", "bool", "str", "repr", "range",
    "pow", "isinstance", "next", "callable", "type",
})  # fmt: skip
NAMES = CONSUMING | LAZY | SCALAR
UNORDERED = frozenset({"sorted", "set", "frozenset", "any", "all", "min", "max", "len", "sum"})
"""Functions whose result does not depend on the order of a set (of whole numbers or strings)."""
MATH = frozenset({
    "sqrt", "floor", "ceil", "gcd", "pi", "e", "fabs", "log", "log2", "log10", "exp", "sin", "cos", "tan", "radians",
    "degrees", "hypot", "isqrt", "inf", "trunc", "lcm", "atan", "atan2", "asin", "acos", "pow", "isclose", "copysign",
    "isnan", "isinf", "tau", "prod", "fsum", "dist", "factorial", "comb",
})  # fmt: skip
METHODS: dict[type, frozenset[str]] = {
    str: frozenset({
        "upper", "lower", "strip", "lstrip", "rstrip", "split", "rsplit", "join", "replace", "find", "rfind", "index",
        "rindex", "count", "startswith", "endswith", "isdigit", "isalpha", "isalnum", "isupper", "islower", "isspace",
        "title", "capitalize", "swapcase", "zfill", "ljust", "rjust", "center", "splitlines", "format", "partition",
        "rpartition", "isnumeric", "isdecimal", "istitle", "casefold", "removeprefix", "removesuffix", "isidentifier",
    }),
    list: frozenset({"append", "extend", "insert", "pop", "remove", "index", "count", "sort", "reverse", "copy"}),
    tuple: frozenset({"index", "count"}),
    dict: frozenset({"get", "keys", "values", "items", "pop", "setdefault", "update", "copy", "clear"}),
    set: frozenset({
        "add", "discard", "remove", "union", "intersection", "difference", "symmetric_difference", "update", "copy",
        "issubset", "issuperset", "isdisjoint", "clear", "intersection_update", "difference_update",
    }),
    frozenset: frozenset({
        "union", "intersection", "difference", "symmetric_difference", "issubset", "issuperset", "isdisjoint",
    }),
    int: frozenset({"bit_length", "bit_count"}),
    float: frozenset({"is_integer"}),
}  # fmt: skip
_FIELD = re.compile(r"\{([^{}:!]*)(![rs])?(:[^{}]*)?\}|\{\{|\}\}")
_WIDE_METHODS = frozenset({"zfill", "ljust", "rjust", "center"})


class Builtin(Opaque):
    """A built-in function or type as a value."""

    def __init__(self, name: str) -> None:
        self.name = name


class Method(Opaque):
    """A method taken from a value and not called yet."""

    def __init__(self, owner: object, name: str) -> None:
        self.owner = owner
        self.name = name


class MathModule(Opaque):
    """The module math; `name` is one of its functions when taken by itself."""

    def __init__(self, name: str = "") -> None:
        self.name = name


def call_builtin(meter: Meter, call: Call, name: str, values: list[object], named: dict[str, object]) -> object:
    """The result of a built-in function; `call` runs functions of the interpreted code."""
    if name == "isinstance":
        return _is_instance(values, named)
    if name in ("type", "callable"):
        raise UnsupportedCodeError(what=f"{name}()")
    _require_data(values, allow_first=name in ("map", "filter"))
    if name in CONSUMING:
        return _consume(meter, call, name, values, named)
    if name in LAZY:
        return _lazy(meter, call, name, values, named)
    return _scalar(meter, name, values, named)


def call_math(meter: Meter, name: str, values: list[object]) -> object:
    """A function of the module math."""
    if name in ("factorial", "comb") and any(isinstance(value, int) and value > 300 for value in values):
        raise UnsupportedCodeError(what=f"math.{name} of large numbers")
    _require_data(values)
    given = [meter.collect(value) if isinstance(value, Iterator | list | tuple) else value for value in values]
    return native(meter, getattr(math, name), *given)


def call_method(
    meter: Meter, call: Call, owner: object, name: str, values: list[object], named: dict[str, object]
) -> object:
    """The result of `owner.name(...)` for an allowed method of a built-in type."""
    if name not in METHODS.get(type(owner), ()):
        raise UnsupportedCodeError(what=f"the method {name} of {type(owner).__name__}")
    if isinstance(owner, list) and name == "sort":
        return _sort(meter, call, owner, values, named)
    _require_data(values)
    _require_data(list(named.values()))
    given = [meter.collect(value) if isinstance(value, Iterator | range) else value for value in values]
    if name not in ("append", "get", "pop", "keys", "items", "copy"):
        meter.weigh(*given)
    if name in ("index", "count", "remove"):
        meter.weigh(owner)
    if isinstance(owner, str):
        _check_text(meter, owner, name, given)
    meter.spend(len(owner) // 8 if isinstance(owner, str | list | dict | set) else 0)
    result = native(meter, getattr(owner, name), *given, **named)
    meter.checked(owner)
    return result


def _is_instance(values: list[object], named: dict[str, object]) -> bool:
    if len(values) != 2 or named:
        raise CodeRaisedError(TypeError, "isinstance expected 2 arguments")
    value, kinds = values
    wanted = kinds if isinstance(kinds, tuple) else (kinds,)
    names = [kind.name for kind in wanted if isinstance(kind, Builtin)]
    if len(names) != len(wanted) or not all(name in TYPES for name in names) or isinstance(value, Opaque | Iterator):
        raise UnsupportedCodeError(what="isinstance with classes of one's own")
    return isinstance(value, tuple(TYPES[name] for name in names))


def _consume(meter: Meter, call: Call, name: str, values: list[object], named: dict[str, object]) -> object:
    key = named.pop("key", None)
    if key is not None:
        named["key"] = lambda value: call(key, [value])
    if name == "dict" and values and isinstance(values[0], dict):
        return native(meter, dict, *values, **named)
    if name in ("min", "max") and len(values) > 1:
        meter.weigh(*values)
        return native(meter, min if name == "min" else max, *values, **named)
    given = [_elements(meter, value, name, keyed=key is not None) for value in values[:1]] + values[1:]
    if name == "sum":
        return _sum(meter, given, named)
    functions: dict[str, Callable[..., object]] = {
        "sorted": sorted, "min": min, "max": max, "any": any, "all": all, "list": list, "tuple": tuple, "set": set,
        "frozenset": frozenset, "dict": dict,
    }  # fmt: skip
    return native(meter, functions[name], *given, **named)


def _elements(meter: Meter, value: object, name: str, *, keyed: bool) -> object:
    """The argument of a consuming function, counted; any/all stay lazy because they stop early."""
    if isinstance(value, set | frozenset) and name in UNORDERED and not keyed:
        if name == "sum" and not all(type(item) in (int, bool) for item in value):
            raise UnsupportedCodeError(what="the sum of a set of fractions")
        meter.weigh(value)
        return list(value)
    if name in ("any", "all"):
        return meter.walk(value)
    elements = meter.collect(value)
    meter.weigh(*elements)
    return elements


def _sum(meter: Meter, values: list[object], named: dict[str, object]) -> object:
    """sum() by repeated checked addition. Python 3.12 adds floats with compensation, so floats are left out."""
    start = named.get("start", values[1] if len(values) > 1 else 0)
    total: object = start
    elements = values[0] if values and isinstance(values[0], list) else []
    if isinstance(start, str):
        raise CodeRaisedError(TypeError, "sum() can't sum strings [use ''.join(seq) instead]")
    if any(type(element) is float for element in elements) and not _exact(elements):
        raise UnsupportedCodeError(what="the sum of fractions that round")
    for element in elements:
        total = binary(meter, ast.Add(), total, element)
    return total


def _exact(elements: list[object]) -> bool:
    """Whether plain addition loses nothing: quarters up to a million."""
    return all(isinstance(item, int | float) and abs(item) < 1e6 and (item * 4) % 1 == 0 for item in elements)


def _lazy(meter: Meter, call: Call, name: str, values: list[object], named: dict[str, object]) -> object:
    if name == "map" and values:
        function, rest = values[0], [meter.walk(value) for value in values[1:]]
        return native(meter, map, lambda *given: call(function, list(given)), *rest)
    if name == "filter" and len(values) == 2:
        test = values[0]
        keep = (lambda value: call(test, [value])) if test is not None else None
        return native(meter, filter, keep, meter.walk(values[1]))
    if name == "reversed":
        if len(values) != 1 or not isinstance(values[0], list | tuple | str | range | dict):
            raise UnsupportedCodeError(what="reversed() of this value")
        return meter.walk(reversed(values[0]))
    functions: dict[str, Callable[..., object]] = {"enumerate": enumerate, "zip": zip, "iter": iter}
    if name not in functions:
        raise CodeRaisedError(TypeError, f"{name}() got the wrong number of arguments")
    walked = len(values) if name == "zip" else 1
    return native(meter, functions[name], *[meter.walk(value) for value in values[:walked]], *values[walked:], **named)


def _scalar(meter: Meter, name: str, values: list[object], named: dict[str, object]) -> object:
    if name in ("str", "repr"):
        require_printable(meter, *values)
    if name == "pow":
        if len(values) == 2:
            return binary(meter, ast.Pow(), *values)
        return native(meter, pow, *values)
    if name == "next":
        meter.spend()
    functions: dict[str, Callable[..., object]] = {
        "abs": abs, "len": len, "ord": ord, "chr": chr, "bin": bin, "hex": hex, "oct": oct, "divmod": divmod,
        "round": round, "int": int, "float": float, "bool": bool, "str": str, "repr": repr, "range": range,
        "next": next,
    }  # fmt: skip
    return native(meter, functions[name], *values, **named)


def _sort(meter: Meter, call: Call, owner: list[object], values: list[object], named: dict[str, object]) -> object:
    if values:
        raise CodeRaisedError(TypeError, "sort() takes no positional arguments")
    meter.weigh(owner)
    meter.spend(len(owner))
    key = named.get("key")
    if key is not None:
        named = {**named, "key": lambda value: call(key, [value])}
    return native(meter, owner.sort, **named)


def _check_text(meter: Meter, owner: str, name: str, values: list[object]) -> None:
    if name in _WIDE_METHODS and values and isinstance(values[0], int):
        meter.room(values[0])
    if name == "replace" and len(values) > 1 and isinstance(values[1], str):
        meter.room(len(owner) + (len(owner) + 1) * len(values[1]))
    if name == "join" and values and isinstance(values[0], list | tuple):
        meter.room(sum(len(part) for part in values[0] if isinstance(part, str)) + len(owner) * len(values[0]))
    if name == "format":
        check_format(owner)
        require_printable(meter, *values)
        rest = _FIELD.sub("", owner)
        plain = all(not found[0] or found[0].isidentifier() or found[0].isdigit() for found in _FIELD.findall(owner))
        if "{" in rest or "}" in rest or not plain:
            raise UnsupportedCodeError(what="elaborate format strings")


def _require_data(values: list[object], *, allow_first: bool = False) -> None:
    for value in values[1:] if allow_first else values:
        if isinstance(value, Opaque):
            raise UnsupportedCodeError(what="functions given to functions")
