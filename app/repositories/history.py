"""What earlier jobs came to, for estimates of later ones: the last few of a recipe and model, and samples of rows.

Every query reads a bounded number of rows but `paces`, which reads the units of a few rounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

MOST_JOBS = 5
MOST_ROUNDS = 6
MOST_ROWS = 1_000
"""Of a sample; the mean of so many lengths is within two per cent."""
_WORDS = "array_length(regexp_split_to_array(btrim(s.text), '\\s+'), 1)"


@dataclass(frozen=True)
class PastJob:
    """A job that asked, with what it came to."""

    id: int
    corpus_id: int
    slots: int
    """Calls in flight that it allowed."""
    rounds: int
    by_itself: bool
    """It stopped because of its texts, not because of a cap or a person."""
    calls: int
    """Paid."""
    answered: int
    """Planned calls that came to an end, good or not."""
    vectors: bool
    """Whether the calls include some for vectors or by the judge."""
    seeds: int
    taking_part: int


def jobs_like(session: Session, recipe: str, models: Sequence[str]) -> list[PastJob]:
    """The last jobs of a recipe and any of the models that have a settled round of texts, the youngest first."""
    rows = session.execute(
        text("""
        SELECT j.id, j.corpus_id, CAST(j.config->'llm'->>'concurrency' AS int) AS slots,
               (SELECT max(r.number) FROM rounds r WHERE r.job_id = j.id AND r.state = 'settled') AS rounds,
               j.stop_reason IN ('target_met', 'plateau', 'nothing_to_do', 'collapse') AS by_itself,
               b.spent_calls AS calls,
               (SELECT CAST(coalesce(sum(CAST(r.funnel->>'answers' AS int) + (
                           SELECT coalesce(sum(CAST(w->>'count' AS int)), 0)
                           FROM jsonb_array_elements(r.funnel->'without_text') w
                           WHERE w->>'state' <> 'cancelled')), 0) AS int)
                FROM rounds r WHERE r.job_id = j.id AND r.number > 0 AND r.state = 'settled') AS answered,
               j.embedding_model IS NOT NULL OR j.judge_model IS NOT NULL
                   OR jsonb_array_length(coalesce(j.config->'passes', '[]')) > 0 AS vectors,
               coalesce(CAST(first.funnel->>'seeds' AS int), 0) AS seeds,
               coalesce(CAST(first.funnel->>'taking_part' AS int), 0) AS taking_part
        FROM jobs j JOIN budgets b ON b.job_id = j.id
        JOIN rounds first ON first.job_id = j.id AND first.number = 0 AND first.state = 'settled'
        WHERE j.recipe = :recipe
          AND (j.model = ANY(:models)
               OR EXISTS (SELECT 1 FROM jsonb_array_elements(j.models) m WHERE m->>'model' = ANY(:models)))
          AND EXISTS (SELECT 1 FROM rounds r WHERE r.job_id = j.id AND r.number > 0 AND r.state = 'settled')
        ORDER BY j.id DESC LIMIT :most"""),
        {"recipe": recipe, "models": list(models), "most": MOST_JOBS},
    )
    return [PastJob(*[False if value is None else value for value in row]) for row in rows]


@dataclass(frozen=True)
class Pace:
    """How fast a settled round went."""

    slots: int
    calls: int
    asking_s: float
    """From its beginning to its last answer."""
    settling_s: float
    """From there to its decision."""


def paces(session: Session, job_ids: Sequence[int]) -> list[Pace]:
    """Those of the jobs' last rounds of texts, but of no job whose calls wait in batches."""
    rows = session.execute(
        text("""
        WITH last AS (
            SELECT r.id, r.job_id, r.opened_at, r.settled_at FROM rounds r
            WHERE r.job_id = ANY(:jobs) AND r.number > 0 AND r.state = 'settled' ORDER BY r.id DESC LIMIT :most)
        SELECT CAST(j.config->'llm'->>'concurrency' AS int) AS slots, w.calls,
               CAST(extract(epoch FROM w.ended - last.opened_at) AS float8) AS asking_s,
               CAST(extract(epoch FROM last.settled_at - w.ended) AS float8) AS settling_s
        FROM last JOIN jobs j ON j.id = last.job_id AND j.config->'llm'->>'batch' IS DISTINCT FROM 'true'
        CROSS JOIN LATERAL (SELECT count(*) AS calls, max(u.finished_at) AS ended FROM units u
                            WHERE u.round_id = last.id AND u.kind = 'rewrite' AND u.state IN ('done', 'rejected')) w
        WHERE w.calls > 0 AND w.ended > last.opened_at ORDER BY last.id DESC"""),
        {"jobs": list(job_ids), "most": MOST_ROUNDS},
    )
    return [Pace(*row) for row in rows]


@dataclass(frozen=True)
class CallRow:
    """A call that was answered."""

    words: int
    """Of its seed; 0 for a story from words."""
    bytes: int
    parent_bytes: int
    prompt_tokens: int
    completion_tokens: int
    latency_s: float
    repairable: bool
    """Its text was dropped and is worth a repair."""
    repair: bool
    model: str
    """As asked for, whatever the endpoint calls it."""


def calls(session: Session, job_ids: Sequence[int]) -> list[CallRow]:
    """A sample of the jobs' answered calls, from their last rounds."""
    rows = session.execute(
        text(f"""
        WITH last AS (
            SELECT r.id FROM rounds r WHERE r.job_id = ANY(:jobs) AND r.number > 0 AND r.state = 'settled'
            ORDER BY r.id DESC LIMIT :rounds),
        drawn AS (SELECT g.* FROM last CROSS JOIN LATERAL (
            SELECT g.job_id, g.draw->>'model' AS asked, g.seed_id, g.parent_id, g.prompt_tokens, g.completion_tokens,
                   g.llm_call_id, g.repairable
            FROM generations g WHERE g.round_id = last.id AND g.verdict <> 'draft' ORDER BY g.id LIMIT :each) g)
        SELECT coalesce({_WORDS}, 0) AS words, coalesce(octet_length(s.text), 0) AS bytes,
               coalesce(octet_length(p.text), 0) AS parent_bytes, drawn.prompt_tokens, drawn.completion_tokens,
               c.latency_s, drawn.repairable, drawn.parent_id IS NOT NULL AS repair,
               coalesce(drawn.asked, j.model) AS model
        FROM drawn JOIN jobs j ON j.id = drawn.job_id JOIN llm_calls c ON c.id = drawn.llm_call_id
        LEFT JOIN seeds s ON s.id = drawn.seed_id LEFT JOIN generations p ON p.id = drawn.parent_id"""),
        {"jobs": list(job_ids), "rounds": MOST_ROUNDS, "each": MOST_ROWS // MOST_ROUNDS},
    )
    return [CallRow(*row) for row in rows]


def sizes(session: Session, corpus_id: int, kinds: Sequence[str]) -> list[tuple[int, int]]:
    """(words, bytes) of seeds of these kinds, spread evenly over the corpus."""
    rows = session.execute(
        text(f"""
        WITH span AS (
            SELECT coalesce(max(ordinal), 0) + 1 AS n FROM seeds WHERE corpus_id = :corpus AND source_id IS NULL)
        SELECT {_WORDS} AS words, octet_length(s.text) AS bytes
        FROM span CROSS JOIN LATERAL generate_series(0, n - 1, greatest(1, n / :most)) AS g(ordinal)
        JOIN seeds s ON s.corpus_id = :corpus AND s.source_id IS NULL AND s.ordinal = g.ordinal
        WHERE s.kind = ANY(:kinds)"""),
        {"corpus": corpus_id, "kinds": list(kinds), "most": MOST_ROWS},
    )
    return [(row.words, row.bytes) for row in rows]
