"""Kept texts that fall short of a target, bettered in a whole job: what replaces them, and what does not."""

from dataclasses import replace

from app.domain.config import Planning
from tests.faults.rig import document
from tests.integration.loop_run import Loop
from tests.integration.loop_world import EASY, config_of, row, rows
from tests.stub_llm_answers import Prompt, lesson

DOCUMENTS = [document(place) for place in range(18)]
SHORT = replace(EASY, approved_tokens=0, grade_p90=1.0)
"""Of which every text falls short."""


def easier_now_and_then(prompt: Prompt) -> str:
    """Half of the refinements say the same in sentences of five words; the others in one breath."""
    if "is the best so far" not in prompt.told:
        return lesson(prompt)
    words = prompt.earlier.replace(".", "").split()
    if len(prompt.earlier) % 2:
        return " and ".join(" ".join(words[at : at + 40]) for at in range(0, len(words), 40)) + "."
    return " ".join(" ".join(words[at : at + 5]).capitalize() + "." for at in range(0, len(words), 5))


def test_refined_texts_take_the_place_of_worse_ones_and_of_no_others(loop: Loop) -> None:
    loop.endpoint.says(easier_now_and_then)
    config = config_of(targets=SHORT, max_rounds=3, planning=Planning(variants_per_seed=9, refine_share=0.5))
    job_id = loop.submit(loop.corpus(DOCUMENTS), config)

    loop.drive(job_id)

    made = loop.rounds(job_id)
    assert made[1]["plan"]["refine"] == 0 < made[2]["plan"]["refine"]
    again = rows(
        loop.engine,
        """
        SELECT g.verdict, g.gate, g.reason, g.grade, p.verdict AS p_verdict, p.reason AS p_reason, p.grade AS p_grade,
               g.draw, r.number
        FROM generations g JOIN generations p ON p.id = g.parent_id JOIN rounds r ON r.id = g.round_id
        WHERE g.job_id = :job AND g.draw->>'why' = 'refine'""",
        job=job_id,
    )
    assert sum(one["number"] == 2 for one in again) == made[2]["plan"]["refine"]
    better = [one for one in again if one["verdict"] == "kept"]
    worse = [one for one in again if one["reason"] == "not_better"]
    assert better and worse
    for one in better:
        assert one["grade"] < one["p_grade"] and (one["p_verdict"], one["p_reason"]) == ("dropped", "replaced")
    for one in worse:
        assert one["grade"] >= one["p_grade"] and one["p_verdict"] == "kept"
    told = made[2]["funnel"]["again"]["refine"]
    assert told["answers"] == made[2]["plan"]["refine"] and 0 < told["kept"] < told["answers"]
    asked = rows(
        loop.engine,
        "SELECT count(*) AS n FROM units WHERE job_id = :job AND payload->>'why' = 'refine' GROUP BY parent_id",
        job=job_id,
    )
    assert {one["n"] for one in asked} == {1}, "a text was refined twice at a depth of one"
    pool = row(loop.engine, "SELECT count(*) AS n FROM generations WHERE job_id = :j AND verdict = 'kept'", j=job_id)
    assert pool["n"] == made[-1]["measures"]["pool"]


def forgetful(prompt: Prompt) -> str:
    """A story that now and then lacks its words, unless it is told so."""
    lacks = prompt.words and not prompt.earlier and prompt.draw % 2
    more = (f"Then they saw thing number {prompt.draw % (at + 7)} and went on." for at in range(9))
    return f"{lesson(replace(prompt, words=('plan',)) if lacks else prompt)} {' '.join(more)}"


def test_drawn_texts_are_repaired_with_their_words_beside_them(loop: Loop) -> None:
    loop.endpoint.says(forgetful)
    words = [
        {"text": word, "part": part, "kind": "words"}
        for part, some in (
            ("noun", ("dog", "boat", "hill")),
            ("verb", ("run", "sing")),
            ("adjective", ("small", "blue")),
        )
        for word in some
    ]
    config = config_of(recipe="tinystories", draws=20, max_rounds=2, planning=Planning(calls_per_round=10))
    job_id = loop.submit(loop.corpus(words), config)

    loop.drive(job_id)

    second = loop.rounds(job_id)[2]
    assert second["plan"]["repair"] == 2 and second["plan"]["calls"] == 12
    repairs = rows(
        loop.engine,
        """
        SELECT g.draw, p.draw AS p_draw, p.reason, g.reason AS left_over FROM generations g
        JOIN generations p ON p.id = g.parent_id WHERE g.job_id = :job""",
        job=job_id,
    )
    assert len(repairs) == 2
    for one in repairs:
        assert one["reason"] == "words_missing" != one["left_over"]
        for name in ("words", "word_seeds", "features", "split"):
            assert one["draw"][name] == one["p_draw"][name]
        assert one["draw"]["rng_seed"] != one["p_draw"]["rng_seed"]
