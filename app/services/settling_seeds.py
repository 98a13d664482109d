"""The end of round 0: which seeds take part, in which clusters, and what the set they make measures."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.domain import clusters, dedup, gates, licences, measuring, safety
from app.domain.config import JobConfig, recipe_of
from app.domain.gate_config import Safety
from app.domain.measuring import Measured, Member
from app.domain.safety import Screened
from app.repositories import jobs, seeds
from app.repositories.jobs import JobRow
from app.repositories.seeds import ScoredSeed
from app.services import rounds
from app.services.splitting import SPLIT

REFERENCE_SIZE = 4_000
"""Seeds the reference is measured on at most; the measures do not drift with size beyond it."""
SHOWN_CONTAMINATED = 20
"""Seeds with a benchmark's item that the funnel names; the scores hold all of them."""


@dataclass(frozen=True)
class SeedSet:
    """Round 0 as read."""

    job: JobRow
    config: JobConfig
    scored: list[ScoredSeed]
    texts: dict[int, str]


@dataclass(frozen=True)
class Prepared:
    """Round 0 as decided."""

    marks: list[tuple[int, int | None, str | None]]
    """(seed id, cluster, reason it takes no part)."""
    clusters: bytes
    names: list[str]
    reference: Measured
    redundancy_cap: float
    funnel: dict[str, object]


def read_seeds(session: Session, job: JobRow) -> SeedSet:
    """All scored seeds of a job, with their texts."""
    config = rounds.config_of(job)
    scored = list(seeds.all_scored(session, job.id, vectors=True))
    texts = seeds.texts(session, [seed.id for seed in scored])
    return SeedSet(job, config, scored, texts)


def vectors_of(rows: Sequence[bytes]) -> NDArray[np.float32]:
    """(n, d) float32 unit rows from stored half floats."""
    return (
        np.stack([np.frombuffer(row, dtype=np.float16) for row in rows]).astype(np.float32)
        if rows
        else np.zeros((0, 1), np.float32)
    )


def signatures_of(rows: Sequence[bytes]) -> NDArray[np.uint32]:
    """(n, 64) uint32 MinHash signatures as stored."""
    return np.stack([np.frombuffer(row, dtype=np.uint32) for row in rows]) if rows else np.zeros((0, 64), np.uint32)


def think_seeds(data: SeedSet) -> Prepared:
    """Drop what may not or should not be taught from; cluster and measure the rest, as prompts will show it."""
    rules = data.config.gates.safety
    screened = {seed.id: _screened(seed, data.texts[seed.id], rules) for seed in data.scored}
    reasons = _reasons(data, screened)
    part = [seed for seed, reason in zip(data.scored, reasons, strict=True) if reason is None]
    vectors = vectors_of([seed.embedding for seed in part])
    fitted = clusters.fit_clusters(vectors, rng_seed=data.config.rng_seed)
    labels = clusters.assign(fitted, vectors)
    label_of = {seed.id: int(label) for seed, label in zip(part, labels, strict=True)}
    names = clusters.name_clusters([screened[seed.id].text for seed in part], labels)
    reference = part[:: max(1, -(-len(part) // REFERENCE_SIZE))]
    members = [
        Member(screened[s.id].text, s.family, label_of[s.id], s.ease, s.grade, s.list_coverage, s.tokens, s.kind)
        for s in reference
    ]
    measured = measuring.measure_members(
        members, vectors_of([s.embedding for s in reference]), rng_seed=data.config.rng_seed
    )
    marks = [(s.id, label_of.get(s.id), reason) for s, reason in zip(data.scored, reasons, strict=True)]
    redacted = Counter(kind.value for seed in part for kind in screened[seed.id].found)
    split = sum(reason == SPLIT for reason in reasons)
    funnel: dict[str, object] = {"seeds": len(data.scored) - split, "taking_part": len(part)}
    funnel |= {"left_out": dict(Counter(r for r in reasons if r and r != SPLIT)), "redacted": dict(redacted)}
    parts = sum(seed.source_id is not None for seed in data.scored)
    funnel |= {"split": {"sources": split, "parts": parts}} if split else {}
    found = [{"seed": seed.id, "found": seed.detail} for seed in data.scored if seed.reason == "contaminated"]
    funnel |= {"contaminated": found[:SHOWN_CONTAMINATED]} if found else {}
    cap = _redundancy_cap(vectors, data.config.gates.redundancy_percentile)
    return Prepared(marks, clusters.to_bytes(fitted), names, measured, cap, funnel)


def _screened(seed: ScoredSeed, text: str, rules: Safety) -> Screened:
    return Screened(text, {}) if seed.clean else safety.screen(text, rules)


def _reasons(data: SeedSet, screened: Mapping[int, Screened]) -> list[str | None]:
    reasons = [_own_reason(seed, screened[seed.id], data.config) for seed in data.scored]
    # Only what may take part makes others its copies: the free copy of a text whose licence is refused stays.
    _follow_sources(data, screened, reasons)
    places = [place for place, reason in enumerate(reasons) if reason is None]
    group = _near_duplicates(data, screened, places)
    for at, place in enumerate(places):
        if group[at] != at:
            reasons[place] = "near_duplicate"
    return reasons


def _follow_sources(data: SeedSet, screened: Mapping[int, Screened], reasons: list[str | None]) -> None:
    """Leave out the parts of long documents that nearly repeat another document, wherever they were cut."""
    if SPLIT not in reasons:
        return
    alive = {seed.source_id or seed.id for seed, reason in zip(data.scored, reasons, strict=True) if reason is None}
    places = [p for p, seed in enumerate(data.scored) if seed.source_id is None and seed.id in alive]
    group = _near_duplicates(data, screened, places)
    twins = {data.scored[place].id for at, place in enumerate(places) if group[at] != at}
    for place, seed in enumerate(data.scored):
        if reasons[place] is None and (seed.source_id or seed.id) in twins:
            reasons[place] = "near_duplicate"


def _own_reason(seed: ScoredSeed, screened: Screened, config: JobConfig) -> str | None:
    """Why a seed takes no part, whatever the others are."""
    if seed.reason is not None:
        return seed.reason
    if seed.kind not in recipe_of(config).kinds:
        return "other_kind"
    if not licences.allowed(seed.licence, config.gates.licences):
        return "licence"
    held = safety.rejects(screened.found, config.gates.safety)
    if held is not None:
        return gates.reason_of(held).value
    return "low_education" if seed.edu_score < config.gates.seed_edu_min else None


def _near_duplicates(data: SeedSet, screened: Mapping[int, Screened], places: Sequence[int]) -> NDArray[np.int32]:
    """For each of these seeds the one of them that stands for its near-duplicates, by its place among them."""
    part = [data.scored[place] for place in places]

    def jaccard(a: int, b: int) -> float:
        return dedup.exact_jaccard(screened[part[a].id].text, screened[part[b].id].text)

    found = signatures_of([seed.signature for seed in part])
    return dedup.near_duplicates(found, jaccard, threshold=data.config.gates.near_duplicate_jaccard)


def _redundancy_cap(vectors: NDArray[np.float32], percentile: float) -> float:
    """The seeds' own percentile of redundancy: as alike as the alike ones among them, no more."""
    if len(vectors) < 2:
        return 1.0
    wide = vectors.astype(np.float64)
    gram = wide.T @ wide
    others = ((wide @ gram) * wide).sum(axis=1) - (wide * wide).sum(axis=1) ** 2
    return float(np.percentile(others / (len(wide) - 1), percentile))


def write_seeds(session: Session, job: JobRow, prepared: Prepared) -> None:
    """Store clusters and reasons, and freeze what the later rounds compare with."""
    seeds.mark(session, job.id, prepared.marks)
    jobs.put_artifact(session, job.id, "clusters", prepared.clusters)
    frozen = {
        "names": prepared.names,
        "reference": asdict(measuring.reference_of(prepared.reference)),
        "redundancy_cap": prepared.redundancy_cap,
        "seeds": dict(Counter(str(cluster) for _, cluster, reason in prepared.marks if reason is None)),
    }
    jobs.put_artifact(session, job.id, "reference", json.dumps(frozen, allow_nan=False, sort_keys=True).encode())
