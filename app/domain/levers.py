"""Which lever a plan pulls when a measure falls short of its target: one table. Source: `docs/loop.md`, "Plan".

A lever names parts of arms to prefer, parts to spread evenly, or where calls go; and the figure of a text by which an
answer counts as a success while the target is short, so that arms no table knows are found by what they bring.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain.targets import Check

YOUNG = ("a ten-year-old", "a school pupil")
SHORT = "short sentences"
NEAR = ("lesson", "worked example", "step-by-step trace", "plain words", "precise words")
"""Formats that stay with their document."""
LITTLE_CODE = ("analogy first", "dialogue", "questions and answers")
"""Formats that quote code in small pieces."""
LEAN = 0.7
"""Share of draws that prefer the parts that a lever names."""
EVEN = 0.5
"""Share of draws that go to the parts used least."""
MARGIN = 0.05
"""A lever that is pulled stays so until its target holds by this share of its bound."""
SHIFT = 0.15
"""Share of all calls that moves from exploring to quotas or repairs."""


@dataclass(frozen=True)
class Lever:
    """What a plan does about one target."""

    does: str
    """In words, after "so"."""
    formats: tuple[str, ...] = ()
    """Preferred, where the recipe has them; likewise below."""
    audiences: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    even: bool = False
    """Prefers the formats, audiences and constraints that the pool has least of."""
    clusters: bool = False
    """Moves calls from exploring to clusters under their quota."""
    repairs: bool = False
    """Moves calls from exploring to repairs."""
    figure: str | None = None
    """An answer counts as a success only when this figure of it keeps the target's bound."""

    @property
    def prefers(self) -> bool:
        """Whether it names parts of arms."""
        return bool(self.formats or self.audiences or self.constraints)


_EASIER = Lever("younger audiences and short sentences are preferred", audiences=YOUNG, constraints=(SHORT,))
_OTHERS = Lever("the formats, audiences and constraints used least are preferred", even=True)
_TOPICS = Lever("more calls go to clusters under their quota", clusters=True)
_PLAIN_CODE = Lever("formats that quote code in small pieces are preferred", formats=LITTLE_CODE)
_FAITHFUL = Lever(
    "formats that stay with their document are preferred, and more calls repair", formats=NEAR, repairs=True
)

LEVERS: Mapping[str, Lever] = {
    "vendi2_ratio": Lever(
        "more calls go to clusters under their quota, and the formats, audiences and constraints used least are "
        "preferred",
        even=True,
        clusters=True,
    ),
    "cluster_simpson_ratio": _TOPICS,
    "covered_clusters": _TOPICS,
    "distinct3_low": _OTHERS,
    "cross_5gram_ratio": _OTHERS,
    "opening_share": _OTHERS,
    "near_duplicate_rate": _OTHERS,
    "ease_mean": replace(_EASIER, figure="ease"),
    "grade_p90": replace(_EASIER, figure="grade"),
    "list_coverage": Lever("younger audiences are preferred", audiences=YOUNG, figure="list_coverage"),
    "cyclomatic_p90": _PLAIN_CODE,
    "nesting_p90": _PLAIN_CODE,
    "function_lines_p90": _PLAIN_CODE,
    "fidelity_precision": _FAITHFUL,
    "fidelity_recall": _FAITHFUL,
    "source_coverage": Lever("parts of long sources without a kept text are asked for before all others"),
}
"""By target. `distinct3_high` and `approved_tokens` have none: every text accepted adds to the one, and no choice of
arms is known to lower the other."""


def wanted(checks: Sequence[Check], leaned: Collection[str]) -> list[Check]:
    """The targets a plan has to do something about: those that are short, and those that `leaned` names and that hold
    by less than `MARGIN`. A lever let go too early brings its measure back over the bound in the round that confirms.

    Example: a grade of 7.8 against a bound of 8.0 is left alone, but not while it is only leaning that keeps it there.
    """
    return [check for check in checks if not check.holds or (check.name in leaned and _barely(check))]


def _barely(check: Check) -> bool:
    if check.value is None:
        return False
    over = check.value - check.bound if check.direction == ">=" else check.bound - check.value
    return over < MARGIN * abs(check.bound)


def pulled(short: Sequence[Check]) -> dict[str, Lever]:
    """{target: its lever} of the targets that want something done and have one."""
    return {check.name: LEVERS[check.name] for check in short if check.name in LEVERS}


def helps(figures: Mapping[str, float], short: Sequence[Check]) -> bool:
    """Whether a text with these figures keeps the bound of every target that is short; figures it lacks do not count.

    Example: while `grade_p90` is short of 8.0, a text of grade 9 does not help.
    """
    for check in short:
        lever = LEVERS.get(check.name)
        value = figures.get(lever.figure) if lever and lever.figure else None
        if value is not None and not (value >= check.bound if check.direction == ">=" else value <= check.bound):
            return False
    return True
