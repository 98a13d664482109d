"""What becomes of refined texts when a round settles: each takes its earlier version's place, or that one stays."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from app.domain import refinements
from app.domain.records import Verdict
from app.domain.refinements import EDU, HIGHER, Kept
from app.domain.settling import Outcome, Pool, Survivor
from app.domain.targets import Check
from app.repositories.generations import Candidate
from app.services.arm_names import arm_of
from app.services.planning import Board

GATE = "refinement"
"""What drops an earlier version (`replaced`) or a refined text that is no better (`not_better`)."""


def replace_earlier(
    made: Sequence[Candidate],
    places: Sequence[Survivor],
    pool: Pool,
    judge: Callable[[Sequence[Survivor]], list[Outcome]],
) -> list[Outcome]:
    """The outcomes of refined texts whose earlier version is in the pool, and of the versions that they replace.

    A text that is better is judged as if the earlier version were not there; if the pool refuses it, that one stays.
    """
    place_of = {one.id: place for place, one in enumerate(made) if one.verdict == Verdict.kept}
    outcomes: list[Outcome] = []
    for place, one in enumerate(made):
        earlier = place_of.get(one.parent_id or 0) if one.refines and one.verdict != Verdict.kept else None
        if one.refines is None or earlier is None or earlier not in pool.ids:
            continue
        if not refinements.better(one.refines["by"], figures(one), figures(made[earlier])):
            outcomes.append(Outcome(place, Verdict.dropped, GATE, "not_better", 0.0))
            continue
        pool.remove(places[earlier])
        (outcome,) = judge([places[place]])
        outcomes.append(outcome)
        if outcome.verdict == Verdict.kept:
            outcomes.append(Outcome(earlier, Verdict.dropped, GATE, "replaced", 0.0))
        else:
            pool.add(places[earlier])
    return outcomes


def figures(text: Candidate) -> dict[str, float]:
    """What a refined text is compared by."""
    return {"grade": text.grade, "ease": text.ease, "list_coverage": text.list_coverage, EDU: text.edu_score}


def pool_to_refine(
    kept: Sequence[Candidate], asked: Mapping[int, int], short: Sequence[Check], *, edu_under: float | None
) -> list[Kept]:
    """The texts of the pool that fall short; `asked`: {generation id: refinements asked for of that text itself}.

    Most of a pool does not, so that only a glance is spent on those.
    """
    bounds = [(of.figure, of.figure in HIGHER, bound) for of, bound in refinements.bounds(short, edu_under)]
    return [
        Kept(text.id, text.seed_id, arm_of(text.arm), figures(text), asked.get(text.id, 0) + _asked_before(text))
        for text in kept
        if any(
            (getattr(text, name) < bound if higher else getattr(text, name) > bound) for name, higher, bound in bounds
        )
    ]


def with_pool(board: Board, kept: Sequence[Candidate], short: Sequence[Check], *, edu_under: float | None) -> Board:
    """The board with the texts of the pool that may be refined, and the seeds that have one."""
    to_refine = pool_to_refine(kept, board.refined, short, edu_under=edu_under)
    return replace(board, kept=to_refine, covered=frozenset(text.seed_id for text in kept if text.seed_id is not None))


def _asked_before(text: Candidate) -> int:
    """Refinements of the versions before it, that which it is itself included."""
    return text.refines["asked"] + 1 if text.refines else 0
