"""Labels that an LLM gives: planned once, reserved before the call, stored as they come.

Only the worker that holds the classifier's unit moves them, so no row is locked; every write that reserves looks at the
lease first. A call that was in flight when its worker was lost is charged in full, as everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.labelling import Candidate


@dataclass(frozen=True)
class WaitingLabel:
    """A label to ask for."""

    id: int
    seed_id: int
    repeat: int
    tries: int
    calls: int
    text: str


@dataclass(frozen=True)
class Reserved:
    """The worst that asking for a label may use."""

    id: int
    tokens: int
    micro: int


@dataclass(frozen=True)
class Used:
    """What labels have used so far, calls in flight at their worst."""

    calls: int
    tokens: int
    micro: int


@dataclass(frozen=True)
class Came:
    """What became of one call."""

    id: int
    state: str
    """done, failed, or ready to be asked again."""
    score: float | None
    reason: str | None
    tokens: int
    micro: int
    tried: bool
    """Whether it counts as a useless answer."""
    raw: bytes | None


def candidates(session: Session, corpus_id: int, *, most_chars: int, limit: int) -> list[Candidate]:
    """Work seeds that are texts of at most `most_chars`; of a large corpus the `limit` with the lowest digests.

    A classifier that learned from audit or eval seeds would later judge, and steer, by what it has seen.
    """
    rows = session.execute(
        text("""
        SELECT id, kind, length(text) AS chars FROM seeds
        WHERE corpus_id = :corpus AND source_id IS NULL AND split = 'work' AND kind <> 'words' AND length(text) <= :most
        ORDER BY sha256 LIMIT :limit"""),
        {"corpus": corpus_id, "most": most_chars, "limit": limit},
    )
    return [Candidate(*row) for row in rows]


def plan(session: Session, classifier_id: int, labels: Sequence[tuple[int, int]]) -> None:
    """Labels to ask for, as (seed id, repeat) in this order; those that are there already stay."""
    seeds, repeats = zip(*labels, strict=True)
    session.execute(
        text("""
        INSERT INTO classifier_labels (classifier_id, seed_id, repeat)
        SELECT :id, s, r
        FROM unnest(CAST(:seeds AS bigint[]), CAST(:repeats AS int[])) WITH ORDINALITY AS x(s, r, place)
        ORDER BY place ON CONFLICT DO NOTHING"""),
        {"id": classifier_id, "seeds": list(seeds), "repeats": list(repeats)},
    )


def recover(session: Session, classifier_id: int) -> int:
    """Charge the calls of a worker that was lost and let them be asked again; returns how many."""
    rows = session.execute(
        text("""
        UPDATE classifier_labels SET state = 'ready', tokens = tokens + reserved_tokens, micro = micro + reserved_micro,
               reserved_tokens = 0, reserved_micro = 0
        WHERE classifier_id = :id AND state = 'asked' RETURNING id"""),
        {"id": classifier_id},
    )
    return len(rows.all())


def waiting(session: Session, classifier_id: int, *, limit: int) -> list[WaitingLabel]:
    """The next labels to ask for, in the order they were planned."""
    rows = session.execute(
        text("""
        SELECT l.id, l.seed_id, l.repeat, l.tries, l.calls, s.text
        FROM classifier_labels l JOIN seeds s ON s.id = l.seed_id
        WHERE l.classifier_id = :id AND l.state = 'ready' ORDER BY l.id LIMIT :limit"""),
        {"id": classifier_id, "limit": limit},
    )
    return [WaitingLabel(*row) for row in rows]


def used(session: Session, classifier_id: int) -> Used:
    """What the classifier's labels have used."""
    row = session.execute(
        text("""
        SELECT coalesce(sum(calls), 0), coalesce(sum(tokens + reserved_tokens), 0),
               coalesce(sum(micro + reserved_micro), 0) FROM classifier_labels WHERE classifier_id = :id"""),
        {"id": classifier_id},
    ).one()
    return Used(*(int(value) for value in row))


def reserve(session: Session, unit_id: int, token: int, labels: Sequence[Reserved]) -> bool:
    """Note calls as being made, before they are; False when the unit's lease is lost."""
    held = text("SELECT 1 FROM units WHERE id = :unit AND token = :token AND state = 'leased' FOR SHARE")
    if session.execute(held, {"unit": unit_id, "token": token}).one_or_none() is None:
        return False
    session.execute(
        text("""
        UPDATE classifier_labels SET state = 'asked', calls = calls + 1, reserved_tokens = :tokens,
               reserved_micro = :micro WHERE id = :id AND state = 'ready'"""),
        [{"id": label.id, "tokens": label.tokens, "micro": label.micro} for label in labels],
    )
    return True


def put(session: Session, came: Sequence[Came]) -> None:
    """Store what came of calls; one that was recovered meanwhile is charged already and stays as it is."""
    session.execute(
        text("""
        UPDATE classifier_labels SET state = :state, score = :score, reason = :reason, tokens = tokens + :tokens,
               micro = micro + :micro, tries = tries + :tried, reserved_tokens = 0, reserved_micro = 0,
               raw = coalesce(:raw, raw), labelled_at = now()
        WHERE id = :id AND state = 'asked'"""),
        [
            {
                "id": one.id,
                "state": one.state,
                "score": one.score,
                "reason": one.reason,
                "tokens": one.tokens,
                "micro": one.micro,
                "tried": int(one.tried),
                "raw": one.raw,
            }
            for one in came
        ],
    )


def retry_failed(session: Session, classifier_id: int) -> None:
    """Let labels that could not be had be asked for again."""
    query = text(
        "UPDATE classifier_labels SET state = 'ready', tries = 0 WHERE classifier_id = :id AND state = 'failed'"
    )
    session.execute(query, {"id": classifier_id})


def counts(session: Session, classifier_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """{classifier: {state: labels}}."""
    rows = session.execute(
        text("""
        SELECT classifier_id, state, count(*) AS n FROM classifier_labels WHERE classifier_id = ANY(:ids)
        GROUP BY classifier_id, state"""),
        {"ids": list(classifier_ids)},
    )
    found: dict[int, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row.classifier_id, {})[row.state] = row.n
    return found


def labelled(session: Session, classifier_id: int) -> list[tuple[str, list[float]]]:
    """(text, its labels in order) of every seed that has one, in the order of the plan."""
    rows = session.execute(
        text("""
        SELECT s.text, array_agg(l.score ORDER BY l.repeat) AS scores
        FROM classifier_labels l JOIN seeds s ON s.id = l.seed_id
        WHERE l.classifier_id = :id AND l.state = 'done' GROUP BY s.id, s.text ORDER BY min(l.id)"""),
        {"id": classifier_id},
    )
    return [(row.text, [float(score) for score in row.scores]) for row in rows]
