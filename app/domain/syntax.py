"""The shape of Python functions with all names erased that a copyist can change: what stays when code is renamed.

Each function of a text, fenced or not, is cut out by its indentation and parsed by itself, so that one line that is no
Python spoils one function only. Its syntax tree is read in order as labels: kinds of nodes, operators, numbers, texts,
builtins and attributes; names of its own, annotations, comments and docstrings leave no trace. A shape is the set of
4-grams of these labels, compared by the Jaccard index (Chilowicz et al. 2009 fingerprint trees in a like way).
"""

import ast
import builtins
import re
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from app.domain.code import UnparseableCodeError, parse
from app.domain.tokens import mix64

GRAM = 4
"""Labels in a gram."""
MARK_WEIGHT = 3
"""Labels that a mark outweighs."""
MOST_FUNCTIONS = 500
"""Functions of one text that are looked at."""
MOST_PARAGRAPHS = 8
"""Of a function that does not parse as a whole, tried one more at a time."""
MOST_LINES = 400
"""Lines of one function; what is longer is no benchmark's."""

_BLANK = re.compile(r"\n[ \t]*\n")
_DEF = re.compile(r"^([ \t]*)(?:async )?def (\w+)", re.MULTILINE)
_BUILTINS = frozenset(dir(builtins))
_STEP = np.uint64(0x9E3779B97F4A7C15)
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Shape:
    """One function without its names."""

    name: str
    """As it is called in its text."""
    weight: int
    """Its labels, and three for each distinct mark: a number, a text, a builtin, an attribute, a keyword."""
    grams: Hashes
    """Distinct 4-grams of labels, sorted."""


def shapes_of(text: str) -> list[Shape]:
    """The shapes of the functions of a text in order, nested ones within their outer one; bad Python has none."""
    if "def " not in text:
        return []
    return [shape for source in _functions(text) if (shape := _shape(source)) is not None]


def _shape(source: str) -> Shape | None:
    """The shape of a function, or of as many of its paragraphs as parse: indented words may follow one in a text."""
    whole = _parsed(source)
    if whole is not None:
        return whole
    found = None
    paragraphs = _BLANK.split(source)
    for count in range(1, min(len(paragraphs), MOST_PARAGRAPHS + 1)):
        longer = _parsed("\n\n".join(paragraphs[:count]) + "\n")
        if longer is None and found is not None:
            break
        found = longer
    return found


def _parsed(source: str) -> Shape | None:
    try:
        node = parse(source).body[0]
        labels = list(_labels(node))
    except (UnparseableCodeError, RecursionError):
        return None
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return Shape(node.name, len(labels) + MARK_WEIGHT * _marks(labels), _grams(labels))


def _functions(text: str) -> Iterator[str]:
    """The source of each function that is not inside another one: its head, and what is indented deeper below."""
    lines = text.expandtabs(8).split("\n")
    place = found = 0
    while place < len(lines) and found < MOST_FUNCTIONS:
        head = _DEF.match(lines[place])
        if head is None:
            place += 1
            continue
        end = _end(lines, place, len(head.group(1)))
        indent = len(head.group(1))
        yield (
            "\n".join(line[indent:] if not line[:indent].strip() else line.lstrip() for line in lines[place:end]) + "\n"
        )
        found += 1
        place = end


def _end(lines: list[str], start: int, indent: int) -> int:
    """One past the last line of the function that begins at `start`."""
    open_brackets = 0
    end = start
    for place in range(start, min(len(lines), start + MOST_LINES)):
        line = lines[place]
        if place > start and open_brackets > 0 and _DEF.match(line):
            break
        inside = place == start or open_brackets > 0 or len(line) - len(line.lstrip()) > indent
        # A comment may stand at any depth.
        if line.strip() and not (line.lstrip().startswith("#") and not inside):
            if not inside:
                break
            end = place + 1
        # Of the head alone: brackets in texts of the body would lead astray.
        if place == start or open_brackets > 0:
            open_brackets += sum(line.count(c) for c in "([{") - sum(line.count(c) for c in ")]}")
    return end


def _labels(node: ast.AST) -> Iterator[str]:
    """The labels of a tree in reading order."""
    yield _label(node)
    for child in _children(node):
        yield from _labels(child)


def _label(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name):
            return name if name in _BUILTINS else "name"
        case ast.Attribute(attr=attr):
            return f".{attr}"
        case ast.keyword(arg=arg):
            return f"{arg}="
        case ast.Constant(value=value):
            return f"{type(value).__name__}:{value!r}"
        case ast.AnnAssign():
            return "Assign"
        case _:
            return type(node).__name__


def _children(node: ast.AST) -> list[ast.AST]:
    """The parts of a node that leave a trace."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return [node.args, *_undocumented(node.body)]
        case ast.ClassDef():
            return [*node.bases, *_undocumented(node.body)]
        case ast.arg():
            return []
        case ast.AnnAssign(value=value):
            return [node.target] if value is None else [node.target, value]
        case _:
            return [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr_context)]


def _marks(labels: list[str]) -> int:
    return sum(label in _BUILTINS or not label.isidentifier() for label in set(labels))


def _undocumented(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return body[1:] if documented else body


def _grams(labels: list[str]) -> Hashes:
    codes = np.fromiter((crc32(label.encode("utf-8", "replace")) for label in labels), np.uint64, len(labels))
    codes = np.concatenate([codes, np.zeros(max(0, GRAM - len(codes)), np.uint64)])
    rolled = np.zeros(len(codes) - GRAM + 1, np.uint64)
    for place in range(GRAM):
        rolled = rolled * _STEP + codes[place : place + len(rolled)]
    return np.unique(mix64(rolled))
