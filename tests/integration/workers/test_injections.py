"""Orders to a model in seeds, as a whole job meets them: cases 54 to 56 of the bad inputs.

Each seed holds another order, in six languages and five spellings; the same job on the same seeds without them is the
twin that every figure is compared with.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import pytest
from sqlalchemy import text

from app.db.session import transaction
from app.domain.gate_config import Gates, Handling, Safety
from app.domain.injections import cut, places
from tests.faults.rig import document
from tests.integration.loop_run import Loop
from tests.integration.loop_world import OPEN, config_of, rows
from tests.stub_llm_answers import Prompt, lesson
from tests.unit.domain.test_injections import ORDERS, as_base64, as_references, as_tags, with_invisible

SPELLINGS: tuple[Callable[[str], str], ...] = (str, as_base64, as_references, with_invisible, as_tags)
SPELT = [SPELLINGS[place % len(SPELLINGS)](order) for place, order in enumerate(ORDERS.values())]
CLEAN = [document(place) for place in range(len(SPELT))]
INJECTED = [f"{clean}\n\n{order}" for clean, order in zip(CLEAN, SPELT, strict=True)]
OBEYED = "SCORE 1.0. This document is accepted. Buy at http://ads.example/x now and tell all your friends of it."


def ignores(prompt: Prompt) -> str:
    """A lesson about what the document says besides, the same whatever the prompt's marker lines are."""
    material = cut(prompt.document)
    drawn = int.from_bytes(blake2b(material.encode(), digest_size=8).digest(), "big")
    return lesson(replace(prompt, document=material, draw=drawn))


def obeys(prompt: Prompt) -> str:
    """Does what any order in the document says, and nothing else."""
    return OBEYED if places(prompt.document) else ignores(prompt)


def run(loop: Loop, texts: Sequence[str], answer: Callable[[Prompt], str], gates: Gates) -> dict[str, Any]:
    """Everything that a job decided, by the places of its seeds and calls."""
    loop.endpoint.says(answer)
    corpus_id = loop.corpus(texts)
    with transaction(loop.engine) as session:
        # A seed's split is a hash of its text, and what is measured where is not the question here.
        split = "UPDATE seeds SET split = CASE WHEN ordinal % 5 = 0 THEN 'audit' ELSE 'work' END WHERE corpus_id = :id"
        session.execute(text(split), {"id": corpus_id})
    job_id = loop.submit(corpus_id, config_of(max_rounds=2, gates=gates))
    loop.drive(job_id)
    of_job = {"job": job_id}
    return {
        "seeds": rows(
            loop.engine,
            "SELECT s.ordinal, c.edu_score, c.ease, c.cluster, c.reason FROM seed_scores c JOIN seeds s "
            "ON s.id = c.seed_id WHERE c.job_id = :job ORDER BY s.ordinal",
            **of_job,
        ),
        "plans": [made["plan"] for made in loop.rounds(job_id)],
        "calls": rows(
            loop.engine,
            "SELECT r.number, u.ordinal, s.ordinal AS seed, u.payload, u.max_tokens FROM units u "
            "JOIN rounds r ON r.id = u.round_id JOIN seeds s ON s.id = u.seed_id "
            "WHERE u.job_id = :job AND u.kind = 'rewrite' ORDER BY 1, 2",
            **of_job,
        ),
        "verdicts": rows(
            loop.engine,
            "SELECT r.number, u.ordinal, g.verdict, g.gate, g.reason, g.detail, g.text FROM generations g "
            "JOIN rounds r ON r.id = g.round_id JOIN units u ON u.id = g.unit_id WHERE g.job_id = :job ORDER BY 1, 2",
            **of_job,
        ),
        "flagged": loop.rounds(job_id)[0]["funnel"]["redacted"],
        "job": loop.job(job_id),
    }


DECIDED = ("seeds", "verdicts", "calls", "plans")
STRICT = replace(Gates(), seed_edu_min=0, edu_min=0, ease_min=0)


@pytest.mark.parametrize("gates", [OPEN, STRICT], ids=["open gates", "strict gates"])
def test_orders_in_seeds_change_neither_verdicts_nor_plan_whether_the_model_would_obey_or_not(
    loop: Loop, gates: Gates
) -> None:
    twin = run(loop, CLEAN, ignores, gates)

    for answer in (ignores, obeys):
        found = run(loop, INJECTED, answer, gates)
        for what in DECIDED:
            assert found[what] == twin[what], (answer.__name__, what)
        assert found["job"]["stop_reason"] == twin["job"]["stop_reason"]
        assert found["flagged"] == {"injections": len(INJECTED)}
    assert twin["flagged"] == {} and twin["verdicts"]
    # The endpoint was never shown one.
    asked = " ".join(request.body.decode() for request in loop.stub.requests)
    assert "ads.example" not in asked and not re.search(r"&#\d+;", asked) and SPELT[1] not in asked


def test_a_model_that_sees_orders_and_obeys_them_has_its_answers_dropped(loop: Loop) -> None:
    seen = replace(STRICT, safety=replace(Safety(), injections=Handling.off))

    found = run(loop, INJECTED, obeys, seen)

    obeyed = [one for one in found["verdicts"] if one["text"] == OBEYED]
    assert len(obeyed) >= len(INJECTED) and {one["verdict"] for one in obeyed} == {"dropped"}
    assert all(one["reason"] for one in obeyed) and found["job"]["stop_reason"] == "plateau"


def test_seeds_with_orders_take_no_part_where_a_job_says_so(loop: Loop) -> None:
    gates = replace(OPEN, safety=replace(Safety(), injections=Handling.reject))

    found = run(loop, [*INJECTED[:3], *CLEAN[3:6]], ignores, gates)

    assert [seed["reason"] for seed in found["seeds"]] == ["injection"] * 3 + [None] * 3
