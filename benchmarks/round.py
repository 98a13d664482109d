"""Everything of a round but the LLM: claim, score, gates, writes, settle, measure, plan; documents a second and growth.

    python -m benchmarks.round [--sizes 2000 20000] [--code 800] [--json]

Durable Postgres, Redis, CPU workers and the reconciler as in production; round 0 (embed, score, cluster the seeds) is
theirs. In round 1 as many processes as there are cores answer the calls themselves, at once (`benchmarks.desk`), and
store them through the pump's own desk; the CPU worker then settles, measures and plans. The baseline, in the same run,
does less with usual libraries: HashingVectorizer and a linear model, TfidfVectorizer and TruncatedSVD, MinHash by sha1
and numpy, rows by SQLAlchemy's bulk insert; a process of it, times the cores.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sqlalchemy import Column, Double, Integer, LargeBinary, MetaData, Table, Text, insert, text

from app.db.session import engine_of, transaction
from app.domain.config import JobConfig, Planning, Targets
from app.domain.gate_config import Gates
from app.domain.records import JobId
from benchmarks.documents import code_documents, prose_documents
from benchmarks.stage import Load, Stage, options_of, show, stage

BASELINE_DOCUMENTS = 2_000
PERMUTATIONS = 64
POLL_S = 0.02
"""Between two looks at whether the round is settled."""
_WORD = re.compile(r"\w+")


def config(calls: int) -> JobConfig:
    """Two rounds, so that the first ends by planning the second; every seed takes part and is asked for once."""
    gates = Gates(seed_edu_min=0, edu_min=0)
    planning = Planning(calls_per_round=calls, repair_share=0)
    return JobConfig(max_rounds=2, gates=gates, targets=Targets(approved_tokens=10**9), planning=planning)


def seconds(it: Stage, job_id: JobId, number: int) -> float:
    """From a round's opening to its settlement."""
    query = "SELECT extract(epoch FROM settled_at - opened_at) AS s FROM rounds WHERE job_id = %s AND number = %s"
    return float(str(it.query(query, job_id, number)[0]["s"]))


def settling(it: Stage, job_id: JobId) -> float:
    """From the end of round 1's last call to the opening of round 2."""
    query = """
        SELECT extract(epoch FROM r.settled_at - max(u.finished_at)) AS s
        FROM rounds r JOIN units u ON u.round_id = r.id
        WHERE r.job_id = %s AND r.number = 1 AND u.kind = 'rewrite' GROUP BY r.id"""
    return float(str(it.query(query, job_id)[0]["s"]))


def settled(it: Stage, job_id: JobId, number: int) -> bool:
    """Whether a round came to its end."""
    query = "SELECT state FROM rounds WHERE job_id = %s AND number = %s"
    return [row["state"] for row in it.query(query, job_id, number)] == ["settled"]


def answer_all(it: Stage, job_id: JobId) -> tuple[float, float]:
    """Have a desk a core answer, judge and store every call of round 1; seconds to its settlement, and their CPU s."""
    argv = [sys.executable, "-c", "from benchmarks.desk import main; main()", str(job_id)]
    env = {**os.environ, **it.env}
    desks = [
        subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
        for _ in range(os.cpu_count() or 1)
    ]
    for desk in desks:
        assert desk.stdout is not None
        if desk.stdout.readline() != "ready\n":
            raise RuntimeError("a desk did not start")
    begun = time.perf_counter()
    for desk in desks:
        assert desk.stdin is not None
        desk.stdin.write("go\n")
        desk.stdin.flush()
    # One connection: a new one for every look would cost more than what is measured.
    with engine_of(it.services.database_url).connect().execution_options(isolation_level="AUTOCOMMIT") as watching:
        settled_now = text("SELECT state = 'settled' FROM rounds WHERE job_id = :job AND number = 1")
        while not watching.execute(settled_now, {"job": job_id}).scalar_one():
            if any(desk.poll() for desk in desks):
                raise RuntimeError("a desk failed")
            time.sleep(POLL_S)
    total = time.perf_counter() - begun
    for desk in desks:
        desk.wait()
    return total, sum(float(desk.stdout.readline()) for desk in desks if desk.stdout is not None)


def one_round(it: Stage, name: str, texts: Sequence[str]) -> dict[str, object]:
    """Round 0 and round 1 of a job over `texts`."""
    job_id = it.start_job(it.upload(texts, name), config(len(texts)))
    it.wait(lambda: settled(it, job_id, 0), within_s=600, what="round 0")
    load, before = Load(), it.cpu_s()
    total, desks_s = answer_all(it, job_id)
    used = {name: spent - before.get(name, 0.0) for name, spent in it.cpu_s().items()} | {"desks": desks_s}
    rows = it.query(
        "SELECT g.verdict, g.reason, count(*) AS n FROM generations g WHERE job_id = %s GROUP BY 1, 2 ORDER BY 3 DESC",
        job_id,
    )
    count = sum(int(str(row["n"])) for row in rows)
    settling_s = settling(it, job_id)
    return {
        "name": name,
        "documents": count,
        "total_s": round(total, 2),
        "settling_s": round(settling_s, 2),
        "documents_per_s": round(count / total, 1),
        "cpu_ms": round(1000 * sum(used.values()) / count, 3),
        "cpu_ms_by_process": {name: round(1000 * spent / count, 3) for name, spent in used.items()},
        "seeds_per_s": round(len(texts) / seconds(it, job_id, 0), 1),
        "verdicts": {f"{row['verdict']} {row['reason'] or ''}".strip(): row["n"] for row in rows},
        "load": load.figures(),
    }


def minhash(text: str, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The usual way: sha1 of each shingle, permuted by a x + b."""
    words = _WORD.findall(text.lower())
    shingles = {" ".join(words[i : i + 5]) for i in range(max(1, len(words) - 4))}
    hashed = np.array([int.from_bytes(hashlib.sha1(s.encode()).digest()[:4], "big") for s in shingles], np.uint64)
    found: np.ndarray = ((hashed[:, None] * a + b) % np.uint64((1 << 61) - 1)).min(axis=0)
    return found


def baseline(it: Stage, texts: Sequence[str]) -> tuple[float, float]:
    """Documents a second of one process, and its CPU ms a document without the server's."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(1, 1 << 31, PERMUTATIONS, np.uint64), rng.integers(0, 1 << 31, PERMUTATIONS, np.uint64)
    weights = rng.normal(size=2**18)
    columns = (Column("vector", LargeBinary), Column("signature", LargeBinary), Column("score", Double))
    table = Table("baseline", MetaData(), Column("id", Integer, primary_key=True), Column("text", Text), *columns)
    engine = engine_of(it.services.database_url)
    table.create(engine)
    begun, cpu = time.perf_counter(), time.process_time()
    scores = HashingVectorizer(ngram_range=(1, 2), n_features=2**18).transform(texts) @ weights
    counted = TfidfVectorizer(max_features=20_000).fit_transform(texts)
    vectors = TruncatedSVD(256, random_state=0).fit_transform(counted)
    signatures = [minhash(text, a, b) for text in texts]
    buckets: dict[bytes, int] = {}
    for place, signature in enumerate(signatures):
        for band in range(16):
            buckets.setdefault(bytes([band]) + signature[band * 4 : band * 4 + 4].tobytes(), place)
    rows = [
        {"text": t, "vector": v.astype(np.float16).tobytes(), "signature": s.tobytes(), "score": float(score)}
        for t, v, s, score in zip(texts, vectors, signatures, scores, strict=True)
    ]
    with transaction(engine) as session:
        session.execute(insert(table), rows)
    return len(texts) / (time.perf_counter() - begun), 1000 * (time.process_time() - cpu) / len(texts)


def measure(options: argparse.Namespace) -> dict[str, object]:
    """All sizes on one stage, and the baseline."""
    with tempfile.TemporaryDirectory() as root, stage(Path(root)) as it:
        it.start(refine=0)
        runs = [one_round(it, f"{size} of prose", prose_documents(size)) for size in options.sizes]
        if options.code:
            code = code_documents(options.code)
            runs.append(one_round(it, f"{len(code)} of code", code))
        theirs, cpu_ms = (0.0, 0.0) if options.no_baseline else baseline(it, prose_documents(BASELINE_DOCUMENTS))
    theirs *= os.cpu_count() or 1
    return {"rounds": runs, "baseline_documents_per_s": round(theirs, 1), "baseline_cpu_ms": round(cpu_ms, 3)}


def main() -> None:
    """Measure and print."""
    parser = options_of(__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[2_000, 20_000])
    parser.add_argument("--code", type=int, default=800)
    parser.add_argument("--no-baseline", action="store_true")
    options = parser.parse_args()
    found = measure(options)
    theirs, lines = found["baseline_documents_per_s"], []
    runs = found["rounds"]
    assert isinstance(runs, list) and isinstance(theirs, float)
    for run in runs:
        lines.append(
            f"{run['name']:16} {run['documents_per_s']:7.0f} documents/s: {run['total_s']:.2f} s, of which settling,"
            f" measuring and planning {run['settling_s']:.2f} s; CPU {run['cpu_ms']:.2f} ms a document"
        )
        lines.append(
            f"{'':16} CPU ms by process {run['cpu_ms_by_process']}; seeds of round 0 {run['seeds_per_s']:.0f}/s"
        )
        lines.append(f"{'':16} {run['verdicts']}; machine {run['load']}")
    prose = [run for run in runs if run["name"].endswith("prose")]
    if len(prose) > 1:
        growth = prose[0]["documents_per_s"] / prose[-1]["documents_per_s"]
        lines.append(f"time a document from {prose[0]['documents']} to {prose[-1]['documents']}: x {growth:.2f}")
        found["growth"] = round(growth, 3)
    if theirs:
        lines.append(
            f"{'baseline':16} {theirs:7.0f} documents/s: usual libraries, without gates, settling, measures and plan;"
            f" CPU {found['baseline_cpu_ms']:.2f} ms a document without Postgres"
        )
    if theirs and prose:
        lines.append(f"ratio of documents/s: {prose[-1]['documents_per_s'] / theirs:.2f}")
    show(found, lines, as_json=options.json)


if __name__ == "__main__":
    main()
