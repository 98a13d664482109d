"""Near-duplicates: MinHash signatures of 5-word shingles, candidates by bands, confirmed by the exact Jaccard index.

64 permutations in 16 bands of 4: a pair of true Jaccard J becomes a candidate with probability 1 - (1 - J^4)^16, which
is 0.988 at 0.7 and 0.9998 at 0.8. Estimates alone are never believed. Broder 1997; the bands follow Leskovec, Rajaraman
and Ullman, Mining of Massive Datasets, section 3.4. Groups do not depend on the order of the documents: candidates are
met in an order made of their signatures. Knows nothing of where documents are kept.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.tokens import TokenBatch, WordSpans, find_words, mix64

PERMUTATIONS = 64
BANDS = 16
SHINGLE_WORDS = 5
WINDOW = 8
"""Neighbours of its bucket that a document is compared with, besides the bucket's first: all of them in a bucket of ten
or fewer, and linear work where thousands are alike."""
_ROWS = PERMUTATIONS // BANDS
_NONE = np.uint32(0xFFFFFFFF)
_STEP = np.uint64(0xBF58476D1CE4E5B9)
SLACK = 0.2
"""An estimate from 64 permutations has a standard error of at most 0.0625: 0.2 is over 3 of them."""
_PAIRS_AT_ONCE = 1 << 15
"""Signatures compared in one step: 8 MB on either side."""
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

    def digests(self) -> NDArray[np.uint64]:
        """(n_docs,) one hash a document, which tells documents apart that have equal signatures."""
        total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(self.value, dtype=np.uint64)])
        return mix64(total[self.first[1:]] - total[self.first[:-1]])

    def jaccard(self, a: int, b: int) -> float:
        """Shared over all distinct shingles of two documents, [0, 1]; 0 when either has no word."""
        return set_jaccard(self.of(a), self.of(b))


def shingles(batch: TokenBatch | WordSpans) -> Shingles:
    """The shingles of a batch, from the word hashes it already has."""
    hashes, counts = batch.word_hash, np.diff(batch.first)
    sizes = np.where(counts >= SHINGLE_WORDS, counts - SHINGLE_WORDS + 1, (counts > 0).astype(np.int64))
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    rows = np.repeat(batch.first[:-1] - first[:-1], sizes) + np.arange(first[-1])
    value = rolled(hashes)[rows]
    for doc in np.flatnonzero((counts > 0) & (counts < SHINGLE_WORDS)):
        value[first[doc]] = _roll(hashes[batch.first[doc] : batch.first[doc + 1]])
    return Shingles(mix64(value), first)


def rolled(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """(len(hashes),): a hash of the five that begin at each place; beyond the end stand zeros."""
    padded = np.zeros(len(hashes) + SHINGLE_WORDS, dtype=np.uint64)
    padded[: len(hashes)] = hashes
    value = padded[: len(hashes)].copy()
    for step in range(1, SHINGLE_WORDS):
        value *= _STEP
        value += padded[step : step + len(hashes)]
    return value


def _roll(hashes: NDArray[np.uint64]) -> np.uint64:
    value = np.zeros(1, dtype=np.uint64)
    for word in hashes:
        value = value * _STEP + word
    return np.uint64(value[0])


def set_jaccard(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> float:
    """Shared over all of two sorted sets, [0, 1]; 0 when either is empty."""
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / (len(a) + len(b) - shared) if shared else 0.0


def exact_jaccard(text_a: str, text_b: str) -> float:
    """The Jaccard index of two texts' 5-word shingle sets, [0, 1]; case and punctuation do not count.

    >>> exact_jaccard("a b c d e f", "A b, c d e. g")  # abcde | bcdef against abcde | bcdeg
    0.3333333333333333
    """
    return shingles(find_words([text_a, text_b])).jaccard(0, 1)


def signatures(batch: TokenBatch | WordSpans) -> NDArray[np.uint32]:
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
    return np.stack([band_key(found, band) for band in range(BANDS)], axis=1)


def band_key(found: NDArray[np.uint32], band: int) -> NDArray[np.uint64]:
    """(n,) uint64: one column of the band keys, for sets whose keys need not all be in memory at once."""
    return _mixed(found[:, band * _ROWS : (band + 1) * _ROWS], band)


def _mixed(columns: NDArray[np.uint32], start: int) -> NDArray[np.uint64]:
    """One hash a row."""
    keys = np.full(len(columns), start, dtype=np.uint64)
    for column in columns.T:
        keys = mix64(keys * _STEP + column)
    return keys


def near_duplicates(
    found: NDArray[np.uint32],
    jaccard: Callable[[int, int], float],
    *,
    threshold: float = 0.8,
    digests: NDArray[np.uint64] | None = None,
) -> NDArray[np.int32]:
    """(n,) int32: for every document the one that stands for its near-duplicate group, itself when it has no double.

    `jaccard(i, j)` confirms with exact sets: each member has at least `threshold` with the one that stands for it, the
    member most like the rest. So any two members have at least 2 x threshold - 1, for 1 - Jaccard is a distance; the
    chains of plain connected components have no such bound. Which documents are together, and which one stands for
    them, does not depend on their order; among unlike documents of equal signatures `digests` (`Shingles.digests`) see
    to that, and their order decides where none are given.
    """
    rank = _mixed(found, BANDS)
    if digests is not None:
        rank = mix64(rank * _STEP + digests)
    confirmed = _confirmer(jaccard, threshold)
    part = _components(found, confirmed, threshold, rank)
    return _groups(found, confirmed, threshold, rank, part)


def _confirmer(jaccard: Callable[[int, int], float], threshold: float) -> Callable[[int, int], bool]:
    """Whether a pair's exact Jaccard index is at least the threshold, found once a pair."""
    known: dict[tuple[int, int], bool] = {}

    def confirmed(a: int, b: int) -> bool:
        pair = (a, b) if a < b else (b, a)
        if pair not in known:
            known[pair] = jaccard(a, b) >= threshold
        return known[pair]

    return confirmed


def _groups(
    found: NDArray[np.uint32],
    confirmed: Callable[[int, int], bool],
    threshold: float,
    rank: NDArray[np.uint64],
    part: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Each component cut into groups around the member most like the rest, then that of what is left."""
    group = np.arange(len(found), dtype=np.int32)
    members = np.flatnonzero(np.bincount(part, minlength=len(part))[part] > 1)
    likeness = _likeness(found[members], part[members])
    members = members[np.lexsort((rank[members], -likeness, part[members]))]
    for rest in np.split(members, np.flatnonzero(np.diff(part[members])) + 1):
        while len(rest) > 1:
            middle = int(rest[0])
            close = (found[rest] == found[middle]).mean(axis=1) >= threshold - SLACK
            alike = [
                near and (doc == middle or confirmed(middle, doc))
                for near, doc in zip(close, rest.tolist(), strict=True)
            ]
            group[rest[alike]] = middle
            rest = rest[~np.array(alike)]
    return group


def _likeness(found: NDArray[np.uint32], part: NDArray[np.int32]) -> NDArray[np.int64]:
    """(n,) equal values of each signature with all others of its part, summed over permutations; linear work."""
    total = np.zeros(len(found), np.int64)
    for column in found.T:
        _, value, times = np.unique(
            column + (part.astype(np.uint64) << np.uint64(32)), return_inverse=True, return_counts=True
        )
        total += times[value]
    return total


def _components(
    found: NDArray[np.uint32], confirmed: Callable[[int, int], bool], threshold: float, rank: NDArray[np.uint64]
) -> NDArray[np.int32]:
    """(n,) int32: the lowest document each one is joined with by confirmed pairs."""
    part = np.arange(len(found), dtype=np.int32)
    for a, b in _candidates(found, threshold - SLACK, rank):
        root_a, root_b = _root(part, a), _root(part, b)
        if root_a != root_b and confirmed(a, b):
            part[max(root_a, root_b)] = min(root_a, root_b)
    for doc in range(len(part)):
        part[doc] = part[part[doc]]
    return part


def _root(part: NDArray[np.int32], doc: int) -> int:
    while part[doc] != doc:
        part[doc] = part[part[doc]]
        doc = int(part[doc])
    return doc


def _candidates(found: NDArray[np.uint32], least: float, rank: NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
    """Pairs (a, b) that share a band and whose estimated Jaccard is at least `least`, band after band."""
    filled = np.flatnonzero((found != _NONE).any(axis=1))
    canonical = filled[np.argsort(rank[filled], kind="stable")]
    for band in range(BANDS):
        keys = band_key(found, band)[canonical]
        order = np.argsort(keys, kind="stable")
        keys, docs = keys[order], canonical[order]
        for a, b in _bucket_pairs(keys):
            for low in range(0, len(a), _PAIRS_AT_ONCE):
                left, right = docs[a[low : low + _PAIRS_AT_ONCE]], docs[b[low : low + _PAIRS_AT_ONCE]]
                close = (found[left] == found[right]).mean(axis=1) >= least
                yield from zip(left[close].tolist(), right[close].tolist(), strict=True)


def _bucket_pairs(keys: NDArray[np.uint64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Places in sorted keys that are compared: each with the eight before it in its bucket, and with its first."""
    for step in range(1, WINDOW + 1):
        later = np.flatnonzero(keys[step:] == keys[:-step]) + step
        yield later - step, later
    first = np.searchsorted(keys, keys[later])
    yield first, later
