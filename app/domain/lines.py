"""The lines of a batch of documents laid out in one byte buffer: where they are, how deep, whether they are prose.

Readability is measured on prose lines only, so that a code block inside Markdown does not wreck a school grade.
Everything is a pass of numpy over bytes; knows nothing of words.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.byte_classes import SYMBOL
from app.domain.prefix_sums import stretch_counts

_SYMBOL_SHARE = 0.08
"""Code symbols over non-space bytes above which a line is not prose; English prose seldom passes 0.04."""
_SYMBOL_LEAST = 3
"""A line with fewer code symbols is prose whatever its length: bullets, one pair of parentheses."""
_LETTER_SHARE = 0.5
"""Least letters over non-space bytes of a line of prose."""


def byte_table(members: bytes) -> NDArray[np.bool_]:
    """A look-up table (256,) that is True at the given bytes."""
    table = np.zeros(256, dtype=np.bool_)
    table[np.frombuffer(members, dtype=np.uint8)] = True
    return table


_DIGIT = byte_table(b"0123456789")
_BULLET = byte_table(b"-*+>#|")


@dataclass(frozen=True, slots=True)
class Lines:
    """One row a line, in buffer order; all arrays have length n_lines."""

    doc: NDArray[np.int32]
    """The document a line belongs to."""
    start: NDArray[np.int64]
    """First byte of the line in the buffer."""
    end: NDArray[np.int64]
    """One past the last byte, that is the position of its line feed."""
    indent: NDArray[np.int32]
    """Leading blank bytes; 0 for a blank line."""
    ink: NDArray[np.int32]
    """Non-blank bytes."""
    symbols: NDArray[np.int32]
    """Bytes that code uses more than prose."""
    fenced: NDArray[np.bool_]
    """Inside a Markdown fence, or the fence itself."""
    prose: NDArray[np.bool_]
    """Counts for readability."""
    closes: NDArray[np.bool_]
    """A paragraph, heading or list item ends with this line."""


def lay_out(buffer: NDArray[np.uint8], classes: NDArray[np.uint8], doc_starts: NDArray[np.int64]) -> Lines:
    """The lines of a buffer in which every document ends with a line feed, and of its byte classes. Linear in bytes."""
    end = np.flatnonzero(buffer == 10)
    start = np.concatenate([np.zeros(min(1, len(end)), dtype=np.int64), end[:-1] + 1])
    bounds = np.append(start, len(buffer))
    doc_line = np.searchsorted(start, doc_starts)
    doc = np.repeat(np.arange(len(doc_starts) - 1, dtype=np.int32), np.diff(doc_line))
    # Controls are gone (`tokenise`), so that what is not above a space is white space. Five times as fast as a table.
    inked = buffer > ord(" ")
    ink = stretch_counts(inked, bounds).astype(np.int32)
    first = _first_ink(inked, start, ink)
    symbols = stretch_counts(classes & np.uint8(SYMBOL), bounds).astype(np.int32)
    letters = stretch_counts(((buffer | 0x20) - ord("a") < 26) | (buffer >= 0x80), bounds)
    fenced = _fenced(buffer, doc_line, doc, first, ink)
    prose = (ink > 0) & ~fenced & (letters >= _LETTER_SHARE * ink)
    prose &= (symbols < _SYMBOL_LEAST) | (symbols <= _SYMBOL_SHARE * ink)
    opening = buffer[first]
    closes = _closes(doc, prose, ink, _BULLET[opening] | _numbered(buffer, first), opening == ord("#"))
    indent = np.where(ink > 0, first - start, 0).astype(np.int32)
    return Lines(doc, start, end, indent, ink, symbols, fenced, prose, closes)


def _first_ink(inked: NDArray[np.bool_], start: NDArray[np.int64], ink: NDArray[np.int32]) -> NDArray[np.int64]:
    """The first non-blank byte of each line; of a blank line any byte.

    Four packed bytes from where a line starts hold its first 25 bytes or more; deeper indentation is looked up.
    """
    first = start.copy()
    at = np.flatnonzero((ink > 0) & ~inked[start]) if len(start) else first
    packed = np.append(np.packbits(inked, bitorder="little"), np.zeros(3, np.uint8)).astype(np.uint32)
    byte, bit = first[at] >> 3, (first[at] & 7).astype(np.uint32)
    ahead = packed[byte] | packed[byte + 1] << 8 | packed[byte + 2] << 16 | packed[byte + 3] << 24
    ahead >>= bit
    near = ahead > 0
    # The lowest bit that is set, less 1, has as many bits set as lie below it.
    blanks = np.bitwise_count((ahead & -ahead) - np.uint32(1))
    first[at[near]] += blanks[near]
    if not near.all():
        at = at[~near]
        positions = np.flatnonzero(inked)
        first[at] = positions[np.searchsorted(positions, first[at])]
    return first


def _numbered(buffer: NDArray[np.uint8], first: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Lines that begin as `1. ` or `12) ` do."""
    numbered = _DIGIT[buffer[first]]
    at = np.flatnonzero(numbered)
    mark = first[at] + 1
    mark += _DIGIT[buffer.take(mark, mode="clip")]
    ends = buffer.take(mark, mode="clip")
    numbered[at] = ((ends == ord(".")) | (ends == ord(")"))) & (buffer.take(mark + 1, mode="clip") == ord(" "))
    return numbered


def _fenced(
    buffer: NDArray[np.uint8],
    doc_line: NDArray[np.int64],
    doc: NDArray[np.int32],
    first: NDArray[np.int64],
    ink: NDArray[np.int32],
) -> NDArray[np.bool_]:
    """Lines of fenced blocks, by the parity of fence marks so far in the document; an open fence runs to the end."""
    marks = np.zeros(len(first), dtype=np.bool_)
    at = np.flatnonzero((ink >= 3) & ((buffer[first] == ord("`")) | (buffer[first] == ord("~"))))
    here = first[at]
    marks[at] = (buffer[here + 1] == buffer[here]) & (buffer[here + 2] == buffer[here])
    if not marks.any():
        return marks
    seen = np.cumsum(marks)
    earlier = np.concatenate([[0], seen])[doc_line[:-1]][doc]
    inside: NDArray[np.bool_] = ((seen - earlier) % 2 == 1) | marks
    return inside


def _closes(
    doc: NDArray[np.int32],
    prose: NDArray[np.bool_],
    ink: NDArray[np.int32],
    bullet: NDArray[np.bool_],
    heading: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Prose lines after which a sentence cannot go on, because the paragraph, item, heading or document ends."""
    closes = heading.copy()
    if len(doc):
        closes[-1] = True
        closes[:-1] |= (doc[1:] != doc[:-1]) | (ink[1:] == 0) | ~prose[1:] | bullet[1:]
    return closes & prose
