"""Zip archives and folders as named blobs, checked before the first member is read.

Nothing is ever extracted under a name from inside: members are streamed, and a Parquet member goes to an unnamed
temporary file. The overlap check is our own, because Python before 3.11.8 accepts entries that share bytes
(CVE-2024-0450: 48 KB declared 1 GB).
"""

import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from app.adapters.corpus_errors import (
    BadZipError,
    DecompressedTooLargeError,
    EncryptedError,
    TooManyEntriesError,
    UnsafePathError,
    ZipOverlapError,
)
from app.adapters.corpus_streams import Blob
from app.domain.ingest import ReadLimits, excerpt

_END = b"PK\x05\x06"
_END64_LOCATOR = b"PK\x06\x07"
_END_BYTES = 22
_MAX_COMMENT_BYTES = 0xFFFF
_LOCAL_HEADER_BYTES = 30
_ENTRY_BYTES = 46 + 1024
"""Room for one entry of the directory with a long name and extras; more in all means hidden entries."""
_MAX_NAME_CHARS = 255
_DRIVE = re.compile(r"^[A-Za-z]:")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The methods Python decompresses by bounded steps; bzip2 and lzma members inflate a whole input chunk at once."""


@contextmanager
def zip_members(path: Path, name: str, limits: ReadLimits) -> Iterator[list[Blob]]:
    """The members of an archive in its order, hidden ones left out; raises before any of them is opened."""
    _check_directory_size(path, name, limits)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, struct.error, OSError) as error:
        raise BadZipError(file=name, reason=excerpt(str(error))) from None
    with archive:
        infos = archive.infolist()
        if len(infos) > limits.max_zip_entries:
            raise TooManyEntriesError(file=name, limit=limits.max_zip_entries)
        _check_names(infos, name)
        for info in infos:
            _check_entry(info, name, limits)
        _check_sizes(archive, infos, name, limits)
        yield [
            Blob(f"{name}/{info.filename}", partial(_open_member, archive, info, name))
            for info in infos
            if not info.is_dir() and not _is_hidden(info.filename)
        ]


def _open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> IO[bytes]:
    try:
        return _Member(archive.open(info), name)  # type: ignore[return-value]  # the two methods the readers use
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise BadZipError(file=name, reason=excerpt(str(error))) from None


class _Member:
    """An open member whose faults come out as BadZipError; zipfile checks the CRC at its end."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self._name = name

    def __enter__(self) -> "_Member":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int = -1) -> bytes:
        try:
            return self._file.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise BadZipError(file=self._name, reason=excerpt(str(error))) from None


def _check_directory_size(path: Path, name: str, limits: ReadLimits) -> None:
    """Refuse a directory with too many entries before zipfile builds an object for each."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _END_BYTES - _MAX_COMMENT_BYTES - 20))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise BadZipError(file=name, reason="its directory is missing")
    entries, directory_bytes = struct.unpack_from("<HI", tail, at + 10)
    is_zip64 = tail[max(0, at - 20) : at].startswith(_END64_LOCATOR)
    if is_zip64 or entries > limits.max_zip_entries or directory_bytes > limits.max_zip_entries * _ENTRY_BYTES:
        raise TooManyEntriesError(file=name, limit=limits.max_zip_entries)


def _check_names(infos: list[zipfile.ZipInfo], name: str) -> None:
    """Every name is relative, plain and unlike every other, also where case does not count."""
    seen: set[str] = set()
    for info in infos:
        entry = info.orig_filename
        if _is_unsafe(entry) or entry.casefold() in seen:
            raise UnsafePathError(file=name, entry=excerpt(entry))
        seen.add(entry.casefold())


def _is_unsafe(entry: str) -> bool:
    parts = entry.removesuffix("/").split("/")
    return (
        not entry.isprintable()
        or "\\" in entry
        or _DRIVE.match(entry) is not None
        or len(entry) > _MAX_NAME_CHARS
        or any(part in ("", ".", "..") for part in parts)
    )


def _check_entry(info: zipfile.ZipInfo, name: str, limits: ReadLimits) -> None:
    """One entry is a plain file or folder, not encrypted, and not compressed beyond the ratio."""
    entry = excerpt(info.orig_filename)
    if info.flag_bits & 0x41:
        raise EncryptedError(file=name, entry=entry)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise UnsafePathError(file=name, entry=entry)
    if info.compress_type not in _METHODS:
        raise BadZipError(file=name, reason="a compression method other than stored and deflate")
    if info.file_size > limits.ratio_after_bytes and info.file_size > limits.max_ratio * info.compress_size:
        raise DecompressedTooLargeError(file=name)


def _check_sizes(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], name: str, limits: ReadLimits) -> None:
    """The sum fits, and no two entries claim the same bytes. A lie about one size fails its CRC while reading."""
    if sum(info.file_size for info in infos) > limits.max_decompressed_bytes:
        raise DecompressedTooLargeError(file=name)
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise ZipOverlapError(file=name)
        end = info.header_offset + _LOCAL_HEADER_BYTES + len(info.orig_filename) + info.compress_size
    if end > archive.start_dir:
        raise ZipOverlapError(file=name)


def _is_hidden(entry: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in entry.split("/"))


def folder_files(folder: Path, name: str, limits: ReadLimits) -> list[Blob]:
    """Regular files under `folder`, sorted by path; links are not followed, hidden files and folders are left out."""
    found: list[Path] = []
    for parent, folders, files in os.walk(folder, followlinks=False):
        folders[:] = sorted(entry for entry in folders if not entry.startswith("."))
        found += [Path(parent, entry) for entry in files if not entry.startswith(".")]
        if len(found) > limits.max_files:
            raise TooManyEntriesError(file=name, limit=limits.max_files)
    plain = sorted(path for path in found if path.is_file() and not path.is_symlink())
    return [Blob(excerpt_name(f"{name}/{path.relative_to(folder)}"), partial(_open_file, path), path) for path in plain]


def _open_file(path: Path) -> IO[bytes]:
    return path.open("rb")


def excerpt_name(name: str) -> str:
    """A name with what cannot be shown, stored or sent (controls, marks of direction, stray bytes) as U+FFFD."""
    return name if name.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in name)
