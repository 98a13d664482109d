"""What the educational classifier sees of a text: hashed words and pairs, how lines begin and end, and its shape.

Line features tell `>>>`, `def`, `.. note::` and `"key": 1,` apart without a parser. Words count only where their last
five words are new to the document, so that saying a thing a thousand times weighs as much as saying it once.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from app.domain.dedup import SHINGLE_WORDS, shingles
from app.domain.lines import byte_table
from app.domain.simplicity import Readability
from app.domain.tokens import TokenBatch, mix64

BUCKET_BITS = 18
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


def fresh_words(batch: TokenBatch) -> NDArray[np.bool_]:
    """(n_words,): the five words that end here occur for the first time in their document."""
    found = shingles(batch)
    fresh = np.ones(len(batch.doc), dtype=np.bool_)
    sizes = np.where(batch.counts() >= SHINGLE_WORDS, np.diff(found.first), 0)
    if not sizes.any():
        return fresh
    long = np.repeat(sizes > 0, np.diff(found.first))
    within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    word = np.repeat(batch.first[:-1] + SHINGLE_WORDS - 1, sizes) + within
    keyed = mix64(found.value[long] + batch.doc[word].astype(np.uint64) * _PAIR)
    order = np.argsort(keyed)
    runs = np.flatnonzero(np.diff(keyed[order], prepend=~keyed[order[:1]]))
    fresh[word] = False
    fresh[word[np.minimum.reduceat(order, runs)]] = True
    return fresh


def bag(batch: TokenBatch, fresh: NDArray[np.bool_]) -> csr_array:
    """(n_docs, 2^18) float64, 1 + log(count) of hashed words, word pairs, line openings and line frames."""
    doc = batch.doc.astype(np.int64)
    pair = mix64(batch.word_hash[:-1] * _PAIR + batch.word_hash[1:])
    paired = (doc[1:] == doc[:-1]) & fresh[1:]
    line_hash, line_doc = _line_hashes(batch)
    hashes = np.concatenate([batch.word_hash[fresh], pair[paired], line_hash])
    docs = np.concatenate([doc[fresh], doc[1:][paired], line_doc])
    keys = np.sort((docs << BUCKET_BITS) | (hashes >> np.uint64(64 - BUCKET_BITS)).astype(np.int64))
    firsts = np.flatnonzero(np.diff(keys, prepend=-1))
    counts = np.diff(firsts, append=len(keys))
    keys = keys[firsts]
    starts = np.searchsorted(keys, np.arange(batch.n_docs + 1, dtype=np.int64) << BUCKET_BITS)
    column = (keys & ((1 << BUCKET_BITS) - 1)).astype(np.int32)
    return csr_array((1 + np.log(counts), column, starts), shape=(batch.n_docs, 1 << BUCKET_BITS))


def _line_hashes(batch: TokenBatch) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Three hashes a line with ink: its opening word, its first two bytes of punctuation, its first and last byte."""
    lines, buffer = batch.lines, batch.buffer
    at = np.flatnonzero(lines.ink > 0)
    doc = lines.doc[at].astype(np.int64)
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


def shape(batch: TokenBatch, reading: Readability, fresh: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n_docs, len(SHAPE_NAMES)) float64: sizes, shares and means; finite also for an empty text."""
    bytes_seen = _byte_counts(batch)
    total = np.maximum(bytes_seen.sum(axis=1), 1)
    lined = _line_shapes(batch)
    words = np.bincount(batch.doc[fresh], minlength=batch.n_docs)
    distinct = _distinct_words(batch)
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


def _distinct_words(batch: TokenBatch) -> NDArray[np.int64]:
    keys = np.sort((batch.doc.astype(np.int64) << 32) | (batch.word_hash >> np.uint64(32)).astype(np.int64))
    firsts = np.diff(keys, prepend=-1) != 0
    return np.bincount(keys[firsts] >> 32, minlength=batch.n_docs).astype(np.int64)
