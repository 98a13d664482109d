"""A job whose calls go as batches: to its end, at half price, whatever the provider does with some of them."""

from collections.abc import Callable
from dataclasses import asdict, replace

import pytest

from app.dashboard.batches import batch_words
from app.db.session import transaction
from app.domain.config import Budget, Llm, ModelShare
from app.domain.estimate_tokens import Seeds, Size
from app.domain.steps import Refine
from app.repositories import batches
from app.services import estimating, hints, jobs
from app.services.batch_profiles import NoBatchesError
from app.services.submission import ImpossibleConfigError
from tests.integration.batches.world import BatchLoop
from tests.integration.loop_world import config_of, rows
from tests.stub_llm_batches import Line


def _first(fate: str) -> Callable[[Line], str]:
    """The first line is unlucky, once."""
    left = [fate]
    return lambda _line: left.pop() if left else "ok"


def test_a_job_ends_with_the_ledger_at_half_the_price(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    job_id = loop.start()

    job = loop.finish(job_id)

    calls = loop.units(job_id)["done"]
    assert job["state"] == "done" and calls == 12, loop.units(job_id)
    assert loop.stub.requests == [], "a call went out live"
    assert len(loop.provider.answered) == calls and len(loop.batches(job_id)) == 1
    loop.check_paid(job_id)
    (made,) = rows(loop.engine, "SELECT count(*) AS n, sum(micro)::bigint AS micro FROM generations")
    assert made == {"n": calls, "micro": loop.stub.billed_micro}


@pytest.mark.parametrize(
    ("fate", "batches", "done"),
    [
        pytest.param("doubled", 1, 12, id="a line that came twice counts once"),
        pytest.param("429", 2, 12, id="a rate limit is free and asked again"),
        pytest.param("500", 2, 12, id="a server error is free and asked again"),
        pytest.param("truncated", 2, 12, id="a cut answer is paid and asked again with more room"),
    ],
)
def test_a_line_means_what_a_live_answer_means(batch_loop: BatchLoop, fate: str, batches: int, done: int) -> None:
    loop = batch_loop
    loop.provider.fate = _first(fate)
    job_id = loop.start()

    loop.finish(job_id)

    assert (len(loop.batches(job_id)), loop.units(job_id)) == (batches, {"done": done})
    loop.check_paid(job_id)


@pytest.mark.parametrize(
    ("fate", "code"),
    [
        pytest.param("missing", "no_line", id="missing"),
        pytest.param("garbled", "bad_json", id="garbled"),
    ],
)
def test_an_answer_that_was_lost_is_charged_in_full_and_asked_again(
    batch_loop: BatchLoop, fate: str, code: str
) -> None:
    loop = batch_loop
    loop.provider.fate = _first(fate)
    job_id = loop.start()

    loop.finish(job_id)

    (lost,) = rows(
        loop.engine,
        "SELECT u.id, v.micro FROM reservations v JOIN units u ON u.id = v.unit_id WHERE v.state = 'charged'",
    )
    calls = rows(loop.engine, "SELECT ok, code FROM llm_calls WHERE unit_id = :u ORDER BY id", u=lost["id"])
    assert calls == [{"ok": False, "code": code}, {"ok": True, "code": "ok"}]
    assert loop.units(job_id) == {"done": 12}
    answered = rows(loop.engine, "SELECT sum(micro)::bigint AS micro FROM llm_calls WHERE ok")[0]["micro"]
    assert loop.budget(job_id)["spent_micro"] == answered + lost["micro"] >= loop.stub.billed_micro


def test_a_filtered_request_is_rejected_as_live(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    loop.provider.fate = _first("content_filter")
    job_id = loop.start()

    loop.finish(job_id)

    assert loop.units(job_id) == {"done": 11, "rejected": 1}


def test_what_an_expired_batch_did_counts_and_the_rest_is_sent_again(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    loop.provider.ends, loop.provider.done = "expired", 5
    job_id = loop.start()
    loop.look(job_id)
    loop.provider.ends = "completed"
    first = loop.units(job_id)

    loop.finish(job_id)

    assert first["done"] == 5 and loop.units(job_id) == {"done": 12}
    assert len(loop.provider.answered) == len(set(loop.provider.answered)) == 12
    loop.check_paid(job_id)


def test_a_field_that_the_provider_refuses_is_left_out_of_the_next_batch(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    loop.provider.fate = lambda line: "unsupported" if "temperature" in line["body"] else "ok"
    job_id = loop.start()

    loop.finish(job_id)

    assert loop.units(job_id) == {"done": 12} and len(loop.batches(job_id)) == 2
    loop.check_paid(job_id)


def test_each_model_has_a_batch_of_its_own(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    job_id = loop.start(models=(ModelShare("stub"), ModelShare("other")), budget=Budget(calls=100))

    loop.finish(job_id)

    assert {batch["model"] for batch in loop.batches(job_id)} == {"other", "stub"}
    assert len(loop.batches(job_id)) == len(loop.provider.batches) == 2
    assert loop.units(job_id) == {"done": 12}


def test_a_budget_of_calls_is_kept(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    job_id = loop.start(budget=Budget(calls=5, money_usd=5.0))

    loop.finish(job_id)

    assert loop.units(job_id) == {"done": 5, "cancelled": 7}
    assert len(loop.provider.answered) == 5
    loop.check_paid(job_id)


def test_a_batch_is_held_however_long_it_takes_and_told_of(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    loop.provider.ends = None
    job_id = loop.start()
    loop.look(job_id)
    loop.sweep()
    with transaction(loop.engine) as session:
        early = hints.wanted(session)
    loop.due()
    with transaction(loop.engine) as session:
        late = hints.wanted(session)
        (seen,) = batches.open_of(session, [job_id])

    assert loop.units(job_id) == {"leased": 12}
    assert (early, late) == ([], [Refine(job_id)])
    assert batch_words(asdict(seen)).startswith("batch batch_1, sent 20")
    assert batch_words(asdict(seen)).endswith("UTC: in progress, 0 of 12 answered")
    assert (seen.status, seen.requests, seen.answered, seen.provider_id) == ("in_progress", 12, 0, "batch_1")


def test_a_cancelled_job_ends_its_batch_and_takes_in_what_was_answered(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    loop.provider.ends, loop.provider.done = None, 3
    job_id = loop.start()
    loop.look(job_id)
    with transaction(loop.engine) as session:
        jobs.cancel(session, job_id)
        assert hints.wanted(session) == [Refine(job_id)], "the provider is told at once"

    loop.turn(job_id)
    loop.look(job_id)
    loop.sweep()

    assert loop.units(job_id) == {"done": 3, "cancelled": 9}
    assert loop.provider.batches[0]["status"] == "cancelled" and loop.batches(job_id)[0]["state"] == "ended"
    loop.check_paid(job_id)


def test_a_paused_job_takes_in_what_comes_and_sends_nothing(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    loop.provider.ends, loop.provider.done = "expired", 5
    job_id = loop.start()
    with transaction(loop.engine) as session:
        jobs.pause(session, job_id)

    loop.look(job_id)
    loop.look(job_id)
    paused = loop.units(job_id)
    with transaction(loop.engine) as session:
        jobs.resume(session, job_id)
    loop.provider.ends = "completed"
    loop.finish(job_id)

    assert paused == {"done": 5, "ready": 7}
    assert loop.units(job_id) == {"done": 12}
    loop.check_paid(job_id)


def test_an_estimate_counts_the_discount(batch_loop: BatchLoop) -> None:
    live = config_of(llm=Llm(profile="openai"))
    seeds = Seeds(40, [Size(100, 600)])

    def cost(batch: bool) -> tuple[int, float | None]:
        config = replace(live, llm=replace(live.llm, batch=batch))
        with transaction(batch_loop.engine) as session:
            made = estimating.estimate_job(session, config, batch_loop.operator, seeds=seeds, slots=8)
        price = made.models[0].price
        assert price is not None and made.batch == batch
        return round(made.estimate.high.micro), price.price.output_micro_per_mtok

    (full, dear), (half, cheap) = cost(batch=False), cost(batch=True)
    assert (dear, cheap) == (600_000, 300_000)
    assert full / 2 <= half <= full / 2 + 1


def test_a_batch_is_for_providers_that_are_known_to_sell_them(batch_loop: BatchLoop) -> None:
    with pytest.raises(NoBatchesError, match=r"name\s+llm\.profile, one of openai, azure"):
        batch_loop.start(profile=None)
    with pytest.raises(NoBatchesError):
        batch_loop.start(profile="vllm")
    with pytest.raises(ImpossibleConfigError, match=r"llm\.stream has nothing to do"):
        batch_loop.start(stream=True)
