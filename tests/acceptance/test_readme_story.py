"""The README's story: files in, rounds, a decision, an export whose every line can be traced to its seed."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.domain.text import normalise, sha256
from tests.cli_process import REPOSITORY, Done, environment, hornbook

SEEDS = 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a few of the example seeds, of code and of prose."""
    folder = tmp_path_factory.mktemp("story")
    lines = (REPOSITORY / "examples/seeds.jsonl").read_text().splitlines()
    good = [line for line in lines if json.loads(line)["id"].startswith(("py-", "enc-"))]
    (folder / "tiny.jsonl").write_text("\n".join(good[:SEEDS]) + "\n")
    return folder


def refine(folder: Path, out: str, *more: str) -> Done:
    env = environment(home=str(folder / "home"), port="0")
    return hornbook("refine", "tiny.jsonl", "--out", out, "--max-rounds", 2, *more, cwd=folder, env=env, timeout_s=200)


@pytest.fixture(scope="module")
def first(folder: Path) -> Done:
    return refine(folder, "out")


def exported(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(out.glob("data/*.jsonl")) for line in path.read_text().splitlines()]


def test_run_ends_with_rounds_decision_lineage_and_the_exports_path(folder: Path, first: Done) -> None:
    assert first.code == 0, first.err
    for part in ("Rounds", "Targets", "Stopped: ", "Lineage of one text", "from seed tiny.jsonl:", str(folder / "out")):
        assert part in first.out
    assert "offline explainer" in first.err and f"{SEEDS} records read = {SEEDS} stored" in first.err


def test_every_line_traces_to_its_seed(folder: Path, first: Done) -> None:
    assert first.code == 0, first.err
    seeds = [json.loads(line) for line in (folder / "tiny.jsonl").read_text().splitlines()]
    rows = exported(folder / "out")
    manifest = json.loads((folder / "out/manifest.json").read_bytes())
    assert len(rows) == manifest["documents"] > 0
    assert {row["kind"] for row in rows} == {"generated", "real"}
    for row in rows:
        seed = seeds[row["seed"]["source"]["line"] - 1]
        assert row["seed"]["source"]["file"] == "tiny.jsonl"
        assert row["seed"]["external_id"] == seed["id"]
        assert row["seed"]["sha256"] == sha256(normalise(seed["text"])).hex()
        assert row["licence"] == seed["licence"]
        if row["kind"] == "generated":
            assert row["model"] == "offline-explainer" and row["prompt_sha256"] == manifest["prompt_sha256"]
        else:
            assert row["text"] == normalise(seed["text"])


def test_second_run_uses_the_same_corpus_and_makes_the_same_bytes(folder: Path, first: Done) -> None:
    second = refine(folder, "again", "--json")
    assert second.code == 0, second.err
    story = json.loads(second.out)
    assert (story["corpus"]["id"], story["job"]["id"]) == (1, 2)
    assert story["lineage"]["seeds"][0]["file"] == "tiny.jsonl"
    data = [path.relative_to(folder / "out") for path in (folder / "out").glob("data/*")]
    assert data
    for path in data:
        assert (folder / "again" / path).read_bytes() == (folder / "out" / path).read_bytes()
