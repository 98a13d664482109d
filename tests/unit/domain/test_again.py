"""Repairs and refinements before a round of draws: how many, in what order, and that draws stay what they are."""

from collections import Counter
from collections.abc import Sequence

from app.domain.again import counts, with_again
from app.domain.arms import Arm
from app.domain.config import Planning
from app.domain.draws import Draws, Offer
from app.domain.planning import Planned, Repairable
from app.domain.refinements import Refinable

ARM = Arm("story", "a small child", "none")
DRAWS = Draws(Offer({"noun": 40}, [ARM]), rng_seed=0, first=0, count=50)
REPAIRS = [Repairable(n, None, ARM, 0.0, ("words_missing: dog",)) for n in range(1, 31)]
REFINED = [Refinable(100 + n, None, ARM, ("grade",), ("too_hard: x",), 0, 0.1) for n in range(30)]


def made(
    repairs: Sequence[Repairable] = REPAIRS, refined: Sequence[Refinable] = (), number: int = 2
) -> Sequence[Planned]:
    return with_again(DRAWS, repairs, refined, Planning(refine_share=0.1), size=50, seed=[0, number])


def test_nothing_to_ask_again_leaves_the_draws_alone() -> None:
    assert made(()) is DRAWS
    assert counts(DRAWS) == {"calls": 50, "repair": 0, "refine": 0}


def test_repairs_and_refinements_come_on_top_by_their_shares_and_before_the_draws() -> None:
    calls = made(refined=REFINED)

    assert len(calls) == 65 and counts(calls) == {"calls": 65, "repair": 10, "refine": 5}
    assert [call.why for call in calls] == ["repair"] * 10 + ["refine"] * 5 + ["draw"] * 50
    assert list(calls)[15:] == list(DRAWS), "an answer changed what is drawn"
    assert calls[0].parent_id == 1 and calls[10].better_by == ("grade",)
    assert calls[-1] == DRAWS[-1] and calls[12:16] == [*list(calls)[12:16]]


def test_each_repair_has_an_rng_seed_of_its_own_and_rounds_differ() -> None:
    seeds = Counter(call.rng_seed for call in made(number=2)[:10]) + Counter(
        call.rng_seed for call in made(number=3)[:10]
    )

    assert max(seeds.values()) == 1
    assert list(made()) == list(made())
