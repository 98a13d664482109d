"""Every paid call is counted once, charged ones by their reservation, beside what was accepted for it."""

from hashlib import sha256

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.db.session import transaction
from app.domain.records import JobId
from app.repositories import spend
from app.repositories.spend import SpendRow
from app.services.spending import per_accepted, spending
from tests.integration.loop_world import add_calls, add_job

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


def test_job_without_calls_has_spent_nothing(engine: Engine) -> None:
    with transaction(engine) as session:
        found = spending(session, JobId(add_job(session)))

    assert (found.rounds, found.arms, found.models) == ([], [], [])


def test_spend_is_told_for_a_thousand_accepted_tokens() -> None:
    row = SpendRow("1", 1, 10, 20, 0, 5, 2, 6_000)

    assert per_accepted(3.0, row) == 0.5
    assert per_accepted(3.0, SpendRow("1", 1, 10, 20, 0, 5, 0, 0)) is None
