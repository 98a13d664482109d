"""Whole-file documents, CSV, word lists, and how the format is decided (cases 40 and 41)."""

from pathlib import Path

import pytest

from app.adapters.corpus_errors import CorpusFileError
from app.adapters.corpus_files import SourceFile, read_corpus
from app.domain.ingest import ReadOptions
from app.domain.records import Kind
from tests.unit.adapters.corpus_reading import outcome, read_bytes, records

WORDS = ReadOptions(kind=Kind.words)


@pytest.mark.parametrize(
    ("name", "data", "code", "status"),
    [
        pytest.param("a.feather", b"ARROW1\0\0", "unsupported_media", 415, id="case-40-arrow"),
        pytest.param("a", b"FEA1....", "unsupported_media", 415, id="case-40-feather-without-suffix"),
        pytest.param("a.pkl", b"\x80\x04\x95", "unsupported_media", 415, id="case-40-pickle"),
        pytest.param("a.jsonl", b"\x80\x04\x95", "unsupported_media", 415, id="case-40-pickle-in-disguise"),
        pytest.param("a.joblib", b"anything", "unsupported_media", 415, id="case-40-joblib"),
        pytest.param("a.txt", b"\x93NUMPY\x01", "unsupported_media", 415, id="case-40-numpy"),
        pytest.param("a.pdf", b"%PDF-1.7", "unsupported_media", 415, id="case-40-pdf"),
        pytest.param("a.jsonl", b"PK\x03\x04", "unsupported_media", 415, id="case-41-zip-named-jsonl"),
        pytest.param("a.txt", b"PAR1", "unsupported_media", 415, id="case-41-parquet-named-txt"),
        pytest.param("a.gz", b'{"text": "a"}', "unsupported_media", 415, id="case-41-jsonl-named-gz"),
        pytest.param("a.zst", b"\x1f\x8b\x08", "unsupported_media", 415, id="case-41-gzip-named-zst"),
        pytest.param("a.parquet", b'{"text": "a"}', "unsupported_media", 415, id="case-41-jsonl-named-parquet"),
        pytest.param("a.docx", b"PK\x03\x04", "unsupported_media", 415, id="case-41-office-file"),
        pytest.param("a.xyz", b"hello", "unsupported_media", 415, id="unknown-suffix"),
        pytest.param("a.txt", "é".encode("latin-1"), "invalid_utf8", 422, id="latin-1-document"),
        pytest.param("a.md", "hello there".encode("utf-16"), "invalid_utf8", 422, id="utf-16-document"),
        pytest.param("a.csv", b"body\nhello\n", "missing_column", 422, id="csv-without-the-column"),
        pytest.param("a.csv", b"text,text\na,b\n", "bad_csv", 422, id="csv-with-a-column-twice"),
        pytest.param("a.csv", b"text\n", "no_records", 422, id="csv-with-a-header-alone"),
        pytest.param("a.csv", b"text" + b",x" * 300 + b"\n", "too_many_columns", 422, id="csv-with-300-columns"),
        pytest.param("a.csv", b"\n\n", "no_records", 422, id="csv-of-blank-lines"),
    ],
)
def test_file_is_refused(tmp_path: Path, name: str, data: bytes, code: str, status: int) -> None:
    with pytest.raises(CorpusFileError) as caught:
        read_bytes(tmp_path, data, name)

    assert (caught.value.code, caught.value.status) == (code, status)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.py", Kind.code), ("a.rs", Kind.code), ("a.md", Kind.prose), ("Makefile", Kind.code), ("notes", Kind.prose)],
)
def test_file_is_one_document_of_its_kind(tmp_path: Path, name: str, kind: Kind) -> None:
    data = {"Makefile": b"all:\n\tcc(x);\nrun = all;\n", "notes": b"We went home. It was late."}.get(name, b"a b c d\n")
    (record,) = records(read_bytes(tmp_path, data, name))

    assert (record.text, record.kind, record.external_id) == (data.decode(), kind, name)
    assert record.metadata["path"] == name


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b" \n", "empty_text", id="blank"),
        pytest.param(b"a\0b", "nul_char", id="nul"),
        pytest.param(b"ab " * 200_000, "too_long", id="too-many-characters"),
        pytest.param(b"ab " * 2_000_000, "too_long", id="far-too-many-bytes"),
    ],
)
def test_bad_document_is_one_reject(tmp_path: Path, data: bytes, code: str) -> None:
    assert outcome(read_bytes(tmp_path, data, "a.txt")) == [code]


def test_format_by_option_where_the_name_says_nothing(tmp_path: Path) -> None:
    found = records(read_bytes(tmp_path, b"text\nhello\n", "export.xyz", ReadOptions(format="csv")))

    assert [record.text for record in found] == ["hello"]


@pytest.mark.parametrize("wanted", ["bogus", "gzip", "parquet"])
def test_format_by_option_that_cannot_be_is_refused(tmp_path: Path, wanted: str) -> None:
    with pytest.raises(CorpusFileError) as caught:
        read_bytes(tmp_path, b"hello", "a.txt", ReadOptions(format=wanted))

    assert caught.value.code == "unsupported_media"


def test_jsonl_is_known_by_its_content_without_a_suffix(tmp_path: Path) -> None:
    assert outcome(read_bytes(tmp_path, b'{"text": "a"}\n{"text": "b"}\n', "upload")) == ["ok", "ok"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_rows_become_records(tmp_path: Path, delimiter: str) -> None:
    rows = ["id,text,lang", '1,"a ""quoted"" word, and\nmore",en', "2,plain,de"]
    data = "\ufeff" + "\r\n".join(
        row.replace(",", delimiter, 2) if row[0] != "1" else row for row in rows[:1] + rows[2:]
    )
    found = records(read_bytes(tmp_path, data.encode(), "a.csv"))

    assert [(record.text, record.external_id, record.line) for record in found] == [("plain", "2", 2)]
    assert found[0].metadata == {"lang": "de"}


def test_csv_row_over_lines_counts_from_its_first(tmp_path: Path) -> None:
    data = b'text,n\n"a ""quoted""\nword",1\n\nplain,2\n'
    found = records(read_bytes(tmp_path, data, "a.csv"))

    assert [(record.text, record.line) for record in found] == [('a "quoted"\nword', 2), ("plain", 5)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(b"a,1\nb\nc,3\n", ["ok", "bad_csv", "ok"], id="too-few-cells"),
        pytest.param(b"a,1,2\nc,3\n", ["bad_csv", "ok"], id="too-many-cells"),
        pytest.param(b'a,1\n"open,2\n', ["ok", "bad_csv"], id="quote-open-at-the-end"),
        pytest.param(b'"a" b,1\nc,2\n', ["bad_csv", "ok"], id="text-after-a-quote"),
        pytest.param(b"caf\xe9,1\nc,2\n", ["invalid_utf8", "ok"], id="latin-1-row"),
        pytest.param(b"a\0,1\nc,2\n", ["nul_char", "ok"], id="nul"),
        pytest.param(b"x" * 2_000_000 + b",1\nc,2\n", ["line_too_long", "ok"], id="long-row"),
        pytest.param(b",1\nc,2\n", ["empty_text", "ok"], id="empty-text"),
    ],
)
def test_bad_csv_row_is_one_reject(tmp_path: Path, rows: bytes, expected: list[str]) -> None:
    assert outcome(read_bytes(tmp_path, b"text,n\n" + rows, "a.csv")) == expected


def test_csv_quote_that_never_closes_is_capped(tmp_path: Path) -> None:
    items = read_bytes(tmp_path, b'text\n"open\n' + b"line\n" * 1000, "a.csv", max_line_bytes=1024)

    assert outcome(items)[0] == "line_too_long"
    assert set(outcome(items)[1:]) == {"ok"}


def test_word_list_by_tab_or_comma(tmp_path: Path) -> None:
    data = b"word,part\ncat,noun\nrun\tv.\nred,adj\nkind-hearted, adjective\nsun\n"
    found = records(read_bytes(tmp_path, data, "words.csv", WORDS))

    assert [(record.text, record.metadata.get("part")) for record in found] == [
        ("cat", "noun"),
        ("run", "verb"),
        ("red", "adjective"),
        ("kind-hearted", "adjective"),
        ("sun", None),
    ]
    assert {record.kind for record in found} == {Kind.words}


def test_a_word_of_two_parts_is_two_words(tmp_path: Path) -> None:
    found = records(read_bytes(tmp_path, b"play,noun\nplay,verb\nplay\nplay,v\n", "words.csv", WORDS))

    noun, verb, bare, again = (record.sha256 for record in found)
    assert len({noun, verb, bare}) == 3 and verb == again


def test_a_list_may_hold_functions_features_and_openings(tmp_path: Path) -> None:
    data = b"count_vowels,function\na talking animal,feature\nthe weather,opening\n"
    found = records(read_bytes(tmp_path, data, "words.csv", WORDS))

    assert [(record.text, record.metadata["part"]) for record in found] == [
        ("count_vowels", "function"),
        ("a talking animal", "feature"),
        ("the weather", "opening"),
    ]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        pytest.param(b"two words,noun", "bad_word", id="two-words"),
        pytest.param(b"2nd_word,function", "bad_word", id="no-name"),
        pytest.param(b"while,function", "bad_word", id="keyword"),
        pytest.param(b"x" * 121 + b",feature", "bad_word", id="long-feature"),
        pytest.param(b"cat,thing", "bad_word", id="unknown-part"),
        pytest.param(b",noun", "bad_word", id="no-word"),
        pytest.param(b"w" * 65 + b",noun", "bad_word", id="long-word"),
        pytest.param(b"c\0t,noun", "nul_char", id="nul"),
        pytest.param(b"caf\xe9,noun", "invalid_utf8", id="latin-1"),
        pytest.param(b"w" * 2_000_000, "line_too_long", id="long-line"),
    ],
)
def test_bad_word_is_one_reject(tmp_path: Path, line: bytes, code: str) -> None:
    assert outcome(read_bytes(tmp_path, b"cat,noun\n" + line + b"\n", "words.txt", WORDS)) == ["ok", code]


def test_several_files_are_read_in_order(tmp_path: Path) -> None:
    sources = []
    for name in ("b.txt", "a.txt"):
        (tmp_path / name).write_text(f"This is {name}.")
        sources.append(SourceFile(tmp_path / name, name))

    assert [item.file for item in read_corpus(sources)] == ["b.txt", "a.txt"]


def test_hostile_display_name_is_shown_harmless(tmp_path: Path) -> None:
    (record,) = records(read_bytes(tmp_path, b"hello", "../\x1b[31m\u202e\udcff.txt"))

    assert record.file == "../\ufffd[31m\ufffd\ufffd.txt"
    assert record.external_id == record.file
