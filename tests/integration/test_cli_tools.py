"""`hornbook score` and `measure` on real files: the JSON that scripts rely on."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from app.cli.exits import Exit
from app.cli.main import run
from tests.cli_process import environment, unread

CODE = "def double(x):\n    if x:\n        return 2 * x\n    return 0\n"
PROSE = "Water boils at 100 degrees. Steam rises from the pot. The lid begins to dance."
RECORDS: list[dict[str, Any]] = [
    {"id": "a", "text": CODE},
    {"text": PROSE},
    {"id": "c", "text": f"See:\n```python\n{CODE}```\n"},
]


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def jsonl(tmp_path: Path) -> Path:
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    return path


def test_score_prints_the_promised_line_a_document(jsonl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["score", str(jsonl), "--json"]) == 0
    first, second, third = lines(capsys.readouterr().out)

    assert list(first) == ["id", "edu_score", "edu_audit", "ease", "grade", "code", "flags"]
    assert [row["id"] for row in (first, second, third)] == ["a", 2, "c"]
    assert (
        first["code"]
        == third["code"]
        == {"cyclomatic": 2, "cognitive": 1, "nesting": 1, "readability": first["code"]["readability"]}
    )
    assert second["code"] is None and second["flags"] == []
    assert all(
        0 <= row["edu_score"] <= 5 and 0 <= row["edu_audit"] <= 5 and 0 <= row["ease"] <= 100
        for row in (first, second, third)
    )


def test_score_explains_which_features_moved_a_score(jsonl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["score", str(jsonl), "--explain", "--json"]) == 0
    first, second, _ = lines(capsys.readouterr().out)
    assert (first["id"], second["id"]) == ("a", 2)
    assert 0 < len(second["moves"]) <= 20
    assert 'word "the"' in {move["feature"] for move in second["moves"]}

    assert run(["score", str(jsonl), "--explain", "--limit", "1"]) == 0
    said = capsys.readouterr().out
    assert "a: " in said and "calibrated to" in said and "Explained the first 1" in said


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".parquet"])
def test_score_is_the_same_from_every_format(
    suffix: str, jsonl: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["score", str(jsonl), "--json"])
    expected = lines(capsys.readouterr().out)
    path = tmp_path / f"set.jsonl{suffix}"
    match suffix:
        case ".gz":
            path.write_bytes(gzip.compress(jsonl.read_bytes()))
        case ".zst":
            path.write_bytes(zstandard.compress(jsonl.read_bytes()))
        case _:
            pq.write_table(pa.Table.from_pylist([{"id": None, **record} for record in RECORDS]), path)
    assert run(["score", str(path), "--json"]) == 0
    assert lines(capsys.readouterr().out) == expected


def test_rejected_records_are_told_apart_from_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"text": "Good enough."}\n{"text": 5}\n{"text": \n')
    assert run(["score", str(path), "--json"]) == 0
    shown = capsys.readouterr()
    assert len(lines(shown.out)) == 1
    assert "bad.jsonl:2: bad_type" in shown.err and "bad.jsonl:3: bad_json" in shown.err


@pytest.mark.parametrize("command", ["score", "measure"])
def test_file_without_a_usable_record_is_wrong_usage(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.jsonl").write_text('{"text": 5}\n')
    assert run([command, str(tmp_path / "bad.jsonl"), "--json"]) == Exit.usage
    assert run([command, str(tmp_path / "absent.jsonl"), "--json"]) == Exit.usage
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("error: ") == 2 and "Traceback" not in shown.err


@pytest.mark.parametrize("command", ["score", "measure"])
def test_without_json_a_person_reads_a_table(command: str, jsonl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, str(jsonl)]) == 0
    assert "grade" in capsys.readouterr().out


@pytest.mark.parametrize(
    "argv",
    [("score", "set.jsonl", "--json"), ("score", "set.jsonl"), ("measure", "set.jsonl"), ("doctor",), ("--help",)],
    ids=" ".join,
)
def test_a_command_whose_reader_left_ends_quietly(argv: tuple[str, ...], jsonl: Path, tmp_path: Path) -> None:
    env = environment(redis_url="redis://127.0.0.1:1/0", database_url="postgresql+psycopg://x@127.0.0.1:1/x")
    done = unread(*argv, cwd=tmp_path, env=env)
    assert (done.code, done.err) == (Exit.reader_gone, "")
