"""One bad answer or seed ends only its own unit, and never the group it came with (C3, C4, C6)."""

import pytest

from app.adapters.llm_answers import read_reply
from app.adapters.llm_refusals import Reply
from tests.integration.pump.world import World, said


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        pytest.param("Water \x00 boils.", "nul_char", id="nul"),
        pytest.param("Water \ud800 boils.", "bad_unicode", id="surrogate"),
        pytest.param("\u200b\u200b", "empty_text", id="invisible"),
        pytest.param("word " * 50_000, "too_long", id="too long"),
    ],
)
def test_an_answer_that_cannot_be_stored_is_rejected_alone(world: World, words: str, reason: str) -> None:
    job = world.job(4)
    desk = world.desk(job)
    asks, _, _ = desk.claim(4)
    desk.store([said(asks[0], words), *(said(ask) for ask in asks[1:])])
    assert world.states(job) == {"done": 3, reason: 1}
    assert desk.idle
    assert world.open_reservations(job) == 0


def test_a_model_name_with_nul_is_stored_without_it(world: World) -> None:
    job = world.job(2)
    desk = world.desk(job)
    asks, _, _ = desk.claim(2)
    body = b'{"model":"st\\u0000ub","choices":[{"message":{"content":"Rivers flow."},"finish_reason":"stop"}]}'
    outcome = read_reply(Reply(200, {}, body, 0.1, 0.0), model="stub")
    desk.store([said(asks[0], outcome=outcome), said(asks[1])])
    assert world.states(job) == {"done": 2}


def test_a_seed_of_a_kind_the_recipe_does_not_know_stops_no_other(world: World) -> None:
    job = world.job(6, kinds=("prose", "words"))
    asks, _, _ = world.desk(job).claim(10)
    assert len(asks) == 3
    reasons = world.query("SELECT DISTINCT reason FROM seed_scores WHERE job_id = :job ORDER BY 1", job=job)
    assert [row.reason for row in reasons] == ["other_kind", None]
