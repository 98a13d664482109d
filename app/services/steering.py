"""What a round says to steering: which texts count as successes, and whether its answers repeat themselves."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from app.domain import levers
from app.domain.records import Split, Verdict
from app.domain.targets import Check
from app.repositories.generations import Candidate
from app.services import replacing
from app.services.admitting import Row
from app.services.planning import Board, Way


def with_won(board: Board, texts: Sequence[Candidate], outcomes: Sequence[Row], short: Sequence[Check]) -> Board:
    """The board with the texts that steering counts as successes: good and new, of `work` families, no repairs.

    The rows that the board was read from still call this round's texts pending.
    """
    verdicts = {outcome[0]: outcome[1] for outcome in outcomes}
    good = [
        text
        for text in texts
        if verdicts.get(text.id, text.verdict) in (Verdict.kept, Verdict.reserve)
        and text.split == Split.work
        and not text.repair
    ]
    helping = [
        text
        for text in good
        if levers.helps({"ease": text.ease, "grade": text.grade, "list_coverage": text.list_coverage}, short)
    ]
    return replace(board, accepted=_by_way(good), won=_by_way(helping))


def _by_way(texts: Sequence[Candidate]) -> Counter[Way]:
    return Counter((text.round_id, text.arm, text.model) for text in texts)


def sameness(round_id: int, texts: Sequence[Candidate], outcomes: Sequence[Row]) -> tuple[int, int]:
    """Of a round's answers those that came so far, and those of them refused for being like others."""
    new = {text.id for text in texts if text.round_id == round_id and text.verdict == Verdict.pending}
    # A refinement that is no better than its earlier version says nothing of the endpoint's variety.
    fates = [outcome for outcome in outcomes if outcome[0] in new and outcome[2] != replacing.GATE]
    return len(fates), sum(outcome[1] == Verdict.dropped for outcome in fates)
