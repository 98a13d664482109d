"""Cyclomatic and cognitive complexity, nesting and names of parsed Python, all in one walk over the tree.

Cyclomatic: McCabe 1976, one plus the decisions; `assert`, conditions inside expressions and comprehensions count.
Cognitive: Campbell 2018 (SonarSource), nested decisions weigh more; `try` and `with` do not nest, an inner function is
measured by itself, recursion is not looked for. Nesting counts every block. Knows nothing of text.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

_EMPTY_FIELDS = frozenset("ctx op ops id attr kind type_comment level module asname is_async conversion simple".split())
"""Operators, contexts, names and flags."""
_WEIGHED = frozenset({ast.arg, ast.BoolOp, ast.IfExp, ast.comprehension, ast.Lambda})
_BLOCKS = (ast.stmt, ast.ExceptHandler, ast.match_case)


@dataclass(slots=True)
class Complexity:
    """One function, or what a module does outside of functions; filled while the tree is walked."""

    cyclomatic: int = 1
    cognitive: int = 0
    nesting: int = 0


@dataclass(slots=True)
class Walk:
    """What a walk has found."""

    functions: list[Complexity] = field(default_factory=lambda: [Complexity()])
    """The module first, then its functions."""
    lines: int = 0
    """Lines of the longest function, 0 without one."""
    names: set[str] = field(default_factory=set)
    """Variables and arguments."""

    @property
    def cyclomatic(self) -> int:
        """Of the worst function."""
        return max([function.cyclomatic for function in self.functions])

    @property
    def nesting(self) -> int:
        """Of the deepest function."""
        return max([function.nesting for function in self.functions])


def walk(tree: ast.Module) -> Walk:
    """Everything about a tree. Raises RecursionError where it is too deep."""
    found = Walk()
    _block(tree.body, found, found.functions[0], level=0, depth=0)
    return found


def _block(body: Sequence[ast.AST], found: Walk, at: Complexity, *, level: int, depth: int) -> None:
    """Statements `depth` blocks deep, where a decision weighs 1 and 1 more a level."""
    if body and depth > at.nesting:
        at.nesting = depth
    for node in body:
        _visit(node, found, at, level, depth)


def _visit(node: ast.AST, found: Walk, at: Complexity, level: int, depth: int) -> None:
    match node:
        case ast.If():
            _if(node, found, at, level, depth)
        case ast.For() | ast.AsyncFor() | ast.While():
            at.cyclomatic += 1
            at.cognitive += 1 + level
            _heads(node, found, at, level)
            _block([*node.body, *node.orelse], found, at, level=level + 1, depth=depth + 1)
        case ast.Match():
            at.cyclomatic += max(0, len(node.cases) - 1)
            at.cognitive += 1 + level
            _heads(node, found, at, level)
            for case in node.cases:
                _block(case.body, found, at, level=level + 1, depth=depth + 1)
        case ast.With() | ast.AsyncWith() | ast.ClassDef():
            _heads(node, found, at, level)
            _block(node.body, found, at, level=level, depth=depth + (not isinstance(node, ast.ClassDef)))
        case ast.Try() | ast.TryStar():
            _try(node, found, at, level, depth)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            _function(node, found)
        case _:
            at.cyclomatic += isinstance(node, ast.Assert)
            _heads(node, found, at, level)


def _if(node: ast.If, found: Walk, at: Complexity, level: int, depth: int) -> None:
    """An `if` with its `elif`s, which are no deeper, and its `else`, which weighs 1."""
    weight = 1 + level
    while True:
        at.cyclomatic += 1
        at.cognitive += weight
        _heads(node, found, at, level)
        _block(node.body, found, at, level=level + 1, depth=depth + 1)
        match node.orelse:
            case [ast.If() as other]:
                node, weight = other, 1
            case rest:
                at.cognitive += bool(rest)
                _block(rest, found, at, level=level + 1, depth=depth + 1)
                return


def _try(node: ast.Try | ast.TryStar, found: Walk, at: Complexity, level: int, depth: int) -> None:
    _block([*node.body, *node.orelse, *node.finalbody], found, at, level=level, depth=depth + 1)
    at.cyclomatic += len(node.handlers)
    at.cognitive += len(node.handlers) * (1 + level)
    for handler in node.handlers:
        _block(handler.body, found, at, level=level + 1, depth=depth + 1)


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, found: Walk) -> None:
    found.lines = max(found.lines, (node.end_lineno or node.lineno) - node.lineno + 1)
    inner = Complexity()
    found.functions.append(inner)
    _heads(node, found, inner, 0)
    _block(node.body, found, inner, level=0, depth=0)


def _heads(statement: ast.AST, found: Walk, at: Complexity, level: int) -> None:
    """What a statement says outside of its blocks, with a stack of its own: a sum of a thousand terms is as deep."""
    levels = [([child for child in _children(statement) if not isinstance(child, _BLOCKS)], level)]
    while levels:
        stack, here = levels.pop()
        while stack:
            node = stack.pop()
            match node:
                # Most of a tree, and holding nothing or one thing.
                case ast.Name(id=name):
                    found.names.add(name)
                case ast.Constant():
                    pass
                case ast.Attribute(value=inner):
                    stack.append(inner)
                case _:
                    if type(node) in _WEIGHED and _weigh(node, found, at, here):
                        levels.append((_children(node), here + 1))
                    else:
                        stack += _children(node)


def _weigh(node: ast.AST, found: Walk, at: Complexity, level: int) -> bool:
    """Count one part of an expression; whether what it holds is a level deeper."""
    match node:
        case ast.arg(arg=name):
            found.names.add(name)
        case ast.BoolOp(values=values):
            at.cyclomatic += len(values) - 1
            at.cognitive += 1
        case ast.IfExp():
            at.cyclomatic += 1
            at.cognitive += 1 + level
            return True
        case ast.comprehension(ifs=ifs):
            at.cyclomatic += 1 + len(ifs)
        case ast.Lambda():
            return True
    return False


def _children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below, without those that hold nothing: three times as fast as `ast`'s own."""
    found: list[ast.AST] = []
    for name in _holding(node._fields):
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


@cache
def _holding(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Those that may hold nodes, of which there is something to say."""
    return tuple(name for name in fields if name not in _EMPTY_FIELDS)
