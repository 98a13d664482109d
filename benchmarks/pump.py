"""How full the real pump keeps the slots of a 200 ms, 64-slot endpoint: one round of 2,000 documents, end to end.

    python -m benchmarks.pump [--documents 2000] [--fault 429=0.1] [--json]

Durable Postgres and Redis, Celery workers and the reconciler as in production; the default gates; every answer is
judged and stored before the round closes. A small job on another endpoint warms the workers first. Wall time over the
ideal (documents x latency / slots) is given twice: from the first request to the last answer as the endpoint saw it,
and from the round's opening to its closing as the database saw it. The baseline, in the same run, is a plain httpx
client with 64 connections on prompts of the same size, which stores and judges nothing.
"""

import argparse
import json
import os
import tempfile
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

from app.domain.config import JobConfig, Llm, Planning
from app.domain.records import JobId
from benchmarks import llm_client
from benchmarks.documents import prose_documents
from benchmarks.stage import Load, Stage, options_of, show, stage, stub_endpoint

WARM_UP = 120
"""Documents of the job that warms the workers."""
SPARE = 1.3
"""Seeds for each call: round 0 leaves some out."""
CLIENT = ("refine-0",)


def stats(port: int) -> dict[str, float]:
    """What the endpoint counted."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats") as answer:
        found: dict[str, float] = json.load(answer)
    return found


def config(calls: int, slots: int) -> JobConfig:
    """One round of so many calls, as many at a time as the endpoint has slots; all else as it is by default."""
    return JobConfig(max_rounds=1, planning=Planning(calls_per_round=calls), llm=Llm(concurrency=slots))


def warm_up(it: Stage) -> None:
    """Let every worker load what it needs."""
    with stub_endpoint([]) as port:
        corpus = it.upload(prose_documents(WARM_UP), "warm-up")
        small = replace(config(WARM_UP, 64), llm=Llm(base_url=f"http://127.0.0.1:{port}/v1"))
        it.wait_done(it.start_job(corpus, small), within_s=120)


def round_s(it: Stage, job_id: JobId) -> dict[str, float]:
    """Seconds from the opening of round 1 to the end of its last call and to its settlement."""
    found = it.query(
        """
        SELECT extract(epoch FROM max(u.finished_at) - r.opened_at) AS closing, count(*) AS units,
               extract(epoch FROM r.settled_at - max(u.finished_at)) AS settling,
               count(*) FILTER (WHERE u.state = 'done') AS done
        FROM rounds r JOIN units u ON u.round_id = r.id AND u.kind = 'rewrite'
        WHERE r.job_id = %s AND r.number = 1 GROUP BY r.id""",
        job_id,
    )[0]
    return {name: float(str(value)) for name, value in found.items()}


def verdicts(it: Stage, job_id: JobId) -> dict[str, int]:
    """What became of the answers."""
    rows = it.query("SELECT verdict, count(*) AS n FROM generations WHERE job_id = %s GROUP BY 1 ORDER BY 1", job_id)
    return {str(row["verdict"]): int(str(row["n"])) for row in rows}


def pump(options: argparse.Namespace) -> dict[str, object]:
    """One round on a fresh stage."""
    stub = [
        "--latency-ms",
        str(options.latency_ms),
        "--slots",
        str(options.slots),
        "--jitter-ms",
        str(options.jitter_ms),
    ]
    stub += [part for fault in options.fault for part in ("--fault", fault)]
    with tempfile.TemporaryDirectory() as root, stage(Path(root), stub=stub) as it:
        it.start()
        warm_up(it)
        corpus = it.upload(prose_documents(int(options.documents * SPARE)), "documents")
        job_id = it.start_job(corpus, config(options.documents, options.slots))
        opened = "SELECT count(*) AS n FROM rounds WHERE job_id = %s AND number = 1"
        while not it.query(opened, job_id)[0]["n"]:
            time.sleep(0.02)
        before, load = it.cpu_s(), Load()
        it.wait_done(job_id, within_s=600)
        after = it.cpu_s()
        used = {name: after[name] - before.get(name, 0.0) for name in after}
        loaded = load.figures()
        seen, times = stats(it.stub_port), round_s(it, job_id)
        calls = int(times["units"])
        ideal = calls * options.latency_ms / 1000 / options.slots
        return {
            "documents": calls,
            "stored": int(times["done"]),
            "verdicts": verdicts(it, job_id),
            "ideal_s": ideal,
            "endpoint_s": seen["span_s"],
            "endpoint_over_ideal": seen["span_s"] / ideal,
            "round_s": times["closing"],
            "round_over_ideal": times["closing"] / ideal,
            "settling_s": times["settling"],
            "utilisation": seen["busy_s"] / (options.slots * seen["span_s"]),
            "requests": seen["requests"],
            "answered_twice": seen["repeated"] if not options.fault else None,
            "client_cpu_ms": 1000 * sum(used.get(name, 0.0) for name in CLIENT) / calls,
            "cpu_ms_by_process": {name: round(1000 * spent / calls, 2) for name, spent in used.items()},
            "load": loaded,
        }


def baseline(options: argparse.Namespace) -> dict[str, float]:
    """A plain httpx client on the same number of prompts of about the same size."""
    asked = argparse.Namespace(
        prompts=options.documents,
        slots=options.slots,
        latency_ms=options.latency_ms,
        jitter_ms=options.jitter_ms,
        fault=options.fault,
    )
    found = llm_client.measure("one httpx client", llm_client.one_client, asked)
    ideal = options.documents * options.latency_ms / 1000 / options.slots
    return {
        "wall_s": found.wall_s,
        "over_ideal": found.wall_s / ideal,
        "utilisation": found.utilisation,
        "client_cpu_ms": found.cpu_ms,
    }


def main() -> None:
    """Run both and print."""
    parser = options_of(__doc__)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--slots", type=int, default=64)
    parser.add_argument("--latency-ms", type=float, default=200.0)
    parser.add_argument("--jitter-ms", type=float, default=50.0)
    parser.add_argument("--fault", action="append", default=[], metavar="NAME=SHARE", help="e.g. 429=0.1")
    parser.add_argument("--no-baseline", action="store_true")
    options = parser.parse_args()
    # What an operator allows who has an endpoint of so many slots.
    os.environ["HORNBOOK_LLM_CONCURRENCY"] = str(max(64, options.slots))
    ours = pump(options)
    theirs = {} if options.no_baseline else baseline(options)
    lines = [
        f"{ours['documents']} documents, {options.slots} slots, {options.latency_ms:.0f} ms,"
        f" faults {options.fault or 'none'}: ideal {ours['ideal_s']:.2f} s",
        f"hornbook   endpoint saw {ours['endpoint_s']:.2f} s = {ours['endpoint_over_ideal']:.2f} x ideal,"
        f" slots busy {ours['utilisation']:.1%}, CPU {ours['client_cpu_ms']:.2f} ms/document (pump and gates)",
        f"           round open to closing {ours['round_s']:.2f} s = {ours['round_over_ideal']:.2f} x ideal,"
        f" then settled in {ours['settling_s']:.2f} s; stored {ours['stored']}, {ours['verdicts']}",
        f"           CPU ms/document by process: {ours['cpu_ms_by_process']}",
        f"machine    {ours['load']}",
    ]
    if theirs:
        lines.append(
            f"baseline   one httpx client, nothing stored: {theirs['wall_s']:.2f} s"
            f" = {theirs['over_ideal']:.2f} x ideal, slots busy {theirs['utilisation']:.1%},"
            f" CPU {theirs['client_cpu_ms']:.2f} ms/request;"
            f" ratio {theirs['over_ideal'] / float(str(ours['round_over_ideal'])):.2f}"
        )
    show({"hornbook": ours, "baseline": theirs}, lines, as_json=options.json)


if __name__ == "__main__":
    main()
