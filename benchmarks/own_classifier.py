"""How many labels a classifier of one's own needs: trained on 100 to all gold labels, judged on the gold test file.

Beside each figure the shipped classifier and a ridge on text length alone, on the same documents, with 95 % bootstrap
limits; the time is CPU seconds of the whole training, which is what the worker's unit does. Sources are kept on one
side. Needs ../shared/gold.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.adapters.labelled import Fields, Labelled, read_labelled
from app.domain.education import load_classifier
from app.domain.held_out import Judged, judge
from app.domain.tokens import tokenise
from app.services.classifier_training import Labels, report_on, think_train
from benchmarks.stage import options_of, show

GOLD = Path(__file__).resolve().parents[2] / "shared" / "gold"
SIZES = (100, 200, 400, 800, 10**9)
"""Labels; the last is all there are."""


def read(name: str) -> Labelled:
    """The usable records of a gold file, their sources as groups."""
    return read_labelled(GOLD / name, Fields("text", "edu", "source"))


def part_of(data: Labelled, count: int) -> Labels:
    """So many documents drawn at random."""
    rows = np.random.default_rng(0).permutation(len(data.texts))[:count].tolist()
    assert data.groups is not None
    return Labels(
        [data.texts[at] for at in rows], [data.labels[at] for at in rows], [data.groups[at] for at in rows], []
    )


def by_length(train: Labelled, test: Labelled) -> NDArray[np.float64]:
    """Scores of a straight line on the logarithm of a text's words, fitted to all labels."""
    sizes = [np.log1p(np.maximum(tokenise(data.texts).counts(), 1)) for data in (train, test)]
    slope, offset = np.polyfit(sizes[0], train.labels, 1)
    scores: NDArray[np.float64] = np.clip(slope * sizes[1] + offset, 0, 5)
    return scores


def measure() -> dict[str, Any]:
    """Everything, by number of labels."""
    train, test = read("train.jsonl"), read("test.jsonl")
    labels = np.asarray(test.labels)
    length = by_length(train, test)
    rows = []
    for size in SIZES:
        data = part_of(train, size)
        began = time.process_time()
        trained = think_train(data)
        took = time.process_time() - began
        report = report_on(load_classifier(trained.weights), test.texts, test.labels, [])
        found = {"labels": len(data.texts), "fitted": trained.card["training"]["n"], "cpu_s": round(took, 2)}
        own_view = trained.report["own"]["all"]
        rows.append({**found, "held_out": own_view, "test": report["own"]["all"]})
        shipped = report["other"]["all"]
    baseline = judge(Judged(labels, ["all"] * len(labels), length, length), [], rng_seed=0)["own"]["all"]
    return {"test_documents": len(labels), "rows": rows, "shipped": shipped, "length": baseline}


def _line(name: str, row: dict[str, Any]) -> str:
    cells = ["{:.3f} [{:.3f}, {:.3f}]".format(*row[figure]) for figure in ("spearman", "f1_at_3", "mae")]
    return f"{name:<28}" + "  ".join(f"{cell:<22}" for cell in cells)


def main() -> None:
    """Print the table."""
    arguments = options_of(__doc__).parse_args()
    if not GOLD.exists():
        sys.stdout.write(f"No gold labels at {GOLD}.\n")
        return
    figures = measure()
    lines = [
        f"{'on ' + str(figures['test_documents']) + ' test documents':<28}Spearman, F1 at 3, mean error [95 % limits]"
    ]
    for row in figures["rows"]:
        lines.append(_line(f"{row['labels']} labels ({row['cpu_s']} s)", row["test"]))
        lines.append(_line("  its own held-out report", row["held_out"]))
    lines += [_line("shipped", figures["shipped"]), _line("text length alone", figures["length"])]
    show(json.loads(json.dumps(figures)), lines, as_json=arguments.json)


if __name__ == "__main__":
    main()
