"""Bad-input corpus of reliability.md part 3, the cases that concern JSON Lines; the ids carry the case numbers."""

import hashlib
import json
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters.corpus_errors import CorpusFileError
from app.adapters.corpus_lines import numbered_lines
from app.domain.ingest import ReadOptions
from app.domain.records import Kind
from tests.unit.adapters.corpus_reading import outcome, read_bytes, records

GOOD = b'{"text": "A good text."}\n'


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"\xef\xbb\xbf" + GOOD, ["ok"], id="case-03-bom"),
        pytest.param('{"text": "café"}\n'.encode("latin-1") + GOOD, ["invalid_utf8", "ok"], id="case-04-latin-1-line"),
        pytest.param(GOOD + b'{"text": "cut he', ["ok", "bad_json"], id="case-05-truncated-last-line"),
        pytest.param(GOOD + b'{"text": "whole"}', ["ok", "ok"], id="case-05-whole-last-line-without-newline"),
        pytest.param(b'{"text": "a\x00b"}\n' + GOOD, ["nul_char", "ok"], id="case-06-raw-nul"),
        pytest.param(rb'{"text": "a\u0000b"}', ["nul_char"], id="case-07-nul-escape"),
        pytest.param(rb'{"text": "a", "k\u0000": 1}', ["nul_char"], id="case-07-nul-in-key"),
        pytest.param(rb'{"text": "a", "m": {"x": ["\u0000"]}}', ["nul_char"], id="case-07-nul-in-metadata"),
        pytest.param(rb'{"text": "a \\u0000 b"}', ["ok"], id="case-07-escaped-backslash-is-no-nul"),
        pytest.param(rb'{"text": "\ud800"}', ["bad_unicode"], id="case-08-lone-surrogate"),
        pytest.param(rb'{"text": "a", "m": ["\udc00"]}', ["bad_unicode"], id="case-08-lone-surrogate-in-metadata"),
        pytest.param(rb'{"text": "a", "\ud800": 1}', ["bad_unicode"], id="case-08-lone-surrogate-in-key"),
        pytest.param(rb'{"text": "\ud83d\ude00"}', ["ok"], id="case-09-surrogate-pair"),
        pytest.param(
            b'{"text": "' + b"x" * 10_000_000 + b'"}\n' + GOOD, ["line_too_long", "ok"], id="case-11-10-MB-line"
        ),
        pytest.param(b'{"text": ' + b"[" * 100_000 + b"\n" + GOOD, ["too_deep", "ok"], id="case-13-open-brackets"),
        pytest.param(b'{"m": ' + b"[" * 900 + b"]" * 900 + b', "text": "a"}', ["too_deep"], id="case-13-900-deep"),
        pytest.param(b'{"m": ' + b"[" * 65 + b"]" * 65 + b', "text": "a"}', ["too_deep"], id="case-13-just-too-deep"),
        pytest.param(b'{"m": ' + b"[" * 60 + b"]" * 60 + b', "text": "a"}', ["ok"], id="case-13-deep-enough"),
        pytest.param(b'{"text": "a", "n": ' + b"1" * 5_000 + b"}", ["bad_number"], id="case-14-5000-digits"),
        pytest.param(b'{"text": "a", "n": 18446744073709551616}', ["bad_number"], id="case-14-beyond-64-bits"),
        pytest.param(b'{"text": "a", "n": [18446744073709551616]}', ["bad_number"], id="case-14-beyond-64-bits-inside"),
        pytest.param(b'{"text": "a", "n": 1e20}', ["ok"], id="case-14-large-float"),
        pytest.param(b'{"text": "a", "n": NaN}', ["bad_number"], id="case-15-nan"),
        pytest.param(b'{"text": "a", "n": [-Infinity]}', ["bad_number"], id="case-15-infinity"),
        pytest.param(b'{"text": "a", "n": 1e999}', ["bad_number"], id="case-15-1e999"),
        pytest.param(b'{"text": "a", "text": "b"}', ["duplicate_key"], id="case-16-duplicate-key"),
        pytest.param(b'{"text": "a", "text" : "b"}', ["duplicate_key"], id="case-16-duplicate-key-with-space"),
        pytest.param(rb'{"text": "a\u0022\u0022", "n": 1, "n": 2}', ["duplicate_key"], id="case-16-hidden-by-escapes"),
        pytest.param(b'{"text": "a", "m": {"k": 1, "k": 2}}', ["duplicate_key"], id="case-16-duplicate-key-inside"),
        pytest.param(
            b'{"text": "a", "m": [{"k": {}, "k": []}]}', ["duplicate_key"], id="case-16-duplicate-key-in-list"
        ),
        pytest.param(rb'{"text": "say \"hi\": \\\"", "a\"": "\\"}', ["ok"], id="case-16-quotes-are-no-keys"),
        pytest.param(b'{"id": 1}', ["missing_text"], id="case-17-missing"),
        pytest.param(b'{"text": null}', ["missing_text"], id="case-17-null"),
        pytest.param(b'{"text": 5}', ["bad_type"], id="case-17-number"),
        pytest.param(b'{"text": ["a"]}', ["bad_type"], id="case-17-list"),
        pytest.param(b'{"text": {"a": 1}}', ["bad_type"], id="case-17-object"),
        pytest.param(GOOD + b'[1]\n"a"\nnull\n7\n', ["ok"] + ["bad_type"] * 4, id="case-17-record-is-no-object"),
        pytest.param(
            b'{"text": ""}\n{"text": " \\n"}\n{"text": "\xe2\x80\x8b"}', ["empty_text"] * 3, id="case-19-empty"
        ),
        pytest.param(b'{"text": "' + b"a" * 100_000 + b'"}', ["ok"], id="case-22-100-kB-without-spaces"),
        pytest.param(GOOD + b'{"text": "a"} trailing\n', ["ok", "bad_json"], id="data-after-the-object"),
        pytest.param(GOOD + b"{'text': 'a'}\n", ["ok", "bad_json"], id="python-repr"),
        pytest.param(GOOD.replace(b"\n", b"\r\n") * 2 + b"\r\n \t\r\n", ["ok", "ok"], id="windows-line-ends"),
        pytest.param(b'{"text": "a", "id": [1]}', ["bad_type"], id="id-is-a-list"),
        pytest.param(b'{"text": "a", "licence": true}', ["bad_type"], id="licence-is-a-boolean"),
        pytest.param(b'{"text": "a", "id": "' + b"i" * 256 + b'"}', ["bad_id"], id="id-too-long"),
    ],
)
def test_every_record_has_its_outcome(tmp_path: Path, data: bytes, expected: list[str]) -> None:
    assert outcome(read_bytes(tmp_path, data)) == expected


@pytest.mark.parametrize(
    ("data", "code", "status"),
    [
        pytest.param(b"", "empty_upload", 422, id="case-01-empty-file"),
        pytest.param(b" \n\t\r\n\n", "no_records", 422, id="case-02-white-space"),
        pytest.param(b"\xef\xbb\xbf\n", "no_records", 422, id="case-02-bom-alone"),
        pytest.param('{"text": "café"}\n'.encode("utf-16"), "invalid_utf8", 422, id="case-04-utf-16"),
        pytest.param('{"text": "cafe"}\n'.encode("utf-16-le"), "invalid_utf8", 422, id="case-04-utf-16-without-mark"),
        pytest.param('{"text": "é"}\n{"text": "à"}\n'.encode("latin-1"), "invalid_utf8", 422, id="case-04-all-latin-1"),
        pytest.param(b'[{"text": "a"}, {"text": "b"}]', "not_jsonl", 422, id="case-18-array"),
        pytest.param(b'[\n {"text": "a"}\n]', "not_jsonl", 422, id="case-18-array-over-lines"),
        pytest.param(json.dumps({"text": "a"}, indent=2).encode(), "not_jsonl", 422, id="case-18-pretty-printed"),
        pytest.param(b'{"text": "a",\n "id": 1}\n', "not_jsonl", 422, id="case-18-pretty-printed-compactly"),
        pytest.param(b"Just some prose.\nMore.\n", "not_jsonl", 422, id="case-18-prose"),
    ],
)
def test_file_is_refused(tmp_path: Path, data: bytes, code: str, status: int) -> None:
    with pytest.raises(CorpusFileError) as caught:
        read_bytes(tmp_path, data)

    assert (caught.value.code, caught.value.status) == (code, status)
    assert "{" not in str(caught.value).replace('{"text": ...}', "")


def test_case_09_emoji_and_joiners_are_kept_as_they_are(tmp_path: Path) -> None:
    text = "👩\u200d💻 e\u0301 नमस्ते"
    (record,) = records(read_bytes(tmp_path, json.dumps({"text": text}).encode()))

    assert record.text == "👩\u200d💻 é नमस्ते"
    assert record.sha256 == hashlib.sha256(record.text.encode()).digest()


def test_case_10_hidden_characters_are_flagged_and_kept(tmp_path: Path) -> None:
    text = "a\u202eb\u200bc\U000e0041d"
    (record,) = records(read_bytes(tmp_path, json.dumps({"text": text}).encode()))

    assert record.text == text
    assert set(record.flags) == {"bidi", "zero_width", "tag_chars"}


def test_case_12_endless_line_streams_by_in_flat_memory() -> None:
    def endless() -> Iterator[bytes]:
        chunk = b"x" * (1 << 18)
        for _ in range(8192):
            yield chunk
        yield b"\nafter"

    tracemalloc.start()
    try:
        lines = list(numbered_lines(endless(), 1 << 20))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert [number for number, _ in lines] == [1, 2]
    assert lines[1] == (2, b"after")
    assert peak < 4 << 20


def test_case_11_long_line_costs_no_memory(tmp_path: Path) -> None:
    data = b'{"text": "' + b"x" * 10_000_000 + b'"}\n'
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        items = read_bytes(tmp_path, data)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()

    assert outcome(items) == ["line_too_long"]
    assert peak < 16 << 20


def test_case_19_many_empty_documents_are_each_rejected(tmp_path: Path) -> None:
    items = read_bytes(tmp_path, b'{"text": ""}\n' * 20_000)

    assert outcome(items) == ["empty_text"] * 20_000


def test_case_20_exact_duplicates_are_all_read_with_one_hash(tmp_path: Path) -> None:
    found = records(read_bytes(tmp_path, GOOD * 10_000))

    assert len(found) == 10_000
    assert len({record.sha256 for record in found}) == 1


def test_case_22_long_token_takes_no_time(tmp_path: Path) -> None:
    started = time.process_time()
    read_bytes(tmp_path, b'{"text": "' + b"a" * 100_000 + b'"}')

    assert time.process_time() - started < 1


def test_record_carries_its_fields_and_place(tmp_path: Path) -> None:
    line = {"text": "a\r\nb", "id": 7, "licence": "mit", "kind": "code", "stars": 3, "m": {"x": [1.5, None, True]}}
    (record,) = records(read_bytes(tmp_path, b"\n" + json.dumps(line).encode()))

    assert (record.text, record.external_id, record.licence, record.kind) == ("a\nb", "7", "mit", Kind.code)
    assert record.metadata == {"stars": 3, "m": {"x": [1.5, None, True]}}
    assert (record.file, record.line) == ("corpus.jsonl", 2)


def test_other_field_names_by_option(tmp_path: Path) -> None:
    options = ReadOptions(text_field="content", id_field="key", licence_field="license", kind=Kind.prose)
    data = b'{"content": "x = 1", "key": "k", "license": "bsd", "text": "no"}'
    (record,) = records(read_bytes(tmp_path, data, options=options))

    assert (record.text, record.external_id, record.licence, record.kind) == ("x = 1", "k", "bsd", Kind.prose)
    assert record.metadata == {"text": "no"}


def test_reject_shows_a_safe_excerpt_with_its_line(tmp_path: Path) -> None:
    data = GOOD + '{"text": "\u202e\x1b[31m'.encode() + b"\xff" + b"y" * 200 + b"\n"
    reject = read_bytes(tmp_path, data)[1]

    assert not hasattr(reject, "text")
    assert (reject.file, reject.line, reject.code) == ("corpus.jsonl", 2, "invalid_utf8")
    assert reject.excerpt.startswith('{"text": "\ufffd\ufffd[31m\ufffdyyy')
    assert len(reject.excerpt) == 80
