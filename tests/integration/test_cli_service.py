"""Commands that talk to a service at HORNBOOK_URL, each a real process."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.cli.exits import Exit
from app.db.session import engine_of, transaction
from app.services import api_keys
from tests.api_rows import add_generation, add_round, end_job, make_ready
from tests.api_service import MODEL, ApiService, api_service, llm_endpoint
from tests.cli_process import Done, environment, hornbook

Run = Callable[..., Done]


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[ApiService]:
    with (
        llm_endpoint() as url,
        api_service(database_url, tmp_path / "home", llm_base_url=url, llm_model=MODEL) as running,
    ):
        yield running


@pytest.fixture
def command(service: ApiService, tmp_path: Path) -> Run:
    env = environment(url=service.url, home=str(tmp_path / "none"))
    return lambda *argv: hornbook(*argv, cwd=tmp_path, env=env)


def test_jobs_are_listed_steered_and_looked_into(service: ApiService, command: Run) -> None:
    job = service.job(preset="school")
    with transaction(service.engine) as session:
        seeds = make_ready(session, job["corpus_id"], ["Water boils at 100 degrees."])
        round_id = add_round(session, job["id"])
        made = add_generation(session, job["id"], round_id, seeds[0], body="Water gets hot.", ordinal=0)

    listed = command("jobs", "list", "--json")
    assert [json.loads(line)["id"] for line in listed.out.splitlines()] == [job["id"]]
    texts = command("jobs", "generations", job["id"], "--json")
    assert [json.loads(line)["text"] for line in texts.out.splitlines()] == ["Water gets hot."]
    lineage = command("jobs", "lineage", made)
    assert lineage.code == 0 and "licence" in lineage.out and "Water gets hot." in lineage.out
    assert json.loads(command("jobs", "cancel", job["id"], "--json").out)["state"] == "cancelled"
    watched = command("watch", job["id"], "--json")
    assert (watched.code, json.loads(watched.out)["state"]) == (Exit.unfinished, "cancelled")


def test_texts_are_reviewed_one_after_the_other(service: ApiService, command: Run) -> None:
    job = service.job()
    with transaction(service.engine) as session:
        seeds = make_ready(session, job["corpus_id"], ["Water boils at 100 degrees."])
        round_id = add_round(session, job["id"])
        made = add_generation(session, job["id"], round_id, seeds[0], body="Water \x1b[2Jgets hot.", ordinal=0)

    asked = command("review", "next", job["id"])
    assert asked.code == 0 and "Water \ufffd[2Jgets hot." in asked.out and f"reject {made}" in asked.out
    assert command("review", "reject", made, "--score", "nan").code == Exit.usage
    said = command("review", "reject", made, "--score", "2.5", "--note", "Not how hot.")
    assert said.out == f"Text {made} of job {job['id']} is rejected.\n"
    (row,) = map(json.loads, command("review", "list", job["id"], "--json").out.splitlines())
    assert (row["generation_id"], row["decision"], row["score"], row["note"]) == (made, "reject", 2.5, "Not how hot.")
    assert service.http.get(f"/v1/jobs/{job['id']}/reviews/next").json()["generation"] is None
    refused = command("classifier", "train", "--reviews", job["id"])
    assert (refused.code, refused.out) == (Exit.refused, "") and "at least 65 are needed" in refused.err


def test_a_budget_is_changed_and_what_is_left_out_stays(service: ApiService, command: Run) -> None:
    job = service.job(budget={"calls": 5, "tokens": 100})
    changed = json.loads(command("jobs", "budget", job["id"], "--calls", 7, "--json").out)
    assert (changed["config"]["budget"]["calls"], changed["config"]["budget"]["tokens"]) == (7, 100)
    assert command("jobs", "budget", job["id"]).code == Exit.usage


def test_dry_run_reads_the_seeds_here_and_submits_nothing(service: ApiService, command: Run, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "Water boils at 100 degrees."}\n{"text": "Ice melts."}\n' * 2)

    shown, told = command("refine", "a.jsonl", "--dry-run"), command("refine", "a.jsonl", "--dry-run", "--json")

    assert shown.code == 0 and "calls" in shown.out and "HORNBOOK_LLM_PRICES" in shown.out
    assert json.loads(told.out)["seeds"] == 2
    assert command("refine", "a.jsonl").code == Exit.usage
    assert command("jobs", "list", "--json").out == "" == command("corpora", "list", "--json").out


def test_watching_a_job_that_is_done_ends_well(service: ApiService, command: Run) -> None:
    job = service.job()
    with transaction(service.engine) as session:
        add_round(session, job["id"])
        end_job(session, job["id"])
    watched = command("watch", job["id"])
    assert watched.code == 0 and "Stopped: target met." in watched.out


def test_corpora_and_their_rejects_are_listed(service: ApiService, command: Run) -> None:
    corpus = service.corpus()
    with transaction(service.engine) as session:
        make_ready(session, corpus, ["Water boils at 100 degrees."])
        session.execute(
            text(
                "INSERT INTO rejects (corpus_id, file, line, code, excerpt) VALUES (:id, 'a.jsonl', 7, 'bad_json', '{')"
            ),
            {"id": corpus},
        )
    assert "one" in command("corpora", "list").out
    assert json.loads(command("corpora", "show", corpus, "--json").out)["stored"] == 1
    assert "a.jsonl:7" in command("corpora", "rejects", corpus).out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("jobs", "show", 999), "There is no job 999."),
        (("export", 999, "--out", "o"), "There is no job 999."),
        (("jobs", "list", "--state", "asleep"), "state"),
    ],
    ids=["job", "export", "state"],
)
def test_refusal_is_one_line_and_exit_code_four(command: Run, argv: tuple[object, ...], said: str) -> None:
    done = command(*argv)
    assert (done.code, done.out) == (Exit.refused, "")
    assert done.err.startswith("error: ") and said in done.err and "Traceback" not in done.err


def test_service_that_is_not_there_is_exit_code_three(tmp_path: Path) -> None:
    done = hornbook("jobs", "list", cwd=tmp_path, env=environment(url="http://127.0.0.1:1"))
    assert done.code == Exit.environment
    assert "No Hornbook is ready at http://127.0.0.1:1" in done.err and "hornbook up" in done.err


def test_bad_setting_is_named(tmp_path: Path) -> None:
    done = hornbook("jobs", "list", cwd=tmp_path, env=environment(port="many"))
    assert done.code == Exit.environment and done.err.startswith("error: HORNBOOK_PORT: ")


def test_key_made_on_the_command_line_opens_the_api(database_url: str, tmp_path: Path) -> None:
    done = hornbook("keys", "create", "ann", cwd=tmp_path, env=environment(database_url=database_url))
    assert done.code == 0
    with transaction(engine_of(database_url)) as session:
        assert api_keys.verify(session, done.out.strip()) is not None
    engine_of(database_url).dispose()


def test_a_key_is_listed_used_and_revoked(database_url: str, tmp_path: Path) -> None:
    env = environment(database_url=database_url)
    key = hornbook("keys", "create", "ann", cwd=tmp_path, env=env).out.strip()
    key_id = key.split("_")[1]
    hornbook("keys", "create", "bob", cwd=tmp_path, env=env)
    locked = api_service(database_url, tmp_path / "home", require_api_key=True)
    headers = {"authorization": f"Bearer {key}"}
    with locked as service:
        assert service.http.get("/v1/jobs", headers=headers).status_code == 200

    revoked = hornbook("keys", "revoke", key_id, cwd=tmp_path, env=env)
    again = hornbook("keys", "revoke", key_id, cwd=tmp_path, env=env)
    listed = hornbook("keys", "list", "--json", cwd=tmp_path, env=env).out

    assert (revoked.code, revoked.out) == (0, f"Key {key_id} is revoked.\n")
    assert again.code == Exit.usage and "hornbook keys list" in again.err
    rows = [json.loads(line) for line in listed.splitlines()]
    assert [(row["name"], row["live"], row["last_used_at"] is None) for row in rows] == [
        ("ann", False, False),
        ("bob", True, True),
    ]
    assert "secret" not in listed and key.split("_")[2] not in listed
    shown = hornbook("keys", "list", cwd=tmp_path, env=env).out
    assert key_id in shown and "revoked" in shown and "live" in shown
    with api_service(database_url, tmp_path / "home", require_api_key=True) as service:
        assert service.http.get("/v1/jobs", headers=headers).status_code == 401


def test_migrate_brings_an_empty_database_to_the_schema(
    empty_database_url: str, redis_url: str, tmp_path: Path
) -> None:
    env = environment(database_url=empty_database_url, redis_url=redis_url, home=str(tmp_path))
    assert hornbook("migrate", cwd=tmp_path, env=env).code == 0
    found = hornbook("doctor", "--json", cwd=tmp_path, env=env)
    assert found.code == 0, found.out
    checks = {row["check"]: row for row in map(json.loads, found.out.splitlines())}
    assert checks["postgres"]["ok"] and "is current" in checks["postgres"]["detail"]
    assert checks["redis"]["ok"] and checks["storage"]["ok"] and checks["llm"]["ok"] is None
    assert checks["runner"]["ok"] is None and "bubblewrap" in checks["runner"]["detail"]
    off = environment(database_url=empty_database_url, redis_url=redis_url, home=str(tmp_path), code_runner="root")
    assert "HORNBOOK_CODE_RUNNER" in hornbook("doctor", cwd=tmp_path, env=off).out


def test_doctor_ends_with_three_when_the_broker_is_away(database_url: str, tmp_path: Path) -> None:
    env = environment(database_url=database_url, redis_url="redis://127.0.0.1:1/0", home=str(tmp_path))
    found = hornbook("doctor", cwd=tmp_path, env=env)
    assert found.code == Exit.environment and "HORNBOOK_REDIS_URL" in found.out


def test_database_that_is_away_is_one_line(tmp_path: Path) -> None:
    env = environment(database_url="postgresql+psycopg://hornbook@127.0.0.1:1/hornbook")
    done = hornbook("keys", "create", "ann", cwd=tmp_path, env=env)
    assert done.code == Exit.environment
    assert done.err.startswith("error: the database says: ") and "Traceback" not in done.err
