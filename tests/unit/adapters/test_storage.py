"""Uploads are whole or absent, counted, and never named by their sender."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.adapters.storage import (
    AtomicFile,
    Storage,
    StorageFullError,
    StoredFileMissingError,
    UploadTooLargeError,
    display_name,
)


def files_under(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_receive_stores_what_came_with_size_and_hash(tmp_path: Path) -> None:
    stored = Storage(tmp_path).receive([b"ab", b"c"], "a.jsonl", max_bytes=3)

    assert stored.path.read_bytes() == b"abc"
    assert (stored.size, stored.sha256, stored.display_name) == (3, hashlib.sha256(b"abc").digest(), "a.jsonl")
    with Storage(tmp_path).open(stored.id) as file:
        assert file.read() == b"abc"


def test_async_receive_stores_the_same(tmp_path: Path) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"ab"
        yield b"c"

    stored = asyncio.run(Storage(tmp_path).areceive(chunks(), None, max_bytes=10))

    assert (stored.path.read_bytes(), stored.display_name) == (b"abc", "unnamed")


def test_upload_over_the_cap_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UploadTooLargeError) as caught:
        Storage(tmp_path).receive([b"ab", b"cd"], "a", max_bytes=3)

    assert caught.value.status == 413
    assert files_under(tmp_path) == []


def test_stream_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"ab"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        Storage(tmp_path).receive(broken(), "a", max_bytes=99)

    assert files_under(tmp_path) == []


def test_write_that_the_disk_refuses_is_an_error_of_ours_and_leaves_nothing(tmp_path: Path) -> None:
    file = AtomicFile(tmp_path / "export.jsonl")
    # A closed descriptor fails like a full disk does: in write, and again in the close that flushes.
    os.close(file._file.fileno())

    with pytest.raises(StorageFullError):
        file.write(b"x" * 100_000)

    assert files_under(tmp_path) == []


def test_atomic_file_replaces_only_on_commit(tmp_path: Path) -> None:
    target = tmp_path / "export.jsonl"
    target.write_bytes(b"old")

    with AtomicFile(target) as file:
        file.write(b"new")
        assert target.read_bytes() == b"old"

    assert target.read_bytes() == b"new"
    assert files_under(tmp_path) == [target]


def test_atomic_file_keeps_the_old_content_when_the_block_fails(tmp_path: Path) -> None:
    target = tmp_path / "export.jsonl"
    target.write_bytes(b"old")

    with pytest.raises(KeyError), AtomicFile(target) as file:
        file.write(b"new")
        raise KeyError

    assert files_under(tmp_path) == [target]
    assert target.read_bytes() == b"old"


def test_remove_temps_takes_only_old_unfinished_files(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    done = storage.receive([b"a"], "a", max_bytes=9)
    old, young = storage.begin("b", max_bytes=9), storage.begin("c", max_bytes=9)
    os.utime(old._temp, (0, 0))

    assert storage.remove_temps(older_than_s=600) == 1

    assert young._temp.exists()
    assert done.path.exists()
    old.abort()
    young.abort()


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        pytest.param("../../x", "../../x", id="case-42-path"),
        pytest.param("<img onerror=alert(1)>", "<img onerror=alert(1)>", id="case-42-markup"),
        pytest.param("a" * 4096 + ".csv", "a" * 251 + ".csv", id="case-42-4-kB"),
        pytest.param("a\u202egpj.exe", "a\ufffdgpj.exe", id="case-42-right-to-left"),
        pytest.param("CON", "CON", id="case-42-device"),
        pytest.param("", "unnamed", id="case-42-empty"),
        pytest.param("a\x00\n\ud800b", "a\ufffd\ufffd\ufffdb", id="case-42-nul-newline-surrogate"),
    ],
)
def test_name_of_the_sender_is_shown_and_never_a_path(tmp_path: Path, raw: str, shown: str) -> None:
    stored = Storage(tmp_path / "root").receive([b"x"], raw, max_bytes=9)

    assert stored.display_name == shown == display_name(raw)
    assert files_under(tmp_path) == [tmp_path / "root" / stored.id[:2] / stored.id]


@pytest.mark.parametrize("file_id", ["", "../../etc/passwd", "0" * 32, "G" * 32, "/etc/passwd"])
def test_unknown_or_malformed_id_is_missing(tmp_path: Path, file_id: str) -> None:
    storage = Storage(tmp_path)
    with pytest.raises(StoredFileMissingError):
        storage.path(file_id)
    storage.remove(file_id)


def test_removed_file_is_gone(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    stored = storage.receive([b"a"], "a", max_bytes=9)

    storage.remove(stored.id)

    assert files_under(tmp_path) == []
