"""How often each word occurs in each document of a batch, counted once for the classifier and the embedding.

A word counts only where its last five words are new to the document, so that saying a thing a thousand times weighs as
much as saying it once. Words are 18-bit buckets of their hashes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.dedup import SHINGLE_WORDS, shingles
from app.domain.tokens import TokenBatch, mix64

BUCKET_BITS = 18
BUCKETS = 1 << BUCKET_BITS
_NARROW_DOCS = 1 << (31 - BUCKET_BITS)
"""So many documents fit a 32-bit key, which sorts twice as fast as one of 64."""
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
    """Occurrences by document and bucket of any 64-bit hashes, in any order."""
    keys: NDArray[np.int32] | NDArray[np.int64]
    if n_docs <= _NARROW_DOCS:
        keys = (hashes >> np.uint64(64 - BUCKET_BITS)).astype(np.int32) | (doc << np.int32(BUCKET_BITS))
    else:
        keys = (hashes >> np.uint64(64 - BUCKET_BITS)).astype(np.int64) | (doc.astype(np.int64) << BUCKET_BITS)
    keys.sort()
    firsts = np.flatnonzero(np.diff(keys, prepend=-1))
    count = np.diff(firsts, append=len(keys))
    keys = keys[firsts]
    found = (keys >> BUCKET_BITS).astype(np.int32)
    first = np.searchsorted(found, np.arange(n_docs + 1))
    return Counts(n_docs, found, (keys & (BUCKETS - 1)).astype(np.int32), count, first)


def _fresh(batch: TokenBatch) -> NDArray[np.bool_]:
    found = shingles(batch)
    fresh = np.ones(len(batch.doc), dtype=np.bool_)
    sizes = np.where(batch.counts() >= SHINGLE_WORDS, np.diff(found.first), 0)
    if not sizes.any():
        return fresh
    long = np.repeat(sizes > 0, np.diff(found.first))
    within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    word = np.repeat(batch.first[:-1] + SHINGLE_WORDS - 1, sizes) + within
    keyed = mix64(found.value[long] + batch.doc[word].astype(np.uint64) * _DOC_STEP)
    again = _perhaps_twice(keyed)
    order = again[np.argsort(keyed[again], kind="stable")]
    first = np.diff(keyed[order], prepend=~keyed[order[:1]]) != 0
    fresh[word[order[~first]]] = False
    return fresh


def _perhaps_twice(values: NDArray[np.uint64]) -> NDArray[np.intp]:
    """Places of all values that come twice, in order, and of a few that share a slot of a table with another.

    Few shingles come twice, and only these need sorting; finding them by a table takes a third of the time of a sort.
    """
    bits = min(_SLOT_BITS, len(values).bit_length() + 3)
    slot = (values >> np.uint64(64 - bits)).astype(np.int32)
    place = np.arange(len(values), dtype=np.int32)
    last = np.empty(1 << bits, dtype=np.int32)
    last[slot] = place
    shared = np.zeros(1 << bits, dtype=np.bool_)
    shared[slot[last.take(slot) != place]] = True
    return np.flatnonzero(shared.take(slot))
