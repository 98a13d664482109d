"""How easy a text is to read: sentence and word length, known words, a school grade and an ease.

Measured on lines of prose, so that code inside Markdown does not count; a text with almost no prose is measured whole,
a line as a sentence. Flesch 1948 (ease), Kincaid et al. 1975 (grade), Dale and Chall 1948 (known words, with a list of
our own). Numbers and names inside a sentence count as known. All from one `TokenBatch`; nothing here is ever NaN.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.common_words import COMMON_WORDS
from app.domain.lines import byte_table
from app.domain.tokens import TokenBatch, hash_words
from app.domain.word_sets import WordSet, word_set

_COMMON: WordSet = word_set(COMMON_WORDS)
_LEAST_PROSE = 20
"""Words of prose below which the whole text is measured instead."""
_UPPER = byte_table(bytes(range(65, 91)))
_LOWER = byte_table(bytes(range(97, 123)))
_DIGIT = byte_table(b"0123456789")
_AFTER_STOP = byte_table(b" \t\n\"')]*_")
_ABBREVIATIONS = hash_words(["mr", "mrs", "ms", "dr", "prof", "st", "vs", "cf", "fig", "figs", "eq", "al", "g", "e"])
_GRADES = (1.0, 16.0)


@dataclass(frozen=True, slots=True)
class Readability:
    """One row a document, float64 unless said otherwise."""

    words: NDArray[np.int64]
    """Words measured."""
    sentences: NDArray[np.int64]
    """Sentences among them, at least 1 where there are words."""
    syllables: NDArray[np.int64]
    """Syllables of those words."""
    listed: NDArray[np.int64]
    """Of those words, how many are common, numbers or names."""
    fre: NDArray[np.float64]
    """Flesch reading ease, higher is easier, unbounded."""
    fkgl: NDArray[np.float64]
    """Flesch-Kincaid grade level, unbounded."""
    list_coverage: NDArray[np.float64]
    """Share of running words that are listed, [0, 1]; 1 without words."""
    ease: NDArray[np.float64]
    """[0, 100], higher is easier."""
    grade: NDArray[np.float64]
    """US school grade, [1, 16], lower is easier."""


def readability(batch: TokenBatch) -> Readability:
    """Readability of every document of a batch. A document without words has ease 100 and grade 1."""
    scope, ends = _scope(batch)
    words = _total(batch, scope)
    syllables = _total(batch, scope, batch.syllables)
    listed = _total(batch, scope & known_words(batch))
    sentences = np.maximum(_total(batch, scope & ends), words > 0)
    return measure(words, sentences, syllables, listed)


def measure(
    words: NDArray[np.int64], sentences: NDArray[np.int64], syllables: NDArray[np.int64], listed: NDArray[np.int64]
) -> Readability:
    """Formulas over counts, which add up across documents and workers.

    FRE = 206.835 - 1.015 W/S - 84.6 Y/W;  FKGL = 0.39 W/S + 11.8 Y/W - 15.59, with W words, S sentences, Y syllables.
    100 words, 5 sentences, 150 syllables: FRE 59.635, FKGL 9.91.
    """
    length = words / np.maximum(sentences, 1)
    weight = syllables / np.maximum(words, 1)
    coverage = np.where(words > 0, listed / np.maximum(words, 1), 1.0)
    some = words > 0
    fre = np.where(some, 206.835 - 1.015 * length - 84.6 * weight, 100.0)
    fkgl = np.where(some, 0.39 * length + 11.8 * weight - 15.59, 0.0)
    ease = np.where(some, _ease(fre, coverage), 100.0)
    grade = np.where(some, _grade(fkgl, coverage), _GRADES[0])
    return Readability(words, sentences, syllables, listed, fre, fkgl, coverage, ease, grade)


def _ease(fre: NDArray[np.float64], coverage: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half Flesch, half known words: 100 when all are listed, 0 when half are not."""
    ease: NDArray[np.float64] = 0.5 * np.clip(fre, 0, 100) + 0.5 * np.clip(200 * coverage - 100, 0, 100)
    return ease


def _grade(fkgl: NDArray[np.float64], coverage: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of Flesch-Kincaid and a grade by unknown words."""
    by_list = 3 + 36 * (1 - coverage)
    grade: NDArray[np.float64] = np.clip(0.5 * np.clip(fkgl, -2, 20) + 0.5 * by_list, *_GRADES)
    return grade


def known_words(batch: TokenBatch) -> NDArray[np.bool_]:
    """(n_words,): the word is on the common list, is or starts with a digit, or is a name inside a sentence.

    Gates add a seed's own glossary: `known_words(batch) | np.isin(batch.word_hash, hash_words(glossary))`.
    """
    known = _COMMON.contains(batch.word_hash)
    first = batch.buffer[batch.start]
    known |= _DIGIT[first] | (batch.end - batch.start == 1)
    named = _UPPER[first] & _LOWER[batch.buffer[np.minimum(batch.start + 1, len(batch.buffer) - 1)]]
    opens = np.ones(len(known), dtype=np.bool_)
    opens[1:] = _sentence_ends(batch)[:-1] | (batch.doc[1:] != batch.doc[:-1])
    return known | (named & ~opens)


def _scope(batch: TokenBatch) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which words count, and which of them end a sentence."""
    ends = _sentence_ends(batch)
    prose = _total(batch, batch.prose)
    whole = (prose < _LEAST_PROSE) & (batch.counts() > prose)
    if not whole.any():
        return batch.prose, ends
    whole_word = whole[batch.doc]
    return batch.prose | whole_word, ends | (
        whole_word & _line_ends(batch, np.ones(len(batch.lines.doc), dtype=np.bool_))
    )


def _sentence_ends(batch: TokenBatch) -> NDArray[np.bool_]:
    """Words after which a sentence ends: before a full stop that is one, or last of a paragraph, heading or item."""
    ends = _line_ends(batch, batch.lines.closes)
    buffer = batch.buffer
    stops = np.flatnonzero((buffer == ord(".")) | (buffer == ord("!")) | (buffer == ord("?")))
    stops = stops[_AFTER_STOP[buffer[stops + 1]]]
    word = np.searchsorted(batch.start, stops) - 1
    inside = (word >= 0) & (batch.doc_starts[batch.doc[word] + 1] > stops) if len(batch.doc) else word >= 0
    stops, word = stops[inside], word[inside]
    ends[word[(buffer[stops] != ord(".")) | ~_is_inner(batch, word)]] = True
    return ends


def _is_inner(batch: TokenBatch, word: NDArray[np.int64]) -> NDArray[np.bool_]:
    """A full stop after these words belongs to an abbreviation, an initial or a continuation in lower case."""
    first = batch.buffer[batch.start[word]]
    initial = (batch.end[word] - batch.start[word] == 1) & _UPPER[first] & (first != ord("I"))
    short = np.isin(batch.word_hash[word], _ABBREVIATIONS)
    following = np.minimum(word + 1, len(batch.start) - 1)
    goes_on = _LOWER[batch.buffer[batch.start[following]]] & (batch.doc[following] == batch.doc[word])
    inner: NDArray[np.bool_] = initial | short | goes_on
    return inner


def _line_ends(batch: TokenBatch, closing: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The last word of every line that closes; a line without words passes it on to the word before."""
    ends = np.zeros(len(batch.start), dtype=np.bool_)
    last = np.searchsorted(batch.start, batch.lines.end[closing]) - 1
    ends[last[last >= 0]] = True
    return ends


def _total(batch: TokenBatch, mask: NDArray[np.bool_], weights: NDArray[np.int16] | None = None) -> NDArray[np.int64]:
    """Words of the mask a document, or the sum of their weights."""
    if weights is None:
        return np.bincount(batch.doc[mask], minlength=batch.n_docs).astype(np.int64)
    return np.rint(np.bincount(batch.doc[mask], weights=weights[mask], minlength=batch.n_docs)).astype(np.int64)
