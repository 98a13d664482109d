"""Which texts hold items of a benchmark: shared 10-word runs, whole items, and code alike but for its names.

After GPT-3's 10-gram rule, with the share of an item's runs that is found; a code item is also compared by the shape
of its syntax tree with identifiers erased. Hits name every item, with evidence.
"""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from app.domain.code import UnparseableCodeError, code_blocks, parse

RUN = 10
"""Words in a run."""
LEAST_SHARE = 0.5
"""Share of an item's runs in a text that makes a hit."""
LEAST_SHAPE_NODES = 25
"""Nodes of a syntax tree below which many functions look alike."""

_WORD = re.compile(r"\w+")


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

    runs: Mapping[int, tuple[int, ...]]
    """Items by hash of one of their runs."""
    sizes: tuple[int, ...]
    """Distinct runs of each item."""
    ids: tuple[str, ...]
    shapes: Mapping[bytes, tuple[int, ...]]
    """Items by digest of a function's shape."""


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _runs(words: Sequence[str]) -> dict[int, int]:
    """{hash of a run: where it starts}. Texts under ten words have none: they cannot be told from common phrases."""
    return {hash_run(words[i : i + RUN]): i for i in range(len(words) - RUN + 1)}


def hash_run(words: Sequence[str]) -> int:
    """A 64-bit hash of some words, the same in every process."""
    return int.from_bytes(blake2b(" ".join(words).encode(), digest_size=8).digest(), "little")


def shapes_of(text: str) -> set[bytes]:
    """Digests of the functions in a source or in the blocks of a lesson, with all names and texts erased."""
    sources = [source for _, source in code_blocks(text)] or [text]
    found: set[bytes] = set()
    for source in sources:
        try:
            tree = parse(source)
        except UnparseableCodeError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                shape = [type(part).__name__ for statement in _body(node) for part in ast.walk(statement)]
                if len(shape) >= LEAST_SHAPE_NODES:
                    found.add(blake2b(" ".join(shape).encode(), digest_size=16).digest())
    return found


def _body(node: ast.FunctionDef) -> list[ast.stmt]:
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return node.body[1:] if documented else node.body


def build_index(items: Sequence[tuple[str, str]]) -> BenchmarkIndex:
    """The index of (item id, text) pairs."""
    runs: dict[int, list[int]] = defaultdict(list)
    shapes: dict[bytes, list[int]] = defaultdict(list)
    sizes = []
    for place, (_, text) in enumerate(items):
        mine = _runs(_words(text))
        sizes.append(len(mine))
        for run in mine:
            runs[run].append(place)
        for shape in shapes_of(text):
            shapes[shape].append(place)
    return BenchmarkIndex(
        {run: tuple(places) for run, places in runs.items()},
        tuple(sizes),
        tuple(name for name, _ in items),
        {shape: tuple(places) for shape, places in shapes.items()},
    )


def find_hits(index: BenchmarkIndex, text: str) -> list[Hit]:
    """Every item that the text holds, in index order; empty for a clean text."""
    words = _words(text)
    found: Counter[int] = Counter()
    first: dict[int, int] = {}
    for run, start in _runs(words).items():
        for item in index.runs.get(run, ()):
            found[item] += 1
            first[item] = min(start, first.get(item, start))
    hits = [
        Hit(index.ids[item], "whole" if share >= 1 else "runs", share, " ".join(words[first[item] :])[:120])
        for item, count in sorted(found.items())
        if (share := min(1.0, count / max(1, index.sizes[item]))) > LEAST_SHARE
    ]
    known = {hit.item for hit in hits}
    for shape in sorted(shapes_of(text) if index.shapes else ()):
        for item in index.shapes.get(shape, ()):
            if index.ids[item] not in known:
                known.add(index.ids[item])
                hits.append(Hit(index.ids[item], "shape", 1.0, "the same syntax tree with other names"))
    return hits
