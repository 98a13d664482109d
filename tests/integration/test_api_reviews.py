"""Reviews over HTTP: added and read, what to review next, labels of a classifier, and the dashboard's form."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from app.db.session import transaction
from app.domain.reviews import MOST_NOTE_CHARS, Decision, Opinion
from app.repositories import reviews
from tests.api_rows import add_round, make_ready
from tests.api_service import MODEL, api_service, llm_endpoint
from tests.classifier_world import GOOD, POOR
from tests.job_texts import JobTexts
from workers import compute


class Pool(JobTexts):
    """A job with texts, and a worker in this process."""

    def review(self, generation: int, **body: Any) -> dict[str, Any]:
        """The review, as answered."""
        answer = self.service.http.post(f"/v1/generations/{generation}/review", json=body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def read(self, generations: list[int], decision: str, score: float) -> None:
        """Reviews of all of them by one reader, who gives every other one a score."""
        with transaction(self.service.engine) as session:
            for n, generation in enumerate(generations):
                opinion = Opinion(Decision(decision), score if n % 2 else None)
                reviews.add(session, generation, self.job_id, opinion, reviewer=None)

    def get(self, path: str) -> Any:
        """JSON below the job."""
        return self.service.http.get(f"/v1/jobs/{self.job_id}{path}").json()


@pytest.fixture
def pool(worker: Engine, database_url: str, tmp_path: Path) -> Iterator[Pool]:
    with llm_endpoint() as url, api_service(database_url, tmp_path, llm_base_url=url, llm_model=MODEL) as service:
        job = service.job(gates={"edu_min": 2.5})
        with transaction(service.engine) as session:
            session.execute(text("DELETE FROM units"))
            seeds = make_ready(session, job["corpus_id"], [f"Seed {n}." for n in range(40)])
            round_id = add_round(session, job["id"])
        yield Pool(service, job["id"], round_id, seeds)


def test_reviews_are_added_and_listed_youngest_first(pool: Pool) -> None:
    one, two = pool.add("One.", 0), pool.add("Two.", 1)

    pool.review(one, decision="approve")
    pool.review(two, decision="approve", score=4)
    last = pool.review(one, decision="reject", score=2.5, note="  The sum is wrong.\n ")

    assert (last["note"], last["score"], last["reviewer"], last["job_id"]) == (
        "The sum is wrong.", 2.5, None, pool.job_id,
    )  # fmt: skip
    first = pool.get("/reviews?limit=2")
    rest = pool.get(f"/reviews?limit=2&cursor={first['next_cursor']}")
    listed = [(row["generation_id"], row["decision"], row["score"]) for row in first["items"] + rest["items"]]
    assert listed == [(one, "reject", 2.5), (two, "approve", 4.0), (one, "approve", None)]
    assert rest["next_cursor"] is None


def test_repeated_review_with_its_key_is_one(pool: Pool) -> None:
    path, key = f"/v1/generations/{pool.add('One.', 0)}/review", {"idempotency-key": "k"}
    first, second = (pool.service.http.post(path, json={"decision": "approve"}, headers=key) for _ in range(2))
    other = pool.service.http.post(path, json={"decision": "reject"}, headers=key)

    assert first.json() == second.json() and second.headers["idempotency-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert len(pool.get("/reviews")["items"]) == 1


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no decision": ({}, "decision"),
    "unknown decision": ({"decision": "maybe"}, "decision"),
    "score too high": ({"decision": "approve", "score": 5.1}, "score"),
    "score below nothing": ({"decision": "approve", "score": -1}, "score"),
    "score not a number": ({"decision": "approve", "score": "NaN"}, "score"),
    "note too long": ({"decision": "approve", "note": "x" * (MOST_NOTE_CHARS + 1)}, "note"),
    "note with a null": ({"decision": "approve", "note": "a\x00b"}, "note"),
    "unknown field": ({"decision": "approve", "colour": "red"}, "colour"),
}


def test_bad_review_names_the_field_and_is_not_stored(pool: Pool) -> None:
    generation = pool.add("One.", 0)
    for name, (body, field) in REFUSED.items():
        answer = pool.service.http.post(f"/v1/generations/{generation}/review", json=body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), name
    assert pool.get("/reviews")["items"] == []


def test_what_is_not_there_is_not_found(pool: Pool) -> None:
    http = pool.service.http
    answers = [
        http.post("/v1/generations/999/review", json={"decision": "approve"}),
        http.get("/v1/jobs/999/reviews"),
        http.get("/v1/jobs/999/reviews/next"),
        http.post("/v1/classifiers", json={"review_jobs": [pool.job_id, 999]}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 4


def test_next_is_nearest_to_the_limit_and_then_where_the_models_disagree_most(pool: Pool) -> None:
    with transaction(pool.service.engine) as session:
        session.execute(text("UPDATE seeds SET split = 'eval' WHERE id = :id"), {"id": pool.seeds[9]})
    far = pool.add("Far.", 0, edu_score=4.0, scores={"edu_audit": 0.0})
    agreed = pool.add("Agreed.", 1, edu_score=2.55, scores={"edu_audit": 2.6})
    unseen = pool.add("Without a second opinion.", 2, edu_score=2.5, scores={})
    torn = pool.add("Torn.", 3, edu_score=2.7, scores={"edu_audit": 0.5})
    low = pool.add(
        "Low.", 4, edu_score=2.2, scores={"edu_audit": 2.2}, verdict="dropped", gate="education", reason="low_education"
    )
    pool.add("Dropped for something else.", 5, verdict="dropped", gate="format", reason="too_long")
    pool.add("Not settled.", 6, verdict="pending")
    pool.add("Of a family that nothing looks at.", 9)

    asked = []
    while (found := pool.get("/reviews/next"))["generation"] is not None:
        assert pool.get("/reviews/next") == found
        asked.append(found["generation"]["id"])
        pool.review(asked[-1], decision="approve")

    assert asked == [torn, agreed, unseen, low, far]
    assert found == {"generation": None, "edu_min": 2.5, "distance": None, "disagreement": None, "flagged": False}


def test_reviews_become_a_classifier_whose_report_says_what_it_rests_on(pool: Pool) -> None:
    with transaction(pool.service.engine) as session:
        session.execute(text("UPDATE seeds SET split = 'audit' WHERE id = :id"), {"id": pool.seeds[0]})
    texts = [pool.add(body, n) for n, body in enumerate(GOOD + POOR)]
    pool.read(texts[:40], "approve", 4)
    pool.read(texts[40:60], "reject", 1)
    refused = pool.service.http.post("/v1/classifiers", json={"review_jobs": [pool.job_id]})
    assert (refused.status_code, refused.json()["code"]) == (422, "too_few_reviews")
    assert refused.json()["detail"] == (
        "58 texts of these jobs are reviewed; at least 65 are needed, a fifth of them to judge by. "
        "2 more belong to families that only judge."
    )
    pool.read(texts[40:], "reject", 1)

    answer = pool.service.http.post("/v1/classifiers", json={"review_jobs": [pool.job_id], "name": "people"})
    assert answer.status_code == 202, answer.text
    pool.review(texts[1], decision="reject", score=0)
    compute.compute()

    made = pool.service.http.get(answer.headers["location"]).json()
    assert (made["state"], made["name"], made["error"]) == ("ready", "people", None)
    assert (made["source"]["jobs"], made["source"]["reviews"], made["source"]["set_aside"]) == ([pool.job_id], 78, 2)
    counted, report = made["report"]["reviews"], made["report"]
    assert (counted["labels"], counted["scored"]) == (78, 40)
    assert counted["held_out"] == report["n"] == made["card"]["training"]["held_out"]
    assert 0 < counted["held_out_scored"] < counted["held_out"]
    # 4 and 3.5 round to 4, 1.5 to 2; what was said after the request plays no part.
    assert made["card"]["training"]["labels"] == {"1": 20, "2": 19, "4": 39}
    assert report["own"]["all"]["f1_at_3"][0] > 0.9
    page = pool.service.http.get(f"/classifiers/{made['id']}").text
    assert f"78 reviews of job {pool.job_id}" in page and "All 78 labels come from reviews, 40 with a score." in page

    form = {"file": ("seen.jsonl", b'{"text": "%s", "edu": 4}' % GOOD[1].encode())}
    pool.service.http.post(f"/v1/classifiers/{made['id']}/evaluation", files=form)
    compute.compute()
    (judged,) = pool.service.http.get(f"/v1/classifiers/{made['id']}/evaluation").json()["evaluations"]
    assert "1 were among the documents it was made from" in judged["error"]["detail"]


def test_form_of_the_dashboard_stores_a_review_and_shows_it(pool: Pool) -> None:
    generation, own = pool.add("One.", 0), {"origin": pool.service.url}
    path, http = f"/generations/{generation}/review", pool.service.http

    foreign = http.post(path, data={"decision": "reject"})
    bad = http.post(path, data={"decision": "reject", "score": "6"}, headers=own)
    bare = http.post(path, data={"decision": "approve", "score": "", "note": ""}, headers=own)
    full = http.post(path, data={"decision": "reject", "score": "1.5", "note": "<b>no</b>\r\nWhy?"}, headers=own)

    assert (foreign.status_code, bad.status_code, bare.status_code) == (403, 422, 303)
    assert (full.status_code, full.headers["location"]) == (303, f"/generations/{generation}#review")
    rows = pool.get("/reviews")["items"]
    assert [(row["decision"], row["score"], row["note"]) for row in rows] == [
        ("reject", 1.5, "<b>no</b>\nWhy?"), ("approve", None, ""),
    ]  # fmt: skip
    page = http.get(f"/generations/{generation}").text
    assert "Rejected by a person</b>, educational value 1.5 of 5" in page
    assert "&lt;b&gt;no&lt;/b&gt;" in page and "Approved by a person" in page
