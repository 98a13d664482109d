"""The lines of a batch of documents laid out in one byte buffer: where they are, how deep, whether they are prose.

Readability is measured on prose lines only, so that a code block inside Markdown does not wreck a school grade.
Everything is a pass of numpy over bytes; knows nothing of words.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


_BLANK = byte_table(b" \t\n\v\f\r")
_SYMBOL = byte_table(b"{}[]()<>=;_\\|@$^&*+~`")
_LETTER = byte_table(bytes(range(65, 91)) + bytes(range(97, 123)) + bytes(range(128, 256)))
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


def lay_out(buffer: NDArray[np.uint8], doc_starts: NDArray[np.int64]) -> Lines:
    """The lines of a buffer in which every document ends with a line feed. Linear in bytes."""
    end = np.flatnonzero(buffer == 10)
    start = np.concatenate([np.zeros(min(1, len(end)), dtype=np.int64), end[:-1] + 1])
    doc = (np.searchsorted(doc_starts, start, side="right") - 1).astype(np.int32)
    inked = ~_BLANK[buffer]
    ink_before, ink = _counts(inked, start, end)
    positions = np.append(np.flatnonzero(inked), len(buffer) - 1)
    first = positions[ink_before] if len(end) else end
    symbols = _counts(_SYMBOL[buffer], start, end)[1]
    letters = _counts(_LETTER[buffer], start, end)[1]
    fenced = _fenced(buffer, doc, first, ink)
    prose = (ink > 0) & ~fenced & (letters >= _LETTER_SHARE * ink)
    prose &= (symbols < _SYMBOL_LEAST) | (symbols <= _SYMBOL_SHARE * ink)
    closes = _closes(doc, prose, ink, _BULLET[buffer[first]], buffer[first] == ord("#"))
    indent = np.where(ink > 0, first - start, 0).astype(np.int32)
    return Lines(doc, start, end, indent, ink, symbols, fenced, prose, closes)


def _counts(
    mask: NDArray[np.bool_], start: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """How many True come before each line, and how many inside it."""
    total = np.zeros(len(mask) + 1, dtype=np.int32)
    np.cumsum(mask, dtype=np.int32, out=total[1:])
    before = total[start]
    return before, total[end] - before


def _fenced(
    buffer: NDArray[np.uint8], doc: NDArray[np.int32], first: NDArray[np.int64], ink: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Lines of fenced blocks, by the parity of fence marks so far in the document; an open fence runs to the end."""
    marks = np.zeros(len(doc), dtype=np.bool_)
    at = np.flatnonzero((ink >= 3) & ((buffer[first] == ord("`")) | (buffer[first] == ord("~"))))
    here = first[at]
    marks[at] = (buffer[here + 1] == buffer[here]) & (buffer[here + 2] == buffer[here])
    if not marks.any():
        return marks
    seen = np.cumsum(marks)
    earlier = np.concatenate([[0], seen])[np.searchsorted(doc, doc, side="left")]
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
