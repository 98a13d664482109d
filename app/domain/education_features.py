"""What the educational classifier sees of a text: hashed words, how lines begin and end, and its shape.

Line features tell `>>>`, `def`, `.. note::` and `"key": 1,` apart without a parser. Repeated phrases do not count
(`terms`), and sizes are those of what is said once. The shape, some 370 numbers, is what carries over to new sources.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from app.domain.line_shapes import LINE_SHAPE_NAMES, line_shapes
from app.domain.lines import byte_table
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
_OPENING, _MARK, _FRAME = np.uint64(77), np.uint64(99_991), np.uint64(555_555)
"""Salts that keep first words, line marks and line frames apart from words."""


def bag_parts(batch: TokenBatch, said: Terms) -> tuple[Counts, Counts]:
    """Counts of words and of line features: the two stretches of a bag's columns, in this order."""
    return said.words, count_buckets(*line_hashes(batch), batch.n_docs)


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


def line_hashes(batch: TokenBatch) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Three hashes a line with ink: its first two bytes of punctuation, its first and last byte, its opening word."""
    lines, buffer = batch.lines, batch.buffer
    at = np.flatnonzero(lines.ink > 0)
    doc = lines.doc[at]
    begin = lines.start[at] + lines.indent[at]
    first, second, last = buffer[begin], buffer[begin + 1], buffer[lines.end[at] - 1]
    lettered = _ALPHABETIC[first]
    marks = first.astype(np.uint64) * np.uint64(1000) + np.where(lettered, 0, second).astype(np.uint64)
    closing = np.where(_ALPHANUMERIC[last], ord("a"), last).astype(np.uint64)
    frames = np.where(lettered, 0, first).astype(np.uint64) * np.uint64(7919) + closing
    hashes, docs = [mix64(marks + _MARK), mix64(frames + _FRAME)], [doc, doc]
    if len(batch.start):
        word = np.minimum(np.searchsorted(batch.start, begin), len(batch.start) - 1)
        opens = batch.start[word] == begin
        hashes.append(mix64(batch.word_hash[word[opens]] + _OPENING))
        docs.append(doc[opens])
    return np.concatenate(hashes), np.concatenate(docs)


def shape(batch: TokenBatch, said: Terms) -> NDArray[np.float64]:
    """(n_docs, len(SHAPE_NAMES)) float64: sizes, shares and means; finite also for an empty text."""
    pairs = texture_counts(batch)
    parts = (
        _sizes(batch, said),
        _prose(batch, stops(pairs)),
        common_shares(said.words),
        class_shares(said.words),
        line_shapes(batch),
        texture_shares(pairs),
    )
    return np.hstack(parts)


def _sizes(batch: TokenBatch, said: Terms) -> NDArray[np.float64]:
    """(n_docs, 14): how long, how laid out, how varied."""
    words = np.bincount(batch.doc[said.fresh], minlength=batch.n_docs)
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
    doc, length = batch.doc[batch.prose], (batch.end - batch.start)[batch.prose]
    words = np.bincount(doc, minlength=batch.n_docs)
    least = np.maximum(words, 1)
    columns = [
        words / np.maximum(batch.counts(), 1),
        np.log1p(words),
        np.bincount(doc, weights=np.minimum(length, _LONGEST), minlength=batch.n_docs) / least,
        np.bincount(doc[length >= _LONG_PROSE_WORD], minlength=batch.n_docs) / least,
        words / (ends + 1),
        np.log1p(ends),
    ]
    return np.stack(columns, axis=1)


def _word_lengths(batch: TokenBatch, counts: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    """Mean bytes a word, share of long words, share of words of one byte."""
    length = batch.end - batch.start
    total = np.bincount(batch.doc, weights=np.minimum(length, _LONGEST), minlength=batch.n_docs)
    shares = [np.bincount(batch.doc[mask], minlength=batch.n_docs) for mask in (length >= _LONG_WORD, length == 1)]
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
