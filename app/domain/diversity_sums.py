"""What a set adds up to, part by part: the sums that every measure is read from. Flat in memory, and exact to merge.

A part may be a chunk of a stream or a worker's shard, in any order; only the texts of one seed family must come in one
part. Kept whole are 280 bytes a document, for near-duplicates and the 90th percentile of the grade. Source:
`docs/loop.md`, "Measures". What is read from the sums, and its limits, is in `measuring` and `limits`.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain import dedup, diversity, family_pairs
from app.domain.diversity import GramSums, Hashes, Ints
from app.domain.family_pairs import ClusterCounts, InsidePairs, effective
from app.domain.gram_sample import GramSample
from app.domain.set_sample import SampledText, SetSample, ranks
from app.domain.tokens import TokenBatch, mix64

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Documents:
    """A part of a set, a row a document, with all that is measured of it."""

    ids: Ints
    """Distinct in the whole set."""
    families: Ints
    """The seed each comes from; its own id where there are no seeds."""
    texts: Sequence[str]
    batch: TokenBatch
    """Only the word hashes are read."""
    signatures: NDArray[np.uint32]
    """(n, 64) MinHash."""
    vectors: NDArray[np.float32]
    """(n, d) unit rows."""
    clusters: Ints
    ease: Floats
    grade: Floats
    list_coverage: Floats
    tokens: Floats


class DiversitySums:
    """The sums of a set that grows."""

    def __init__(self, *, dims: int, clusters: int, rng_seed: int) -> None:
        self.rng_seed = rng_seed
        self.gram = GramSums(np.zeros((dims, dims)), 0)
        self.inside = InsidePairs(0.0, 0.0, 0.0)
        self.clusters: Ints = np.zeros(max(1, clusters), np.int64)
        self.families = 0
        self.trigrams = GramSample()
        self.openings = GramSample(most=sys.maxsize)
        self.tokens = self.ease = self.listed = self.weight = 0.0
        self.sample = SetSample()
        self._ids: list[Ints] = []
        self._grades: list[Floats] = []
        self._signatures: list[NDArray[np.uint32]] = []

    @property
    def n(self) -> int:
        """Documents."""
        return self.gram.n

    def add(self, docs: Documents) -> None:
        """Take in a part, its families complete."""
        alone = _alone(docs.ids, docs.families)
        places = np.maximum(docs.clusters, 0)
        self.gram = self.gram.merge(diversity.gram_sums(docs.vectors))
        self.inside = self.inside.merge(family_pairs.inside_pairs(docs.vectors, places, docs.families))
        self.clusters += np.bincount(places, minlength=len(self.clusters))
        self.families += int(alone.sum())
        hashes, doc = diversity.ngrams(docs.batch, 3)
        self.trigrams.add(hashes if alone.all() else hashes[alone[doc]])
        openings = diversity.opening_hashes(docs.batch)
        self.openings.add(openings)
        words = np.maximum(docs.tokens, 1.0)
        self.tokens += float(docs.tokens.sum())
        self.ease += float(docs.ease.sum())
        self.listed += float(docs.list_coverage @ words)
        self.weight += float(words.sum())
        self._ids.append(docs.ids)
        self._grades.append(docs.grade)
        self._signatures.append(docs.signatures)
        self.sample.add(_sampled(docs, alone, openings, self))

    def merge(self, other: "DiversitySums") -> None:
        """Take in another part of the set; the same in any order, but for rounding."""
        self.gram = self.gram.merge(other.gram)
        self.inside = self.inside.merge(other.inside)
        self.clusters += other.clusters
        self.families += other.families
        self.trigrams.merge(other.trigrams)
        self.openings.merge(other.openings)
        self.tokens += other.tokens
        self.ease += other.ease
        self.listed += other.listed
        self.weight += other.weight
        self._ids += other._ids
        self._grades += other._grades
        self._signatures += other._signatures
        self.sample.add(other.sample.texts())

    def vendi2(self) -> float | None:
        """Unbiased Vendi-2 over pairs of different families: sum of n_f n_g / sum of squared cosines."""
        overlap = float(np.square(self.gram.gram).sum()) - self.inside.similar
        return effective(self.n**2 - self.inside.pairs, overlap)

    def cluster_simpson(self) -> float | None:
        """Unbiased inverse Simpson of clusters over pairs of different families."""
        same = float(np.square(self.clusters.astype(np.float64)).sum()) - self.inside.same
        return effective(self.n**2 - self.inside.pairs, same)

    def cluster_counts(self) -> ClusterCounts:
        """What the excess of a cluster beside another set is read from."""
        return ClusterCounts(tuple(self.clusters.tolist()), self.n**2 / max(self.inside.pairs, 1.0))

    def distinct3(self, tokens: int = diversity.RAREFIED_TOKENS) -> float | None:
        """Rarefied distinct-3 of one text a family, at `tokens` trigrams or at as many as there are."""
        spectrum = self.trigrams.spectrum()
        kinds, times = (np.array(column, np.int64) for column in zip(*spectrum, strict=True)) if spectrum else _NONE
        return diversity.rarefied_spectrum(kinds, times, min(tokens, int(kinds @ times)))

    def opening_share(self) -> float | None:
        """Share of documents with the commonest opening; None without documents."""
        commonest = self.openings.commonest()
        return commonest[1] / self.n if commonest else None

    @property
    def grades(self) -> Floats:
        """(n,) the school grade of every document, in no order."""
        return np.concatenate(self._grades) if self._grades else np.zeros(0)

    def grade_p90(self) -> float | None:
        """The grade that nine of ten documents stay under; None without documents."""
        return float(np.percentile(self.grades, 90)) if self.n else None

    def repeats(self, jaccard: Callable[[int, int], float], threshold: float = 0.8) -> Ints:
        """Ids of the documents for whose near-duplicate group another one stands; `jaccard(id, id)` confirms."""
        if not self.n:
            return np.zeros(0, np.int64)
        # One copy at a time: the signatures are what a large set fills memory with.
        ids, self._signatures = np.concatenate(self._ids), [np.concatenate(self._signatures)]
        self._ids = [ids]
        found = self._signatures[0]
        if (ids[1:] < ids[:-1]).any():
            order = np.argsort(ids)
            ids, found = ids[order], found[order]
        group = dedup.near_duplicates(found, lambda a, b: jaccard(int(ids[a]), int(ids[b])), threshold=threshold)
        repeated: Ints = ids[group != np.arange(len(ids))]
        return repeated


_NONE = (np.zeros(0, np.int64), np.zeros(0, np.int64))


def _alone(ids: Ints, families: Ints) -> NDArray[np.bool_]:
    """(n,) one text of each family, whichever hashes first, for words of a seed come again in its variants."""
    order = np.lexsort((mix64(ids.astype(np.uint64) + np.uint64(1)), families))
    chosen = np.zeros(len(ids), np.bool_)
    chosen[order[np.flatnonzero(np.diff(families[order], prepend=families[order[:1]] - 1))]] = True
    return chosen


def _sampled(docs: Documents, alone: NDArray[np.bool_], openings: Hashes, sums: DiversitySums) -> Iterator[SampledText]:
    rank = ranks(docs.families, sums.rng_seed)
    first = docs.batch.first
    for row in sums.sample.wanted(rank).tolist():
        yield SampledText(
            rank=int(rank[row]),
            id=int(docs.ids[row]),
            family=int(docs.families[row]),
            alone=bool(alone[row]),
            cluster=max(0, int(docs.clusters[row])),
            ease=float(docs.ease[row]),
            grade=float(docs.grade[row]),
            list_coverage=float(docs.list_coverage[row]),
            tokens=float(docs.tokens[row]),
            opening=int(openings[row]),
            vector=docs.vectors[row].copy(),
            words=docs.batch.word_hash[first[row] : first[row + 1]].copy(),
            text=docs.texts[row].encode("utf-8", "replace"),
        )
