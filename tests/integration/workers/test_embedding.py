"""Jobs whose vectors come from an endpoint: paid once, in the ledger to the micro, and settled on as Hornbook's own."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from app.db.session import transaction
from app.domain import clusters
from app.domain.config import Budget, Embedding, JobConfig
from app.domain.embedding import centred
from app.domain.gate_config import Gates
from app.domain.price_list import UnknownPriceError
from app.domain.records import JobId, Kind
from app.repositories import endpoint_health, jobs
from app.services import corpora as uploads
from app.services import jobs as people
from app.services import submission
from app.services import vectors as service
from app.settings import Settings
from tests.faults.rig import document
from tests.integration.loop_run import Loop
from tests.integration.loop_world import EASY, OPEN, config_of, row, rows
from tests.stub_embeddings import DIMS, good, vector
from tests.stub_llm_faults import OK, Act, refused, response
from tests.stub_llm_scripts import StubRequest
from workers import compute, embedding, resources

DOCUMENTS = [document(place) for place in range(70)]
SENT = "SELECT text FROM seeds WHERE id = :id"


def wanted(loop: Loop, **over: Any) -> JobConfig:
    return config_of(**({"embedding": Embedding(base_url=loop.stub.url, model="stub"), "max_rounds": 2} | over))


def start(loop: Loop, **over: Any) -> int:
    return loop.submit(loop.corpus(DOCUMENTS), wanted(loop, **over))


def hurry(loop: Loop) -> None:
    """Units that were put off wait no longer."""
    with transaction(loop.engine) as session:
        session.execute(text("UPDATE units SET not_before = now() WHERE state = 'ready'"))
        session.execute(text("UPDATE endpoints SET not_before = now()"))


def drive(loop: Loop, job_id: int) -> dict[str, Any]:
    """To the job's end, without the pauses between attempts."""
    for _ in range(40):
        loop.turn(job_id)
        hurry(loop)
        if loop.job(job_id)["state"] != "running":
            break
    return loop.job(job_id)


def go_on_without_the_lost(loop: Loop, job_id: int) -> None:
    """Let the leases of lost workers run out, and drive the job to its end."""
    with transaction(loop.engine) as session:
        session.execute(text("UPDATE units SET lease_until = now() - interval '1 s' WHERE state = 'leased'"))
    loop.sweep()
    drive(loop, job_id)


def ledger(loop: Loop, job_id: int) -> dict[str, Any]:
    """Budget and calls of a job."""
    query = """
        SELECT b.spent_micro, b.spent_calls, b.spent_tokens, b.reserved_micro, b.reserved_calls,
               (SELECT coalesce(sum(micro), 0) FROM llm_calls WHERE job_id = :job) AS calls_micro,
               (SELECT count(*) FROM llm_calls c JOIN units u ON u.id = c.unit_id
                WHERE c.job_id = :job AND u.kind = 'embed') AS embed_calls
        FROM budgets b WHERE b.job_id = :job"""
    return row(loop.engine, query, job=job_id)


def asked_texts(loop: Loop) -> list[str]:
    return [one for request in loop.stub.embed_requests for one in json.loads(request.body)["input"]]


def test_a_job_runs_to_its_end_on_an_endpoints_vectors(loop: Loop) -> None:
    job_id = start(loop)

    job = drive(loop, job_id)

    assert (job["state"], job["stop_reason"]) == ("done", "budget_exhausted")
    assert [one["state"] for one in loop.rounds(job_id)] == ["settled"] * 3
    assert loop.rounds(job_id)[-1]["measures"]["pool"] > 0
    assert rows(loop.engine, "SELECT id FROM units WHERE state IN ('ready', 'leased')") == []
    first = [len(json.loads(request.body)["input"]) for request in loop.stub.embed_requests[:2]]
    assert first == [64, 6]
    assert len(asked_texts(loop)) == len(set(asked_texts(loop))), "a text was paid for twice"


def test_the_ledger_is_the_endpoints_own_log(loop: Loop) -> None:
    job_id = start(loop)
    drive(loop, job_id)

    found = ledger(loop, job_id)

    assert found["embed_calls"] == len(loop.stub.embed_requests)
    assert found["spent_calls"] == len(loop.stub.requests) + len(loop.stub.embed_requests)
    assert found["spent_micro"] == found["calls_micro"] == loop.stub.billed_micro
    assert (found["reserved_micro"], found["reserved_calls"]) == (0, 0)


def test_rows_are_centred_on_the_seeds_and_clusters_are_those_of_round_0(loop: Loop) -> None:
    job_id = start(loop)
    drive(loop, job_id)

    seeds = rows(loop.engine, "SELECT s.text, x.embedding FROM seed_scores x JOIN seeds s ON s.id = x.seed_id")
    mean = np.array([vector(one["text"]) for one in seeds], np.float64).mean(axis=0).astype(np.float32)
    made = rows(loop.engine, "SELECT text, embedding, cluster FROM generations WHERE verdict IN ('kept', 'reserve')")
    with transaction(loop.engine) as session:
        fitted = clusters.from_bytes(jobs.artifact(session, job_id, "clusters"))
    for group in (seeds, made):
        expected = centred(np.array([vector(one["text"]) for one in group], np.float32), mean)
        stored = np.stack([np.frombuffer(one["embedding"], np.float16) for one in group])
        np.testing.assert_array_equal(stored, expected.astype(np.float16))
    assert fitted.centres.shape[1] == DIMS
    assert [one["cluster"] for one in made] == clusters.assign(fitted, expected).tolist()
    assert len({one["cluster"] for one in made}) > 1


def test_the_same_answers_give_the_same_accepted_set_and_cost_nothing_again(loop: Loop) -> None:
    corpus = loop.corpus(DOCUMENTS)
    accepted, asked = [], []
    for _ in range(2):
        job_id = loop.submit(corpus, wanted(loop))
        drive(loop, job_id)
        query = "SELECT key, verdict, redundancy, cluster FROM generations WHERE job_id = :job ORDER BY key"
        accepted.append(rows(loop.engine, query, job=job_id))
        asked.append(len(loop.stub.embed_requests))

    assert accepted[0] == accepted[1]
    assert asked[0] == asked[1] > 0


def test_stories_from_drawn_words_are_centred_on_the_first_rounds_stories(loop: Loop) -> None:
    path = Path("examples/words.csv")
    stored = resources.storage().receive([path.read_bytes()], path.name, max_bytes=10**9)
    with transaction(loop.engine) as session:
        options = uploads.CorpusOptions(text_field="word", kind=Kind.words)
        corpus = uploads.register(session, "words", [stored], options).corpus_id
    compute.compute()
    job_id = loop.submit(corpus, wanted(loop, recipe="tinystories", draws=12))

    assert drive(loop, job_id)["state"] == "done"
    made = rows(loop.engine, "SELECT g.text, g.embedding, g.verdict, r.number FROM generations g JOIN rounds r ON "
                             "r.id = g.round_id WHERE g.vector_key IS NOT NULL")  # fmt: skip
    first = np.array([vector(one["text"]) for one in made if one["number"] == 1], np.float64)
    assert len(first) > 1
    expected = centred(np.array([vector(one["text"]) for one in made], np.float32), first.mean(axis=0).astype("f4"))
    stored_rows = np.stack([np.frombuffer(one["embedding"], np.float16) for one in made]).astype(np.float32)
    np.testing.assert_allclose(stored_rows, expected, atol=1e-3)


def test_texts_are_screened_and_cut_before_they_leave(loop: Loop) -> None:
    body = f"Write to ann.lee@mail.org about this. {DOCUMENTS[0]}"
    job_id = loop.submit(loop.corpus([body, *DOCUMENTS[1:20]]), wanted(loop, embedding=Embedding(
        base_url=loop.stub.url, model="stub", chars=120)))  # fmt: skip
    drive(loop, job_id)

    sent = asked_texts(loop)
    assert any("[EMAIL]" in one for one in sent) and not any("ann.lee" in one for one in sent)
    assert max(map(len, sent)) == 120


def test_a_worker_lost_after_the_answer_costs_one_call_and_the_ledger_says_so(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = start(loop)
    store, seen = service.store, []

    def dies(*args: Any) -> Any:
        seen.append(args)
        if len(seen) == 1:
            raise KeyboardInterrupt
        return store(*args)

    monkeypatch.setattr(service, "store", dies)
    with pytest.raises(KeyboardInterrupt):
        compute.compute()
    go_on_without_the_lost(loop, job_id)

    twice = [one for one in set(asked_texts(loop)) if asked_texts(loop).count(one) > 1]
    found = ledger(loop, job_id)
    assert len(twice) == 64, "more than the call that was lost was asked again"
    assert found["embed_calls"] == len(loop.stub.embed_requests) - 1
    charged = row(loop.engine, "SELECT micro FROM reservations WHERE state = 'charged'")["micro"]
    assert found["spent_micro"] == found["calls_micro"] + charged >= loop.stub.billed_micro


def test_a_worker_lost_after_the_vectors_were_stored_pays_nothing_again(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = start(loop)
    with monkeypatch.context() as patch:
        patch.setattr(service, "finish", _dies)
        with pytest.raises(KeyboardInterrupt):
            compute.compute()
    go_on_without_the_lost(loop, job_id)

    assert len(asked_texts(loop)) == len(set(asked_texts(loop)))
    assert ledger(loop, job_id)["spent_micro"] == loop.stub.billed_micro


def _dies(*_: object, **__: object) -> Any:
    raise KeyboardInterrupt


def changed(change: Any) -> Act:
    def body(asked: dict[str, Any]) -> bytes:
        whole = json.loads(good(asked)[2])
        change(whole["data"])
        return json.dumps(whole | {"usage": {"prompt_tokens": 7, "total_tokens": 7}}).encode()

    return response(200, body({"input": DOCUMENTS[:64], "model": "stub"}), name="changed", billed=False)


BAD = {
    "wrong count": changed(lambda data: data.pop()),
    "other dimension": changed(lambda data: [one["embedding"].pop() for one in data[:1]]),
    "not a number": response(200, b'{"data": [{"index": 0, "embedding": [NaN]}]}', name="nan", billed=False),
    "infinite": changed(lambda data: data[0]["embedding"].__setitem__(0, 1e300)),
    "html": response(200, b"<html>", name="html", billed=False),
}


@pytest.mark.parametrize("name", BAD)
def test_a_useless_answer_is_asked_again_and_endless_ones_pause_the_job(loop: Loop, name: str) -> None:
    loop.stub.embed_script = lambda request: BAD[name] if request.number < 2 else OK
    job_id = start(loop)
    assert drive(loop, job_id)["state"] == "done"

    loop.stub.embed_script = lambda _request: BAD[name]
    other = loop.submit(loop.corpus([f"{one} Once more." for one in DOCUMENTS]), wanted(loop))
    job = drive(loop, other)
    assert job["state"] == "paused" and "vectors of stub" in job["note"]

    loop.stub.embed_script = lambda _request: OK
    with transaction(loop.engine) as session:
        people.resume(session, JobId(other))
    assert drive(loop, other)["state"] == "done"
    assert ledger(loop, other)["reserved_micro"] == 0


def test_vectors_of_another_length_than_the_jobs_are_no_use(loop: Loop) -> None:
    short = changed(lambda data: [one["embedding"].pop() for one in data])

    def shrinks(request: StubRequest) -> Act:
        return short if len(json.loads(request.body)["input"]) == 64 and request.number else OK

    loop.stub.embed_script = shrinks
    job_id = loop.submit(loop.corpus([document(place) for place in range(140)]), wanted(loop))
    job = drive(loop, job_id)
    assert job["state"] == "paused" and f"{DIMS - 1} numbers, where the job's others have {DIMS}" in job["note"]


@pytest.mark.parametrize("status", [429, 500])
def test_an_outage_is_waited_out_costs_nothing_and_is_held_against_nobody(loop: Loop, status: int) -> None:
    loop.stub.embed_script = lambda request: refused(status, ("retry-after", "0")) if request.number < 12 else OK
    job_id = start(loop)

    job = drive(loop, job_id)

    assert job["state"] == "done"
    assert ledger(loop, job_id)["spent_micro"] == loop.stub.billed_micro
    assert row(loop.engine, "SELECT max(provider_failures) AS n FROM units WHERE kind = 'embed'")["n"] >= 6


def test_a_refused_key_pauses_the_job(loop: Loop) -> None:
    loop.stub.embed_script = lambda _request: refused(401)
    job = drive(loop, start(loop))
    assert job["state"] == "paused" and "unauthorized" in job["note"]


def test_one_text_that_the_model_refuses_goes_without_and_the_others_do_not(loop: Loop) -> None:
    def picky(request: StubRequest) -> Act:
        return refused(400) if any("Passage 7 " in one for one in json.loads(request.body)["input"]) else OK

    loop.stub.embed_script = picky
    job_id = start(loop, max_rounds=1)
    assert drive(loop, job_id)["state"] == "done"

    left = rows(loop.engine, "SELECT s.text FROM seed_scores x JOIN seeds s ON s.id = x.seed_id "
                             "WHERE x.reason = 'no_vector'")  # fmt: skip
    assert [one["text"] for one in left] == [DOCUMENTS[7]]
    assert loop.rounds(job_id)[0]["funnel"]["left_out"] == {"no_vector": 1}


def test_an_endpoint_that_refuses_every_text_fails_the_job_with_its_name(loop: Loop) -> None:
    loop.stub.embed_script = lambda _request: refused(400)
    job = drive(loop, loop.submit(loop.corpus(DOCUMENTS[:5]), wanted(loop)))
    assert job["state"] == "failed" and f"stub at {loop.stub.url} refused every text" in job["note"]


LIMITS = {"calls": Budget(calls=40), "tokens": Budget(tokens=60_000), "money": Budget(money_usd=0.01)}


@pytest.mark.parametrize("what", LIMITS)
def test_writing_leaves_room_for_the_vectors_of_what_was_written(loop: Loop, what: str) -> None:
    goals = replace(EASY, approved_tokens=50_000)
    job_id = start(loop, budget=LIMITS[what], max_rounds=9, targets=goals)

    job = drive(loop, job_id)

    assert (job["state"], job["stop_reason"]) == ("done", "budget_exhausted") and f"budget of {what}" in job["note"]
    budget = row(loop.engine, "SELECT * FROM budgets WHERE job_id = :job", job=job_id)
    assert budget["cap_micro"] is None or loop.stub.billed_micro <= budget["cap_micro"]
    assert rows(loop.engine, "SELECT id FROM generations WHERE reason = 'no_vector'") == []
    assert loop.rounds(job_id)[-1]["measures"]["pool"] > 0


def test_a_budget_that_does_not_reach_for_the_seeds_ends_the_job(loop: Loop) -> None:
    job = drive(loop, start(loop, budget=Budget(calls=1)))
    assert (job["state"], job["stop_reason"]) == ("done", "budget_exhausted")
    assert "before all seeds had their vectors" in job["note"]
    assert len(loop.stub.embed_requests) == 1


def test_seeds_that_cannot_take_part_are_not_paid_for(loop: Loop) -> None:
    job_id = start(loop, gates=replace(OPEN, seed_edu_min=5.0))
    drive(loop, job_id)
    assert loop.stub.embed_requests == []


def test_a_money_budget_needs_a_price_for_the_vectors(loop: Loop) -> None:
    corpus = loop.corpus(DOCUMENTS[:3])
    config = wanted(loop, embedding=Embedding(base_url=loop.stub.url, model="unknown"), budget=Budget(money_usd=1))
    with pytest.raises(UnknownPriceError, match="HORNBOOK_LLM_PRICES"):
        loop.submit(corpus, config)


def test_in_production_a_job_names_no_endpoint_of_its_own(loop: Loop) -> None:
    config = JobConfig(gates=Gates(), embedding=Embedding(base_url="http://elsewhere.example/v1", model="m"))
    operator = replace(loop.operator, production=True)
    with pytest.raises(submission.EmbeddingEndpointNotAllowedError):
        submission.choose_embedding(config, operator)
    with pytest.raises(submission.NoEmbeddingEndpointError):
        submission.choose_embedding(JobConfig(embedding=Embedding(model="m")), operator)
    own = replace(operator, embedding_endpoint="http://elsewhere.example/v1", embedding_key="hush")
    target = submission.choose_embedding(config, own)
    assert target is not None and target.endpoint.key == "hush"


def test_operators_key_goes_to_the_operators_endpoint_alone(loop: Loop) -> None:
    with transaction(loop.engine) as session:
        job = jobs.get(session, start(loop))
    chosen = {"embedding_api_key": SecretStr("hush"), "embedding_base_url": loop.stub.url}
    own = Settings(_env_file=None, **chosen)  # type: ignore[call-arg, arg-type]  # pydantic-settings' own
    other = own.model_copy(update={"embedding_base_url": "https://elsewhere.example/v1"})
    assert embedding.endpoint_of(job, own).key == "hush"
    assert embedding.endpoint_of(job, other).key is None


def test_an_endpoint_that_another_worker_found_down_is_not_asked_before_its_look(loop: Loop) -> None:
    job_id = start(loop)
    lane = f"stub at {loop.stub.url}"
    with transaction(loop.engine) as session:
        endpoint_health.down(session, lane, pause_s=60, reason="no connection")
    loop.turn(job_id)
    later = "SELECT reason, not_before > now() + interval '40 s' AS later FROM units WHERE kind = 'embed'"
    units = rows(loop.engine, later)
    assert units == [{"reason": "endpoint_away", "later": True}] * 2 and loop.stub.embed_requests == []
    assert ledger(loop, job_id)["reserved_calls"] == 0

    hurry(loop)
    drive(loop, job_id)
    assert loop.job(job_id)["state"] == "done"
    assert row(loop.engine, "SELECT down_since FROM endpoints WHERE url = :lane", lane=lane) == {"down_since": None}
    assert rows(loop.engine, "SELECT kind FROM events WHERE kind LIKE 'endpoint.%'") == [{"kind": "endpoint.up"}]
