"""Which kept texts are refined, in what order, and what counts as better, by worked example."""

import pytest

from app.domain.arms import Arm
from app.domain.refinements import Kept, better, refinable
from app.domain.targets import Check

ARM = Arm("lesson", "a school pupil", "none")
GRADE = Check("grade_p90", 9.0, 8.0, "<=", holds=False, progress=0.89)
EASE = Check("ease_mean", 55.0, 60.0, ">=", holds=False, progress=0.92)
VENDI = Check("vendi2_ratio", 0.8, 0.9, ">=", holds=False, progress=0.89)
BARELY = Check("grade_p90", 7.9, 8.0, "<=", holds=True, progress=1.0)


def kept(number: int, *, seed: int | None = 1, asked: int = 0, **figures: float) -> Kept:
    known = {"grade": 7.0, "ease": 70.0, "list_coverage": 0.9, "edu_score": 3.0}
    return Kept(number, seed, ARM, known | figures, asked)


def chosen(*texts: Kept, short: tuple[Check, ...] = (GRADE,), edu: float | None = None, depth: int = 1) -> list[int]:
    return [one.generation_id for one in refinable(texts, short, edu_under=edu, depth=depth)]


def test_only_texts_beyond_a_bound_that_is_short_are_refined() -> None:
    assert chosen(kept(1, grade=9.0), kept(2, seed=2, grade=8.0), kept(3, seed=3, ease=10.0)) == [1]
    assert chosen(kept(1, grade=9.0), short=(VENDI,)) == []
    assert chosen(kept(1, grade=9.0), short=(BARELY,)) == [], "a target that holds asks for nothing"


def test_the_nearest_to_its_bound_comes_first() -> None:
    assert chosen(*(kept(n, seed=n, grade=8.0 + n) for n in (3, 1, 2))) == [1, 2, 3]


def test_of_a_seed_its_most_educational_text_that_falls_short_is_refined_and_of_draws_each() -> None:
    texts = [kept(1, grade=9.0, edu_score=2.0), kept(2, grade=11.0, edu_score=4.0), kept(3, grade=7.0, edu_score=5.0)]

    assert chosen(*texts) == [2]
    assert chosen(kept(1, seed=None, grade=9.0), kept(2, seed=None, grade=9.5)) == [1, 2]


def test_a_text_is_refined_as_often_as_the_depth_allows() -> None:
    texts = [kept(1, seed=1, grade=9.0, asked=1), kept(2, seed=2, grade=9.5)]

    assert chosen(*texts) == [2]
    assert chosen(*texts, depth=2) == [1, 2]


def test_a_refinement_says_what_falls_short_in_words_with_a_known_remedy() -> None:
    (found,) = refinable([kept(1, grade=9.0, ease=50.0)], [GRADE, EASE], edu_under=None, depth=1)

    assert found.by == ("grade", "ease")
    assert found.fell_short == (
        "too_hard: school grade 9.0, at most 8.0 is wanted",
        "too_hard: ease 50 of 100, at least 60 is wanted",
    )


def test_low_education_is_refined_only_where_a_job_says_so() -> None:
    text = kept(1, edu_score=1.5)

    assert chosen(text, short=()) == [] and chosen(text, short=(), edu=1.0) == []
    assert chosen(text, short=(), edu=2.0) == [1]


@pytest.mark.parametrize(
    ("by", "new", "expected"),
    [
        (("grade",), {"grade": 6.9, "ease": 10.0}, True),
        (("grade",), {"grade": 7.0, "ease": 99.0}, False),
        (("ease",), {"grade": 7.0, "ease": 71.0}, True),
        (("grade", "ease"), {"grade": 6.0, "ease": 69.0}, False),
        (("grade", "ease"), {"grade": 6.0, "ease": 70.0}, True),
        ((), {"grade": 1.0, "ease": 99.0}, False),
    ],
    ids=["lower grade", "same grade", "more ease", "one worse", "one alike", "asked for nothing"],
)
def test_better_is_better_in_what_was_asked_and_worse_in_nothing_of_it(
    by: tuple[str, ...], new: dict[str, float], expected: bool
) -> None:
    assert better(by, new, {"grade": 7.0, "ease": 70.0}) is expected
