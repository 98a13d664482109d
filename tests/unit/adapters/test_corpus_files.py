"""Properties of reading: any bytes give records, rejects or an AppError, and every line is accounted for."""

import gzip
import io
import json
import math
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.corpus_errors import CorpusFileError
from app.adapters.corpus_json import parse_object, parse_slowly
from app.adapters.corpus_lines import LongLine, numbered_lines
from app.domain.ingest import JsonValue, ReadOptions, Record, RecordError, Reject
from app.domain.records import Kind
from tests.unit.adapters.corpus_reading import read_bytes

NAMES = ["a.jsonl", "a.csv", "a.txt", "a.py", "a", "a.gz", "a.zst", "a.zip", "a.json", "a.xyz"]
MAGICS = [b"", b"", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"PK\x05\x06", b"\xef\xbb\xbf", b'{"text":']
JSON_BYTES = st.lists(
    st.sampled_from(
        [b"{", b"}", b"[", b"]", b'"', b":", b",", b"text", b'"text"', b"\\", b"\\u", b"0022", b"0000", b"d800"]
    )
    | st.sampled_from(
        [b" ", b"1", b"e999", b"NaN", b"-", b".5", b"null", b'"k":', b'"a"', b"\xff", b"\0", b"\n", b"\xe2\x80\xae"]
    ),
    max_size=25,
).map(b"".join)
JSON_VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**66), 2**66) | st.floats() | st.text(st.characters(), max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def read_or_fail(data: bytes, name: str, options: ReadOptions | None = None) -> list[Record | Reject] | None:
    """Everything read, or None where the file was refused; any other exception fails the test."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return read_bytes(Path(folder), data, name, options, max_line_bytes=4096)
        except CorpusFileError as error:
            assert error.status in {413, 415, 422}
            return None


def assert_storable(item: Record | Reject) -> None:
    """Whatever comes out can be put into Postgres and into JSON."""
    if isinstance(item, Reject):
        assert item.code
        assert item.excerpt.isprintable()
        item.excerpt.encode()
        return
    assert item.text.strip()
    assert "\0" not in item.text
    item.text.encode()
    dumped = json.dumps([item.metadata, item.external_id, item.licence], allow_nan=False)
    assert "\\u0000" not in dumped.replace("\\\\", "")
    json.dumps([item.metadata, item.external_id], ensure_ascii=False).encode()


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=400) | JSON_BYTES, magic=st.sampled_from(MAGICS), name=st.sampled_from(NAMES))
def test_any_bytes_give_records_rejects_or_an_app_error(data: bytes, magic: bytes, name: str) -> None:
    for item in read_or_fail(magic + data, name) or ():
        assert_storable(item)


@settings(max_examples=100, deadline=None)
@given(
    data=st.binary(max_size=300) | JSON_BYTES,
    cut=st.integers(0, 60),
    name=st.sampled_from(["a.jsonl", "a.csv", "a.txt"]),
)
def test_any_damage_to_a_compressed_file_is_an_app_error(data: bytes, cut: int, name: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    for whole, suffix in ((gzip.compress(data), name + ".gz"), (buffer.getvalue(), "a.zip")):
        flipped = bytearray(whole)
        flipped[cut % len(flipped)] ^= 0x41
        for damaged in (whole, whole[: len(whole) - cut], bytes(flipped)):
            for item in read_or_fail(damaged, suffix) or ():
                assert_storable(item)


@settings(max_examples=200, deadline=None)
@given(lines=st.lists(JSON_BYTES.map(lambda line: line.replace(b"\n", b"")), max_size=8))
def test_every_line_that_is_not_blank_is_one_item(lines: list[bytes]) -> None:
    lines = [b'{"text": "first"}', *lines]
    items = read_or_fail(b"\n".join(lines), "a.jsonl")

    if items is not None:
        assert [item.line for item in items] == [n for n, line in enumerate(lines, 1) if line.strip(b" \t\r")]


@settings(max_examples=150, deadline=None)
@given(lines=st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"")), max_size=8))
def test_every_word_line_is_one_item(lines: list[bytes]) -> None:
    items = read_or_fail(b"\n".join([b"cat,noun", *lines]), "a.txt", ReadOptions(kind=Kind.words))

    if items is not None:
        assert len(items) == 1 + sum(1 for line in lines if line.strip())


@settings(max_examples=200, deadline=None)
@given(
    data=st.binary(max_size=60).map(lambda b: b.replace(b"0", b"\n")), size=st.integers(1, 9), cap=st.integers(1, 20)
)
def test_lines_do_not_depend_on_how_the_bytes_arrive(data: bytes, size: int, cap: int) -> None:
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    expected = data.split(b"\n")
    if not expected[-1]:
        expected.pop()
    lines = list(numbered_lines(iter(chunks), cap))

    assert [number for number, _ in lines] == list(range(1, len(expected) + 1))
    for (number, line), want in zip(lines, expected, strict=True):
        want = want.removeprefix(b"\xef\xbb\xbf") if number == 1 and not isinstance(line, LongLine) else want
        assert isinstance(line, LongLine) if len(want) > cap else line == want


def outcome_of(line: bytes, *, slow: bool) -> tuple[str, object]:
    try:
        return "ok", repr(parse_slowly(line) if slow else parse_object(line))
    except RecordError as error:
        return "fault", error.code


@settings(max_examples=500, deadline=None)
@given(line=JSON_BYTES | JSON_VALUES.map(lambda value: json.dumps({"text": "a", "v": value}).encode()))
def test_fast_and_slow_parser_agree(line: bytes) -> None:
    assert outcome_of(line, slow=False) == outcome_of(line, slow=True)


@settings(max_examples=200, deadline=None)
@given(value=st.dictionaries(st.text(max_size=4), JSON_VALUES, max_size=3), spaces=st.booleans(), ascii_=st.booleans())
def test_sound_objects_are_read_as_they_were_written(value: dict[str, JsonValue], spaces: bool, ascii_: bool) -> None:
    separators = (" , ", " : ") if spaces else (",", ":")
    try:
        line = json.dumps(value, separators=separators, ensure_ascii=ascii_, allow_nan=False).encode()
    except (ValueError, UnicodeEncodeError):
        return
    kind, found = outcome_of(line, slow=False)
    expected = parse_expected(value)

    assert (kind, found) == (("ok", repr(value)) if expected is None else ("fault", found))


def parse_expected(value: JsonValue) -> str | None:
    """None for a value that must pass, else why it must not."""
    if isinstance(value, str):
        return "text" if "\0" in value or any(0xD800 <= ord(c) <= 0xDFFF for c in value) else None
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return None if -(2**63) <= value < 2**64 else "number"
    if isinstance(value, float):
        return None if math.isfinite(value) else "number"
    inner: list[JsonValue] = [*value, *value.values()] if isinstance(value, dict) else value
    return next((found for item in inner if (found := parse_expected(item))), None)


@pytest.mark.parametrize("name", NAMES)
def test_reading_twice_gives_the_same(tmp_path: Path, name: str) -> None:
    data = b'{"text": "a"}\n{"text": \n'

    def attempt() -> str:
        try:
            return repr(read_bytes(tmp_path, data, name))
        except CorpusFileError as error:
            return repr(error)

    assert attempt() == attempt()
