"""Statements and comprehensions of the small interpreter, and the record of what they did."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.domain.interpreter_builtins import ERRORS
from app.domain.interpreter_expressions import Expressions
from app.domain.interpreter_limits import CodeRaisedError, Meter, UnsupportedCodeError, require_printable
from app.domain.interpreter_operators import binary, native, truth
from app.domain.interpreter_scopes import Frame, Function, bound_names, check_annotations, imported

_MAX_SHOWN = 120


@dataclass(frozen=True)
class TraceStep:
    """One thing that happened in the outermost call."""

    line: int
    """Line of the source, from 1."""
    what: str
    """`set` (a name got a value), `test` (a condition was checked), `each` (a loop took an element), `return`."""
    name: str
    """The name or, for a test, the condition as written; empty for a return."""
    value: str
    """repr of the value just then."""


class Return(Exception):  # noqa: N818  # control flow, not an error
    """A function returns."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


class LeaveLoop(Exception):  # noqa: N818  # control flow, not an error
    """break, or continue."""

    def __init__(self, *, again: bool) -> None:
        super().__init__()
        self.again = again


class Machine(Expressions):
    """Runs statements."""

    def __init__(
        self, meter: Meter, *, tracing: bool = False, known_locals: dict[ast.AST, frozenset[str]] | None = None
    ) -> None:
        super().__init__(meter, known_locals)
        self.tracing = tracing
        self.steps: list[TraceStep] = []

    def run_body(self, node: ast.FunctionDef, frame: Frame) -> object:
        try:
            self.run(node.body, frame)
        except Return as returned:
            return returned.value
        return None

    def run(self, body: list[ast.stmt], frame: Frame) -> None:
        """Run statements in order."""
        for node in body:
            self.meter.spend()
            method: Callable[[ast.stmt, Frame], None] | None
            method = getattr(self, "exec_" + type(node).__name__.lower(), None)
            if method is None:
                raise UnsupportedCodeError(what=f"{type(node).__name__} statements")
            method(node, frame)

    def exec_expr(self, node: ast.Expr, frame: Frame) -> None:
        self.eval(node.value, frame)

    def exec_pass(self, node: ast.Pass, frame: Frame) -> None:
        pass

    def exec_return(self, node: ast.Return, frame: Frame) -> None:
        value = self.eval(node.value, frame) if node.value else None
        self._note(node, frame, "return", "", value)
        raise Return(value)

    def exec_assign(self, node: ast.Assign, frame: Frame) -> None:
        value = self.eval(node.value, frame)
        for target in node.targets:
            self.bind(target, value, frame)
            self._note_target(target, frame, "set")

    def exec_annassign(self, node: ast.AnnAssign, frame: Frame) -> None:
        if node.value is not None:
            self.bind(node.target, self.eval(node.value, frame), frame)
            self._note_target(node.target, frame, "set")

    def exec_augassign(self, node: ast.AugAssign, frame: Frame) -> None:
        target = node.target
        if isinstance(target, ast.Name):
            load: ast.expr = ast.Name(target.id, ast.Load())
            value = binary(self.meter, node.op, self.eval(load, frame), self.eval(node.value, frame), in_place=True)
            frame.names[target.id] = value
        elif isinstance(target, ast.Subscript):
            owner, index = self.eval(target.value, frame), self.index(target.slice, frame)
            if not isinstance(owner, list | dict):
                raise UnsupportedCodeError(what="a change inside this value")
            before = native(self.meter, owner.__getitem__, index)
            value = binary(self.meter, node.op, before, self.eval(node.value, frame), in_place=True)
            native(self.meter, owner.__setitem__, index, value)
        else:
            raise UnsupportedCodeError(what="attributes")
        self._note_target(target, frame, "set")

    def bind(self, target: ast.expr, value: object, frame: Frame) -> None:
        """Give a value to a target."""
        if isinstance(target, ast.Name):
            frame.names[target.id] = value
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack(target.elts, value, frame)
        elif isinstance(target, ast.Subscript):
            owner, index = self.eval(target.value, frame), self.index(target.slice, frame)
            if not isinstance(owner, list | dict):
                raise UnsupportedCodeError(what="a change inside this value")
            given = self.meter.collect(value) if isinstance(index, slice) else value
            native(self.meter, owner.__setitem__, index, given)
            self.meter.checked(owner)
        else:
            raise UnsupportedCodeError(what=f"{type(target).__name__} targets")

    def _unpack(self, targets: list[ast.expr], value: object, frame: Frame) -> None:
        if any(isinstance(target, ast.Starred) for target in targets):
            raise UnsupportedCodeError(what="starred targets")
        values = self.meter.collect(value)
        if len(values) != len(targets):
            raise CodeRaisedError(ValueError, f"expected {len(targets)} values to unpack, got {len(values)}")
        for target, part in zip(targets, values, strict=True):
            self.bind(target, part, frame)

    def exec_if(self, node: ast.If, frame: Frame) -> None:
        result = truth(self.eval(node.test, frame))
        self._note(node, frame, "test", ast.unparse(node.test) if self.tracing else "", result)
        self.run(node.body if result else node.orelse, frame)

    def exec_while(self, node: ast.While, frame: Frame) -> None:
        shown = ast.unparse(node.test) if self.tracing else ""
        while True:
            result = truth(self.eval(node.test, frame))
            self._note(node, frame, "test", shown, result)
            if not result:
                self.run(node.orelse, frame)
                return
            if self._leaves(node.body, frame):
                return

    def exec_for(self, node: ast.For, frame: Frame) -> None:
        for value in self.meter.walk(self.eval(node.iter, frame)):
            self.bind(node.target, value, frame)
            self._note_target(node.target, frame, "each")
            if self._leaves(node.body, frame):
                return
        self.run(node.orelse, frame)

    def _leaves(self, body: list[ast.stmt], frame: Frame) -> bool:
        try:
            self.run(body, frame)
        except LeaveLoop as left:
            return not left.again
        return False

    def exec_break(self, node: ast.Break, frame: Frame) -> None:
        raise LeaveLoop(again=False)

    def exec_continue(self, node: ast.Continue, frame: Frame) -> None:
        raise LeaveLoop(again=True)

    def exec_functiondef(self, node: ast.FunctionDef, frame: Frame) -> None:
        if node.decorator_list or any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(node)):
            raise UnsupportedCodeError(what="decorators and generators")
        check_annotations(node, frame)
        frame.names[node.name] = Function(node, frame, [self.eval(default, frame) for default in node.args.defaults])

    def exec_import(self, node: ast.Import, frame: Frame) -> None:
        for name in bound_names([node]):
            frame.names[name] = imported(node, name)

    def exec_importfrom(self, node: ast.ImportFrom, frame: Frame) -> None:
        for name in bound_names([node]):
            frame.names[name] = imported(node, name)

    def exec_assert(self, node: ast.Assert, frame: Frame) -> None:
        if not truth(self.eval(node.test, frame)):
            raise CodeRaisedError(AssertionError, "")

    def exec_raise(self, node: ast.Raise, frame: Frame) -> None:
        thrown = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        if not isinstance(thrown, ast.Name) or thrown.id not in ERRORS or node.cause:
            raise UnsupportedCodeError(what="this kind of raise")
        self.eval(thrown, frame)
        for argument in node.exc.args if isinstance(node.exc, ast.Call) else []:
            self.eval(argument, frame)
        raise CodeRaisedError(ERRORS[thrown.id], "")

    def exec_try(self, node: ast.Try, frame: Frame) -> None:
        if node.finalbody:
            raise UnsupportedCodeError(what="finally")
        try:
            self.run(node.body, frame)
        except CodeRaisedError as raised:
            for handler in node.handlers:
                if self._catches(handler, raised.error):
                    self.run(handler.body, frame)
                    return
            raise
        self.run(node.orelse, frame)

    def _catches(self, handler: ast.ExceptHandler, error: type[Exception]) -> bool:
        if handler.name is not None:
            raise UnsupportedCodeError(what="except ... as")
        if handler.type is None:
            return True
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        names = [kind.id for kind in kinds if isinstance(kind, ast.Name) and kind.id in ERRORS]
        if len(names) != len(kinds):
            raise UnsupportedCodeError(what="unknown exceptions")
        return any(issubclass(error, ERRORS[name]) for name in names)

    def eval_listcomp(self, node: ast.ListComp, frame: Frame) -> object:
        return self.meter.checked(list(self._each(node.generators, node.elt, frame)))

    def eval_setcomp(self, node: ast.SetComp, frame: Frame) -> object:
        elements = list(self._each(node.generators, node.elt, frame))
        self.meter.weigh(*elements)
        return native(self.meter, set, elements)

    def eval_generatorexp(self, node: ast.GeneratorExp, frame: Frame) -> object:
        return self._each(node.generators, node.elt, frame)

    def eval_dictcomp(self, node: ast.DictComp, frame: Frame) -> object:
        pair = ast.Tuple([node.key, node.value], ast.Load())
        pairs = list(self._each(node.generators, pair, frame))
        self.meter.weigh(*pairs)
        return native(self.meter, dict, pairs)

    def _each(self, generators: list[ast.comprehension], elt: ast.expr, frame: Frame) -> Iterator[object]:
        """The elements of a comprehension; its first iterable is evaluated at once, in the scope around it."""
        if any(isinstance(part, ast.NamedExpr | ast.Await) for loop in generators for part in ast.walk(loop)):
            raise UnsupportedCodeError(what=":= in a comprehension")
        targets: list[ast.AST] = [loop.target for loop in generators]
        inner = Frame({}, frozenset(bound_names(targets)), frame, frame.depth)
        first = self.meter.walk(self.eval(generators[0].iter, frame))
        return self._loop(generators, first, elt, inner)

    def _loop(
        self, generators: list[ast.comprehension], values: Iterator[object], elt: ast.expr, frame: Frame
    ) -> Iterator[object]:
        loop, rest = generators[0], generators[1:]
        for value in values:
            self.bind(loop.target, value, frame)
            if not all(truth(self.eval(test, frame)) for test in loop.ifs):
                continue
            if rest:
                yield from self._loop(rest, self.meter.walk(self.eval(rest[0].iter, frame)), elt, frame)
            else:
                yield self.eval(elt, frame)

    def _note_target(self, target: ast.expr, frame: Frame, what: str) -> None:
        if not self.tracing or frame.depth != 1:
            return
        shown = target.value if isinstance(target, ast.Subscript) else target
        self._note(target, frame, what, ast.unparse(shown), self.eval(_loaded(shown), frame))

    def _note(self, node: ast.stmt | ast.expr, frame: Frame, what: str, name: str, value: object) -> None:
        if self.tracing and frame.depth == 1:
            self.steps.append(TraceStep(node.lineno, what, name, self.shown(value)))

    def shown(self, value: object) -> str:
        """repr of a value; `...` for one without a fixed or short text."""
        try:
            require_printable(self.meter, value)
        except UnsupportedCodeError:
            return "..."
        text = repr(value)
        return text if len(text) <= _MAX_SHOWN else "..."


def _loaded(node: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(node), mode="eval").body
