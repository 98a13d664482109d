"""Parquet: sound files are read row by row, hostile ones cost a child process (cases 37 to 40)."""

import datetime
import decimal
import io
import resource
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.adapters.corpus_errors import CorpusFileError
from app.domain.ingest import ReadOptions
from tests.unit.adapters.corpus_reading import outcome, read_bytes, records


def parquet(columns: dict[str, object], **options: object) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, **options)
    return buffer.getvalue()


def bomb() -> bytes:
    """A dictionary of one long string, and many rows that point at it."""
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int32()), pa.array(["x" * 1_000_000]))
    return parquet({"text": text})


def corrupted() -> bytes:
    data = bytearray(parquet({"text": ["a good text " * 20] * 500}, compression="none", use_dictionary=False))
    data[40:4000] = b"\xff" * 3960
    return bytes(data)


def test_rows_are_read_with_their_fields(tmp_path: Path) -> None:
    data = parquet(
        {
            "text": ["one", "two\r\n", None, "", "a\x00b"],
            "id": [1, 2, 3, 4, 5],
            "licence": ["mit"] * 5,
            "score": [0.5, None, 1.0, 1.0, 1.0],
            "when": [datetime.datetime(2026, 1, 2, 3, 4)] * 5,
            "price": [decimal.Decimal("1.10")] * 5,
            "tags": [["a", "b"]] * 5,
            "blob": [b"\xff"] * 5,
        }
    )
    items = read_bytes(tmp_path, data, "a.parquet")

    assert outcome(items) == ["ok", "ok", "missing_text", "empty_text", "nul_char"]
    first, second = records(items)
    assert (first.text, first.external_id, first.licence, first.line) == ("one", "1", "mit", 1)
    assert first.metadata == {"score": 0.5, "when": "2026-01-02T03:04:00", "price": "1.10", "tags": ["a", "b"]}
    assert (second.text, second.line) == ("two\n", 2)
    assert "score" not in second.metadata


def test_many_rows_keep_their_order_and_other_names(tmp_path: Path) -> None:
    data = parquet({"content": pa.array([f"text {i}" for i in range(1000)]).dictionary_encode()})
    found = records(read_bytes(tmp_path, data, "a.parquet", ReadOptions(text_field="content")))

    assert [record.text for record in found] == [f"text {i}" for i in range(1000)]


def test_parquet_member_of_a_zip_is_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("part-0.parquet", parquet({"text": ["one", "two"]}))

    items = read_bytes(tmp_path, buffer.getvalue(), "a.zip")

    assert [(item.file, item.line) for item in items] == [("a.zip/part-0.parquet", 1), ("a.zip/part-0.parquet", 2)]


def test_case_39_extension_type_is_read_as_its_storage(tmp_path: Path) -> None:
    field = pa.field(
        "text", pa.string(), metadata={"ARROW:extension:name": "arrow.json", "ARROW:extension:metadata": ""}
    )
    buffer = io.BytesIO()
    pq.write_table(pa.table([pa.array(["one"])], schema=pa.schema([field])), buffer)

    assert outcome(read_bytes(tmp_path, buffer.getvalue(), "a.parquet")) == ["ok"]


@pytest.mark.parametrize(
    ("data", "code", "status"),
    [
        pytest.param(bomb(), "decoded_too_large", 413, id="case-37-dictionary-bomb"),
        pytest.param(b"not parquet at all", "unsupported_media", 415, id="case-38-wrong-magic"),
        pytest.param(parquet({"text": ["a"]})[:-1] + b"2", "bad_parquet", 422, id="case-38-wrong-magic-at-the-end"),
        pytest.param(parquet({"text": ["a"] * 99})[:-20], "bad_parquet", 422, id="case-38-cut-footer"),
        pytest.param(b"PAR1", "bad_parquet", 422, id="case-38-magic-alone"),
        pytest.param(corrupted(), "bad_parquet", 422, id="case-38-corrupted-page"),
        pytest.param(parquet({"text": [1, 2]}), "bad_column_type", 422, id="case-38-wrong-type"),
        pytest.param(parquet({"text": [b"a"]}), "bad_column_type", 422, id="case-38-bytes"),
        pytest.param(parquet({"text": [["a"]]}), "bad_column_type", 422, id="case-38-nested-list"),
        pytest.param(parquet({"body": ["a"]}), "missing_column", 422, id="case-38-no-text-column"),
        pytest.param(
            parquet({f"c{i}": ["a"] for i in range(5000)}), "too_many_columns", 422, id="case-38-5000-columns"
        ),
        pytest.param(parquet({"text": pa.array([], pa.string())}), "no_records", 422, id="no-rows"),
    ],
)
def test_file_is_refused_and_the_parent_stays_small(tmp_path: Path, data: bytes, code: str, status: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(CorpusFileError) as caught:
        read_bytes(tmp_path, data, "a.parquet")

    assert (caught.value.code, caught.value.status) == (code, status)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 << 10


def test_case_38_all_null_text_is_rejected_row_by_row(tmp_path: Path) -> None:
    data = parquet({"text": pa.array([None, None], pa.string())})

    assert outcome(read_bytes(tmp_path, data, "a.parquet")) == ["missing_text", "missing_text"]


def test_child_that_needs_too_much_memory_is_a_fault_of_the_file(tmp_path: Path) -> None:
    data = parquet({"text": ["x" * 50_000_000]}, compression="zstd")

    with pytest.raises(CorpusFileError) as caught:
        read_bytes(tmp_path, data, "a.parquet", child_memory_bytes=30_000_000)

    assert caught.value.code in {"decoded_too_large", "bad_parquet"}
