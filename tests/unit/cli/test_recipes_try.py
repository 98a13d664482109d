"""`hornbook recipes`: a recipe tried on one seed without a service, and what is wrong told in one line."""

import json
from pathlib import Path

import pytest

from app.cli.exits import Exit
from app.cli.main import run
from tests.integration.loop_run import StubThread
from tests.stub_llm_faults import OK, Act, refused
from tests.stub_llm_scripts import StubRequest
from tests.unit.adapters.test_recipe_files import GOOD

SEED = {
    "kind": "code",
    "text": 'def double(n):\n    """Twice the number.\n\n    >>> double(4)\n    8\n    """\n    return n + n\n',
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(GOOD)
    (tmp_path / "seeds.jsonl").write_text(
        json.dumps({"kind": "prose", "text": "Ice floats."}) + "\n" + json.dumps(SEED)
    )
    return tmp_path


def test_a_try_shows_prompt_answer_and_every_gate(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recipes", "try", "mine.yaml", "--seed", "seeds.jsonl", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    first = told["tries"][0]
    assert (told["recipe"], told["model"]) == ("plain-words", "offline-explainer")
    assert first["prompt"][1]["content"].startswith("Task: Explain the code below as a ")
    assert "double" in first["answer"]
    assert [gate["gate"] for gate in first["gates"]][:3] == ["safety", "format", "code"] and len(first["gates"]) == 7
    assert first["gates"][4]["limits"]["fidelity_recall"] == "at least 0.3"


def test_what_falls_short_is_asked_to_be_repaired(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.yaml").write_text(GOOD + "gates: {edu_min: 5}\n")

    assert run(["recipes", "try", "mine.yaml", "--seed", "seeds.jsonl", "--json"]) == 0

    first, repair = json.loads(capsys.readouterr().out)["tries"]
    assert not first["passes"]
    reason = next(gate for gate in first["gates"] if gate["reason"])
    asked = repair["prompt"][1]["content"]
    assert f"Mend it:\nFell short: {reason['reason']}: {reason['detail']}\nTo mend it: " in asked
    assert first["answer"].strip() in asked and "return n + n" in asked


def test_an_answer_is_shown_though_its_repair_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def script(request: StubRequest) -> Act:
        return refused(400, code="context_length_exceeded") if request.number else OK

    with StubThread() as endpoint:
        endpoint.stub.script = script
        endpoint.says(lambda _: "Too short.")
        asked = ["--llm", endpoint.stub.url, "--model", "stub", "--api", "completions"]
        assert run(["recipes", "try", "mine.yaml", "--seed", "seeds.jsonl", *asked, "--json"]) == 0
        paths = [request.path for request in endpoint.stub.requests]

    shown = capsys.readouterr()
    (first,) = json.loads(shown.out)["tries"]
    assert first["answer"] == "Too short." and not first["passes"]
    assert "context_too_long" in shown.err and paths == ["/v1/completions"] * 2


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["try", "mine.yaml", "--seed", "none.jsonl"], "There is no none.jsonl"),
        (["try", "mine.yaml", "--seed", "seeds.jsonl", "--number", "2"], "fewer than 2 seeds of the kind code"),
        (["try", "mine.yaml", "--seed", "seeds.jsonl", "--arm", "x/y/z"], "expected format/audience/constraint"),
        (["try", "mine.yaml", "--seed", "seeds.jsonl", "--model", "m"], "--llm URL"),
        (["try", "nope", "--seed", "seeds.jsonl"], "There is no recipe 'nope'"),
        (["check", "seeds.jsonl"], "seeds.jsonl:2: "),
    ],
    ids=["no file", "too few", "no such arm", "a model alone", "no recipe", "no recipe file"],
)
def test_wrong_usage_is_told(folder: Path, capsys: pytest.CaptureFixture[str], argv: list[str], told: str) -> None:
    assert run(["recipes", *argv]) == Exit.usage
    assert told in capsys.readouterr().err


def test_an_endpoint_that_is_not_there_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["recipes", "try", "mine.yaml", "--seed", "seeds.jsonl", "--llm", "http://127.0.0.1:1/v1", "--model", "m"]

    assert run(argv) == Exit.environment
    assert "The LLM gave no usable text: connect_failed" in capsys.readouterr().err


def test_a_recipe_is_shown_as_a_file_to_begin_with(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recipes", "show", "codetextbook", "--yaml"]) == 0
    (folder / "own.yaml").write_text(capsys.readouterr().out.replace("name: codetextbook", "name: own"))

    assert run(["recipes", "check", "own.yaml"]) == 0
    assert "own works on code and prose in" in capsys.readouterr().out
