"""Which texts count as beginning with a stock phrase: by the recipe, in any case and punctuation."""

import numpy as np
import pytest

from app.domain.config import JobConfig
from app.domain.gate_config import Gates
from app.repositories.generations import Candidate
from app.services.admitting import admit


def story(number: int, head: str) -> Candidate:
    vector = np.zeros(32, np.float16)
    vector[number] = 1
    return Candidate(
        id=number,
        round_id=1,
        ordinal=number,
        seed_id=None,
        split="work",
        kind="prose",
        sha256=bytes([number]) * 32,
        head=head,
        arm="story/a small child/none",
        verdict="pending",
        edu_score=0.0,
        ease=90.0,
        grade=3.0,
        list_coverage=1.0,
        tokens=100,
        cluster=0,
        embedding=vector.tobytes(),
        signature=bytes(256),
    )


HEADS = (
    "Once upon a time, there was a fox.",
    "ONCE upon a time a hen sat.",
    "One day, Pia ran.",
    "Long, long ago it snowed.",
    "One daydream was enough for Tom.",
    "Tap, tap! Who was there?",
)


@pytest.mark.parametrize(
    ("recipe", "refused"),
    [("tinystories", [1, 2, 3]), ("rephrase", [])],
    ids=["of a recipe with stock phrases", "other"],
)
def test_stock_openings_are_told_by_the_recipe_and_capped(recipe: str, refused: list[int]) -> None:
    config = JobConfig(recipe=recipe, gates=Gates(stock_opening_cap=0.01))
    made = [story(number, head) for number, head in enumerate(HEADS)]

    rows = admit(made, {}, config, {0: 100}, redundancy_cap=1.0)

    assert [number for number, _, _, reason, _ in rows if reason == "stock_opening"] == refused
    assert sum(verdict == "kept" for _, verdict, *_ in rows) == len(HEADS) - len(refused)
