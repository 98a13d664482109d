"""How valid the simplicity measures are, and how fast, beside textstat. `python -m benchmarks.simplicity [--json]`.

Pearson with teachers' judgements (CLEAR, evaluation only), share of OneStopEnglish articles whose elementary text reads
easier than the advanced one, agreement with textstat on its own formulas, readers' grades of the gold test file by
kind, and documents a second of CPU time. 90 % bootstrap limits.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import textstat
from numpy.typing import NDArray
from scipy.stats import pearsonr, spearmanr

from app.domain.simplicity import Readability, readability
from app.domain.tokens import tokenise
from benchmarks.documents import prose_documents
from benchmarks.ease.texts import SHARED, rows

OURS = ("ease", "grade", "fre", "fkgl", "smog", "ari", "coleman_liau", "list_coverage")
EASIER_UP = {"ease", "fre", "list_coverage"}
THEIRS: dict[str, Callable[[str], float]] = {
    "fre": textstat.flesch_reading_ease,
    "fkgl": textstat.flesch_kincaid_grade,
    "smog": textstat.smog_index,
    "ari": textstat.automated_readability_index,
    "coleman_liau": textstat.coleman_liau_index,
}
PUBLISHED = ("flesch_reading_ease", "fk_grade", "ari", "smog", "new_dale_chall", "carec", "carec_m", "cml2ri")
DRAWS = 1_000
DOCUMENT_CHARS = 1_800
CHUNK = 256
Values = NDArray[np.float64]


def read(texts: Sequence[str]) -> dict[str, Values]:
    """Our measures of each text."""
    parts: list[Readability] = [readability(tokenise(texts[at : at + CHUNK])) for at in range(0, len(texts), CHUNK)]
    return {name: np.concatenate([getattr(part, name) for part in parts]).astype(float) for name in OURS}


def limits(values: Values, other: Values) -> list[float]:
    """90 % bootstrap limits of |Pearson|."""
    rng = np.random.default_rng(0)
    draws = (rng.integers(len(values), size=len(values)) for _ in range(DRAWS))
    found = [abs(float(pearsonr(values[draw], other[draw])[0])) for draw in draws]
    return [round(float(x), 3) for x in np.percentile(found, (5, 95))]


def clear() -> dict[str, Any]:
    """|Pearson| with teachers, ours and what the file publishes."""
    found = list(rows(SHARED / "data" / "clear" / "clear.jsonl.gz"))
    judged = np.array([row["bt_easiness"] for row in found])
    ours = read([row["text"] for row in found])
    return {
        "n": len(found),
        "ours": {name: round(abs(float(pearsonr(values, judged)[0])), 3) for name, values in ours.items()},
        "ease_limits": limits(ours["ease"], judged),
        "published": {
            name: round(abs(float(pearsonr([row[name] for row in found], judged)[0])), 3) for name in PUBLISHED
        },
    }


def onestop() -> dict[str, Any]:
    """Share of articles whose elementary text is easier than the advanced one."""
    found = list(rows(SHARED / "data" / "onestop" / "onestop.jsonl.gz"))
    ours = read([row["text"] for row in found])
    places: dict[str, dict[int, int]] = defaultdict(dict)
    for place, row in enumerate(found):
        places[row["article"]][row["level"]] = place
    pairs = np.array([(levels[1], levels[3]) for levels in places.values() if {1, 3} <= levels.keys()])
    easy, hard = pairs.T
    return {
        "pairs": len(pairs),
        **{
            name: round(float(((values[easy] - values[hard]) * (1 if name in EASIER_UP else -1) > 0).mean()), 3)
            for name, values in ours.items()
        },
    }


def against_textstat(texts: Sequence[str]) -> dict[str, Any]:
    """Pearson and mean difference of each formula, ours less textstat's."""
    ours = read(texts)
    found = {}
    for name, formula in THEIRS.items():
        theirs = np.array([formula(text) for text in texts])
        correlation = float(pearsonr(ours[name], theirs)[0])
        found[name] = {
            "pearson": round(correlation, 3),
            "mean_difference": round(float((ours[name] - theirs).mean()), 2),
        }
    return {"n": len(texts), **found}


def gold() -> dict[str, Any]:
    """Spearman of grade and FKGL with readers' grades on the gold test file, by kind."""
    found = list(rows(SHARED / "gold" / "test.jsonl"))
    ours = read([row["text"] for row in found])
    grades = np.array([row["grade"] for row in found])
    kinds = np.array([row["kind"] for row in found])
    return {
        kind: {name: round(float(spearmanr(ours[name][kinds == kind], grades[kinds == kind])[0]), 3)
               for name in ("grade", "fkgl")} | {"n": int((kinds == kind).sum())}
        for kind in sorted(set(kinds.tolist()))
    }  # fmt: skip


def speed() -> dict[str, Any]:
    """Documents a second of CPU time at 1.8 kB; the best of several runs, for the machine is shared."""
    halves = prose_documents(512)
    texts = [f"{first}\n\n{second}"[:DOCUMENT_CHARS] for first, second in zip(halves[::2], halves[1::2], strict=True)]
    read(texts)
    return {
        "chars": round(float(np.mean([len(text) for text in texts]))),
        "ours": round(max(_rate(texts, lambda part: [read(part)]) for _ in range(20))),
        "textstat": round(_rate(texts[:64], lambda part: [f(text) for text in part for f in THEIRS.values()])),
    }


def _rate(texts: Sequence[str], work: Callable[[Sequence[str]], object]) -> float:
    started = time.process_time()
    work(texts)
    return len(texts) / (time.process_time() - started)


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    if not SHARED.exists():
        print(f"skipped: {SHARED} is not here")
        return
    sample = [row["text"] for row in rows(SHARED / "data" / "onestop" / "onestop.jsonl.gz")][:200]
    report = {
        "clear": clear(),
        "onestop": onestop(),
        "against_textstat": against_textstat(sample),
        "gold_test": gold(),
        "documents_a_second": speed(),
    }
    print(json.dumps(report) if parser.parse_args().json else json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
