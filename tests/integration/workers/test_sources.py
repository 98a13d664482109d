"""A long document in a whole job: split into seeds that stay one family, asked for first, covered, and told."""

from dataclasses import replace
from typing import Any

from app.db.session import transaction
from app.domain.config import JobConfig, Planning, Sources
from app.domain.exporting import ExportOptions
from app.domain.records import JobId
from app.repositories import corpora, sources
from app.services import exports
from tests.faults.rig import document
from tests.integration.loop_run import Loop
from tests.integration.loop_world import EASY, config_of, row, rows
from tests.stub_llm_answers import Prompt, lesson

SECTIONS = [f"## Chapter {place}\n\n{document(place)}\n\n" for place in range(5)]
LONG = "# A long book\n\n" + "".join(SECTIONS)
SHORT = [document(place) for place in range(5, 13)]
COVERED = replace(EASY, approved_tokens=0, source_coverage=1.0)


def config(**over: Any) -> JobConfig:
    return config_of(
        **{"targets": COVERED, "sources": Sources(split_tokens=len(SECTIONS[0]) // 4 + 20), "max_rounds": 4} | over
    )


class Reluctant:
    """Has nothing to say of chapter 3 until it is asked for the second time."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, prompt: Prompt) -> str:
        if "## Chapter 3" not in prompt.document:
            return lesson(prompt)
        self.asked += 1
        told = "Source: The book\nPart: 4 of 5\nUnder: A long book > Chapter 3\nJust before: "
        return lesson(prompt) if told in prompt.told and self.asked > 1 else "Well, well."


def test_a_long_source_is_asked_for_part_by_part_until_it_is_covered(loop: Loop) -> None:
    corpus_id = loop.corpus([{"text": LONG, "title": "The book", "licence": "MIT", "id": "b1"}, *SHORT])
    loop.endpoint.says(Reluctant())
    job_id = loop.submit(corpus_id, config(planning=Planning(calls_per_round=7, repair_share=0.0)))

    job = loop.drive(job_id)

    assert (job["state"], job["stop_reason"]) == ("done", "target_met")
    made = loop.rounds(job_id)
    assert made[0]["funnel"]["seeds"] == made[0]["funnel"]["taking_part"] == 13
    assert made[0]["funnel"]["split"] == {"sources": 1, "parts": 5}
    with transaction(loop.engine) as session:
        corpus = corpora.get(session, corpus_id)
        (found,) = sources.coverage(session, job_id)
    assert (corpus.read, corpus.stored, corpus.duplicates, corpus.rejected) == (9, 9, 0, 0), "parts were counted"
    assert (found.parts, found.taking_part, found.covered, found.coverage, found.title) == (5, 5, 5, 1.0, "The book")
    assert found.fact_coverage is not None and 0 < found.fact_coverage <= 1
    assert [one["plan"].get("cover") for one in made[1:]] == [5, 1, None], "covered parts were put first again"
    covered = [one["measures"]["values"]["source_coverage"] for one in made[1:]]
    assert 0.7 < covered[0] < 0.9 and covered[1:] == [1.0, 1.0]
    parts = rows(
        loop.engine,
        "SELECT * FROM seeds WHERE corpus_id = :c AND source_id IS NOT NULL ORDER BY part_from",
        c=corpus_id,
    )
    source = row(
        loop.engine, "SELECT * FROM seeds WHERE corpus_id = :c AND ordinal = 0 AND source_id IS NULL", c=corpus_id
    )
    assert "".join(part["text"] for part in parts) == source["text"] == LONG
    for part in parts:
        same = ("licence", "split", "kind", "external_id", "ordinal", "corpus_id")
        assert [part[name] for name in same] == [source[name] for name in same]
        assert part["text"] == source["text"][part["part_from"] : part["part_to"]]


def test_a_second_job_shares_the_parts_and_one_with_another_limit_has_its_own(loop: Loop) -> None:
    corpus_id = loop.corpus([LONG, *SHORT])
    first = loop.submit(corpus_id, config(max_rounds=1))
    second = loop.submit(corpus_id, config(max_rounds=1, rng_seed=1))
    third = loop.submit(corpus_id, config(max_rounds=1, sources=Sources(split_tokens=2 * len(SECTIONS[0]) // 4 + 20)))
    whole = loop.submit(corpus_id, config(max_rounds=1, sources=Sources()))

    for job_id in (first, second, third, whole):
        loop.drive(job_id)

    seen = {
        job_id: [
            one["id"]
            for one in rows(
                loop.engine,
                """
                SELECT s.id FROM seed_scores x JOIN seeds s ON s.id = x.seed_id
                WHERE x.job_id = :job AND s.source_id IS NOT NULL ORDER BY s.part_from""",
                job=job_id,
            )
        ]
        for job_id in (first, second, third, whole)
    }
    assert seen[first] == seen[second] and len(seen[first]) == 5
    assert len(seen[third]) in (2, 3) and not set(seen[third]) & set(seen[first])
    assert seen[whole] == [] and "split" not in loop.rounds(whole)[0]["funnel"]


def test_an_export_and_its_manifest_tell_part_and_source(loop: Loop) -> None:
    job_id = loop.submit(loop.corpus([LONG, *SHORT]), config(max_rounds=1))
    loop.drive(job_id)

    with transaction(loop.engine) as session:
        export_id, _ = exports.create_export(session, JobId(job_id), ExportOptions(real_share=0.0))
    with transaction(loop.engine) as session:
        plan = exports.read(session, export_id)

    (told,) = plan.job.sources
    assert (told.parts, told.taking_part, told.covered) == (5, 5, 5)
