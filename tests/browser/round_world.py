"""Rounds of a job that has worked for a while: what they planned, measured and decided."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.config import JobConfig
from app.domain.targets import judge_targets
from app.repositories import rounds
from tests import api_rows


def prepare(session: Session, job: int) -> None:
    """Round 0, settled."""
    round_id = api_rows.add_round(session, job, 0)
    session.execute(
        text("UPDATE rounds SET plan = CAST(:plan AS jsonb) WHERE id = :id"),
        {"plan": '{"what": "score, embed and cluster the seeds"}', "id": round_id},
    )
    measures = {
        "measured_on": "seeds",
        "values": {"vendi2": 41.2, "distinct3": 0.94, "opening_share": 0.01, "ease_mean": 52.4, "grade_p90": 12.8},
        "limits": {"vendi2": [38.7, 44.1], "ease_mean": [50.1, 54.9]},
    }
    funnel: dict[str, Any] = {"seeds": 120, "taking_part": 108, "left_out": {"low_education": 9, "near_duplicate": 3}}
    funnel["redacted"] = {"emails": 7, "ip_addresses": 1}
    decision: dict[str, Any] = {"stop": None, "why": "the seeds are prepared", "checks": []}
    rounds.settle(session, round_id, funnel=funnel, measures=measures, decision=decision)


def plan(number: int, calls: int = 120) -> dict[str, Any]:
    """A plan's summary as `app.domain.planning` writes it."""
    repair = 0 if number == 1 else 24
    quota = 72 if number < 3 else 60
    return {
        "calls": calls,
        "open_seeds": 108,
        "quota": quota,
        "repair": repair,
        "explore": calls - quota - repair,
        "clusters_under_quota": 16 - 4 * number,
        "clusters": 16,
        "arms": {
            "lesson/a beginner programmer/short sentences": 31,
            "worked example/a ten-year-old/everyday example": 24,
            "dialogue/a school pupil/none": 18,
        },
        "leans_on": [] if number == 1 else ["grade_p90"],
    }


def add_settled_round(
    session: Session, job: int, number: int, *, accepted: int, pool: int, why: str, stop: str | None = None
) -> int:
    """A round that has settled, with figures that get better from round to round."""
    round_id = rounds.add(session, job, number, plan=plan(number))
    values: dict[str, float | None] = {
        "vendi2_ratio": 0.82 + 0.045 * number,
        "cluster_simpson_ratio": 0.88 + 0.03 * number,
        "covered_clusters": min(1.0, 0.7 + 0.1 * number),
        "distinct3_ratio": 1.01,
        "cross_5gram_ratio": 1.9 - 0.2 * number,
        "opening_share": 0.008,
        "near_duplicate_rate": 0.004,
        "grade_p90": 9.4 - 0.6 * number,
        "fidelity_precision": 0.981,
        "fidelity_recall": 0.862,
        "cyclomatic_p90": 3.0,
        "nesting_p90": 2.0,
        "function_lines_p90": 14.0,
    }
    checks = [
        {
            "name": c.name,
            "value": c.value,
            "bound": c.bound,
            "direction": c.direction,
            "holds": c.holds,
            "progress": c.progress,
        }
        for c in judge_targets(values, JobConfig().targets)
    ]
    measures = {
        "measured_on": "audit",
        "values": values,
        "figures": {"calls": 118, "accepted": accepted, "tokens": 52_000 + 900 * number, "diversity": {}},
        "pool": pool,
    }
    dropped = [("fidelity", "lost_facts", 14), ("fidelity", "unsupported", 6), ("simplicity", "too_hard", 9)]
    dropped += [("format", "preamble", 3), ("novelty", "redundant", 4), ("education", "low_education", 2)]
    lost = sum(count for _, _, count in dropped)
    funnel = {
        "answers": 118,
        "tokens": 52_000 + 900 * number,
        "verdicts": {"kept": accepted, "reserve": 118 - accepted - lost, "dropped": lost},
        "dropped": [{"gate": gate, "reason": reason, "count": count} for gate, reason, count in dropped],
        "without_text": [{"state": "rejected", "reason": "cut_off", "count": 2}],
    }
    rounds.settle(
        session, round_id, funnel=funnel, measures=measures, decision={"stop": stop, "why": why, "checks": checks}
    )
    return round_id
