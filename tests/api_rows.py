"""Rows of a job as the workers leave them, for tests of what reads them."""

from hashlib import sha256

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.repositories import events, generations, jobs, rounds, units
from app.repositories.generations import NewGeneration


def make_ready(session: Session, corpus_id: int, texts: list[str]) -> list[int]:
    """Give a corpus its seeds and end its reading; the seeds' ids."""
    ids = []
    for place, content in enumerate(texts):
        query = text("""
            INSERT INTO seeds (corpus_id, ordinal, sha256, kind, split, external_id, licence, details, text)
            VALUES (:corpus, :place, :sha, 'prose', 'work', :name, 'CC0-1.0',
                    jsonb_build_object('file', 'a.jsonl', 'line', CAST(:line AS int), 'title', 'T'), :text)
            RETURNING id""")
        values = {
            "corpus": corpus_id,
            "place": place,
            "sha": sha256(content.encode()).digest(),
            "name": f"seed-{place}",
            "line": place + 1,
            "text": content,
        }
        ids.append(session.execute(query, values).scalar_one())
    session.execute(
        text("""
        UPDATE corpora SET state = 'ready', read = :n, stored = :n,
               kinds = jsonb_build_object('prose', CAST(:n AS int)),
               finished_at = now() WHERE id = :id"""),
        {"n": len(texts), "id": corpus_id},
    )
    return ids


def add_round(session: Session, job_id: int, number: int = 1) -> int:
    """A round that is open, of a job that runs; its id."""
    jobs.change(session, job_id, only_in=("queued",), state="running")
    return rounds.add(session, job_id, number, plan={"calls": 3})


def add_generation(
    session: Session, job_id: int, round_id: int, seed: int, *, body: str, ordinal: int, **columns: object
) -> int:
    """A generation with its unit; its id."""
    unit = units.add(session, "rewrite", job_id=job_id, round_id=round_id, ordinal=ordinal, seed_id=seed)
    session.execute(text("UPDATE units SET state = 'done', finished_at = now() WHERE id = :id"), {"id": unit})
    values: dict[str, object] = {
        "job_id": job_id,
        "round_id": round_id,
        "unit_id": unit,
        "key": sha256(f"{job_id}/{round_id}/{ordinal}".encode()).digest(),
        "seed_id": seed,
        "parent_id": None,
        "llm_call_id": None,
        "text": body,
        "sha256": sha256(body.encode()).digest(),
        "model": "test-model",
        "arm": "lesson/a school pupil/none",
        "draw": {"arm": "lesson/a school pupil/none", "rng_seed": 1},
        "params": {"temperature": 0.7},
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "micro": 0,
        "finish_reason": "stop",
        "edu_score": 2.5,
        "ease": 70.0,
        "grade": 6.0,
        "list_coverage": 0.9,
        "tokens": 20,
        "cluster": 0,
        "scores": {"fidelity_precision": 1.0},
        "gate": None,
        "reason": None,
        "detail": None,
        "repairable": False,
        "verdict": "kept",
        "embedding": b"",
        "signature": b"",
    }
    generations.put(session, [NewGeneration(**{**values, **columns})])  # type: ignore[arg-type]  # tests say what they mean
    query = text("SELECT id FROM generations WHERE unit_id = :unit")
    return int(session.execute(query, {"unit": unit}).scalar_one())


def end_job(session: Session, job_id: int) -> None:
    """End a job as the loop does."""
    jobs.change(session, job_id, only_in=("queued", "running"), state="done", stop_reason="target_met", note="held")
    events.add(session, job_id, "job.finished", state="done", reason="target_met", why="held")


def add_calls(session: Session, job_id: int, round_id: int, count: int) -> None:
    """Calls of a round that wait to be made."""
    query = text("""
        INSERT INTO units (kind, job_id, round_id, ordinal)
        SELECT 'rewrite', :job, :round, n FROM generate_series(1, :count) n""")
    session.execute(query, {"job": job_id, "round": round_id, "count": count})
