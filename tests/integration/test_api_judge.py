"""The judge over HTTP: refused without a model, shown with its findings, first in the queue of reviews, as labels."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app.db.session import transaction
from app.domain.pricing import OFFLINE_MODEL
from app.repositories import findings, units
from app.repositories.findings import NewFinding
from tests.api_rows import add_round, make_ready
from tests.api_service import MODEL, api_service, llm_endpoint
from tests.classifier_world import GOOD, POOR
from tests.job_texts import JobTexts
from workers import compute

CLAIM = {
    "claim": "The <b>Moon</b> turns in 30 days.",
    "quote": "in 30 days",
    "verdict": "contradicted",
    "seed_quote": "One turn takes 27 days.",
    "quoted": True,
}


class Judged(JobTexts):
    """A job with texts that a judge was asked about."""

    def judge(self, generation: int, score: int | None, **over: object) -> None:
        """A finding about a text."""
        with transaction(self.service.engine) as session:
            ordinal = 1_000 + session.execute(text("SELECT count(*) FROM units")).scalar_one()
            unit = units.add(session, "judge", job_id=self.job_id, round_id=self.round_id, ordinal=ordinal)
            values = {
                "job_id": self.job_id,
                "round_id": self.round_id,
                "unit_id": unit,
                "generation_id": generation,
                "canary": None,
                "task": "verify" if score is None else "score",
                "part_order": "rubric_first",
                "style": "plain",
                "score": score,
                "reason": "",
                "claims": [],
                "model": "judge-1",
                "llm_call_id": None,
            }
            findings.put(session, [NewFinding(**(values | over))])  # type: ignore[arg-type]

    def flag(self, generation: int, task: str = "score") -> None:
        """As a settled round does."""
        with transaction(self.service.engine) as session:
            findings.mark(session, self.round_id, [(generation, task)])


@pytest.fixture
def judged(worker: Engine, database_url: str, tmp_path: Path) -> Iterator[Judged]:
    with llm_endpoint() as url, api_service(database_url, tmp_path, llm_base_url=url, llm_model=MODEL) as service:
        job = service.job(gates={"edu_min": 2.5}, judge={"on": True})
        with transaction(service.engine) as session:
            session.execute(text("DELETE FROM units"))
            seeds = make_ready(session, job["corpus_id"], [f"Seed {n}." for n in range(40)])
            session.execute(text("UPDATE seeds SET split = 'work'"))
            round_id = add_round(session, job["id"])
        yield Judged(service, job["id"], round_id, seeds)


def test_a_job_keeps_whom_it_asks_and_other_fields_are_refused(judged: Judged) -> None:
    job = judged.service.http.get(f"/v1/jobs/{judged.job_id}").json()
    assert job["config"]["judge"]["on"] is True
    with transaction(judged.service.engine) as session:
        row = session.execute(text("SELECT judge_model, judge_endpoint = endpoint AS same FROM jobs")).one()
    assert (row.judge_model, row.same) == (MODEL, True)
    for wrong, said in (
        ({"on": True, "band": 0}, "band"),
        ({"on": True, "verdict": 1}, "verdict"),
        ({"model": "m"}, "judge.on"),
        ({"on": True, "base_url": "http://127.0.0.1:1"}, "judge.model"),
    ):
        body = {"corpus_id": job["corpus_id"], "judge": wrong}
        answer = judged.service.http.post("/v1/jobs", json=body)
        assert answer.status_code == 422 and said in answer.text


def test_with_the_offline_explainer_a_judge_is_refused_with_what_to_do(database_url: str, tmp_path: Path) -> None:
    with (
        llm_endpoint() as url,
        api_service(database_url, tmp_path, llm_base_url=url, llm_model=OFFLINE_MODEL) as service,
    ):
        corpus = service.job()["corpus_id"]
        answer = service.http.post("/v1/jobs", json={"corpus_id": corpus, "judge": {"on": True}})
        words = {"corpus_id": corpus, "judge": {"on": True, "model": "m", "base_url": url}, "recipe": "tinystories"}
        drawn = service.http.post("/v1/jobs", json=words)

    assert (answer.status_code, answer.json()["code"]) == (422, "offline_judge")
    assert "judge.model" in answer.json()["detail"]
    assert (drawn.status_code, drawn.json()["code"]) == (422, "impossible_config")


def test_findings_are_shown_and_flagged_texts_come_first(judged: Judged) -> None:
    near, far = judged.add("Near.", 0, edu_score=2.5), judged.add("Far.", 1, edu_score=4.5)
    judged.judge(far, 1, reason="Tells <script>alert(1)</script> nothing.")
    judged.judge(far, None, claims=[CLAIM])
    judged.flag(far)
    http = judged.service.http

    found = http.get(f"/v1/generations/{far}/findings").json()
    assert [(one["task"], one["score"], one["disagrees"]) for one in found] == [
        ("score", 1, True),
        ("verify", None, False),
    ]
    assert found[1]["claims"] == [CLAIM]
    assert http.get(f"/v1/generations/{near}/findings").json() == []
    assert http.get("/v1/generations/999999/findings").status_code == 404
    listed = [
        http.get(f"/v1/jobs/{judged.job_id}/generations?flagged={said}").json()["items"] for said in ("true", "false")
    ]
    assert [[row["id"] for row in rows] for rows in listed] == [[far], [near]]
    first = http.get(f"/v1/jobs/{judged.job_id}/reviews/next").json()
    assert (first["generation"]["id"], first["flagged"]) == (far, True)

    page = http.get(f"/generations/{far}").text
    assert "judge disagrees" in page and "One turn takes 27 days." in page
    assert "<script>alert" not in page and "<b>Moon" not in page
    assert "judge disagrees" not in http.get(f"/generations/{near}").text
    listed_page = http.get(f"/jobs/{judged.job_id}/generations?flagged=true").text
    assert f"/generations/{far}" in listed_page and f"/generations/{near}" not in listed_page


def test_scores_of_the_judge_become_a_classifier(judged: Judged) -> None:
    texts = [judged.add(body, n) for n, body in enumerate(GOOD + POOR)]
    refused = judged.service.http.post("/v1/classifiers", json={"judged_jobs": [judged.job_id]})
    assert (refused.status_code, refused.json()["code"]) == (422, "too_few_scores")
    for place, one in enumerate(texts):
        judged.judge(one, 4 if place < len(GOOD) else 1)
        judged.judge(one, 0, style="dressed")
    reviewed = judged.service.http.post(f"/v1/generations/{texts[0]}/review", json={"decision": "approve"})
    assert reviewed.status_code == 201

    body = {"judged_jobs": [judged.job_id], "name": "judged"}
    answer = judged.service.http.post("/v1/classifiers", json=body)
    assert answer.status_code == 202, answer.text
    compute.compute()

    made = judged.service.http.get(answer.headers["location"]).json()
    assert (made["state"], made["source"]["scores"]) == ("ready", len(texts) - 1)
    assert set(made["card"]["training"]["labels"]) == {"1", "4"}
    assert "scores by the judge" in judged.service.http.get(f"/classifiers/{made['id']}").text
