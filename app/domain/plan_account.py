"""What a plan says of itself: which levers it pulls and why, and what it believes of each way to ask.

Plain figures, stored with the round; `app/dashboard/plans.py` makes sentences of them.
"""

from collections import Counter
from collections.abc import Sequence

from app.domain import levers
from app.domain.arm_beliefs import Beliefs, Option
from app.domain.targets import Check

PARTS = ("format", "audience", "constraint", "model")


def levers_account(wanted: Sequence[Check]) -> list[dict[str, object]]:
    """Each target that wants something done with its figure, its bound and what the plan does about it."""
    return [
        {
            "target": check.name,
            "value": check.value,
            "bound": check.bound,
            "direction": check.direction,
            "holds": check.holds,
            "does": levers.LEVERS[check.name].does if check.name in levers.LEVERS else None,
        }
        for check in wanted
    ]


def account(options: Sequence[Option], beliefs: Beliefs, asked: Sequence[Option]) -> dict[str, object]:
    """`parts`: of each format, audience, constraint and model its calls in this plan, and what is believed of it.

    `share` is the part of answers that is expected to be accepted, `per_1000` that for 1,000 tokens or micro-USD; both
    None before anything is known, as then all are alike.
    """
    known = bool(beliefs.asked.sum())
    parts = []
    for place, part in enumerate(PARTS):
        calls = Counter(option[place] for option in asked)
        for name in dict.fromkeys(option[place] for option in options):
            rows = [i for i, option in enumerate(options) if option[place] == name]
            share = float(beliefs.shares[rows].mean())
            gain = float((beliefs.shares[rows] / beliefs.costs[rows]).mean())
            if name:
                parts.append(
                    {
                        "part": part,
                        "name": name,
                        "calls": calls[name],
                        "share": round(share, 4) if known else None,
                        "per_1000": round(1000 * gain, 4) if known else None,
                    }
                )
    found: dict[str, object] = {"parts": parts}
    if any(option[3] for option in options):
        found["models"] = dict(Counter(option[3] for option in asked))
    return found
