"""Corpora and answers that are no good, as a whole job meets them: cases 19, 20, 57 and 59 of the bad inputs."""

from dataclasses import replace

from app.domain.config import Llm, Sources
from app.domain.gate_config import Gates
from app.domain.text import sha256
from tests.integration.loop_run import Loop
from tests.integration.loop_world import OPEN, config_of, row, rows
from tests.integration.workers.test_loops import ACTS, DOCUMENTS, calls_made, start
from tests.stub_llm_answers import lesson


def test_stuffed_answers_never_reach_the_pool(loop: Loop) -> None:
    loop.endpoint.says(lambda prompt: "textbook exercise step-by-step " * 60 + str(prompt.draw))

    job_id = start(loop, gates=replace(Gates(), seed_edu_min=0))
    loop.drive(job_id)

    found = rows(loop.engine, "SELECT DISTINCT verdict, gate, reason FROM generations WHERE job_id = :job", job=job_id)
    assert found == [{"verdict": "dropped", "gate": "format", "reason": "repetition"}]


def test_a_seed_that_only_stuffs_words_takes_no_part(loop: Loop) -> None:
    stuffed = [f"textbook exercise step-by-step {n} " * 300 for n in range(3)]
    job_id = loop.submit(loop.corpus([*DOCUMENTS[:3], *stuffed]), config_of(max_rounds=1))

    loop.drive(job_id)

    scores = rows(loop.engine, "SELECT edu_score FROM seed_scores ORDER BY seed_id")
    assert max(s["edu_score"] for s in scores[3:]) < min(s["edu_score"] for s in scores[:3])


def test_a_seed_longer_than_the_models_context_that_is_not_split_is_too_long_and_is_never_sent(loop: Loop) -> None:
    long = " ".join(DOCUMENTS * 6)
    job_id = loop.submit(
        loop.corpus([*DOCUMENTS[:3], long]),
        config_of(max_rounds=1, llm=Llm(context_tokens=2048, max_tokens=700), sources=Sources(split_tokens=100_000)),
    )

    job = loop.drive(job_id)

    assert job["stop_reason"] == "budget_exhausted"
    assert loop.rounds(job_id)[1]["funnel"]["without_text"] == [{"state": "rejected", "reason": "too_long", "count": 1}]
    assert calls_made(loop) == 3


def test_a_provider_that_says_too_long_is_asked_once(loop: Loop) -> None:
    too_long = replace(ACTS["404"], pieces=too_long_reply())
    loop.stub.script = lambda _: too_long
    job_id = start(loop, max_rounds=1)

    job = loop.drive(job_id)

    assert calls_made(loop) == len(DOCUMENTS), "each call once, no loop of 400s"
    assert job["state"] == "done"
    reasons = loop.rounds(job_id)[1]["funnel"]["without_text"]
    assert [(r["state"], r["reason"]) for r in reasons] == [("rejected", "context_too_long")]


def too_long_reply() -> tuple[bytes, ...]:
    body = b'{"error": {"message": "too long", "code": "context_length_exceeded"}}'
    return (b"HTTP/1.1 400 X\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body,)


def test_a_corpus_of_empty_records_is_nothing_to_do(loop: Loop) -> None:
    corpus_id = loop.corpus(["", "   ", "\n"] * 20)
    corpus = row(loop.engine, "SELECT state, read, stored, rejected, error FROM corpora WHERE id = :id", id=corpus_id)

    if corpus["state"] == "ready":
        job = loop.drive(loop.submit(corpus_id, config_of()))
        assert (job["state"], job["stop_reason"]) == ("done", "nothing_to_do"), job["note"]
    else:
        assert corpus["state"] == "failed" and corpus["error"]["code"], corpus
    codes = rows(loop.engine, "SELECT DISTINCT code FROM rejects")
    assert [found["code"] for found in codes] == ["empty_text"]
    assert corpus["rejected"] == 60 and calls_made(loop) == 0


def test_ten_thousand_copies_are_one_seed_that_is_asked_once(loop: Loop) -> None:
    corpus_id = loop.corpus([DOCUMENTS[0]] * 10_000)

    seeds = rows(loop.engine, "SELECT copies, ordinal FROM seeds WHERE corpus_id = :id", id=corpus_id)
    corpus = row(loop.engine, "SELECT read, stored, duplicates FROM corpora WHERE id = :id", id=corpus_id)
    assert seeds == [{"copies": 10_000, "ordinal": 0}]
    assert corpus == {"read": 10_000, "stored": 1, "duplicates": 9_999}

    job_id = loop.submit(corpus_id, config_of(max_rounds=1))
    loop.drive(job_id)

    assert calls_made(loop) == 1


def test_seeds_that_are_nearly_alike_take_part_once(loop: Loop) -> None:
    twins = [DOCUMENTS[0], DOCUMENTS[0] + " Indeed.", DOCUMENTS[1]]
    job_id = loop.submit(loop.corpus(twins), config_of(max_rounds=1, gates=replace(OPEN, near_duplicate_jaccard=0.8)))

    loop.drive(job_id)

    assert loop.rounds(job_id)[0]["funnel"] == {
        "seeds": 3,
        "taking_part": 2,
        "left_out": {"near_duplicate": 1},
        "redacted": {},
    }


def test_a_secret_in_a_seed_reaches_neither_endpoint_nor_texts_nor_events(loop: Loop) -> None:
    planted = ["ann.lee@mill-house.org", "AKIA" + "QWERTYUIOP234567", "255-0332"]
    held = DOCUMENTS[0] + f" Ask {planted[0]}, use {planted[1]} or call (503) {planted[2]}."
    corpus_id = loop.corpus([held, *DOCUMENTS[1:4]])
    loop.endpoint.says(lambda prompt: lesson(prompt) + " Or ask bo.lee@mill-house.org.")

    job_id = loop.submit(corpus_id, config_of(max_rounds=1))
    loop.drive(job_id)

    first, second = (one["funnel"] for one in loop.rounds(job_id))
    assert first["redacted"] == {"emails": 1, "secrets": 1, "phones": 1} and first["taking_part"] == 4
    assert second["redacted"] == {"emails": 4}
    stored = rows(loop.engine, "SELECT text, sha256, detail FROM generations WHERE job_id = :job", job=job_id)
    assert len(stored) == 4
    for one in stored:
        assert one["text"].endswith("Or ask [EMAIL].") and sha256(one["text"]) == bytes(one["sha256"])
    said = [str(rows(loop.engine, f"SELECT * FROM {table}")) for table in ("generations", "events", "units", "rounds")]
    for secret in (*planted, "bo.lee"):
        assert not any(secret in table for table in said), secret
    seed = row(loop.engine, "SELECT text FROM seeds WHERE corpus_id = :id AND ordinal = 0", id=corpus_id)
    assert seed["text"] == held, "a seed never changes"


def test_a_benchmarks_items_take_no_part(loop: Loop) -> None:
    benchmark = loop.corpus([{"text": DOCUMENTS[3], "id": "held out"}])
    job_id = loop.submit(loop.corpus(DOCUMENTS[:6]), config_of(max_rounds=1, benchmarks=(benchmark,)))

    loop.drive(job_id)

    funnel = loop.rounds(job_id)[0]["funnel"]
    assert funnel["left_out"] == {"contaminated": 1}
    (shown,) = funnel["contaminated"]
    kept = row(loop.engine, "SELECT detail FROM seed_scores WHERE job_id = :j AND reason = 'contaminated'", j=job_id)
    assert shown["found"] == kept["detail"] and "held out (substring, 100%)" in kept["detail"]
