"""Files that survive a crash whole or not at all: uploads that stream in, exports that stream out.

A file is written under a temporary name in its own directory, synced, renamed, and the directory synced, so a name that
exists is a file that is complete. Names are generated; what a sender calls a file is only ever shown.
"""

import asyncio
import hashlib
import os
import secrets
import time
from collections.abc import AsyncIterable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from app.errors import AppError

_TEMP_SUFFIX = ".part"
_MAX_DISPLAY_CHARS = 255
_UNNAMED = "unnamed"


class UploadTooLargeError(AppError):
    """The upload is larger than {limit} bytes."""

    code = "upload_too_large"
    status = 413


class StorageFullError(AppError):
    """There is no room to store the file."""

    code = "storage_full"
    status = 507


class StoredFileMissingError(AppError):
    """The stored file {id} is gone."""

    code = "file_missing"
    status = 404


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is complete on disk."""

    id: str
    """Generated, 32 hexadecimal digits; the only name the file has on disk."""
    path: Path
    display_name: str
    """What its sender called it, safe to show once escaped; never a path."""
    size: int
    """Bytes, counted while they came."""
    sha256: bytes


def display_name(raw: str | None) -> str:
    """A sender's file name as it may be stored and shown: unprintable characters as U+FFFD, at most 255 characters.

    The end is kept, because it says the format: `("a" * 300) + ".csv"` still ends with `.csv`.
    """
    name = "".join(c if c.isprintable() else "\ufffd" for c in (raw or "").strip())
    return name[-_MAX_DISPLAY_CHARS:] or _UNNAMED


class AtomicFile:
    """A file under construction at `path`; nobody sees it before `commit`. A `with` block commits if it succeeds."""

    def __init__(self, path: Path, *, max_bytes: int | None = None) -> None:
        self.path = path
        self.size = 0
        self._max_bytes = max_bytes
        self._digest = hashlib.sha256()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._temp = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_TEMP_SUFFIX}")
        self._file: BinaryIO = self._temp.open("xb")

    @property
    def sha256(self) -> bytes:
        """The hash of what was written so far."""
        return self._digest.digest()

    def write(self, data: bytes) -> None:
        """Append; raises UploadTooLargeError or StorageFullError, after which nothing is left on disk."""
        self.size += len(data)
        if self._max_bytes is not None and self.size > self._max_bytes:
            self.abort()
            raise UploadTooLargeError(limit=self._max_bytes)
        self._digest.update(data)
        try:
            self._file.write(data)
        except OSError:
            self.abort()
            raise StorageFullError from None

    def commit(self) -> None:
        """Give the file its name, durably."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._temp.replace(self.path)
            # The directory itself may be as new as the file.
            for directory in (self.path.parent, self.path.parent.parent):
                _sync_directory(directory)
        except OSError:
            self.abort()
            raise StorageFullError from None

    def abort(self) -> None:
        """Leave nothing behind. Safe to call twice, and after `commit`."""
        # Closing flushes, which fails again on a full disk; the bytes are unwanted by now.
        with suppress(OSError):
            self._file.close()
        self._temp.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.commit()
        else:
            self.abort()


class Upload(AtomicFile):
    """A file that streams in under a generated id."""

    def __init__(self, path: Path, shown_as: str, max_bytes: int) -> None:
        super().__init__(path, max_bytes=max_bytes)
        self._shown_as = shown_as

    def finish(self) -> StoredFile:
        """Commit, and say what was stored."""
        self.commit()
        return StoredFile(self.path.name, self.path, self._shown_as, self.size, self.sha256)


class Storage:
    """The files under one directory, in 256 folders by the first two digits of their id."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def begin(self, raw_name: str | None, *, max_bytes: int) -> Upload:
        """Start an upload of at most `max_bytes`; the caller writes, then calls `finish` or `abort`."""
        return Upload(self._path(secrets.token_hex(16)), display_name(raw_name), max_bytes)

    def receive(self, chunks: Iterable[bytes], raw_name: str | None, *, max_bytes: int) -> StoredFile:
        """Store a stream; raises UploadTooLargeError as soon as it passes `max_bytes`."""
        upload = self.begin(raw_name, max_bytes=max_bytes)
        try:
            for chunk in chunks:
                upload.write(chunk)
            return upload.finish()
        finally:
            upload.abort()

    async def areceive(self, chunks: AsyncIterable[bytes], raw_name: str | None, *, max_bytes: int) -> StoredFile:
        """The same for an asynchronous stream. Only the sync waits for the disk, in a thread."""
        upload = self.begin(raw_name, max_bytes=max_bytes)
        try:
            async for chunk in chunks:
                upload.write(chunk)
            return await asyncio.to_thread(upload.finish)
        finally:
            upload.abort()

    def path(self, file_id: str) -> Path:
        """Where a stored file lies; raises StoredFileMissingError for an id that is malformed or gone."""
        if len(file_id) == 32 and all(c in "0123456789abcdef" for c in file_id):
            path = self._path(file_id)
            if path.is_file():
                return path
        raise StoredFileMissingError(id=file_id[:32])

    def open(self, file_id: str) -> BinaryIO:
        """The stored bytes."""
        return self.path(file_id).open("rb")

    def remove(self, file_id: str) -> None:
        """Delete a stored file; one that is gone already is no error."""
        with suppress(StoredFileMissingError):
            self.path(file_id).unlink(missing_ok=True)

    def remove_temps(self, *, older_than_s: float) -> int:
        """Delete unfinished files nobody has written to for so long; says how many. For the reconciler."""
        limit = time.time() - older_than_s
        removed = 0
        for path in self.root.rglob(f".*{_TEMP_SUFFIX}"):
            # A concurrent upload may finish or abort between the listing and here.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < limit:
                    path.unlink()
                    removed += 1
        return removed

    def _path(self, file_id: str) -> Path:
        return self.root / file_id[:2] / file_id


def _sync_directory(path: Path) -> None:
    """Make a rename in `path` survive a power cut."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
