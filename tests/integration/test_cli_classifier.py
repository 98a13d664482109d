"""`hornbook classifier` against a service: trained, shown, judged, chosen, rolled back, and told of bad input."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.cli.exits import Exit
from tests.api_service import ApiService, api_service
from tests.classifier_world import GOOD, POOR, judge, lines
from tests.cli_process import Done, environment, hornbook
from tests.integration.loop_run import StubThread
from workers import compute

Command = Callable[..., Done]


@pytest.fixture
def service(worker: Engine, database_url: str, tmp_path: Path) -> Iterator[ApiService]:
    with api_service(database_url, tmp_path) as running:
        yield running


@pytest.fixture
def command(service: ApiService, tmp_path: Path) -> Command:
    """The command as a process of its own, while this one is the worker."""
    env = environment(url=service.url, home=str(tmp_path / "none"))

    def call(*argv: object) -> Done:
        with ThreadPoolExecutor(1) as thread:
            done = thread.submit(hornbook, *argv, cwd=tmp_path, env=env)
            while not done.done():
                compute.compute()
                time.sleep(0.05)
        return done.result()

    return call


def test_story_of_a_classifier(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_bytes(lines(("{broken",)))
    trained = command("classifier", "train", tmp_path / "mine.jsonl", "--name", "lessons")
    assert trained.code == 0, trained.err
    for said in ("lessons version 1: ready", "skipped line 81: bad_json", "Spearman", "the second label", "shipped"):
        assert said in trained.out

    rows = [json.loads(line) for line in command("classifier", "list", "--json").out.splitlines()]
    (made,) = [row["id"] for row in rows if row["name"] == "lessons"]
    assert "lessons" in command("classifier", "list").out
    used = command("classifier", "use", made)
    assert used.out == f"New jobs use classifier {made} (lessons version 1).\n"
    assert "used by new jobs" in command("classifier", "show", made).out

    (tmp_path / "new.jsonl").write_text('{"text": "A new lesson explains why apples fall.", "stars": 4}\nnot json\n')
    judged = command("classifier", "evaluate", tmp_path / "new.jsonl", "--label", "stars", "--json")
    assert judged.code == 0, judged.err
    found = json.loads(judged.out)
    assert (found["classifier"], found["report"]["n"], found["report"]["skipped"]) == (made, 1, {"bad_json": 1})
    assert "shipped" in command("classifier", "rollback").out


def test_labels_by_an_llm(command: Command, service: ApiService) -> None:
    answer = service.http.post("/v1/corpora", json={"name": "c", "records": [{"text": t} for t in [*GOOD, *POOR]]})
    corpus = answer.json()["id"]
    compute.compute()
    with StubThread() as stub:
        stub.says(judge)
        endpoint = ("--llm", stub.stub.url, "--model", "stub")
        done = command("classifier", "train", "--corpus", corpus, "--sample", 70, "--budget-calls", 80, *endpoint)
    assert done.code == 0, done.err
    assert f"labels from stub on corpus {corpus} (77 of 77 labels)" in done.out
    assert "the second label" in done.out


def test_bad_input_is_one_error_that_says_what_to_do(command: Command, tmp_path: Path) -> None:
    (tmp_path / "few.jsonl").write_text('{"text": "one", "edu": 9}\n{"text": "two", "edu": 1}\n')
    few = command("classifier", "train", tmp_path / "few.jsonl")
    assert (few.code, few.out) == (Exit.refused, "")
    assert "1 usable labelled documents; at least 65" in few.err.replace("\n", " ")
    assert "line 1 bad_label" in few.err.replace("\n", " ")

    for argv, code, said in (
        (("train",), Exit.usage, "--corpus ID"),
        (("train", tmp_path / "absent.jsonl"), Exit.usage, "There is no file"),
        (("evaluate", tmp_path / "absent.jsonl"), Exit.usage, "There is no file"),
        (("use", 999), Exit.refused, "There is no classifier 999."),
        (("rollback",), Exit.refused, "no earlier choice"),
        (("train", "--corpus", 999), Exit.refused, "No LLM endpoint is configured"),
    ):
        done = command("classifier", *argv)
        assert (done.code, done.out) == (code, ""), argv
        assert said in done.err.replace("\n", " ")
        assert "Traceback" not in done.err
