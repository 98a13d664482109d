"""`hornbook contamination` on real files: the JSON that scripts rely on, and texts that attack the parser."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.cli.exits import Exit
from app.cli.main import run

CODE = "def total(values):\n    found = 0\n    for value in values:\n        found += abs(value)\n    return found\n"
MBPP = {"task_id": 3, "text": "Write a function that sums what its numbers are apart from zero.", "code": CODE}
QUESTION = {"question": "How many legs have seven spiders and three beetles together?", "answer": "74\n#### 74"}
CLEAN = "The river carries boats from the mountains to the sea, and the boats carry wood."
RENAMED = CODE.replace("total", "f").replace("values", "xs").replace("value", "x").replace("found", "s")
DOCUMENTS: list[dict[str, Any]] = [
    {"id": "a", "text": f"Let us see. {QUESTION['question']} Think!"},
    {"text": CLEAN},
    {"id": "bomb", "text": "def f():\n    return " + "-" * 6_500 + "4"},
    {"id": "deep", "text": "def f():\n    return " + "a.b" * 50_000},
    {"id": "d", "text": f"So:\n```python\n{RENAMED}```\n"},
]


def jsonl(path: Path, *records: object) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    documents = jsonl(tmp_path / "set.jsonl", *DOCUMENTS)
    mbpp = jsonl(tmp_path / "tasks.jsonl", {**MBPP, "test_list": ["assert total([1, -2]) == 3"]})
    return [str(documents), str(mbpp), str(jsonl(tmp_path / "gsm.jsonl", QUESTION))]


def test_json_has_a_line_a_hit(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    documents, tasks, questions = files
    assert run(["contamination", documents, "--against", tasks, questions, "--json"]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {
            "id": "a",
            "item": "1",
            "benchmark": "GSM8K",
            "kind": "substring",
            "share": 1.0,
            "evidence": QUESTION["question"].rstrip("?"),
        },
        {
            "id": "d",
            "item": "3",
            "benchmark": "MBPP",
            "kind": "syntax",
            "share": 1.0,
            "evidence": "f has the same syntax tree but for its names",
        },
    ]


def test_a_person_reads_items_and_shares(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    documents, tasks, questions = files
    assert run(["contamination", documents, "--against", tasks, "--against", questions]) == 0
    shown = capsys.readouterr().out
    assert "5 documents, 2 hold an item (40.00%)" in shown and "MBPP: 1 of 1 items found" in shown


def test_files_that_are_not_there_are_wrong_usage(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["contamination", files[0], "--against", "absent.jsonl", "--json"]) == Exit.usage
    assert run(["contamination", "absent.jsonl", "--against", files[1], "--json"]) == Exit.usage
    assert capsys.readouterr().err.count("error: ") == 2
