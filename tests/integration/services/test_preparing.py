"""Round 0 by its services: ranges that cover the corpus, words in bags, and which seeds take part."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, text

from app.db.session import transaction
from app.domain.config import JobConfig
from app.domain.dedup import signatures
from app.domain.gate_config import Gates, Handling, Licences, Safety
from app.domain.records import JobId
from app.domain.tokens import tokenise
from app.repositories import units
from app.repositories.units import ClaimedUnit
from app.services import preparing, settling_seeds
from app.services.settling_seeds import SeedSet
from tests.integration.loop_world import add_job, row, rows
from tests.integration.services.test_planning import scored


def fit_unit(engine: Engine, seeds: int) -> ClaimedUnit:
    with transaction(engine) as session:
        session.execute(text("UPDATE units SET state = 'cancelled' WHERE kind <> 'rewrite' AND state = 'ready'"))
        job_id = add_job(session, seeds=seeds)
        round_id = session.execute(
            text("INSERT INTO rounds (job_id, number) VALUES (:j, 0) RETURNING id"), {"j": job_id}
        ).scalar_one()
        units.add(session, "fit", job_id=job_id, round_id=round_id)
        unit = units.claim_cpu(session, worker="w", lease_s=600)
    assert unit is not None
    return unit


def prepare(engine: Engine, unit: ClaimedUnit, *, size: int, words: bool | None = None) -> None:
    with transaction(engine) as session:
        data = preparing.read_fit(session, JobId(unit.job_id or 0))
    data = data if words is None else replace(data, words=words)
    with transaction(engine) as session:
        preparing.write_fit(session, unit, data, b"embedder", range_size=size)


@pytest.mark.parametrize(("seeds", "size", "ranges"), [(5, 2, 3), (4, 2, 2), (1, 2000, 1), (2001, 2000, 2)])
def test_the_ranges_cover_the_corpus_once(engine: Engine, seeds: int, size: int, ranges: int) -> None:
    unit = fit_unit(engine, seeds)

    prepare(engine, unit, size=size)

    made = rows(
        engine, "SELECT payload FROM units WHERE job_id = :j AND kind = 'score' ORDER BY ordinal", j=unit.job_id
    )
    places = [place for one in made for place in range(one["payload"]["low"], one["payload"]["high"])]
    assert len(made) == ranges and places[:seeds] == list(range(seeds)) and len(places) == len(set(places))


def test_a_corpus_without_seeds_goes_straight_to_settling(engine: Engine) -> None:
    unit = fit_unit(engine, 0)

    prepare(engine, unit, size=10)

    kinds = rows(engine, "SELECT kind FROM units WHERE job_id = :j AND state = 'ready'", j=unit.job_id)
    assert kinds == [{"kind": "settle"}]


def test_words_are_fitted_in_bags_and_never_scored(engine: Engine) -> None:
    unit = fit_unit(engine, 30)
    with transaction(engine) as session:
        session.execute(
            text("UPDATE corpora SET kinds = '{\"words\": 30}' WHERE id = (SELECT corpus_id FROM jobs WHERE id = :j)"),
            {"j": unit.job_id},
        )
        data = preparing.read_fit(session, JobId(unit.job_id or 0))

    assert data.words and len(data.texts) == preparing.BAGS
    assert {len(bag.split()) for bag in data.texts} != {1} and len(set(data.texts)) == preparing.BAGS
    prepare(engine, unit, size=10)
    assert row(engine, "SELECT count(*) AS n FROM units WHERE job_id = :j AND kind = 'score'", j=unit.job_id)["n"] == 0


def seed_set(texts: dict[int, str], **over: Any) -> SeedSet:
    config = replace(JobConfig(), gates=replace(JobConfig().gates, **over))
    rng, made = np.random.default_rng(0), []
    from_texts = signatures_in_rows(list(texts.values()))
    for place, (seed_id, signature) in enumerate(zip(texts, from_texts, strict=True)):
        vector = rng.normal(size=8)
        vector /= np.linalg.norm(vector)
        made.append(
            replace(scored(seed_id), ordinal=place, embedding=vector.astype(np.float16).tobytes(), signature=signature)
        )
    return SeedSet(None, config, made, texts)  # type: ignore[arg-type]  # no rule here reads the job


def signatures_in_rows(texts: list[str]) -> list[bytes]:
    return [row_.tobytes() for row_ in signatures(tokenise(texts))]


TEXTS = {
    n: f"Passage {n} tells how the {thing} of the {place} came to be, who looks after it and what it needs in spring."
    for n, (thing, place) in enumerate([("river", "north"), ("clock", "tower"), ("garden", "school")], start=1)
}


def reasons(data: SeedSet) -> dict[int, str | None]:
    return {seed_id: reason for seed_id, _, reason in settling_seeds.think_seeds(data).marks}


def test_good_seeds_take_part_in_a_cluster() -> None:
    prepared = settling_seeds.think_seeds(seed_set(TEXTS))

    assert [(cluster is not None, reason) for _, cluster, reason in prepared.marks] == [(True, None)] * 3
    assert prepared.funnel == {"seeds": 3, "taking_part": 3, "left_out": {}, "redacted": {}}
    assert 0 <= prepared.redundancy_cap <= 1


def test_each_reason_a_seed_is_left_out() -> None:
    texts = {**TEXTS, 4: TEXTS[1] + " Indeed.", 5: "A held out item about the old mill that stands by the sea."}
    data = seed_set(texts)
    over: dict[int, dict[str, Any]] = {
        2: {"edu_score": 0.5},
        3: {"reason": "unbearable"},
        5: {"reason": "contaminated", "detail": "item: a held"},
    }
    data = replace(data, scored=[replace(s, **over.get(s.id, {})) for s in data.scored])

    found = reasons(data)

    assert {found.pop(1), found.pop(4)} == {None, "near_duplicate"}
    assert found == {2: "low_education", 3: "unbearable", 5: "contaminated"}
    assert settling_seeds.think_seeds(data).funnel["contaminated"] == [{"seed": 5, "found": "item: a held"}]


def test_the_double_of_a_seed_that_is_left_out_takes_part() -> None:
    data = seed_set({**TEXTS, 4: TEXTS[1] + " Indeed.", 5: TEXTS[2] + " Indeed."})
    over: dict[int, dict[str, Any]] = {1: {"edu_score": 0.5}, 5: {"reason": "contaminated"}}
    data = replace(data, scored=[replace(s, **over.get(s.id, {})) for s in data.scored])

    assert reasons(data) == {1: "low_education", 2: None, 3: None, 4: None, 5: "contaminated"}


def test_seeds_are_left_out_for_their_licence_and_for_what_they_hold() -> None:
    held = {1: "", 2: "", 3: " Write to ann.lee@mill.org.", 4: " The key is AKIA" + "QWERTYUIOP234567."}
    texts = {n: body + held[n] for n, body in {**TEXTS, 4: TEXTS[1].replace("river", "orchard")}.items()}
    gates = Gates(
        safety=Safety(secrets=Handling.reject, emails=Handling.reject), licences=Licences(deny=("gpl*",), unknown=True)
    )
    data = seed_set(texts)
    data = replace(data, config=JobConfig(gates=gates))
    data = replace(data, scored=[replace(s, licence="GPL-3.0") if s.id == 2 else s for s in data.scored])

    assert reasons(data) == {1: None, 2: "licence", 3: "personal_data", 4: "secret"}


def test_a_refused_copy_does_not_take_the_free_one_with_it() -> None:
    data = seed_set({1: TEXTS[1], 2: TEXTS[1] + " Indeed."})
    data = replace(data, config=JobConfig(gates=Gates(licences=Licences(allow=("MIT",), unknown=False))))
    data = replace(data, scored=[replace(s, licence="MIT" if s.id == 2 else "GPL-3.0") for s in data.scored])

    assert reasons(data) == {1: "licence", 2: None}


def test_redacted_seeds_take_part_and_are_counted_by_class() -> None:
    prepared = settling_seeds.think_seeds(seed_set({**TEXTS, 3: TEXTS[3] + " Write to ann.lee@mill.org, bo@mill.org."}))

    assert prepared.funnel == {"seeds": 3, "taking_part": 3, "left_out": {}, "redacted": {"emails": 1}}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_seeds_are_measured_as_far_as_they_can_be(count: int) -> None:
    prepared = settling_seeds.think_seeds(seed_set(dict(list(TEXTS.items())[:count])))

    assert prepared.funnel["taking_part"] == count
    assert (prepared.reference.values["vendi2"] is None) == (count < 2)


def test_only_poor_seeds_leave_nobody_and_raise_nothing() -> None:
    prepared = settling_seeds.think_seeds(seed_set(TEXTS, seed_edu_min=5.0))

    assert prepared.funnel == {"seeds": 3, "taking_part": 0, "left_out": {"low_education": 3}, "redacted": {}}
    assert Counter(cluster for _, cluster, _ in prepared.marks) == {None: 3}


def test_the_same_seeds_settle_alike() -> None:
    one, two = settling_seeds.think_seeds(seed_set(TEXTS)), settling_seeds.think_seeds(seed_set(TEXTS))

    assert one.marks == two.marks and one.clusters == two.clusters and one.reference == two.reference
