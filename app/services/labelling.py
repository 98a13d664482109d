"""What one label costs and what came of asking for it; the transactions around the calls.

A label's row says that it was asked for before the call leaves and what came before anybody reads it, so that a crash
pays for nothing twice but what was in flight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import zstandard
from sqlalchemy.orm import Session

from app.adapters.llm_outcomes import Answer, Failure, LlmRequest, Message, Outcome
from app.domain import judge_answers, labelling, safety
from app.domain.judge_prompts import Task
from app.domain.pricing import Price, worst_prompt_tokens
from app.domain.steps import Compute, Step
from app.errors import InvalidInputError
from app.repositories import classifier_labels, classifiers, units
from app.repositories.classifier_labels import Came, Reserved, Used, WaitingLabel
from app.repositories.classifiers import ClassifierRow
from app.repositories.units import ClaimedUnit, GiveBack
from app.services import failures

MAX_TRIES = 3
"""Useless or paid answers after which a label is given up."""
MAX_FREE_FAILURES = 40
"""Calls without an answer after which a label is given up, if others are answered: its prompt breaks the server."""
MOST_CANDIDATES = 200_000
"""Seeds of a corpus that a sample is drawn from."""


class NothingToLabelError(InvalidInputError):
    """Corpus {id} holds {found} work seeds that are texts of at most {chars} characters; {least} are needed."""

    code = "nothing_to_label"


@dataclass(frozen=True)
class LabelAsk:
    """One call, ready to be made."""

    label: WaitingLabel
    request: LlmRequest
    worst: Reserved


def prepare(session: Session, unit: ClaimedUnit) -> ClassifierRow:
    """Plan the labels if nobody has, and take back those that a lost worker had asked for."""
    assert unit.classifier_id is not None
    row = classifiers.get(session, unit.classifier_id)
    if row.id not in classifier_labels.counts(session, [row.id]):
        classifier_labels.plan(session, row.id, _plan(session, row.source))
    classifier_labels.recover(session, row.id)
    return row


def _plan(session: Session, source: dict[str, Any]) -> list[tuple[int, int]]:
    most = labelling.MOST_DOCUMENT_CHARS
    found = classifier_labels.candidates(session, source["corpus_id"], most_chars=most, limit=MOST_CANDIDATES)
    ids = labelling.stratified(found, source["sample"], rng_seed=source["rng_seed"])
    if len(ids) < 65:
        raise NothingToLabelError(id=source["corpus_id"], found=len(ids), chars=most, least=65)
    again = set(labelling.twice(ids, source["twice"]))
    # The second label comes right after the first, so that a budget that ends early leaves a ceiling too.
    return [(seed, repeat) for seed in ids for repeat in range(2 if seed in again else 1)]


def take(session: Session, unit: ClaimedUnit, row: ClassifierRow, *, limit: int) -> tuple[list[LabelAsk], bool]:
    """Calls to make now, reserved, and whether labels wait that no budget is left for. Raises LostLeaseError."""
    waiting = classifier_labels.waiting(session, row.id, limit=limit)
    asks = [ask(row, label) for label in waiting]
    fit = _fitting(asks, classifier_labels.used(session, row.id), row.source["budget"])
    if fit and not classifier_labels.reserve(session, unit.id, unit.token, [one.worst for one in asks[:fit]]):
        raise failures.LostLeaseError(unit=unit.id)
    return asks[:fit], fit < len(asks)


def ask(row: ClassifierRow, label: WaitingLabel) -> LabelAsk:
    """The call for a label: the same whoever makes it."""
    source = row.source
    name = f"{row.id}/{label.seed_id}/{label.repeat}/{label.tries}".encode()
    digest = sha256(name + source["prompt_sha256"].encode()).digest()
    # As everywhere a model is asked: no secrets, no personal data and no orders to it.
    messages = labelling.render(safety.redact(label.text), secret=digest)
    request = LlmRequest(
        model=source["model"],
        messages=tuple(Message(role=m.role, content=m.content) for m in messages),
        max_tokens=labelling.MAX_ANSWER_TOKENS,
        temperature=source["temperature"],
        seed=int.from_bytes(digest[:4], "big") >> 1,
        response_format=judge_answers.schema(Task.score),
    )
    prompt = worst_prompt_tokens(request.prompt_bytes())
    micro = price(row).cost(prompt, request.max_tokens)
    return LabelAsk(label, request, Reserved(label.id, prompt + request.max_tokens, micro))


def price(row: ClassifierRow) -> Price:
    """The price that was fixed when the labelling was asked for."""
    return Price(row.source["price_input"], row.source["price_output"])


def _fitting(asks: Sequence[LabelAsk], used: Used, caps: dict[str, int | None]) -> int:
    """Length of the longest prefix whose worst case fits under every cap."""
    calls, tokens, micro = used.calls, used.tokens, used.micro
    for place, one in enumerate(asks):
        calls, tokens, micro = calls + 1, tokens + one.worst.tokens, micro + one.worst.micro
        reached = {"calls": calls, "tokens": tokens, "micro": micro}
        if any(cap is not None and reached[name] > cap for name, cap in caps.items()):
            return place
    return len(asks)


def came_of(row: ClassifierRow, one: LabelAsk, outcome: Outcome, *, healthy: bool) -> Came:
    """What a call's outcome means for its label and its money; `healthy`: others are answered meanwhile."""
    raw = zstandard.compress(outcome.raw, 1) if outcome.raw else None
    usage = _usage(outcome)
    tokens, micro = (one.worst.tokens, one.worst.micro) if usage is None else (sum(usage), price(row).cost(*usage))
    if isinstance(outcome, Answer):
        label = labelling.parse(outcome.text)
        if label is not None:
            return Came(one.label.id, "done", float(label.score), label.reason, tokens, micro, False, raw)
        return Came(one.label.id, _again(one), None, "bad_score", tokens, micro, True, raw)
    breaks_it = healthy and one.label.calls >= MAX_FREE_FAILURES
    again = _again(one) if outcome.charged else "failed" if breaks_it else "ready"
    state = again if outcome.retry else "failed"
    return Came(one.label.id, state, None, outcome.code.value, tokens, micro, outcome.charged, raw)


def _again(one: LabelAsk) -> str:
    return "ready" if one.label.tries + 1 < MAX_TRIES else "failed"


def _usage(outcome: Outcome) -> tuple[int, int] | None:
    """(prompt, completion) tokens to charge; None: the whole reservation, because nobody knows."""
    if isinstance(outcome, Failure):
        if not outcome.charged:
            return 0, 0
        return (outcome.usage.prompt_tokens, outcome.usage.completion_tokens) if outcome.usage else None
    return (outcome.prompt_tokens, outcome.completion_tokens) if outcome.usage_known else None


def finish(session: Session, unit: ClaimedUnit) -> list[Step]:
    """Go on to training with the labels there are."""
    failures.finish_or_lose(session, unit)
    assert unit.classifier_id is not None
    classifiers.change(session, unit.classifier_id, only_in=("labelling",), state="training")
    units.add(session, "train", classifier_id=unit.classifier_id)
    return [Compute()]


def put_back(session: Session, unit: ClaimedUnit, *, delay_s: float, away: bool) -> None:
    """Let somebody go on later: a worker's other units have their turn between two slices."""
    units.give_back(session, [GiveBack(unit.id, unit.token, delay_s, "labelling", provider_failure=away)])
