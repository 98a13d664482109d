"""Pairs of texts between seed families: what the measures of pairs are made of when variants of a seed must not count.

Three variants of one seed are alike by design; counted as pairs they would make a small set look collapsed and a large
one not (`docs/decisions/0006-families-not-variants.md`). With one text a family everything is the plain formula.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from app.domain.diversity import Ints


@dataclass(frozen=True, slots=True)
class FamilyPairs:
    """Pair sums between f families of texts; pairs inside a family are left out.

    Holds all pairs of families, so that any draw of them can be measured; for sets of some thousand texts.
    """

    similar: NDArray[np.float64]
    """(f, f): sum of squared cosines between two families."""
    clusters: NDArray[np.float64]
    """(f, k): texts of a family in each cluster."""
    sizes: NDArray[np.float64]
    """(f,): texts a family."""

    def vendi2(self, draws: NDArray[np.float64]) -> list[float | None]:
        """Unbiased Vendi-2 over pairs of different families, one for each row of `draws` (k, f), which counts families.

        None where a draw holds no such pair; at most the number of pairs, where all are wholly unlike.
        """
        overlap = np.einsum("kf,kf->k", draws @ self.similar, draws) - draws**2 @ np.diag(self.similar)
        return effective_each(self._pairs(draws), overlap)

    def simpson(self, draws: NDArray[np.float64]) -> list[float | None]:
        """Unbiased inverse Simpson of clusters over pairs of different families, one for each row of `draws`."""
        same = ((draws @ self.clusters) ** 2).sum(axis=1) - draws**2 @ (self.clusters**2).sum(axis=1)
        return effective_each(self._pairs(draws), same)

    def _pairs(self, draws: NDArray[np.float64]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = (draws @ self.sizes) ** 2 - draws**2 @ self.sizes**2
        return found


def effective(pairs: float, alike: float) -> float | None:
    """All pairs over those that are alike; less than one pair alike counts as one. None without a pair."""
    return pairs / max(alike, 1.0) if pairs > 0 else None


def effective_each(pairs: NDArray[np.float64], alike: NDArray[np.float64]) -> list[float | None]:
    """`effective` row by row."""
    return [effective(whole, same) for whole, same in zip(pairs.tolist(), alike.tolist(), strict=True)]


def family_pairs(vectors: NDArray[np.float32], clusters: Ints, families: Ints) -> FamilyPairs:
    """The pair sums of unit rows (n, d) in `clusters` (n,) and `families` (n,), in the order of family ids. O(n^2)."""
    order = np.argsort(families, kind="stable")
    _, first, counts = np.unique(families[order], return_index=True, return_counts=True)
    wide = vectors[order].astype(np.float64)
    similar = wide @ wide.T
    np.square(similar, out=similar)
    marks = np.zeros((len(wide), int(clusters.max(initial=0)) + 1))
    marks[np.arange(len(wide)), np.maximum(clusters[order], 0)] = 1.0
    if len(first) < len(wide):
        similar = np.add.reduceat(np.add.reduceat(similar, first, axis=0), first, axis=1)
        marks = np.add.reduceat(marks, first, axis=0)
    return FamilyPairs(similar, marks, counts.astype(np.float64))


@dataclass(frozen=True, slots=True)
class InsidePairs:
    """Sums over ordered pairs of texts of one family, each text with itself included; merges by adding."""

    pairs: float
    """How many there are."""
    similar: float
    """Of squared cosines."""
    same: float
    """In one cluster."""

    def merge(self, other: "InsidePairs") -> "InsidePairs":
        """Of two sets that have no family in common."""
        return InsidePairs(self.pairs + other.pairs, self.similar + other.similar, self.same + other.same)


def inside_pairs(vectors: NDArray[np.float32], clusters: Ints, families: Ints) -> InsidePairs:
    """The sums of unit rows (n, d) in `clusters` (n,) and `families` (n,). Linear for families of a bounded size."""
    order = np.argsort(families, kind="stable")
    family, rows, cluster = families[order], vectors[order], clusters[order]
    pairs = similar = same = float(len(family))
    for step in range(1, len(family)):
        at = np.flatnonzero(family[step:] == family[:-step])
        if not len(at):
            break
        one, other = rows[at].astype(np.float64), rows[at + step].astype(np.float64)
        pairs += 2.0 * len(at)
        similar += 2.0 * float(np.square(np.einsum("nd,nd->n", one, other)).sum())
        same += 2.0 * float((cluster[at] == cluster[at + step]).sum())
    return InsidePairs(pairs, similar, same)


@dataclass(frozen=True, slots=True)
class ClusterCounts:
    """How a set spreads over clusters."""

    counts: tuple[int, ...]
    """Texts in each."""
    families: float
    """Effective number of families, n^2 / sum n_f^2: n where each text is one of its own."""


CHANCE = 0.05
"""Share of pairs of like sets whose lower limit is above 0; of small clusters, where counts are skewed, a bit more."""


def cluster_excess(ours: ClusterCounts, theirs: ClusterCounts) -> tuple[int, float, float] | None:
    """The cluster that takes too much of a set beside another: its place, p - q, and the lower limit of that.

    p and q are its shares of the two sets. The limit of each cluster is p - q - z sqrt(m(1 - m)(1/f + 1/g)), m its
    share of both, f and g their families, z the normal quantile at 5 % over k clusters (Bonferroni). The largest limit
    is given, or None where either set is empty.
    Example: counts (60, 40) beside (50, 50), a text a family: z = 1.96, the excess is 0.1 and its limit
    0.1 - 1.96 sqrt(0.55 x 0.45 x 0.02) = -0.038, that is, chance explains it.
    """
    n, m, k = sum(ours.counts), sum(theirs.counts), len(ours.counts)
    if not n or not m:
        return None
    p, q = np.array(ours.counts) / n, np.array(theirs.counts) / m
    both = (ours.families * p + theirs.families * q) / (ours.families + theirs.families)
    spread = np.sqrt(both * (1 - both) * (1 / ours.families + 1 / theirs.families))
    lows = np.where(both > 0, p - q + ndtri(CHANCE / k) * spread, -np.inf)
    at = int(lows.argmax())
    return at, float(p[at] - q[at]), float(lows[at])


def poisson_draws(families: int, draws: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(draws, f) bootstrap weights: every family is drawn Poisson(1) times, all its texts together."""
    return rng.poisson(1.0, size=(draws, families)).astype(np.float64)
