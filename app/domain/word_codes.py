"""What is known of a hashed word, as one byte. Answered for a whole batch by three or four table look-ups a word.

A sorted list and binary search would cost ten times as much: 90,000 entries miss the cache at every step.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.tokens import hash_words

_BITS = 18


_CODE = np.uint64(0xFF)


@dataclass(frozen=True, slots=True)
class WordCodes:
    """A frozen map from hashed words to codes; an entry sits in the first table whose slot was free."""

    tables: tuple[NDArray[np.uint64], ...]
    """Each (2^18,) uint64: the upper 56 bits of the hash in a slot and its code below, or 0."""

    def look_up(self, hashes: NDArray[np.uint64]) -> NDArray[np.uint8]:
        """The codes of hashed words, same shape; 0 for a word that is not in the map."""
        found = np.zeros(hashes.shape, dtype=np.uint8)
        left, wanted = np.arange(len(hashes)), hashes
        for level, table in enumerate(self.tables):
            entry = table.take(_slots(wanted, level))
            hit = (entry ^ wanted) <= _CODE
            found[left] = (entry & _CODE).astype(np.uint8) * hit
            # A free slot ends the search: an entry goes to a later table only where its slot was taken.
            further = np.flatnonzero(~hit & (entry != 0))
            left, wanted = left.take(further), wanted.take(further)
        return found


def word_codes(codes: Mapping[str, int]) -> WordCodes:
    """A map of single words in lower case to codes of 1 to 255."""
    words = sorted(codes)
    left, first = np.unique(hash_words(words), return_index=True)
    values = np.array([codes[word] for word in words], dtype=np.uint64)[first]
    tables: list[NDArray[np.uint64]] = []
    while len(left):
        slots = _slots(left, len(tables))
        placed = np.unique(slots, return_index=True)[1]
        table = np.zeros(1 << _BITS, dtype=np.uint64)
        table[slots[placed]] = (left[placed] & ~_CODE) | values[placed]
        tables.append(table)
        left, values = np.delete(left, placed), np.delete(values, placed)
    return WordCodes(tuple(tables))


def _slots(hashes: NDArray[np.uint64], level: int) -> NDArray[np.intp]:
    return ((hashes >> np.uint64(64 - _BITS - 7 * level)) & np.uint64((1 << _BITS) - 1)).astype(np.intp)
