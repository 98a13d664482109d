"""How often each n-gram occurs in a set of any size, in bounded memory: all of them, or those whose hash is smallest.

While a set has at most a million different n-grams, every one is counted. Beyond that only the n-grams whose hash
begins with enough zero bits are, each in full, and stand for 2^level others (Gibbons 2001, distinct sampling). The
result depends neither on the order of the texts nor on how they were split, so samples merge exactly.
"""

import numpy as np
from numpy.typing import NDArray

from app.domain.diversity import Hashes, Ints

MOST_GRAMS = 1 << 20
"""Different n-grams kept at most; 16 MB. Beyond, distinct-3 is an estimate within 1 % (`benchmarks/diversity.py`)."""


class GramSample:
    """Counts of the n-grams of a set."""

    def __init__(self, most: int = MOST_GRAMS) -> None:
        self._most = most
        self._level = 0
        self._total = 0
        self._values: Hashes = np.zeros(0, np.uint64)
        self._counts: Ints = np.zeros(0, np.int64)
        self._fresh: list[Hashes] = []
        self._fresh_size = 0

    @property
    def total(self) -> int:
        """n-grams seen, repeats included; always exact."""
        return self._total

    @property
    def exact(self) -> bool:
        """Every n-gram is counted, none stands for others."""
        self._settle()
        return self._level == 0

    def add(self, hashes: Hashes) -> None:
        """Count some n-grams."""
        self._total += len(hashes)
        kept = self._within(hashes)
        self._fresh.append(kept)
        self._fresh_size += len(kept)
        if self._fresh_size > self._most:
            self._settle()

    def merge(self, other: "GramSample") -> None:
        """Take in the counts of another part of the set."""
        other._settle()
        self._settle()
        self._total += other._total
        self._level = max(self._level, other._level)
        self._join(other._values, other._counts)

    def spectrum(self) -> list[tuple[int, int]]:
        """(f, how many different n-grams occur f times), ascending; estimated when not `exact`."""
        self._settle()
        kinds, times = np.unique(self._counts, return_counts=True)
        return list(zip(kinds.tolist(), (times << self._level).tolist(), strict=True))

    def commonest(self) -> tuple[int, int] | None:
        """(hash, count) of the n-gram that occurs most often, the least hash of equals; None without any."""
        self._settle()
        if not len(self._values):
            return None
        place = int(self._counts.argmax())
        return int(self._values[place]), int(self._counts[place])

    def _settle(self) -> None:
        if self._fresh:
            fresh = np.sort(np.concatenate(self._fresh))
            starts = np.flatnonzero(np.diff(fresh, prepend=~fresh[:1])) if len(fresh) else np.zeros(0, np.int64)
            counts = np.diff(starts, append=len(fresh))
            self._fresh, self._fresh_size = [], 0
            self._join(fresh[starts], counts)

    def _join(self, values: Hashes, counts: NDArray[np.int64]) -> None:
        """Merge sorted distinct values into those that are kept, which are sorted too: nothing is sorted anew."""
        place = np.searchsorted(self._values, values)
        known = np.zeros(len(values), np.bool_)
        inside = place < len(self._values)
        known[inside] = self._values[place[inside]] == values[inside]
        self._counts[place[known]] += counts[known]
        self._values = np.insert(self._values, place[~known], values[~known])
        self._counts = np.insert(self._counts, place[~known], counts[~known])
        self._thin()

    def _thin(self) -> None:
        """Raise the level until what is left fits."""
        while True:
            kept = self._values < np.uint64(1 << (64 - self._level)) if self._level else slice(None)
            self._values, self._counts = self._values[kept], self._counts[kept]
            if len(self._values) <= self._most:
                return
            self._level += 1

    def _within(self, hashes: Hashes) -> Hashes:
        return hashes[hashes < np.uint64(1 << (64 - self._level))] if self._level else hashes
