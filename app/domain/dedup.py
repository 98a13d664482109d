"""Near-duplicates: MinHash signatures of 5-word shingles, candidates by bands, confirmed by the exact Jaccard index.

64 permutations in 16 bands of 4: a pair of true Jaccard J becomes a candidate with probability 1 - (1 - J^4)^16, which
is 0.988 at 0.7 and 0.9998 at 0.8. Estimates alone are never believed. Broder 1997; the bands follow Leskovec, Rajaraman
and Ullman, Mining of Massive Datasets, section 3.4. Knows nothing of where documents are kept.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.tokens import TokenBatch, mix64, tokenise

PERMUTATIONS = 64
BANDS = 16
SHINGLE_WORDS = 5
_ROWS = PERMUTATIONS // BANDS
_NONE = np.uint32(0xFFFFFFFF)
_STEP = np.uint64(0xBF58476D1CE4E5B9)
_SLACK = 0.2
"""An estimate from 64 permutations has a standard error of at most 0.0625: 0.2 is over 3 of them."""
_SEEDS = mix64(np.arange(1, 2 * PERMUTATIONS + 1, dtype=np.uint64) * _STEP)
_MULTIPLIERS = (_SEEDS[:PERMUTATIONS] >> np.uint64(32)).astype(np.uint32) | np.uint32(1)
_OFFSETS = (_SEEDS[PERMUTATIONS:] >> np.uint64(32)).astype(np.uint32)


@dataclass(frozen=True, slots=True)
class Shingles:
    """The 5-word shingles of every document as 64-bit hashes; a document of 1 to 4 words is one shingle."""

    value: NDArray[np.uint64]
    """Hashes in reading order, document after document."""
    first: NDArray[np.int64]
    """(n_docs + 1,): row of each document's first shingle."""

    def of(self, doc: int) -> NDArray[np.uint64]:
        """The distinct shingles of one document, sorted."""
        return np.unique(self.value[self.first[doc] : self.first[doc + 1]])

    def jaccard(self, a: int, b: int) -> float:
        """Shared over all distinct shingles of two documents, [0, 1]; 0 when either has no word."""
        return _jaccard(self.of(a), self.of(b))


def shingles(batch: TokenBatch) -> Shingles:
    """The shingles of a batch, from the word hashes it already has."""
    hashes, counts = batch.word_hash, batch.counts()
    sizes = np.where(counts >= SHINGLE_WORDS, counts - SHINGLE_WORDS + 1, (counts > 0).astype(np.int64))
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    rows = np.repeat(batch.first[:-1] - first[:-1], sizes) + np.arange(first[-1])
    rolled = np.zeros(len(hashes) + SHINGLE_WORDS, dtype=np.uint64)
    rolled[: len(hashes)] = hashes
    value = rolled[: len(hashes)].copy()
    for step in range(1, SHINGLE_WORDS):
        value *= _STEP
        value += rolled[step : step + len(hashes)]
    value = value[rows]
    for doc in np.flatnonzero((counts > 0) & (counts < SHINGLE_WORDS)):
        value[first[doc]] = _roll(hashes[batch.first[doc] : batch.first[doc + 1]])
    return Shingles(mix64(value), first)


def _roll(hashes: NDArray[np.uint64]) -> np.uint64:
    value = np.zeros(1, dtype=np.uint64)
    for word in hashes:
        value = value * _STEP + word
    return np.uint64(value[0])


def _jaccard(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> float:
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / (len(a) + len(b) - shared) if shared else 0.0


def exact_jaccard(text_a: str, text_b: str) -> float:
    """The Jaccard index of two texts' 5-word shingle sets, [0, 1]; case and punctuation do not count.

    >>> exact_jaccard("a b c d e f", "A b, c d e. g")  # abcde | bcdef against abcde | bcdeg
    0.3333333333333333
    """
    return shingles(tokenise([text_a, text_b])).jaccard(0, 1)


def signatures(batch: TokenBatch) -> NDArray[np.uint32]:
    """MinHash signatures (n_docs, 64) uint32. Without words all are 0xFFFFFFFF and match nothing."""
    return signatures_of(shingles(batch))


def signatures_of(found: Shingles) -> NDArray[np.uint32]:
    """MinHash signatures (n_docs, 64) uint32 of shingles already made."""
    n_docs = len(found.first) - 1
    result = np.full((n_docs, PERMUTATIONS), _NONE, dtype=np.uint32)
    filled = np.flatnonzero(np.diff(found.first) > 0)
    if not len(filled):
        return result
    starts = found.first[filled]
    short = (found.value >> np.uint64(32)).astype(np.uint32)
    permuted = np.empty_like(short)
    for index in range(PERMUTATIONS):
        np.multiply(short ^ _OFFSETS[index], _MULTIPLIERS[index], out=permuted)
        result[filled, index] = np.minimum.reduceat(permuted, starts)
    return result


def band_keys(found: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """(n, 16) uint64: documents that share a key in the same column are candidates."""
    rows = found.astype(np.uint64).reshape(len(found), BANDS, _ROWS)
    keys = np.broadcast_to(np.arange(BANDS, dtype=np.uint64), rows.shape[:2]).copy()
    for row in range(_ROWS):
        keys = mix64(keys * _STEP + rows[:, :, row])
    return keys


def near_duplicates(
    found: NDArray[np.uint32], jaccard: Callable[[int, int], float], *, threshold: float = 0.8
) -> NDArray[np.int32]:
    """(n,) int32: for every document the first document of its near-duplicate group, itself when it has no double.

    A group is a connected component of confirmed pairs. In a bucket each document meets the bucket's first and its own
    predecessor, so the work is linear also when thousands are alike. `jaccard(i, j)` confirms with exact sets.
    """
    group = np.arange(len(found), dtype=np.int32)
    for a, b in _candidates(found, threshold - _SLACK):
        root_a, root_b = _root(group, a), _root(group, b)
        if root_a != root_b and jaccard(a, b) >= threshold:
            group[max(root_a, root_b)] = min(root_a, root_b)
    for doc in range(len(group)):
        group[doc] = group[group[doc]]
    return group


def _root(group: NDArray[np.int32], doc: int) -> int:
    while group[doc] != doc:
        group[doc] = group[group[doc]]
        doc = int(group[doc])
    return doc


def _candidates(found: NDArray[np.uint32], least: float) -> list[tuple[int, int]]:
    """Pairs (a < b) that share a band and whose estimated Jaccard is at least `least`, in order."""
    filled = np.flatnonzero((found != _NONE).any(axis=1))
    keys = band_keys(found[filled])
    pairs = []
    for band in range(BANDS):
        order = np.argsort(keys[:, band], kind="stable")
        ordered = keys[order, band]
        same = np.flatnonzero(ordered[1:] == ordered[:-1]) + 1
        bucket = np.searchsorted(ordered, ordered[same])
        pairs += [np.stack([order[same - 1], order[same]], axis=1), np.stack([order[bucket], order[same]], axis=1)]
    unique = np.unique(np.concatenate(pairs), axis=0) if pairs else np.zeros((0, 2), dtype=np.int64)
    unique = filled[unique]
    estimate = _estimate(found[unique[:, 0]], found[unique[:, 1]])
    return [(int(a), int(b)) for a, b in unique[estimate >= least]]


def _estimate(a: NDArray[np.uint32], b: NDArray[np.uint32]) -> NDArray[np.float64]:
    matches: NDArray[np.float64] = (a == b).mean(axis=1)
    return matches
