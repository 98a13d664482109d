"""The code measures beside radon, lizard and complexipy, and people. `python -m benchmarks.code_measures [--json]`.

Agreement on functions of the standard library, sources a second of CPU time, Pearson of readability with people's
ratings of snippets (evaluation only), Spearman with readers' grades of the gold test file. `--fit` prints the weights
of `app/domain/code_reading.py`, fitted to the gold training file, and their cross-validation.
"""

import argparse
import ast
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import complexipy
import lizard
import numpy as np
from numpy.typing import NDArray
from radon.complexity import cc_visit
from scipy.optimize import nnls
from scipy.stats import pearsonr, spearmanr
from sklearn.model_selection import GroupKFold

from app.domain.code import CodeMeasures, UnparseableCodeError, measure_code
from app.domain.code_reading import FEATURES, code_grade, code_readability, features
from benchmarks.documents import code_documents
from benchmarks.ease.texts import SHARED, rows

SOURCES = 800
FOLDS = 8
SHRINK = 30.0
Values = NDArray[np.float64]


def gold_code(name: str) -> list[dict[str, Any]]:
    """The code of a gold file."""
    return [row for row in rows(SHARED / "gold" / name) if row["kind"] == "code"]


def fit(inputs: Values, grades: Values) -> Values:
    """(1 + n_features,): intercept and non-negative weights, by ridge on standardised inputs."""
    mean, scale = inputs.mean(axis=0), inputs.std(axis=0)
    size = len(FEATURES)
    left = np.vstack([(inputs - mean) / scale, np.sqrt(SHRINK) * np.eye(size)])
    weights = nnls(left, np.concatenate([grades - grades.mean(), np.zeros(size)]))[0]
    # Shrinking draws towards the mean; half of it is given back, for half of it is right.
    weights *= (1 + grades.std() / (left[: len(grades)] @ weights).std()) / 2
    return np.array([grades.mean() - (weights / scale) @ mean, *(weights / scale)])


def fitted() -> dict[str, Any]:
    """Weights for `code_reading`, and how they do on sources they did not see."""
    found = gold_code("train.jsonl")
    inputs = np.array([features(row["text"]) for row in found])
    grades = np.array([row["grade"] for row in found], dtype=np.float64)
    groups = ["/".join(row["source"].split("/")[:2]) for row in found]
    guesses = np.zeros(len(grades))
    for train, test in GroupKFold(FOLDS).split(inputs, groups=groups):
        weights = fit(inputs[train], grades[train])
        guesses[test] = weights[0] + inputs[test] @ weights[1:]
    return {
        "features": FEATURES,
        "weights": fit(inputs, grades).round(4).tolist(),
        "pearson_on_unseen_sources": round(float(pearsonr(guesses, grades)[0]), 3),
        "mean_error": round(float(np.abs(guesses - grades).mean()), 2),
    }


def radon_cyclomatic(source: str) -> int:
    """Of the worst function by radon."""
    return max((block.complexity for block in cc_visit(source)), default=1)


def lizard_cyclomatic(source: str) -> int:
    """Of the worst function by lizard."""
    found = lizard.analyze_file.analyze_source_code("source.py", source).function_list
    return max((function.cyclomatic_complexity for function in found), default=1)


def complexipy_cognitive(source: str) -> int:
    """Of the worst function by complexipy."""
    return max((function.complexity for function in complexipy.code_complexity(source).functions), default=0)


def _timed(work: Callable[[str], Any], sources: Sequence[str]) -> tuple[list[Any], int]:
    started = time.process_time()
    found = [work(source) for source in sources]
    return found, round(len(sources) / (time.process_time() - started))


def libraries() -> dict[str, Any]:
    """Ours against each library on standard library functions, and how fast each is."""
    sources = code_documents(SOURCES)
    ours, our_speed = _timed(measure_code, sources)
    measured: list[CodeMeasures] = ours
    sides = {
        "radon": (radon_cyclomatic, [m.cyclomatic for m in measured]),
        "lizard": (lizard_cyclomatic, [m.cyclomatic for m in measured]),
        "complexipy": (complexipy_cognitive, [m.cognitive for m in measured]),
    }
    report: dict[str, Any] = {"n": len(sources), "ours_a_second": our_speed}
    report["parse_alone_a_second"] = _timed(ast.parse, sources)[1]
    for name, (work, own) in sides.items():
        theirs, speed = _timed(work, sources)
        report[name] = {
            "pearson": round(float(pearsonr(own, theirs)[0]), 3),
            "equal": round(float(np.mean(np.array(own) == np.array(theirs))), 3),
            "a_second": speed,
        }
    return report


def people() -> dict[str, Any]:
    """Pearson of readability with mean human ratings, by data set and language; of the lines' mean length beside it."""
    found = list(rows(SHARED / "data" / "code-readability" / "code_readability.jsonl.gz"))
    names = np.array([f"{row['dataset']} {row['language']}" for row in found])
    rated = np.array([row["mean"] for row in found])
    ours = np.array([code_readability(row["text"]) for row in found])
    length = np.array([features(row["text"])[1] for row in found])
    report: dict[str, Any] = {}
    for name in sorted(set(names.tolist())):
        here = names == name
        report[name] = {
            "n": int(here.sum()),
            "readability": round(float(pearsonr(ours[here], rated[here])[0]), 3),
            "line_length": round(float(pearsonr(length[here], rated[here])[0]), 3),
        }
    report["mean"] = round(float(np.mean([side["readability"] for side in report.values()])), 3)
    return report


def gold() -> dict[str, Any]:
    """Spearman with the grades of the gold test file's code: ours, and structure alone where it parses."""
    found = gold_code("test.jsonl")
    grades = np.array([row["grade"] for row in found])
    guesses = np.array([code_grade(row["text"]) for row in found])
    parsed = [(row["grade"], measured) for row in found if (measured := _measured(row["text"])) is not None]
    known = [grade for grade, _ in parsed]
    return {
        "n": len(found),
        "grade": round(float(spearmanr(guesses, grades)[0]), 3),
        "mean_error": round(float(np.abs(guesses - grades).mean()), 2),
        "parsed": len(parsed),
        **{
            name: round(float(spearmanr([getattr(m, name) for _, m in parsed], known)[0]), 3)
            for name in ("cyclomatic", "cognitive", "nesting", "function_lines", "naming")
        },
    }


def _measured(source: str) -> CodeMeasures | None:
    try:
        return measure_code(source)
    except UnparseableCodeError:
        return None


def main() -> None:
    """Print everything, or the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    if not SHARED.exists():
        print(f"skipped: {SHARED} is not here")
        return
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    report = fitted() if options.fit else {"libraries": libraries(), "people": people(), "gold_test": gold()}
    print(json.dumps(report) if options.json else json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
