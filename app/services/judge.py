"""What a judge call asks, and what its answer comes to: a finding, the call that follows, one repair, or nothing.

The judge answers like any LLM of the job, so the job that its pump and desk see is the judge's view of it: its model,
endpoint and price in the places of the writer's. Money, leases, storms and crashes are then what they are for texts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from app.adapters.llm_outcomes import Answer, LlmRequest, Message, request_key
from app.adapters.models import canaries
from app.domain import judge_answers, judge_prompts
from app.domain.arms import Arm
from app.domain.judge_answers import Checked, Claim, Claims, Scored, UnreadableAnswerError, Verdicts
from app.domain.judge_prompts import MOST_ANSWER_CHARS, Order, Task
from app.domain.judge_sample import DRESSED, dress
from app.domain.pricing import worst_prompt_tokens
from app.domain.prompts import Draw
from app.domain.prompts import Message as Said
from app.domain.records import JobId, Kind
from app.repositories import budgets, findings, rewrites, units
from app.repositories.findings import NewFinding
from app.repositories.rewrites import NewRewrite
from app.repositories.units import ClaimedRewrite, GiveBack
from app.services import asking, judge_plans
from app.services.asking import Ask, JobContext
from app.services.refining import Ended

ARM = Arm("judge", "", "")
ASKED_AGAIN = "asked_again"
"""Why a unit ended whose answer could not be read and is asked for once more."""
UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Told(Ended):
    """A judge unit's end."""

    finding: NewFinding | None = None
    follow: NewRewrite | None = None
    """The call that this answer asks for, in the same round."""
    round_id: int = 0


def view_of(context: JobContext) -> JobContext:
    """The job as its judge's pump sees it."""
    job, llm = context.job, context.config.llm
    assert job.judge_endpoint is not None and job.judge_model is not None
    # What is known of the writer's server says nothing of another one.
    profile = llm.profile if job.judge_endpoint == job.endpoint else None
    judged = replace(
        job,
        endpoint=job.judge_endpoint,
        model=job.judge_model,
        models=[],
        # One of the job's own endpoints keeps its name, by which the operator's key for it is found.
        lanes=[one for one in job.lanes if _answers(one, context)],
        price_input=job.judge_price_input,
        price_output=job.judge_price_output,
    )
    config = replace(context.config, llm=replace(llm, profile=profile, models=(), model=None, api="chat"))
    return replace(context, job=judged, config=config)


def _answers(lane: Mapping[str, Any], context: JobContext) -> bool:
    """Whether a lane of the job serves its judge: one of the writer's model may answer in another's place."""
    job = context.job
    if lane["model"] != job.judge_model:
        return False
    return context.config.judge.model is None or bool(lane["url"] == job.judge_endpoint)


def ask(context: JobContext, unit: ClaimedRewrite) -> Ask:
    """The call of a unit, the same whoever makes it; `context` is the judge's view."""
    unit = asking.screened(unit, context.config)
    secret = sha256(context.job.key + f"judge/{unit.round_number}/{unit.ordinal}".encode()).digest()
    task, messages = Task(unit.payload["task"]), _messages(unit, secret)
    if "fault" in unit.payload:
        earlier, fault = unit.payload["answer"], unit.payload["fault"]
        messages = judge_prompts.render_repair(messages, earlier, fault, secret=secret)
    request = LlmRequest(
        model=context.job.model,
        messages=tuple(Message(role=m.role, content=m.content) for m in messages),
        max_tokens=unit.max_tokens,
        temperature=context.config.judge.temperature,
        seed=int.from_bytes(secret[:4], "big") >> 1,
        response_format=judge_answers.schema(task),
    )
    # Two jobs of one key, or a judge asked again after an update of its model, must not share an answer.
    key = sha256(request_key(context.job.endpoint, request, 0) + unit.id.to_bytes(8, "big")).digest()
    worst = worst_prompt_tokens(request.prompt_bytes()) + unit.max_tokens
    return Ask(unit, Draw(ARM, Kind(unit.kind or "prose"), 0), request, key, "", (0, 0), worst)


def _messages(unit: ClaimedRewrite, secret: bytes) -> tuple[Said, ...]:
    said = unit.payload
    match Task(said["task"]):
        case Task.score:
            text = dress(unit.parent_text or "") if said["style"] == DRESSED else unit.parent_text or ""
            return judge_prompts.render_score(text, secret=secret, order=Order(said["order"]))
        case Task.canary:
            text = next((one.text for one in canaries() if one.name == said["canary"]), "")
            return judge_prompts.render_score(text, secret=secret)
        case Task.claims:
            return judge_prompts.render_claims(unit.parent_text or "", secret=secret)
        case Task.verify:
            claims = [one["claim"] for one in said["claims"]]
            return judge_prompts.render_verify(unit.seed_text or "", claims, secret=secret)


def read(ask_: Ask, answer: Answer, call_id: int | None) -> Told:
    """What an answer comes to; one that cannot be read is asked for once more and then counts for nothing."""
    unit = ask_.unit
    try:
        return _understood(unit, answer, call_id)
    except UnreadableAnswerError as error:
        if "fault" in unit.payload:
            return Told(unit.id, unit.token, None, UNREADABLE)
        shown = judge_answers.storable(answer.text)[:MOST_ANSWER_CHARS]
        again = judge_plans.repair(unit, shown, judge_answers.storable(str(error)))
        return Told(unit.id, unit.token, None, ASKED_AGAIN, follow=again, round_id=unit.round_id)


def _understood(unit: ClaimedRewrite, answer: Answer, call_id: int | None) -> Told:
    task = Task(unit.payload["task"])
    match task:
        case Task.score | Task.canary:
            said = judge_answers.parse(answer.text, Scored)
            reason = judge_answers.storable(said.reason)[: judge_answers.MOST_REASON_CHARS]
            found = _finding(unit, answer, call_id, score=said.score, reason=reason)
            return Told(unit.id, unit.token, None, finding=found)
        case Task.claims:
            listed = judge_answers.parse(answer.text, Claims)
            claims, _ = judge_answers.claims_in(listed, unit.parent_text or "")
            if claims:
                return Told(unit.id, unit.token, None, follow=judge_plans.verify(unit, claims), round_id=unit.round_id)
            return Told(unit.id, unit.token, None, finding=_finding(unit, answer, call_id))
        case Task.verify:
            claims = msgspec.convert(unit.payload["claims"], list[Claim])
            verdicts = judge_answers.parse(answer.text, Verdicts)
            checked = judge_answers.checked(verdicts, claims, unit.seed_text or "")
            return Told(unit.id, unit.token, None, finding=_finding(unit, answer, call_id, claims=checked))


def _finding(
    unit: ClaimedRewrite,
    answer: Answer,
    call_id: int | None,
    *,
    score: int | None = None,
    reason: str = "",
    claims: Sequence[Checked] = (),
) -> NewFinding:
    said = unit.payload
    return NewFinding(
        job_id=unit.job_id,
        round_id=unit.round_id,
        unit_id=unit.id,
        generation_id=unit.parent_id,
        canary=said.get("canary"),
        task=(Task.verify if score is None else Task(said["task"])).value,
        part_order=said["order"],
        style=said["style"],
        score=score,
        reason=reason,
        claims=[msgspec.to_builtins(one) for one in claims],
        model=judge_answers.storable(answer.model),
        llm_call_id=call_id,
    )


def store_outcomes(
    session: Session, ended: Sequence[Ended], back: Sequence[GiveBack], *, unsent: Sequence[int] = (), job_id: JobId
) -> int:
    """End units with what the judge said and the calls that follow; returns how many late writes were refused."""
    ends = [(e.unit_id, e.token, "done" if e.reason in (None, ASKED_AGAIN) else "rejected", e.reason) for e in ended]
    held = units.finish_many(session, ends)
    units.give_back(session, back)
    told = [one for one in ended if isinstance(one, Told) and one.unit_id in held]
    findings.put(session, [one.finding for one in told if one.finding])
    for round_id in sorted({one.round_id for one in told if one.follow}):
        follows = [one.follow for one in told if one.follow and one.round_id == round_id]
        rewrites.put(session, job_id, round_id, follows, kind="judge")
    budgets.release(session, job_id, unsent)
    return len(ended) - len(held)
