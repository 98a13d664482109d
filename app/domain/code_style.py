"""How well Python source keeps to good style, part by part, and whether one version is better than another.

The parts are those that a style pass is asked for: docstrings, type hints, names, small and flat functions. Knows
nothing of what the code does.
"""

import ast
from dataclasses import dataclass

from app.domain.code import measure_code

_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Style:
    """The style of one source."""

    docstrings: float
    """Share of functions and classes that have one, [0, 1]; 1 without any."""
    hints: float
    """Share of arguments and results with a type hint, `self` and `cls` left out, [0, 1]; 1 without any."""
    naming: float
    """Share of variables and arguments whose name may be a word, [0, 1]."""
    cyclomatic: int
    """Of the worst function; the other three likewise."""
    nesting: int
    cognitive: int
    statements: int
    """Of the longest function, without its docstring. More of them are not worse: a step that gets a name is one."""


MORE_IS_BETTER = ("docstrings", "hints", "naming")
LESS_IS_BETTER = ("cyclomatic", "nesting", "cognitive", "statements")
NEVER_WORSE = "statements"


def style_of(source: str, tree: ast.Module) -> Style:
    """The style of a source, whose tree is `tree`; raises UnparseableCodeError for what is nested too deeply."""
    measures = measure_code(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    told = [ast.get_docstring(node, clean=False) is not None for node in (*functions, *classes)]
    hinted = [hint for node in functions for hint in _hints(node)]
    return Style(
        docstrings=_share(told),
        hints=_share(hinted),
        naming=measures.naming,
        cyclomatic=measures.cyclomatic,
        nesting=measures.nesting,
        cognitive=measures.cognitive,
        statements=max([_statements(node) for node in functions], default=0),
    )


def better(before: Style, after: Style) -> tuple[list[str], list[str]]:
    """(parts that are better, parts that are worse) of `after`, by name.

    Example: a docstring where there was none, and one more level of nesting: (["docstrings"], ["nesting"]).
    """
    gains = {name: getattr(after, name) - getattr(before, name) for name in MORE_IS_BETTER}
    gains |= {name: float(getattr(before, name) - getattr(after, name)) for name in LESS_IS_BETTER}
    worse = [name for name, gain in gains.items() if gain < -_SAME and name != NEVER_WORSE]
    return [name for name, gain in gains.items() if gain > _SAME], worse


def _hints(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[bool]:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    named = [a for place, a in enumerate(arguments) if place or a.arg not in ("self", "cls")]
    return [a.annotation is not None for a in named] + [node.returns is not None]


def _statements(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    return sum(isinstance(inner, ast.stmt) for part in body for inner in ast.walk(part))


def _share(found: list[bool]) -> float:
    return sum(found) / len(found) if found else 1.0
