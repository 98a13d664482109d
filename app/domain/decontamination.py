"""Which texts hold items of a benchmark, by what evidence: words in a row, whole parts, likeness, or the shape of code.

A part of an item (its question, its solution, its tests) is found by the share of its 10-word runs that stand in the
text, after GPT-3's 10-gram rule (Brown et al. 2020, appendix C), which counts a run for every item that has it; by a
block of the text that is nearly the part (MinHash, confirmed by the exact Jaccard index); and code by functions alike
but for their names (`syntax`). Hits name every item. Knows nothing of which benchmarks there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from app.domain import syntax_index
from app.domain.benchmarks import Item
from app.domain.decontamination_blocks import blocks_of
from app.domain.dedup import SHINGLE_WORDS, Shingles, set_jaccard, shingles, signatures_of
from app.domain.dedup_index import SignatureIndex
from app.domain.hashed_words import hash_texts
from app.domain.syntax import shapes_of
from app.domain.syntax_index import SyntaxIndex
from app.domain.tokens import WordSpans, find_words, mix64

RUN = 10
"""Words in a run."""
SHORTEST = 6
"""Words below which a part cannot be told from a common phrase, and is never found. Under ten words it is one run."""
LEAST_SHARE = 0.5
"""A part is found when more than this share of its distinct runs stands in the text."""
LEAST_JACCARD = 0.6
"""Of the 5-word shingles of a part and a block of the text, which MinHash sees with a probability of 0.89. Words
changed here and there leave over half of the runs at this likeness; what it adds are parts told in another order."""
ALONE_WEIGHT = 11
"""Weight of code (`syntax`) that gives an item away by itself; lighter code does with words of its item beside it.
Measured on the 1,138 solutions of HumanEval and MBPP: 11 weigh less; of 6,000 pieces of library code two hold a
function that is alike and weighs as much."""
LEAST_SHINGLES = 2
"""5-word shingles that text and part share beside light code."""
EVIDENCE_WORDS, EVIDENCE_CHARS = 40, 120
_STEP = np.uint64(0x9E3779B97F4A7C15)
Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]


class Evidence(StrEnum):
    """How an item was found, the strongest first."""

    substring = "substring"
    """A part of it stands in the text word by word."""
    ngrams = "ngrams"
    """Over half of a part's runs of ten words stand in the text."""
    minhash = "minhash"
    """A block of the text is nearly a part of it."""
    syntax = "syntax"
    """Its functions stand in the text but for their names."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A text holds a benchmark item."""

    benchmark: str
    item: str
    kind: Evidence
    share: float
    """Share of the part's runs, Jaccard index of part and block, or likeness of the code; (0, 1]."""
    evidence: str
    """At most 120 characters of what was found."""


@dataclass(frozen=True, slots=True)
class BenchmarkIndex:
    """Hashed runs, signatures and shapes of all items. `part` numbers all parts of all items."""

    items: tuple[Item, ...]
    owner: Ints
    """The item of a part."""
    sizes: Ints
    """Distinct runs of a part."""
    words: Hashes
    """Word hashes of all parts, one after the other."""
    first: Ints
    """(n_parts + 1,): where a part's words begin."""
    runs: dict[int, tuple[Hashes, Ints]]
    """By length in words: hashes of runs, sorted, and the part each is of. Only parts under ten words have others."""
    shingles: Shingles
    known: Hashes
    """All shingles of all parts, sorted: a text that has none of them holds no part."""
    near: SignatureIndex
    syntax: SyntaxIndex


def build_index(items: Sequence[Item]) -> BenchmarkIndex:
    """The index of items; parts of fewer than six words are never found."""
    texts = [part for item in items for part in item.parts]
    owner = np.repeat(np.arange(len(items)), [len(item.parts) for item in items]).astype(np.int64)
    batch = hash_texts(texts)
    counts = np.diff(batch.first)
    runs: dict[int, tuple[Hashes, Ints]] = {}
    sizes = np.zeros(len(texts), np.int64)
    for length in range(SHORTEST, RUN + 1):
        of = counts >= RUN if length == RUN else counts == length
        hashes, part = _distinct_runs(batch.word_hash, batch.first, of, length)
        if len(hashes):
            runs[length] = hashes, part
            sizes += np.bincount(part, minlength=len(texts))
    found = shingles(batch)
    signed = np.flatnonzero(counts >= RUN)
    near = SignatureIndex.build(signed, signatures_of(found)[signed])
    code = syntax_index.build(items)
    known = np.unique(found.value)
    return BenchmarkIndex(tuple(items), owner, sizes, batch.word_hash, batch.first, runs, found, known, near, code)


def _rolled(hashes: Hashes, length: int) -> Hashes:
    """A hash of every run of `length` words, wherever documents end."""
    rolled = np.zeros(max(0, len(hashes) - length + 1), np.uint64)
    for place in range(length):
        rolled = rolled * _STEP + hashes[place : place + len(rolled)]
    return mix64(rolled)


def _distinct_runs(hashes: Hashes, first: Ints, of: NDArray[np.bool_], length: int) -> tuple[Hashes, Ints]:
    """The runs of the parts `of`, each once a part, sorted by hash."""
    rolled = _rolled(hashes, length)
    part = np.repeat(np.arange(len(first) - 1), np.diff(first))[: len(rolled)]
    whole = of[part] & (np.arange(len(rolled)) + length <= first[1:][part])
    rolled, part = rolled[whole], part[whole]
    order = np.lexsort((part, rolled))
    rolled, part = rolled[order], part[order]
    new = np.ones(len(rolled), np.bool_)
    new[1:] = (rolled[1:] != rolled[:-1]) | (part[1:] != part[:-1])
    return rolled[new], part[new]


def find_hits(index: BenchmarkIndex, text: str) -> list[Hit]:
    """Every item that the text holds, in index order, each with its strongest evidence; empty for a clean text."""
    return find_all(index, [text])[0]


def find_all(index: BenchmarkIndex, texts: Sequence[str]) -> list[list[Hit]]:
    """The hits of each text; pass a few hundred at once."""
    if not index.items:
        return [[] for _ in texts]
    shared = _shared(index, texts)
    return [_find(index, text, count) for text, count in zip(texts, shared, strict=True)]


def _shared(index: BenchmarkIndex, texts: Sequence[str]) -> list[int]:
    """How many 5-word shingles of each text some part has too: tells most clean texts in one step for all of them."""
    found = shingles(hash_texts(texts))
    place = np.searchsorted(index.known, found.value)
    held = index.known[np.minimum(place, len(index.known) - 1)] == found.value if len(index.known) else place < 0
    total = np.concatenate([np.zeros(1, np.int64), np.cumsum(held)])
    counts: list[int] = (total[found.first[1:]] - total[found.first[:-1]]).tolist()
    return counts


def _find(index: BenchmarkIndex, text: str, shared: int) -> list[Hit]:
    best: dict[int, Hit] = {}
    if shared >= SHORTEST - SHINGLE_WORDS + 1:
        batch = find_words([text])
        for part, share, evidence in _run_hits(index, batch):
            whole = share >= 1 and _stands_whole(index, part, batch.word_hash)
            kind = Evidence.substring if whole else Evidence.ngrams
            _keep(best, index, int(index.owner[part]), (kind, share, evidence))
    if shared >= LEAST_JACCARD * (RUN - SHINGLE_WORDS + 1):
        for part, share, evidence in _near_hits(index, text):
            _keep(best, index, int(index.owner[part]), (Evidence.minhash, share, evidence))
    for found in syntax_index.find(index.syntax, shapes_of(text)):
        if found.weight >= ALONE_WEIGHT or _shares_words(index, found.item, text):
            same = "the same" if found.likeness >= 1 else "nearly the same"
            said = f"{found.name} has {same} syntax tree but for its names"
            _keep(best, index, found.item, (Evidence.syntax, found.likeness, said[:EVIDENCE_CHARS]))
    return [best[item] for item in sorted(best)]


def report(hits: Sequence[Hit], most: int = 5) -> str | None:
    """The hits as a line for people: the items, and the evidence of the strongest; None without hits.

    Example: `HumanEval HumanEval/3 (substring, 100 %): def below_zero(` and so on.
    """
    if not hits:
        return None
    first, *rest = sorted(hits, key=lambda hit: (_STRENGTH.index(hit.kind), -hit.share))
    line = f"{first.benchmark} {first.item} ({first.kind}, {first.share:.0%}): {first.evidence}"
    if not rest:
        return line
    others = ", ".join(f"{hit.benchmark} {hit.item}" for hit in rest[:most])
    return f"{line}; also {others}" + (f" and {len(rest) - most} more" if len(rest) > most else "")


def _shares_words(index: BenchmarkIndex, item: int, text: str) -> bool:
    """Whether a few of an item's words stand in the text too."""
    held = shingles(find_words([text])).of(0)
    parts = np.flatnonzero(index.owner == item)
    return any(len(np.intersect1d(held, index.shingles.of(part))) >= LEAST_SHINGLES for part in parts.tolist())


_STRENGTH = list(Evidence)


def _keep(best: dict[int, Hit], index: BenchmarkIndex, item: int, found: tuple[Evidence, float, str]) -> None:
    kind, share, evidence = found
    held = best.get(item)
    if held is None or (-_STRENGTH.index(kind), share) > (-_STRENGTH.index(held.kind), held.share):
        named = index.items[item]
        best[item] = Hit(named.benchmark, named.id, kind, round(share, 4), evidence)


def _run_hits(index: BenchmarkIndex, batch: WordSpans) -> list[tuple[int, float, str]]:
    """(part, share of its runs, where the first of them stands) of the parts of which more than half is there."""
    hits = []
    for length, (known, part) in index.runs.items():
        rolled = _rolled(batch.word_hash, length)
        low = np.searchsorted(known, rolled, side="left")
        times = np.searchsorted(known, rolled, side="right") - low
        at = np.flatnonzero(times)
        if not len(at):
            continue
        row = np.repeat(low[at], times[at]) + np.arange(times[at].sum())
        row -= np.repeat(np.cumsum(times[at]) - times[at], times[at])
        rows, place = np.unique(row, return_index=True)
        start = np.repeat(at, times[at])[place]
        parts, counts = np.unique(part[rows], return_counts=True)
        for one, count in zip(parts.tolist(), counts.tolist(), strict=True):
            share = count / int(index.sizes[one])
            if share > LEAST_SHARE:
                size = int(index.first[one + 1] - index.first[one])
                hits.append((one, share, _quote(batch, int(start[part[rows] == one].min()), size)))
    return hits


def _quote(batch: WordSpans, word: int, size: int) -> str:
    """What is written from a word on, `size` words or as many as can be shown."""
    last = min(len(batch.end), word + min(size, EVIDENCE_WORDS)) - 1
    written = bytes(batch.buffer[batch.start[word] : batch.end[last]]).decode("utf-8", "replace")
    return " ".join(written.split())[:EVIDENCE_CHARS]


def _stands_whole(index: BenchmarkIndex, part: int, hashes: Hashes) -> bool:
    """Whether a part's words stand in the text one after the other."""
    wanted = index.words[index.first[part] : index.first[part + 1]]
    starts = np.flatnonzero(hashes[: len(hashes) - len(wanted) + 1] == wanted[0])
    return any(bool((hashes[at : at + len(wanted)] == wanted).all()) for at in starts)


def _near_hits(index: BenchmarkIndex, text: str) -> list[tuple[int, float, str]]:
    """(part, Jaccard index, the block's beginning) of the parts that a block of the text nearly is."""
    blocks = blocks_of(text)
    found = shingles(hash_texts(blocks))
    hits = index.near.query(signatures_of(found), least=LEAST_JACCARD - 0.2)
    near = []
    for row, part in zip(hits.row.tolist(), hits.id.tolist(), strict=True):
        jaccard = set_jaccard(found.of(row), index.shingles.of(part))
        if jaccard >= LEAST_JACCARD:
            near.append((part, jaccard, " ".join(blocks[row].split())[:EVIDENCE_CHARS]))
    return near
