"""How easy a text is to read: five published formulas, known words, and a school grade and an ease of our own.

Measured on lines of prose, so that code inside Markdown does not count; a text with almost no prose is measured whole,
a line as a sentence. The ease model is linear in the logarithm of the sentence length, syllables a word and the cubic
mean of word grades (`word_grades`), fitted by `benchmarks/ease/train.py`. All from one `TokenBatch`; nothing here is
ever NaN. Knows nothing of sentence ends: `sentence_ends`.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from app.domain import formulas
from app.domain.lines import byte_table
from app.domain.sentence_ends import line_ends, sentence_ends
from app.domain.tokens import TokenBatch
from app.domain.word_grades import COMMON, LISTED, cubes, distinct, graded_words

_LEAST_PROSE = 20
"""Words of prose below which the whole text is measured instead."""
_UPPER = byte_table(bytes(range(65, 91)))
_LOWER = byte_table(bytes(range(97, 123)))
_LETTER = byte_table(bytes(range(65, 91)) + bytes(range(97, 123)))
_DIGIT = byte_table(b"0123456789")
_GRADES = (1.0, 16.0)
_SENTENCE_WORDS = (2.0, 60.0)
"""Sentence lengths beyond which nobody's judgement changes; a table read as one sentence would decide alone."""
_POLYSYLLABLE = 3
EASE_MODEL = (-8.157, 2.245, 2.933, 1.58)
"""Grade = c0 + c1 ln(W/S) + c2 Y/W + c3 G; see `app/models/ease.json`."""
_EASIEST, _EASE_A_GRADE = 120.0, 6.0
"""Ease = 120 - 6 x grade: grade 3.3 is 100, grade 11.7 is 50, where the half Flesch it followed had them."""
_NO_GRADES, _HARDEST = 3.0, 10.5
"""G of a text of names and numbers alone, and the most that syllables can say."""
_FOREIGN = (0.3, 0.6)
"""Share of distinct words with a known grade at which the grades start to count and from which they count in full.
English prose has 0.9; other languages have 0.1 to 0.3, and there syllables say more."""
_BY_SYLLABLES = (-0.66, 3.07)
"""G of English text from Y/W: intercept and slope, least squares over the training texts."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What readability is made of, one row a document; sums, which add up across documents and workers."""

    words: NDArray[np.int64]
    """Words measured."""
    sentences: NDArray[np.int64]
    """Sentences among them, at least 1 where there are words."""
    syllables: NDArray[np.int64]
    """Syllables of those words."""
    listed: NDArray[np.int64]
    """Of those words, how many are common, numbers or names."""
    characters: NDArray[np.int64]
    """Characters of those words."""
    polysyllables: NDArray[np.int64]
    """Words of three syllables or more."""
    graded: NDArray[np.int64]
    """Distinct words in each 200, without names, numbers and identifiers."""
    recognised: NDArray[np.int64]
    """Those of them whose grade is not by length alone."""
    grade_cubes: NDArray[np.float64]
    """Sum of the cubes of the grades of `graded`."""


@dataclass(frozen=True, slots=True)
class Readability(Counts):
    """The counts, and what the formulas make of them; (n_docs,) float64."""

    fre: NDArray[np.float64]
    """Flesch reading ease, higher is easier, unbounded; 100 without words."""
    fkgl: NDArray[np.float64]
    """Flesch-Kincaid grade level, unbounded; 0 without words, as the next three."""
    smog: NDArray[np.float64]
    """SMOG grade, at least 3.13."""
    ari: NDArray[np.float64]
    """Automated readability index, a grade, unbounded."""
    coleman_liau: NDArray[np.float64]
    """Coleman-Liau index, a grade, unbounded."""
    list_coverage: NDArray[np.float64]
    """Share of running words that are listed, [0, 1]; 1 without words."""
    ease: NDArray[np.float64]
    """[0, 100], higher is easier."""
    grade: NDArray[np.float64]
    """US school grade, [1, 16], lower is easier."""


def readability(batch: TokenBatch) -> Readability:
    """Readability of every document of a batch. A document without words has ease 100 and grade 1."""
    codes = graded_words().look_up(batch.word_hash)
    ends = sentence_ends(batch)
    scope, closing = _scope(batch, ends)
    words, syllables = _total(batch, scope), batch.count_syllables()
    index = np.flatnonzero(scope & _is_graded(batch, codes))
    index = index[distinct(batch, index)]
    coded, doc, n_docs = codes.take(index), batch.doc.take(index), batch.n_docs
    length = batch.end.take(index) - batch.start.take(index)
    return measure(
        Counts(
            words=words,
            sentences=np.maximum(_total(batch, scope & closing), words > 0),
            syllables=_total(batch, scope, syllables),
            listed=_total(batch, scope & _is_known(batch, codes, ends)),
            characters=_total(batch, scope, _characters(batch)),
            polysyllables=_total(batch, scope & (syllables >= _POLYSYLLABLE)),
            graded=np.bincount(doc, minlength=n_docs).astype(np.int64),
            recognised=np.bincount(doc[coded > 0], minlength=n_docs).astype(np.int64),
            grade_cubes=np.bincount(doc, weights=cubes(coded, length), minlength=n_docs).astype(np.float64),
        )
    )


def measure(counts: Counts) -> Readability:
    """What the formulas of `formulas` and the ease model make of counts."""
    some = counts.words > 0
    words, sentences = np.maximum(counts.words, 1), np.maximum(counts.sentences, 1)
    spoken, written = (words, sentences, counts.syllables), (words, sentences, counts.characters)
    grade = _model_grade(counts)
    return Readability(
        **{field.name: getattr(counts, field.name) for field in fields(counts)},
        fre=np.where(some, formulas.flesch_reading_ease(*spoken), 100.0),
        fkgl=np.where(some, formulas.flesch_kincaid_grade(*spoken), 0.0),
        smog=np.where(some, formulas.smog_grade(sentences, counts.polysyllables), 0.0),
        ari=np.where(some, formulas.automated_readability_index(*written), 0.0),
        coleman_liau=np.where(some, formulas.coleman_liau_index(*written), 0.0),
        list_coverage=np.where(some, counts.listed / words, 1.0),
        ease=np.where(some, np.clip(_EASIEST - _EASE_A_GRADE * grade, 0.0, 100.0), 100.0),
        grade=np.where(some, np.clip(grade, *_GRADES), _GRADES[0]),
    )


def known_words(batch: TokenBatch) -> NDArray[np.bool_]:
    """(n_words,): the word is on the common list, is or starts with a digit, or is a name inside a sentence.

    Gates add a seed's own glossary: `known_words(batch) | np.isin(batch.word_hash, hash_words(glossary))`.
    """
    return _is_known(batch, graded_words().look_up(batch.word_hash), sentence_ends(batch))


def model_inputs(counts: Counts) -> NDArray[np.float64]:
    """(n_docs, 3): what the ease model is linear in: ln(W/S), Y/W and G, the cubic mean of word grades."""
    words = np.maximum(counts.words, 1)
    length = np.clip(words / np.maximum(counts.sentences, 1), *_SENTENCE_WORDS)
    weight = counts.syllables / words
    graded = np.maximum(counts.graded, 1)
    cubic = np.where(counts.graded > 0, np.cbrt(counts.grade_cubes / graded), _NO_GRADES)
    low, high = _FOREIGN
    trust = np.clip((counts.recognised / graded - low) / (high - low), 0.0, 1.0)
    by_syllables = np.clip(_BY_SYLLABLES[0] + _BY_SYLLABLES[1] * weight, _NO_GRADES, _HARDEST)
    return np.column_stack([np.log(length), weight, trust * cubic + (1 - trust) * by_syllables])


def _model_grade(counts: Counts) -> NDArray[np.float64]:
    # Not `@`: the last bit of BLAS's sums depends on how many rows there are.
    grade: NDArray[np.float64] = EASE_MODEL[0] + (model_inputs(counts) * np.array(EASE_MODEL[1:])).sum(axis=1)
    return grade


def _is_known(batch: TokenBatch, codes: NDArray[np.uint8], ends: NDArray[np.bool_]) -> NDArray[np.bool_]:
    first = batch.buffer.take(batch.start)
    known: NDArray[np.bool_] = ((codes & COMMON) != 0) | _DIGIT.take(first) | (batch.end - batch.start == 1)
    # Every document ends with a line feed, so a word's end is a byte of the buffer.
    named = _UPPER.take(first) & _LOWER.take(batch.buffer.take(batch.start + 1))
    opens = np.ones(len(known), dtype=np.bool_)
    opens[1:] = ends[:-1] | (batch.doc[1:] != batch.doc[:-1])
    known |= named & ~opens
    return known


def _is_graded(batch: TokenBatch, codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Words whose grade counts: no numbers, letters, names, words in backticks or with underscores."""
    first = batch.buffer.take(batch.start)
    graded = _LETTER.take(first) & (batch.end - batch.start > 1)
    graded &= ~_UPPER.take(first) | ((codes & LISTED) != 0)
    graded &= batch.buffer.take(batch.start - 1, mode="wrap") != ord("`")
    marks = np.flatnonzero(batch.buffer == ord("_"))
    if len(marks) and len(batch.start):
        word = np.searchsorted(batch.start, marks, side="right") - 1
        graded[word[(word >= 0) & (batch.end[word] > marks)]] = False
    return graded


def _characters(batch: TokenBatch) -> NDArray[np.int64]:
    """(n_words,): characters, not bytes: what goes on a character in UTF-8 is not counted."""
    length = batch.end - batch.start
    if batch.buffer.max(initial=0) < 0x80:
        return length
    going_on = np.zeros(len(batch.buffer) + 1, dtype=np.int32)
    np.cumsum((batch.buffer & 0xC0) == 0x80, dtype=np.int32, out=going_on[1:])
    return length - (going_on[batch.end] - going_on[batch.start])


def _scope(batch: TokenBatch, ends: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which words count, and which of them end a sentence."""
    prose = _total(batch, batch.prose)
    whole = (prose < _LEAST_PROSE) & (batch.counts() > prose)
    if not whole.any():
        return batch.prose, ends
    whole_word = whole[batch.doc]
    return batch.prose | whole_word, ends | (
        whole_word & line_ends(batch, np.ones(len(batch.lines.doc), dtype=np.bool_))
    )


def _total(batch: TokenBatch, mask: NDArray[np.bool_], weights: NDArray[np.integer] | None = None) -> NDArray[np.int64]:
    """Words of the mask a document, or the sum of their weights."""
    sums = np.zeros(len(mask) + 1, dtype=np.int64)
    np.cumsum(mask if weights is None else mask * weights, out=sums[1:])
    return np.diff(sums[batch.first])
