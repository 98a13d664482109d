"""Chunks of bytes as numbered lines, with a cap on the length of one line.

Memory is one chunk and one line at most, whatever the file holds: a line over the cap is skipped as it streams by, and
only its head is kept for the report.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_HEAD_BYTES = 512
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class LongLine:
    """A line that was longer than the cap."""

    head: bytes
    """Its first bytes."""


Line = bytes | LongLine


class _Carry:
    """The line that the chunks so far did not finish."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.parts: list[bytes] = []
        self.size = 0
        self.head: bytes | None = None
        """Set once the line is too long; its further parts are dropped."""

    def add(self, part: bytes) -> None:
        if self.head is not None:
            return
        self.parts.append(part)
        self.size += len(part)
        if self.size > self.max_bytes:
            self.head = b"".join(self.parts)[:_HEAD_BYTES]
            self.parts.clear()

    def take(self) -> Line:
        line: Line = b"".join(self.parts) if self.head is None else LongLine(self.head)
        self.parts, self.size, self.head = [], 0, None
        return line


def numbered_lines(chunks: Iterable[bytes], max_bytes: int) -> Iterator[tuple[int, Line]]:
    """Pairs of line number (from 1) and line without its LF; the byte order mark of the first line is removed.

    A last line without LF counts; an empty rest after the last LF does not.
    """
    carry = _Carry(max_bytes)
    number = 0
    for chunk in chunks:
        pieces = chunk.split(b"\n")
        carry.add(pieces[0])
        if len(pieces) == 1:
            continue
        pieces[0] = b""
        last = pieces.pop()
        number += 1
        first = carry.take()
        yield number, _without_bom(first) if number == 1 else first
        for piece in pieces[1:]:
            number += 1
            yield number, piece if len(piece) <= max_bytes else LongLine(piece[:_HEAD_BYTES])
        carry.add(last)
    if carry.size or carry.head is not None:
        rest = carry.take()
        yield number + 1, _without_bom(rest) if number == 0 else rest


def _without_bom(line: Line) -> Line:
    return line.removeprefix(_BOM) if isinstance(line, bytes) else line
