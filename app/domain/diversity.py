"""How varied a set of texts is: a vector of measures, since no single one sees everything. Source: `docs/loop.md`.

Plain Vendi, distinct-n and self-BLEU drift with the size of the set; the ones here do not, or are compared at one
size. Sums merge across workers where the table says so. Shapes: n documents, d dimensions.
"""

import lzma
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from app.domain.tokens import TokenBatch, mix64

RAREFIED_TOKENS = 30_000
"""Trigrams drawn for distinct-3, or as many as the smaller set has."""
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


def gram_sums(vectors: NDArray[np.float32]) -> GramSums:
    """The sums of unit rows (n, d)."""
    wide = vectors.astype(np.float64)
    return GramSums(wide.T @ wide, len(wide))


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
    return ngrams_of(batch.word_hash, batch.doc.astype(np.int64), size)


def ngrams_of(hashes: Hashes, doc: Ints, size: int) -> tuple[Hashes, Ints]:
    """`ngrams` of word hashes and the document of each, documents in order."""
    if len(hashes) < size:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    rolled = np.zeros(len(hashes) - size + 1, np.uint64)
    for place in range(size):
        rolled = mix64(rolled * np.uint64(0x9E3779B97F4A7C15) + hashes[place : len(hashes) - size + 1 + place])
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
    kinds, times = np.unique(frequencies, return_counts=True)
    return rarefied_spectrum(kinds, times.astype(np.int64), tokens)


def rarefied_spectrum(kinds: Ints, times: Ints, tokens: int) -> float | None:
    """`rarefied_distinct` of a set in which `times[i]` n-grams occur `kinds[i]` times each."""
    total = int(kinds @ times)
    if tokens < 1 or total < tokens:
        return None
    left = np.maximum(total - kinds - tokens, 0)
    logs = gammaln(total - kinds + 1) - gammaln(left + 1) - gammaln(total + 1) + gammaln(total - tokens + 1)
    missed = np.where(total - kinds >= tokens, np.exp(np.minimum(logs, 0.0)), 0.0)
    return float((times * (1.0 - missed)).sum() / tokens)


@dataclass(frozen=True, slots=True)
class GroupedGrams:
    """The distinct 5-grams of n documents, compared inside groups of one size; a row a document and shared 5-gram."""

    gram: Ints
    """Which 5-gram of which group, from 0; only those that two documents of a group hold."""
    doc: Ints
    found: NDArray[np.float64]
    """(n,): distinct 5-grams of each document, at least 1."""

    def share(self, weights: NDArray[np.float64] | None = None) -> float | None:
        """Mean over documents of the share of their 5-grams that another document of their group holds, [0, 1].

        `weights` (n,) count each document so often; copies of itself are no other document. None without weight.
        """
        weight = np.ones(len(self.found)) if weights is None else weights
        if not weight.sum():
            return None
        held = np.bincount(self.gram, weights=weight[self.doc])
        shared = np.bincount(self.doc, weights=held[self.gram] > weight[self.doc], minlength=len(self.found))
        return float((weight * (shared / self.found)).sum() / weight.sum())


MOST_GROUPS = 10


def once_each(hashes: Hashes, docs: Ints) -> tuple[Hashes, Ints]:
    """The n-grams without those that their document has said before."""
    # One key a pair of n-gram and document: sorting single numbers is 20 times as fast as sorting pairs.
    once = np.unique(mix64(hashes + mix64(docs.astype(np.uint64))), return_index=True)[1]
    return hashes[once], docs[once]


def grouped_grams(hashes: Hashes, docs: Ints, n_docs: int, at: int) -> GroupedGrams:
    """5-grams for the share read at `at` documents: consecutive groups of that size, ten at most; the rest is left out.

    The caller brings each document's 5-grams once, and the documents in random order. Document frequencies grow with
    a set, hence the one size.
    """
    size = min(at, n_docs)
    groups = min(max(1, n_docs // max(size, 1)), MOST_GROUPS)
    mine = docs < groups * size
    grams, held = hashes[mine], docs[mine]
    group = (held // max(size, 1)).astype(np.uint64)
    found = np.maximum(np.bincount(held, minlength=groups * size), 1).astype(np.float64)
    _, inverse, counts = np.unique(mix64(grams + mix64(~group)), return_inverse=True, return_counts=True)
    twice = counts[inverse] > 1
    return GroupedGrams(inverse[twice].astype(np.int64), held[twice], found)


def opening_hashes(batch: TokenBatch) -> Hashes:
    """(n,) a hash of each document's first five words; shorter documents hash what they have."""
    out = np.zeros(batch.n_docs, np.uint64)
    first, last = batch.first[:-1], batch.first[1:]
    for place in range(OPENING_WORDS):
        at = first + place
        inside = at < last
        out[inside] = mix64(out[inside] * np.uint64(0x9E3779B97F4A7C15) + batch.word_hash[at[inside]])
    return out


def opening_share(openings: Hashes) -> float | None:
    """Share of documents with the commonest opening; None without documents."""
    if not len(openings):
        return None
    return float(np.unique(openings, return_counts=True)[1].max() / len(openings))


def lzma_sample(texts: Iterable[bytes], at: int) -> list[bytes]:
    """The first of some texts in random order, `at` bytes of them with a line feed after each; the last one is cut."""
    taken, size = [], 0
    for text in texts:
        if size >= at:
            break
        taken.append(text[: at - size])
        size += len(taken[-1]) + 1
    return taken


def lzma_ratio(texts: Sequence[bytes]) -> float | None:
    """Raw over compressed bytes: higher says the same more often. None without a byte.

    Preset 6, for the fast ones miss repeats among like texts: of four copies of a set they saw 1.3, this sees 2.4.
    """
    raw = b"\n".join(texts)
    return len(raw) / len(lzma.compress(raw, preset=6)) if raw else None
