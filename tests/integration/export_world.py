"""A small finished job in Postgres, and exports made of it as a worker makes them."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard
from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from app.adapters.storage import Storage
from app.db.session import transaction
from app.db.tables import Corpus, Generation, Job, Round, Seed, SeedScore, Unit
from app.domain.config import JobConfig
from app.domain.exporting import ExportOptions
from app.domain.records import JobId
from app.repositories import units
from app.repositories.units import ClaimedUnit
from app.services import exports
from app.services.asking import generation_key
from app.services.rounds import config_json
from app.settings import get_settings
from workers import exports as worker
from workers import resources

SEEDS = 60
KEY = hashlib.sha256(b"a job").digest()
LICENCES = ("Apache-2.0", "MIT", None)
SCORES = {"edu_score": 2.5, "ease": 70.123456, "grade": 6.5, "list_coverage": 0.9, "tokens": 50}
BLOBS = {"embedding": b"", "signature": b""}


@contextmanager
def connected(database_url: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """This process as a worker on `database_url` with its files in `home`."""
    monkeypatch.setenv("HORNBOOK_DATABASE_URL", database_url)
    monkeypatch.setenv("HORNBOOK_HOME", str(home))
    get_settings.cache_clear()
    made = resources.engine()
    yield made
    made.dispose()
    get_settings.cache_clear()


def split_of(place: int) -> str:
    return {8: "audit", 9: "eval"}.get(place % 10, "work")


def add_corpus(session: Session, *, seeds: Sequence[dict[str, Any]], kinds: dict[str, int]) -> tuple[int, list[int]]:
    """A ready corpus; its id and its seeds' ids in order."""
    corpus = {"name": "Tiny | <corpus>", "state": "ready", "content_sha256": os.urandom(32), "files": []}
    corpus_id = session.execute(
        insert(Corpus).values(**corpus, read=len(seeds), stored=len(seeds), kinds=kinds).returning(Corpus.id)
    ).scalar_one()
    rows = [{"corpus_id": corpus_id, "ordinal": i, **seed} for i, seed in enumerate(seeds)]
    return corpus_id, list(
        session.execute(insert(Seed).returning(Seed.id, sort_by_parameter_order=True), rows).scalars()
    )


def add_job(
    session: Session, corpus_id: int, *, recipe: str = "codetextbook", rounds: int = 2
) -> tuple[int, list[int]]:
    """A finished job of one key; its id and its rounds' ids."""
    job = {
        "corpus_id": corpus_id,
        "key": KEY,
        "recipe": recipe,
        "config": config_json(replace(JobConfig(), recipe=recipe)),
        "config_sha256": "c" * 64,
        "classifier_sha256": "d" * 64,
        "prompt_sha256": "e" * 64,
        "endpoint": "https://user:secret@llm.example:8443/v1",
        "model": "phi3:mini",
        "state": "done",
        "stop_reason": "plateau",
        "note": "progress stayed under 0.01",
    }
    job_id = session.execute(insert(Job).values(**job).returning(Job.id)).scalar_one()
    places = [
        {
            "job_id": job_id,
            "number": number,
            "state": "settled",
            "plan": {"calls": 60},
            "funnel": {"answers": 59},
            "measures": {"measured_on": "audit", "values": {"vendi2": 12.5, "grade_p90": None}},
            "decision": {"stop": None, "why": "go on"},
        }
        for number in range(rounds + 1)
    ]
    made = session.execute(insert(Round).returning(Round.id, sort_by_parameter_order=True), places)
    return job_id, list(made.scalars())


def add_generation(
    session: Session, job_id: int, round_id: int, *, number: int, ordinal: int, seed_id: int | None, **columns: Any
) -> int:
    unit = {"kind": "rewrite", "job_id": job_id, "round_id": round_id, "ordinal": ordinal, "state": "done"}
    unit_id = session.execute(insert(Unit).values(**unit).returning(Unit.id)).scalar_one()
    body = f"Text {number}/{ordinal}: naïve “quotes” 🐢\n" + "word " * 30
    values = {
        "job_id": job_id,
        "round_id": round_id,
        "unit_id": unit_id,
        "key": generation_key(KEY, number, ordinal),
        "seed_id": seed_id,
        "text": body,
        "sha256": hashlib.sha256(body.encode()).digest(),
        "model": "phi3:mini-q4",
        "arm": "lesson/a school pupil/none",
        "finish_reason": "stop",
        "cluster": 3,
        "verdict": "kept",
    }
    values |= {**SCORES, **BLOBS, **columns}
    return session.execute(insert(Generation).values(**values).returning(Generation.id)).scalar_one()


def add_world(session: Session, *, backwards: bool = False, corpus: tuple[int, list[int]] | None = None) -> int:
    """A job over 60 seeds: every fourth text was dropped and repaired in round 2. `backwards` reverses all ids."""
    if corpus is None:
        corpus = add_corpus(session, seeds=[seed(i) for i in range(SEEDS)], kinds={"prose": SEEDS})
    corpus_id, seed_ids = corpus
    job_id, rounds = add_job(session, corpus_id)
    for i, seed_id in enumerate(seed_ids):
        score = {**SCORES, **BLOBS, "edu_score": 3.5 if i % 2 else 2.0, "cluster": i % 5}
        reason = "near_duplicate" if i == 1 else None
        session.execute(insert(SeedScore).values(job_id=job_id, seed_id=seed_id, reason=reason, **score))
    order = range(SEEDS - 1, -1, -1) if backwards else range(SEEDS)
    parents = {}
    for i in order:
        verdict = {"verdict": "dropped", "reason": "too_hard"} if i % 4 == 3 else {}
        parents[i] = add_generation(
            session,
            job_id,
            rounds[1],
            number=1,
            ordinal=i,
            seed_id=seed_ids[i],
            **{"edu_score": 1.5 + i % 3, **verdict},
        )
    for i in (i for i in order if i % 4 == 3):
        add_generation(session, job_id, rounds[2], number=2, ordinal=i, seed_id=seed_ids[i], parent_id=parents[i])
    return job_id


def seed(i: int) -> dict[str, Any]:
    body = f"Seed {i}"
    return {
        "sha256": hashlib.sha256(body.encode()).digest(),
        "kind": "prose",
        "split": split_of(i),
        "external_id": f"s-{i}",
        "licence": LICENCES[i % 3],
        "details": {"file": "a.jsonl", "line": i + 1, "title": f"Seed {i}", "other": [1]},
        "text": body,
    }


def ask(engine: Engine, job_id: int, options: ExportOptions) -> tuple[int, ClaimedUnit]:
    with transaction(engine) as session:
        export_id, _ = exports.create_export(session, JobId(job_id), options)
    with transaction(engine) as session:
        unit = units.claim_cpu(session, worker="me", lease_s=60)
    assert unit is not None and unit.export_id == export_id
    return export_id, unit


def make(engine: Engine, job_id: int, options: ExportOptions | None = None) -> int:
    export_id, unit = ask(engine, job_id, options or ExportOptions())
    worker.run(unit)
    return export_id


def manifest_of(engine: Engine, export_id: int) -> dict[str, Any]:
    with transaction(engine) as session:
        row = exports.get_export(session, export_id)
    assert row.state == "ready" and row.manifest is not None and row.finished_at is not None
    return row.manifest


def file_of(engine: Engine, storage: Storage, export_id: int, name: str) -> Path:
    with transaction(engine) as session:
        return exports.export_file(session, storage, export_id, name)


def lines_of(engine: Engine, storage: Storage, export_id: int, *splits: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for entry in manifest_of(engine, export_id)["files"]:
        if entry["split"] is None or (splits and entry["split"] not in splits):
            continue
        lines = read_lines(file_of(engine, storage, export_id, entry["name"]))
        assert len(lines) == entry["documents"]
        found += lines
    return found


def read_lines(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
        return rows
    data = path.read_bytes()
    if path.suffix == ".zst":
        data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return [json.loads(line) for line in data.decode().splitlines()]


def bytes_of(engine: Engine, storage: Storage, export_id: int) -> dict[str, bytes]:
    names = [entry["name"] for entry in manifest_of(engine, export_id)["files"]]
    return {name: file_of(engine, storage, export_id, name).read_bytes() for name in [*names, "manifest.json"]}
