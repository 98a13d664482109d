"""What one look finds in the rows, each step alone, and that a look that fails is done again."""

import os
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.db.session import transaction
from app.domain.steps import Compute, Refine, Step
from app.repositories import beats, units
from app.services import refining
from app.services.idempotency import Answer, once
from tests.integration.loop_world import (
    PRICE,
    RESERVE,
    WORST_MICRO,
    add_job,
    job_with_calls,
    make_late,
    row,
    rows,
    unit_row,
)
from workers import reconciler


def hold(engine: Engine, job_id: int, count: int) -> list[int]:
    with transaction(engine) as session:
        claimed = refining.claim(session, job_id, limit=count, worker="lost", lease_s=600, price=PRICE)  # type: ignore[arg-type]  # an int is a JobId here
    return [unit.id for unit in claimed.units]


def look(engine: Engine, step: object) -> list[Step]:
    with transaction(engine) as session:
        return step(session)  # type: ignore[operator, no-any-return]


def test_calls_of_lost_workers_come_back_and_are_charged_in_full(worker: Engine) -> None:
    job_id, _ = job_with_calls(worker, 3, micro=10 * WORST_MICRO)
    held = hold(worker, job_id, 3)
    with transaction(worker) as session:
        make_late(session, *held[:2])

    for _ in range(2):
        look(worker, reconciler.expire_leases)

    budget = row(worker, "SELECT * FROM budgets WHERE job_id = :j", j=job_id)
    assert (budget["spent_micro"], budget["spent_tokens"], budget["spent_calls"]) == (2 * WORST_MICRO, 2 * RESERVE, 2)
    assert (budget["reserved_micro"], budget["reserved_calls"]) == (WORST_MICRO, 1)
    states = rows(worker, "SELECT state, count(*) AS n FROM reservations GROUP BY state ORDER BY state")
    assert states == [{"state": "charged", "n": 2}, {"state": "open", "n": 1}]
    assert [unit_row(worker, unit)["state"] for unit in held] == ["ready", "ready", "leased"]


def test_many_lost_calls_of_many_jobs_are_charged_to_their_own(worker: Engine) -> None:
    found = [job_with_calls(worker, n)[0] for n in (1, 2, 3)]
    held = [unit for job_id in found for unit in hold(worker, job_id, 9)]
    with transaction(worker) as session:
        make_late(session, *held)

    look(worker, reconciler.expire_leases)

    spent = rows(worker, "SELECT spent_calls AS n FROM budgets ORDER BY job_id")
    assert [budget["n"] for budget in spent] == [1, 2, 3]


def test_a_cpu_unit_that_kills_its_workers_fails_its_job(worker: Engine) -> None:
    with transaction(worker) as session:
        job_id = add_job(session)
        unit_id = units.add(session, "fit", job_id=job_id)
    for _ in range(3):
        with transaction(worker) as session:
            assert units.claim_cpu(session, worker="lost", lease_s=600)
            make_late(session, unit_id)
        look(worker, reconciler.expire_leases)

    assert unit_row(worker, unit_id)["state"] == "dead"
    job = row(worker, "SELECT state, note FROM jobs WHERE id = :j", j=job_id)
    assert job["state"] == "failed" and "lost its worker too often" in job["note"]


@pytest.mark.parametrize(("corpus", "state"), [("ready", "running"), ("ingesting", "queued"), ("failed", "failed")])
def test_a_queued_job_follows_its_corpus(worker: Engine, corpus: str, state: str) -> None:
    with transaction(worker) as session:
        job_id = add_job(session, state="queued")
        session.execute(text("UPDATE corpora SET state = :s"), {"s": corpus})

    look(worker, reconciler.start_jobs)

    assert row(worker, "SELECT state FROM jobs WHERE id = :j", j=job_id)["state"] == state


def test_a_round_that_nobody_closed_is_closed(worker: Engine) -> None:
    job_id, (unit_id,) = job_with_calls(worker, 1)
    with transaction(worker) as session:
        session.execute(text("UPDATE units SET state = 'done' WHERE id = :u"), {"u": unit_id})

    assert look(worker, reconciler.close_rounds) == [Compute(workers=1)]
    assert look(worker, reconciler.close_rounds) == []
    assert row(worker, "SELECT count(*) AS n FROM units WHERE job_id = :j AND kind = 'settle'", j=job_id)["n"] == 1


def test_a_job_past_its_deadline_stops_asking_and_settles(worker: Engine) -> None:
    job_id, planned = job_with_calls(worker, 2)
    with transaction(worker) as session:
        session.execute(text("UPDATE jobs SET deadline_at = now() - interval '1 second'"))

    assert look(worker, reconciler.end_overdue) == [Compute(workers=1)]

    assert {unit_row(worker, unit)["reason"] for unit in planned} == {"budget:time"}
    assert row(worker, "SELECT state FROM jobs WHERE id = :j", j=job_id)["state"] == "running", (
        "its round settles first"
    )


@pytest.mark.parametrize(("calls", "pumps"), [(1, 1), (128, 2), (400, 4)])
def test_ready_calls_get_hints(worker: Engine, calls: int, pumps: int) -> None:
    job_id, _ = job_with_calls(worker, calls)

    assert look(worker, reconciler.hints) == [Refine(job_id, pumps=pumps)]  # type: ignore[arg-type]


def test_ready_cpu_units_get_hints_and_nothing_ready_gets_none(worker: Engine) -> None:
    assert look(worker, reconciler.hints) == []
    with transaction(worker) as session:
        job_id = add_job(session)
        for _ in range(6):
            units.add(session, "score", job_id=job_id)

    assert look(worker, reconciler.hints) == [Compute(workers=4)]


def test_workers_long_gone_are_forgotten(worker: Engine) -> None:
    with transaction(worker) as session:
        beats.seen(session, "old", "cpu", busy=0)
        session.execute(text("UPDATE workers SET seen_at = now() - interval '2 hours'"))
        beats.seen(session, "new", "cpu", busy=0)

    look(worker, reconciler.forget_workers)

    assert rows(worker, "SELECT name FROM workers") == [{"name": "new"}]


def test_answers_of_yesterday_are_forgotten(worker: Engine) -> None:
    def work(_: Session) -> Answer:
        return Answer(202, {"id": 1})

    with transaction(worker) as session:
        for key in ("old", "new"):
            once(session, key, b"request", work)
        session.execute(
            text("UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = :key"),
            {"key": ":old"},
        )

    look(worker, reconciler.forget_answers)

    with transaction(worker) as session:
        assert [once(session, key, b"request", work).repeated for key in ("old", "new")] == [False, True]


def test_half_uploads_of_killed_processes_are_removed(worker: Engine, tmp_path: Path) -> None:
    stored = reconciler.resources.storage().receive([b"whole"], "a.jsonl", max_bytes=10)
    folder = stored.path.parent
    temps = reconciler.resources.storage().root
    old = next((path for path in temps.rglob("*") if path.is_dir() and "tmp" in path.name), folder) / "half.part"
    old.write_bytes(b"half")
    past = time.time() - 10_000
    os.utime(old, (past, past))

    look(worker, reconciler.remove_leftovers)

    assert stored.path.exists()


def test_a_sweep_does_everything_though_one_step_fails(worker: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id, planned = job_with_calls(worker, 1)
    hold(worker, job_id, 1)
    with transaction(worker) as session:
        make_late(session, *planned)
        session.execute(text("ALTER TABLE corpora RENAME TO gone"))

    reconciler.sweep()
    assert unit_row(worker, planned[0])["state"] == "ready", "a step before or after the failing one was not done"
    with transaction(worker) as session:
        session.execute(text("ALTER TABLE gone RENAME TO corpora"))
        session.execute(text("UPDATE jobs SET state = 'queued'"))
    reconciler.sweep()

    assert row(worker, "SELECT state FROM jobs WHERE id = :j", j=job_id)["state"] == "running"
