"""Which texts hold items of a benchmark: shared 10-word runs, whole items, and code alike but for its names.

After GPT-3's 10-gram rule (Brown et al. 2020, appendix C), with the share of an item's runs that is found; items of
fewer words must stand there whole, and a code item is also compared by the shape of its syntax tree with names erased.
Hits name every item, with evidence. Knows nothing of which benchmarks there are.
"""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from app.domain.code import UnparseableCodeError, code_blocks, parse
from app.domain.tokens import mix64

RUN = 10
"""Words in a run."""
SHORTEST = 6
"""Words below which an item cannot be told from a common phrase, and is never found."""
LEAST_SHARE = 0.5
"""Share of an item's runs in a text that makes a hit."""
LEAST_SHAPE_NODES = 25
"""Nodes of a syntax tree below which many functions look alike."""
EVIDENCE_CHARS = 120

_WORD = re.compile(r"\w+")
_STEP = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Hit:
    """A text holds a benchmark item."""

    item: str
    kind: str
    """`runs`, `whole` or `shape`."""
    share: float
    """Share of the item that was found, (0, 1]."""
    evidence: str
    """At most 120 characters of what was found."""


@dataclass(frozen=True, slots=True)
class BenchmarkIndex:
    """Hashed runs and shapes of all items."""

    runs: Mapping[int, Mapping[int, tuple[int, ...]]]
    """By length of run in words: items by hash of one of their runs. Only items under ten words have other lengths."""
    sizes: tuple[int, ...]
    """Distinct runs of each item."""
    ids: tuple[str, ...]
    shapes: Mapping[bytes, tuple[int, ...]]
    """Items by digest of a function's shape."""


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _hashes(words: Sequence[str]) -> NDArray[np.uint64]:
    return np.fromiter((crc32(word.encode("utf-8", "replace")) for word in words), np.uint64, len(words))


def _runs(hashes: NDArray[np.uint64], length: int) -> list[int]:
    """A 64-bit hash of every run of `length` words, in order, the same in every process."""
    count = len(hashes) - length + 1
    if count < 1:
        return []
    rolled = np.zeros(count, np.uint64)
    for place in range(length):
        rolled = rolled * _STEP + hashes[place : place + count]
    found: list[int] = mix64(rolled).tolist()
    return found


def shapes_of(text: str) -> dict[bytes, str]:
    """{digest: first line} of the functions in a source or in the blocks of a lesson, all names and texts erased."""
    sources = [source for _, source in code_blocks(text)] or [text]
    return {digest: name for source in sources for digest, name in _shapes(source)}


def _shapes(source: str) -> Iterator[tuple[bytes, str]]:
    # Parsing prose to learn that it is none costs more than this look.
    if "def " not in source:
        return
    try:
        tree = parse(source)
    except UnparseableCodeError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            shape = [_label(part) for statement in _body(node) for part in ast.walk(statement)]
            if len(shape) >= LEAST_SHAPE_NODES:
                digest = blake2b(" ".join(shape).encode(), digest_size=16).digest()
                yield digest, f"def {node.name}({', '.join(arg.arg for arg in node.args.args)})"


def _label(node: ast.AST) -> str:
    """The node's type, and the value of a number: a copy renames things, it does not change what is computed."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return f"Constant:{node.value!r}"
    return type(node).__name__


def _body(node: ast.FunctionDef) -> list[ast.stmt]:
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return node.body[1:] if documented else node.body


def build_index(items: Sequence[tuple[str, str]]) -> BenchmarkIndex:
    """The index of (item id, text) pairs. Items of fewer than six words without code are never found."""
    runs: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    shapes: dict[bytes, list[int]] = defaultdict(list)
    sizes = []
    for place, (_, text) in enumerate(items):
        hashes = _hashes(_words(text))
        length = min(RUN, len(hashes))
        mine = dict.fromkeys(_runs(hashes, length)) if length >= SHORTEST else {}
        sizes.append(len(mine))
        for run in mine:
            runs[length][run].append(place)
        for shape in shapes_of(text):
            shapes[shape].append(place)
    return BenchmarkIndex(
        {length: {run: tuple(places) for run, places in found.items()} for length, found in sorted(runs.items())},
        tuple(sizes),
        tuple(name for name, _ in items),
        {shape: tuple(places) for shape, places in shapes.items()},
    )


def find_hits(index: BenchmarkIndex, text: str) -> list[Hit]:
    """Every item that the text holds, in index order, those found by shape last; empty for a clean text."""
    words = _words(text)
    found, first = _count(index, _hashes(words))
    hits = []
    for item, count in sorted(found.items()):
        share = count / index.sizes[item]
        if share > LEAST_SHARE:
            evidence = " ".join(words[first[item] : first[item] + 40])[:EVIDENCE_CHARS]
            hits.append(Hit(index.ids[item], "whole" if share >= 1 else "runs", share, evidence))
    return hits + _shape_hits(index, text, {hit.item for hit in hits})


def _count(index: BenchmarkIndex, hashes: NDArray[np.uint64]) -> tuple[Counter[int], dict[int, int]]:
    """How many distinct runs of each item stand in the text, and the word at which the first of them starts."""
    found: Counter[int] = Counter()
    first: dict[int, int] = {}
    for length, known in index.runs.items():
        seen: set[int] = set()
        for start, run in enumerate(_runs(hashes, length)):
            if run in known and run not in seen:
                seen.add(run)
                found.update(known[run])
                for item in known[run]:
                    first.setdefault(item, start)
    return found, first


def _shape_hits(index: BenchmarkIndex, text: str, known: set[str]) -> list[Hit]:
    shapes = shapes_of(text) if index.shapes else {}
    alike = {item: name for shape, name in shapes.items() for item in index.shapes.get(shape, ())}
    return [
        Hit(index.ids[item], "shape", 1.0, f"{name} has the same syntax tree"[:EVIDENCE_CHARS])
        for item, name in sorted(alike.items())
        if index.ids[item] not in known
    ]
