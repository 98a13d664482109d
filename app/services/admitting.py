"""Which of a round's candidates the pool takes: rows in, verdicts out, around the pass of `domain/settling`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.domain import dedup, settling
from app.domain.config import JobConfig, recipe_of
from app.domain.dedup_index import SignatureIndex
from app.domain.diversity import OPENING_WORDS
from app.domain.records import Verdict
from app.domain.settling import Outcome, Survivor
from app.domain.text import first_words
from app.repositories.generations import Body, Candidate
from app.services import candidates, replacing
from app.services.settling_seeds import signatures_of, vectors_of

Row = tuple[int, str, str | None, str | None, float]
"""(generation id, verdict, gate, reason, redundancy)."""


def alike(made: Sequence[Candidate]) -> list[tuple[int, int]]:
    """(place, earlier place) of texts whose signatures are alike; none that are both in the pool already."""
    if not made:
        return []
    signatures = signatures_of([one.signature for one in made])
    hits = SignatureIndex.build(np.arange(len(made), dtype=np.int64), signatures).query(signatures)
    return [
        (place, other)
        for place, other in zip(hits.row.tolist(), hits.id.tolist(), strict=True)
        if other < place and not made[place].verdict == made[other].verdict == Verdict.kept
    ]


def near_duplicates(
    made: Sequence[Candidate], pairs: Sequence[tuple[int, int]], bodies: Mapping[int, Body], *, threshold: float
) -> dict[int, set[int]]:
    """{place of a text: places of the texts that nearly repeat it}, confirmed exactly; `bodies` by id."""
    found: dict[int, set[int]] = defaultdict(set)
    for place, other in pairs:
        if dedup.exact_jaccard(bodies[made[place].id].text, bodies[made[other].id].text) >= threshold:
            found[place].add(other)
            found[other].add(place)
    return found


def admit(
    made: Sequence[Candidate],
    near: Mapping[int, set[int]],
    config: JobConfig,
    quotas: Mapping[int, int],
    *,
    redundancy_cap: float,
) -> list[Row]:
    """A row for each of the round's survivors and of the reserve, beside the texts that are in the pool."""
    vectors = vectors_of([one.embedding for one in made]).astype(np.float64)
    families = candidates.families(made)
    stock = tuple(f"{phrase} " for phrase in recipe_of(config).stock_openings)
    places = [_survivor(i, one, families[i], vectors[i], near.get(i, ()), stock) for i, one in enumerate(made)]
    pool = settling.empty_pool(vectors.shape[1] if len(vectors) else 1)
    for place, one in zip(places, made, strict=True):
        if one.verdict == Verdict.kept:
            pool.add(place)

    def judge(texts: Sequence[Survivor]) -> list[Outcome]:
        return settling.settle(
            texts,
            pool,
            redundancy_cap=redundancy_cap,
            redundancy_weight=config.gates.redundancy_weight,
            opening_cap=config.gates.opening_cap,
            stock_cap=config.gates.stock_opening_cap,
            quotas={cluster: quota * config.planning.variants_per_seed for cluster, quota in quotas.items()},
        )

    outcomes = replacing.replace_earlier(made, places, pool, judge)
    told = {outcome.id for outcome in outcomes}
    outcomes += judge(
        [p for p, one in zip(places, made, strict=True) if one.verdict != Verdict.kept and p.id not in told]
    )
    return [(made[o.id].id, o.verdict.value, o.gate, o.reason, o.redundancy) for o in outcomes]


def _survivor(
    place: int,
    one: Candidate,
    family: int,
    vector: NDArray[np.float64],
    near: Iterable[int],
    stock: tuple[str, ...],
) -> Survivor:
    opening = " ".join(first_words(one.head, OPENING_WORDS))
    known = bool(stock) and f"{opening.lower()} ".startswith(stock)
    return Survivor(
        place,
        bytes(one.sha256),
        opening,
        one.cluster,
        family,
        one.edu_score,
        vector,
        frozenset(near),
        stock_opening=known,
    )
