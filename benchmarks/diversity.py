"""Do the diversity measures see what they should, and nothing else? On texts that people wrote.

    python -m benchmarks.diversity [--draws 100] [--json]

- false alarms: sets of 500 clean texts beside 1,000 others of the same source; a gate that trips is a false alarm;
- pathologies: the same sets with a share of their texts spoilt; the share of draws in which the gate trips that has to;
- size: each measure at 250 to 4,000 texts over its value at 4,000;
- limits: how often 90 % limits from one set of 500 hold the mean of all such sets;
- thinning: the error of distinct-3 where only one trigram in 32 is counted.

Baselines in the same run: Vendi-1, plain distinct-3 and gzip, as usual tools give them, held to the same 10 %.
"""

import argparse
import gzip
import time
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from app.domain import diversity, measuring
from app.domain.gram_sample import GramSample
from app.domain.hashed_words import hash_texts
from app.domain.measuring import Measured
from app.domain.ruler import Ruler, fit_ruler
from app.domain.targets import judge_beside
from app.domain.tokens import mix64, tokenise
from app.services.measuring import Batch, measure_stream
from benchmarks import human_texts
from benchmarks.pathologies import PATHOLOGIES, Material
from benchmarks.stage import options_of, show

REFERENCE, SET = 1_000, 500
SHARES = (0.1, 0.4)
SIZES = (250, 500, 1_000, 2_000, 4_000)
REPEATS = {250: 20, 500: 10, 1_000: 6, 2_000: 4, 4_000: 2}
LIMIT_SET = 500
MEASURES = (
    "vendi2", "cluster_simpson", "distinct3", "cross_5gram_share", "opening_share", "near_duplicate_rate", "lzma_ratio",
    "ease_mean", "grade_p90", "list_coverage",
)  # fmt: skip
Values = dict[str, float | None]


def measured(texts: Sequence[str], ruler: Ruler, *, lzma_bytes: int = 0, limits: bool = False) -> Measured:
    """The vector of some texts, with all limits or only those that gates read."""
    parts = (Batch(texts[low : low + 256]) for low in range(0, len(texts), 256))
    with measure_stream(parts, ruler, tell=lambda _count: None, threads=1) as found:
        return found.measured(min(lzma_bytes, found.lzma_bytes()), wording_limits=limits)


def failed(found: Measured, base: Measured) -> set[str]:
    """Diversity checks that do not hold beside the reference."""
    return {check.name for check in judge_beside(measuring.compare_sets(found, base)) if not check.holds}


def usual(texts: Sequence[str], ruler: Ruler) -> dict[str, float]:
    """What usual tools say: Vendi-1, distinct-3 over the whole set, gzip's ratio."""
    batch = hash_texts(texts)
    parts = [texts[low : low + 256] for low in range(0, len(texts), 256)]
    rows = np.concatenate([ruler.vectors(tokenise(part), part) for part in parts]).astype(np.float64)
    values = np.linalg.eigvalsh(rows.T @ rows / len(rows))
    values = values[values > 1e-12]
    grams = diversity.ngrams(batch, 3)[0]
    raw = "\n".join(texts).encode()
    return {
        "vendi1": float(np.exp(-(values * np.log(values)).sum())),
        "plain_distinct3": len(np.unique(grams)) / len(grams),
        "gzip_ratio": len(raw) / len(gzip.compress(raw, 6)),
    }


def usual_alarm(found: dict[str, float], base: dict[str, float]) -> bool:
    """One of them is more than a tenth worse than the reference's."""
    lower = found["vendi1"] < 0.9 * base["vendi1"] or found["plain_distinct3"] < 0.9 * base["plain_distinct3"]
    return lower or found["gzip_ratio"] > 1.1 * base["gzip_ratio"]


def gates(pool: Sequence[str], draws: int) -> dict[str, object]:
    """False alarms and hits over random splits of a pool."""
    alarms: Counter[str] = Counter()
    usual_alarms: Counter[str] = Counter()
    hits: Counter[tuple[str, float]] = Counter()
    usual_hits: Counter[tuple[str, float]] = Counter()
    spoilt = max(1, draws // 10)
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        texts = [pool[place] for place in rng.permutation(len(pool)).tolist()]
        ruler = fit_ruler(texts[:REFERENCE], rng_seed=draw)
        base = measured(texts[:REFERENCE], ruler)
        good, spare = texts[REFERENCE : REFERENCE + SET], texts[REFERENCE + SET :]
        names = failed(measured(good, ruler), base)
        alarms.update(names or {"none"})
        if draw >= spoilt:
            continue
        plain = usual(texts[:REFERENCE], ruler)
        usual_alarms[str(usual_alarm(usual(good, ruler), plain))] += 1
        topics = np.argmax(ruler.vectors(tokenise(spare), spare) @ ruler.clusters.centres.T, axis=1)
        material = Material(good, spare, topics.astype(np.int64))
        for name, (spoil, wanted) in PATHOLOGIES.items():
            for share in SHARES:
                bad = spoil(material, share, np.random.default_rng([draw, 1]))
                hits[name, share] += bool(failed(measured(bad, ruler), base) & set(wanted))
                usual_hits[name, share] += usual_alarm(usual(bad, ruler), plain)
    return {
        "false_alarms": round(1 - alarms.pop("none", 0) / draws, 4),
        "false_alarms_by_gate": dict(alarms),
        "usual_false_alarms": round(usual_alarms["True"] / spoilt, 4),
        "hits": {n: {str(s): hits[n, s] / spoilt for s in SHARES} for n in PATHOLOGIES},
        "usual_hits": {n: {str(s): usual_hits[n, s] / spoilt for s in SHARES} for n in PATHOLOGIES},
        "draws": draws,
        "spoilt_draws": spoilt,
    }


def sizes(pool: Sequence[str], ruler: Ruler) -> dict[str, dict[str, float]]:
    """Mean of each measure at each size over its mean at 4,000 texts."""
    means: dict[int, dict[str, float]] = {}
    for size in SIZES:
        rows = []
        for repeat in range(REPEATS[size]):
            rng = np.random.default_rng([size, repeat])
            texts = [pool[place] for place in rng.choice(len(pool), size, replace=False).tolist()]
            rows.append({**measured(texts, ruler, lzma_bytes=250_000).values, **usual(texts, ruler)})
        names = (*MEASURES, "vendi1", "plain_distinct3", "gzip_ratio")
        means[size] = {name: float(np.mean([row[name] or 0.0 for row in rows])) for name in names}
    last = means[SIZES[-1]]
    return {
        name: {str(size): round(means[size][name] / last[name], 4) if last[name] else 0.0 for size in SIZES}
        for name in last
    }


def coverage(pool: Sequence[str], ruler: Ruler, draws: int) -> dict[str, float]:
    """Share of draws whose limits hold the mean over all draws."""
    found = []
    for draw in range(draws):
        rng = np.random.default_rng([7, draw])
        texts = [pool[place] for place in rng.choice(len(pool), LIMIT_SET, replace=False).tolist()]
        found.append(measured(texts, ruler, lzma_bytes=250_000, limits=True))
    held: dict[str, float] = {}
    for name in MEASURES:
        truth = float(np.mean([one.values[name] or 0.0 for one in found]))
        held[name] = float(np.mean([one.limits[name][0] <= truth <= one.limits[name][1] for one in found]))
    return held


def thinning(pool: Sequence[str]) -> dict[str, float]:
    """Error of rarefied distinct-3 from one trigram in about 32."""
    grams = diversity.ngrams(hash_texts(pool), 3)[0]
    exact = diversity.rarefied_distinct(diversity.count_of_counts(grams), diversity.RAREFIED_TOKENS)
    assert exact
    errors = []
    for salt in range(1, 21):
        sample = GramSample(len(grams) // 40)
        sample.add(mix64(grams ^ np.uint64(salt * 7919)))
        kinds, times = np.array(sample.spectrum(), np.int64).T
        errors.append((diversity.rarefied_spectrum(kinds, times, diversity.RAREFIED_TOKENS) or 0.0) / exact - 1)
    return {
        "trigrams": len(grams),
        "sd": round(float(np.std(errors)), 5),
        "worst": round(float(np.max(np.abs(errors))), 5),
    }


def main() -> None:
    """Measure and print."""
    parser = options_of(__doc__)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--part", help="only parts whose names begin so")
    options: argparse.Namespace = parser.parse_args()
    if not human_texts.there():
        show({"skipped": "no data beside the project"}, ["skipped: no data beside the project"], as_json=options.json)
        return
    begun = time.process_time()
    pool = human_texts.all_texts()
    ruler = fit_ruler(pool[::2], rng_seed=0)
    parts: dict[str, Callable[[], object]] = {
        "gates, web pages": lambda: gates(human_texts.texts(human_texts.WEB), options.draws),
        "gates, books and articles": lambda: gates(human_texts.texts(human_texts.BOOKS), options.draws),
        "sizes": lambda: sizes(pool, ruler),
        "limits": lambda: coverage(pool, ruler, options.draws),
        "thinning": lambda: thinning(pool),
    }
    found = {name: part() for name, part in parts.items() if not options.part or name.startswith(options.part)}
    found["cpu_s"] = round(time.process_time() - begun, 1)
    show(found, _lines(found), as_json=options.json)


def _lines(found: dict[str, object]) -> list[str]:
    def walk(value: object, depth: int) -> list[str]:
        if not isinstance(value, dict):
            return []
        flat = {name: inner for name, inner in value.items() if not isinstance(inner, dict)}
        lines = ["  " * depth + ", ".join(f"{name} {inner}" for name, inner in flat.items())] if flat else []
        for name, inner in value.items():
            if isinstance(inner, dict):
                lines += ["  " * depth + f"{name}:", *walk(inner, depth + 1)]
        return lines

    return walk(found, 0)


if __name__ == "__main__":
    main()
