"""How the lines of a text look: what they open and close with, how deep they lie, how much is comment or docstring.

All from the line table and the word starts of a `TokenBatch`; a share is of the lines with ink and stands as its square
root, so that one line in a hundred still shows.
"""

import numpy as np
from numpy.typing import NDArray

from app.domain.line_edges import LineEdges, line_edges
from app.domain.terms import BUCKET_BITS, BUCKETS
from app.domain.tokens import TokenBatch, hash_words

_FIRST = b"#>.:@-*=<\"'{}[(`|+\\/~$"
_LAST = b":,.;({[)}]\"'\\?"
_OPENING = (
    "def class import from return if for while try except assert self raise print with elif else the a this we you "
    "in it to note example async yield let const function public var"
).split()
_SPECIAL = ("digit", "rule", "prompt", "directive", "comment", "long", "docstring")
_SIZES = ("indent_spread", "ink_spread", "comment_ink", "prose_ink")
LINE_SHAPE_NAMES = (
    *(f"opens_{chr(byte)}" for byte in _FIRST),
    *(f"closes_{chr(byte)}" for byte in _LAST),
    *(f"opens_with_{word}" for word in _OPENING),
    *(f"lines_{name}" for name in _SPECIAL),
    *_SIZES,
)
_DEEPEST, _LONG = 32, 90
"""Indent beyond which depth says no more, and the ink of a line that is long, both in bytes."""


def _numbered(members: bytes) -> NDArray[np.uint8]:
    """(256,): 1 + the place of a byte among the members, 0 for others."""
    table = np.zeros(256, dtype=np.uint8)
    table[np.frombuffer(members, dtype=np.uint8)] = np.arange(1, len(members) + 1, dtype=np.uint8)
    return table


def _openings() -> NDArray[np.uint8]:
    table = np.zeros(BUCKETS, dtype=np.uint8)
    table[(hash_words(_OPENING) >> np.uint64(64 - BUCKET_BITS)).astype(np.intp)] = np.arange(1, len(_OPENING) + 1)
    return table


_FIRST_OF, _LAST_OF, _OPENING_OF = _numbered(_FIRST), _numbered(_LAST), _openings()


def line_shapes(batch: TokenBatch, edges: LineEdges | None = None) -> NDArray[np.float64]:
    """(n_docs, len(LINE_SHAPE_NAMES)) float64, finite also for an empty text. Pass the `line_edges` when at hand."""
    edges = edges or line_edges(batch)
    lines, at, doc = batch.lines, edges.at, edges.doc
    ink = lines.ink[at]
    inked = np.maximum(np.bincount(doc, minlength=batch.n_docs), 1)
    first, second, last = edges.first, edges.second, edges.last
    docstring = _in_docstring(batch)[at]
    comment = docstring | (first == ord("#"))
    special = (
        (first >= ord("0")) & (first <= ord("9")),
        (first == second) & (second == last) & (ink > 3),
        (first == ord(">")) & (second == ord(">")),
        (first == ord(".")) & (second == ord(".")),
        (first == ord("#")) & (second == ord(" ")),
        ink > _LONG,
        docstring,
    )
    counts = (
        _counts(doc, _FIRST_OF[first], batch.n_docs, len(_FIRST)),
        _counts(doc, _LAST_OF[last], batch.n_docs, len(_LAST)),
        _opening_counts(batch, edges),
        np.stack([np.bincount(doc[mask], minlength=batch.n_docs) for mask in special], axis=1),
    )
    shares = np.sqrt(np.hstack(counts) / inked[:, None])
    indent = np.minimum(lines.indent[at], _DEEPEST).astype(np.float64)
    sizes = _sizes(batch.n_docs, doc, ink.astype(np.float64), indent, (comment, lines.prose[at]))
    return np.hstack([shares, sizes])


def _counts(doc: NDArray[np.int32], member: NDArray[np.uint8], n_docs: int, width: int) -> NDArray[np.int64]:
    """(n_docs, width): lines by the number of their member; number 0 is left out."""
    key = doc.astype(np.int64) * (width + 1) + member
    counts: NDArray[np.int64] = np.bincount(key, minlength=n_docs * (width + 1)).reshape(n_docs, width + 1)[:, 1:]
    return counts


def _opening_counts(batch: TokenBatch, edges: LineEdges) -> NDArray[np.int64]:
    bucket = (batch.word_hash[edges.word] >> np.uint64(64 - BUCKET_BITS)).astype(np.intp)
    return _counts(edges.doc[edges.opens], _OPENING_OF[bucket], batch.n_docs, len(_OPENING))


def _in_docstring(batch: TokenBatch) -> NDArray[np.bool_]:
    """Lines inside or at the edge of a triple-quoted string, by the parity of triple quotes so far in the document."""
    lines, buffer = batch.lines, batch.buffer
    quotes = np.flatnonzero((buffer == ord('"')) | (buffer == ord("'")))
    quote = buffer[quotes]
    # Every document ends with a line feed, so the byte after a quote exists; the one after that may not.
    marks = quotes[(buffer[quotes + 1] == quote) & (buffer.take(quotes + 2, mode="clip") == quote)]
    seen = np.bincount(np.searchsorted(lines.start, marks, side="right") - 1, minlength=len(lines.doc))
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(seen)])
    first = np.searchsorted(lines.doc, np.arange(batch.n_docs))
    inside: NDArray[np.bool_] = ((before[:-1] - before[first][lines.doc]) % 2 == 1) | (seen > 0)
    return inside


def _sizes(
    n_docs: int,
    doc: NDArray[np.int32],
    ink: NDArray[np.float64],
    indent: NDArray[np.float64],
    parts: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> NDArray[np.float64]:
    """(n_docs, 4): spread of indent, spread of ink over its mean, ink of comments and ink of prose."""
    inked = np.maximum(np.bincount(doc, minlength=n_docs), 1)

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        means: NDArray[np.float64] = np.bincount(doc, weights=values, minlength=n_docs) / inked
        return means

    total = np.maximum(np.bincount(doc, weights=ink, minlength=n_docs), 1)
    deep = np.sqrt(np.maximum(mean(indent * indent) - mean(indent) ** 2, 0))
    uneven = np.sqrt(np.maximum(mean(ink * ink) - mean(ink) ** 2, 0)) / np.maximum(mean(ink), 1)
    shares = [np.sqrt(np.bincount(doc[part], weights=ink[part], minlength=n_docs) / total) for part in parts]
    return np.stack([deep, uneven, *shares], axis=1)
