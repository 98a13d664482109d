"""Which kept texts are asked for once more because they fall short of a target, and whether what came is better.

Anchored feedback of `docs/loop.md`: a refinement sees its seed, the best earlier version and what that falls short in.
The new text takes the place of the earlier one only where it is better in a figure it was asked for and worse in none.
Knows nothing of prompts, storage or what a text says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.arms import Arm
from app.domain.targets import Check

EDU = "edu_score"
HIGHER = frozenset({"ease", "list_coverage", EDU})
"""Figures that are better the higher they are; a grade is better the lower it is."""


@dataclass(frozen=True)
class Measure:
    """How a target is read off one text."""

    figure: str
    code: str
    """The reason whose remedy helps."""
    said: str
    """With the slots value and bound."""


MEASURES: Mapping[str, Measure] = {
    "grade_p90": Measure("grade", "too_hard", "school grade {value:.1f}, at most {bound:.1f} is wanted"),
    "ease_mean": Measure("ease", "too_hard", "ease {value:.0f} of 100, at least {bound:.0f} is wanted"),
    "list_coverage": Measure("list_coverage", "too_hard", "{value:.0%} common words, at least {bound:.0%} are wanted"),
}
"""By target. The others say something of a set, or of figures that only measured texts are read for."""

EDUCATION = Measure(EDU, "low_education", "educational score {value:.2f} is under {bound:.2f}")


@dataclass(frozen=True)
class Kept:
    """A text of the pool as far as refining it needs."""

    generation_id: int
    seed_id: int | None
    arm: Arm
    figures: Mapping[str, float]
    """`grade`, `ease`, `list_coverage`, `edu_score`."""
    asked: int = 0
    """Refinements that were asked for of it and of the versions before it."""


@dataclass(frozen=True)
class Refinable:
    """A text of the pool that is worth a refinement."""

    generation_id: int
    seed_id: int | None
    arm: Arm
    by: tuple[str, ...]
    """The figures that must become better."""
    fell_short: tuple[str, ...]
    """`reason: detail`, as for a repair."""
    asked: int
    gap: float
    """How far the nearest figure lies beyond its bound, as a share of it."""


def refinable(kept: Sequence[Kept], short: Sequence[Check], *, edu_under: float | None, depth: int) -> list[Refinable]:
    """The texts to refine, those nearest to their bounds first; `kept` in plan order.

    Of each seed one at a time: the most educational of its texts that fall short. Texts for which `depth` refinements
    were asked for are left as they are.
    """
    held_to = bounds(short, edu_under)
    best: dict[int, tuple[float, Refinable]] = {}
    for place, text in enumerate(kept):
        found = _short_of(text, held_to) if text.asked < depth else None
        if found is None:
            continue
        family = -1 - place if text.seed_id is None else text.seed_id
        edu = text.figures[EDU]
        if family not in best or edu > best[family][0]:
            best[family] = (edu, found)
    return sorted((one for _, one in best.values()), key=lambda one: one.gap)


def bounds(short: Sequence[Check], edu_under: float | None) -> list[tuple[Measure, float]]:
    """What single texts are held to: the targets that do not hold, and an educational score where one is asked for."""
    found = [(MEASURES[check.name], check.bound) for check in short if not check.holds and check.name in MEASURES]
    return found if edu_under is None else [*found, (EDUCATION, edu_under)]


def _short_of(text: Kept, held_to: Sequence[tuple[Measure, float]]) -> Refinable | None:
    by: list[str] = []
    reasons: list[str] = []
    gaps: list[float] = []
    for measure, bound in held_to:
        value = text.figures[measure.figure]
        gap = bound - value if measure.figure in HIGHER else value - bound
        if gap > 0:
            by.append(measure.figure)
            reasons.append(f"{measure.code}: {measure.said.format(value=value, bound=bound)}")
            gaps.append(gap / bound if bound else gap)
    if not by:
        return None
    return Refinable(text.generation_id, text.seed_id, text.arm, tuple(by), tuple(reasons), text.asked, min(gaps))


def better(by: Sequence[str], new: Mapping[str, float], old: Mapping[str, float]) -> bool:
    """Whether a refined text is better in one of these figures and worse in none.

    Example: by grade alone, a text of grade 7.2 is better than one of 9.0, whatever else it is.
    """
    gains = [(new[name] - old[name]) * (1 if name in HIGHER else -1) for name in by]
    return bool(gains) and max(gains) > 0 and min(gains) >= 0
