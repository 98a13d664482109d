"""1 kB JSONL documents into Postgres through the worker's own ingest: documents a second, and whether memory is flat.

    python -m benchmarks.ingest [--documents 20000] [--factor 10] [--json]

Each run is a fresh process that claims the corpus's unit and runs `workers.ingest`: parse, check, hash, find
duplicates, COPY, commit to a durable server. Its peak RSS is compared with that of a run with `factor` times the
documents. The baseline, in the same run, is SQLAlchemy's `add_all` of the very same rows, parsed and hashed beforehand.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adapters.storage import Storage
from app.db.session import engine_of, retrying
from app.db.tables import Seed
from app.repositories import units
from app.services import corpora
from benchmarks.documents import prose_documents
from benchmarks.stage import Load, Stage, options_of, show, stage
from workers import ingest, resources

TEXTS = 200
CHARS = 1_000


def lines(count: int, run: int) -> Iterator[bytes]:
    """JSON lines of about 1 kB, no two texts alike."""
    texts = [text[:CHARS] for text in prose_documents(TEXTS)]
    for place in range(count):
        text = f"{run}/{place} {texts[place % TEXTS]}"
        yield json.dumps({"id": f"{run}-{place}", "text": text, "source": "benchmark"}).encode() + b"\n"


def one_unit() -> None:
    """Claim the only ready unit, ingest it, print seconds and peak memory. Runs in a process of its own."""
    engine = resources.engine()
    unit = retrying(engine, lambda s: units.claim_cpu(s, worker="benchmark", lease_s=600))
    assert unit is not None and unit.kind == "ingest"
    started = resource.getrusage(resource.RUSAGE_SELF)
    begun = time.perf_counter()
    ingest.run(unit)
    spent = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime - started.ru_utime - started.ru_stime
    print(json.dumps({"s": spent, "cpu_s": cpu, "peak_mb": used.ru_maxrss / 1024, "idle_mb": started.ru_maxrss / 1024}))


def ingested(it: Stage, count: int, run: int) -> dict[str, float]:
    """What a fresh worker process needs for `count` documents."""
    stored = Storage(it.home / "files").receive(lines(count, run), "seeds.jsonl", max_bytes=10**11)
    engine = engine_of(it.services.database_url)
    corpus = retrying(engine, lambda s: corpora.register(s, f"run {run}", [stored], corpora.CorpusOptions())).corpus_id
    argv = [sys.executable, "-m", "benchmarks.ingest", "--one-unit"]
    before = it.cpu_s()["postgres"]
    done = subprocess.run(argv, env={**os.environ, **it.env}, stdout=subprocess.PIPE, check=True, text=True)
    server = it.cpu_s()["postgres"] - before
    found: dict[str, float] = json.loads(done.stdout)
    row = it.query("SELECT read, stored, duplicates, rejected FROM corpora WHERE id = %s", corpus)[0]
    if (row["read"], row["stored"]) != (count, count):
        raise RuntimeError(f"{count} documents, but {row}")
    return {
        "documents": count,
        "documents_per_s": round(count / found["s"], 1),
        "mb_per_s": round(stored.size / found["s"] / 1e6, 1),
        "s": round(found["s"], 2),
        "cpu_us": round(1e6 * found["cpu_s"] / count, 1),
        "postgres_cpu_us": round(1e6 * server / count, 1),
        "peak_mb": round(found["peak_mb"], 1),
        "idle_mb": round(found["idle_mb"], 1),
    }


def add_all(it: Stage, count: int) -> float:
    """Documents a second of SQLAlchemy's unit of work on the rows of the first run, under another corpus."""
    engine = engine_of(it.services.database_url)
    target = it.upload(["another corpus"], "baseline")
    with Session(engine) as session:
        found = session.scalars(select(Seed).order_by(Seed.corpus_id, Seed.ordinal).limit(count)).all()
        rows = [
            {c.key: getattr(seed, c.key) for c in Seed.__table__.columns if c.key not in ("id", "corpus_id")}
            for seed in found
        ]
    begun = time.perf_counter()
    with Session(engine) as session, session.begin():
        session.add_all([Seed(corpus_id=target, **row) for row in rows])
    return len(rows) / (time.perf_counter() - begun)


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Both sizes and the baseline on one stage."""
    with tempfile.TemporaryDirectory() as root, stage(Path(root)) as it:
        load = Load()
        runs = [ingested(it, options.documents, 1), ingested(it, options.documents * options.factor, 2)]
        theirs = add_all(it, options.documents)
        loaded = load.figures()
    best = max(run["documents_per_s"] for run in runs)
    return {
        "runs": runs,
        "baseline_documents_per_s": round(theirs, 1),
        "ratio": round(best / theirs, 2),
        "peak_growth": round(runs[1]["peak_mb"] / runs[0]["peak_mb"], 3),
        "load": loaded,
    }


def main() -> None:
    """Measure and print."""
    parser = options_of(__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--factor", type=int, default=10)
    parser.add_argument("--one-unit", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one_unit:
        one_unit()
        return
    found = measure(options)
    runs = found["runs"]
    assert isinstance(runs, list)
    text = [
        f"{run['documents']:8.0f} documents: {run['documents_per_s']:7.0f}/s, {run['mb_per_s']:.1f} MB/s,"
        f" {run['s']:.2f} s, CPU {run['cpu_us']:.0f} us a document and {run['postgres_cpu_us']:.0f} of Postgres,"
        f" peak RSS {run['peak_mb']:.0f} MB ({run['idle_mb']:.0f} before it began)"
        for run in runs
    ]
    text.append(f"peak RSS at {options.factor} x the documents: x {found['peak_growth']}")
    text.append(f"baseline add_all: {found['baseline_documents_per_s']}/s; ratio {found['ratio']}")
    text.append(f"machine  {found['load']}")
    show(found, text, as_json=options.json)


if __name__ == "__main__":
    main()
