"""Has answers examined in the limited child, off the event loop, and makes generations of them."""

import math
from collections.abc import Sequence

import msgspec
import structlog

from app.adapters import code_runner
from app.adapters.llm_outcomes import Answer
from app.adapters.models import shipped_audit_blob
from app.adapters.sandbox import Sandbox
from app.adapters.sandbox_faults import SandboxFault
from app.domain.examining import Answered, Examined, RulesSpec
from app.domain.records import Verdict
from app.domain.text import check_text, normalise, sha256
from app.repositories.generations import NewGeneration
from app.services import refining
from app.services.asking import Ask, JobContext, generation_key
from app.services.refining import Ended
from app.settings import Wall

log = structlog.get_logger(__name__)

JUDGE = "app.domain.examining:examine_answers"
JUDGE_AND_RUN = "app.adapters.real_runs:examine_answers"
Item = tuple[Ask, Answer, int | None]


class Judge:
    """One job's gates, in this process's child."""

    def __init__(
        self,
        sandbox: Sandbox,
        context: JobContext,
        weights: bytes,
        *,
        max_text_chars: int = 200_000,
        wall: Wall = Wall.off,
    ) -> None:
        self.sandbox, self.context, self.max_text_chars = sandbox, context, max_text_chars
        self.function = self._function(wall)
        rules = RulesSpec(context.config.gates, context.recipe, context.benchmarks, context.config.parts)
        sandbox.set_context("classifier", weights)
        sandbox.set_context("audit", shipped_audit_blob())
        sandbox.set_context("embedder", context.embedder)
        sandbox.set_context("clusters", context.clusters)
        sandbox.set_context("rules", msgspec.msgpack.encode(rules))

    def _function(self, wall: Wall) -> str:
        """What the child is asked for. Where the walls cannot be put up, code is not run with less; it stays untold."""
        if wall is Wall.off:
            return JUDGE
        if why := code_runner.probe(wall):
            log.error("code_runner.unavailable", wall=wall.value, why=why)
            return JUDGE
        self.sandbox.set_context("code_runner", wall.encode())
        return JUDGE_AND_RUN

    def judge(self, items: Sequence[Item]) -> list[Ended]:
        """One ended unit an answer: with its generation, or rejected when the child could not bear its text."""
        if not items:
            return []
        texts = [normalise(answer.text).strip() for _, answer, _ in items]
        faults = [check_text(text, max_chars=self.max_text_chars) for text in texts]
        storable = [(item, text) for item, text, fault in zip(items, texts, faults, strict=True) if fault is None]
        payloads = [msgspec.msgpack.encode(_answered(item[0], text)) for item, text in storable]
        found = self.sandbox.call_each(self.function, payloads)
        judged = [self._ended(item, text, result) for (item, text), result in zip(storable, found, strict=True)]
        return judged + [
            Ended(item[0].unit.id, item[0].unit.token, None, fault.value)
            for item, fault in zip(items, faults, strict=True)
            if fault is not None
        ]

    def _ended(self, item: Item, text: str, result: bytes | SandboxFault) -> Ended:
        ask, answer, call_id = item
        unit = ask.unit
        if not isinstance(result, bytes):
            log.warning("answer.unbearable", unit=unit.id, fault=str(result))
            return Ended(unit.id, unit.token, None, "unbearable_text")
        examined = msgspec.msgpack.decode(result, type=Examined)
        if not _sound(examined):
            log.warning("answer.unsound", unit=unit.id)
            return Ended(unit.id, unit.token, None, "unsound_scores")
        return Ended(unit.id, unit.token, self._generation(ask, answer, call_id, text, examined))

    def _generation(
        self, ask: Ask, answer: Answer, call_id: int | None, text: str, examined: Examined
    ) -> NewGeneration:
        unit, job = ask.unit, self.context.job
        sample = 1 + unit.payload["stage"] if ask.stage else 0
        # Screened before anything is stored: what was redacted is neither in the row nor in its digest.
        text = text if examined.text is None else examined.text
        return NewGeneration(
            job_id=job.id,
            round_id=unit.round_id,
            unit_id=unit.id,
            sample_ix=sample,
            key=generation_key(job.key, unit.round_number, unit.ordinal, sample),
            seed_id=unit.seed_id,
            parent_id=unit.version.id if ask.stage and unit.version else unit.parent_id,
            llm_call_id=call_id,
            text=text,
            sha256=sha256(text),
            model=answer.model,
            arm=ask.draw.arm.name,
            draw=unit.payload,
            params={"temperature": ask.request.temperature, "max_tokens": unit.max_tokens, "seed": ask.draw.rng_seed},
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
            micro=refining.job_price(job, ask.request.model).cost(answer.prompt_tokens, answer.completion_tokens),
            finish_reason=answer.finish_reason,
            edu_score=examined.edu_score,
            ease=examined.row.ease,
            grade=examined.row.grade,
            list_coverage=examined.row.list_coverage,
            tokens=examined.row.words,
            cluster=examined.cluster,
            scores=examined.scores,
            gate=examined.gate,
            reason=examined.reason,
            detail=examined.detail or None,
            repairable=examined.repairable,
            verdict=_verdict(ask, examined),
            embedding=examined.row.embedding,
            signature=examined.row.signature,
        )


def _verdict(ask: Ask, examined: Examined) -> Verdict:
    if ask.stage is not None:
        return Verdict.draft
    return Verdict.pending if examined.gate is None else Verdict.dropped


def _sound(examined: Examined) -> bool:
    """Whether every figure is one that the database takes: one NaN would fail the whole group of answers."""
    row = examined.row
    figures = (row.grade, row.list_coverage, *examined.scores.values())
    return 0 <= examined.edu_score <= 5 and 0 <= row.ease <= 100 and all(map(math.isfinite, figures))


def _answered(ask: Ask, text: str) -> Answered:
    return Answered(
        text=text,
        seed_text=ask.unit.seed_text,
        kind=ask.draw.kind.value,
        mark=ask.mark,
        length=ask.length,
        words=ask.draw.words,
        seed_ease=ask.unit.seed_ease,
        seed_facts=ask.unit.seed_facts,
        version=ask.unit.version.text if ask.unit.version else None,
        stage=ask.stage,
    )
