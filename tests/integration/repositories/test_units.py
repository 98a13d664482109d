"""Claims, leases and fences of units over real Postgres: each unit once, and no late write counts."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.db.session import transaction
from app.repositories import jobs, rounds, units
from app.repositories.units import ClaimedRewrite, GiveBack
from tests.integration.loop_world import add_calls, add_job, job_with_calls, make_late, rows, unit_row

THREADS = 4


def claim(
    engine: Engine, job_id: int, *, limit: int = 1, worker: str = "w", lease_s: float = 60
) -> list[ClaimedRewrite]:
    with transaction(engine) as session:
        return units.claim_rewrites(session, job_id, limit=limit, worker=worker, lease_s=lease_s)


def finish(engine: Engine, unit_id: int, token: int, **over: str) -> bool:
    with transaction(engine) as session:
        return units.finish(session, unit_id, token, **over)


def expire(engine: Engine, *unit_ids: int, max_crashes: int = 3) -> list[units.Expired]:
    with transaction(engine) as session:
        make_late(session, *unit_ids)
        return units.expire(session, max_crashes=max_crashes, max_rewrite_crashes=max_crashes)


def in_threads(work: Callable[[int], list[int]]) -> list[int]:
    """What `THREADS` threads that start together return, all in one list."""
    ready = threading.Barrier(THREADS)

    def run(number: int) -> list[int]:
        ready.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return [found for part in pool.map(run, range(THREADS)) for found in part]


def test_four_claimers_get_every_call_once(engine: Engine) -> None:
    job_id, planned = job_with_calls(engine, 150)

    def work(number: int) -> list[int]:
        mine: list[int] = []
        while got := claim(engine, job_id, limit=7, worker=f"w{number}"):
            mine += [unit.id for unit in got]
        return mine

    assert sorted(in_threads(work)) == planned
    tokens = rows(engine, "SELECT token FROM units WHERE job_id = :job", job=job_id)
    assert len({r["token"] for r in tokens}) == len(planned)


def test_four_cpu_claimers_get_every_unit_once(engine: Engine) -> None:
    with transaction(engine) as session:
        job_id = add_job(session)
        round_id = rounds.add(session, job_id, 0, plan={})
        made = [units.add(session, "score", job_id=job_id, round_id=round_id, ordinal=n) for n in range(40)]

    def work(number: int) -> list[int]:
        mine: list[int] = []
        while True:
            with transaction(engine) as session:
                got = units.claim_cpu(session, worker=f"w{number}", lease_s=600)
            if got is None:
                return mine
            mine.append(got.id)

    assert sorted(in_threads(work)) == made


def test_a_claim_does_not_wait_for_the_claims_of_others(engine: Engine) -> None:
    job_id, planned = job_with_calls(engine, 4)

    with transaction(engine) as holder:
        first = units.claim_rewrites(holder, job_id, limit=2, worker="slow", lease_s=600)
        begun = time.monotonic()
        second = claim(engine, job_id, limit=4)
        assert time.monotonic() - begun < 2

    assert [unit.id for unit in first] == planned[:2] and [unit.id for unit in second] == planned[2:]


def test_calls_come_in_plan_order_with_what_they_ask_about(engine: Engine) -> None:
    job_id, planned = job_with_calls(engine, 5)

    got = claim(engine, job_id, limit=3)

    assert [unit.id for unit in got] == planned[:3] and [unit.ordinal for unit in got] == [0, 1, 2]
    assert got[0].seed_text == "Seed 0 of" + got[0].seed_text[9:] and got[0].kind == "prose"
    assert (got[0].round_number, got[0].reserve_tokens, got[0].max_tokens, got[0].tries) == (1, 3000, 1000, 0)


def test_the_lease_is_counted_by_the_clock_of_the_database(engine: Engine) -> None:
    job_id, (unit_id,) = job_with_calls(engine, 1)

    with transaction(engine) as session:
        units.claim_rewrites(session, job_id, limit=1, worker="w", lease_s=450)
        query = text("SELECT lease_until - now() AS left FROM units WHERE id = :id")
        assert session.execute(query, {"id": unit_id}).scalar_one().total_seconds() == 450


@pytest.mark.parametrize("state", ["queued", "paused", "done", "failed", "cancelled"])
def test_calls_of_a_job_that_does_not_run_are_not_claimed(engine: Engine, state: str) -> None:
    job_id, _ = job_with_calls(engine, 2, state=state)

    assert claim(engine, job_id, limit=2) == []


@pytest.mark.parametrize(
    ("state", "kind", "claimed"),
    [
        ("running", "score", True),
        ("paused", "settle", False),
        ("cancelled", "score", False),
        ("done", "export", True),
        ("paused", "export", True),
    ],
)
def test_cpu_units_of_a_job_that_does_not_run_wait_but_exports_do_not(
    engine: Engine, state: str, kind: str, claimed: bool
) -> None:
    with transaction(engine) as session:
        job_id = add_job(session, state=state)
        units.add(session, kind, job_id=job_id)
    with transaction(engine) as session:
        assert (units.claim_cpu(session, worker="w", lease_s=600) is not None) is claimed


def test_cpu_units_go_by_priority_and_reading_goes_first(engine: Engine) -> None:
    with transaction(engine) as session:
        low, high = add_job(session, priority=1), add_job(session, priority=9)
        made = {"low": units.add(session, "fit", job_id=low), "high": units.add(session, "fit", job_id=high)}
        corpus = session.execute(text("SELECT min(id) FROM corpora")).scalar_one()
        made["ingest"] = units.add(session, "ingest", corpus_id=corpus)
    order = []
    with transaction(engine) as session:
        while got := units.claim_cpu(session, worker="w", lease_s=600):
            order.append(got.id)

    assert order == [made["ingest"], made["high"], made["low"]]


def test_a_call_is_no_cpu_unit(engine: Engine) -> None:
    job_with_calls(engine, 1)

    with transaction(engine) as session:
        assert units.claim_cpu(session, worker="w", lease_s=600) is None


def test_a_unit_ends_once_and_only_by_its_token(engine: Engine) -> None:
    job_id, (unit_id,) = job_with_calls(engine, 1)
    (mine,) = claim(engine, job_id)

    assert not finish(engine, unit_id, mine.token - 1)
    assert unit_row(engine, unit_id)["state"] == "leased"
    assert finish(engine, unit_id, mine.token, state="rejected", reason="refusal")
    assert not finish(engine, unit_id, mine.token)
    after = unit_row(engine, unit_id)
    assert (after["state"], after["reason"], after["lease_until"]) == ("rejected", "refusal", None)
    assert after["finished_at"] is not None


def test_only_those_still_held_end_of_many(engine: Engine) -> None:
    job_id, planned = job_with_calls(engine, 3)
    got = claim(engine, job_id, limit=3)
    expire(engine, planned[1])

    with transaction(engine) as session:
        held = units.finish_many(session, [(u.id, u.token, "done", None) for u in reversed(got)])
        assert units.finish_many(session, []) == set()

    assert held == {planned[0], planned[2]}
    assert [unit_row(engine, u)["state"] for u in planned] == ["done", "ready", "done"]


def test_a_worker_that_comes_back_late_changes_nothing(engine: Engine) -> None:
    job_id, (unit_id,) = job_with_calls(engine, 1)
    (lost,) = claim(engine, job_id, worker="lost")
    expire(engine, unit_id)
    assert not finish(engine, unit_id, lost.token), "while nobody holds it"
    (again,) = claim(engine, job_id, worker="next")
    assert again.token > lost.token

    assert not finish(engine, unit_id, lost.token), "while another holds it"
    with transaction(engine) as session:
        units.give_back(session, [GiveBack(unit_id, lost.token, 0.0, "late")])
        assert units.extend(session, [lost.token], lease_s=600) == set()

    after = unit_row(engine, unit_id)
    assert (after["state"], after["worker"], after["token"]) == ("leased", "next", again.token)
    assert finish(engine, unit_id, again.token)


def test_nobody_waits_for_calls_that_cannot_start(engine: Engine) -> None:
    job_id, _ = job_with_calls(engine, 1)

    def wait(session: Session) -> float | None:
        return units.wait_s(session, job_id)

    with transaction(engine) as session:
        assert wait(session) == 0.0
        jobs.change(session, job_id, only_in=("running",), state="paused")
        assert wait(session) is None, "a pump that waits for a paused job asks fifty times a second"
        jobs.change(session, job_id, only_in=("paused",), state="running")
        assert wait(session) == 0.0
        units.claim_rewrites(session, job_id, limit=1, worker="w", lease_s=600)
        assert wait(session) is None


def test_cancelling_takes_what_waits_and_leaves_what_flies(engine: Engine) -> None:
    job_id, planned = job_with_calls(engine, 3)
    claim(engine, job_id, limit=1)

    with transaction(engine) as session:
        assert units.cancel_ready(session, job_id, reason="job_cancelled") == 2
        assert units.cancel_ready(session, job_id, reason="job_cancelled") == 0

    assert [unit_row(engine, u)["state"] for u in planned] == ["leased", "cancelled", "cancelled"]


@pytest.mark.parametrize(
    ("state", "left"), [("running", "ready"), ("paused", "ready"), ("cancelled", "cancelled"), ("done", "cancelled")]
)
def test_calls_that_come_back_to_an_ended_job_are_cancelled(engine: Engine, state: str, left: str) -> None:
    job_id, (unit_id,) = job_with_calls(engine, 1, state=state)
    with transaction(engine) as session:
        export = units.add(session, "export", job_id=job_id)
        units.cancel_of_ended_jobs(session)

    assert unit_row(engine, unit_id)["state"] == left
    assert unit_row(engine, export)["state"] == "ready"


def test_a_round_counts_its_settlings(engine: Engine) -> None:
    with transaction(engine) as session:
        job_id = add_job(session)
        round_id, _ = add_calls(session, job_id, 1)
        assert units.settles(session, round_id) == 0
        units.add(session, "settle", job_id=job_id, round_id=round_id)
        assert units.settles(session, round_id) == 1
