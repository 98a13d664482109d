"""`hornbook classifier train` on files of labelled texts, good and bad."""

import gzip
import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from app.cli.classifier import app
from app.domain.education import evaluate, load_classifier
from app.domain.tokens import tokenise
from tests.shared import SHARED

GOLD = SHARED / "gold"
GOOD = [
    {
        "body": f"A loop repeats a step. Lesson {number} shows how: we count apples, then explain why.",
        "stars": 4 + number % 2,
    }
    for number in range(30)
]
POOR = [
    {"body": f'{{"key_{number}": {number}, "other": [1, 2, {number}]}}', "stars": number % 2} for number in range(30)
]
BAD = [
    "{broken",
    '{"body": 5, "stars": 1}',
    '{"body": "x", "stars": 7}',
    '{"body": "x", "stars": null}',
    '{"body": " ", "stars": 1}',
]


def write(path: Path, records: list[dict[str, object]], extra: list[str]) -> Path:
    path.write_text("\n".join([json.dumps(record) for record in records] + extra))
    return path


def run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["train", *args])
    return result.exit_code, result.output


def test_trains_on_any_fields_and_names_what_it_skips(tmp_path: Path) -> None:
    source = write(tmp_path / "mine.jsonl", [*GOOD, *POOR, GOOD[0]], BAD)
    code, output = run(
        str(source), "--out", str(tmp_path / "m" / "mine"), "--field", "body", "--label", "stars", "--json"
    )
    assert code == 0
    card = json.loads(output)
    assert card == json.loads((tmp_path / "m" / "mine.json").read_text())
    assert card["training"]["skipped"] == {
        "duplicate": 1, "bad_json": 1, "missing_text": 1, "bad_label": 2, "empty_text": 1,
    }  # fmt: skip
    classifier = load_classifier((tmp_path / "m" / "mine.npz").read_bytes())
    assert classifier.sha256 == card["sha256"]
    high, low = classifier.predict(tokenise([str(GOOD[3]["body"]), str(POOR[3]["body"])]))
    assert high > low


def test_trains_on_references_too_and_says_which_it_skips(tmp_path: Path) -> None:
    source = write(tmp_path / "mine.jsonl", [*GOOD, *POOR], [])
    (tmp_path / "own.jsonl").write_text(json.dumps({"id": "a", "text": "Buy now, only today!"}))
    sha = sha256(b"Buy now, only today!").hexdigest()
    labels = tmp_path / "labels.jsonl"
    here = {"path": "own.jsonl", "id": "a", "sha256": sha, "edu": 0}
    labels.write_text("\n".join(json.dumps(record) for record in (here, here | {"id": "b"})))
    options = ["--field", "body", "--label", "stars", "--references", str(labels)]
    code, output = run(str(source), "--out", str(tmp_path / "mine"), *options)
    assert code == 0
    assert "skipped line 2: absent" in output
    card = json.loads((tmp_path / "mine.json").read_text())
    assert card["references"]["n"] == 1 and card["references"]["skipped"] == {"absent": 1}


def test_shows_skipped_lines_and_reads_gzip(tmp_path: Path) -> None:
    source = tmp_path / "mine.jsonl.gz"
    lines = [json.dumps(record) for record in [*GOOD, *POOR]] + BAD[:1]
    source.write_bytes(gzip.compress("\n".join(lines).encode()))
    code, output = run(str(source), "--out", str(tmp_path / "mine"), "--field", "body", "--label", "stars")
    assert code == 0
    assert "skipped line 61: bad_json" in output


@pytest.mark.parametrize(
    ("name", "said"), [("few.jsonl", "at least 50"), ("absent.jsonl", "Cannot read")], ids=["too few", "absent"]
)
def test_says_what_is_wrong_and_writes_nothing(tmp_path: Path, name: str, said: str) -> None:
    write(tmp_path / "few.jsonl", GOOD, [])
    code, output = run(str(tmp_path / name), "--out", str(tmp_path / "mine"), "--field", "body", "--label", "stars")
    assert code == 2
    assert said in output
    assert not (tmp_path / "mine.npz").exists()


@pytest.mark.skipif(not GOLD.exists(), reason="the gold corpus is not beside the project")
def test_the_shipped_classifier_holds_on_gold() -> None:
    classifier = load_classifier(Path("app/models/education.npz").read_bytes())
    records = [json.loads(line) for line in (GOLD / "test.jsonl").read_text().splitlines()]
    found = evaluate(classifier.predict(tokenise([r["text"] for r in records])), np.array([r["edu"] for r in records]))
    assert found.spearman > 0.86
    assert found.f1_at_3 > 0.72
    assert found.mae < 0.5
