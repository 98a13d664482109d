"""A directory of export files that is there whole or not at all.

Files are written under a hidden name beside their final place, synced, and the directory is renamed to the digest of
its manifest, so nothing is ever replaced: a second build of the same content finds it there, one of other content
lies beside it. Which directory counts is the database's to say. What killed builds left goes with the next build.
"""

import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from app.adapters.exports_formats import writer_of
from app.adapters.storage import AtomicFile, StorageFullError, StoredFileMissingError
from app.domain.exporting import ExportFormat, Line
from app.domain.manifest import MANIFEST_NAME, FileEntry

FOLDER = "exports"
_BUILDING = ".building-"
_DIGEST = re.compile(r"[0-9a-f]{64}")


def hornbook_version() -> str:
    """The version that a manifest names."""
    return version("hornbook")


def export_folder(root: Path, export_id: int) -> Path:
    """Where the builds of an export lie."""
    return root / FOLDER / str(int(export_id))


def stored_path(root: Path, export_id: int, digest: str, name: str) -> Path:
    """A file of a finished build, `name` being one of its manifest; raises StoredFileMissingError when it is gone."""
    path = export_folder(root, export_id) / digest / name
    if _DIGEST.fullmatch(digest) is None or not path.is_file():
        raise StoredFileMissingError(id=f"{export_id}/{name}")
    return path


class Build:
    """An export under construction. Leaving the `with` block removes whatever `publish` has not named."""

    def __init__(self, root: Path, export_id: int, token: int) -> None:
        self._folder = export_folder(root, export_id)
        self._temp = self._folder / f"{_BUILDING}{token}"
        self.files: list[FileEntry] = []

    def __enter__(self) -> Self:
        with _disk():
            self._folder.mkdir(parents=True, exist_ok=True)
            # A higher token than all before it: what other builds left belongs to lost workers.
            for leftover in self._folder.glob(f"{_BUILDING}*"):
                shutil.rmtree(leftover, ignore_errors=True)
            self._temp.mkdir()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._temp, ignore_errors=True)

    def add_data(
        self,
        split: str,
        place: int,
        of: int,
        *,
        format_: ExportFormat,
        lineage: bool,
        lines: Iterable[Line],
        parts: bool = False,
    ) -> None:
        """Write one data file, `place` of `of` of its split, named as Hugging Face's loaders expect."""
        name = f"data/{split}-{place:05d}-of-{of:05d}.{format_.value}"
        with (
            _disk(),
            AtomicFile(self._temp / name) as file,
            writer_of(format_, file, lineage=lineage, parts=parts) as writer,
        ):
            documents = writer.write(lines)
        self.files.append(FileEntry(name, file.size, file.sha256.hex(), split, documents))

    def add_text(self, name: str, text: str) -> None:
        """Write a file that is no data."""
        data = text.encode()
        with _disk(), AtomicFile(self._temp / name) as file:
            file.write(data)
        self.files.append(FileEntry(name, len(data), sha256(data).hexdigest()))

    def publish(self, manifest: Mapping[str, object]) -> str:
        """Write the manifest and give the build its name; returns the manifest's sha256 (hex), which is that name."""
        data = orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS)
        digest = sha256(data).hexdigest()
        with _disk():
            with AtomicFile(self._temp / MANIFEST_NAME) as file:
                file.write(data)
            # A name that exists holds the very same files, complete: an earlier worker was lost after this point.
            if not (self._folder / digest).is_dir():
                self._temp.rename(self._folder / digest)
                for folder in (self._folder, self._folder.parent):
                    _sync(folder)
        return digest


@contextmanager
def _disk() -> Iterator[None]:
    """Turns what a full or read-only disk raises into StorageFullError."""
    try:
        yield
    except OSError as error:
        raise StorageFullError from error


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def remove_others(root: Path, export_id: int, digest: str) -> None:
    """Delete finished builds of an export that are not the one its row names."""
    for path in _builds(export_folder(root, export_id)):
        if path.name != digest:
            shutil.rmtree(path, ignore_errors=True)


def sweep(root: Path, named: Callable[[int], str | None], *, older_than_s: float) -> int:
    """Delete builds of no living export that are `older_than_s` old; says how many. For the reconciler.

    `named(export_id)` is the digest that the export's row names, None when there is no ready row.
    """
    limit, removed = time.time() - older_than_s, 0
    for folder in (root / FOLDER).glob("[0-9]*"):
        keep = named(int(folder.name))
        for path in [*_builds(folder), *folder.glob(f"{_BUILDING}*")]:
            # A build may be renamed or removed by its worker between the listing and here.
            with suppress(FileNotFoundError):
                if path.name != keep and path.stat().st_mtime < limit:
                    shutil.rmtree(path, ignore_errors=True)
                    removed += 1
    return removed


def _builds(folder: Path) -> Iterator[Path]:
    return (path for path in folder.glob("*") if _DIGEST.fullmatch(path.name))
