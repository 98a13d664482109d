"""Leases that run out, are kept, or are given back."""

from sqlalchemy import Engine

from app.db.session import transaction
from app.repositories import stops, units
from app.repositories.units import GiveBack
from tests.integration.loop_world import job_with_calls, make_late, row, unit_row
from tests.integration.repositories.test_units import claim, expire, in_threads


def test_a_unit_that_loses_its_workers_comes_back_until_it_counts_as_poison(engine: Engine) -> None:
    job_id, (unit_id,) = job_with_calls(engine, 1)
    seen = []
    for _ in range(3):
        (held,) = claim(engine, job_id)
        (lost,) = expire(engine, unit_id)
        assert lost.token == held.token
        seen.append((lost.state, unit_row(engine, unit_id)["crashes"]))

    assert seen == [("ready", 1), ("ready", 2), ("dead", 3)]
    assert unit_row(engine, unit_id)["reason"] == "poison"
    assert claim(engine, job_id) == [] and expire(engine, unit_id) == []


def test_a_call_outlives_more_lost_workers_than_a_cpu_unit(engine: Engine) -> None:
    job_id, (call,) = job_with_calls(engine, 1)
    with transaction(engine) as session:
        cpu = units.add(session, "fit", job_id=job_id)
    for _ in range(3):
        claim(engine, job_id)
        with transaction(engine) as session:
            assert units.claim_cpu(session, worker="lost", lease_s=600)
            make_late(session, call, cpu)
            units.expire(session, max_crashes=3, max_rewrite_crashes=5)

    assert (unit_row(engine, cpu)["state"], unit_row(engine, call)["state"]) == ("dead", "ready")
    for _ in range(2):
        claim(engine, job_id)
        with transaction(engine) as session:
            make_late(session, call)
            units.expire(session, max_crashes=3, max_rewrite_crashes=5)
    assert unit_row(engine, call)["state"] == "dead"


def test_a_worker_that_stops_is_no_crash_and_the_next_loss_is_one(engine: Engine) -> None:
    job_id, (unit_id,) = job_with_calls(engine, 1)
    for _ in range(4):
        (held,) = claim(engine, job_id)
        with transaction(engine) as session:
            stops.stopping(session, [held.token])
        assert [lost.state for lost in expire(engine, unit_id)] == ["ready"]
    assert unit_row(engine, unit_id)["crashes"] == 0

    claim(engine, job_id)
    expire(engine, unit_id)

    assert unit_row(engine, unit_id)["crashes"] == 1


def test_units_let_go_are_ready_at_once_and_their_old_token_holds_nothing(engine: Engine) -> None:
    job_id, (unit_id,) = job_with_calls(engine, 1)
    (held,) = claim(engine, job_id)
    with transaction(engine) as session:
        stops.stopping(session, [held.token])
        stops.let_go(session, [held.token])
        assert not units.finish(session, unit_id, held.token)

    after = unit_row(engine, unit_id)
    assert (after["state"], after["crashes"], after["stopping"], after["reason"]) == (
        "ready",
        0,
        False,
        "worker_stopped",
    )
    assert [unit.id for unit in claim(engine, job_id)] == [unit_id]


def test_a_lease_that_has_not_run_out_is_left_alone(engine: Engine) -> None:
    job_id, (unit_id,) = job_with_calls(engine, 1)
    claim(engine, job_id)

    with transaction(engine) as session:
        assert units.expire(session, max_crashes=3, max_rewrite_crashes=3) == []
    assert unit_row(engine, unit_id)["state"] == "leased"


def test_two_reconcilers_expire_a_unit_once(engine: Engine) -> None:
    job_id, planned = job_with_calls(engine, 40)
    claim(engine, job_id, limit=40)
    with transaction(engine) as session:
        make_late(session, *planned)

    def work(_: int) -> list[int]:
        with transaction(engine) as session:
            return [unit.id for unit in units.expire(session, max_crashes=3, max_rewrite_crashes=3)]

    assert sorted(in_threads(work)) == planned
    assert row(engine, "SELECT sum(crashes) AS n FROM units WHERE job_id = :job", job=job_id)["n"] == 40


def test_a_heartbeat_keeps_a_unit(engine: Engine) -> None:
    job_id, (unit_id,) = job_with_calls(engine, 1)
    (held,) = claim(engine, job_id, lease_s=1)

    with transaction(engine) as session:
        assert units.extend(session, [held.token, held.token + 99], lease_s=100) == {held.token}
        assert units.extend(session, [], lease_s=100) == set()
    left = row(engine, "SELECT extract(epoch FROM lease_until - now()) AS s FROM units WHERE id = :id", id=unit_id)
    assert 90 < left["s"] <= 100


def test_a_unit_given_back_waits_and_remembers_why(engine: Engine) -> None:
    job_id, (unit_id,) = job_with_calls(engine, 1)
    (held,) = claim(engine, job_id)
    with transaction(engine) as session:
        units.give_back(session, [GiveBack(unit_id, held.token, 30.0, "rate_limited", provider_failure=True)])

    assert claim(engine, job_id) == []
    after = unit_row(engine, unit_id)
    assert (after["state"], after["reason"], after["provider_failures"], after["tries"]) == (
        "ready",
        "rate_limited",
        1,
        0,
    )
    with transaction(engine) as session:
        wait = units.wait_s(session, job_id)
    assert wait is not None and 25 < wait <= 30


def test_a_unit_given_back_may_come_back_larger(engine: Engine) -> None:
    job_id, (unit_id,) = job_with_calls(engine, 1)
    (held,) = claim(engine, job_id)
    with transaction(engine) as session:
        back = GiveBack(unit_id, held.token, 0.0, "truncated", tried=True, max_tokens=2000, reserve_tokens=4000)
        units.give_back(session, [back])

    (again,) = claim(engine, job_id)

    assert (again.max_tokens, again.reserve_tokens, again.tries, again.provider_failures) == (2000, 4000, 1, 0)
