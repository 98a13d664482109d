"""What the educational classifier sees of a text: hashed words and pairs, how lines begin and end, and its shape.

Line features tell `>>>`, `def`, `.. note::` and `"key": 1,` apart without a parser. Repeated phrases do
not count (`terms`), and sizes are those of what is said once.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from app.domain.lines import byte_table
from app.domain.simplicity import Readability
from app.domain.terms import BUCKETS, Counts, Terms, count_buckets
from app.domain.tokens import TokenBatch, mix64

BAG_COLUMNS = 3 * BUCKETS
_PUNCTUATION = b"#\"'=(){}[]<>:;,._-/\\*@?!`\t|+$%&~^0"
_SHAPES = (
    "log_words", "log_lines", "ink_per_line", "prose_lines", "blank_lines", "fenced_lines", "indent", "symbols",
    "log_prose_words", "prose_words", "log_sentences", "sentence_length", "word_syllables", "list_coverage", "ease",
    "grade", "distinct_words", "distinct_per_root", "digits", "capitals", "non_ascii",
)  # fmt: skip
SHAPE_NAMES = _SHAPES + tuple(f"byte_{byte}" for byte in _PUNCTUATION)
_PAIR = np.uint64(0xBF58476D1CE4E5B9)
_ALPHABETIC = byte_table(bytes(range(65, 91)) + bytes(range(97, 123)))
_ALPHANUMERIC = byte_table(bytes(range(65, 91)) + bytes(range(97, 123)) + b"0123456789")
_OPENING, _MARK, _FRAME = np.uint64(77), np.uint64(99_991), np.uint64(555_555)
"""Salts that keep first words, line marks and line frames apart from words."""


def bag_parts(batch: TokenBatch, said: Terms) -> tuple[Counts, ...]:
    """Counts of words, of word pairs and of line features: the three stretches of a bag's columns, in this order."""
    pair = mix64(batch.word_hash[:-1] * _PAIR + batch.word_hash[1:])
    paired = (batch.doc[1:] == batch.doc[:-1]) & said.fresh[1:]
    pairs = count_buckets(pair[paired], batch.doc[1:][paired], batch.n_docs)
    return said.words, pairs, count_buckets(*_line_hashes(batch), batch.n_docs)


def bag_values(counts: Counts) -> NDArray[np.float64]:
    """1 + log(count) of every pair."""
    values: NDArray[np.float64] = 1 + np.log(counts.count)
    return values


def bag(batch: TokenBatch, said: Terms) -> csr_array:
    """(n_docs, 3 x 2^18) float64 rows of `bag_values`, for training."""
    rows = [
        csr_array((bag_values(part), part.bucket, part.first), shape=(part.n_docs, BUCKETS))
        for part in bag_parts(batch, said)
    ]
    return csr_array(hstack(rows, format="csr"))


def _line_hashes(batch: TokenBatch) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Three hashes a line with ink: its opening word, its first two bytes of punctuation, its first and last byte."""
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


def shape(batch: TokenBatch, reading: Readability, said: Terms) -> NDArray[np.float64]:
    """(n_docs, len(SHAPE_NAMES)) float64: sizes, shares and means; finite also for an empty text."""
    bytes_seen = _byte_counts(batch)
    total = np.maximum(bytes_seen.sum(axis=1), 1)
    lined = _line_shapes(batch)
    words = np.bincount(batch.doc[said.fresh], minlength=batch.n_docs)
    distinct = np.diff(said.words.first)
    least_words, least_sentences = np.maximum(words, 1), np.maximum(reading.sentences, 1)
    by_class = (np.sqrt(bytes_seen[:, low:high].sum(axis=1) / total) for low, high in ((48, 58), (65, 91), (128, 256)))
    counts = np.maximum(batch.counts(), 1)
    columns = [
        np.log1p(words), *lined, np.log1p(np.minimum(reading.words, words)),
        reading.words / counts, np.log1p(np.minimum(reading.sentences, words)),
        reading.words / least_sentences, reading.syllables / np.maximum(reading.words, 1), reading.list_coverage,
        reading.ease / 100, reading.grade / 16, distinct / counts, distinct / np.sqrt(least_words),
        *by_class,
    ]  # fmt: skip
    marks = np.sqrt(bytes_seen[:, np.frombuffer(_PUNCTUATION, dtype=np.uint8)] / total[:, None])
    return np.column_stack([np.stack(columns, axis=1), marks]).astype(np.float64)


def _byte_counts(batch: TokenBatch) -> NDArray[np.int64]:
    counts = np.zeros((batch.n_docs, 256), dtype=np.int64)
    for row in range(batch.n_docs):
        counts[row] = np.bincount(batch.buffer[batch.doc_starts[row] : batch.doc_starts[row + 1]], minlength=256)
    return counts


def _line_shapes(batch: TokenBatch) -> list[NDArray[np.float64]]:
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
