"""Whether two pieces of Python of one shape differ in an operator, a value or a method: no code need run for that.

Names bound inside are numbered in the order they come, and docstrings, annotations and how None is compared do not
count, so that code in better style is the same. Of code that was written otherwise nothing is said.
"""

import ast
from collections.abc import Mapping, Sequence
from copy import deepcopy

_OPERATORS = (ast.operator, ast.cmpop, ast.boolop, ast.unaryop)
_SHOWN = 50
_Defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def difference(seed: Sequence[ast.stmt], draft: Sequence[ast.stmt]) -> str | None:
    """What differs in code of the same shape, as in "`a + 1` is `a - 1`"; None: nothing, or the shape is another one.

    Example: `return a + b` for `return x - y` differs; `return sum(x)` has another shape.
    """
    theirs, mine = _normal(seed), _normal(draft)
    bound = _bound(mine), _bound(theirs)
    ours, others = list(ast.walk(mine)), list(ast.walk(theirs))
    if len(ours) != len(others):
        return None
    found: str | None = None
    holders = {id(child): node for node in ours for child in ast.iter_child_nodes(node)}
    theirs_of = {id(a): b for a, b in zip(ours, others, strict=True)}
    for new, old in zip(ours, others, strict=True):
        said = _compared(new, old, *bound)
        if said is None:
            return None
        if said and found is None:
            holder = holders.get(id(new), new) if isinstance(new, _OPERATORS) else new
            found = f"`{_short(holder)}` stands for `{_short(theirs_of[id(holder)])}`"
    return found


def _compared(new: ast.AST, old: ast.AST, mine: Mapping[str, int], theirs: Mapping[str, int]) -> bool | None:
    """Whether two nodes at the same place differ in what counts; None: they are of another shape."""
    if type(new) is not type(old):
        return True if isinstance(new, _OPERATORS) and isinstance(old, _OPERATORS) else None
    if isinstance(new, ast.Constant) and isinstance(old, ast.Constant):
        return repr(new.value) != repr(old.value)
    if isinstance(new, ast.Attribute) and isinstance(old, ast.Attribute):
        return new.attr != old.attr
    if isinstance(new, ast.Name) and isinstance(old, ast.Name):
        if new.id in mine and old.id in theirs:
            return mine[new.id] != theirs[old.id]
        return False if new.id == old.id else None
    return False


def _short(node: ast.AST) -> str:
    return ast.unparse(node).split("\n")[0][:_SHOWN]


def _normal(statements: Sequence[ast.stmt]) -> ast.Module:
    tree = ast.Module([deepcopy(statement) for statement in statements], [])
    for node in ast.walk(tree):
        if isinstance(node, _Defined):
            _undressed(node)
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.Compare):
            node.ops = [_plain(op, other) for op, other in zip(node.ops, node.comparators, strict=True)]
    return tree


def _bound(tree: ast.Module) -> dict[str, int]:
    """{name that is given inside: its place among them}."""
    found: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            found.setdefault(node.arg, len(found))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.setdefault(node.id, len(found))
    return found


def _undressed(node: _Defined) -> None:
    if ast.get_docstring(node, clean=False) is not None:
        node.body = node.body[1:] or [ast.Pass()]
    if not isinstance(node, ast.ClassDef):
        node.returns = None


def _plain(op: ast.cmpop, other: ast.expr) -> ast.cmpop:
    """`== None` is written `is None` in good style."""
    if isinstance(other, ast.Constant) and other.value is None:
        return ast.Is() if isinstance(op, ast.Eq) else ast.IsNot() if isinstance(op, ast.NotEq) else op
    return op
