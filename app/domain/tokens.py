"""One pass over bytes that finds and hashes every word of a batch once, for all measures to share.

The classifier, MinHash, readability and the embedding all read a `TokenBatch`; none of them makes a Python string a
word. Word ends come from a look-up table and a difference; a word's hash is a difference of prefix sums of
mix[byte] x base^position, moved to position 0 by base^-start modulo 2^64 (`docs/performance.md`, sections 2 and 8).
Letters are folded for ASCII only; Chinese and Japanese characters are a word each.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.domain.byte_classes import CLASSES, CONTROL, CONTROLS, LETTERS, WORD
from app.domain.lines import Lines, byte_table, lay_out

_IS_LETTER = byte_table(LETTERS)
_IS_VOWEL = byte_table(b"aeiouyAEIOUY")
_HISSED = byte_table(b"scgxzh")
_STOPPED = byte_table(b"td")
_LOWER = np.arange(256, dtype=np.uint8)
_LOWER[65:91] += 32
_CASE = np.uint8(0x20)
"""The bit that sets a letter in lower case; no other byte becomes a letter by it."""
_UNSEEN = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
_UNSEEN_LEADS = tuple(char.encode()[:2] for char in "\u00ad\u061c\u200b\u2060\ufeff\U000e0000")
"""Two bytes that begin any of them, and the typographic apostrophe: looked for first, a tenth of the time."""
_BASE = 0x9E3779B97F4A7C15
"""Odd, so that it has an inverse modulo 2^64."""
_INVERSE = pow(_BASE, -1, 1 << 64)
_FINAL = np.uint64(0xD6E8FEB86659FD93)
_MASK = (1 << 64) - 1
_BLOCK_BITS = 16
_BLOCK = 1 << (_BLOCK_BITS - 1)
"""Bytes that words are hashed in at a time; a longer word is a block of its own."""
# Two-byte prefixes of UTF-8 that hold punctuation and symbols, not letters: lead byte -> inclusive range of the second.
_SYMBOL_PREFIXES = ((0xC2, 0x80, 0xA9, 2), (0xC2, 0xAB, 0xB4, 2), (0xC2, 0xB6, 0xB9, 2), (0xC2, 0xBB, 0xBF, 2),
                    (0xC3, 0x97, 0x97, 2), (0xC3, 0xB7, 0xB7, 2), (0xE2, 0x80, 0x81, 3), (0xE2, 0x86, 0xAF, 3),
                    (0xE3, 0x80, 0x80, 3), (0xF0, 0x9F, 0x9F, 4))  # fmt: skip


def mix64(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A 64-bit finaliser: every input bit reaches the high half. Bijective, so distinct stays distinct."""
    mixed = values ^ (values >> np.uint64(32))
    mixed *= _FINAL
    mixed ^= mixed >> np.uint64(32)
    mixed *= _FINAL
    mixed ^= mixed >> np.uint64(32)
    return mixed


_BYTE_MIX = mix64(np.arange(1, 257, dtype=np.uint64) * np.uint64(_BASE))[_LOWER]
"""Random-looking weight (256,) uint64 of each byte, the same for a letter's two cases."""


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """The words of n_docs documents; arrays have one row a word unless said otherwise."""

    n_docs: int
    """Documents, empty ones included."""
    buffer: NDArray[np.uint8]
    """All documents in UTF-8, each followed by a line feed."""
    classes: NDArray[np.uint8]
    """(len(buffer),): the class of each byte (`byte_classes`)."""
    doc_starts: NDArray[np.int64]
    """(n_docs + 1,): where each document starts in the buffer."""
    first: NDArray[np.int64]
    """(n_docs + 1,): row of each document's first word."""
    doc: NDArray[np.int32]
    """The document of a word."""
    word_hash: NDArray[np.uint64]
    """64-bit hash of the word in lower case (ASCII)."""
    start: NDArray[np.int64]
    """First byte in the buffer."""
    end: NDArray[np.int64]
    """One past the last byte."""
    prose: NDArray[np.bool_]
    """The word stands in a line of prose, so readability counts it."""
    lines: Lines
    """The line table of the same buffer."""
    line_first: NDArray[np.int64]
    """(n_lines,): row of the first word at or after the start of each line."""

    def counts(self) -> NDArray[np.int64]:
        """Words a document (n_docs,)."""
        return np.diff(self.first)

    def count_syllables(self) -> NDArray[np.int16]:
        """Estimated syllables of each word, at least 1, at most 20; counted anew, as most measures need none."""
        return _count_syllables(self.buffer, self.start, self.end)


@dataclass(frozen=True, slots=True)
class WordSpans:
    """Where the words of n_docs documents stand, and their hashes: the part of a `TokenBatch` that n-grams need."""

    buffer: NDArray[np.uint8]
    classes: NDArray[np.uint8]
    doc_starts: NDArray[np.int64]
    first: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    word_hash: NDArray[np.uint64]


def find_words(texts: Sequence[str]) -> WordSpans:
    """The words of some documents without their lines: the same as `tokenise`, in a third of the time."""
    parts = [_plain(text) for text in texts]
    raw = _joined(parts)
    classes = np.frombuffer(raw.translate(CLASSES), dtype=np.uint8)
    if (classes & np.uint8(CONTROL)).any():
        parts = [part.translate(None, CONTROLS) for part in parts]
        raw = _joined(parts)
        classes = np.frombuffer(raw.translate(CLASSES), dtype=np.uint8)
    buffer = np.frombuffer(raw, dtype=np.uint8)
    doc_starts = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum([len(part) + 1 for part in parts], out=doc_starts[1:])
    start, end = _edges(buffer, _word_bytes(buffer, classes))
    first = np.searchsorted(start, doc_starts)
    return WordSpans(buffer, classes, doc_starts, first, start, end, _hash_words(buffer, start, end))


def tokenise(texts: Sequence[str]) -> TokenBatch:
    """The words of some documents. Linear; 46 bytes of memory a byte of text (measured): pass a few hundred at once.

    Invisible, direction and control characters are skipped and typographic apostrophes are plain ones, so that hiding
    them between letters changes no score. Lone surrogates become question marks. No documents give an empty batch.
    """
    found = find_words(texts)
    n_docs = len(found.doc_starts) - 1
    lines = lay_out(found.buffer, found.classes, found.doc_starts)
    line_first = np.searchsorted(found.start, lines.start)
    return TokenBatch(
        n_docs=n_docs,
        buffer=found.buffer,
        classes=found.classes,
        doc_starts=found.doc_starts,
        first=found.first,
        doc=np.repeat(np.arange(n_docs, dtype=np.int32), np.diff(found.first)),
        word_hash=found.word_hash,
        start=found.start,
        end=found.end,
        prose=np.repeat(lines.prose, np.diff(line_first, append=len(found.start))),
        lines=lines,
        line_first=line_first,
    )


def hash_words(words: Sequence[str]) -> NDArray[np.uint64]:
    """The hashes that `tokenise` gives to these single words, (n,) uint64 in order; for word lists."""
    return find_words([" ".join(words)]).word_hash


def _plain(text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if not text.isascii() and any(lead in raw for lead in _UNSEEN_LEADS):
        return _UNSEEN.sub("", text).replace("’", "'").encode("utf-8", "replace")
    return raw


def _joined(parts: Sequence[bytes]) -> bytes:
    return b"\n".join([*parts, b""])


def _word_bytes(buffer: NDArray[np.uint8], classes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which bytes belong to words: letters, digits, underscores, and apostrophes between letters."""
    inside = classes >= np.uint8(WORD)
    quotes = np.flatnonzero(buffer == ord("'"))
    inside[quotes[_IS_LETTER[buffer[quotes - 1]] & _IS_LETTER[buffer[quotes + 1]]]] = True
    leads = np.flatnonzero(buffer >= _SYMBOL_PREFIXES[0][0])
    if not len(leads):
        return inside
    kinds, seconds = buffer[leads], buffer[leads + 1]
    for lead, low, high, width in _SYMBOL_PREFIXES:
        at = leads[(kinds == lead) & (seconds >= low) & (seconds <= high)]
        for step in range(width):
            inside[at + step] = False
    return inside


def _edges(buffer: NDArray[np.uint8], inside: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First byte and one past the last byte of every word."""
    starts, ends = inside.copy(), inside.copy()
    starts[1:] &= ~inside[:-1]
    ends[:-1] &= ~inside[1:]
    if buffer.max(initial=0) >= 0xE3:
        ideographs = np.flatnonzero((buffer >= 0xE3) & (buffer <= 0xE9) & inside)
        starts[ideographs] = True
        ends[ideographs[inside[ideographs - 1]] - 1] = True
    return np.flatnonzero(starts), np.flatnonzero(ends) + 1


@lru_cache(maxsize=2)
def _powers(size: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """base^i and base^-i modulo 2^64 for i < size, read-only."""
    tables = []
    for base in (_BASE, _INVERSE):
        table = np.full(size, base & _MASK, dtype=np.uint64)
        table[0] = 1
        np.multiply.accumulate(table, out=table)
        table.setflags(write=False)
        tables.append(table)
    return tables[0], tables[1]


def _hash_words(buffer: NDArray[np.uint8], start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Block by block: eight bytes a byte of text stay in the cache, and no large memory is asked for each time."""
    hashes = np.empty(len(start), dtype=np.uint64)
    low = 0
    while low < len(start):
        origin = start[low]
        high = max(low + 1, int(np.searchsorted(end, origin + _BLOCK, side="right")))
        prefix = _prefix_sums(buffer[origin : end[high - 1]])
        here = start[low:high] - origin
        inverses = _powers(1 << max(_BLOCK_BITS, len(prefix).bit_length()))[1]
        hashes[low:high] = (prefix.take(end[low:high] - origin) - prefix.take(here)) * inverses.take(here)
        low = high
    return mix64(hashes)


def _prefix_sums(block: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """(len(block) + 1,): sums of mix[byte] x base^position up to each position."""
    size = len(block)
    prefix = np.empty(size + 1, dtype=np.uint64)
    prefix[0] = 0
    np.take(_BYTE_MIX, block, out=prefix[1:], mode="clip")
    prefix[1:] *= _powers(1 << max(_BLOCK_BITS, (size + 1).bit_length()))[0][:size]
    return np.cumsum(prefix, out=prefix)


def _count_syllables(buffer: NDArray[np.uint8], start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int16]:
    """Vowel groups, less a silent final e, es or ed. `table` 2, `make` 1, `jumped` 1, `wanted` 2, `rhythm` 1."""
    vowel = _IS_VOWEL.take(buffer)
    groups = vowel.copy()
    groups[1:] &= ~vowel[:-1]
    total = np.zeros(len(buffer) + 1, dtype=np.int32)
    np.cumsum(groups, dtype=np.int32, out=total[1:])
    found = total.take(end) - total.take(start)
    last = buffer.take(end - 1) | _CASE
    suffixed = ((last == ord("s")) | (last == ord("d"))) & (end - start > 3)
    stem = end - 1 - suffixed
    # Few words end in a silent e, if any: looking at these alone takes half the time.
    at = np.flatnonzero(((buffer.take(stem) | _CASE) == ord("e")) & (stem - start >= 2))
    stem, last, suffixed = stem.take(at), last.take(at), suffixed.take(at)
    before = buffer.take(stem - 1) | _CASE
    silent = ~_IS_VOWEL.take(before)
    silent &= (before != ord("l")) | _IS_VOWEL.take(buffer.take(stem - 2))
    silent &= ~(suffixed & np.where(last == ord("s"), _HISSED.take(before), _STOPPED.take(before)))
    found[at] -= silent
    counts: NDArray[np.int16] = np.clip(found, 1, 20).astype(np.int16)
    return counts
