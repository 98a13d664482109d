"""Compressed files: whole ones are read, bombs and broken ones are refused early (cases 27 to 29)."""

import gzip
import tracemalloc
import zlib
from pathlib import Path

import pytest
import zstandard

from app.adapters.corpus_errors import CorpusFileError
from tests.unit.adapters.corpus_reading import outcome, read_bytes

LINE = b'{"text": "A good text."}\n'
BOMB_LINE = b'{"text": "' + b"0" * 1000 + b'"}\n'


def zstd(data: bytes, **options: int | bool) -> bytes:
    return zstandard.ZstdCompressor(**options).compress(data)  # type: ignore[arg-type]


def zstd_stream(data: bytes, window_log: int = 20) -> bytes:
    """A frame that does not say how much it holds."""
    parameters = zstandard.ZstdCompressionParameters(window_log=window_log)
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return stream.compress(data) + stream.flush()


@pytest.mark.parametrize(
    ("data", "name", "count"),
    [
        pytest.param(gzip.compress(LINE * 3), "a.jsonl.gz", 3, id="gzip"),
        pytest.param(gzip.compress(LINE) + gzip.compress(LINE), "a.jsonl.gz", 2, id="case-28-members-are-joined"),
        pytest.param(
            gzip.compress(LINE[:9]) + gzip.compress(LINE[9:]), "a.jsonl.gz", 1, id="case-28-line-over-members"
        ),
        pytest.param(gzip.compress(LINE) + b"\0" * 512, "a.jsonl.gz", 1, id="gzip-zero-padding"),
        pytest.param(zstd(LINE * 3), "a.jsonl.zst", 3, id="zstd"),
        pytest.param(zstd_stream(LINE * 3), "a.jsonl.zst", 3, id="zstd-without-size"),
        pytest.param(zstd(LINE) + zstd(LINE), "a.jsonl.zst", 2, id="zstd-frames-are-joined"),
        pytest.param(gzip.compress(b"def f():\n    return 1\n"), "a.py.gz", 1, id="gzip-source"),
        pytest.param(gzip.compress(b"text\nhello\n"), "a.csv.gz", 1, id="gzip-csv"),
    ],
)
def test_compressed_file_is_read(tmp_path: Path, data: bytes, name: str, count: int) -> None:
    assert outcome(read_bytes(tmp_path, data, name)) == ["ok"] * count


@pytest.mark.parametrize(
    ("data", "name", "code", "status"),
    [
        pytest.param(gzip.compress(LINE) + b"garbage", "a.jsonl.gz", "bad_gzip", 422, id="case-28-trailing-garbage"),
        pytest.param(gzip.compress(LINE)[:-9], "a.jsonl.gz", "bad_gzip", 422, id="case-28-truncated"),
        pytest.param(gzip.compress(LINE)[:-1], "a.jsonl.gz", "bad_gzip", 422, id="case-28-truncated-in-its-trailer"),
        pytest.param(gzip.compress(LINE)[:-8] + b"\0" * 8, "a.jsonl.gz", "bad_gzip", 422, id="gzip-wrong-crc"),
        pytest.param(zstd(LINE * 999)[:-9], "a.jsonl.zst", "bad_zstd", 422, id="zstd-truncated"),
        pytest.param(zstd(LINE) + b"garbage", "a.jsonl.zst", "bad_zstd", 422, id="zstd-trailing-garbage"),
        pytest.param(gzip.compress(b"PK\x03\x04" + b"x" * 99), "a.gz", "nested_archive", 422, id="zip-inside-gzip"),
        pytest.param(gzip.compress(b""), "a.jsonl.gz", "no_records", 422, id="gzip-of-nothing"),
        pytest.param(zlib.compress(LINE * 99), "a.jsonl", "unsupported_media", 415, id="zlib-as-joblib-writes"),
    ],
)
def test_compressed_file_is_refused(tmp_path: Path, data: bytes, name: str, code: str, status: int) -> None:
    with pytest.raises(CorpusFileError) as caught:
        read_bytes(tmp_path, data, name)

    assert (caught.value.code, caught.value.status) == (code, status)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        pytest.param(gzip.compress(b"0" * 200_000_000), "a.jsonl.gz", id="case-27-gzip-one-line"),
        pytest.param(gzip.compress(BOMB_LINE * 100_000), "a.jsonl.gz", id="case-27-gzip-many-lines"),
        pytest.param(zstd(b"0" * 200_000_000, level=3), "a.jsonl.zst", id="case-29-zstd-with-size"),
        pytest.param(zstd_stream(b"0" * 200_000_000), "a.jsonl.zst", id="case-29-zstd-without-size"),
        pytest.param(zstd_stream(b"0" * 200_000_000, window_log=27), "a.jsonl.zst", id="case-29-huge-window"),
        pytest.param(gzip.compress(b"0" * 200_000_000), "a.txt.gz", id="case-27-gzip-document"),
    ],
)
def test_bomb_is_refused_within_bounded_memory(tmp_path: Path, data: bytes, name: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(CorpusFileError) as caught:
            read_bytes(tmp_path, data, name)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (caught.value.code, caught.value.status) == ("decompressed_too_large", 413)
    assert peak < 80 << 20


def test_cap_on_output_holds_without_a_ratio(tmp_path: Path) -> None:
    with pytest.raises(CorpusFileError) as caught:
        read_bytes(tmp_path, gzip.compress(LINE * 1000), "a.jsonl.gz", max_decompressed_bytes=10_000)

    assert caught.value.code == "decompressed_too_large"
