"""A provider that bills more than the budget allows: the job waits for a person, who may raise the cap."""

from dataclasses import replace

import pytest

from app.db.session import transaction
from app.domain.config import Budget
from app.services import jobs as people
from app.services import rounds
from tests.faults.rig import document
from tests.integration.loop_run import Loop
from tests.integration.loop_world import EASY, config_of, row
from tests.stub_llm_answers import lesson

DOCUMENTS = [document(place) for place in range(12)]


def overdrawn(loop: Loop) -> int:
    """A job that is paused because one answer was many times as long as was asked for."""
    loop.endpoint.says(lambda _: "word " * 40_000)
    config = config_of(max_rounds=1, budget=Budget(tokens=20_000), targets=replace(EASY, approved_tokens=5_000))
    job_id = loop.submit(loop.corpus(DOCUMENTS), config)
    job = loop.drive(job_id)
    assert (job["state"], job["stop_reason"], job["note"]) == ("paused", None, rounds.OVERDRAWN)
    told = row(loop.engine, "SELECT data FROM events WHERE job_id = :job AND kind = 'budget.overbilled'", job=job_id)
    assert told["data"]["completion_tokens"] > 20_000
    loop.endpoint.says(lesson)
    return job_id


def budget(loop: Loop, job_id: int) -> tuple[int, int, int | None]:
    found = row(loop.engine, "SELECT * FROM budgets WHERE job_id = :job", job=job_id)
    assert found["reserved_tokens"] == 0
    return found["spent_tokens"], found["overdraft_tokens"], found["cap_tokens"]


def raise_to(loop: Loop, job_id: int, tokens: int | None) -> str:
    """Change the cap; the job's state afterwards."""
    with transaction(loop.engine) as session:
        people.change(session, job_id, people.Change(budget={"tokens": tokens}), operator=loop.operator)  # type: ignore[arg-type]  # an int is a JobId here
    return str(loop.job(job_id)["state"])


@pytest.mark.parametrize("tokens", [10_000_000, None], ids=["raised", "lifted"])
def test_a_cap_that_covers_the_bill_lets_the_job_go_on(loop: Loop, tokens: int | None) -> None:
    job_id = overdrawn(loop)
    spent, beyond, _ = budget(loop, job_id)
    asked = len(loop.stub.requests)

    assert raise_to(loop, job_id, tokens) == "running"

    assert budget(loop, job_id) == (spent + beyond, 0, tokens)
    job = loop.drive(job_id)
    assert (job["state"], job["stop_reason"]) == ("done", "budget_exhausted") and "rounds" in job["note"]
    assert len(loop.stub.requests) > asked
    states = row(loop.engine, "SELECT count(*) AS n FROM units WHERE kind = 'rewrite' AND state = 'cancelled'")
    assert states["n"] == 0, "calls that the job had planned were thrown away"


def test_a_cap_that_covers_a_part_of_the_bill_does_not(loop: Loop) -> None:
    job_id = overdrawn(loop)
    spent, beyond, _ = budget(loop, job_id)

    assert raise_to(loop, job_id, spent + 100) == "paused"

    assert budget(loop, job_id) == (spent + 100, beyond - 100, spent + 100)


def test_a_pause_that_a_person_wanted_stays(loop: Loop) -> None:
    job_id = overdrawn(loop)
    with transaction(loop.engine) as session:
        people.resume(session, job_id)  # type: ignore[arg-type]
        people.pause(session, job_id)  # type: ignore[arg-type]

    assert raise_to(loop, job_id, 10_000_000) == "paused"


def test_a_job_resumed_without_a_higher_cap_is_paused_again(loop: Loop) -> None:
    job_id = overdrawn(loop)
    asked = len(loop.stub.requests)
    with transaction(loop.engine) as session:
        people.resume(session, job_id)  # type: ignore[arg-type]

    job = loop.drive(job_id)

    assert (job["state"], job["note"], len(loop.stub.requests)) == ("paused", rounds.OVERDRAWN, asked)
