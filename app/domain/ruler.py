"""What a set is measured with: a map from texts to centred unit vectors, and clusters of those; fitted once, then kept.

Two sets can be compared only by one ruler. Vectors are Hornbook's own (`embedding`), or an encoder's that the caller
brings, for instance an `/v1/embeddings` endpoint; those are centred on the mean of the texts fitted on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain import clusters, dedup, embedding
from app.domain.clusters import Clusters
from app.domain.diversity import Ints
from app.domain.diversity_sums import DiversitySums, Documents
from app.domain.simplicity import readability
from app.domain.tokens import TokenBatch, tokenise

FIT_TEXTS = 5_000
"""Texts that fitting looks at, drawn from all; more move the axes little."""
FIT_CHARS = 20_000
"""Of each, so that long documents do not fill the memory."""

Encoder = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to rows (n, dims), not centred, of any length."""


@dataclass(frozen=True)
class Ruler:
    """A frozen ruler."""

    vectors: Callable[[TokenBatch, Sequence[str]], NDArray[np.float32]]
    """Centred unit rows (n, dims)."""
    dims: int
    clusters: Clusters
    names: tuple[str, ...]
    """What each cluster is about."""
    sizes: Ints
    """(k,): texts that made each centre."""
    fitted: frozenset[int]
    """Which texts those were, by hash: they are assigned as if they had not been there."""
    rng_seed: int

    def sums(self) -> DiversitySums:
        """Sums of nothing, for a set measured with this ruler."""
        return DiversitySums(dims=self.dims, clusters=self.clusters.k, rng_seed=self.rng_seed)


def fit_ruler(texts: Sequence[str], *, rng_seed: int, encoder: Encoder | None = None) -> Ruler:
    """The ruler of a sample of texts; without an encoder, of Hornbook's own vectors. Deterministic given both."""
    measure = _own(texts, rng_seed) if encoder is None else _centred(encoder, texts)
    parts = [part for part in (texts[low : low + 256] for low in range(0, len(texts), 256))]
    rows = np.concatenate([measure(tokenise(part), part) for part in parts] or [measure(tokenise([]), [])])
    fitted = clusters.fit_clusters(rows, rng_seed=rng_seed)
    labels = clusters.assign(fitted, rows)
    names = clusters.name_clusters(texts, labels)
    sizes = np.bincount(np.maximum(labels, 0), minlength=fitted.k).astype(np.int64)
    known = frozenset(_hash(text) for text in texts)
    return Ruler(measure, rows.shape[1], fitted, tuple(names), sizes, known, rng_seed)


def _hash(text: str) -> int:
    # Python's own, five times as fast as a digest: it differs from process to process, and no ruler leaves its process.
    return hash(text[:FIT_CHARS])


def _own(texts: Sequence[str], rng_seed: int) -> Callable[[TokenBatch, Sequence[str]], NDArray[np.float32]]:
    embedder = embedding.fit_embedder(texts, rng_seed=rng_seed)
    return lambda batch, _texts: embedding.embed(embedder, batch)


def _centred(encoder: Encoder, texts: Sequence[str]) -> Callable[[TokenBatch, Sequence[str]], NDArray[np.float32]]:
    mean = encoder(texts).mean(axis=0, dtype=np.float64).astype(np.float32)

    def measure(_batch: TokenBatch, some: Sequence[str]) -> NDArray[np.float32]:
        return embedding.centred(encoder(some), mean) if some else np.zeros((0, len(mean)), np.float32)

    return measure


def _labels(ruler: Ruler, vectors: NDArray[np.float32], texts: Sequence[str]) -> Ints:
    labels = clusters.assign(ruler.clusters, vectors)
    own = np.array([_hash(text) in ruler.fitted for text in texts], dtype=np.bool_)
    if own.any():
        labels[own] = clusters.assign_fitted(ruler.clusters, vectors[own], ruler.sizes)
    return labels.astype(np.int64)


@dataclass(frozen=True)
class Measurable:
    """Documents ready to be summed, with the shingles that confirm near-duplicates."""

    docs: Documents
    shingles: dedup.Shingles


def apply(ruler: Ruler, texts: Sequence[str], ids: Ints, families: Ints) -> Measurable:
    """All that is measured of some documents by themselves."""
    batch = tokenise(texts)
    reading, shingles = readability(batch), dedup.shingles(batch)
    vectors = ruler.vectors(batch, texts)
    docs = Documents(
        ids=ids,
        families=families,
        texts=texts,
        batch=batch,
        signatures=dedup.signatures_of(shingles),
        vectors=vectors,
        clusters=_labels(ruler, vectors, texts),
        ease=reading.ease,
        grade=reading.grade,
        list_coverage=reading.list_coverage,
        tokens=batch.counts().astype(np.float64),
    )
    return Measurable(docs, shingles)
