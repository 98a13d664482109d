"""Zip archives and folders: hostile ones are refused before a member is read (cases 30 to 36)."""

import io
import os
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from app.adapters.corpus_errors import CorpusFileError
from app.adapters.corpus_files import SourceFile, read_corpus
from app.domain.ingest import ReadLimits
from app.domain.records import Kind
from tests.unit.adapters.corpus_reading import outcome, read_bytes, records

LINE = b'{"text": "A good text."}\n'


def make_zip(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            archive.writestr(info, data)
    return buffer.getvalue()


def special(mode: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("link.txt")
        info.external_attr = mode << 16
        archive.writestr(info, b"/etc/passwd")
    return buffer.getvalue()


def renamed(data: bytes, old: bytes, new: bytes) -> bytes:
    """The archive with a name that zipfile itself would not write; of the same length."""
    assert len(old) == len(new)
    return data.replace(old, new)


def overlapping() -> bytes:
    """Two entries of the directory that point at one and the same member."""
    data = make_zip(("a.txt", b"hello " * 50))
    at = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry = data[at:end]
    twin = entry.replace(b"a.txt", b"b.txt")
    return data[:at] + entry + twin + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 2, 2, 2 * len(entry), at, 0)


def lying_about_size() -> bytes:
    """Declares 10 bytes in the directory, holds 5 MB."""
    data = bytearray(make_zip(("a.txt", os.urandom(5_000_000)), method=zipfile.ZIP_STORED))
    at = data.index(b"PK\x01\x02", 5_000_000)
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(data)


def encrypted() -> bytes:
    data = bytearray(make_zip(("a.txt", b"hello")))
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + offset] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        pytest.param(lambda: make_zip(("a.zip", make_zip(("b.txt", b"x")))), "nested_archive", id="case-30-nested"),
        pytest.param(lambda: make_zip(("a.jsonl.gz", b"\x1f\x8b\x08")), "nested_archive", id="case-30-gzip-inside"),
        pytest.param(overlapping, "zip_overlap", id="case-31-overlap"),
        pytest.param(lying_about_size, "bad_zip", id="case-32-lying-size"),
        pytest.param(lambda: make_zip(*((f"{i}", b"") for i in range(11_000))), "too_many_entries", id="case-33-many"),
        pytest.param(lambda: make_zip(*((f"{i}", b"") for i in range(70_000))), "too_many_entries", id="case-33-zip64"),
        pytest.param(lambda: make_zip(("../../etc/x", b"x")), "unsafe_path", id="case-34-dots"),
        pytest.param(lambda: make_zip(("/abs.txt", b"x")), "unsafe_path", id="case-34-absolute"),
        pytest.param(lambda: make_zip(("C:/x.txt", b"x")), "unsafe_path", id="case-34-drive"),
        pytest.param(lambda: renamed(make_zip(("aXb.txt", b"x")), b"aXb", b"a\0b"), "unsafe_path", id="case-34-nul"),
        pytest.param(lambda: make_zip(("..\\x.txt", b"x")), "unsafe_path", id="case-34-backslash"),
        pytest.param(lambda: make_zip(("n" * 300 + ".txt", b"x")), "unsafe_path", id="case-34-300-characters"),
        pytest.param(
            lambda: renamed(make_zip(("a.txt", b"x"), ("b.txt", b"y")), b"b.txt", b"a.txt"),
            "unsafe_path",
            id="case-34-duplicate",
        ),
        pytest.param(lambda: make_zip(("a.txt", b"x"), ("A.TXT", b"y")), "unsafe_path", id="case-34-case-twins"),
        pytest.param(lambda: special(stat.S_IFLNK | 0o777), "unsafe_path", id="case-35-symlink"),
        pytest.param(lambda: special(stat.S_IFCHR | 0o666), "unsafe_path", id="case-35-device"),
        pytest.param(encrypted, "encrypted", id="case-35-encrypted"),
        pytest.param(lambda: make_zip(("a.txt", b"x" * 9), method=zipfile.ZIP_BZIP2), "bad_zip", id="bzip2-member"),
        pytest.param(lambda: make_zip(("a.txt", b"0" * 9_000_000)), "decompressed_too_large", id="member-bomb"),
        pytest.param(lambda: make_zip(("a.txt", b"hello"))[:-30], "bad_zip", id="directory-cut-off"),
        pytest.param(lambda: make_zip(), "no_records", id="zip-of-nothing"),
        pytest.param(lambda: make_zip((".hidden", b"x"), ("__MACOSX/a", b"y")), "no_records", id="only-hidden"),
    ],
)
def test_archive_is_refused(tmp_path: Path, make: Callable[[], bytes], code: str) -> None:
    with pytest.raises(CorpusFileError) as caught:
        read_bytes(tmp_path, make(), "a.zip")

    assert caught.value.code == code
    assert caught.value.status == (413 if code == "decompressed_too_large" else 422)
    assert [path.name for path in tmp_path.iterdir()] == ["stored"]


def test_case_36_polyglot_is_judged_by_its_beginning(tmp_path: Path) -> None:
    with pytest.raises(CorpusFileError) as caught:
        read_bytes(tmp_path, b"<html></html>" + make_zip(("a.txt", b"x")), "a.zip")

    assert (caught.value.code, caught.value.status) == ("unsupported_media", 415)


def test_archive_yields_its_members_in_order_with_their_names(tmp_path: Path) -> None:
    data = make_zip(
        ("b/", b""),
        ("b/two.py", b"def f():\n    return 1\n"),
        ("a.jsonl", LINE + b"broken\n" + LINE),
        ("empty.txt", b""),
        ("photo.png", b"\x89PNG\r\n"),
        ("latin.md", "café".encode("latin-1")),
    )
    items = read_bytes(tmp_path, data, "set.zip")

    assert [(item.file, item.line) for item in items] == [
        ("set.zip/b/two.py", 1),
        ("set.zip/a.jsonl", 1),
        ("set.zip/a.jsonl", 2),
        ("set.zip/a.jsonl", 3),
        ("set.zip/empty.txt", 0),
        ("set.zip/photo.png", 0),
        ("set.zip/latin.md", 0),
    ]
    assert outcome(items) == ["ok", "ok", "bad_json", "ok", "empty_file", "unsupported_media", "invalid_utf8"]
    assert (records(items)[0].kind, records(items)[0].external_id) == (Kind.code, "set.zip/b/two.py")


def test_sum_of_members_is_capped(tmp_path: Path) -> None:
    with pytest.raises(CorpusFileError) as caught:
        read_bytes(
            tmp_path, make_zip(("a.txt", b"ab" * 50), ("b.txt", b"cd" * 50)), "a.zip", max_decompressed_bytes=150
        )

    assert caught.value.code == "decompressed_too_large"


def test_folder_is_read_sorted_without_links_and_hidden_files(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    (folder / "sub" / ".git").mkdir(parents=True)
    (folder / "z.md").write_text("# Title\n\nSome words.")
    (folder / "sub" / "a.py").write_text("x = 1\n")
    (folder / "sub" / ".git" / "config").write_text("hidden")
    (folder / ".env").write_text("SECRET=1")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "passwd.txt").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.txt")
    (folder / "broken.jsonl.gz").write_bytes(b"\x1f\x8b\x08garbage-that-is-long-enough")

    items = list(read_corpus([SourceFile(folder, "corpus")]))

    assert [item.file for item in items] == ["corpus/broken.jsonl.gz", "corpus/sub/a.py", "corpus/z.md"]
    assert outcome(items) == ["bad_gzip", "ok", "ok"]


def test_folder_with_too_many_files_is_refused(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.txt").write_text("x")

    with pytest.raises(CorpusFileError) as caught:
        list(read_corpus([SourceFile(tmp_path, "corpus")], limits=ReadLimits(max_files=3)))

    assert caught.value.code == "too_many_entries"


@pytest.mark.parametrize("kind", ["missing", "pipe"])
def test_path_that_is_no_file_is_an_error_of_ours(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "pipe":
        os.mkfifo(path)

    with pytest.raises(CorpusFileError) as caught:
        list(read_corpus([SourceFile(path, "a.txt")]))

    assert caught.value.code == "bad_file"


def test_no_source_is_an_empty_upload() -> None:
    with pytest.raises(CorpusFileError) as caught:
        list(read_corpus([]))

    assert caught.value.code == "empty_upload"
