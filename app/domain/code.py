"""How hard Python code is to read: cyclomatic and cognitive complexity, nesting, function length, naming.

Cyclomatic: McCabe 1976, one plus the decisions. Cognitive: Campbell 2018 (SonarSource), nested decisions weigh more.
Code is parsed, never run. Anything `ast` cannot take safely is an UnparseableCodeError.
"""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.fences import split_fences
from app.errors import InvalidInputError

MAX_SOURCE_BYTES = 64 * 1024
MAX_BRACKETS = 150
"""Open brackets, or unary operators in a row, beyond which the C parser's stack is at risk."""
MAX_CYCLOMATIC = 15
"""A function beyond this is no learner's; McCabe advised 10."""

_BRACKET = re.compile(r"[()\[\]{}]")
_UNARY_RUN = re.compile(r"(?:[-+~]\s*){150}|(?:not\s+){150}")
_WORDLIKE = re.compile(r"[a-z]{3,}", re.IGNORECASE)
_PYTHON = frozenset({"py", "python", "python3"})


class UnparseableCodeError(InvalidInputError):
    """The code cannot be parsed: {reason}."""

    code = "unparseable_code"


@dataclass(frozen=True, slots=True)
class CodeMeasures:
    """The worst function of a source; module code counts as one function."""

    cyclomatic: int
    """1 for straight-line code."""
    cognitive: int
    """0 for straight-line code."""
    nesting: int
    """Levels of nested blocks."""
    function_lines: int
    """Lines of the longest function, 0 without one."""
    readability: float
    """[0, 100], higher is easier."""


def parse(source: str) -> ast.Module:
    """The syntax tree; raises UnparseableCodeError for whatever the parser refuses or might crash on."""
    if len(source.encode("utf-8", "surrogatepass")) > MAX_SOURCE_BYTES:
        raise UnparseableCodeError(reason=f"over {MAX_SOURCE_BYTES} bytes")
    if _depth(source) > MAX_BRACKETS or _UNARY_RUN.search(source):
        raise UnparseableCodeError(reason="nested too deeply")
    try:
        # The parser warns of `"\\d"` and the like: a seed's matter, not one for this process's log.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except SyntaxError as error:
        raise UnparseableCodeError(reason=f"line {error.lineno}: {error.msg}") from None
    # SystemError: Python 3.11 and 3.12 may say "AST constructor recursion depth mismatch" after a MemoryError.
    except (ValueError, MemoryError, RecursionError, SystemError) as error:
        raise UnparseableCodeError(reason=type(error).__name__) from None


def _depth(source: str) -> int:
    """Most brackets open at once; those in texts count too, and a stray closing one never lends room."""
    depth = most = 0
    for bracket in _BRACKET.findall(source):
        depth = depth + 1 if bracket in "([{" else max(0, depth - 1)
        most = max(most, depth)
    return most


def code_blocks(markdown: str) -> list[tuple[str, str]]:
    """(language, source) of the fenced blocks of a text, in order; the language in lower case, maybe empty."""
    return list(split_fences(markdown).blocks)


def python_blocks(markdown: str) -> list[str]:
    """The fenced blocks that are named Python."""
    return [source for language, source in code_blocks(markdown) if language in _PYTHON]


def measure_code(source: str) -> CodeMeasures:
    """The measures of a source; raises UnparseableCodeError.

    Example: `def f(x):\\n    if x:\\n        return 1\\n    return 2` has cyclomatic 2, cognitive 1, nesting 1.
    """
    tree = parse(source)
    try:
        scopes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        bodies = [tree.body, *(scope.body for scope in scopes)]
        cyclomatic = max(1 + sum(_decisions(node) for node in _own(body)) for body in bodies)
        cognitive = max(_cognitive(body, 0) for body in bodies)
        nesting = max(_nesting(body) for body in bodies)
        lines = max(((scope.end_lineno or scope.lineno) - scope.lineno + 1 for scope in scopes), default=0)
        named = _named_share(tree)
    except RecursionError:
        raise UnparseableCodeError(reason="nested too deeply") from None
    return CodeMeasures(cyclomatic, cognitive, nesting, lines, _readability(cyclomatic, nesting, lines, named, source))


def _own(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes of a body without those of functions defined inside it."""
    queue: list[ast.AST] = list(body)
    while queue:
        node = queue.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            queue.extend(ast.iter_child_nodes(node))


def _decisions(node: ast.AST) -> int:
    match node:
        case ast.If() | ast.For() | ast.AsyncFor() | ast.While() | ast.IfExp() | ast.ExceptHandler() | ast.Assert():
            return 1
        case ast.BoolOp(values=values):
            return len(values) - 1
        case ast.comprehension(ifs=ifs):
            return 1 + len(ifs)
        case ast.Match(cases=cases):
            return max(0, len(cases) - 1)
        case _:
            return 0


_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_DEEPER = (ast.If, *_LOOPS, ast.Try, ast.TryStar, ast.With, ast.AsyncWith, ast.Match)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef)


def _is_elif(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If)


def _inner(node: ast.stmt) -> list[tuple[list[ast.stmt], bool]]:
    """The blocks of a statement, and whether each is one level deeper than the statement (an elif is not)."""
    blocks: list[tuple[list[ast.stmt], bool]] = []
    for name in ("body", "orelse", "finalbody"):
        body = getattr(node, name, None)
        if isinstance(body, list) and body:
            blocks.append((body, isinstance(node, _DEEPER) and not (name == "orelse" and _is_elif(node))))
    blocks += [(handler.body, True) for handler in getattr(node, "handlers", [])]
    blocks += [(case.body, True) for case in getattr(node, "cases", [])]
    return blocks


def _nesting(body: list[ast.stmt]) -> int:
    nested = (deeper + _nesting(b) for node in body if not isinstance(node, _SCOPES) for b, deeper in _inner(node))
    return max(nested, default=0)


def _cognitive(body: list[ast.stmt], level: int, *, is_elif: bool = False) -> int:
    return sum(_weight(node, level, is_elif) for node in body if not isinstance(node, _SCOPES))


def _weight(node: ast.stmt, level: int, is_elif: bool) -> int:
    """What one statement adds: a decision 1 and 1 more a level, `elif`, `else` and a run of `and` or `or` 1 each."""
    total = sum(isinstance(part, ast.BoolOp | ast.IfExp) for head in _heads(node) for part in ast.walk(head))
    if isinstance(node, (ast.If, ast.Match, *_LOOPS)):
        total += 1 if is_elif else 1 + level
    total += sum(1 + level for _ in getattr(node, "handlers", []))
    total += bool(getattr(node, "orelse", [])) and not _is_elif(node) and isinstance(node, ast.If)
    for block, deeper in _inner(node):
        total += _cognitive(block, level + deeper, is_elif=_is_elif(node) and block is getattr(node, "orelse", None))
    return total


def _heads(node: ast.stmt) -> list[ast.expr]:
    """The expressions of a statement itself, without those of its blocks."""
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


def _named_share(tree: ast.AST) -> float:
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | {
        n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)
    }
    return sum(bool(_WORDLIKE.search(name)) for name in names) / len(names) if names else 1.0


def _readability(cyclomatic: int, nesting: int, lines: int, named: float, source: str) -> float:
    longest = max((len(line) for line in source.splitlines()), default=0)
    burden = 3.0 * (cyclomatic - 1) + 6.0 * nesting + 0.5 * max(0, lines - 15) + 0.4 * max(0, longest - 80)
    return float(min(100.0, max(0.0, 100.0 - burden - 25.0 * (1.0 - named))))
