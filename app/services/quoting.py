"""Which seeds stand nearly whole in what a job keeps of them: an export that holds both would repeat itself."""

from collections.abc import Iterator

import numpy as np
from sqlalchemy.orm import Session

from app.domain import dedup
from app.repositories import exports
from app.repositories.exports import KeptOfSeed

AT_ONCE = 500
"""Pairs of texts read for an exact comparison."""


def quoted_seeds(session: Session, job_id: int, *, edu_min: float, threshold: float) -> set[int]:
    """Ids of the seeds of which a kept generation is a near-duplicate, confirmed exactly; memory is that of the ids."""
    quoted: set[int] = set()
    suspects: list[KeptOfSeed] = []
    for pair in exports.kept_of_seeds(session, job_id, edu_min=edu_min):
        if _estimate(pair) >= threshold - dedup.SLACK:
            suspects.append(pair)
        if len(suspects) == AT_ONCE:
            quoted.update(_confirmed(session, suspects, threshold))
            suspects = []
    quoted.update(_confirmed(session, suspects, threshold))
    return quoted


def _estimate(pair: KeptOfSeed) -> float:
    ours, seeds = (np.frombuffer(one, np.uint32) for one in (pair.signature, pair.seed_signature))
    return float((ours == seeds).mean()) if len(ours) == len(seeds) > 0 else 0.0


def _confirmed(session: Session, suspects: list[KeptOfSeed], threshold: float) -> Iterator[int]:
    for seed_id, text, seed_text in exports.texts_of_pairs(session, [pair.generation_id for pair in suspects]):
        if dedup.exact_jaccard(text, seed_text) >= threshold:
            yield seed_id
