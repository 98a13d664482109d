"""Every paid call is counted once, charged ones by their reservation, beside what was accepted for it."""

from hashlib import sha256

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.db.session import transaction
from app.domain.records import JobId
from app.repositories import generations, spend
from app.repositories.spend import SpendRow
from app.services.spending import per_accepted, spending
from tests.integration.loop_world import add_calls, add_job, generation, seed_ids

ARMS = ("lesson/a/none", "dialogue/b/none")


def add_claim(
    session: Session, job: int, unit: int, token: int, state: str, used: tuple[int, int, int] | None, *, ok: bool = True
) -> None:
    """A closed reservation of 1,000 micro-USD and 90 tokens, and its call if one came back: (in, out, micro)."""
    session.execute(
        text(
            "INSERT INTO reservations (token, unit_id, job_id, micro, tokens, state) VALUES (:t, :u, :j, 1000, 90, :s)"
        ),
        {"t": token, "u": unit, "j": job, "s": state},
    )
    if used is not None:
        session.execute(
            text("""
            INSERT INTO llm_calls (job_id, unit_id, token, request_key, ok, code, prompt_tokens, completion_tokens,
                                   micro, latency_s) VALUES (:j, :u, :t, :key, :ok, 'x', :p, :c, :m, 1)"""),
            {
                "j": job, "u": unit, "t": token, "key": sha256(f"{token}".encode()).digest(), "ok": ok,
                "p": used[0], "c": used[1], "m": used[2],
            },
        )  # fmt: skip


def world(session: Session) -> int:
    """Two answers, one refused call, one cut and made again, one lost with its worker."""
    job = add_job(session)
    units = add_calls(session, job, 4)[1]
    for place, unit in enumerate(units):
        query = text("UPDATE units SET payload = jsonb_build_object('arm', CAST(:arm AS text)) WHERE id = :id")
        session.execute(query, {"arm": ARMS[place % 2], "id": unit})
    query = text("UPDATE units SET payload = payload || jsonb_build_object('model', 'another') WHERE id = :id")
    session.execute(query, {"id": units[0]})
    first = 10**9 + 100 * job
    add_claim(session, job, units[0], first, "settled", (10, 20, 300))
    add_claim(session, job, units[1], first + 1, "settled", (10, 30, 400))
    add_claim(session, job, units[2], first + 2, "settled", (0, 0, 0), ok=False)
    add_claim(session, job, units[2], first + 3, "settled", (5, 40, 450), ok=False)
    add_claim(session, job, units[2], first + 4, "settled", (5, 50, 550))
    # Its usage came back unknown, so that the ledger took the reservation.
    add_claim(session, job, units[3], first + 5, "charged", (7, 7, 0))
    add_claim(session, job, units[3], first + 6, "charged", None)
    add_claim(session, job, units[3], first + 7, "settled", None)
    return job


def test_calls_are_counted_once_by_arm_and_round(engine: Engine) -> None:
    with transaction(engine) as session:
        job = world(session)
        found = spend.of_job(session, job)

    assert found["arm"] == [
        SpendRow(ARMS[1], 3, 10, 30, 180, 2_400, 0, 0),
        SpendRow(ARMS[0], 3, 20, 110, 0, 1_300, 0, 0),
    ]
    assert [(row.calls, row.micro) for row in found["round"]] == [(6, 3_700)]
    assert [(row.name, row.calls) for row in found["model"]][-1] == ("another", 1)
    assert sum(row.micro for row in found["model"]) == 3_700


def test_texts_count_for_the_model_that_was_asked_whatever_the_endpoint_calls_it(engine: Engine) -> None:
    with transaction(engine) as session:
        job = world(session)
        units = session.execute(text("SELECT id, round_id FROM units WHERE job_id = :j ORDER BY id"), {"j": job}).all()
        seed = seed_ids(session, job)[0]
        made = [
            generation(job, unit.round_id, unit.id, seed, verdict="kept", model="stub-2026-11-01", tokens=40, draw=draw)
            for unit, draw in zip(units, ({"model": "another"}, {}), strict=False)
        ]
        generations.put(session, made)
        found = spend.of_job(session, job)

    assert {row.name: (row.kept, row.kept_tokens) for row in found["model"]} == {"stub": (1, 40), "another": (1, 40)}
    assert [row.kept for row in found["round"]] == [2]


def settle_rounds(session: Session, job: int) -> None:
    session.execute(text("UPDATE rounds SET state = 'settled' WHERE job_id = :job"), {"job": job})


def test_sums_of_a_settled_round_say_the_same_without_its_calls(engine: Engine) -> None:
    with transaction(engine) as session:
        job, other = world(session), world(session)
        before = spend.of_job(session, job)
        settle_rounds(session, job)

        assert spend.sum_up(session, limit=9) > 0
        assert spend.sum_up(session, limit=9) == 0
        session.execute(text("UPDATE llm_calls SET micro = 7 * micro"))

        assert spend.of_job(session, job) == before
        assert spend.of_job(session, other) != before, "a round that is not over is read as it is"


@pytest.mark.parametrize(
    ("state", "used", "calls", "micro"),
    [
        pytest.param("charged", None, 1, 1_000, id="lost-with-its-worker"),
        pytest.param("settled", (10, 20, 300), 1, 300, id="came-late"),
        pytest.param("released", None, 0, 0, id="never-sent"),
        pytest.param("open", None, 0, 0, id="nobody-knows-yet"),
    ],
)
def test_claim_that_was_open_when_its_round_was_summed_up_counts_once_it_is_closed(
    engine: Engine, state: str, used: tuple[int, int, int] | None, calls: int, micro: int
) -> None:
    with transaction(engine) as session:
        job = add_job(session)
        units = add_calls(session, job, 2)[1]
        first = 10**9 + 100 * job
        add_claim(session, job, units[0], first, "settled", (10, 30, 400))
        add_claim(session, job, units[1], first + 1, "open", None)
        settle_rounds(session, job)
        spend.sum_up(session, limit=9)
        session.execute(text("DELETE FROM reservations WHERE token = :token"), {"token": first + 1})
        add_claim(session, job, units[1], first + 1, state, used)

        found = spend.of_job(session, job)

    assert [(row.calls, row.micro) for row in found["round"]] == [(1 + calls, 400 + micro)]


def test_open_round_of_a_job_that_ended_is_summed_up_after_a_while(engine: Engine) -> None:
    with transaction(engine) as session:
        job = world(session)
        ended = """
            UPDATE jobs SET state = 'cancelled', stop_reason = 'cancelled',
                            finished_at = now() - make_interval(secs => :s) WHERE id = :job"""
        session.execute(text(ended), {"s": 60, "job": job})
        soon = spend.sum_up(session, limit=9)
        session.execute(text(ended), {"s": spend.SURE_S + 1, "job": job})

        assert (soon, spend.sum_up(session, limit=9) > 0) == (0, True)
        assert [(row.calls, row.micro) for row in spend.of_job(session, job)["round"]] == [(6, 3_700)]


def test_two_reconcilers_sum_a_round_up_once(engine: Engine) -> None:
    with transaction(engine) as session:
        job = world(session)
        settle_rounds(session, job)
    with transaction(engine) as first, transaction(engine) as second:
        done = spend.sum_up(first, limit=9), spend.sum_up(second, limit=9)
    with transaction(engine) as session:
        found = spend.of_job(session, job)

    assert (done[0] > 0, done[1]) == (True, 0)
    assert [row.calls for row in found["round"]] == [6]


def test_job_without_calls_has_spent_nothing(engine: Engine) -> None:
    with transaction(engine) as session:
        found = spending(session, JobId(add_job(session)))

    assert (found.rounds, found.arms, found.models) == ([], [], [])


def test_spend_is_told_for_a_thousand_accepted_tokens() -> None:
    row = SpendRow("1", 1, 10, 20, 0, 5, 2, 6_000)

    assert per_accepted(3.0, row) == 0.5
    assert per_accepted(3.0, SpendRow("1", 1, 10, 20, 0, 5, 0, 0)) is None
