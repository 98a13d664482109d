"""Builds of export files: whole, repeatable, and gone when they fail."""

import io
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import zstandard

from app.adapters.exports import Build, export_folder, remove_others, stored_path, sweep
from app.adapters.exports_formats import ROW_GROUP
from app.adapters.storage import StorageFullError, StoredFileMissingError
from app.domain.exporting import ExportFormat, ExportSplit, Line, PoolText, SeedSource, generated_line

SEED = SeedSource("ab" * 32, "id", "MIT", "prose", {"file": "a.py", "line": 3})
DIGEST = "0" * 64


def lines(count: int) -> Iterator[Line]:
    for i in range(count):
        body = f"Text {i} é🐢\n" + " ".join(str(j * i) for j in range(60))
        text = PoolText(f"{i:032x}", body, 1, "lesson/x/none", ("a",), (), (), "m", 2.0, 70.0, 6.0, 3, None, SEED)
        yield generated_line(text, ExportSplit.train, "p" * 64, lineage=True)


def built(root: Path, format_: ExportFormat, count: int, *, token: int = 1) -> tuple[Path, Build]:
    with Build(root, 1, token) as build:
        build.add_data("train", 0, 1, format_=format_, lineage=True, lines=lines(count))
        digest = build.publish({"token": "the same"})
    return stored_path(root, 1, digest, f"data/train-00000-of-00001.{format_.value}"), build


@contextmanager
def file_size_limit(most: int) -> Iterator[None]:
    """A disk that is full after `most` bytes of a file."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


def read(path: Path) -> list[Line]:
    if path.suffix == ".parquet":
        rows: list[Line] = pq.read_table(path).to_pylist()
        return rows
    raw = path.read_bytes()
    data = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(raw)).read() if path.suffix == ".zst" else raw
    return [json.loads(line) for line in data.decode().split("\n")[:-1]]


@pytest.mark.parametrize("format_", ExportFormat)
@pytest.mark.parametrize("count", [1, ROW_GROUP + 1])
def test_every_format_reads_back_what_was_written(tmp_path: Path, format_: ExportFormat, count: int) -> None:
    path, build = built(tmp_path, format_, count)

    # JSON has no order of keys that matters; Parquet's source struct has its line last, as the lines do.
    assert read(path) == list(lines(count))
    (entry,) = build.files
    assert (entry.documents, entry.bytes) == (count, path.stat().st_size)


@pytest.mark.parametrize("format_", ExportFormat)
def test_the_same_lines_are_the_same_bytes(tmp_path: Path, format_: ExportFormat) -> None:
    first, second = (built(tmp_path / name, format_, 3_000)[0].read_bytes() for name in "ab")

    assert first == second


def test_parquet_streams_in_row_groups_and_says_no_time(tmp_path: Path) -> None:
    path, _ = built(tmp_path, ExportFormat.parquet, 2 * ROW_GROUP + 1)

    metadata = pq.read_metadata(path)
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [ROW_GROUP, ROW_GROUP, 1]
    assert set(metadata.metadata) <= {b"ARROW:schema"}
    assert metadata.row_group(0).column(1).compression == "ZSTD"


def test_long_texts_make_small_row_groups(tmp_path: Path) -> None:
    long = [{**line, "text": "x" * 20_000_000} for line in lines(3)]
    with Build(tmp_path, 1, 1) as build:
        build.add_data("train", 0, 1, format_=ExportFormat.parquet, lineage=True, lines=long)
        digest = build.publish({})

    path = stored_path(tmp_path, 1, digest, "data/train-00000-of-00001.parquet")
    assert pq.read_metadata(path).num_row_groups == 2


@pytest.mark.parametrize("format_", ExportFormat)
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, format_: ExportFormat) -> None:
    with file_size_limit(50_000), pytest.raises(StorageFullError):
        built(tmp_path, format_, 20_000)

    assert list(export_folder(tmp_path, 1).iterdir()) == []


@pytest.mark.parametrize("format_", ExportFormat)
def test_an_error_among_the_lines_comes_through_and_leaves_nothing(tmp_path: Path, format_: ExportFormat) -> None:
    def broken() -> Iterator[Line]:
        yield from lines(10)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), Build(tmp_path, 1, 1) as build:
        build.add_data("train", 0, 1, format_=format_, lineage=True, lines=broken())

    assert list(export_folder(tmp_path, 1).iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from app.adapters.exports import Build
from app.domain.exporting import ExportFormat
from tests.unit.adapters.test_exports import lines

def dying():
    yield from lines(3_000)
    os.kill(os.getpid(), signal.SIGKILL)

with Build(Path(sys.argv[1]), 1, 1) as build:
    build.add_data("train", 0, 1, format_=ExportFormat.jsonl, lineage=True, lines=dying())
"""


def test_a_killed_build_leaves_no_name_and_goes_with_the_next(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, timeout=60)
    assert done.returncode == -9
    assert [path.name for path in export_folder(tmp_path, 1).iterdir()] == [".building-1"]

    path, _ = built(tmp_path, ExportFormat.jsonl, 5, token=2)

    assert [p.name for p in export_folder(tmp_path, 1).iterdir()] == [path.parent.parent.name]


def test_a_finished_build_is_never_replaced(tmp_path: Path) -> None:
    first, _ = built(tmp_path, ExportFormat.jsonl, 5)
    inode = first.stat().st_ino

    second, _ = built(tmp_path, ExportFormat.jsonl, 5, token=2)

    assert second == first
    assert first.stat().st_ino == inode


def test_other_builds_are_removed_once_one_counts(tmp_path: Path) -> None:
    path, _ = built(tmp_path, ExportFormat.jsonl, 5)
    digest = path.parent.parent.name
    (export_folder(tmp_path, 1) / DIGEST).mkdir()

    remove_others(tmp_path, 1, digest)

    assert [p.name for p in export_folder(tmp_path, 1).iterdir()] == [digest]


@pytest.mark.parametrize(("named", "removed"), [(True, 2), (False, 3)], ids=["kept by its row", "no row"])
def test_sweep_removes_old_builds_that_no_row_names(tmp_path: Path, named: bool, removed: int) -> None:
    path, _ = built(tmp_path, ExportFormat.jsonl, 5)
    digest = path.parent.parent.name
    for name in (DIGEST, ".building-9"):
        (export_folder(tmp_path, 1) / name).mkdir()

    assert sweep(tmp_path, lambda _: digest, older_than_s=3_600) == 0
    assert sweep(tmp_path, lambda _: digest if named else None, older_than_s=-1) == removed
    assert path.exists() is named


@pytest.mark.parametrize("digest", ["..", "../..", "", DIGEST, "0" * 63 + "/"], ids=str)
def test_a_digest_that_names_no_build_is_missing(tmp_path: Path, digest: str) -> None:
    built(tmp_path, ExportFormat.jsonl, 1)

    with pytest.raises(StoredFileMissingError):
        stored_path(tmp_path, 1, digest, "manifest.json")
