"""Turns a job's rows into a plan and a plan into the units of its next round."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import takewhile

from sqlalchemy.orm import Session

from app.domain import again, licences, model_shares, planning, refinements, settling, unsafe_words, word_parts
from app.domain import drafts as draft_rules
from app.domain.arm_beliefs import Trial
from app.domain.config import JobConfig, recipe_of
from app.domain.draws import Draws, Offer
from app.domain.planning import Plan, Planned, Repairable, SeedState, Situation
from app.domain.pricing import worst_prompt_tokens
from app.domain.recipes.recipe import Recipe
from app.domain.records import JobId, split_of
from app.domain.refinements import Kept, Refinable
from app.domain.targets import Check
from app.repositories import arm_trials, drafts, generations, once_more, rewrites, seeds
from app.repositories.arm_trials import AskedRow
from app.repositories.rewrites import NewRewrite
from app.repositories.seeds import ScoredSeed, Word
from app.services import rounds
from app.services.arm_names import arm_of as arm_of

PROMPT_OVERHEAD_BYTES = 6_000
"""More than the bytes of any built-in prompt without its document; a longer one is noticed and reserved anew."""


Way = tuple[int, str, str | None]
"""Id of the round, arm and model, as in `AskedRow`."""


@dataclass(frozen=True)
class Board:
    """All that planning reads, besides what settling knows already."""

    scored: list[ScoredSeed]
    used: dict[int, set[str]]
    repairs: list[generations.RepairRow]
    asked: list[AskedRow]
    words: dict[str, list[tuple[int, str]]]
    """{part of speech: [(seed id, word)]}, only words that may be drawn."""
    words_left_out: Mapping[str, int] = field(default_factory=dict)
    """{reason: words that may not be drawn}."""
    features: tuple[str, ...] = ()
    """Story features that came with the words, in place of the recipe's."""
    openings: tuple[str, ...] = ()
    """Ways to begin that came with the words, in place of the recipe's."""
    accepted: Mapping[Way, int] = field(default_factory=dict)
    """Answers that were good and new, by the way they were asked in."""
    won: Mapping[Way, int] = field(default_factory=dict)
    """Those among them of the kind that is short."""
    passed: Set[int] = frozenset()
    """Seeds whose passes have been made."""
    refined: Mapping[int, int] = field(default_factory=dict)
    """{generation id: refinements asked for}."""
    kept: Sequence[Kept] = ()
    """Texts of the pool that fall short, in the order of rounds and plans; whoever settles says it."""
    covered: frozenset[int] = frozenset()
    """Seeds with a text in the pool; likewise."""


def read_board(session: Session, job_id: JobId, corpus_id: int, config: JobConfig, *, repairs: int) -> Board:
    """The state of a job's seeds, arms and repairs; what was won is for whoever settles to say."""
    scored = list(seeds.all_scored(session, job_id, vectors=False))
    board = Board(
        scored,
        generations.used_arms(session, job_id),
        generations.repairable(session, job_id, limit=repairs),
        arm_trials.asked(session, job_id),
        {},
        passed=drafts.passed_seeds(session, job_id) if config.passes else frozenset(),
        refined=once_more.refined(session, job_id) if config.planning.refine_share else {},
    )
    recipe = recipe_of(config)
    if scored or not recipe.draws:
        return board
    return _with_words(board, seeds.words(session, corpus_id, part=recipe.draws[0]), config, recipe)


def _with_words(board: Board, found: Mapping[str, list[Word]], config: JobConfig, recipe: Recipe) -> Board:
    """The board with the words that may be drawn, by part of speech, and what else the list holds for the recipe."""
    parts: dict[str, list[tuple[int, str]]] = {}
    left_out: Counter[str] = Counter()
    for part, words in found.items():
        for word in words:
            reason = _reason_against(word, part, config, recipe)
            if reason is None:
                parts.setdefault(part, []).append((word.id, word.text))
            else:
                left_out[reason] += 1
    texts = {part: tuple(text for _, text in parts.pop(part, ())) for part in word_parts.PHRASES}
    return replace(
        board,
        words=parts,
        words_left_out=left_out,
        features=texts["feature"][: word_parts.MOST_PHRASES],
        openings=texts["opening"],
    )


def _reason_against(word: Word, part: str, config: JobConfig, recipe: Recipe) -> str | None:
    gates = config.gates
    if part not in recipe.draws and not (part in word_parts.PHRASES and recipe.features):
        return "other_part"
    if part == "function" and not word_parts.fits(word.text, part):
        return "bad_word"
    if not licences.allowed(word.licence, gates.licences):
        return "licence"
    listed = recipe.for_children and gates.safety.unsafe_words
    return "unsafe_words" if listed and unsafe_words.unsafe_words(word.text, gates.safety.word_classes) else None


def words_funnel(board: Board) -> dict[str, object]:
    """Round 0's funnel of a word list: what is drawn from, and why the rest is not."""
    drawn, left_out = sum(map(len, board.words.values())), dict(board.words_left_out)
    return {"seeds": drawn + sum(left_out.values()), "taking_part": drawn, "left_out": left_out, "redacted": {}}


def quotas_of(board: Board, config: JobConfig) -> dict[int, int]:
    """The approved texts each cluster should reach: in all, as many as there are seeds that take part, or draws."""
    if board.words:
        return {0: config.draws}
    counts = Counter(seed.cluster for seed in board.scored if seed.reason is None and seed.cluster is not None)
    return settling.quotas(counts, total=sum(counts.values()), exponent=config.planning.quota_exponent)


def make_plan(board: Board, config: JobConfig, *, number: int, approved: Counter[int], short: Sequence[Check]) -> Plan:
    """The plan of round `number`."""
    recipe = recipe_of(config)
    to_refine = refinements.refinable(
        board.kept, short, edu_under=config.planning.refine_edu_under, depth=config.planning.refine_depth
    )
    if board.words:
        return _plan_draws(board, config, recipe, number, to_refine)
    covers = config.targets.source_coverage is not None
    states = [
        SeedState(
            seed.id,
            seed.cluster or 0,
            frozenset(_pair(name) for name in board.used.get(seed.id, ())),
            uncovered=covers and seed.source_id is not None and seed.id not in board.covered,
        )
        for seed in board.scored
        if seed.reason is None
    ]
    situation = Situation(
        seeds=states,
        approved=approved,
        quotas=quotas_of(board, config),
        repairable=[_repairable(row) for row in board.repairs],
        refinable=to_refine,
        trials=[_trial(row, board, number, priced=_priced(board, config)) for row in board.asked],
        short=short,
        models={one.model: one.share for one in config.llm.models},
        model_floor=config.llm.model_floor if config.llm.adaptive else None,
        cost_unit="usd" if _priced(board, config) else "tokens",
    )
    return planning.plan_round(
        situation, recipe.arms, planning=config.planning, rng_seed=config.rng_seed, number=number
    )


def _priced(board: Board, config: JobConfig) -> bool:
    """Whether money is what models are weighed by: every answer had a price. Of one model, tokens say the same."""
    return config.llm.adaptive and all(row.micro > 0 for row in board.asked if row.answers)


def _trial(row: AskedRow, board: Board, number: int, *, priced: bool) -> Trial:
    arm, way = arm_of(row.arm), (row.round_id, row.arm, row.model)
    return Trial(
        (arm.format, arm.audience, arm.constraint, row.model or ""),
        age=max(0, number - 1 - row.round),
        asked=row.asked,
        accepted=board.accepted.get(way, 0),
        won=board.won.get(way, 0),
        cost=float(row.micro if priced else row.tokens),
        answers=row.answers,
    )


def _repairable(row: generations.RepairRow) -> Repairable:
    reason = f"{row.reason}: {row.detail}" if row.detail else row.reason
    return Repairable(row.generation_id, row.seed_id, arm_of(row.arm), row.edu_score, (reason,))


def draws_per_round(config: JobConfig) -> int:
    """The prompts a round draws from a word list."""
    return config.planning.calls_per_round or max(planning.LEAST_CALLS, -(-config.draws // config.max_rounds))


def _plan_draws(board: Board, config: JobConfig, recipe: Recipe, number: int, to_refine: Sequence[Refinable]) -> Plan:
    size = draws_per_round(config)
    first = size * (number - 1)
    count = max(0, min(size, config.draws - first))
    offer = Offer(
        {part: len(words) for part, words in board.words.items()},
        recipe.arms,
        board.features or recipe.features,
        board.openings or recipe.openings,
        config.planning.features_per_story,
    )
    drawn = Draws(offer, rng_seed=config.rng_seed, first=first, count=count)
    left = max(0, config.draws - first - count)
    repairable = [_repairable(row) for row in board.repairs]
    calls = again.with_again(drawn, repairable, to_refine, config.planning, size=size, seed=[config.rng_seed, number])
    told = {**drawn.summary(), **again.counts(calls), "draws_left": left, "why": "dealt evenly from shuffled lists"}
    return Plan(calls, told)


def _pair(name: str) -> tuple[str, str]:
    arm = arm_of(name)
    return (arm.audience, arm.format)


def seeds_left(board: Board, config: JobConfig, number: int) -> int:
    """How many seeds, repairs or draws a round after `number` could still ask for."""
    if board.words:
        return max(0, config.draws - draws_per_round(config) * number) + len(board.repairs)
    most = planning.most_variants(recipe_of(config).arms, config.planning)
    left = sum(s.reason is None and len(board.used.get(s.id, ())) < most for s in board.scored)
    return left + len(board.repairs)


def write_plan(session: Session, job_id: JobId, config: JobConfig, board: Board, plan: Plan, *, number: int) -> int:
    """Open a round with the units of `plan`; returns how many."""
    round_id = rounds.open_round(session, job_id, number, plan=plan.summary)
    # What passes make of code is up to twice as long.
    sizes = {seed.id: seed.tokens * (2 if seed.improvable else 1) for seed in board.scored}
    passes = {seed.id for seed in board.scored if seed.improvable} - board.passed if config.passes else set()
    recipe = recipe_of(config)
    # Of drawn texts asked for once more, which come first: a million draws are not gone through to find them.
    earlier = [call.parent_id for call in takewhile(lambda call: call.parent_id, plan.calls) if call.parent_id]
    drawn = once_more.draws(session, earlier) if board.words else {}
    shared = _Shared(config, recipe, board, sizes, drawn)
    units = (_with_passes(_unit(place, call, shared), config, passes) for place, call in enumerate(plan.calls))
    return rewrites.put(session, job_id, round_id, units)


CARRIED = ("words", "word_seeds", "features", "opening", "split")
"""What a drawn text's repair is told of its draw once more."""


def _model(call: Planned, config: JobConfig) -> str | None:
    """The call's model of several; of a draw, which no plan steers, by its place among all draws."""
    if call.model is not None or not config.llm.models:
        return call.model
    return model_shares.pick(call.rng_seed / 2**31, {one.model: one.share for one in config.llm.models})


def _with_passes(unit: NewRewrite, config: JobConfig, open_seeds: Set[int]) -> NewRewrite:
    """The unit with the passes that its seed's code still needs before it; a repair's seed has them behind it."""
    if unit.seed_id not in open_seeds or unit.parent_id is not None:
        return unit
    asked = {"passes": [stage.value for stage in config.passes], "stage": 0}
    return replace(unit, payload={**unit.payload, **asked})


@dataclass(frozen=True)
class _Shared:
    """What all units of a round are made with."""

    config: JobConfig
    recipe: Recipe
    board: Board
    sizes: Mapping[int, int]
    """{seed id: its words}."""
    drawn: Mapping[int, Mapping[str, object]]
    """{generation id: what it was drawn from}, of those that are asked for once more."""


def _unit(place: int, call: Planned, shared: _Shared) -> NewRewrite:
    config, recipe, board, sizes = shared.config, shared.recipe, shared.board, shared.sizes
    words = sizes.get(call.seed_id or 0, 0)
    most = recipe.answer_tokens(words)
    if config.passes:
        most = max(most, draft_rules.answer_tokens(words // 2))
    most = min(config.llm.max_tokens, most)
    # Eight bytes a word and some room; too small a guess only costs the unit one more claim.
    prompt = PROMPT_OVERHEAD_BYTES + 8 * words * (2 if call.parent_id else 1)
    payload: dict[str, object] = {"arm": call.arm.name, "why": call.why, "rng_seed": call.rng_seed}
    if model := _model(call, config):
        payload["model"] = model
    if call.fell_short:
        payload["fell_short"] = list(call.fell_short)
    if call.better_by:
        payload["refines"] = {"by": list(call.better_by), "asked": call.asked_before}
    carried = shared.drawn.get(call.parent_id or 0, {})
    payload |= {name: carried[name] for name in CARRIED if name in carried}
    if call.words:
        drawn = [board.words[part][at] for part, at in call.words.items()]
        payload |= {
            "words": [word for _, word in drawn],
            "word_seeds": [seed_id for seed_id, _ in drawn],
            "features": list(call.features),
            **({"opening": call.opening} if call.opening else {}),
            # A story is a family of its own; its side is a hash of its draw, fixed like a seed's.
            "split": split_of(f"{config.rng_seed}/{call.rng_seed}".encode()),
        }
    return NewRewrite(
        ordinal=place,
        seed_id=call.seed_id,
        parent_id=call.parent_id,
        payload=payload,
        max_tokens=most,
        reserve_tokens=worst_prompt_tokens(prompt) + most,
    )
