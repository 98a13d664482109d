"""Whole jobs on a real server: a model that tells stories and heeds nobody, and one that only babbles."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from app.domain.config import JobConfig, Llm, Planning, Targets
from app.domain.price_list import price_table
from app.services import submission
from tests.cli_process import environment, hornbook
from tests.faults.rig import document
from tests.integration.loop_run import Loop
from tests.integration.loop_world import rows
from tests.real_llm.server import Served

COMMON = {
    "noun": "mom park friend day",
    "verb": "play say be go",
    "adjective": "happy big little new",
}
"""Words that its stories have without being asked: some pass."""


def words_csv(folder: Path) -> Path:
    lines = ["word,part", *(f"{word},{part}" for part, words in COMMON.items() for word in words.split())]
    (folder / "words.csv").write_text("\n".join(lines) + "\n")
    return folder / "words.csv"


@pytest.mark.slow
def test_tinystories_goes_on_to_a_stop_decision_and_says_why_stories_were_rejected(
    stories: Served, tmp_path: Path
) -> None:
    argv = ["refine", words_csv(tmp_path), "--recipe", "tinystories", "--llm", stories.url, "--model", stories.model]
    settings = {"llm.api": "completions", "llm.context_tokens": 512, "llm.max_tokens": 300, "llm.concurrency": 4}
    options = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    env = environment(home=str(tmp_path / "home"), port="0")

    done = hornbook(
        *argv, *options, "--set", "draws=100", "--out", "out", "--json", cwd=tmp_path, env=env, timeout_s=250
    )

    assert done.code == 0, done.err
    story = json.loads(done.out)
    first, *others = story["rounds"][1:]
    assert story["rounds"][-1]["decision"]["stop"] in ("plateau", "nothing_to_do", "budget_exhausted", "target_met")
    assert all(made["decision"]["stop"] is None for made in story["rounds"][1:-1])
    reasons = {row["reason"] for made in (first, *others) for row in made["funnel"]["dropped"]}
    cut = {row["reason"] for made in (first, *others) for row in made["funnel"]["without_text"]}
    # Two thirds of the context are the prompt, which leaves room for short stories.
    assert {"too_short", "words_missing"} <= reasons and cut == {"truncated"}
    kept = [line for file in (tmp_path / "out" / "data").glob("*.jsonl") for line in file.read_text().splitlines()]
    assert 0 < len(kept) < first["plan"]["calls"] / 2


class RealLoop(Loop):
    """A loop against a server that nobody scripts."""

    def __init__(self, worker: Engine, served: Served) -> None:
        self.engine, self.served = worker, served

    @property
    def operator(self) -> submission.Operator:
        """Whoever runs the service: the real server is their endpoint."""
        prices = price_table({self.served.model: {"input_usd_per_mtok": 0, "output_usd_per_mtok": 0}})
        return submission.Operator(False, self.served.url, self.served.model, None, prices)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["codetextbook", "tinystories"])
def test_gibberish_is_all_rejected_and_the_job_says_why_it_ends(worker: Engine, gibberish: Served, recipe: str) -> None:
    loop = RealLoop(worker, gibberish)
    documents: list[str | dict[str, Any]] = [document(place) for place in range(10)]
    if recipe == "tinystories":
        documents = [
            {"text": word, "kind": "words", "part": part} for part, words in COMMON.items() for word in words.split()
        ]
    config = JobConfig(
        recipe=recipe,
        draws=24,
        planning=Planning(calls_per_round=12),
        targets=Targets(approved_tokens=1),
        llm=Llm(context_tokens=4096, max_tokens=300, concurrency=2),
    )
    job_id = loop.submit(loop.corpus(documents), config)

    job = loop.drive(job_id)

    assert (job["state"], job["stop_reason"]) == ("done", "plateau")
    assert "only 0 of" in job["note"] and "answers were accepted" in job["note"]
    first = loop.rounds(job_id)[1]
    # Most of it never comes to an end and is cut, or holds what no text may; the rest is dropped with a reason.
    cut, dropped = first["funnel"]["without_text"], first["funnel"]["dropped"]
    assert {row["reason"] for row in cut} <= {"truncated", "nul_char"} and all(row["reason"] for row in dropped)
    assert sum(row["count"] for row in [*cut, *dropped]) == first["plan"]["calls"] > 0
    assert rows(worker, "SELECT id FROM generations WHERE job_id = :j AND verdict <> 'dropped'", j=job_id) == []
    assert rows(worker, "SELECT id FROM units WHERE job_id = :j AND state IN ('ready', 'leased')", j=job_id) == []
