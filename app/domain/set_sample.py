"""A random sample of a set that merges: the texts of the families whose hashes are smallest, at most so many of them.

Whoever sees the texts, in whatever order and split over however many workers, ends with the same sample (Cohen and
Kaplan 2007, bottom-k sketches). What needs texts side by side, a fixed number of them or many draws reads this sample.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.diversity import Hashes, Ints
from app.domain.tokens import mix64

MOST_TEXTS = 4_000
MOST_BYTES = 48_000_000
"""Of texts and word hashes, so that 4,000 long documents do not fill the memory; fewer are kept instead."""
_STEP = np.uint64(0xBF58476D1CE4E5B9)


@dataclass(frozen=True, slots=True)
class SampledText:
    """One text of a sample, with all that limits are found from."""

    rank: int
    """The hash of its family, by which the sample is ordered."""
    id: int
    family: int
    alone: bool
    """It stands for its family where wording is measured."""
    cluster: int
    ease: float
    grade: float
    list_coverage: float
    tokens: float
    opening: int
    """The hash of its first five words."""
    vector: NDArray[np.float32]
    """(d,) unit length."""
    words: Hashes
    """Its words in order."""
    text: bytes
    """UTF-8."""


def ranks(families: Ints, rng_seed: int) -> Hashes:
    """(n,) the hash of each family; a family's texts have the same."""
    start = mix64(np.array([rng_seed + 1], dtype=np.uint64) * _STEP)
    return mix64(families.astype(np.uint64) * _STEP ^ start)


class SetSample:
    """A growing sample, in order of rank and id."""

    def __init__(self, most_texts: int = MOST_TEXTS, most_bytes: int = MOST_BYTES) -> None:
        self._most_texts = most_texts
        self._most_bytes = most_bytes
        self._texts: list[SampledText] = []
        self._below: int | None = None
        """Families from this rank on are out for good; None while everything fits."""

    def wanted(self, rank: Hashes) -> Ints:
        """Rows that may belong to the sample."""
        if self._below is None:
            return np.arange(len(rank))
        return np.flatnonzero(rank < np.uint64(self._below))

    def add(self, texts: Iterable[SampledText]) -> None:
        """Take in texts."""
        below = self._below
        self._texts += [text for text in texts if below is None or text.rank < below]
        if len(self._texts) > 2 * self._most_texts or below is None:
            self._trim()

    def texts(self) -> Sequence[SampledText]:
        """The sample."""
        self._trim()
        return self._texts

    def _trim(self) -> None:
        """Drop the families of the highest ranks until the rest fits; the first family always stays."""
        self._texts.sort(key=lambda text: (text.rank, text.id))
        size = 0
        for place, text in enumerate(self._texts):
            size += len(text.text) + text.words.nbytes
            if (place >= self._most_texts or size > self._most_bytes) and text.rank != self._texts[0].rank:
                self._below = text.rank
                self._texts = [kept for kept in self._texts[:place] if kept.rank < text.rank]
                return
