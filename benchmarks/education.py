"""How good the educational score is, against readers, their own agreement, and baselines of the same run.

`python -m benchmarks.education` scores `../shared/gold/test.jsonl` with the shipped classifier: F1 at 3, Spearman and
mean error with 95 % bootstrap limits, by kind, beside length, Flesch-Kincaid, chance and fastText trained on
train.jsonl. It attacks every text that readers put under 3 (see `education_attacks`), measures what a faithful change
of style gains on pairs written by hand (`education_style.jsonl`), correlates scores of web pages with people and with
Llama-3-70B, and times itself and fastText on texts of 1.8 kB. `--unseen` adds the estimate for
sources never seen: the whole training, repeated with a fifth of the sources left out (minutes). Nothing is fitted to
the test file. Skipped without the data beside the project or without fastText.
"""

import gzip
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import pearsonr

from app.adapters.labelled import Fields, read_labelled
from app.adapters.models import shipped_audit, shipped_classifier
from app.adapters.references import read_references
from app.domain.education import GOOD, Classifier, evaluate
from app.domain.education_style import REWRITTEN_FROM
from app.domain.education_training import train_classifier
from app.domain.simplicity import readability
from app.domain.tokens import tokenise
from benchmarks.education_attacks import ATTACKS
from benchmarks.stage import Load, options_of, show
from tests.shared import SHARED

try:
    import fasttext
except ImportError:  # No wheel for Python 3.13 and newer.
    fasttext = None

Scores = NDArray[np.float64]
GOLD, WEB = SHARED / "gold", SHARED / "data" / "edu-llm" / "edu_llm.jsonl.gz"
LABELS = Path(__file__).with_name("education_labels.jsonl")
STYLE = Path(__file__).with_name("education_style.jsonl")
WEB_SOURCE = "edu-llm (train split)"
_DRAWS, _CHUNK, _FOLDS, _CHARS, _TIMED = 1000, 256, 5, 1_800, 512


def main() -> None:
    """Print everything."""
    parser = options_of(__doc__)
    parser.add_argument("--unseen", action="store_true", help="estimate for unseen sources too (minutes)")
    parser.add_argument("--packages", type=Path, help="with --unseen: folder of the packages of education_labels.jsonl")
    options = parser.parse_args()
    if fasttext is None or not GOLD.exists():
        show({"skipped": True}, ["skipped: needs ../shared and fastText (Python under 3.13)"], as_json=options.json)
        return
    load, test = Load(), _records("test.jsonl")
    classifier, labels = shipped_classifier(), np.array([record["edu"] for record in test])
    texts, kinds = [str(record["text"]) for record in test], np.array([record["kind"] for record in test])
    model = _fasttext()
    scores = {
        "hornbook": _predict(classifier, texts),
        "audit": _in_chunks(shipped_audit().predict, texts),
        "fastText": _ask(model, texts),
        "length": np.array([float(len(text)) for text in texts]),
        "easy (-FKGL)": -_in_chunks(lambda batch: readability(batch).fkgl, texts),
        "chance": np.random.default_rng(0).permutation(labels),
    }
    figures: dict[str, object] = {
        "test": {name: _limits(_rescale(name, found, labels), labels) for name, found in scores.items()},
        "by_kind": {k: _limits(scores["hornbook"][kinds == k], labels[kinds == k]) for k in ("code", "prose", "web")},
        "readers": _agreement(),
        "attacks": _attacks(classifier, texts, labels),
        "style": _style(classifier),
        "web": _web(classifier, test),
        "speed": _speed(classifier, model),
        "machine": load.figures(),
    }
    if options.unseen:
        figures["unseen"] = _unseen(options.packages)
    show(figures, [f"{name}: {json.dumps(value)}" for name, value in figures.items()], as_json=options.json)


def _records(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (GOLD / name).read_text().splitlines()]


def _in_chunks(score: Callable[..., Scores], texts: Sequence[str]) -> Scores:
    parts = [score(tokenise(texts[at : at + _CHUNK])) for at in range(0, len(texts), _CHUNK)]
    return np.concatenate(parts).astype(np.float64)


def _predict(classifier: Classifier, texts: Sequence[str]) -> Scores:
    return _in_chunks(classifier.predict, texts)


def _rescale(name: str, scores: Scores, labels: Scores) -> Scores:
    """Baselines without a scale of their own get the labels' by rank, which flatters them: it looks at the answers."""
    if name in ("hornbook", "audit", "fastText"):
        return scores
    order = np.argsort(np.argsort(scores, kind="stable"), kind="stable")
    return np.asarray(np.sort(labels)[order], dtype=np.float64)


def _limits(scores: Scores, labels: Scores) -> dict[str, object]:
    """Figures with the 2.5th and 97.5th percentile of 1,000 bootstrap draws of documents."""
    rng, found = np.random.default_rng(0), evaluate(scores, labels)
    draws = (rng.integers(0, len(labels), len(labels)) for _ in range(_DRAWS))
    drawn = [evaluate(scores[draw], labels[draw]) for draw in draws]
    result: dict[str, object] = {"n": found.n}
    for name in ("spearman", "f1_at_3", "mae"):
        low, high = np.percentile([getattr(one, name) for one in drawn], [2.5, 97.5])
        result[name] = [round(getattr(found, name), 3), round(float(low), 3), round(float(high), 3)]
    return result


def _agreement() -> dict[str, object]:
    """The ceiling: how two readers of one document agree, over train and test."""
    pairs = [
        (labels[0][0], labels[1][0])
        for name in ("train.jsonl", "test.jsonl")
        for record in _records(name)
        if isinstance(labels := record["labels"], list) and len(labels) > 1
    ]
    first, second = (np.array(side, dtype=np.float64) for side in zip(*pairs, strict=True))
    return _limits(first, second)


def _fasttext() -> Any:
    """fastText on the whole points of train.jsonl; its score is the expected point."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        for record in _records("train.jsonl"):
            label, text = record["edu"], str(record["text"])
            file.write(f"__label__{int(float(str(label)) + 0.5)} {' '.join(text.split())}\n")
        file.flush()
        return fasttext.train_supervised(
            file.name, dim=16, wordNgrams=2, epoch=50, lr=0.5, bucket=200_000, thread=1, seed=1, verbose=0
        )


def _ask(model: Any, texts: Sequence[str]) -> Scores:
    names, chances = model.predict([" ".join(text.split()) for text in texts], k=6)
    points = [[float(name.removeprefix("__label__")) for name in row] for row in names]
    return np.array([np.dot(row, chance) / sum(chance) for row, chance in zip(points, chances, strict=True)])


def _attacks(classifier: Classifier, texts: Sequence[str], labels: Scores) -> dict[str, object]:
    """Share of texts under 3, by readers and by us, that an attack lifts to 3 and over; and the mean gain."""
    before = _predict(classifier, texts)
    under = np.flatnonzero((labels < GOOD) & (before < GOOD))
    found: dict[str, object] = {"pairs": 0}
    flips = pairs = 0
    for name, attack in ATTACKS.items():
        after = _predict(classifier, [attack(texts[at]) for at in under.tolist()])
        flipped = int((after >= GOOD).sum())
        flips, pairs = flips + flipped, pairs + len(under)
        found[name] = {
            "flips": flipped,
            "rate": round(flipped / len(under), 4),
            "mean_gain": round(float((after - before[under]).mean()), 3),
        }
    return found | {"pairs": pairs, "rate": round(flips / pairs, 4)}


def _style(classifier: Classifier) -> dict[str, object]:
    """What a faithful rewrite in a teacher's voice gains on pairs written by hand, beside what the classifier carries.

    The pairs share no phrase by design with the rules that the training measures the shift by.
    """
    pairs = [json.loads(line) for line in STYLE.read_text().splitlines()]
    before, after = (_predict(classifier, [pair[side] for pair in pairs]) for side in ("plain", "styled"))
    worth = before >= REWRITTEN_FROM
    rng = np.random.default_rng(0)

    def mean(gains: Scores) -> list[float]:
        drawn = gains[rng.integers(0, len(gains), (_DRAWS, len(gains)))].mean(axis=1)
        return [round(float(value), 3) for value in (gains.mean(), *np.percentile(drawn, [2.5, 97.5]))]

    return {
        "pairs": len(pairs),
        "gain": mean(after - before),
        "worth_rewriting": int(worth.sum()),
        "gain_of_those": mean((after - before)[worth]),
        "carried": round(classifier.style_shift, 3),
    }


def _web(classifier: Classifier, test: Sequence[dict[str, object]]) -> dict[str, object]:
    """Pearson with readers and Llama-3-70B on the web pages of the test file, with Llama on its validation split."""
    pages = [record for record in test if record["kind"] == "web"]
    scores = _predict(classifier, [str(page["text"]) for page in pages])
    with gzip.open(WEB, "rt") as file:
        others = [record for record in map(json.loads, file) if record["split"] == "val"]
    found = _predict(classifier, [record["text"] for record in others])
    llama = [record["llama3_70b_score"] for record in others]
    return {
        "pages": len(pages),
        "people": round(float(pearsonr(scores, [float(str(page["edu"])) for page in pages]).statistic), 3),
        "llama": round(float(pearsonr(scores, [float(str(page["llama3_70b"])) for page in pages]).statistic), 3),
        "llama_validation_pages": len(others),
        "llama_validation": round(float(pearsonr(found, llama).statistic), 3),
    }


def _speed(classifier: Classifier, model: Any) -> dict[str, object]:
    """Documents a second of CPU time, texts of 1.8 kB, ours and fastText's turn by turn, the best of seven each."""
    long = [str(record["text"]) for name in ("train.jsonl", "test.jsonl") for record in _records(name)]
    texts = [text[:_CHARS] for text in long if len(text) >= _CHARS][:_TIMED]
    ways: dict[str, Callable[[], object]] = {
        "hornbook": lambda: _predict(classifier, texts),
        "fastText": lambda: model.predict([text.replace("\n", " ") for text in texts]),
        "tokenise alone": lambda: _in_chunks(lambda batch: batch.counts(), texts),
    }
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(7):
        for name, way in ways.items():
            begun = time.process_time()
            way()
            best[name] = min(best[name], time.process_time() - begun)
    return {f"{name} docs/s": round(len(texts) / seconds) for name, seconds in best.items()}


def _unseen(packages: Path | None) -> dict[str, object]:
    """The whole training with a fifth of the sources left out, five times: figures of what was left out.

    A source is a package, the standard library by parts, or a web page; a left-out package has no passages either.
    """
    gold = read_labelled(GOLD / "train.jsonl", Fields("text", "edu", "source", WEB_SOURCE))
    more = read_references(LABELS, packages)
    home, labels = np.array(gold.groups), np.array(gold.labels)
    names = np.random.default_rng(0).permutation(np.unique(home))
    fold = {name: number % _FOLDS for number, name in enumerate(names.tolist())}
    scores = np.zeros(len(labels))
    for number in range(_FOLDS):
        out = np.array([fold[name] == number for name in gold.groups or []])
        banned = {_package(name) for name in home[out].tolist()}
        kept = [at for at, name in enumerate(more.groups or []) if _package(name) not in banned]
        inside = np.flatnonzero(~out).tolist()
        classifier, _ = train_classifier(
            [gold.texts[at] for at in inside] + [more.texts[at] for at in kept],
            [gold.labels[at] for at in inside] + [more.labels[at] for at in kept],
            rng_seed=0,
            groups=[home[at] for at in inside] + [(more.groups or [])[at] for at in kept],
            guests=[False] * len(inside) + [True] * len(kept),
        )
        scores[out] = _predict(classifier, [gold.texts[at] for at in np.flatnonzero(out).tolist()])
    return _limits(scores, labels) | {"sources": len(names), "references": len(more.texts)}


def _package(source: str) -> str:
    """The bare name of a package in a gold source or a reference: `src2/click-8.5.1` and `click` are one."""
    last = source.split("/")[-1] if source.startswith(("src2/", "site-packages/")) else source.split("/")[0]
    return last.split("-")[0].lower().replace("_", "")


if __name__ == "__main__":
    main()
