"""`hornbook up` and what runs beside it, with real processes: found, used, interrupted, stopped."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from app.cli.exits import Exit
from tests.cli_process import REPOSITORY, environment, hornbook

SEEDS = (REPOSITORY / "examples/seeds.jsonl").read_text().splitlines()


@dataclass(frozen=True)
class Up:
    """A running `hornbook up`."""

    process: subprocess.Popen[str]
    url: str
    env: dict[str, str]
    folder: Path


def start(argv: list[str], folder: Path, env: dict[str, str]) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "app.cli.main", *argv]
    return subprocess.Popen(
        line, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("up")
    env = environment(home=str(folder / "home"), port="0")
    with start(["up", "--json"], folder, env) as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        assert told, process.stderr and process.stderr.read()
        yield Up(process, json.loads(told)["url"], env, folder)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def test_refine_finds_the_running_service_and_says_what_was_rejected(up: Up) -> None:
    (up.folder / "mixed.jsonl").write_text("\n".join([*SEEDS[:8], '{"text": 5}', "not json"]) + "\n")
    done = hornbook("refine", "mixed.jsonl", "--out", "o", "--max-rounds", 1, cwd=up.folder, env=up.env)
    assert done.code == 0, done.err
    assert "10 records read = 8 stored + 0 duplicates + 2 rejected" in done.err
    assert "hornbook corpora rejects 1" in done.err and "Embedded service" not in done.err
    rejects = hornbook("corpora", "rejects", 1, "--json", cwd=up.folder, env=up.env)
    assert [json.loads(line)["line"] for line in rejects.out.splitlines()] == [9, 10]


def test_refine_keeps_out_what_a_benchmark_holds(up: Up) -> None:
    held = {"task_id": "own/1", "prompt": json.loads(SEEDS[2])["text"], "canonical_solution": "x = 1", "test": "x"}
    (up.folder / "held.jsonl").write_text(json.dumps(held) + "\n")
    (up.folder / "some.jsonl").write_text("\n".join(SEEDS[1:7]) + "\n")
    argv = ("refine", "some.jsonl", "--out", "kept-out", "--max-rounds", 1, "--benchmark", "held.jsonl", "--json")
    done = hornbook(*argv, cwd=up.folder, env=up.env)
    assert done.code == 0, done.err
    funnel = json.loads(done.out)["rounds"][0]["funnel"]
    assert funnel["left_out"]["contaminated"] == 1
    assert funnel["contaminated"][0]["found"].startswith("HumanEval own/1 (substring, 100%): ")


def test_folder_is_one_corpus_and_the_same_one_again(up: Up) -> None:
    corpus = up.folder / "corpus"
    corpus.mkdir()
    (corpus / "a.py").write_text("def double(x):\n    return 2 * x\n")
    (corpus / "b.txt").write_text("Water boils at 100 degrees.")
    (corpus / ".hidden").write_text("no")
    numbers = [hornbook("corpora", "add", "corpus", cwd=up.folder, env=up.env) for _ in range(2)]
    assert numbers[0].code == 0 and numbers[0].out == numbers[1].out
    assert "2 stored" in numbers[0].err


def test_doctor_asks_the_running_service(up: Up) -> None:
    found = hornbook("doctor", cwd=up.folder, env=up.env)
    assert found.code == 0 and f"embedded, at {up.url}" in found.out


def test_key_is_made_in_the_running_services_database(up: Up) -> None:
    done = hornbook("keys", "create", "ann", cwd=up.folder, env=up.env)
    assert done.code == 0 and done.out.startswith("hb_"), done.err


def test_second_up_says_where_the_first_is(up: Up) -> None:
    done = hornbook("up", cwd=up.folder, env=up.env)
    assert done.code == Exit.environment
    assert f"already running at {up.url}" in done.err and "Traceback" not in done.err


def test_example_script_runs_against_the_service(up: Up) -> None:
    (up.folder / "few.jsonl").write_text("\n".join(SEEDS[:8]) + "\n")
    script = [sys.executable, str(REPOSITORY / "examples/refine.py"), "few.jsonl", "from-python"]
    env = {**up.env, "HORNBOOK_URL": up.url}
    done = subprocess.run(script, cwd=up.folder, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "8 seeds" in done.stdout and "was made from few.jsonl:" in done.stdout
    assert (up.folder / "from-python/manifest.json").exists()


def test_refused_job_is_one_line_with_what_to_do(up: Up) -> None:
    argv = ("refine", "few.jsonl", "--out", "o", "--set", "targets.colour=red")
    (up.folder / "few.jsonl").write_text("\n".join(SEEDS[:8]) + "\n")
    done = hornbook(*argv, cwd=up.folder, env=up.env)
    assert done.code == Exit.refused and "targets.colour" in done.err and "Traceback" not in done.err


def test_interrupted_refine_keeps_the_job_and_stops_what_it_started(tmp_path: Path) -> None:
    (tmp_path / "seeds.jsonl").write_text("\n".join(SEEDS) + "\n")
    env = environment(home=str(tmp_path / "home"), port="0")
    # A shell's background job ignores SIGINT, and children inherit that; a terminal's does not.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = start(["refine", "seeds.jsonl", "--out", "o"], tmp_path, env)
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stderr is not None
    told = ""
    while "round 1" not in told:
        line = process.stderr.readline()
        assert line, told
        told += line
    started = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == Exit.unfinished
    assert "error: Interrupted: job 1 is kept, `hornbook up` goes on with it." in rest and "Traceback" not in rest
    assert started and not psutil.wait_procs(started, timeout=10)[1]
