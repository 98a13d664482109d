"""The texture of a text: how often each kind of character is followed by each other kind.

Prose, code, markup, tables and generated data differ in it whatever their words, so it carries over to sources never
seen. One histogram a document.
"""

import numpy as np
from numpy.typing import NDArray

from app.domain.byte_classes import KIND_MASK, KINDS
from app.domain.tokens import TokenBatch

TEXTURE_NAMES = tuple(f"{first}_{second}" for first in KINDS for second in KINDS)
"""256 pairs of kinds; "stop_space" is a full stop before a space."""


def texture_counts(batch: TokenBatch) -> NDArray[np.int64]:
    """(n_docs, 256): how often each pair of kinds stands side by side in a document."""
    kind = (batch.classes & np.uint8(KIND_MASK)).astype(np.int16)
    pair = kind[:-1] * np.int16(len(KINDS)) + kind[1:]
    counts = np.zeros((batch.n_docs, len(TEXTURE_NAMES)), dtype=np.int64)
    for row in range(batch.n_docs):
        counts[row] = np.bincount(pair[batch.doc_starts[row] : batch.doc_starts[row + 1] - 1], minlength=256)
    return counts


def texture_shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n_docs, 256): square root of each pair's share of a document's pairs."""
    shares: NDArray[np.float64] = np.sqrt(counts / np.maximum(counts.sum(axis=1), 1)[:, None])
    return shares


def stops(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n_docs,): full stops and question marks before a blank or a line's end; about as many as sentences."""
    at = [TEXTURE_NAMES.index(name) for name in ("stop_space", "stop_line")]
    found: NDArray[np.int64] = counts[:, at].sum(axis=1)
    return found
