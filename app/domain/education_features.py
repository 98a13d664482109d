"""What the educational classifier sees of a text: hashed words, how lines begin and end, and its shape.

Line features tell `>>>`, `def`, `.. note::` and `"key": 1,` apart without a parser. Repeated phrases do not count
(`terms`), and sizes are those of what is said once. The shape, some 370 numbers, is what carries over to new sources.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from app.domain.line_edges import LineEdges, line_edges
from app.domain.line_shapes import LINE_SHAPE_NAMES, line_shapes
from app.domain.lines import byte_table
from app.domain.prefix_sums import stretch_counts, stretch_sums
from app.domain.terms import BUCKETS, Counts, Terms, count_buckets
from app.domain.texture import TEXTURE_NAMES, stops, texture_counts, texture_shares
from app.domain.tokens import TokenBatch, mix64
from app.domain.word_classes import CLASS_NAMES, class_shares, common_shares

BAG_COLUMNS = 2 * BUCKETS
_SIZE_NAMES = (
    "log_words", "log_lines", "ink_per_line", "prose_lines", "blank_lines", "fenced_lines", "indent", "symbols",
    "distinct_words", "distinct_per_root", "word_length", "long_words", "single_letters", "log_paragraphs",
    "prose_words", "log_prose_words", "prose_word_length", "prose_long_words", "words_per_stop", "log_stops",
    "common_words", "common_running_words",
)  # fmt: skip
SHAPE_NAMES = (
    *_SIZE_NAMES,
    *(f"words_{name}" for name in CLASS_NAMES),
    *LINE_SHAPE_NAMES,
    *(f"texture_{name}" for name in TEXTURE_NAMES),
)
_LONG_WORD, _LONG_PROSE_WORD, _LONGEST = 10, 8, 20
"""Bytes from which a word is long, in any text and in prose, and beyond which more say no more."""
_LOGS = 1 + np.log(np.maximum(np.arange(1_024), 1, dtype=np.float64))
"""What `bag_values` gives to small counts, which nearly all are."""
_ALPHABETIC = byte_table(bytes(range(65, 91)) + bytes(range(97, 123)))
_ALPHANUMERIC = byte_table(bytes(range(65, 91)) + bytes(range(97, 123)) + b"0123456789")
_LINE_HASHES = 3
_OPENING, _MARK, _FRAME = np.uint64(77), np.uint64(99_991), np.uint64(555_555)
"""Salts that keep first words, line marks and line frames apart from words."""


def bag_parts(batch: TokenBatch, said: Terms, edges: LineEdges | None = None) -> tuple[Counts, Counts]:
    """Counts of words and of line features: the two stretches of a bag's columns, in this order."""
    return said.words, count_buckets(*line_hashes(batch, edges), batch.n_docs)


def bag_values(counts: Counts) -> NDArray[np.float64]:
    """1 + log(count) of every pair."""
    if counts.count.max(initial=1) < len(_LOGS):
        return _LOGS.take(counts.count)
    values: NDArray[np.float64] = 1 + np.log(counts.count)
    return values


def bag(batch: TokenBatch, said: Terms) -> csr_array:
    """(n_docs, 2 x 2^18) float64 rows of `bag_values`, for training."""
    rows = [
        csr_array((bag_values(part), part.bucket, part.first), shape=(part.n_docs, BUCKETS))
        for part in bag_parts(batch, said)
    ]
    return csr_array(hstack(rows, format="csr"))


def line_hashes(batch: TokenBatch, edges: LineEdges | None = None) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Three hashes a line with ink: its first two bytes of punctuation, its first and last byte, its opening word.

    Line after line, each with its document; a line that no word opens has two. Pass the `line_edges` when at hand.
    """
    edges = edges or line_edges(batch)
    lettered = _ALPHABETIC[edges.first]
    first = edges.first.astype(np.uint64)
    closing = np.where(_ALPHANUMERIC[edges.last], ord("a"), edges.last)
    hashes = np.zeros((len(edges.doc), _LINE_HASHES), dtype=np.uint64)
    hashes[:, 0] = first * np.uint64(1000) + np.where(lettered, 0, edges.second) + _MARK
    hashes[:, 1] = np.where(lettered, 0, first) * np.uint64(7919) + closing + _FRAME
    hashes[edges.opens, 2] = batch.word_hash[edges.word] + _OPENING
    kept = np.ones(hashes.shape, dtype=np.bool_)
    kept[:, 2] = edges.opens
    return mix64(hashes[kept]), np.repeat(edges.doc, 2 + edges.opens)


def shape(batch: TokenBatch, said: Terms, edges: LineEdges | None = None) -> NDArray[np.float64]:
    """(n_docs, len(SHAPE_NAMES)) float64: sizes, shares and means; finite also for an empty text."""
    pairs = texture_counts(batch)
    parts = (
        _sizes(batch, said),
        _prose(batch, stops(pairs)),
        common_shares(said.words),
        class_shares(said.words),
        line_shapes(batch, edges),
        texture_shares(pairs),
    )
    return np.hstack(parts)


def _sizes(batch: TokenBatch, said: Terms) -> NDArray[np.float64]:
    """(n_docs, 14): how long, how laid out, how varied."""
    words = stretch_counts(said.fresh, batch.first)
    distinct = np.diff(said.words.first)
    counts = np.maximum(batch.counts(), 1)
    columns = [
        np.log1p(words),
        *_line_means(batch),
        distinct / counts,
        distinct / np.sqrt(np.maximum(words, 1)),
        *_word_lengths(batch, counts),
        np.log1p(np.bincount(batch.lines.doc[batch.lines.closes], minlength=batch.n_docs)),
    ]
    return np.stack(columns, axis=1).astype(np.float64)


def _prose(batch: TokenBatch, ends: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n_docs, 6): how much prose there is, and its words and sentences; a rough grade without syllables."""
    length, prose = (batch.end - batch.start) * batch.prose, batch.prose
    words = stretch_counts(prose, batch.first)
    least = np.maximum(words, 1)
    columns = [
        words / np.maximum(batch.counts(), 1),
        np.log1p(words),
        stretch_sums(np.minimum(length, _LONGEST), batch.first) / least,
        stretch_counts(length >= _LONG_PROSE_WORD, batch.first) / least,
        words / (ends + 1),
        np.log1p(ends),
    ]
    return np.stack(columns, axis=1)


def _word_lengths(batch: TokenBatch, counts: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    """Mean bytes a word, share of long words, share of words of one byte."""
    length = batch.end - batch.start
    total = stretch_sums(np.minimum(length, _LONGEST), batch.first)
    shares = [stretch_counts(mask, batch.first) for mask in (length >= _LONG_WORD, length == 1)]
    return [total / counts, *(share / counts for share in shares)]


def _line_means(batch: TokenBatch) -> list[NDArray[np.float64]]:
    """Log of lines, ink a line, and shares of prose, blank and fenced lines, mean indent, share of symbols."""
    lines, n_docs = batch.lines, batch.n_docs
    n_lines = np.maximum(np.bincount(lines.doc, minlength=n_docs), 1)

    def mean(values: NDArray[np.generic]) -> NDArray[np.float64]:
        means: NDArray[np.float64] = np.bincount(lines.doc, weights=values, minlength=n_docs) / n_lines
        return means

    ink = mean(lines.ink)
    shares = [mean(lines.prose), mean(lines.ink == 0), mean(lines.fenced)]
    symbols = mean(lines.symbols) / np.maximum(ink, 1e-9)
    return [np.log1p(n_lines), np.minimum(ink, 500), *shares, mean(np.minimum(lines.indent, 24)), symbols]
