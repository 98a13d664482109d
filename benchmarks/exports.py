"""Export files of many lines: MB/s of text for each format, beside the usual way to write the same lines.

    python -m benchmarks.exports [--documents 20000]

The baselines are `json.dumps` a line, and one `pyarrow.Table` of all lines written at the same zstd level, which
holds everything in memory. Ours hash, sync and stream. Figures are of the texts' UTF-8 bytes, the best of
three; the wall time of ours has the disk's in it, because only ours wait for it.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from app.adapters.exports import Build
from app.adapters.exports_formats import LINEAGE_SCHEMA
from app.domain.common_words import COMMON_WORDS
from app.domain.exporting import ExportFormat, ExportSplit, Line, PoolText, SeedSource, generated_line

WORDS_A_TEXT = 320
"""About 1.8 kB, as in `docs/architecture.md`."""


def make_lines(documents: int) -> list[Line]:
    """Lines with lineage whose texts pack about as prose does."""
    rng = random.Random(1)
    words = sorted(COMMON_WORDS)
    weights = [1 / (place + 5) for place in range(len(words))]
    made = []
    for i in range(documents):
        text = " ".join(rng.choices(words, weights, k=WORDS_A_TEXT))
        seed = SeedSource(rng.randbytes(32).hex(), f"id-{i}", "MIT", "prose", {"file": "seeds.jsonl", "line": i})
        key, edu = rng.randbytes(16).hex(), rng.random() * 5
        row = PoolText(key, text, 1, "lesson/a pupil/none", (), (), (), "m", edu, 70.1, 6.2, i % 50, None, seed)
        made.append(generated_line(row, ExportSplit.train, "e" * 64, lineage=True))
    return made


def ours(lines: list[Line], format_: ExportFormat) -> float:
    """Seconds of a whole build."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        with Build(Path(folder), 1, 1) as build:
            build.add_data("train", 0, 1, format_=format_, lineage=True, lines=lines)
            build.publish({})
        return time.perf_counter() - start


def stdlib_jsonl(lines: list[Line]) -> float:
    """Seconds of json.dumps a line."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        with (Path(folder) / "out.jsonl").open("w", encoding="utf-8") as file:
            for line in lines:
                file.write(json.dumps(line) + "\n")
        return time.perf_counter() - start


def default_parquet(lines: list[Line]) -> float:
    """Seconds of one table with pyarrow's defaults but for zstd level 3."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        pq.write_table(
            pa.Table.from_pylist(lines, schema=LINEAGE_SCHEMA),
            Path(folder) / "out.parquet",
            compression="zstd",
            compression_level=3,
        )
        return time.perf_counter() - start


def report(name: str, work: Callable[[], float], megabytes: float) -> None:
    """Print the best wall and CPU times of three."""
    walls, cpus = [], []
    for _ in range(3):
        start = time.process_time()
        walls.append(work())
        cpus.append(time.process_time() - start)
    wall, cpu = min(walls), min(cpus)
    print(f"{name:<40} {wall:5.2f} s {megabytes / wall:5.0f} MB/s   CPU {cpu:5.2f} s {megabytes / cpu:5.0f} MB/s")


def main() -> None:
    """Run all writers on the same lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=20_000)
    lines = make_lines(parser.parse_args().documents)
    megabytes = sum(len(str(line["text"]).encode()) for line in lines) / 1e6
    print(f"{len(lines)} documents, {megabytes:.1f} MB of text")
    for format_ in ExportFormat:
        report(f"hornbook {format_.value}", lambda format_=format_: ours(lines, format_), megabytes)  # type: ignore[misc]
    report("baseline json.dumps a line", lambda: stdlib_jsonl(lines), megabytes)
    report("baseline pyarrow table, zstd level 3", lambda: default_parquet(lines), megabytes)


if __name__ == "__main__":
    main()
