"""The moves from round to round, each made once whoever makes it, with the event that tells of it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.db.session import transaction
from app.domain.config import JobConfig, Targets
from app.domain.records import JobId
from app.domain.steps import Compute, Refine
from app.domain.targets import StopReason
from app.errors import ConflictError
from app.repositories import events, jobs, units
from app.repositories import rounds as rows_of_rounds
from app.services import rounds
from tests.integration.loop_world import add_calls, add_job, row, rows


def make(engine: Engine, **job: object) -> JobId:
    with transaction(engine) as session:
        return JobId(add_job(session, **job))  # type: ignore[arg-type]


def do(engine: Engine, work: Callable[[Session], object]) -> object:
    with transaction(engine) as session:
        return work(session)


def told(engine: Engine, job_id: int) -> list[str]:
    with transaction(engine) as session:
        return [event.kind for event in events.after(session, job_id, 0)]


def state(engine: Engine, job_id: int) -> tuple[str, str | None, str | None]:
    found = row(engine, "SELECT state, stop_reason, note FROM jobs WHERE id = :id", id=job_id)
    return (found["state"], found["stop_reason"], found["note"])


def test_a_job_starts_once_however_many_start_it(engine: Engine) -> None:
    job_id, ready = make(engine, state="queued"), threading.Barrier(4)

    def run(_: int) -> object:
        ready.wait()
        return do(engine, lambda s: rounds.start_job(s, job_id))

    with ThreadPoolExecutor(4) as pool:
        steps = list(pool.map(run, range(4)))

    assert sorted(map(str, steps)) == sorted(map(str, [[Compute()], [], [], []]))
    assert told(engine, job_id) == ["round.opened"]
    assert rows(engine, "SELECT kind FROM units WHERE job_id = :j", j=job_id) == [{"kind": "fit"}]


def test_a_queued_job_waits_for_its_corpus(engine: Engine) -> None:
    job_id = make(engine, state="queued")
    corpus = "UPDATE corpora SET state = :state WHERE id = (SELECT corpus_id FROM jobs WHERE id = :j)"

    do(engine, lambda s: s.execute(text(corpus), {"state": "ingesting", "j": job_id}))
    do(engine, rounds.start_waiting)
    assert state(engine, job_id)[0] == "queued"
    do(engine, lambda s: s.execute(text(corpus), {"state": "ready", "j": job_id}))
    do(engine, rounds.start_waiting)

    assert state(engine, job_id)[0] == "running"


def test_a_failed_job_asks_nothing_more_and_fails_once(engine: Engine) -> None:
    job_id = make(engine)
    do(engine, lambda s: add_calls(s, job_id, 2))

    for _ in range(2):
        do(engine, lambda s: rounds.fail_job(s, job_id, why="no disk"))

    assert state(engine, job_id) == ("failed", "error", "no disk")
    assert {u["state"] for u in rows(engine, "SELECT state FROM units WHERE job_id = :j", j=job_id)} == {"cancelled"}
    assert told(engine, job_id) == ["job.finished"]


@pytest.mark.parametrize("ended", ["done", "cancelled"])
def test_a_job_that_ended_cannot_fail_pause_or_end_again(engine: Engine, ended: str) -> None:
    job_id = make(engine, state=ended)
    before = state(engine, job_id)

    do(engine, lambda s: rounds.fail_job(s, job_id, why="late"))
    do(engine, lambda s: rounds.pause_job(s, job_id, why="late"))
    do(engine, lambda s: jobs.change(s, job_id, only_in=("running", "paused"), note="late"))

    assert state(engine, job_id) == before and told(engine, job_id) == []


def test_a_paused_job_goes_on_with_its_open_round(engine: Engine) -> None:
    job_id = make(engine)
    do(engine, lambda s: add_calls(s, job_id, 1))
    do(engine, lambda s: rounds.pause_job(s, job_id, why="unauthorized"))
    assert state(engine, job_id) == ("paused", None, "unauthorized")

    steps = do(engine, lambda s: rounds.resume_job(s, job_id))

    assert steps == [Refine(job_id), Compute()]
    assert state(engine, job_id) == ("running", None, None)
    assert told(engine, job_id) == ["job.paused", "job.resumed"]


@pytest.mark.parametrize("wrong", ["running", "done", "queued"])
def test_only_a_paused_job_is_resumed(engine: Engine, wrong: str) -> None:
    job_id = make(engine, state=wrong)

    with pytest.raises(ConflictError):
        do(engine, lambda s: rounds.resume_job(s, job_id))


def test_a_collapse_waits_for_a_person_and_its_round_is_planned_from_anew(engine: Engine) -> None:
    job_id = make(engine)
    round_id = do(engine, lambda s: rows_of_rounds.add(s, job_id, 2, plan={}))
    assert isinstance(round_id, int)
    do(engine, lambda s: rows_of_rounds.settle(s, round_id, funnel={}, measures={}, decision={}))
    do(engine, lambda s: units.add(s, "settle", job_id=job_id, round_id=round_id))
    do(engine, lambda s: rounds.end_job(s, job_id, StopReason.collapse, why="vendi2 fell"))
    assert state(engine, job_id) == ("paused", "collapse", "vendi2 fell")

    assert do(engine, lambda s: rounds.resume_job(s, job_id)) == [Compute()]

    settles = rows(engine, "SELECT ordinal FROM units WHERE round_id = :r ORDER BY ordinal", r=round_id)
    assert [u["ordinal"] for u in settles] == [0, 2]


@pytest.mark.parametrize("reason", [r for r in StopReason if r is not StopReason.collapse])
def test_every_other_reason_ends_the_job(engine: Engine, reason: StopReason) -> None:
    job_id = make(engine)

    do(engine, lambda s: rounds.end_job(s, job_id, reason, why="because"))

    assert state(engine, job_id) == ("done", reason.value, "because")
    assert told(engine, job_id) == ["job.finished"]


def test_an_exhausted_budget_closes_the_round_when_nothing_flies(engine: Engine) -> None:
    job_id = make(engine)
    do(engine, lambda s: add_calls(s, job_id, 2))

    assert do(engine, lambda s: rounds.exhaust(s, job_id, what="calls")) == [Compute(workers=1)]
    assert do(engine, lambda s: rounds.exhaust(s, job_id, what="calls")) == []

    assert told(engine, job_id) == ["budget.exhausted"]
    assert {
        u["reason"] for u in rows(engine, "SELECT reason FROM units WHERE job_id = :j AND kind = 'rewrite'", j=job_id)
    } == {"budget:calls"}


def test_a_round_gets_one_settling_unit_from_many_closers(engine: Engine) -> None:
    job_id = make(engine)
    round_id, _ = do(engine, lambda s: add_calls(s, job_id, 1))  # type: ignore[misc]
    do(engine, lambda s: s.execute(text("UPDATE units SET state = 'done' WHERE round_id = :r"), {"r": round_id}))
    ready = threading.Barrier(4)

    def run(_: int) -> object:
        ready.wait()
        return do(engine, lambda s: rounds.close_rounds(s, job_id))

    with ThreadPoolExecutor(4) as pool:
        steps = [step for found in pool.map(run, range(4)) for step in found]  # type: ignore[attr-defined]

    assert steps == [Compute(workers=1)]
    assert row(engine, "SELECT count(*) AS n FROM units WHERE round_id = :r AND kind = 'settle'", r=round_id)["n"] == 1


def test_the_config_is_read_back_as_it_was_submitted(engine: Engine) -> None:
    config = JobConfig(recipe="rephrase", benchmarks=(3, 4), targets=Targets(ease_mean=61.0), rng_seed=9)
    job_id = make(engine, config=config)

    with transaction(engine) as session:
        assert rounds.config_of(jobs.get(session, job_id)) == config


@pytest.mark.parametrize(("calls", "pumps"), [(0, 1), (1, 1), (127, 1), (128, 2), (10_000, 4)])
def test_many_calls_are_worth_many_pumps(calls: int, pumps: int) -> None:
    assert rounds.refine_steps(JobId(1), calls) == [Refine(JobId(1), pumps=pumps)]
