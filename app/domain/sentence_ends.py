"""Which words end a sentence, for a whole batch of documents: before a full stop that is one, or last of a paragraph.

An abbreviation, an initial or a continuation in lower case keeps a sentence open; a heading, a list item and a
paragraph close theirs without a stop. Knows nothing of what the words mean.
"""

import numpy as np
from numpy.typing import NDArray

from app.domain.lines import byte_table
from app.domain.tokens import TokenBatch, hash_words

_DIGIT = byte_table(b"0123456789")
_UPPER = byte_table(bytes(range(65, 91)))
_LOWER = byte_table(bytes(range(97, 123)))
_AFTER_STOP = byte_table(b" \t\n\"')]*_\xe2\xc2")
"""White space, what closes a quotation, and the first byte of a typographic quotation mark or no-break space."""
_WIDE_STOPS = ((0xE3, 0x80, 0x82), (0xEF, 0xBC, 0x81), (0xEF, 0xBC, 0x9F))
"""The full stop, exclamation and question mark of Chinese and Japanese in UTF-8; nothing need follow them."""
_ABBREVIATIONS = hash_words(
    "mr mrs ms dr prof st mt vs cf fig figs eq al g e approx ltd corp dept univ vol pp eds trans ca gov sen col gen "
    "sgt capt lt rev hon messrs jan feb aug sept oct nov dec".split()
)


def sentence_ends(batch: TokenBatch) -> NDArray[np.bool_]:
    """(n_words,): a sentence ends after the word."""
    ends = line_ends(batch, batch.lines.closes)
    buffer = batch.buffer
    stops = np.flatnonzero((buffer == ord(".")) | (buffer == ord("!")) | (buffer == ord("?")))
    stops = stops[_AFTER_STOP[buffer[stops + 1]]]
    word, kept = _words_before(batch, stops)
    full = buffer[stops[kept]] == ord(".")
    ends[word[~full]] = True
    word = word[full]
    ends[word[~_is_inner(batch, word)]] = True
    if buffer.max(initial=0) >= 0xE3:
        for first, second, third in _WIDE_STOPS:
            wide = np.flatnonzero(buffer[:-2] == first)
            wide = wide[(buffer[wide + 1] == second) & (buffer[wide + 2] == third)]
            ends[_words_before(batch, wide)[0]] = True
    return ends


def line_ends(batch: TokenBatch, closing: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n_words,): the last word of every line that closes; a line without words passes it on to the word before."""
    ends = np.zeros(len(batch.start), dtype=np.bool_)
    last = np.searchsorted(batch.start, batch.lines.end[closing]) - 1
    ends[last[last >= 0]] = True
    return ends


def _words_before(batch: TokenBatch, at: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The word before each of these bytes, where it has one in its document; and which of them do."""
    word = np.searchsorted(batch.start, at) - 1
    kept = word >= 0
    if len(batch.doc):
        kept &= batch.doc_starts[batch.doc[word] + 1] > at
    return word[kept], kept


def _is_inner(batch: TokenBatch, word: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The full stop belongs to an abbreviation, an initial or an item's number, or is followed by lower case."""
    first = batch.buffer[batch.start[word]]
    initial = (batch.end[word] - batch.start[word] == 1) & _UPPER[first] & (first != ord("I"))
    short = np.isin(batch.word_hash[word], _ABBREVIATIONS)
    following = np.minimum(word + 1, len(batch.start) - 1)
    goes_on = _LOWER[batch.buffer[batch.start[following]]] & (batch.doc[following] == batch.doc[word])
    line = np.searchsorted(batch.lines.start, batch.start[word], side="right") - 1
    opens_line = batch.start[word] == batch.lines.start[line] + batch.lines.indent[line]
    inner: NDArray[np.bool_] = initial | short | goes_on | (_DIGIT[first] & opens_line)
    return inner
