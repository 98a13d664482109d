"""What /v1/jobs/{id}/rounds gives."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.api.schemas.batches import BatchOut, batch_out
from app.repositories.batches import BatchView
from app.repositories.rounds import RoundRow


class RoundOut(BaseModel):
    """One turn of the loop, as it was planned and what came of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": 1,
                    "state": "settled",
                    "plan": {"calls": 120, "quota": 72, "repair": 0, "explore": 48, "clusters_under_quota": 11},
                    "units": {"done": 118, "rejected": 2},
                    "batches": [],
                    "funnel": {
                        "answers": 118,
                        "verdicts": {"kept": 81, "reserve": 6, "dropped": 31},
                        "dropped": [{"gate": "fidelity", "reason": "numbers", "count": 12}],
                    },
                    "measures": {"vendi2_ratio": 0.97, "grade_p90": 7.9},
                    "decision": {"stop": None, "why": "two targets do not hold yet"},
                    "judge": {},
                    "opened_at": "2026-11-25T06:00:05Z",
                    "settled_at": "2026-11-25T06:00:41Z",
                }
            ]
        }
    )

    number: int
    """0 is the preparation of the seeds."""
    state: str
    """`open`, `embedding` (an endpoint gives the vectors), `judging` (the judge is asked), `closing` or `settled`."""
    plan: dict[str, Any]
    """How the calls were shared out, and why."""
    units: dict[str, int]
    """Calls by state."""
    batches: list[BatchOut]
    """Batches that its calls went in, in a job with `llm.batch`."""
    funnel: dict[str, Any]
    """How many answers came how far, and what stopped the others."""
    measures: dict[str, Any]
    """The measures of the pool after this round, with limits; of the seeds in round 0."""
    decision: dict[str, Any]
    """Go on or stop, with every check behind it."""
    judge: dict[str, Any]
    """What the judge's answers come to: agreement with the gates, claims, drift on canaries, bias of order and style,
    each with its n; empty without a judge."""
    opened_at: datetime
    settled_at: datetime | None


def round_out(row: RoundRow, units: dict[str, int], batches: Sequence[BatchView] = ()) -> RoundOut:
    """The schema of a round."""
    return RoundOut(
        number=row.number,
        state=row.state,
        plan=row.plan,
        units=units,
        batches=[batch_out(one) for one in batches if one.round_id == row.id],
        funnel=row.funnel,
        measures=row.measures,
        decision=row.decision,
        judge=row.judge,
        opened_at=row.opened_at,
        settled_at=row.settled_at,
    )
