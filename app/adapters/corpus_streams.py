"""Where the bytes of a corpus file come from: files, archive members, and the decompressors in front of the readers.

Every decompressor works by bounded steps with a running cap on its output and on the ratio of output to input, because
declared sizes lie (gzip 1,028:1 and zstd 32,669:1 were measured). Nothing here knows what the bytes mean.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO

import zstandard

from app.adapters.corpus_errors import BadGzipError, BadZstdError, DecompressedTooLargeError
from app.domain.ingest import ReadLimits

CHUNK_BYTES = 1 << 18
PEEK_BYTES = 1 << 16
DECOMPRESSED_PEEK_BYTES = 1 << 21
"""Enough for a bomb to show its ratio, before anybody judges what its first bytes mean."""
_GZIP_STEP_BYTES = 1 << 14
_ZSTD_STEP_BYTES = 1 << 10
"""Input per step. A zstd block of 4 bytes can stand for 128 KiB, so one step makes at most 32 MiB."""
_ZSTD_MAX_WINDOW_BYTES = 1 << 25
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Blob:
    """A named run of bytes that can be opened again and again."""

    name: str
    """What people see and reports say; never used as a path."""
    open: Callable[[], IO[bytes]]
    path: Path | None = None
    """Where it lies as a file of its own; None for a member of an archive."""

    def chunks(self) -> Iterator[bytes]:
        with self.open() as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk


class Meter:
    """Counts decompressed bytes against the caps; one for each file or archive."""

    def __init__(self, name: str, limits: ReadLimits) -> None:
        self._name = name
        self._limits = limits
        self.bytes_in = 0
        self.bytes_out = 0

    def add(self, size: int) -> None:
        """Raises DecompressedTooLargeError when `size` more bytes of output pass a cap."""
        self.bytes_out += size
        limits = self._limits
        over_ratio = self.bytes_out > limits.ratio_after_bytes and self.bytes_out > limits.max_ratio * self.bytes_in
        if over_ratio or self.bytes_out > limits.max_decompressed_bytes:
            raise DecompressedTooLargeError(file=self._name)


def peek(chunks: Iterator[bytes], size: int = PEEK_BYTES) -> tuple[bytes, Iterator[bytes]]:
    """The first `size` bytes or a little more, and the whole stream again."""
    seen: list[bytes] = []
    total = 0
    for chunk in chunks:
        seen.append(chunk)
        total += len(chunk)
        if total >= size:
            break
    head = b"".join(seen)
    return head, chain([head] if head else [], chunks)


def _steps(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of at most `size`."""
    for chunk in chunks:
        for at in range(0, len(chunk), size):
            yield chunk[at : at + size]


def gunzip(chunks: Iterable[bytes], name: str, limits: ReadLimits) -> Iterator[bytes]:
    """Decompressed chunks of all members; raises BadGzipError for garbage, corruption and a cut end."""
    meter = Meter(name, limits)
    member = zlib.decompressobj(31)
    try:
        for data in _steps(chunks, _GZIP_STEP_BYTES):
            meter.bytes_in += len(data)
            while data:
                if member.eof:
                    data = _next_member(data, name)
                    member = zlib.decompressobj(31) if data else member
                    continue
                out = member.decompress(data, CHUNK_BYTES)
                meter.add(len(out))
                if out:
                    yield out
                data = member.unused_data if member.eof else member.unconsumed_tail
        while not member.eof:
            out = member.decompress(b"", CHUNK_BYTES)
            if not out:
                raise BadGzipError(file=name, reason="it ends too early")
            meter.add(len(out))
            yield out
    except zlib.error:
        raise BadGzipError(file=name, reason="its data is corrupt") from None


def _next_member(data: bytes, name: str) -> bytes:
    """What follows a member, from the next one on; zeros pad tapes and are allowed, anything else is not gzip."""
    rest = data.lstrip(b"\0")
    if rest and not (_GZIP_MAGIC.startswith(rest) or rest.startswith(_GZIP_MAGIC)):
        raise BadGzipError(file=name, reason="something else follows the compressed data")
    return rest


def unzstd(chunks: Iterable[bytes], name: str, limits: ReadLimits) -> Iterator[bytes]:
    """Decompressed chunks of all frames, at least 64 KiB each but the last; raises BadZstdError for a cut end."""
    meter = Meter(name, limits)
    pending: list[bytes] = []
    size = 0
    for out in _zstd_steps(chunks, name, meter):
        meter.add(len(out))
        pending.append(out)
        size += len(out)
        if size >= PEEK_BYTES:
            yield b"".join(pending)
            pending, size = [], 0
    if pending:
        yield b"".join(pending)


def _zstd_steps(chunks: Iterable[bytes], name: str, meter: Meter) -> Iterator[bytes]:
    context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_MAX_WINDOW_BYTES)
    frame = context.decompressobj()
    started = False
    try:
        for data in _steps(chunks, _ZSTD_STEP_BYTES):
            meter.bytes_in += len(data)
            while data:
                started = True
                yield frame.decompress(data)
                data = frame.unused_data if frame.eof else b""
                if frame.eof:
                    frame, started = context.decompressobj(), False
    except zstandard.ZstdError as error:
        if "too much memory" in str(error):
            raise DecompressedTooLargeError(file=name) from None
        raise BadZstdError(file=name, reason="its data is corrupt or something else follows it") from None
    if started:
        raise BadZstdError(file=name, reason="it ends too early")
