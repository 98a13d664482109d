"""How often each word occurs in each document of a batch, counted once for the classifier and the embedding.

A word counts only where its last five words are new to the document, so that saying a thing a thousand times weighs as
much as saying it once. Words are 18-bit buckets of their hashes.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.domain.dedup import SHINGLE_WORDS, rolled
from app.domain.tokens import TokenBatch, mix64

BUCKET_BITS = 18
BUCKETS = 1 << BUCKET_BITS
_SLOT_BITS = 20
"""Of a table of 4 MB, which the processor's caches still hold."""
_DOC_STEP = np.uint64(0xBF58476D1CE4E5B9)


@dataclass(frozen=True, slots=True)
class Counts:
    """Distinct (document, bucket) pairs, sorted by document and then bucket."""

    n_docs: int
    doc: NDArray[np.int32]
    bucket: NDArray[np.int32]
    count: NDArray[np.int64]
    first: NDArray[np.int64]
    """(n_docs + 1,): row of each document's first pair."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a batch says, repetition aside."""

    fresh: NDArray[np.bool_]
    """(n_words,): the five words that end here occur for the first time in their document."""
    words: Counts
    """Of fresh words."""


def terms(batch: TokenBatch) -> Terms:
    """The fresh words of a batch, counted."""
    fresh = _fresh(batch)
    return Terms(fresh, count_buckets(batch.word_hash[fresh], batch.doc[fresh], batch.n_docs))


def count_buckets(hashes: NDArray[np.uint64], doc: NDArray[np.int32], n_docs: int) -> Counts:
    """Occurrences by document and bucket of any 64-bit hashes, whose documents do not fall.

    Each document is sorted by itself: eight times as fast as all of them at once.
    """
    bucket = (hashes >> np.uint64(64 - BUCKET_BITS)).astype(np.int32)
    bounds = np.searchsorted(doc, np.arange(n_docs + 1))
    edges = bounds.tolist()
    for low, high in pairwise(edges):
        bucket[low:high].sort()
    opens = np.ones(len(bucket) + 1, dtype=np.bool_)
    np.not_equal(bucket[1:], bucket[:-1], out=opens[1:-1])
    opens[bounds] = True
    firsts = np.flatnonzero(opens)
    rows = firsts[:-1]
    return Counts(n_docs, doc[rows], bucket[rows], np.diff(firsts), np.searchsorted(rows, bounds))


def _fresh(batch: TokenBatch) -> NDArray[np.bool_]:
    """Which words do not end a shingle that their document has held before."""
    behind = SHINGLE_WORDS - 1
    fresh = np.ones(len(batch.doc), dtype=np.bool_)
    if len(fresh) <= behind:
        return fresh
    doc = batch.doc[:-behind]
    again = _come_again(mix64(rolled(batch.word_hash)[:-behind] + doc.astype(np.uint64) * _DOC_STEP))
    word = again + behind
    fresh[word[doc[again] == batch.doc[word]]] = False
    return fresh


def _come_again(values: NDArray[np.uint64]) -> NDArray[np.intp]:
    """Places, in no order, of all values that stood before.

    A table holds the first place of each slot. Most values meet themselves there or an equal one; the few that share a
    slot with another value are sorted.
    """
    bits = min(_SLOT_BITS, len(values).bit_length() + 3)
    slot = (values >> np.uint64(64 - bits)).astype(np.int32)
    place = np.arange(len(values), dtype=np.int32)
    first = np.empty(1 << bits, dtype=np.int32)
    first[slot[::-1]] = place[::-1]
    held = first.take(slot)
    later = np.flatnonzero(held != place)
    equal = values[held[later]] == values[later]
    unsure = later[~equal]
    order = unsure[np.argsort(values[unsure], kind="stable")]
    repeated = order[1:][values[order[1:]] == values[order[:-1]]]
    return np.concatenate([later[equal], repeated])
