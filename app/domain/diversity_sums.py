"""Partial sums of the diversity measures, made chunk by chunk and merged: exact, and flat in the size of a chunk.

What merges by adding is here: S for Vendi-2, cluster counts, n-gram counts, openings (`docs/loop.md`, "Measures"). What
needs pairs, a sample or limits is in `diversity` and `measuring`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from app.domain import diversity
from app.domain.diversity import GramSums, Hashes, Ints
from app.domain.tokens import TokenBatch


@dataclass(frozen=True, slots=True)
class HashCounts:
    """How often each hash occurs."""

    values: Hashes
    """Distinct, ascending."""
    counts: Ints

    def merge(self, other: "HashCounts") -> "HashCounts":
        """The counts of both together."""
        values, inverse = np.unique(np.concatenate([self.values, other.values]), return_inverse=True)
        counts = np.bincount(inverse, weights=np.concatenate([self.counts, other.counts]), minlength=len(values))
        return HashCounts(values, counts.astype(np.int64))


def count_hashes(hashes: Hashes) -> HashCounts:
    """The counts of some hashes."""
    values, counts = np.unique(hashes, return_counts=True)
    return HashCounts(values, counts.astype(np.int64))


@dataclass(frozen=True, slots=True)
class DiversitySums:
    """All of a set that its mergeable measures need."""

    gram: GramSums
    clusters: Ints
    """(k,): documents in each cluster; those in none are left out."""
    trigrams: HashCounts
    openings: HashCounts

    def merge(self, other: "DiversitySums") -> "DiversitySums":
        """The sums of both sets together; the same in any order, but for rounding in `gram`."""
        return DiversitySums(
            self.gram.merge(other.gram),
            self.clusters + other.clusters,
            self.trigrams.merge(other.trigrams),
            self.openings.merge(other.openings),
        )

    def vendi2(self) -> float | None:
        """Unbiased Vendi-2 of the set; see `diversity.vendi2`."""
        return diversity.vendi2(self.gram)

    def cluster_simpson(self) -> float | None:
        """Unbiased inverse Simpson of the clusters; see `diversity.cluster_simpson`."""
        return diversity.cluster_simpson(self.clusters)

    def distinct3(self, tokens: int = diversity.RAREFIED_TOKENS) -> float | None:
        """Rarefied distinct-3 at `tokens` trigrams, or at as many as there are."""
        return diversity.rarefied_distinct(self.trigrams.counts, min(tokens, int(self.trigrams.counts.sum())))

    def opening_share(self) -> float | None:
        """Share of documents with the commonest opening; None without documents."""
        return float(self.openings.counts.max() / self.gram.n) if self.gram.n else None


def sums_of(batch: TokenBatch, vectors: NDArray[np.float32], clusters: NDArray[np.int32], *, k: int) -> DiversitySums:
    """The sums of a chunk: its words, its unit rows (n, d), and its clusters (n,) out of `k`."""
    return DiversitySums(
        diversity.gram_sums(vectors),
        np.bincount(clusters[clusters >= 0], minlength=k).astype(np.int64),
        count_hashes(diversity.ngrams(batch, 3)[0]),
        count_hashes(diversity.opening_hashes(batch)),
    )


def merge_all(parts: Iterable[DiversitySums]) -> DiversitySums:
    """The sums of all chunks; raises TypeError when there are none."""
    return reduce(DiversitySums.merge, parts)
