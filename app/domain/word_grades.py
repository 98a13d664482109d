"""The school grade by which a pupil is taken to know each word, and how hard the words of a text are by it.

Graded by hand for this project (6,900 words and their forms) and, for 23,000 more, estimated from length, endings,
senses and how many web pages use a word: `app/models/word_grades.json`. A word in neither is graded by its length.
Hard words weigh by the cube of their grade, and each counts once in 200 words: a term that comes again is known.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from app.domain.common_words import COMMON_WORDS, forms
from app.domain.tokens import TokenBatch
from app.domain.word_codes import WordCodes, word_codes

COMMON = 0x40
"""Bit of a code: on the list of common words."""
LISTED = 0x20
"""Bit of a code: graded by hand."""
_GRADE = 0x1F
_COMMON_GRADE = 3.0
_EASY = 4.0
"""Up to here the file grades words of the common list."""
BLOCK_WORDS = 200
"""A word counts once in so many words, so that a long text is not harder than its paragraphs."""
_SLOTS = 2048
"""Of a block: of 200 words about five share one with another word and are left out."""
_LENGTH_GRADES = np.minimum(3 + 0.65 * np.arange(32), 10.0)
"""The grade that estimated words of a length in bytes have on average, to 10."""
_CUBES = np.concatenate([np.arange(1 << 5) / 2, _LENGTH_GRADES]) ** 3
"""By half grades, and after these by length."""


@lru_cache(maxsize=1)
def graded_words() -> WordCodes:
    """Half grades in five bits, and the bits `LISTED` and `COMMON`. Package data: as constant as code, read once."""
    grades: dict[str, int] = {}
    listed, estimated = _sections(files("app").joinpath("models/word_grades.txt").read_text(encoding="utf-8"))
    for grade, words in listed:
        if grade <= _EASY:
            _add(grades, _all_forms(words), grade, LISTED)
    # A common word's own form is common, whatever rarer word it looks like a form of.
    _add(grades, COMMON_WORDS, _COMMON_GRADE, LISTED)
    for grade, words in listed:
        _add(grades, _all_forms(words), grade, LISTED)
    for grade, words in estimated:
        _add(grades, words, grade, 0)
    return word_codes({word: code | (COMMON if word in COMMON_WORDS else 0) for word, code in grades.items()})


def _add(grades: dict[str, int], words: Iterable[str], grade: float, bit: int) -> None:
    for word in words:
        grades.setdefault(word, int(2 * grade) | bit)


def _all_forms(words: Iterable[str]) -> Iterator[str]:
    return (form for word in words for form in forms(word))


def _sections(text: str) -> tuple[list[tuple[float, list[str]]], list[tuple[float, list[str]]]]:
    """The lines graded by hand and the estimated ones, each a grade and its words."""
    listed, estimated = text.split("\n# estimated:", maxsplit=1)
    return list(_lines(listed)), list(_lines(estimated.split("\n", maxsplit=1)[1]))


def _lines(section: str) -> Iterator[tuple[float, list[str]]]:
    for line in section.splitlines():
        if not line.startswith("#"):
            grade, words = line.split(":")
            yield float(grade), words.split()


def distinct(batch: TokenBatch, index: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(len(index),): the last time each of these words occurs in its block of 200 words of its document."""
    counts = batch.counts()
    blocks = np.zeros(batch.n_docs + 1, dtype=np.int64)
    np.cumsum((counts + BLOCK_WORDS - 1) // BLOCK_WORDS, out=blocks[1:])
    doc = batch.doc.take(index)
    slot = (blocks.take(doc) + (index - batch.first.take(doc)) // BLOCK_WORDS) * _SLOTS
    slot += (batch.word_hash.take(index) >> np.uint64(53)).astype(np.int64)
    # Only slots that were written are read again, so the table need not be cleared.
    last = np.empty(blocks[-1] * _SLOTS, dtype=np.int32)
    order = np.arange(len(index), dtype=np.int32)
    last[slot] = order
    found: NDArray[np.bool_] = last[slot] == order
    return found


def cubes(codes: NDArray[np.uint8], length: NDArray[np.int64]) -> NDArray[np.float64]:
    """The cube of each word's grade, by its code or else its length in bytes."""
    return _CUBES.take(np.where(codes > 0, codes & _GRADE, np.minimum(length, 31) + 32))
