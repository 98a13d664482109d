"""Is a hashed word in a list? Answered for a whole batch by two or three table look-ups a word.

A sorted list and binary search would cost ten times as much: 30,000 entries miss the cache at every step.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.tokens import hash_words

_BITS = 18


@dataclass(frozen=True, slots=True)
class WordSet:
    """A frozen set of hashed words; an entry sits in the first table whose slot was free."""

    tables: tuple[NDArray[np.uint64], ...]
    """Each (2^18,) uint64: the hash in a slot, or 0."""

    def contains(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which hashes are in the set, same shape."""
        found = np.zeros(hashes.shape, dtype=np.bool_)
        for level, table in enumerate(self.tables):
            found |= table[_slots(hashes, level)] == hashes
        return found


def word_set(words: Iterable[str]) -> WordSet:
    """A set of words, case ignored; an entry of several words adds each."""
    left = np.unique(hash_words(sorted(words)))
    tables: list[NDArray[np.uint64]] = []
    while len(left):
        slots = _slots(left, len(tables))
        placed = np.unique(slots, return_index=True)[1]
        table = np.zeros(1 << _BITS, dtype=np.uint64)
        table[slots[placed]] = left[placed]
        tables.append(table)
        left = np.delete(left, placed)
    return WordSet(tuple(tables))


def _slots(hashes: NDArray[np.uint64], level: int) -> NDArray[np.intp]:
    return ((hashes >> np.uint64(64 - _BITS - 7 * level)) & np.uint64((1 << _BITS) - 1)).astype(np.intp)
