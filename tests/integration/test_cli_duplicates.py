"""`hornbook duplicates` on real files: the JSON that scripts rely on."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from app.cli.exits import Exit
from app.cli.main import run

WORDS = [f"word{number}" for number in range(200)]
LONG = " ".join(WORDS)
EDITED = " ".join([*WORDS[:100], "changed", *WORDS[101:]])
RECORDS: list[dict[str, Any]] = [
    {"id": "a", "text": LONG},
    {"text": "Quite another text about other things, and a dog."},
    {"id": "b", "text": EDITED},
    {"text": "🎉🎉"},
    {"text": "Something that nobody else says about cats."},
    {"id": "party", "text": "🎉🎉"},
    {"text": "🎈"},
    {"id": "c", "text": f"{LONG}!"},
]


@pytest.fixture
def jsonl(tmp_path: Path) -> Path:
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    return path


def found(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_json_has_a_line_a_group(jsonl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["duplicates", str(jsonl), "--json"]) == 0
    assert found(capsys.readouterr().out) == [
        {"group": 1, "ids": ["a", "b", "c"], "jaccard_min": pytest.approx(191 / 201, abs=1e-6)},
        {"group": 2, "ids": [4, "party"], "jaccard_min": 1.0},
    ]


def test_threshold_decides_and_a_compressed_file_reads_alike(
    jsonl: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = tmp_path / "set.jsonl.gz"
    packed.write_bytes(gzip.compress(jsonl.read_bytes()))
    assert run(["duplicates", str(packed), "--json", "--threshold", "0.99"]) == 0
    assert [row["ids"] for row in found(capsys.readouterr().out)] == [["a", "c"], [4, "party"]]


def test_semantic_joins_what_says_the_same_in_other_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    topics = ["river boats harbour", "copper wire current", "bread flour oven", "planet orbit gravity"]
    texts = [f"{topic} {' '.join(reversed(topic.split()))} {topic}" for topic in topics for _ in range(3)]
    texts = [f"{text} {'also' if place % 3 else 'too'} {text}" for place, text in enumerate(texts)]
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    assert run(["duplicates", str(path), "--json", "--semantic", "0.9"]) == 0
    rows = found(capsys.readouterr().out)
    assert [row["ids"] for row in rows] == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]
    assert all(row["cosine_min"] >= 0.8 and row["jaccard_min"] <= 1 for row in rows)


def test_a_person_reads_a_table_and_the_share(jsonl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["duplicates", str(jsonl)]) == 0
    shown = capsys.readouterr().out
    assert "a, b, c" in shown and "8 documents, 2 groups, 3 documents repeat an earlier one" in shown


def test_a_file_without_a_usable_record_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.jsonl").write_text('{"text": 5}\n')
    assert run(["duplicates", str(tmp_path / "bad.jsonl"), "--json"]) == Exit.usage
    assert "error: " in capsys.readouterr().err
