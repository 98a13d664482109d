"""Ease against people: teachers' judgements and articles written at two levels. Neither was fitted to."""

import gzip
import json

import numpy as np
import pytest

from app.domain.simplicity import Readability, readability
from app.domain.tokens import tokenise
from tests.shared import SHARED

DATA = SHARED / "data"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not here")


def rows(name: str) -> list[dict[str, object]]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def read(found: list[dict[str, object]]) -> Readability:
    return readability(tokenise([str(row["text"]) for row in found]))


def test_ease_agrees_with_teachers_better_than_every_formula() -> None:
    found = rows("clear/clear.jsonl.gz")
    judged = np.array([row["bt_easiness"] for row in found], dtype=np.float64)
    ours = read(found)

    ease = np.corrcoef(ours.ease, judged)[0, 1]

    assert ease >= 0.66
    for formula in (ours.fre, ours.fkgl, ours.smog, ours.ari, ours.coleman_liau):
        assert ease > abs(np.corrcoef(formula, judged)[0, 1]) + 0.05


def test_elementary_articles_read_easier_than_advanced_ones() -> None:
    found = rows("onestop/onestop.jsonl.gz")
    ease = dict(zip(((row["article"], row["level"]) for row in found), read(found).ease.tolist(), strict=True))
    pairs = [(ease[article, 1], ease[article, 3]) for article, level in ease if level == 1 and (article, 3) in ease]

    assert np.mean([easy > hard for easy, hard in pairs]) >= 0.97
