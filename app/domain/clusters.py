"""What a corpus is about: k-means on the seeds' vectors, K = clip(sqrt(n / 2), 16, 256), each cluster named.

Fitted once a job and frozen. Assignment of a row depends on that row alone. Knows nothing of quotas.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no stubs

from app.domain.text import words

_LEAST, _MOST = 16, 256
_FIT_ROWS = 10_000
"""Rows looked at in fitting; k-means on more changes centres little and costs linearly."""
_NAMED_TEXTS = 40
"""Texts of a cluster read for its name."""
_NAMED_CHARS = 2_000
_STOP_WORDS = """
t the a an and or but if of to in on at by for with from as is are was were be been being it its this that
these those i you he she we they me him her us them my your his our their not no so than then there here when
where which who whom what how why all any each both more most other some such only own same too very can will
just should now do does did has have had may might must would could into over under out up down about also use
used using one two new see get def self return none true false import class else elif
"""
_STOP = frozenset(_STOP_WORDS.split())


@dataclass(frozen=True, slots=True)
class Clusters:
    """Frozen cluster centres."""

    centres: NDArray[np.float32]
    """(k, dims)."""

    @property
    def k(self) -> int:
        """How many clusters there are."""
        return len(self.centres)


def cluster_count(n: int) -> int:
    """K = clip(sqrt(n / 2), 16, 256), never more than n. 0 -> 0, 10 -> 10, 2,000 -> 31, 1,000,000 -> 256."""
    return min(n, max(_LEAST, min(_MOST, int(sqrt(n / 2)))))


def fit_clusters(vectors: NDArray[np.float32], *, rng_seed: int, k: int | None = None) -> Clusters:
    """K centres (fewer when rows repeat). No rows give no centres. Deterministic given rows, order and seed."""
    sample = vectors.astype(np.float32)
    if len(sample) > _FIT_ROWS:
        sample = sample[np.sort(np.random.default_rng(rng_seed).choice(len(sample), _FIT_ROWS, replace=False))]
    distinct = len(np.unique(sample, axis=0)) if len(sample) else 0
    wanted = min(cluster_count(len(vectors)) if k is None else k, distinct)
    if wanted < 1:
        return Clusters(np.zeros((0, vectors.shape[1]), dtype=np.float32))
    with threadpool_limits(limits=1):
        model = KMeans(n_clusters=wanted, n_init=1, max_iter=50, random_state=rng_seed).fit(sample)
    return Clusters(np.ascontiguousarray(model.cluster_centers_, dtype=np.float32))


def assign(clusters: Clusters, vectors: NDArray[np.float32]) -> NDArray[np.int32]:
    """(n,) int32: the nearest centre of each row, the first of equals; -1 when there are no clusters."""
    if not clusters.k:
        return np.full(len(vectors), -1, dtype=np.int32)
    nearest: NDArray[np.int32] = np.argmax(_closeness(clusters, vectors), axis=1).astype(np.int32)
    return nearest


def assign_fitted(clusters: Clusters, vectors: NDArray[np.float32], sizes: NDArray[np.int64]) -> NDArray[np.int32]:
    """`assign` of unit rows that the centres were fitted on, as if each had not been there.

    A row is part of its own centre and stays with it, where a new text would go to a large cluster: 1,000 web pages had
    a cluster Simpson 8 % above that of 1,000 others (`docs/experiments.md`). `sizes` (k,) are the rows of each centre.
    """
    closeness, own = _closeness(clusters, vectors), assign(clusters, vectors)
    if not clusters.k:
        return own
    rows, size = np.arange(len(own)), np.maximum(sizes[own], 2).astype(np.float32)
    norm = np.square(clusters.centres).sum(axis=1)[own]
    product = closeness[rows, own] + 0.5 * norm
    left = (size * product - 1) / (size - 1)
    left_norm = (np.square(size) * norm - 2 * size * product + 1) / np.square(size - 1)
    closeness[rows, own] = np.where(sizes[own] > 1, left - 0.5 * left_norm, -np.inf)
    return np.argmax(closeness, axis=1).astype(np.int32) if clusters.k > 1 else own


def _closeness(clusters: Clusters, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, k): the higher, the nearer."""
    # einsum sums a row's products in a fixed order; a matrix product may round by batch size and flip a tie.
    closeness: NDArray[np.float32] = np.einsum("nd,kd->nk", vectors.astype(np.float32), clusters.centres)
    closeness -= 0.5 * np.square(clusters.centres).sum(axis=1)
    return closeness


def to_bytes(clusters: Clusters) -> bytes:
    """The centres as an npy file without pickle."""
    out = BytesIO()
    np.save(out, clusters.centres, allow_pickle=False)
    return out.getvalue()


def from_bytes(blob: bytes) -> Clusters:
    """The clusters that `to_bytes` wrote."""
    return Clusters(np.load(BytesIO(blob), allow_pickle=False))


def name_clusters(texts: Sequence[str], labels: Sequence[int] | NDArray[np.int32]) -> list[str]:
    """A name a cluster, its three most telling words joined by commas; `cluster N` where it has none.

    A word's weight is p log(p / q), its part of a Kullback-Leibler divergence: p the share of the cluster's texts that
    hold it, q that of all texts. Example: in half of a cluster's texts and a quarter of all: 0.5 log 2 = 0.35.
    """
    n_clusters = max((int(label) for label in labels), default=-1) + 1
    spreads: list[Counter[str]] = [Counter() for _ in range(n_clusters)]
    read = [0] * n_clusters
    for text, label in zip(texts, labels, strict=True):
        if label >= 0 and read[label] < _NAMED_TEXTS:
            read[label] += 1
            spreads[label].update(set(map(str.lower, set(words(text[:_NAMED_CHARS])))))
    held: Counter[str] = Counter()
    for spread in spreads:
        held.update(spread)
    return [_name(index, spread, read[index], held, sum(read)) for index, spread in enumerate(spreads)]


def _can_name(word: str) -> bool:
    return 2 < len(word) < 25 and word not in _STOP and word.isalpha()


def _name(index: int, spread: Counter[str], read: int, held: Counter[str], texts: int) -> str:
    def weight(word: str) -> float:
        share = spread[word] / read
        return share * log(share * texts / held[word])

    telling = [word for word in spread if _can_name(word) and weight(word) > 0]
    ranked = sorted(telling, key=lambda word: (-weight(word), word))
    return ", ".join(ranked[:3]) or f"cluster {index}"
