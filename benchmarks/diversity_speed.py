"""How fast a set is measured, and whether memory stays flat: `hornbook measure` on 1 kB documents, in fresh processes.

    python -m benchmarks.diversity_speed [--documents 100000] [--factor 10] [--json]

Both sizes are measured from JSONL as the command does it: read, fit, read again, hash in two threads, confirm
near-duplicates, find limits. The baseline, in the same run, is the usual route to one of the measures alone:
scikit-learn's HashingVectorizer, TruncatedSVD to 256 dimensions fitted on 5,000 texts, eigenvalues of the covariance.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer

from benchmarks.documents import prose_documents
from benchmarks.stage import Load, options_of, show

DISTINCT = 5_000
"""Documents that are made; the others are these with a third of their words from another."""
BASELINE_DOCUMENTS = 10_000


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
    """One `hornbook measure` in a process of its own."""
    begun = time.perf_counter()
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "benchmarks.diversity_speed", "--one", str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment)
    wall = time.perf_counter() - begun
    used = json.loads(done.stdout.splitlines()[-1])
    return {
        "documents": count,
        "wall_s": round(wall, 2),
        "cpu_s": round(used["cpu_s"], 2),
        "documents_per_s": round(count / wall, 1),
        "cpu_us": round(1e6 * used["cpu_s"] / count, 1),
        "peak_mb": round(used["peak_mb"], 1),
    }


def one(path: str) -> None:
    """What the process does."""
    # Loaded here, as the command line does: the baseline's process must not pay for it, nor this one for the baseline.
    from app.cli.main import run as hornbook  # noqa: PLC0415

    hornbook(["measure", path, "--json"])
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}))


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
    parser.add_argument("--factor", type=int, default=10)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.one)
        return
    found = measure(options)
    runs = found["runs"]
    assert isinstance(runs, list)
    lines = [
        f"{row['documents']:8.0f} documents: {row['wall_s']:.2f} s, CPU {row['cpu_s']:.2f} s,"
        f" {row['cpu_us']:.0f} us each, peak RSS {row['peak_mb']:.0f} MB"
        for row in runs
    ]
    lines.append(
        f"peak RSS grows by {found['peak_growth_mb']} MB, {found['bytes_a_document']} bytes a document on disk"
    )
    lines.append(f"baseline, Vendi-1 alone: {found['baseline_cpu_us']} us CPU a document; ratio {found['ratio']}")
    lines.append(f"machine  {found['load']}")
    show(found, lines, as_json=options.json)


if __name__ == "__main__":
    main()
