"""Wrong versions of a function, each with one small fault: what tests that are worth anything must notice.

Operators exchanged, numbers off by one, other constants, conditions turned round, results thrown away: a fixed list in
the order of the source, so that the same source has the same mutants everywhere. Docstrings, annotations and the texts
of errors stay as they are, for no test would see them change. Some mutants do what the original does (`<` for `<=`
where both ends agree), so not even the best tests catch every one. Source: DeMillo, Lipton and Sayward 1978, "Hints
on test data selection". Code is parsed and written, never run.
"""

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

_BINARY: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>", ast.MatMult: "@",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.In: "in",
    ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip
_MOST_BITS = 64
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "sum": "len", "lower": "upper", "upper": "lower"}
"""Built-in functions and methods that are taken for each other."""


@dataclass(frozen=True)
class Mutant:
    """One wrong version."""

    line: int
    """Of the original source."""
    what: str
    """The change, as in "`<` as `<=`"."""
    tree: ast.Module


def mutants_of(tree: ast.Module, *, most: int) -> list[Mutant]:
    """At most `most` mutants of a module's functions, spread over the source in its order when there are more.

    Example: `def f(a): return a + 1` has `a - 1`, `a + 2`, `a + 0` and `return None`.
    """
    inside = _inside(tree)
    sites = [
        (place, change) for place, node in enumerate(ast.walk(tree)) if node in inside for change in _changes(node)
    ]
    sites.sort(key=lambda site: (site[1].line, site[0]))
    few = min(most, len(sites))
    return [_mutant(tree, *sites[number * len(sites) // few]) for number in range(few)]


@dataclass(frozen=True)
class _Change:
    line: int
    what: str
    make: Callable[[ast.AST], None]
    """Changes the node in place."""


def _mutant(tree: ast.Module, place: int, change: _Change) -> Mutant:
    copy = deepcopy(tree)
    change.make(list(ast.walk(copy))[place])
    return Mutant(change.line, change.what, ast.fix_missing_locations(copy))


def _inside(tree: ast.Module) -> set[ast.AST]:
    """The nodes of function bodies that a test could see change."""
    found: set[ast.AST] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
            for statement in body:
                found |= set(_seen(statement))
    return found


def _seen(node: ast.AST) -> Iterator[ast.AST]:
    """The node and what is in it, but for annotations, docstrings, and what an error or a failed check says."""
    if isinstance(node, ast.Raise):
        return
    yield node
    hidden: set[ast.AST | None] = set()
    if isinstance(node, ast.AnnAssign):
        hidden = {node.annotation}
    elif isinstance(node, ast.Assert):
        hidden = {node.msg}
    elif isinstance(node, ast.FunctionDef):
        hidden = {node.args, node.returns}
        if ast.get_docstring(node, clean=False) is not None:
            hidden.add(node.body[0])
    for child in ast.iter_child_nodes(node):
        if child not in hidden:
            yield from _seen(child)


def _changes(node: ast.AST) -> Iterator[_Change]:
    """Everything that may be wrong with one node itself."""
    if isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.BinOp | ast.AugAssign):
        yield from _operators(node)
    elif isinstance(node, ast.Compare):
        yield from _comparisons(node)
    elif isinstance(node, ast.BoolOp):
        yield _Change(node.lineno, "`and` as `or`, or the other way round", _swap_bool)
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield _Change(node.lineno, "`return None`", _return_none)
    yield from _conditions(node)


def _constants(node: ast.Constant) -> Iterator[_Change]:
    value = node.value
    others: list[int | float | str | bool] = []
    if isinstance(value, bool):
        others = [not value]
    elif isinstance(value, int) and value.bit_length() > _MOST_BITS:
        # Its decimal text may be longer than Python prints.
        return
    elif isinstance(value, int):
        others = [value + 1] if value <= 0 else [value + 1, value - 1]
    elif isinstance(value, float):
        others = [value + 1.0]
    elif isinstance(value, str):
        others = [value + "x" if not value else ""]
    for other in others:
        yield _Change(node.lineno, f"`{_short(repr(value))}` as `{other!r}`", _setter("value", other))


def _operators(node: ast.BinOp | ast.AugAssign) -> Iterator[_Change]:
    other = _BINARY.get(type(node.op))
    if other is not None:
        what = f"`{_SIGNS[type(node.op)]}` as `{_SIGNS[other]}`"
        yield _Change(node.lineno, what, _setter("op", other()))


def _comparisons(node: ast.Compare) -> Iterator[_Change]:
    for at, op in enumerate(node.ops):
        for other in _COMPARED[type(op)]:
            what = f"`{_SIGNS[type(op)]}` as `{_SIGNS[other]}`"
            yield _Change(node.lineno, what, _at("ops", at, other()))


def _calls(node: ast.Call) -> Iterator[_Change]:
    called = node.func
    if isinstance(called, ast.Name) and called.id == "range" and len(node.args) in (1, 2):
        yield _Change(node.lineno, "`range` one short", _shorten)
    name = called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
    if name in _NAMES:
        field = "id" if isinstance(called, ast.Name) else "attr"
        yield _Change(node.lineno, f"`{name}` as `{_NAMES[name]}`", _rename(field, _NAMES[name]))


def _conditions(node: ast.AST) -> Iterator[_Change]:
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        # A comparison is turned round by its own mutants already.
        if not _is_plain(node.test):
            yield _Change(node.test.lineno, "a condition turned round", _negate)
    elif isinstance(node, ast.comprehension):
        for at, test in enumerate(node.ifs):
            if not _is_plain(test):
                yield _Change(test.lineno, "a condition turned round", _negate_if(at))


def _is_plain(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn | ast.Is)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _setter(field: str, value: object) -> Callable[[ast.AST], None]:
    return lambda node: setattr(node, field, value)


def _at(field: str, at: int, value: object) -> Callable[[ast.AST], None]:
    return lambda node: getattr(node, field).__setitem__(at, value)


def _rename(field: str, name: str) -> Callable[[ast.AST], None]:
    return lambda node: setattr(node.func, field, name)  # type: ignore[attr-defined]  # only ever given calls


def _swap_bool(node: ast.AST) -> None:
    assert isinstance(node, ast.BoolOp)
    node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()


def _return_none(node: ast.AST) -> None:
    assert isinstance(node, ast.Return)
    node.value = ast.Constant(None)


def _shorten(node: ast.AST) -> None:
    assert isinstance(node, ast.Call)
    node.args[-1] = ast.BinOp(node.args[-1], ast.Sub(), ast.Constant(1))


def _negate(node: ast.AST) -> None:
    assert isinstance(node, ast.If | ast.While | ast.IfExp)
    node.test = ast.UnaryOp(ast.Not(), node.test)


def _negate_if(at: int) -> Callable[[ast.AST], None]:
    def make(node: ast.AST) -> None:
        assert isinstance(node, ast.comprehension)
        node.ifs[at] = ast.UnaryOp(ast.Not(), node.ifs[at])

    return make


def _short(text: str) -> str:
    return text if len(text) <= 20 else text[:17] + "..."
