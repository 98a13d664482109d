"""How well the fidelity checks tell faithful rewrites from spoilt ones.

    python -m benchmarks.fidelity [--json] [--onestop FILE]

Faithful pairs of seed and rewrite (`fidelity_pairs.py`), and the same rewrites with one fault each
(`fidelity_faults.py`). A fault of a class is found when the class's own checks find more than they found in the clean
rewrite; recall is the share found. Precision is recall / (recall + false alarms): what a finding is worth where every
second rewrite is spoilt. `rejected` is what the gate at its defaults drops. Limits are 95 % bootstrap limits over seed
families. The baseline compares sets: numbers in digits, capitalised words, a negation more or less, lines of code.

The checks were mended where they refused one of the faithful pairs, in both halves: that share says what is fitted,
not what to expect. The rewrites called `fresh` and `fresh2` were written when the checks of their day were done.
`--onestop` adds news articles rewritten by teachers (OneStopEnglish, elsewhere on this machine), faithful by nature:
thresholds and words were chosen on one half of them, the other half, `unseen`, is reported beside it.
Speed is CPU time on documents of the benchmarks and their mechanical paraphrase, with the seed's facts made each time
and, as in the loop, once before.
"""

import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.domain.code import python_blocks
from app.domain.fidelity import FidelityReport, check_fidelity, seed_facts
from app.domain.gate_config import Gates
from app.domain.records import Kind
from benchmarks.documents import prose
from benchmarks.fidelity_faults import CODE, PROSE, Injector
from benchmarks.fidelity_pairs import Pair, onestop, pairs, paraphrase
from benchmarks.stage import options_of, show

DRAWS = 2
"""Spoilt texts for each pair and class."""
RESAMPLES = 1_000
SOURCES = ("fresh", "fresh2", "hand", "explainer", "mechanical", "intermediate", "elementary")
SPEED_PAIRS = 2_000
CHECKS: Mapping[str, tuple[str, ...]] = {
    "number swap": ("new_numbers", "contradicted"),
    "unit change": ("new_numbers", "contradicted"),
    "name swap": ("new_names", "contradicted"),
    "name exchange": ("contradicted",),
    "negation": ("turned",),
    "dropped condition": ("dropped_conditions",),
    "invented sentence": ("invented_sentences", "new_names", "new_numbers"),
    "operator": ("code_changed",),
}
"""The scores that are meant to see each class."""
Judge = Callable[[Pair, str], Mapping[str, float]]


@dataclass(frozen=True)
class Tried:
    """One class of faults in one pair's rewrite."""

    family: str
    source: str
    held: bool
    found: bool
    rejected: bool


def is_rejected(report: FidelityReport) -> bool:
    """Whether the gate drops it at its defaults."""
    gates = Gates()
    faults = (report.changed_code, report.contradicted, report.negations)
    low = report.precision < gates.fidelity_precision or report.recall < gates.fidelity_recall
    return low or any(faults) or len(report.unconditional) > gates.fidelity_conditions


def ours(pair: Pair, text: str) -> Mapping[str, float]:
    """Scores of a text, with `rejected`."""
    report = check_fidelity(pair.seed, text, pair.kind)
    return {**report.scores, "rejected": float(is_rejected(report))}


_NUMBER, _CAPITAL, _NO = re.compile(r"\d[\d.,]*"), re.compile(r"\b[A-Z]\w+"), re.compile(r"\b(?:not|no|never|cannot)\b")


def baseline(pair: Pair, text: str) -> Mapping[str, float]:
    """What comparing sets gives: the least anybody would try."""
    new = set(_NUMBER.findall(text)) - set(_NUMBER.findall(pair.seed))
    names = set(_CAPITAL.findall(text)) - set(_CAPITAL.findall(pair.seed))
    turned = len(_NO.findall(text)) != len(_NO.findall(pair.seed))
    lines = {line.strip() for line in pair.seed.split("\n")}
    changed = any(line.strip() not in lines for block in python_blocks(text) for line in block.split("\n"))
    scores = {"new_numbers": len(new), "new_names": len(names), "turned": turned, "code_changed": changed}
    return {**{name: float(value) for name, value in scores.items()}, "rejected": float(bool(new or names or turned))}


def tried(all_pairs: Sequence[Pair], judge: Judge) -> tuple[dict[str, list[Tried]], dict[str, list[Tried]]]:
    """Faults by class, and the clean rewrites by class, where `found` is a false alarm."""
    faults: dict[str, list[Tried]] = defaultdict(list)
    clean: dict[str, list[Tried]] = defaultdict(list)
    for pair in all_pairs:
        before = judge(pair, pair.text)
        rejected = bool(before["rejected"])
        clean["all"].append(Tried(pair.seed_id, pair.source, pair.held, rejected, rejected))
        for name, injector in (CODE if pair.kind is Kind.code else PROSE).items():
            alarm = any(before.get(check, 0.0) for check in CHECKS[name])
            clean[name].append(Tried(pair.seed_id, pair.source, pair.held, alarm, rejected))
            for text in spoilt(pair, name, injector):
                after = judge(pair, text)
                found = any(after.get(check, 0.0) > before.get(check, 0.0) for check in CHECKS[name])
                faults[name].append(Tried(pair.seed_id, pair.source, pair.held, found, bool(after["rejected"])))
    return faults, clean


def spoilt(pair: Pair, name: str, injector: Injector) -> list[str]:
    """The pair's rewrite with one fault of a class, in different places; none where there is nothing to spoil."""
    texts = (injector(pair.text, random.Random(f"{pair.seed_id}/{pair.source}/{name}/{n}")) for n in range(DRAWS))
    return list(dict.fromkeys(text for text in texts if text is not None and text != pair.text))


def limits(found: Sequence[Tried], value: Callable[[Tried], bool]) -> tuple[float, float, float]:
    """Share with its 95 % limits, whole families resampled."""
    if not found:
        return 0.0, 0.0, 0.0
    families: dict[str, list[bool]] = defaultdict(list)
    for one in found:
        families[one.family].append(value(one))
    hits = np.array([sum(values) for values in families.values()], dtype=float)
    sizes = np.array([len(values) for values in families.values()], dtype=float)
    weights = np.random.default_rng(0).multinomial(len(hits), [1 / len(hits)] * len(hits), size=RESAMPLES)
    shares = (weights @ hits) / (weights @ sizes)
    return float(hits.sum() / sizes.sum()), float(np.quantile(shares, 0.025)), float(np.quantile(shares, 0.975))


def figures_of(all_pairs: Sequence[Pair], judge: Judge) -> dict[str, object]:
    """Recall, precision, false alarms and rejections by class; false rejections by source."""
    faults, clean = tried(all_pairs, judge)
    classes: dict[str, object] = {}
    for name in CHECKS:
        recall, alarm = limits(faults[name], lambda one: one.found), limits(clean[name], lambda one: one.found)
        classes[name] = {
            "texts": len(faults[name]),
            "recall": recall,
            "precision": recall[0] / (recall[0] + alarm[0]) if recall[0] else 0.0,
            "false_alarms": alarm,
            "rejected": limits(faults[name], lambda one: one.rejected),
            "recall_by_source": {
                source: limits([one for one in faults[name] if one.source == source], lambda one: one.found)[0]
                for source in SOURCES
            },
            "recall_held": limits([one for one in faults[name] if one.held], lambda one: one.found)[0],
        }
    groups = {"all": clean["all"], "held": [one for one in clean["all"] if one.held]}
    groups |= {s: some for s in SOURCES if (some := [one for one in clean["all"] if one.source == s])}
    wrongly = {name: limits(group, lambda one: one.rejected) for name, group in groups.items()}
    return {"pairs": len(all_pairs), "faithful_rejected": wrongly, "classes": classes}


def speed() -> dict[str, float]:
    """CPU microseconds of a check of prose of 1.1 kB; the best of three passes."""
    seeds = [prose(place) for place in range(SPEED_PAIRS)]
    texts = [paraphrase(seed, random.Random(place)) for place, seed in enumerate(seeds)]
    facts = [seed_facts(seed, Kind.prose) for seed in seeds]
    found = {}
    for name, known in (("whole", [None] * SPEED_PAIRS), ("with the seed's facts known", facts)):
        passes = []
        for _ in range(3):
            begun = time.process_time()
            for seed, text, of_seed in zip(seeds, texts, known, strict=True):
                check_fidelity(seed, text, Kind.prose, of_seed)
            passes.append(time.process_time() - begun)
        found[name] = 1e6 * min(passes) / SPEED_PAIRS
    return found


def table(title: str, figures: object) -> list[str]:
    """Lines of text."""
    assert isinstance(figures, dict)
    lines = ["", f"{title}: {figures['pairs']} faithful pairs; wrongly rejected:"]
    wrongly, classes = figures["faithful_rejected"], figures["classes"]
    assert isinstance(wrongly, dict) and isinstance(classes, dict)
    lines += [f"  {name:11s} {v[0]:6.1%} ({v[1]:.1%} to {v[2]:.1%})" for name, v in wrongly.items()]
    lines.append(
        f"  {'class':18s} {'texts':>6s} {'recall':>7s} {'95 % limits':>16s} {'precision':>10s} {'rejected':>9s}"
    )
    for name, row in classes.items():
        recall, by = row["recall"], row["recall_by_source"]
        parts = ", ".join(f"{source} {share:.0%}" for source, share in by.items() if share)
        bounds = f"{recall[1]:.1%} to {recall[2]:.1%}"
        lines.append(
            f"  {name:18s} {row['texts']:6d} {recall[0]:7.1%} {bounds:>16s} {row['precision']:10.1%} "
            f"{row['rejected'][0]:9.1%}   {parts}; held {row['recall_held']:.0%}"
        )
    return lines


def main() -> None:
    """Measure and print."""
    parser = options_of(__doc__)
    parser.add_argument("--onestop", type=Path, help="onestop.jsonl.gz, if it lies on this machine")
    options = parser.parse_args()
    all_pairs = pairs()
    figures: dict[str, object] = {"ours": figures_of(all_pairs, ours), "baseline": figures_of(all_pairs, baseline)}
    figures["cpu_us"] = speed()
    lines = table("ours", figures["ours"]) + table("baseline", figures["baseline"])
    if options.onestop:
        articles = onestop(options.onestop)
        for name, half in (("chosen on", False), ("unseen", True)):
            some = [pair for pair in articles if pair.held is half]
            figures[f"onestop {name}"] = figures_of(some, ours)
            lines += table(f"OneStopEnglish, half {name}", figures[f"onestop {name}"])
    lines.append(f"CPU for one check, us: {figures['cpu_us']}")
    show(figures, lines, as_json=options.json)


if __name__ == "__main__":
    main()
