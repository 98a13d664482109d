"""Where a text lies: hashed TF-IDF of its words, projected at random, centred on the seeds, on the unit sphere.

Fitted once a job on the seeds and frozen, so that every round is measured with the same ruler. Axes are random signs
(Achlioptas 2003), which keep every cosine to within 1/16 and know nothing of the seeds. Axes fitted by truncated SVD
would: fitted on 1,000 web pages, their unbiased Vendi-2 was 236 and that of 1,000 other pages of the same source 58, so
that any new text looked collapsed; with random axes it is 238 and 237 (`docs/experiments.md`). Centring matters: a mean
cosine of 0.5 caps Vendi-2 at 4. A row depends on its own text alone, bit for bit, whatever batch it is in: sums run in
the order of a document's terms, never through a matrix product that blocks by batch size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from app.domain.terms import BUCKETS, Counts, Terms, terms
from app.domain.tokens import TokenBatch, tokenise
from app.domain.word_classes import COMMON
from app.errors import InvalidInputError

_OWN_COLUMNS = 6_144
"""Terms that have a column of their own, most widespread first."""
_SHARED_COLUMNS = 2_048
"""Columns that all other terms share, also those that no seed holds: what is new in a text must not be lost."""
_MAX_DOC_SHARE = 0.5
"""A term in more documents than this tells them not apart."""
_FIT_DOCS = 5_000
"""Seeds looked at in fitting; more moves the weights little."""
_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Embedder:
    """A frozen map from words to unit vectors."""

    column_of: NDArray[np.int32]
    """(2^18,): the column of a hashed word, -1 where it is too common to count, in the seeds or in the language."""
    idf: NDArray[np.float32]
    """(n_columns,): inverse document frequency."""
    axes: NDArray[np.float32]
    """(n_columns, dims): random signs over the root of dims."""
    mean: NDArray[np.float32]
    """(dims,): the seeds' mean, taken off every row."""

    @property
    def dims(self) -> int:
        """Length of a vector."""
        return int(self.axes.shape[1])


def fit_embedder(texts: Sequence[str], *, dims: int = 256, rng_seed: int) -> Embedder:
    """The embedder of a set of seeds. Fits on at most 5,000 of them, drawn by `rng_seed`."""
    rng = np.random.default_rng(rng_seed)
    chosen = np.arange(len(texts))
    if len(texts) > _FIT_DOCS:
        chosen = np.sort(rng.choice(len(texts), _FIT_DOCS, replace=False))
    parts = [
        terms(tokenise([texts[i] for i in chosen[at : at + _CHUNK]])).words for at in range(0, len(chosen), _CHUNK)
    ]
    column_of, idf = _columns(parts, len(chosen))
    axes = _axes(len(idf), dims, rng_seed)
    bare = Embedder(column_of, idf, axes, np.zeros(dims, dtype=np.float32))
    total = np.zeros(dims)
    for part in parts:
        total += np.asarray(_weights(bare, part) @ axes, dtype=np.float64).sum(axis=0)
    mean = (total / max(1, len(chosen))).astype(np.float16).astype(np.float32)
    return Embedder(column_of, idf, axes, mean)


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
    """The column of every hashed word and how much a column counts: those of most seeds have their own."""
    spread = np.zeros(BUCKETS, dtype=np.int64)
    for part in parts:
        spread += np.bincount(part.bucket, minlength=BUCKETS)
    # Common words that the seeds lack tell who writes, not of what: with a rare word's weight, "suppose" and "look"
    # would make all lessons about code one topic.
    telling = (spread <= max(2, _MAX_DOC_SHARE * n_docs)) & ~((spread < 2) & COMMON)
    own = np.flatnonzero(telling & (spread >= 2))
    own = np.sort(own[np.argsort(-spread[own], kind="stable")[:_OWN_COLUMNS]])
    column_of = np.where(telling, len(own) + np.arange(BUCKETS) % _SHARED_COLUMNS, -1).astype(np.int32)
    column_of[own] = np.arange(len(own), dtype=np.int32)
    idf = np.log((1 + n_docs) / (1 + np.concatenate([spread[own], np.ones(_SHARED_COLUMNS)]))) + 1
    return column_of, idf.astype(np.float32)


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


def _axes(columns: int, dims: int, rng_seed: int) -> NDArray[np.float32]:
    """(columns, dims) random signs over the root of dims."""
    signs = np.random.default_rng([rng_seed, 1]).integers(0, 2, size=(columns, dims), dtype=np.int8)
    axes: NDArray[np.float32] = ((2 * signs - 1) / np.sqrt(dims)).astype(np.float32)
    return axes


def to_bytes(embedder: Embedder) -> bytes:
    """The embedder as npz without pickle; at most 800 kB, for the axes are kept as bits."""
    sink = BytesIO()
    np.savez(
        sink,
        column_of=embedder.column_of.astype(np.int16),
        idf=embedder.idf,
        signs=np.packbits(embedder.axes > 0),
        mean=embedder.mean,
    )
    return sink.getvalue()


def from_bytes(blob: bytes) -> Embedder:
    """The embedder that `to_bytes` wrote, equal bit for bit. Raises InvalidInputError on anything else."""
    try:
        with np.load(BytesIO(blob), allow_pickle=False) as arrays:
            column_of, idf, signs, mean = (arrays[name] for name in ("column_of", "idf", "signs", "mean"))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise InvalidInputError(reason=f"not an embedder: {error}") from error
    if mean.ndim != 1 or idf.ndim != 1 or signs.shape != (-(-len(idf) * len(mean) // 8),) or not len(mean):
        raise InvalidInputError(reason="not an embedder: wrong shapes")
    if not all(np.isfinite(part).all() for part in (idf, mean)):
        raise InvalidInputError(reason="not an embedder: wrong numbers")
    if column_of.shape != (BUCKETS,) or not -1 <= column_of.min() <= column_of.max() < len(idf):
        raise InvalidInputError(reason="not an embedder: column out of range")
    bits = np.unpackbits(signs, count=len(idf) * len(mean)).reshape(len(idf), len(mean)).astype(np.int8)
    axes = ((2 * bits - 1) / np.sqrt(len(mean))).astype(np.float32)
    return Embedder(column_of.astype(np.int32), idf, axes, mean)
