"""Expressions of the small interpreter: one method a node type, named after it; a type without one is refused."""

import ast
import math
from collections.abc import Callable, Iterator

from app.domain.interpreter_builtins import (
    ERRORS,
    MATH,
    METHODS,
    NAMES,
    Builtin,
    MathModule,
    Method,
    call_builtin,
    call_math,
    call_method,
)
from app.domain.interpreter_limits import (
    CodeRaisedError,
    Meter,
    Opaque,
    StepLimitError,
    UnsupportedCodeError,
    require_printable,
)
from app.domain.interpreter_operators import binary, check_format, compare, native, truth, unary
from app.domain.interpreter_scopes import Frame, Function, local_names, lookup

_BUILTINS = NAMES | frozenset(ERRORS)


class Expressions:
    """Evaluates expressions; `run_body` comes from the statements."""

    def __init__(self, meter: Meter, known_locals: dict[ast.AST, frozenset[str]] | None = None) -> None:
        self.meter = meter
        self._locals = {} if known_locals is None else known_locals

    def run_body(self, node: ast.FunctionDef, frame: Frame) -> object:
        """The value a function's body returns."""
        raise NotImplementedError

    def eval(self, node: ast.expr, frame: Frame) -> object:
        """The value of an expression."""
        self.meter.spend()
        method: Callable[[ast.expr, Frame], object] | None = getattr(self, "eval_" + type(node).__name__.lower(), None)
        if method is None:
            raise UnsupportedCodeError(what=f"{type(node).__name__} expressions")
        return method(node, frame)

    def eval_constant(self, node: ast.Constant, _: Frame) -> object:
        return self.meter.checked(node.value)

    def eval_name(self, node: ast.Name, frame: Frame) -> object:
        value = lookup(frame, node.id, _BUILTINS)
        return self._math(value) if isinstance(value, MathModule) and value.name in MATH else value

    def eval_binop(self, node: ast.BinOp, frame: Frame) -> object:
        return binary(self.meter, node.op, self.eval(node.left, frame), self.eval(node.right, frame))

    def eval_unaryop(self, node: ast.UnaryOp, frame: Frame) -> object:
        return unary(self.meter, node.op, self.eval(node.operand, frame))

    def eval_boolop(self, node: ast.BoolOp, frame: Frame) -> object:
        stops_at = isinstance(node.op, ast.Or)
        value: object = None
        for part in node.values:
            value = self.eval(part, frame)
            if truth(value) is stops_at:
                break
        return value

    def eval_compare(self, node: ast.Compare, frame: Frame) -> object:
        left = self.eval(node.left, frame)
        for op, part in zip(node.ops, node.comparators, strict=True):
            right = self.eval(part, frame)
            if not compare(self.meter, op, left, right):
                return False
            left = right
        return True

    def eval_ifexp(self, node: ast.IfExp, frame: Frame) -> object:
        return self.eval(node.body if truth(self.eval(node.test, frame)) else node.orelse, frame)

    def eval_list(self, node: ast.List, frame: Frame) -> object:
        return self.meter.checked(self._elements(node.elts, frame))

    def eval_tuple(self, node: ast.Tuple, frame: Frame) -> object:
        return self.meter.checked(tuple(self._elements(node.elts, frame)))

    def eval_set(self, node: ast.Set, frame: Frame) -> object:
        elements = self._elements(node.elts, frame)
        self.meter.weigh(*elements)
        return native(self.meter, set, elements)

    def eval_dict(self, node: ast.Dict, frame: Frame) -> object:
        made: dict[object, object] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                raise UnsupportedCodeError(what="** in a dict")
            name = self.eval(key, frame)
            self.meter.weigh(name)
            native(self.meter, made.__setitem__, name, self.eval(value, frame))
        return self.meter.checked(made)

    def eval_subscript(self, node: ast.Subscript, frame: Frame) -> object:
        owner = self.eval(node.value, frame)
        if isinstance(owner, Opaque | Iterator):
            raise UnsupportedCodeError(what="an index into something that is not data")
        index = self.index(node.slice, frame)
        if not isinstance(owner, str | list | tuple | dict | range):
            raise CodeRaisedError(TypeError, f"'{type(owner).__name__}' object is not subscriptable")
        return native(self.meter, owner.__getitem__, index)

    def index(self, node: ast.expr, frame: Frame) -> object:
        """The value in square brackets."""
        if isinstance(node, ast.Slice):
            return slice(*[self.eval(part, frame) if part else None for part in (node.lower, node.upper, node.step)])
        value = self.eval(node, frame)
        self.meter.weigh(value)
        return value

    def eval_joinedstr(self, node: ast.JoinedStr, frame: Frame) -> object:
        return self.meter.checked("".join(str(self.eval(part, frame)) for part in node.values))

    def eval_formattedvalue(self, node: ast.FormattedValue, frame: Frame) -> object:
        value = self.eval(node.value, frame)
        require_printable(self.meter, value)
        if node.conversion == ord("r"):
            value = repr(value)
        elif node.conversion != -1:
            value = str(value)
        spec = ""
        if node.format_spec is not None:
            spec = str(self.eval(node.format_spec, frame))
        check_format(spec)
        return native(self.meter, format, value, spec)

    def eval_lambda(self, node: ast.Lambda, frame: Frame) -> object:
        if node.args.kwonlyargs or node.args.vararg or node.args.kwarg:
            raise UnsupportedCodeError(what="this kind of lambda")
        return Function(node, frame, [self.eval(default, frame) for default in node.args.defaults])

    def eval_attribute(self, node: ast.Attribute, frame: Frame) -> object:
        owner = self.eval(node.value, frame)
        if isinstance(owner, MathModule) and not owner.name and node.attr in MATH:
            return self._math(MathModule(node.attr))
        if node.attr in METHODS.get(type(owner), ()):
            return Method(owner, node.attr)
        raise UnsupportedCodeError(what=f"the attribute {node.attr}")

    def eval_call(self, node: ast.Call, frame: Frame) -> object:
        function = self.eval(node.func, frame)
        values = self._elements(node.args, frame)
        named: dict[str, object] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise UnsupportedCodeError(what="** in a call")
            named[keyword.arg] = self.eval(keyword.value, frame)
        return self.call(function, values, named, depth=frame.depth)

    def call(self, function: object, values: list[object], named: dict[str, object], *, depth: int) -> object:
        """The result of calling a function value."""
        if isinstance(function, Function):
            return self._call_function(function, values, named, depth=depth)
        again = self._again(depth)
        if isinstance(function, Builtin) and function.name in NAMES:
            return call_builtin(self.meter, again, function.name, values, named)
        if isinstance(function, Method):
            return call_method(self.meter, again, function.owner, function.name, values, named)
        if isinstance(function, MathModule) and function.name in MATH and not named:
            return call_math(self.meter, function.name, values)
        raise UnsupportedCodeError(what="a call of this value")

    def _again(self, depth: int) -> Callable[[object, list[object]], object]:
        return lambda function, values: self.call(function, values, {}, depth=depth)

    def _math(self, part: MathModule) -> object:
        value: object = getattr(math, part.name)
        return value if isinstance(value, float) else part

    def _elements(self, nodes: list[ast.expr], frame: Frame) -> list[object]:
        values: list[object] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                values.extend(self.meter.collect(self.eval(node.value, frame)))
            else:
                values.append(self.eval(node, frame))
        return values

    def _call_function(
        self, function: Function, values: list[object], named: dict[str, object], *, depth: int
    ) -> object:
        if depth >= self.meter.limits.depth:
            raise StepLimitError(limit=self.meter.limits.depth, unit="calls within calls")
        node = function.node
        if node not in self._locals:
            self._locals[node] = local_names(node)
        frame = Frame({}, self._locals[node], function.frame, depth + 1)
        self._bind_arguments(function, values, named, frame)
        if isinstance(node, ast.Lambda):
            return self.eval(node.body, frame)
        return self.run_body(node, frame)

    def _bind_arguments(self, function: Function, values: list[object], named: dict[str, object], frame: Frame) -> None:
        arguments = function.node.args
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
            raise UnsupportedCodeError(what="functions with starred or keyword-only parameters")
        names = [argument.arg for argument in arguments.args]
        if len(values) > len(names) or any(name not in names[len(values) :] for name in named):
            raise CodeRaisedError(TypeError, f"{function.name}() got unexpected arguments")
        frame.names.update(zip(names, values, strict=False))
        frame.names.update(named)
        for name, default in zip(reversed(names), reversed(function.defaults), strict=False):
            frame.names.setdefault(name, default)
        missing = [name for name in names if name not in frame.names]
        if missing:
            raise CodeRaisedError(TypeError, f"{function.name}() missing required arguments")
