"""What a round's export candidate measures beside the seeds: chosen texts, ratios, and what a collapse is told by."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean

from app.domain import measuring
from app.domain.measuring import Member, Reference
from app.domain.records import Split
from app.repositories.generations import Body, Candidate
from app.repositories.seeds import ScoredSeed
from app.services.settling_seeds import vectors_of

LEAST_AUDIT = 50
"""Audit seeds below which a job measures the whole pool but its `eval` families: fewer say nothing. Decided by the
seeds, so that every round of a job is measured on the same side."""

Limits = dict[str, tuple[float, float]]


def families(texts: Sequence[Candidate]) -> list[int]:
    """The family of each text: its seed, or the source that its seed is a part of, or itself for a story drawn from
    words, named by its place in the order.

    Never by its own id, which depends on the workers and would change what the bootstrap draws.
    """
    return [text.source_id or text.seed_id or -1 - place for place, text in enumerate(texts)]


def measured_splits(seeds: Sequence[ScoredSeed]) -> tuple[str, frozenset[str]]:
    """What a job's rounds are measured on: a name, and the splits."""
    if sum(seed.split == Split.audit and seed.reason is None for seed in seeds) < LEAST_AUDIT:
        return "work and audit", frozenset({Split.work, Split.audit})
    return "audit", frozenset({Split.audit})


def measure(
    kept: Sequence[Candidate],
    bodies: Mapping[int, Body],
    seeds: Sequence[ScoredSeed],
    frozen: Mapping[str, object],
    quotas: Mapping[int, int],
    *,
    rng_seed: int,
) -> tuple[str, dict[str, float | None], Limits]:
    """(which splits were measured, measures, {diversity measure: (value, upper limit)}) of a pool.

    `bodies` by generation id holds at least those of the measured splits.
    """
    name, splits = measured_splits(seeds)
    chosen = [made for made in kept if made.split in splits]
    members = [_member(made, bodies[made.id], family) for made, family in zip(chosen, families(chosen), strict=True)]
    measured = measuring.measure_members(members, vectors_of([t.embedding for t in chosen]), rng_seed=rng_seed)
    values = measuring.compare(
        measured,
        _reference(frozen),
        quotas=quotas,
        approved=Counter(text.cluster for text in kept),
        tokens=sum(text.tokens for text in kept),
    ) | _education(chosen, bodies)
    values |= _coverage(kept, seeds)
    diversity: Limits = {
        name: (value, measured.limits[name][1])
        for name in ("vendi2", "cluster_simpson")
        if (value := values.get(name)) is not None and name in measured.limits
    }
    return name, values, diversity


def _education(chosen: Sequence[Candidate], bodies: Mapping[int, Body]) -> dict[str, float | None]:
    """The mean educational score, and that of a model which the loop does not choose by: where only the first rises,
    texts please the classifier and teach no more."""
    explained = [made for made in chosen if made.seed_id is not None]
    scores = [bodies[made.id].scores for made in explained]
    audited = [of_one["edu_audit"] for of_one in scores if "edu_audit" in of_one]
    return {
        "edu_mean": fmean([made.edu_score for made in explained]) if explained else None,
        "edu_audit_mean": fmean(audited) if audited else None,
    }


def _coverage(kept: Sequence[Candidate], seeds: Sequence[ScoredSeed]) -> dict[str, float | None]:
    """The share of the parts of long sources that the pool covers, by their words; nothing where none was split."""
    parts = [seed for seed in seeds if seed.source_id is not None and seed.reason is None]
    words = sum(part.tokens for part in parts)
    if not words:
        return {}
    covered = {made.seed_id for made in kept}
    return {"source_coverage": sum(part.tokens for part in parts if part.id in covered) / words}


def _member(made: Candidate, body: Body, family: int) -> Member:
    scores = body.scores
    code: dict[str, float] = {
        name: scores[name] for name in ("cyclomatic", "nesting", "function_lines") if name in scores
    }
    faithful = (scores["fidelity_precision"], scores["fidelity_recall"]) if "fidelity_recall" in scores else None
    return Member(
        text=body.text,
        family=family,
        cluster=made.cluster,
        ease=made.ease,
        grade=made.grade,
        list_coverage=made.list_coverage,
        tokens=made.tokens,
        kind=made.kind,
        code=code,
        fidelity=faithful,
    )


def _reference(frozen: Mapping[str, object]) -> Reference:
    stored = frozen["reference"]
    assert isinstance(stored, dict)
    spectrum = [(int(kind), int(times)) for kind, times in stored["spectrum"]]
    return Reference(stored["vendi2"], spectrum, {int(at): float(share) for at, share in stored["cross"].items()})
