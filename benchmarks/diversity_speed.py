"""How fast a set is measured, and whether memory stays flat: `hornbook measure` on 1 kB documents, in fresh processes.

    python -m benchmarks.diversity_speed [--documents 100000] [--factor 5] [--json]

Both sizes are measured from JSONL as the command does it: read, fit, read again, hash in processes, confirm
near-duplicates, find limits; CPU and memory are those of all its processes together. The baseline, in the same run, is
the usual route to one of the measures alone: scikit-learn's HashingVectorizer, TruncatedSVD to 256 dimensions fitted on
5,000 texts, eigenvalues of the covariance.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer

from benchmarks.documents import prose_documents
from benchmarks.stage import Load, options_of, show

DISTINCT = 5_000
"""Documents that are made; the others are these with a third of their words from another."""
BASELINE_DOCUMENTS = 10_000
WATCH_S = 0.1
"""Between looks at CPU and memory."""


def write_documents(path: Path, count: int) -> int:
    """JSON lines of about 1 kB, no two of them near-duplicates; the bytes written."""
    texts = [text.split(" ") for text in prose_documents(min(count, DISTINCT))]
    rng = np.random.default_rng(0)
    with path.open("w", encoding="utf-8") as file:
        for place in range(count):
            one = list(texts[place % len(texts)])
            if place >= len(texts):
                other = texts[int(rng.integers(len(texts)))]
                for at in np.flatnonzero(rng.random(min(len(one), len(other))) < 1 / 3).tolist():
                    one[at] = other[at]
            file.write(json.dumps({"text": " ".join(one)}) + "\n")
    return path.stat().st_size


def run(path: Path, count: int) -> dict[str, float]:
    """One `hornbook measure`, with the processes that it starts."""
    begun = time.perf_counter()
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "app.cli.main", "measure", str(path), "--json"]
    done = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    cpu, peak = _watch(done)
    wall = time.perf_counter() - begun
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command)
    return {
        "documents": count,
        "wall_s": round(wall, 2),
        "cpu_s": round(cpu, 2),
        "documents_per_s": round(count / wall, 1),
        "cpu_us": round(1e6 * cpu / count, 1),
        "peak_mb": round(peak, 1),
    }


def _watch(leader: subprocess.Popen[bytes]) -> tuple[float, float]:
    """CPU seconds and peak MB of a process and all it starts, until it ends; shared pages count once."""
    cpu: dict[int, float] = {}
    peak = 0
    root = psutil.Process(leader.pid)
    while leader.poll() is None:
        memory = 0
        with suppress(psutil.Error):
            for process in (root, *root.children(recursive=True)):
                times = process.cpu_times()
                cpu[process.pid] = times.user + times.system
                memory += process.memory_full_info().pss
        peak = max(peak, memory)
        time.sleep(WATCH_S)
    return sum(cpu.values()), peak / 2**20


def baseline(path: Path, count: int) -> float:
    """CPU microseconds a document of Vendi-1 by the usual libraries."""
    with path.open(encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for _, line in zip(range(count), file, strict=False)]
    begun = time.process_time()
    vectorizer = HashingVectorizer(n_features=2**18)
    svd = TruncatedSVD(256, random_state=0).fit(vectorizer.transform(texts[:5_000]))
    rows = svd.transform(vectorizer.transform(texts))
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    values = np.linalg.eigvalsh(rows.T @ rows / len(rows))
    np.exp(-(values[values > 0] * np.log(values[values > 0])).sum())
    return 1e6 * (time.process_time() - begun) / len(texts)


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Both sizes and the baseline."""
    with tempfile.TemporaryDirectory() as root:
        large, small = Path(root) / "large.jsonl", Path(root) / "small.jsonl"
        size = write_documents(large, options.documents)
        few = options.documents // options.factor
        write_documents(small, few)
        load = Load()
        runs = [run(small, few), run(large, options.documents)]
        theirs = baseline(large, min(BASELINE_DOCUMENTS, options.documents))
        return {
            "runs": runs,
            "bytes_a_document": round(size / options.documents),
            "peak_growth_mb": round(runs[1]["peak_mb"] - runs[0]["peak_mb"], 1),
            "baseline_cpu_us": round(theirs, 1),
            "ratio": round(theirs / runs[1]["cpu_us"], 2),
            "load": load.figures(),
        }


def main() -> None:
    """Measure and print."""
    parser = options_of(__doc__)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--factor", type=int, default=5)
    options = parser.parse_args()
    found = measure(options)
    runs = found["runs"]
    assert isinstance(runs, list)
    lines = [
        f"{row['documents']:8.0f} documents: {row['wall_s']:.2f} s, CPU {row['cpu_s']:.2f} s,"
        f" {row['cpu_us']:.0f} us each, peak memory {row['peak_mb']:.0f} MB"
        for row in runs
    ]
    lines.append(
        f"peak memory grows by {found['peak_growth_mb']} MB, {found['bytes_a_document']} bytes a document on disk"
    )
    lines.append(f"baseline, Vendi-1 alone: {found['baseline_cpu_us']} us CPU a document; ratio {found['ratio']}")
    lines.append(f"machine  {found['load']}")
    show(found, lines, as_json=options.json)


if __name__ == "__main__":
    main()
