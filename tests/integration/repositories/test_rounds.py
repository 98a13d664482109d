"""Rounds close once, when their last unit has ended, whoever looks."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from app.db.session import transaction
from app.repositories import jobs, rounds, units
from tests.integration.loop_world import add_job, job_with_calls


def end_all(engine: Engine, unit_ids: list[int], state: str = "done") -> None:
    with transaction(engine) as session:
        session.execute(text("UPDATE units SET state = :state WHERE id = ANY(:ids)"), {"state": state, "ids": unit_ids})


def close(engine: Engine, job_id: int | None = None) -> list[tuple[int, int]]:
    with transaction(engine) as session:
        return rounds.close_finished(session, job_id)


@pytest.mark.parametrize("last", ["ready", "leased"])
def test_a_round_with_an_open_call_stays_open(engine: Engine, last: str) -> None:
    job_id, planned = job_with_calls(engine, 2)
    end_all(engine, planned[:1])
    if last == "leased":
        with transaction(engine) as session:
            units.claim_rewrites(session, job_id, limit=1, worker="w", lease_s=600)

    assert close(engine, job_id) == []


@pytest.mark.parametrize("state", ["done", "rejected", "dead", "cancelled"])
def test_a_round_whose_calls_have_ended_closes_once(engine: Engine, state: str) -> None:
    job_id, planned = job_with_calls(engine, 2)
    end_all(engine, planned, state)

    assert [owner for _, owner in close(engine, job_id)] == [job_id]
    assert close(engine, job_id) == []


def test_of_many_closers_one_wins(engine: Engine) -> None:
    job_id, planned = job_with_calls(engine, 1)
    end_all(engine, planned)
    ready = threading.Barrier(4)

    def run(_: int) -> int:
        ready.wait()
        return len(close(engine, job_id))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(run, range(4))) == 1


@pytest.mark.parametrize(
    ("state", "closes"), [("running", 1), ("paused", 1), ("done", 0), ("cancelled", 0), ("failed", 0)]
)
def test_rounds_of_ended_jobs_are_left(engine: Engine, state: str, closes: int) -> None:
    job_id, planned = job_with_calls(engine, 1, state=state)
    end_all(engine, planned)

    assert len(close(engine, job_id)) == closes


def test_a_job_closes_its_own_rounds_only(engine: Engine) -> None:
    mine, other = job_with_calls(engine, 1), job_with_calls(engine, 1)
    end_all(engine, mine[1] + other[1])

    assert [owner for _, owner in close(engine, mine[0])] == [mine[0]]
    assert other[0] in [owner for _, owner in close(engine)]


def test_a_settled_round_keeps_its_plan(engine: Engine) -> None:
    with transaction(engine) as session:
        job_id = add_job(session)
        round_id = rounds.add(session, job_id, 1, plan={"calls": 5})
        rounds.settle(session, round_id, funnel={"answers": 4}, measures={"pool": 3}, decision={"stop": None})
        settled = rounds.get(session, round_id)

    assert (settled.state, settled.plan, settled.funnel) == ("settled", {"calls": 5}, {"answers": 4})
    assert settled.settled_at is not None and settled.settled_at >= settled.opened_at


def test_rounds_come_by_number_and_a_number_comes_once(engine: Engine) -> None:
    with transaction(engine) as session:
        job_id = add_job(session)
        for number in (2, 0, 1):
            rounds.add(session, job_id, number, plan={})
        assert [row.number for row in rounds.of_job(session, job_id)] == [0, 1, 2]
    with pytest.raises(IntegrityError), transaction(engine) as session:
        rounds.add(session, job_id, 1, plan={})


def test_units_are_counted_by_round_and_state(engine: Engine) -> None:
    job_id, planned = job_with_calls(engine, 3)
    end_all(engine, planned[:2])
    with transaction(engine) as session:
        units.add(session, "settle", job_id=job_id)
        (counts,) = rounds.unit_counts(session, job_id).values()

    assert counts == {"done": 2, "ready": 1}


def test_a_job_changes_only_from_the_states_named(engine: Engine) -> None:
    with transaction(engine) as session:
        job_id = add_job(session, state="paused")
        assert not jobs.change(session, job_id, only_in=("running",), state="done", stop_reason="target_met")
        assert jobs.change(session, job_id, only_in=("paused", "running"), state="done", stop_reason="target_met")
        ended = jobs.get(session, job_id)

    assert (ended.state, ended.finished_at is not None) == ("done", True)


def test_the_first_artifact_stays(engine: Engine) -> None:
    with transaction(engine) as session:
        job_id = add_job(session)
        jobs.put_artifact(session, job_id, "embedder", b"first")
        jobs.put_artifact(session, job_id, "embedder", b"second")

        assert jobs.artifact(session, job_id, "embedder") == b"first"


def test_hints_are_for_jobs_with_calls_to_make_now_the_urgent_first(engine: Engine) -> None:
    low, high = job_with_calls(engine, 2, priority=1)[0], job_with_calls(engine, 1, priority=7)[0]
    paused, later = job_with_calls(engine, 1, state="paused")[0], job_with_calls(engine, 1)[0]
    with transaction(engine) as session:
        session.execute(text("UPDATE units SET not_before = now() + interval '1 hour' WHERE job_id = :j"), {"j": later})
        found = [pair for pair in jobs.needing_hints(session) if pair[0] in (low, high, paused, later)]

    assert found == [(high, 1, 0), (low, 2, 0)]


@pytest.mark.parametrize(("state", "late"), [("running", True), ("paused", True), ("done", False), ("queued", False)])
def test_overdue_are_jobs_past_their_deadline_that_have_not_ended(engine: Engine, state: str, late: bool) -> None:
    with transaction(engine) as session:
        job_id, early = add_job(session, state=state), add_job(session, state=state)
        query = text("UPDATE jobs SET deadline_at = now() + make_interval(secs => :s) WHERE id = :id")
        session.execute(query, {"s": -1, "id": job_id})
        session.execute(query, {"s": 60, "id": early})
        found = jobs.overdue(session)

    assert (job_id in found) is late and early not in found


@pytest.mark.parametrize("vectors", [False, True], ids=["own vectors", "an endpoint's vectors"])
def test_a_round_of_a_judged_job_is_judged_after_its_vectors_and_before_it_closes(
    engine: Engine, vectors: bool
) -> None:
    job_id, planned = job_with_calls(engine, 2)
    with transaction(engine) as session:
        asked = {"judge_model": "m", "embedding_model": "v" if vectors else None}
        jobs.change(session, job_id, only_in=("running",), **asked)
    moves = (rounds.begin_judging, rounds.begin_embedding, rounds.close_finished)

    def moved() -> list[str]:
        with transaction(engine) as session:
            return [move.__name__ for move in moves if move(session, job_id)]

    assert moved() == []
    end_all(engine, planned)
    order = [*(["begin_embedding"] if vectors else []), "begin_judging", "close_finished"]
    assert [move for _ in range(4) for move in moved()] == order


def test_the_seeds_of_a_judged_job_are_not_judged(engine: Engine) -> None:
    with transaction(engine) as session:
        job_id = add_job(session)
        jobs.change(session, job_id, only_in=("running",), judge_model="m")
        rounds.add(session, job_id, 0, plan={})
        assert rounds.begin_judging(session, job_id) == []
    assert [owner for _, owner in close(engine, job_id)] == [job_id]
