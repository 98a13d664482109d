"""How hard Python code is to read: cyclomatic and cognitive complexity, nesting, function length, naming, readability.

Code is parsed, never run. Anything `ast` cannot take safely is an UnparseableCodeError.
"""

import ast
import re
import warnings
from collections.abc import Set
from dataclasses import dataclass

from app.domain.code_complexity import Walk, walk
from app.domain.code_reading import code_readability
from app.domain.fences import split_fences
from app.errors import InvalidInputError

MAX_SOURCE_BYTES = 64 * 1024
MAX_BRACKETS = 150
"""Open brackets beyond which the C parser's stack is at risk."""
UNARY_RUN = 150
"""Unary operators in a row from which on it is."""
MAX_CYCLOMATIC = 15
"""A function beyond this is no learner's; McCabe advised 10."""

_BRACKET = re.compile(r"[()\[\]{}]")
_UNARY_RUN = re.compile(rf"(?:[-+~]\s*){{{UNARY_RUN}}}|(?:not\s+){{{UNARY_RUN}}}")
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
    naming: float
    """Share of variables and arguments whose name may be a word, [0, 1]; 1 without any."""
    readability: float
    """[0, 100], higher is easier; from lines and names, by `code_reading`."""


def parse(source: str) -> ast.Module:
    """The syntax tree; raises UnparseableCodeError for whatever the parser refuses or might crash on."""
    if len(source.encode("utf-8", "surrogatepass")) > MAX_SOURCE_BYTES:
        raise UnparseableCodeError(reason=f"over {MAX_SOURCE_BYTES} bytes")
    if _depth(source) > MAX_BRACKETS or _holds_unary_run(source):
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
    """Most brackets open at once, or 0 for few; those in texts count too, and a stray closing one never lends room."""
    if sum(map(source.count, "([{")) <= MAX_BRACKETS:
        # Nearly all sources: no need to follow them.
        return 0
    depth = most = 0
    for bracket in _BRACKET.findall(source):
        depth = depth + 1 if bracket in "([{" else max(0, depth - 1)
        most = max(most, depth)
    return most


def _holds_unary_run(source: str) -> bool:
    few = sum(map(source.count, "-+~")) < UNARY_RUN and source.count("not") < UNARY_RUN
    return not few and bool(_UNARY_RUN.search(source))


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
    found = walk_code(source)
    return CodeMeasures(
        cyclomatic=found.cyclomatic,
        cognitive=max(function.cognitive for function in found.functions),
        nesting=found.nesting,
        function_lines=found.lines,
        naming=_naming(found.names),
        readability=code_readability(source),
    )


def walk_code(source: str) -> Walk:
    """What a walk over a source finds, which is all that gates need; raises UnparseableCodeError."""
    tree = parse(source)
    try:
        return walk(tree)
    except RecursionError:
        raise UnparseableCodeError(reason="nested too deeply") from None


def _naming(names: Set[str]) -> float:
    """Share of names with three letters in a row, which may be a word."""
    return sum(bool(_WORDLIKE.search(name)) for name in names) / len(names) if names else 1.0
