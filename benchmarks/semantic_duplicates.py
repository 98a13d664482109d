"""Texts that say the same in other words: news articles told at three levels, found by the cosine of embeddings.

    python -m benchmarks.semantic_duplicates [--data DIR] [--json]

DIR (default ../shared/data) holds `onestop` (120 articles, each told at three levels) and `edu-llm`, whose web pages
stand beside them. The embedder is the built-in one, fitted on the set itself, as `hornbook duplicates --semantic` does
it. Baseline: the Jaccard index of 5-word shingles over 0.8, which is what near-duplicates are told by. Two web pages
that are one another's copies count as false, so precision is a lower limit.
"""

import argparse
import gzip
import json
from pathlib import Path

import numpy as np

from app.domain import embedding
from app.domain.dedup import near_duplicates, shingles, signatures_of
from app.domain.duplicate_groups import similar_pairs
from app.domain.hashed_words import chunks, hash_texts
from app.domain.tokens import tokenise
from benchmarks.stage import options_of, show

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
OTHERS = 1_500
COSINES = (0.7, 0.8, 0.85, 0.9, 0.95)


def figures_of(data: Path) -> dict[str, dict[str, float]]:
    """{method: recall and precision over pairs}."""
    rows = _rows(data / "onestop" / "onestop.jsonl.gz")
    others = _rows(data / "edu-llm" / "edu_llm.jsonl.gz")[:OTHERS]
    texts = [row["text"] for row in rows + others]
    article = [row["article"] for row in rows] + [str(place) for place in range(len(others))]
    true = {(a, b) for a in range(len(rows)) for b in range(a + 1, len(rows)) if article[a] == article[b]}
    fitted = embedding.fit_embedder(texts, rng_seed=0)
    vectors = np.concatenate([embedding.embed(fitted, tokenise(chunk)) for chunk in chunks(texts)]).astype(np.float16)
    found = shingles(hash_texts(texts))
    group = near_duplicates(signatures_of(found), found.jaccard)
    methods = {f"cosine {least}": set(similar_pairs(vectors, least)) for least in COSINES}
    methods["Jaccard 0.8"] = {(int(first), doc) for doc, first in enumerate(group) if first != doc}
    return {
        name: {
            "recall": round(len(pairs & true) / len(true), 4),
            "precision": round(len(pairs & true) / len(pairs), 4) if pairs else 1.0,
            "pairs": len(pairs),
        }
        for name, pairs in methods.items()
    }


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path) as file:
        return [json.loads(line) for line in file]


def main() -> None:
    """Recall and precision by cosine."""
    parser: argparse.ArgumentParser = options_of(__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    if not options.data.exists():
        show({"skipped": str(options.data)}, [f"skipped: there is no {options.data}"], as_json=options.json)
        return
    found = figures_of(options.data)
    lines = [f"{name:<14}" + "".join(f"{key} {value:<10}" for key, value in row.items()) for name, row in found.items()]
    show(dict(found), lines, as_json=options.json)


if __name__ == "__main__":
    main()
