"""Benchmarks' files as people have them: the field of the text is found out, bad records are skipped."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.adapters.benchmark_files import NoBenchmarkTextError, read_benchmark, text_field_of
from app.adapters.corpus_errors import CorpusFileError
from tests.shared import SHARED

DECONTAM = SHARED / "data" / "decontam"
HUMAN_EVAL = {"task_id": "HumanEval/0", "prompt": "def f():\n", "canonical_solution": "    return 1\n", "test": "f()"}


def jsonl(path: Path, *records: object) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.mark.parametrize("suffix", ["", ".gz", ".parquet"])
def test_human_eval_is_known_in_every_format(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"any.jsonl{suffix}"
    match suffix:
        case ".gz":
            path.write_bytes(gzip.compress(json.dumps(HUMAN_EVAL).encode() + b"\n"))
        case ".parquet":
            pq.write_table(pa.Table.from_pylist([HUMAN_EVAL]), path)
        case _:
            jsonl(path, HUMAN_EVAL)

    (item,) = read_benchmark(path)

    assert (item.benchmark, item.id) == ("HumanEval", "HumanEval/0")
    assert item.code == ("def f():\n    return 1\n",)


def test_any_other_file_is_called_as_it_is_and_has_its_longest_text(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "own.jsonl", {"no": 1, "riddle": "What has four legs?", "key": "a cat"}, 5)

    (item,) = read_benchmark(path)

    assert (item.benchmark, item.id) == ("own", "1")
    assert set(item.parts) >= {"What has four legs?", "a cat"}
    assert text_field_of(path) == "riddle"


def test_a_named_field_is_taken(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "own.jsonl", {"id": "x", "key": "a cat"}, {"id": "y", "text": "no key"})

    assert [item.id for item in read_benchmark(path, "key")] == ["x"]


@pytest.mark.parametrize("record", [{"no": 1}, [1]], ids=["numbers", "no object"])
def test_a_file_without_texts_is_refused(record: object, tmp_path: Path) -> None:
    with pytest.raises((NoBenchmarkTextError, CorpusFileError)):
        list(read_benchmark(jsonl(tmp_path / "own.jsonl", record)))


@pytest.mark.skipif(not DECONTAM.exists(), reason="needs ../shared/data/decontam")
@pytest.mark.parametrize(
    ("name", "benchmark", "count"),
    [("HumanEval.jsonl.gz", "HumanEval", 164), ("mbpp.jsonl", "MBPP", 974), ("gsm8k_test.jsonl", "GSM8K", 1_319)],
)
def test_published_files_are_read_whole(name: str, benchmark: str, count: int) -> None:
    items = list(read_benchmark(DECONTAM / name))

    assert {item.benchmark for item in items} == {benchmark} and len({item.id for item in items}) == count
    assert all(part.strip() for item in items for part in item.parts[:2])
