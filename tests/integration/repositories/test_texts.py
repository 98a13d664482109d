"""Generations, calls, seeds and scores as the loop writes and reads them."""

import math
from hashlib import sha256

import pytest
from psycopg.errors import CheckViolation, UniqueViolation
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.session import transaction
from app.repositories import arm_trials, generations, ingest, jobs, llm_calls, seeds
from app.repositories.ingest import NewSeed
from app.repositories.seeds import SeedScoreRow
from app.services.ingesting import Counts
from tests.integration.loop_world import add_calls, add_job, call, generation, seed_ids


class Texts:
    """A job with texts in its rounds."""

    def __init__(self, session: Session, seeds_: int = 3) -> None:
        self.session, self.job_id, self.number = session, add_job(session, seeds=seeds_), 0
        self.seeds = seed_ids(session, self.job_id)

    def round(self, *texts: dict[str, object]) -> int:
        self.number += 1
        round_id, planned = add_calls(self.session, self.job_id, len(texts), number=self.number)
        made = [
            generation(self.job_id, round_id, unit, **{"seed_id": self.seeds[place % len(self.seeds)], **over})
            for place, (unit, over) in enumerate(zip(planned, texts, strict=True))
        ]
        # Workers end in any order.
        generations.put(self.session, reversed(made))
        self.session.execute(text("UPDATE units SET state = 'done' WHERE id = ANY(:ids)"), {"ids": planned})
        return round_id


@pytest.fixture
def texts(engine: Engine) -> Texts:
    with transaction(engine) as session:
        yield Texts(session)


DROPPED = {"verdict": "dropped", "gate": "simplicity", "reason": "too_hard", "repairable": True}


def test_candidates_come_in_the_order_of_rounds_and_plans_not_of_arrival(texts: Texts) -> None:
    texts.round({"body": "a"}, {"body": "b", "verdict": "kept"})
    texts.round({"body": "c"}, {"body": "d", **DROPPED}, {"body": "e", "verdict": "reserve"})

    found = generations.candidates(texts.session, texts.job_id, ("kept", "pending", "reserve"))

    assert [(one.head, one.ordinal) for one in found] == [("a", 0), ("b", 1), ("c", 0), ("e", 2)]
    assert {one.split for one in found} == {"work"} and {one.kind for one in found} == {"prose"}


def test_a_story_has_the_side_of_its_draw(texts: Texts) -> None:
    texts.round({"seed_id": None, "draw": {"split": "audit"}}, {"seed_id": None})

    found = generations.candidates(texts.session, texts.job_id, ("pending",))

    assert [(one.seed_id, one.split) for one in found] == [(None, "audit"), (None, "work")]


def test_verdicts_are_written_and_a_collapsed_round_is_retired_whole(texts: Texts) -> None:
    first = texts.round({}, {})
    second = texts.round({}, {}, {})
    ids = [one.id for one in generations.candidates(texts.session, texts.job_id, ("pending",))]
    outcomes = [(i, "kept", None, None, 0.25) for i in ids[:3]]
    outcomes += [(ids[3], "reserve", "quota", "cluster_full", 0.5), (ids[4], "dropped", "novelty", "redundant", 0.9)]

    generations.set_verdicts(texts.session, outcomes)
    generations.set_verdicts(texts.session, [])
    retired = generations.retire_round(texts.session, second, reason="collapse")

    assert retired == 2, "the kept one and the reserve one"
    left = generations.candidates(texts.session, texts.job_id, ("kept", "reserve", "pending"))
    assert [one.id for one in left] == ids[:2]
    funnel = generations.funnel(texts.session, second)
    assert funnel["dropped"] == [
        {"gate": "collapse", "reason": "collapse", "count": 2},
        {"gate": "novelty", "reason": "redundant", "count": 1},
    ]
    assert generations.funnel(texts.session, first)["verdicts"] == {"kept": 2}


def test_only_first_tries_that_may_be_mended_and_were_not_are_repairable(texts: Texts) -> None:
    texts.round(
        {"body": "low", **DROPPED, "edu_score": 1.0},
        {"body": "high", **DROPPED, "edu_score": 4.0, "detail": "grade 12"},
        {"body": "hopeless", **DROPPED, "repairable": False},
        {"body": "kept", "verdict": "kept"},
        {"body": "a story", **DROPPED, "seed_id": None},
        {"body": "being repaired", **DROPPED},
    )
    by_text = {one.head: one.id for one in generations.candidates(texts.session, texts.job_id, ("dropped",))}
    texts.round({"body": "a repair that failed too", **DROPPED, "parent_id": by_text["being repaired"]})
    texts.session.execute(
        text("UPDATE units SET parent_id = :p WHERE id = (SELECT max(id) FROM units)"), {"p": by_text["being repaired"]}
    )

    found = generations.repairable(texts.session, texts.job_id, limit=10)

    assert [one.generation_id for one in found] == [by_text["high"], by_text["a story"], by_text["low"]]
    assert (found[0].reason, found[0].detail) == ("too_hard", "grade 12")
    assert len(generations.repairable(texts.session, texts.job_id, limit=1)) == 1


def test_arms_that_were_asked_count_also_without_an_answer_but_not_repairs_and_cancelled_ones(engine: Engine) -> None:
    with transaction(engine) as session:
        job_id = add_job(session, seeds=1)
        _, planned = add_calls(session, job_id, 4)
        session.execute(text("UPDATE units SET state = 'rejected' WHERE id = :id"), {"id": planned[0]})
        session.execute(text("UPDATE units SET state = 'cancelled' WHERE id = :id"), {"id": planned[1]})
        session.execute(text("UPDATE units SET parent_id = 1 WHERE id = :id"), {"id": planned[2]})
        (used,) = generations.used_arms(session, job_id).values()

    assert used == {"lesson/a school pupil/0", "lesson/a school pupil/3"}


def test_arms_are_counted_by_round_and_model_with_failed_answers_and_without_repairs(texts: Texts) -> None:
    first = texts.round({"arm": "a", "verdict": "kept"}, {"arm": "a", **DROPPED}, {"arm": "b", "parent_id": 1})
    texts.round({"arm": "a", "completion_tokens": 90, "draw": {"model": "m"}})
    add = text("""
        INSERT INTO units (kind, job_id, round_id, ordinal, state, reason, payload)
        VALUES ('rewrite', :job, :round, 7, 'rejected', 'truncated', '{"arm": "b"}'),
               ('rewrite', :job, :round, 8, 'rejected', 'timeout', '{"arm": "b"}')""")
    texts.session.execute(add, {"job": texts.job_id, "round": first})

    found = arm_trials.asked(texts.session, texts.job_id)

    assert [(row.arm, row.model, row.asked, row.answers) for row in found] == [
        ("a", None, 2, 2),
        ("b", None, 1, 0),
        ("a", "m", 1, 1),
    ]
    assert found[0].round < found[2].round and found[2].tokens > 90


def test_the_funnel_of_a_round_counts_answers_tokens_and_calls_without_a_text(texts: Texts) -> None:
    round_id = texts.round({"verdict": "kept"}, dict(DROPPED), dict(DROPPED))
    add = text("""
        INSERT INTO units (kind, job_id, round_id, ordinal, state, reason)
        VALUES ('rewrite', :job, :round, 7, 'rejected', 'refusal'), ('rewrite', :job, :round, 8, 'dead', 'poison')""")
    texts.session.execute(add, {"job": texts.job_id, "round": round_id})

    funnel = generations.funnel(texts.session, round_id)

    assert (funnel["answers"], funnel["tokens"], funnel["verdicts"]) == (3, 90, {"dropped": 2, "kept": 1})
    assert funnel["dropped"] == [{"gate": "simplicity", "reason": "too_hard", "count": 2}]
    assert funnel["without_text"] == [
        {"state": "dead", "reason": "poison", "count": 1},
        {"state": "rejected", "reason": "refusal", "count": 1},
    ]
    assert generations.funnel(texts.session, 10**9)["answers"] == 0


def test_the_funnel_counts_texts_that_something_was_redacted_in(texts: Texts) -> None:
    both, one = {"redacted_emails": 3.0, "redacted_phones": 1.0}, {"redacted_emails": 1.0, "words": 80.0}
    round_id = texts.round({"scores": both}, {"scores": one}, {"scores": {"redactedly": 1.0}})

    assert generations.redacted(texts.session, round_id) == {"emails": 2, "phones": 1}


def test_two_texts_of_one_call_fail_the_transaction(engine: Engine) -> None:
    with pytest.raises(UniqueViolation), transaction(engine) as session:
        job_id = add_job(session)
        round_id, (unit, *_) = add_calls(session, job_id, 1)
        twice = [generation(job_id, round_id, unit, None, body=body, key=body.encode()) for body in ("a", "b")]
        generations.put(session, twice)


def test_a_score_that_is_no_number_fails_the_transaction(engine: Engine) -> None:
    with pytest.raises(CheckViolation), transaction(engine) as session:
        job_id = add_job(session)
        round_id, (unit, *_) = add_calls(session, job_id, 1)
        generations.put(session, [generation(job_id, round_id, unit, None, edu_score=math.nan)])


def test_a_success_is_stored_once_a_key_and_a_failure_once_a_claim(texts: Texts) -> None:
    _, (one, two, three) = add_calls(texts.session, texts.job_id, 3, number=9)
    key = sha256(f"key {texts.job_id}".encode()).digest()
    fail = call(texts.job_id, three, 3, key=key, ok=False)
    later = call(texts.job_id, three, 4, key=key, ok=False)

    first = llm_calls.put(texts.session, [call(texts.job_id, one, 1, key=key, raw=b"first"), fail])
    again = llm_calls.put(texts.session, [call(texts.job_id, two, 2, key=key, raw=b"second"), fail, later, later])

    assert again[2] == first[1], "the second success keeps the first one's id"
    assert again[3] == first[3] and again[4] != first[3]
    assert llm_calls.successes(texts.session, [key, b"unknown"])[key].raw == b"first"
    assert llm_calls.put(texts.session, []) == {} and llm_calls.successes(texts.session, []) == {}


def test_two_successes_of_one_key_in_one_group_are_one(texts: Texts) -> None:
    _, (one, two) = add_calls(texts.session, texts.job_id, 2, number=9)
    key = sha256(f"key {texts.job_id}".encode()).digest()

    ids = llm_calls.put(
        texts.session, [call(texts.job_id, one, 1, key=key, raw=b"first"), call(texts.job_id, two, 2, key=key)]
    )

    assert ids[1] == ids[2]
    assert llm_calls.successes(texts.session, [key])[key].raw == b"first"


def test_a_failure_is_no_answer_to_use_again(texts: Texts) -> None:
    _, (one,) = add_calls(texts.session, texts.job_id, 1, number=9)
    key = sha256(f"key {texts.job_id}".encode()).digest()
    llm_calls.put(texts.session, [call(texts.job_id, one, 1, key=key, ok=False)])

    assert llm_calls.successes(texts.session, [key]) == {}


def score(seed_id: int, **over: object) -> SeedScoreRow:
    values = {
        "seed_id": seed_id,
        "edu_score": 2.0,
        "ease": 60.0,
        "grade": 7.0,
        "list_coverage": 0.8,
        "tokens": 50,
        "embedding": b"",
        "signature": b"",
        "reason": None,
        "detail": None,
        "facts": None,
    }
    return SeedScoreRow(**{**values, **over})  # type: ignore[arg-type]


def test_scores_come_in_corpus_order_in_pages_and_take_marks(texts: Texts) -> None:
    seeds.put_scores(texts.session, texts.job_id, [score(i) for i in reversed(texts.seeds)])
    seeds.mark(texts.session, texts.job_id, [(texts.seeds[0], 4, None), (texts.seeds[2], None, "near_duplicate")])
    seeds.mark(texts.session, texts.job_id, [])

    found = list(seeds.all_scored(texts.session, texts.job_id, vectors=True))

    assert [one.id for one in found] == texts.seeds
    assert [(one.cluster, one.reason) for one in found] == [(4, None), (None, None), (None, "near_duplicate")]
    page = seeds.scored(texts.session, texts.job_id, vectors=True, after=(0, 0), limit=1)
    assert [one.id for one in page] == [texts.seeds[1]]


def test_a_range_of_seeds_is_half_open(texts: Texts) -> None:
    corpus = jobs.get(texts.session, texts.job_id).corpus_id

    assert [one.id for one in seeds.texts_between(texts.session, corpus, 0, 2)] == texts.seeds[:2]
    assert seeds.texts_between(texts.session, corpus, 3, 9) == []
    assert seeds.last_ordinal(texts.session, corpus) == 2 and seeds.last_ordinal(texts.session, 10**9) == -1


def test_a_sample_is_fixed_and_in_corpus_order(texts: Texts) -> None:
    corpus = jobs.get(texts.session, texts.job_id).corpus_id

    two = [one.id for one in seeds.sample(texts.session, corpus, limit=2)]

    assert two == sorted(two) and two == [one.id for one in seeds.sample(texts.session, corpus, limit=2)]
    assert [one.id for one in seeds.sample(texts.session, corpus, limit=99)] == texts.seeds


def new_seed(place: int, content: str) -> NewSeed:
    return NewSeed(
        place, sha256(content.encode()).digest(), "prose", "work", None, None, {"line": place}, ["bidi"], content
    )


def test_copies_are_counted_on_the_seed_that_is_there(texts: Texts) -> None:
    corpus = jobs.get(texts.session, texts.job_id).corpus_id
    fresh = new_seed(50, "quite new")
    ingest.put_seeds(texts.session, corpus, [fresh])

    ingest.add_copies(texts.session, corpus, {fresh.sha256: 4, b"unknown" * 5: 2})
    ingest.add_copies(texts.session, corpus, {})

    stored = texts.session.execute(text("SELECT copies, flags, details FROM seeds WHERE text = 'quite new'")).one()
    assert (stored.copies, stored.flags, stored.details) == (5, ["bidi"], {"line": 50})
    assert ingest.known(texts.session, corpus, [fresh.sha256, b"x"]) == [fresh.sha256]
    assert ingest.known(texts.session, corpus, []) == []


def test_counts_that_do_not_add_up_cannot_end_a_corpus(engine: Engine) -> None:
    with pytest.raises(IntegrityError, match="counts_add_up"), transaction(engine) as session:
        corpus = jobs.get(session, add_job(session)).corpus_id
        ingest.finish(session, corpus, Counts(read=3, stored=1))
