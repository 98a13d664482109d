"""How varied a set of texts is: a vector of measures, since no single one sees everything. Source: `docs/loop.md`.

Plain Vendi, distinct-n and self-BLEU drift with the size of the set; the ones here do not, or are compared at one
size. Sums merge across workers where the table says so. Shapes: n documents, d dimensions.
"""

import lzma
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from app.domain.tokens import TokenBatch, mix64

RAREFIED_TOKENS = 30_000
"""Trigrams drawn for distinct-3, or as many as the smaller set has."""
SHARED_AT = 200
"""Documents at which the cross-document share is read: document frequencies grow with the set."""
SAMPLE_BYTES = 1_000_000
"""Bytes compressed for the LZMA ratio; gzip's window of 32 KiB would miss repeats of whole corpora."""
OPENING_WORDS = 5

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class GramSums:
    """S = sum of x x^T over n unit rows; merges by adding."""

    gram: NDArray[np.float64]
    """(d, d)."""
    n: int

    def merge(self, other: "GramSums") -> "GramSums":
        """The sums of both sets together."""
        return GramSums(self.gram + other.gram, self.n + other.n)


def gram_sums(vectors: NDArray[np.float32], weights: NDArray[np.float64] | None = None) -> GramSums:
    """The sums of unit rows (n, d), each counted `weights` times."""
    wide = vectors.astype(np.float64)
    if weights is None:
        return GramSums(wide.T @ wide, len(wide))
    return GramSums((wide * weights[:, None]).T @ wide, int(weights.sum()))


def vendi2(sums: GramSums) -> float | None:
    """Unbiased Vendi score of order 2: n(n-1) / (|S|_F^2 - n), the effective number of unlike texts.

    None for fewer than two texts; infinite similarity gives 1, wholly unlike texts are capped at n(n-1).
    Example: two identical rows give 2 / (4 - 2) = 1.
    """
    n = sums.n
    if n < 2:
        return None
    pairs = n * (n - 1)
    overlap = float((sums.gram**2).sum()) - n
    return pairs / overlap if overlap > 1.0 else float(pairs)


def cluster_simpson(counts: Ints) -> float | None:
    """Unbiased inverse Simpson: n(n-1) / sum n_c(n_c-1), the effective number of clusters. None under two texts.

    Example: counts (2, 2) give 12 / 4 = 3; (4, 0) give 12 / 12 = 1.
    """
    n = int(counts.sum())
    if n < 2:
        return None
    same = int((counts * (counts - 1)).sum())
    return n * (n - 1) / same if same else float(n * (n - 1))


def ngrams(batch: TokenBatch, size: int) -> tuple[Hashes, Ints]:
    """(hash, document) of every run of `size` words inside one document, in order."""
    hashes = batch.word_hash
    if len(hashes) < size:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    rolled = np.zeros(len(hashes) - size + 1, np.uint64)
    for place in range(size):
        rolled = mix64(rolled * np.uint64(0x9E3779B97F4A7C15) + hashes[place : len(hashes) - size + 1 + place])
    doc = batch.doc.astype(np.int64)
    whole = doc[: len(rolled)] == doc[size - 1 :]
    return rolled[whole], doc[: len(rolled)][whole]


def count_of_counts(hashes: Hashes) -> Ints:
    """How often each distinct n-gram occurs (any order): all that distinct-n needs, and it merges by n-gram."""
    return np.unique(hashes, return_counts=True)[1].astype(np.int64)


def rarefied_distinct(frequencies: Ints, tokens: int) -> float | None:
    """Expected share of distinct n-grams among `tokens` drawn: (1/m) sum_i [1 - C(N-f_i, m)/C(N, m)].

    Hurlbert 1971's rarefaction. None when the set has fewer than `tokens` n-grams or none are asked.
    Example: frequencies (1, 1) at m = 2 give 1.0; (2,) at m = 2 gives 0.5.
    """
    total = int(frequencies.sum())
    if tokens < 1 or total < tokens:
        return None
    kinds, times = np.unique(frequencies, return_counts=True)
    with np.errstate(invalid="ignore"):
        missed = np.where(
            total - kinds >= tokens,
            np.exp(
                gammaln(total - kinds + 1)
                - gammaln(np.maximum(total - kinds - tokens, 0) + 1)
                - gammaln(total + 1)
                + gammaln(total - tokens + 1)
            ),
            0.0,
        )
    return float((times * (1.0 - missed)).sum() / tokens)


def cross_share(hashes: Hashes, docs: Ints, n_docs: int, at: int, rng: np.random.Generator) -> float | None:
    """Mean over documents of the share of their 5-grams that another document holds, read at `at` documents.

    Larger sets are cut into random groups of that size and averaged. None under two documents.
    """
    if n_docs < 2:
        return None
    size = min(at, n_docs)
    order = rng.permutation(n_docs)
    group_of = np.full(n_docs, -1, np.int64)
    groups = min(max(1, n_docs // size), 10)
    group_of[order[: groups * size]] = np.repeat(np.arange(groups), size)
    shares = [_shared_in(hashes, docs, group_of == group) for group in range(groups)]
    return float(np.mean(shares))


def _shared_in(hashes: Hashes, docs: Ints, chosen: NDArray[np.bool_]) -> float:
    mine = chosen[docs]
    grams, held = hashes[mine], docs[mine]
    if not len(grams):
        return 0.0
    # One key a pair of 5-gram and document: sorting single numbers is 20 times as fast as sorting pairs.
    _, once = np.unique(mix64(grams + mix64(held.astype(np.uint64))), return_index=True)
    grams, held = grams[once], held[once]
    _, inverse, frequency = np.unique(grams, return_inverse=True, return_counts=True)
    found = np.bincount(held)
    shared = np.bincount(held, weights=(frequency[inverse] > 1).astype(np.float64))
    some = found > 0
    return float((shared[some] / found[some]).sum() / chosen.sum())


def opening_hashes(batch: TokenBatch) -> Hashes:
    """(n,) a hash of each document's first five words; shorter documents hash what they have."""
    out = np.zeros(batch.n_docs, np.uint64)
    first, last = batch.first[:-1], batch.first[1:]
    for place in range(OPENING_WORDS):
        at = first + place
        inside = at < last
        out[inside] = mix64(out[inside] * np.uint64(0x9E3779B97F4A7C15) + batch.word_hash[at[inside]])
    return out


def opening_share(openings: Hashes, weights: NDArray[np.float64] | None = None) -> float | None:
    """Share of documents with the commonest opening; None without documents."""
    if not len(openings):
        return None
    _, inverse = np.unique(openings, return_inverse=True)
    counts = np.bincount(inverse, weights=weights)
    return float(counts.max() / counts.sum()) if counts.sum() else None


def lzma_ratio(texts: Sequence[str], rng: np.random.Generator) -> float | None:
    """Raw over compressed bytes of a shuffled sample of at most 1 MB: higher says the same more often.

    Preset 6, for the fast ones miss repeats among like texts: of four copies of a set they saw 1.3, this sees 2.4.
    """
    taken, size = [], 0
    for place in rng.permutation(len(texts)):
        part = texts[int(place)].encode("utf-8", "replace")
        taken.append(part)
        size += len(part)
        if size >= SAMPLE_BYTES:
            break
    raw = b"\n".join(taken)[:SAMPLE_BYTES]
    return len(raw) / len(lzma.compress(raw, preset=6)) if raw else None


@dataclass(frozen=True, slots=True)
class FamilyPairs:
    """Pair sums between f families of texts; pairs inside a family are left out of every measure.

    Three variants of one seed are alike by design; counted as pairs they would make a small set look collapsed and a
    large one not (`docs/decisions/`). With one text a family this is the plain formula.
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
        return _effective(self._pairs(draws), overlap)

    def simpson(self, draws: NDArray[np.float64]) -> list[float | None]:
        """Unbiased inverse Simpson of clusters over pairs of different families, one for each row of `draws`."""
        same = ((draws @ self.clusters) ** 2).sum(axis=1) - draws**2 @ (self.clusters**2).sum(axis=1)
        return _effective(self._pairs(draws), same)

    def _pairs(self, draws: NDArray[np.float64]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = (draws @ self.sizes) ** 2 - draws**2 @ self.sizes**2
        return found


def _effective(pairs: NDArray[np.float64], alike: NDArray[np.float64]) -> list[float | None]:
    """All pairs over those that are alike; less than one pair alike counts as one, as in `vendi2`."""
    return [
        float(whole / max(same, 1.0)) if whole > 0 else None
        for whole, same in zip(pairs.tolist(), alike.tolist(), strict=True)
    ]


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


def exact_vendi2(vectors: NDArray[np.float32], families: Ints) -> float | None:
    """`FamilyPairs.vendi2` of each family once, in O(n d^2): |S|_F^2 less the pairs inside families."""
    order = np.argsort(families, kind="stable")
    wide, family = vectors[order].astype(np.float64), families[order]
    inside = float(len(wide))
    for step in range(1, len(family)):
        same = np.flatnonzero(family[step:] == family[:-step])
        if not len(same):
            break
        inside += 2.0 * float(np.square(np.einsum("nd,nd->n", wide[same], wide[same + step])).sum())
    overlap = float(np.square(wide.T @ wide).sum()) - inside
    return _effective(_pairs_apart(families), np.array([overlap]))[0]


def exact_simpson(clusters: Ints, families: Ints) -> float | None:
    """`FamilyPairs.simpson` of each family once, in O(n): pairs in one cluster less those of one family as well."""
    places = np.maximum(clusters, 0)
    _, both = np.unique(np.stack([places, families]), axis=1, return_counts=True)
    same = float(np.square(np.bincount(places)).sum() - np.square(both).sum())
    return _effective(_pairs_apart(families), np.array([same]))[0]


def _pairs_apart(families: Ints) -> NDArray[np.float64]:
    sizes = np.unique(families, return_counts=True)[1].astype(np.float64)
    return np.array([len(families) ** 2 - np.square(sizes).sum()])


def poisson_draws(families: int, draws: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(draws, f) bootstrap weights: every family is drawn Poisson(1) times, all its texts together."""
    return rng.poisson(1.0, size=(draws, families)).astype(np.float64)
