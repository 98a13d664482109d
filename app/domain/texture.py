"""The texture of a text: how often each kind of character is followed by each other kind.

Prose, code, markup, tables and generated data differ in it whatever their words, so it carries over to sources never
seen. One table look-up a byte and one histogram a document.
"""

import numpy as np
from numpy.typing import NDArray

from app.domain.tokens import TokenBatch

_KINDS = {
    "lower": b"abcdefghijklmnopqrstuvwxyz",
    "upper": b"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "digit": b"0123456789",
    "space": b" \t",
    "line": b"\n\r",
    "stop": b".?",
    "comma": b",;",
    "open": b"([{",
    "close": b")]}",
    "quote": b"\"'`",
    "operator": b"=+*/%&|^~!@$\\-",
    "hash": b"#",
    "angle": b"<>",
    "colon": b":",
    "underscore": b"_",
    "other": b"",
}
TEXTURE_NAMES = tuple(f"{first}_{second}" for first in _KINDS for second in _KINDS)
"""256 pairs of kinds; "stop_space" is a full stop before a space."""


def _kind_table() -> NDArray[np.uint8]:
    table = np.full(256, len(_KINDS) - 1, dtype=np.uint8)
    for number, members in enumerate(_KINDS.values()):
        table[np.frombuffer(members, dtype=np.uint8)] = number
    return table


_KIND_OF = _kind_table()


def texture_counts(batch: TokenBatch) -> NDArray[np.int64]:
    """(n_docs, 256): how often each pair of kinds stands side by side in a document."""
    kind = _KIND_OF.take(batch.buffer)
    pair = (kind[:-1] << np.uint8(4)) | kind[1:]
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
