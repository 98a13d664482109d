"""Where a text lies: hashed TF-IDF of its words, reduced by truncated SVD, centred on the seeds, on the unit sphere.

Fitted once a job on the seeds and frozen, so that every round is measured with the same ruler. Centring matters: a mean
cosine of 0.5 caps Vendi-2 at 4. A row depends on its own text alone, bit for bit, whatever batch it is in: sums run
in the order of a document's terms, never through a matrix product that blocks by batch size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.utils.extmath import randomized_svd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no stubs

from app.domain.terms import BUCKETS, Counts, Terms, terms
from app.domain.tokens import TokenBatch, tokenise
from app.errors import InvalidInputError

_MAX_COLUMNS = 8_192
"""Terms that count, most widespread first; 8,192 x 256 half floats are 4 MiB on disk."""
_MAX_DOC_SHARE = 0.5
"""A term in more documents than this tells them not apart."""
_FIT_DOCS = 5_000
"""Seeds looked at in fitting; more moves the axes little and costs 0.4 ms each."""
_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Embedder:
    """A frozen map from words to unit vectors."""

    column_of: NDArray[np.int32]
    """(2^18,): the column of a hashed word, -1 where it does not count."""
    idf: NDArray[np.float32]
    """(n_columns,): inverse document frequency."""
    axes: NDArray[np.float32]
    """(n_columns, dims): right singular vectors, exactly representable as half floats."""
    mean: NDArray[np.float32]
    """(dims,): the seeds' mean, taken off every row."""

    @property
    def dims(self) -> int:
        """Length of a vector; fewer than asked for when the seeds span less."""
        return int(self.axes.shape[1])


def fit_embedder(texts: Sequence[str], *, dims: int = 256, rng_seed: int) -> Embedder:
    """The embedder of a set of seeds. Fits on at most 5,000 of them, drawn by `rng_seed`; empty input gives 1 axis."""
    chosen = np.arange(len(texts))
    if len(texts) > _FIT_DOCS:
        chosen = np.sort(np.random.default_rng(rng_seed).choice(len(texts), _FIT_DOCS, replace=False))
    parts = [
        terms(tokenise([texts[i] for i in chosen[at : at + _CHUNK]])).words for at in range(0, len(chosen), _CHUNK)
    ]
    column_of, idf = _columns(parts, len(chosen))
    bare = Embedder(column_of, idf, np.zeros((len(idf), 1), dtype=np.float32), np.zeros(1, dtype=np.float32))
    rows = _stack([_weights(bare, part) for part in parts], len(idf))
    axes = _axes(rows, min(dims, len(idf) - 1, len(chosen) - 1), rng_seed)
    mean = np.asarray(rows @ axes, dtype=np.float64).mean(axis=0) if len(chosen) else np.zeros(axes.shape[1])
    return Embedder(column_of, idf, axes, mean.astype(np.float16).astype(np.float32))


def embed(embedder: Embedder, batch: TokenBatch, said: Terms | None = None) -> NDArray[np.float32]:
    """Unit rows (n_docs, dims) float32. A text without known words points away from the seeds' mean."""
    rows = _weights(embedder, (said or terms(batch)).words)
    return centred(np.asarray(rows @ embedder.axes, dtype=np.float32), embedder.mean)


def centred(vectors: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unit rows (n, dims) of vectors less `mean`; rows that are the mean become the first axis.

    What any encoder gives must pass here: a mean cosine of 0.5 between texts would cap Vendi-2 at 4.
    """
    moved = vectors - mean
    norms = np.sqrt(np.square(moved, dtype=np.float64).sum(axis=1))
    lost = norms < 1e-6
    moved[lost] = 0
    moved[lost, 0] = 1
    norms[lost] = 1
    unit: NDArray[np.float32] = (moved / norms[:, None]).astype(np.float32)
    return unit


def _columns(parts: list[Counts], n_docs: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Which hashed words count and how much: in two documents at least, in half of them at most."""
    spread = np.zeros(BUCKETS, dtype=np.int64)
    for part in parts:
        spread += np.bincount(part.bucket, minlength=BUCKETS)
    fit = np.flatnonzero((spread >= min(2, n_docs)) & (spread <= max(2, _MAX_DOC_SHARE * n_docs)))
    fit = np.sort(fit[np.argsort(-spread[fit], kind="stable")[:_MAX_COLUMNS]])
    column_of = np.full(BUCKETS, -1, dtype=np.int32)
    column_of[fit] = np.arange(len(fit), dtype=np.int32)
    return column_of, (np.log((1 + n_docs) / (1 + spread[fit])) + 1).astype(np.float32)


def _weights(embedder: Embedder, counts: Counts) -> csr_array:
    """TF-IDF rows of length 1 (or 0) over the embedder's columns; repeated words count by logarithm."""
    column = embedder.column_of[counts.bucket]
    known = column >= 0
    doc, column, n_docs = counts.doc[known], column[known], counts.n_docs
    weight = (1 + np.log(counts.count[known])) * embedder.idf[column]
    length = np.sqrt(np.bincount(doc, weights=weight * weight, minlength=n_docs))
    starts = np.concatenate([[0], np.cumsum(np.bincount(doc, minlength=n_docs))])
    values = (weight / length[doc]).astype(np.float32)
    return csr_array((values, column, starts), shape=(n_docs, len(embedder.idf)))


def _stack(rows: list[csr_array], n_columns: int) -> csr_array:
    data = np.concatenate([part.data for part in rows]) if rows else np.zeros(0, dtype=np.float32)
    indices = np.concatenate([part.indices for part in rows]) if rows else np.zeros(0, dtype=np.int32)
    sizes = np.concatenate([np.diff(part.indptr) for part in rows]) if rows else np.zeros(0, dtype=np.int64)
    return csr_array((data, indices, np.concatenate([[0], np.cumsum(sizes)])), shape=(len(sizes), n_columns))


def _axes(rows: csr_array, dims: int, rng_seed: int) -> NDArray[np.float32]:
    """Right singular vectors (n_columns, dims) rounded to half floats, on one thread so that reruns agree."""
    if dims < 1:
        return np.zeros((rows.shape[1], 1), dtype=np.float32)
    # Not TruncatedSVD: it divides by the variance, which is 0 for identical seeds.
    with threadpool_limits(limits=1):
        right = randomized_svd(rows, dims, n_iter=4, random_state=rng_seed)[2]
    axes: NDArray[np.float32] = np.ascontiguousarray(right.T.astype(np.float16).astype(np.float32))
    return axes


def to_bytes(embedder: Embedder) -> bytes:
    """The embedder as npz without pickle; at most 4.4 MB."""
    sink = BytesIO()
    buckets = np.flatnonzero(embedder.column_of >= 0).astype(np.int32)
    np.savez(sink, buckets=buckets, idf=embedder.idf, axes=embedder.axes.astype(np.float16), mean=embedder.mean)
    return sink.getvalue()


def from_bytes(blob: bytes) -> Embedder:
    """The embedder that `to_bytes` wrote, equal bit for bit. Raises InvalidInputError on anything else."""
    try:
        with np.load(BytesIO(blob), allow_pickle=False) as arrays:
            buckets, idf, axes, mean = (arrays[name] for name in ("buckets", "idf", "axes", "mean"))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise InvalidInputError(reason=f"not an embedder: {error}") from error
    fits = axes.ndim == 2 and len(buckets) == len(idf) == len(axes) and mean.shape == (axes.shape[1],)
    if not fits or not all(np.isfinite(part).all() for part in (idf, axes, mean)):
        raise InvalidInputError(reason="not an embedder: wrong shapes or numbers")
    if len(buckets) and not 0 <= buckets.min() <= buckets.max() < BUCKETS:
        raise InvalidInputError(reason="not an embedder: bucket out of range")
    column_of = np.full(BUCKETS, -1, dtype=np.int32)
    column_of[buckets] = np.arange(len(buckets), dtype=np.int32)
    return Embedder(column_of, idf, axes.astype(np.float32), mean)
