"""What a unit that cannot be done takes with it, and that the reason is written where people look."""

import pytest
from sqlalchemy import Engine, text

from app.db.session import transaction
from app.errors import AppError
from app.repositories import units
from app.repositories.units import ClaimedUnit, Expired
from app.services import failures
from tests.integration.loop_world import add_job, job_with_calls, make_late, row, unit_row


class NoDiskError(AppError):
    """No room for unit {unit}."""

    code = "no_disk"


def claim(engine: Engine, kind: str, **columns: object) -> ClaimedUnit:
    with transaction(engine) as session:
        session.execute(text("UPDATE units SET state = 'cancelled' WHERE kind <> 'rewrite' AND state = 'ready'"))
        job_id = add_job(session)
        corpus = session.execute(text("SELECT corpus_id FROM jobs WHERE id = :j"), {"j": job_id}).scalar_one()
        if kind == "ingest":
            session.execute(text("UPDATE corpora SET state = 'ingesting' WHERE id = :c"), {"c": corpus})
            columns = {"corpus_id": corpus}
        elif kind == "export":
            export = session.execute(text("INSERT INTO exports (job_id) VALUES (:j) RETURNING id"), {"j": job_id})
            columns = {"job_id": job_id, "export_id": export.scalar_one()}
        else:
            columns = {"job_id": job_id}
        units.add(session, kind, **columns)
        unit = units.claim_cpu(session, worker="w", lease_s=600)
    assert unit is not None
    return unit


def record(engine: Engine, unit: ClaimedUnit) -> None:
    with transaction(engine) as session:
        failures.record(session, unit, NoDiskError(unit=unit.id))


@pytest.mark.parametrize("kind", ["fit", "score", "settle"])
def test_a_job_without_one_of_its_steps_fails_with_the_reason(engine: Engine, kind: str) -> None:
    unit = claim(engine, kind)

    record(engine, unit)

    after = unit_row(engine, unit.id)
    assert (after["state"], after["reason"]) == ("rejected", "no_disk")
    job = row(engine, "SELECT state, stop_reason, note FROM jobs WHERE id = :j", j=unit.job_id)
    assert job == {"state": "failed", "stop_reason": "error", "note": f"No room for unit {unit.id}."}


def test_a_corpus_that_cannot_be_read_says_why(engine: Engine) -> None:
    unit = claim(engine, "ingest")

    record(engine, unit)

    corpus = row(engine, "SELECT state, error FROM corpora WHERE id = :c", c=unit.corpus_id)
    assert corpus == {"state": "failed", "error": {"code": "no_disk", "detail": f"No room for unit {unit.id}."}}


def test_an_export_that_cannot_be_built_fails_alone(engine: Engine) -> None:
    unit = claim(engine, "export")

    record(engine, unit)

    assert row(engine, "SELECT state FROM exports WHERE id = :e", e=unit.export_id)["state"] == "failed"
    assert row(engine, "SELECT state FROM jobs WHERE id = :j", j=unit.job_id)["state"] == "running"


def test_a_failure_of_a_lost_lease_blames_nobody(engine: Engine) -> None:
    unit = claim(engine, "fit")
    with transaction(engine) as session:
        make_late(session, unit.id)
        units.expire(session, max_crashes=3, max_rewrite_crashes=3)

    record(engine, unit)

    assert unit_row(engine, unit.id)["state"] == "ready"
    assert row(engine, "SELECT state FROM jobs WHERE id = :j", j=unit.job_id)["state"] == "running"


def test_a_unit_is_put_off_while_something_is_away(engine: Engine) -> None:
    unit = claim(engine, "fit")

    with transaction(engine) as session:
        failures.put_off(session, unit, delay_s=30)
        assert units.claim_cpu(session, worker="w", lease_s=600) is None

    after = unit_row(engine, unit.id)
    assert (after["state"], after["reason"], after["provider_failures"], after["crashes"]) == (
        "ready",
        "unavailable",
        1,
        0,
    )


def test_poison_fails_its_job_but_a_lost_call_only_itself(engine: Engine) -> None:
    fit = claim(engine, "fit")
    job_id, (call_id,) = job_with_calls(engine, 1)
    with transaction(engine) as session:
        failures.bury(session, Expired(fit.id, fit.token, "fit", fit.job_id, None, None, "dead"))
        failures.bury(session, Expired(call_id, 1, "rewrite", job_id, None, None, "dead"))

    assert row(engine, "SELECT state FROM jobs WHERE id = :j", j=fit.job_id)["state"] == "failed"
    assert row(engine, "SELECT state FROM jobs WHERE id = :j", j=job_id)["state"] == "running"
