"""The end of a round over rows: texts stored in any order fare the same, late writers lose, collapse and replanning."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from random import Random

import numpy as np
import pytest
from sqlalchemy import Engine, text

from app.db.session import transaction
from app.domain.config import JobConfig
from app.domain.dedup import signatures
from app.domain.measuring import Reference
from app.domain.records import JobId
from app.domain.steps import Step
from app.domain.tokens import tokenise
from app.repositories import generations, jobs, rounds, seeds, units
from app.repositories.units import ClaimedUnit
from app.services import settling
from app.services.failures import LostLeaseError
from tests.integration.loop_world import (
    FAR,
    OPEN,
    add_calls,
    add_job,
    config_of,
    generation,
    make_late,
    row,
    rows,
    seed_ids,
)
from tests.integration.repositories.test_texts import score

DIMS = 8
TEXTS = [
    f"The {thing} of the {place} has {n} parts, and each part does one thing. Look at it once a day and write down "
    f"what you see. After {n + 2} days you know why the {thing} moves."
    for n, (thing, place) in enumerate(
        [("river", "north"), ("clock", "tower"), ("garden", "school"), ("engine", "ship"), ("bridge", "valley")]
    )
]
COPY, TWIN = TEXTS[0], TEXTS[1] + " Indeed."


@dataclass
class Closed:
    """A job whose round 1 waits to be settled, with the unit that will do it."""

    job_id: JobId
    round_id: int
    unit: ClaimedUnit


def vector(place: int) -> bytes:
    row_ = np.random.default_rng(place).normal(size=DIMS)
    return (row_ / np.linalg.norm(row_)).astype(np.float16).tobytes()


def closed(
    engine: Engine, bodies: Sequence[str], *, order: Sequence[int] | None = None, config: JobConfig | None = None
) -> Closed:
    """Five seeds in one cluster, and one answer a body, stored in `order`."""
    config = config or config_of(gates=OPEN)
    made = signatures(tokenise(list(bodies)))
    with transaction(engine) as session:
        session.execute(text("UPDATE units SET state = 'cancelled' WHERE kind <> 'rewrite' AND state = 'ready'"))
        job_id = add_job(session, seeds=5, config=config)
        ids = seed_ids(session, job_id)
        scores = [score(i, embedding=vector(i), signature=made[0].tobytes()) for i in ids]
        seeds.put_scores(session, job_id, scores)
        seeds.mark(session, job_id, [(i, 0, None) for i in ids])
        reference = {"reference": asdict(Reference(5.0, [(1, 100)], {2: 0.01})), "redundancy_cap": 1.0}
        jobs.put_artifact(session, job_id, "reference", json.dumps(reference).encode())
        round_id, planned = add_calls(session, job_id, len(bodies))
        answers = [
            generation(
                job_id,
                round_id,
                unit,
                ids[n % 5],
                body=body,
                embedding=vector(n),
                signature=made[n].tobytes(),
                tokens=40,
            )
            for n, (unit, body) in enumerate(zip(planned, bodies, strict=True))
        ]
        generations.put(session, [answers[n] for n in (order or range(len(bodies)))])
        session.execute(text("UPDATE units SET state = 'done' WHERE round_id = :r"), {"r": round_id})
        rounds.close_finished(session, job_id)
        units.add(session, "settle", job_id=job_id, round_id=round_id)
        unit = units.claim_cpu(session, worker="w", lease_s=600)
    assert unit is not None
    return Closed(JobId(job_id), round_id, unit)


def finish(engine: Engine, it: Closed, data: settling.RoundData) -> tuple[settling.Settled, list[Step]]:
    """What was decided about a round that was read, and the steps after it was written."""
    with transaction(engine) as session:
        wanted = settling.want(data, generations.candidates(session, it.job_id, settling.POOLED))
        bodies = generations.bodies(session, wanted.ids)
    outcomes = settling.admit(data, wanted, bodies)
    settled = settling.think(data, wanted, bodies, outcomes)
    with transaction(engine) as session:
        return settled, settling.write(session, it.unit, data, outcomes, lambda: settled)


def settle(engine: Engine, it: Closed) -> settling.Settled:
    with transaction(engine) as session:
        data = settling.read(session, it.job_id, it.round_id)
    return finish(engine, it, data)[0]


def verdicts(engine: Engine, it: Closed) -> list[tuple[object, object, object]]:
    found = rows(
        engine,
        """
        SELECT g.verdict, g.reason, g.redundancy FROM generations g JOIN units u ON u.id = g.unit_id
        WHERE g.job_id = :j ORDER BY u.ordinal""",
        j=it.job_id,
    )
    return [(one["verdict"], one["reason"], one["redundancy"]) for one in found]


def test_what_is_accepted_does_not_depend_on_who_finished_first(engine: Engine) -> None:
    bodies = [*TEXTS, COPY, TWIN, *(f"{body} Say why." for body in TEXTS)]
    config = config_of(gates=replace(OPEN, near_duplicate_jaccard=0.8))
    orders = [list(range(len(bodies))) for _ in range(3)]
    for seed, order in enumerate(orders):
        Random(seed).shuffle(order)

    made = []
    for order in orders:
        it = closed(engine, bodies, order=order, config=config)
        settled = settle(engine, it)
        made.append((verdicts(engine, it), settled.decision, json.dumps(settled.measures, sort_keys=True)))

    assert made[0] == made[1] == made[2]
    assert made[0][0][5][:2] == ("dropped", "exact_duplicate")
    assert made[0][0][6][:2] == ("dropped", "near_duplicate")


def test_a_round_without_any_answer_settles(engine: Engine) -> None:
    it = closed(engine, [TEXTS[0]])
    with transaction(engine) as session:
        session.execute(text("DELETE FROM generations WHERE job_id = :j"), {"j": it.job_id})

    settled = settle(engine, it)

    assert settled.measures["pool"] == 0
    assert row(engine, "SELECT state FROM rounds WHERE id = :r", r=it.round_id)["state"] == "settled"


def test_the_next_round_is_opened_in_the_same_transaction(engine: Engine) -> None:
    it = closed(engine, TEXTS)

    settle(engine, it)

    after = rows(engine, "SELECT number, state FROM rounds WHERE job_id = :j ORDER BY number", j=it.job_id)
    assert after == [{"number": 1, "state": "settled"}, {"number": 2, "state": "open"}]
    ready = row(engine, "SELECT count(*) AS n FROM units WHERE job_id = :j AND state = 'ready'", j=it.job_id)
    assert ready["n"] == 5


def test_a_settler_that_lost_its_lease_writes_nothing(engine: Engine) -> None:
    it = closed(engine, TEXTS)
    with transaction(engine) as session:
        make_late(session, it.unit.id)
        units.expire(session, max_crashes=3, max_rewrite_crashes=3)

    with pytest.raises(LostLeaseError):
        settle(engine, it)

    assert {verdict for verdict, _, _ in verdicts(engine, it)} == {"pending"}
    assert row(engine, "SELECT state FROM rounds WHERE id = :r", r=it.round_id)["state"] == "closing"


@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_a_job_that_ended_meanwhile_gets_its_verdicts_and_no_new_round(engine: Engine, state: str) -> None:
    it = closed(engine, TEXTS)
    with transaction(engine) as session:
        data = settling.read(session, it.job_id, it.round_id)
        jobs.change(session, it.job_id, only_in=("running",), state=state, stop_reason=state)
    assert finish(engine, it, data)[1] == []

    assert row(engine, "SELECT state FROM jobs WHERE id = :j", j=it.job_id)["state"] == state
    assert len(rows(engine, "SELECT id FROM rounds WHERE job_id = :j", j=it.job_id)) == 1
    assert "pending" not in {verdict for verdict, _, _ in verdicts(engine, it)}


def test_a_job_paused_by_a_person_gets_its_next_round_and_waits(engine: Engine) -> None:
    it = closed(engine, TEXTS)
    with transaction(engine) as session:
        data = settling.read(session, it.job_id, it.round_id)
        jobs.change(session, it.job_id, only_in=("running",), state="paused", note="by a person")
    finish(engine, it, data)

    assert row(engine, "SELECT state FROM jobs WHERE id = :j", j=it.job_id)["state"] == "paused"
    assert len(rows(engine, "SELECT id FROM rounds WHERE job_id = :j", j=it.job_id)) == 2


def test_the_decision_is_stored_with_the_checks_behind_it(engine: Engine) -> None:
    it = closed(engine, TEXTS, config=config_of(targets=FAR, gates=OPEN, max_rounds=1))

    settle(engine, it)

    decision = row(engine, "SELECT decision FROM rounds WHERE id = :r", r=it.round_id)["decision"]
    assert decision["stop"] == "budget_exhausted"
    (check,) = decision["checks"]
    assert (check["name"], check["holds"], check["bound"]) == ("approved_tokens", False, 1e9)


def test_a_round_is_measured_by_the_audit_model_beside_the_classifier(engine: Engine) -> None:
    it = closed(engine, TEXTS)
    with transaction(engine) as session:
        session.execute(text("UPDATE generations SET scores = jsonb_build_object('edu_audit', 0.001 * (id % 100))"))

    values = settle(engine, it).measures["values"]

    kept = "FROM generations WHERE verdict = 'kept' AND job_id = :j"
    means = row(engine, f"SELECT avg(edu_score) AS edu, avg(0.001 * (id % 100))::float8 AS audit {kept}", j=it.job_id)
    assert isinstance(values, dict) and values["n"] == len(TEXTS)
    assert values["edu_mean"] == pytest.approx(means["edu"])
    assert values["edu_audit_mean"] == pytest.approx(means["audit"])


def test_repeated_texts_of_one_seed_fill_no_more_than_their_clusters_quota(engine: Engine) -> None:
    bodies = [f"{body} Number {n}." for n in range(4) for body in TEXTS]

    settled = settle(engine, it := closed(engine, bodies))

    # Five seeds in one cluster, three variants each.
    counts = [verdict for verdict, _, _ in verdicts(engine, it)]
    assert (counts.count("kept"), counts.count("reserve")) == (15, 5)
    assert settled.measures["pool"] == 15
