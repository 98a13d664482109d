"""A plan from rows and its units as rows; what is asked of each, and how much is put aside for it."""

from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from app.db.session import transaction
from app.domain.config import JobConfig, Llm, Planning
from app.domain.gate_config import Gates, Licences, Safety
from app.domain.planning import Arm, Plan, Planned
from app.domain.recipes.codetextbook import CODETEXTBOOK
from app.domain.records import JobId, Split
from app.repositories import seeds
from app.repositories.generations import RepairRow
from app.repositories.seeds import ScoredSeed
from app.services import planning
from app.services.planning import Board
from tests.integration.loop_world import add_job, rows, seed_ids
from tests.integration.repositories.test_texts import score

WORDS = {
    "noun": [(1, "dog"), (2, "boat"), (3, "hill")],
    "verb": [(4, "run"), (5, "sing")],
    "adjective": [(6, "small"), (7, "blue")],
}


def scored(place: int, *, cluster: int | None = 0, reason: str | None = None, tokens: int = 100) -> ScoredSeed:
    return ScoredSeed(place, place, "prose", "work", 2.0, 60.0, 7.0, 0.9, tokens, cluster, reason, b"", b"")


def board(count: int = 6, **over: object) -> Board:
    return replace(Board([scored(place) for place in range(1, count + 1)], {}, [], [], {}), **over)  # type: ignore[arg-type]


def make_plan(of: Board, config: JobConfig = JobConfig(), *, number: int = 1) -> Plan:  # noqa: B008  # a frozen value
    return planning.make_plan(of, config, number=number, approved=Counter(), short=())


def test_seeds_that_take_no_part_are_not_asked() -> None:
    of = board(scored=[scored(1), scored(2, reason="near_duplicate"), scored(3, cluster=None, reason="low_education")])

    assert {call.seed_id for call in make_plan(of).calls} == {1}


def test_no_seeds_make_an_empty_plan_and_nothing_left() -> None:
    assert make_plan(board(0)).calls == ()
    assert planning.seeds_left(board(0), JobConfig(), 1) == 0


@pytest.mark.parametrize(
    ("name", "arm"),
    [("a/b/c", Arm("a", "b", "c")), ("a/b", Arm("a", "b", "")), ("", Arm("", "", "")), ("a/b/c/d", Arm("a", "b", "c"))],
)
def test_an_arm_by_its_name(name: str, arm: Arm) -> None:
    assert planning.arm_of(name) == arm


def test_every_arm_is_found_by_its_name() -> None:
    assert all(planning.arm_of(arm.name) == arm for arm in CODETEXTBOOK.arms)


def test_quotas_sum_to_the_seeds_that_take_part() -> None:
    of = board(scored=[scored(n, cluster=n % 2) for n in range(1, 9)] + [scored(9, cluster=5, reason="contaminated")])

    assert planning.quotas_of(of, JobConfig()) == {0: 4, 1: 4}


def test_what_is_left_counts_seeds_with_a_variant_and_repairs() -> None:
    repair = RepairRow(70, 1, "lesson/a school pupil/none", 2.0, "too_hard", "grade 12")
    used = {1: {"a/b/none", "c/d/none", "e/f/none"}, 2: {"a/b/none"}}
    of = board(3, used=used, repairs=[repair])

    assert planning.seeds_left(of, JobConfig(), 1) == 3
    (call,) = [call for call in make_plan(of).calls if call.why == "repair"]
    assert (call.parent_id, call.fell_short) == (70, ("too_hard: grade 12",))


def test_nothing_is_left_of_a_seed_that_had_every_audience_and_format() -> None:
    every = {f"{style}/{audience}/none" for style in CODETEXTBOOK.formats for audience in CODETEXTBOOK.audiences}
    config = JobConfig(planning=Planning(variants_per_seed=100))

    assert planning.seeds_left(board(1, used={1: every}), config, 1) == 0


def test_draws_go_on_where_the_last_round_ended_and_end() -> None:
    config = JobConfig(recipe="tinystories", draws=120, planning=Planning(calls_per_round=50))
    of = board(0, words=WORDS)

    made = [make_plan(of, config, number=number) for number in (1, 2, 3, 4)]

    assert [len(plan.calls) for plan in made] == [50, 50, 20, 0]
    assert [planning.seeds_left(of, config, number) for number in (1, 2, 3)] == [70, 20, 0]
    assert len({call.rng_seed for plan in made for call in plan.calls}) == 120


def written(engine: Engine, plan: Plan, config: JobConfig, of: Board) -> list[dict[str, object]]:
    with transaction(engine) as session:
        job_id = add_job(session)
        assert planning.write_plan(session, JobId(job_id), config, of, plan, number=1) == len(plan.calls)
    return rows(engine, "SELECT * FROM units WHERE job_id = :j AND kind = 'rewrite' ORDER BY ordinal", j=job_id)


ARM = CODETEXTBOOK.arms[0]
STORIES = JobConfig(recipe="tinystories")


def test_a_call_becomes_a_unit_that_says_all_it_needs(engine: Engine) -> None:
    plan = Plan(
        (
            Planned(None, ARM, "explore", 11),
            Planned(None, ARM, "repair", 12, parent_id=70, fell_short=("too_hard: x",)),
        ),
        {},
    )

    first, second = written(engine, plan, JobConfig(), board(0))

    assert first["payload"] == {"arm": ARM.name, "why": "explore", "rng_seed": 11}
    assert second["payload"] == {"arm": ARM.name, "why": "repair", "rng_seed": 12, "fell_short": ["too_hard: x"]}
    assert (first["ordinal"], second["ordinal"], second["parent_id"], first["state"]) == (0, 1, 70, "ready")


def test_more_is_put_aside_for_a_longer_seed_and_for_a_repair(engine: Engine) -> None:
    with transaction(engine) as session:
        short, long = seed_ids(session, add_job(session, seeds=2))
    of = board(scored=[scored(short, tokens=50), scored(long, tokens=5000)])
    calls = (
        Planned(short, ARM, "quota", 1),
        Planned(long, ARM, "quota", 2),
        Planned(short, ARM, "repair", 3, parent_id=70),
    )

    one, two, three = (u["reserve_tokens"] for u in written(engine, Plan(calls, {}), JobConfig(), of))

    assert one < three < two  # type: ignore[operator]


def test_an_answer_gets_no_more_than_the_job_allows(engine: Engine) -> None:
    plan = Plan((Planned(None, ARM, "explore", 1),), {})

    (unit,) = written(engine, plan, JobConfig(llm=Llm(max_tokens=50)), board(0))

    assert unit["max_tokens"] == 50


def test_a_draw_names_its_words_their_seeds_and_its_side(engine: Engine) -> None:
    call = Planned(None, ARM, "draw", 5, words={"noun": 1, "verb": 0, "adjective": 1}, features=("moral",))

    (unit,) = written(engine, Plan((call,), {}), JobConfig(), board(0, words=WORDS))

    payload = unit["payload"]
    assert isinstance(payload, dict)
    assert payload["words"] == ["boat", "run", "blue"] and payload["word_seeds"] == [2, 4, 7]
    assert payload["features"] == ["moral"] and payload["split"] in list(Split)


def test_the_board_reads_scores_or_words(engine: Engine) -> None:
    with transaction(engine) as session:
        job_id = add_job(session, seeds=2)
        corpus = session.execute(text("SELECT corpus_id FROM jobs WHERE id = :j"), {"j": job_id}).scalar_one()
        empty = planning.read_board(session, JobId(job_id), corpus, STORIES, repairs=5)
        seeds.put_scores(session, job_id, [score(i) for i in seed_ids(session, job_id)])
        full = planning.read_board(session, JobId(job_id), corpus, JobConfig(), repairs=5)

    # Seeds that say no part of speech are nouns.
    assert empty.scored == [] and [word for _, word in empty.words["noun"]] != []
    assert len(full.scored) == 2 and full.words == {}


def test_words_that_may_not_be_drawn_are_counted_and_left_out(engine: Engine) -> None:
    with transaction(engine) as session:
        job_id = add_job(session)
        corpus = session.execute(text("SELECT corpus_id FROM jobs WHERE id = :j"), {"j": job_id}).scalar_one()
        first, second, third = seed_ids(session, job_id)
        for seed_id, word, licence in ((first, "guns", "MIT"), (second, "boat", "GPL-3.0"), (third, "dog", "MIT")):
            session.execute(
                text("UPDATE seeds SET text = :word, kind = 'words', licence = :licence WHERE id = :id"),
                {"word": word, "licence": licence, "id": seed_id},
            )
        config = JobConfig(recipe="tinystories", gates=Gates(licences=Licences(deny=("GPL*",))))
        drawn = planning.read_board(session, JobId(job_id), corpus, config, repairs=5)
        grown_up = planning.read_board(
            session, JobId(job_id), corpus, replace(STORIES, gates=Gates(safety=Safety(unsafe_words=False))), repairs=5
        )

    assert drawn.words == {"noun": [(third, "dog")]}
    assert planning.words_funnel(drawn) == {
        "seeds": 3,
        "taking_part": 1,
        "left_out": {"unsafe_words": 1, "licence": 1},
        "redacted": {},
    }
    assert sum(map(len, grown_up.words.values())) == 3


def test_a_list_may_bring_its_own_features_and_openings_and_words_of_other_recipes(engine: Engine) -> None:
    lines = (("dog", "noun"), ("a lost shoe", "feature"), ("a smell", "opening"), ("count_vowels", "function"))
    with transaction(engine) as session:
        job_id = add_job(session, seeds=len(lines))
        corpus = session.execute(text("SELECT corpus_id FROM jobs WHERE id = :j"), {"j": job_id}).scalar_one()
        for seed_id, (word, part) in zip(seed_ids(session, job_id), lines, strict=True):
            session.execute(
                text("UPDATE seeds SET text = :word, kind = 'words', details = CAST(:part AS jsonb) WHERE id = :id"),
                {"word": word, "part": f'{{"part": "{part}"}}', "id": seed_id},
            )
        drawn = planning.read_board(session, JobId(job_id), corpus, STORIES, repairs=5)

    assert [word for _, word in drawn.words["noun"]] == ["dog"] and list(drawn.words) == ["noun"]
    assert (drawn.features, drawn.openings) == (("a lost shoe",), ("a smell",))
    assert planning.words_funnel(drawn)["left_out"] == {"other_part": 1}
    summary = make_plan(drawn, STORIES).summary
    assert summary["openings"] == {"a smell": 50} and summary["features"] == {"a lost shoe": 25}
