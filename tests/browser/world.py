"""Rows of a service that has worked for a while, for tests and pictures of the dashboard."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.config import Budget, JobConfig
from app.domain.pricing import OFFLINE_MODEL
from app.repositories import budgets, corpora, events, exports, jobs, rounds
from app.services.rounds import config_json
from tests import api_rows
from tests.browser import classifier_world, round_world

SEED = '''def double_all(numbers):
    """Return every number doubled."""
    return [2 * number for number in numbers]
'''
LESSON = """Doubling every number

A function is a small machine: something goes in, something comes out. `double_all` takes a list
of numbers and gives back a new list in which each number is twice as large.

    numbers in:   [1, 4, 7]
    numbers out:  [2, 8, 14]

How it works, step by step: it looks at each number in turn, multiplies it by 2 and puts the result
into the new list. The list that went in stays as it was.

Exercise: what comes out for an empty list? Say why before you try it.
"""
REJECTS = [
    ("seeds.jsonl", 17, "bad_json", '{"text": "def area(w, h):\\n    return w'),
    ("seeds.jsonl", 58, "missing_text", '{"id": "s-58", "body": "Water boils at 100 degrees."}'),
    ("notes/plan.txt", 0, "empty_text", ""),
]


@dataclass
class World:
    """What `build` made."""

    corpus: int
    job: int
    open_round: int
    finished: int
    seed: int
    generation: int
    export: int
    classifier: int


def add_corpus(
    session: Session, name: str, texts: list[str], rejects: list[tuple[str, int, str, str]]
) -> tuple[int, list[int]]:
    """A corpus that was read; its id and its seeds' ids."""
    files = [{"name": name, "path": "0" * 32, "size": 48_213, "sha256": "1c" * 32}]
    corpus = corpora.add(session, name, content_sha256=sha256(name.encode()).digest(), files=files, options={})
    assert corpus is not None
    seeds = api_rows.make_ready(session, corpus, texts)
    query = text(
        "INSERT INTO rejects (corpus_id, file, line, code, excerpt) VALUES (:c, :file, :line, :code, :excerpt)"
    )
    for file, line, code, excerpt in rejects:
        session.execute(query, {"c": corpus, "file": file, "line": line, "code": code, "excerpt": excerpt})
    counts = "UPDATE corpora SET rejected = :r, duplicates = 2, read = stored + 2 + :r WHERE id = :c"
    session.execute(text(counts), {"r": len(rejects), "c": corpus})
    return corpus, seeds


def add_job(session: Session, corpus: int, *, model: str, budget: Budget, max_rounds: int = 6) -> int:
    """A queued job with its budget."""
    config = JobConfig(max_rounds=max_rounds, budget=budget)
    job = jobs.add(
        session,
        corpus_id=corpus,
        key=sha256(model.encode()).digest(),
        recipe="codetextbook",
        config=config_json(config),
        config_sha256="cd" * 32,
        classifier_sha256="01" * 32,
        prompt_sha256="ef" * 32,
        endpoint="http://127.0.0.1:11434/v1",
        model=model,
    )
    micro = None if budget.money_usd is None else int(budget.money_usd * 1_000_000)
    budgets.create(session, job, micro=micro, tokens=budget.tokens, calls=budget.calls)
    events.add(session, job, "job.created", corpus_id=corpus, recipe="codetextbook", model=model)
    return job


def spend(session: Session, job: int, **columns: int) -> None:
    """Set columns of the job's budget."""
    named = ", ".join(f"{name} = :{name}" for name in columns)
    session.execute(text(f"UPDATE budgets SET {named} WHERE job_id = :job"), {"job": job, **columns})


def build(session: Session) -> World:
    """Two corpora, a running job in its third round, a finished one, texts and an export."""
    corpus, seeds = add_corpus(
        session, "seeds.jsonl", [SEED, *(f"Seed number {n} of many." for n in range(119))], REJECTS
    )
    running = add_job(session, corpus, model="phi3:mini", budget=Budget(money_usd=2.0, tokens=500_000, calls=600))
    jobs.change(session, running, only_in=("queued",), state="running")
    round_world.prepare(session, running)
    first = round_world.add_settled_round(
        session, running, 1, accepted=74, pool=74, why="short: vendi2_ratio, covered_clusters, grade_p90"
    )
    second = round_world.add_settled_round(session, running, 2, accepted=71, pool=145, why="short: grade_p90")
    third = rounds.add(session, running, 3, plan=round_world.plan(3))
    kept = _texts(session, running, seeds, [first, second, third])
    session.execute(
        text("""
        INSERT INTO units (kind, job_id, round_id, ordinal)
        SELECT 'rewrite', :job, :round, n FROM generate_series(45, 119) n"""),
        {"job": running, "round": third},
    )
    spend(
        session,
        running,
        spent_calls=280,
        spent_tokens=152_310,
        spent_micro=612_000,
        reserved_calls=20,
        reserved_tokens=24_000,
    )
    finished = _finished(session, corpus)
    export = exports.add(session, finished, options={"format": "jsonl", "real_share": 0.5})
    exports.finish(session, export, manifest=manifest())
    classifier = classifier_world.build(session, seeds[:40])
    return World(corpus, running, third, finished, seeds[0], kept, export, classifier)


def _texts(session: Session, job: int, seeds: list[int], round_ids: list[int]) -> int:
    """A dropped text, its repair that was kept, and the open round's; the id of the repair."""
    parent = api_rows.add_generation(
        session, job, round_ids[0], seeds[0], body=LESSON.replace("twice as large", "30 times as large"), ordinal=0,
        verdict="dropped", gate="fidelity", reason="unsupported", detail="not in the seed: 30", repairable=True,
    )  # fmt: skip
    kept = api_rows.add_generation(
        session, job, round_ids[1], seeds[0], body=LESSON, ordinal=0, parent_id=parent, edu_score=3.4, ease=78.2,
        grade=5.1, tokens=118, micro=420, prompt_tokens=312, completion_tokens=198,
        arm="lesson/a beginner programmer/short sentences",
        draw={"arm": "lesson/a beginner programmer/short sentences", "why": "repair", "rng_seed": 1234,
              "fell_short": ["unsupported: not in the seed: 30"]},
        params={"temperature": 0.7, "max_tokens": 700},
        scores={"repeated_share": 0.02, "words": 118.0, "cyclomatic": 1.0, "fidelity_precision": 1.0,
                "fidelity_recall": 0.86, "ease": 78.2, "grade": 5.1, "list_coverage": 0.97, "edu_score": 3.05,
                "edu_raw": 3.4, "uncertain": 0.0},
    )  # fmt: skip
    for place in range(1, 45):
        api_rows.add_generation(
            session, job, round_ids[2], seeds[place], body=f"Lesson {place}. {LESSON}", ordinal=place,
            verdict="dropped" if place % 4 == 0 else "pending", gate="simplicity" if place % 4 == 0 else None,
            reason="too_hard" if place % 4 == 0 else None,
        )  # fmt: skip
    return kept


def _finished(session: Session, corpus: int) -> int:
    job = add_job(session, corpus, model=OFFLINE_MODEL, budget=Budget(calls=400))
    jobs.change(session, job, only_in=("queued",), state="running")
    round_world.prepare(session, job)
    for number in range(1, 5):
        why = "short: grade_p90" if number < 3 else "every target holds; one more round must confirm it"
        stop = "target_met" if number == 4 else None
        why = "every target held in two rounds running" if stop else why
        round_world.add_settled_round(session, job, number, accepted=76 - number, pool=75 * number, why=why, stop=stop)
    spend(session, job, spent_calls=354, spent_tokens=201_220)
    end = {"state": "done", "stop_reason": "target_met", "note": "every target held in two rounds running"}
    jobs.change(session, job, only_in=("running",), **end)
    events.add(session, job, "job.finished", state="done", reason="target_met", why=end["note"])
    return job


def manifest() -> dict[str, Any]:
    """A manifest as `app.services.exports` stores it."""
    return {
        "documents": 584,
        "counts": {"train": {"generated": 240, "real": 240}, "validation": {"generated": 70, "real": 0}},
        "licences": {"CC0-1.0": 560, "MIT": 24},
        "files": [
            {
                "name": "data/train-00000-of-00001.jsonl",
                "bytes": 1_182_344,
                "sha256": "3d" * 32,
                "split": "train",
                "documents": 480,
            },
            {"name": "README.md", "bytes": 4_120, "sha256": "5a" * 32, "split": None, "documents": None},
        ],
        "manifest_sha256": "77" * 32,
        "recipe": "codetextbook",
        "model": "offline-explainer",
        "config_sha256": "cd" * 32,
        "prompt_sha256": "ef" * 32,
        "data_sha256": "99" * 32,
    }


def add_done_calls(session: Session, world: World, *, count: int) -> None:
    """Let so many waiting calls of the running job end."""
    session.execute(
        text("""
        UPDATE units SET state = 'done', finished_at = now() WHERE id IN (
            SELECT id FROM units WHERE round_id = :round AND state = 'ready' ORDER BY id LIMIT :count)"""),
        {"round": world.open_round, "count": count},
    )
    spend(session, world.job, spent_calls=budgets.read(session, world.job).spent_calls + count)
