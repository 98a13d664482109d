"""A person's verdict on a generation: what it may say, which text is worth the next one, and what it is as a label.

Knows nothing of who reviews or of where reviews are kept.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Ge, Le, MaxLen

UNCERTAIN = 0.25
"""A calibrated score this near to the bound is flagged for review; scores less far apart are equally uncertain."""
MOST_NOTE_CHARS = 2_000
APPROVED, REJECTED = 3.5, 1.5
"""Labels of decisions without a score. A bare decision says on which side of 3 a text lies and no more, so it counts as
the middle of that side: the medians of the readers' labels of prose in the gold set (`train.jsonl`, 97 at 3 or better
and 263 below). The text's own score has no part in it: a classifier would be taught, and judged, by its own opinion."""


class Decision(StrEnum):
    """What a person decides."""

    approve = "approve"
    reject = "reject"


@dataclass(frozen=True)
class Opinion:
    """A review as it is given."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "allow_inf_nan": False}

    decision: Decision
    score: Annotated[float, Ge(0), Le(5)] | None = None
    """Educational value as the reader sees it, 0 to 5."""
    note: Annotated[str, MaxLen(MOST_NOTE_CHARS)] = ""


def label_of(decision: Decision, score: float | None) -> float:
    """The label, 0 to 5, that a review is; a score counts as it is, whatever was decided.

    A text may be rejected for another reason than its educational value, a false sentence for one: then the score says
    what it is worth.

    >>> label_of(Decision.reject, 4.0), label_of(Decision.approve, None)
    (4.0, 3.5)
    """
    if score is not None:
        return score
    return APPROVED if decision is Decision.approve else REJECTED
