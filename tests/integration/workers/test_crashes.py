"""What nobody foresaw in a CPU unit is recorded, tried again, and in the end given up with its name (B1, A9)."""

import pytest
from sqlalchemy import Engine, text

from app.db.session import transaction
from app.repositories import units
from app.repositories.units import ClaimedUnit
from tests.integration.loop_world import add_job, row, unit_row
from workers import compute


def fit_unit(engine: Engine) -> tuple[int, int]:
    with transaction(engine) as session:
        job_id = add_job(session)
        return job_id, units.add(session, "fit", job_id=job_id)


def make_ready(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text("UPDATE units SET not_before = now()"))


@pytest.mark.parametrize("error", [MemoryError(), RecursionError(), SystemExit(3), ValueError("odd")], ids=repr)
def test_a_crash_is_counted_and_its_unit_comes_back(
    worker: Engine, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    _, unit_id = fit_unit(worker)

    def crash(_: ClaimedUnit) -> list[object]:
        raise error

    monkeypatch.setitem(compute.HANDLERS, "fit", crash)

    compute.compute()

    after = unit_row(worker, unit_id)
    assert (after["state"], after["crashes"], after["provider_failures"]) == ("ready", 1, 0)
    assert after["reason"] == f"crashed:{type(error).__name__}"
    wait = row(worker, "SELECT extract(epoch FROM not_before - now()) AS s FROM units WHERE id = :u", u=unit_id)
    assert wait["s"] > 1, "it would be tried again at once"


def test_a_unit_that_crashes_again_and_again_fails_its_job_by_name(worker: Engine) -> None:
    job_id, unit_id = fit_unit(worker)
    with transaction(worker) as session:
        session.execute(text('UPDATE jobs SET config = \'{"max_rounds": "many"}\''))

    for _ in range(3):
        make_ready(worker)
        compute.compute()

    after = unit_row(worker, unit_id)
    assert (after["state"], after["crashes"], after["reason"]) == ("dead", 3, "crashed:ValidationError")
    job = row(worker, "SELECT state, note FROM jobs WHERE id = :j", j=job_id)
    assert job["state"] == "failed" and "ended in ValidationError 3 times" in job["note"]
