"""What is done to untrusted texts in bulk, as bytes in and bytes out, so that it can run in a limited child process.

Three jobs: the features of seeds, features and judgement of candidates, and benchmark items in any texts. Items come
one a text, so that the text that breaks the child is known; context (classifier, embedder, clusters, rules,
benchmarks) comes once and is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import msgspec
import numpy as np

from app.domain import clusters, drafts, embedding, fidelity, injections, safety
from app.domain.behaviour import Runner
from app.domain.benchmarks import Item
from app.domain.decontamination import BenchmarkIndex, build_index, find_all, report
from app.domain.drafts import Draft
from app.domain.education import Classifier, load_classifier
from app.domain.education_audit import Audit, load_audit
from app.domain.examining_messages import (
    Answered,
    Examined,
    GateResult,
    Row,
    RulesSpec,
    SeedText,
    Tried,
)
from app.domain.facts import Facts
from app.domain.features import Features, features
from app.domain.gate_config import Handling, Safety
from app.domain.gate_report import judge_each, limits
from app.domain.gates import Candidate, Rules, judge
from app.domain.recipes.recipe import Pass
from app.domain.records import Kind
from app.domain.safety import Screened

__all__ = ["Answered", "Examined", "GateResult", "Row", "RulesSpec", "SeedText", "Tried"]
"""The messages: whoever sends one to this module's functions finds it here."""

Context = Mapping[str, bytes]


@lru_cache(maxsize=4)
def _classifier(blob: bytes) -> Classifier:
    return load_classifier(blob)


@lru_cache(maxsize=1)
def _audit(blob: bytes) -> Audit:
    return load_audit(blob)


@lru_cache(maxsize=4)
def _embedder(blob: bytes) -> embedding.Embedder | None:
    # Empty where an endpoint gives the vectors, once the round's texts are all there.
    return embedding.from_bytes(blob) if blob else None


@lru_cache(maxsize=4)
def _clusters(blob: bytes) -> clusters.Clusters:
    return clusters.from_bytes(blob)


@lru_cache(maxsize=4)
def _rules(blob: bytes) -> Rules:
    spec = msgspec.msgpack.decode(blob, type=RulesSpec)
    index: BenchmarkIndex | None = build_index(spec.benchmarks) if spec.benchmarks else None
    return Rules(spec.gates, spec.recipe, index, parts=spec.parts)


@lru_cache(maxsize=2)
def _benchmarks(blob: bytes) -> BenchmarkIndex:
    return build_index(msgspec.msgpack.decode(blob, type=list[Item]))


def find_contamination(items: list[bytes], context: Context) -> list[bytes]:
    """A list of Hits for each text in UTF-8; context: `benchmarks`, the Items."""
    texts = [item.decode("utf-8", "surrogatepass") for item in items]
    return [msgspec.msgpack.encode(hits) for hits in find_all(_benchmarks(context["benchmarks"]), texts)]


def examine_seeds(items: list[bytes], context: Context) -> list[bytes]:
    """A Row for each SeedText; context: `classifier`, `embedder`, `benchmarks`, `safety`, and `passes` or none."""
    seeds = [msgspec.msgpack.decode(item, type=SeedText) for item in items]
    texts = [seed.text for seed in seeds]
    rules = msgspec.msgpack.decode(context["safety"], type=Safety)
    passes = bool(context.get("passes"))
    # Scores, cluster and length are those of what prompts show: no order to a model shall change the plan.
    shown = texts if rules.injections is Handling.off else [injections.cut(text) for text in texts]
    found = _rows(_features(shown, [Kind(seed.kind) for seed in seeds], context))
    hits = find_all(_benchmarks(context["benchmarks"]), texts)
    rows = [
        msgspec.structs.replace(row, contamination=report(held), facts=_seed_facts(seed, rules))
        for seed, row, held in zip(seeds, found, hits, strict=True)
    ]
    if passes:
        rows = [_with_improvable(seed, row) for seed, row in zip(seeds, rows, strict=True)]
    return [msgspec.msgpack.encode(row) for row in rows]


def _with_improvable(seed: SeedText, row: Row) -> Row:
    # Placeholders would stand in the code of a seed that is redacted, so it is left as it is.
    usable = seed.kind == Kind.code and row.facts is not None and drafts.improvable(seed.text)
    return msgspec.structs.replace(row, improvable=usable)


def _seed_facts(seed: SeedText, rules: Safety) -> bytes | None:
    if safety.screen(seed.text, rules).found:
        # What the prompt shows of it is another text.
        return None
    return msgspec.msgpack.encode(fidelity.seed_facts(seed.text, Kind(seed.kind)))


def _features(texts: Sequence[str], kinds: Sequence[Kind], context: Context) -> Features:
    audit = _audit(context["audit"]) if "audit" in context else None
    return features(texts, kinds, _classifier(context["classifier"]), _embedder(context["embedder"]), audit)


def _rows(found: Features) -> list[Row]:
    numbers = zip(
        found.edu_score.tolist(),
        found.ease.tolist(),
        found.grade.tolist(),
        found.list_coverage.tolist(),
        found.words.tolist(),
        strict=True,
    )
    audited = [None] * len(found) if found.edu_audit is None else found.edu_audit.tolist()
    blobs = zip(found.embedding, found.signature, audited, strict=True)
    return [
        Row(*figures, vector.tobytes(), signature.tobytes(), edu_audit=second)
        for figures, (vector, signature, second) in zip(numbers, blobs, strict=True)
    ]


def _of_answers(rules: Safety) -> Safety:
    """What answers are screened by: orders to a model are cut from what others wrote, and only looked for in answers
    where one of them rejects a text. The look costs a twentieth of all that is done to an answer."""
    return rules if rules.injections is Handling.reject else replace(rules, injections=Handling.off)


def examine_answers(items: list[bytes], context: Context, run: Runner | None = None) -> list[bytes]:
    """An Examined for each Answered; context: `classifier`, `embedder`, `clusters`, `rules`, and `audit` or none."""
    answers = [msgspec.msgpack.decode(item, type=Answered) for item in items]
    shift = _classifier(context["classifier"]).style_shift
    rules = replace(_rules(context["rules"]), style_shift=shift, run=run)
    asked = _of_answers(rules.gates.safety)
    screened = [safety.screen(answer.text, asked) for answer in answers]
    found = _features([s.text for s in screened], [Kind(a.kind) for a in answers], context)
    vectors = found.embedding.astype(np.float32)
    own = vectors.shape[1] > 0
    labels = clusters.assign(_clusters(context["clusters"]), vectors) if own else np.zeros(len(answers), np.int32)
    rows = zip(answers, screened, _rows(found), labels.tolist(), strict=True)
    return [msgspec.msgpack.encode(_examine(answer, text, row, label, rules)) for answer, text, row, label in rows]


def try_answers(items: list[bytes], context: Context) -> list[bytes]:
    """A Tried for each Answered, whose seed is measured here; context: `classifier`, `rules`."""
    rules = replace(_rules(context["rules"]), style_shift=_classifier(context["classifier"]).style_shift)
    return [msgspec.msgpack.encode(_try(msgspec.msgpack.decode(item, type=Answered), rules, context)) for item in items]


def _try(answer: Answered, rules: Rules, context: Context) -> Tried:
    screened, kind = safety.screen(answer.text, _of_answers(rules.gates.safety)), Kind(answer.kind)
    if answer.stage is not None:
        draft = _draft(answer.stage, answer, screened, rules)
        return Tried([GateResult(answer.stage.value, draft.reason, draft.detail, draft.scores, {})], False, draft.text)
    texts = [screened.text] if answer.seed_text is None else [screened.text, answer.seed_text]
    rows = _rows(_features(texts, [kind] * len(texts), {**context, "embedder": b""}))
    answer = msgspec.structs.replace(answer, seed_ease=rows[1].ease if len(rows) > 1 else None)
    candidate = _candidate(answer, screened, rows[0])
    bounds, judged = limits(candidate, rules), judge_each(candidate, rules)
    found = [
        GateResult(j.gate or "", j.reason, j.detail, j.scores, {n: bounds[n] for n in j.scores if n in bounds})
        for j in judged
    ]
    first = next((j for j in judged if j.reason is not None), None)
    return Tried(found, first is not None and first.repairable)


def _candidate(answer: Answered, screened: Screened, row: Row) -> Candidate:
    return Candidate(
        text=screened.text,
        seed_text=answer.seed_text,
        kind=Kind(answer.kind),
        mark=answer.mark,
        length=answer.length,
        words=answer.words,
        edu_score=row.edu_score,
        ease=row.ease,
        grade=row.grade,
        list_coverage=row.list_coverage,
        seed_ease=answer.seed_ease,
        seed_facts=None if answer.seed_facts is None else msgspec.msgpack.decode(answer.seed_facts, type=Facts),
        sensitive=screened.found,
        version=answer.version,
    )


def _examine_draft(stage: Pass, answer: Answered, screened: Screened, row: Row, rules: Rules) -> Examined:
    draft = _draft(stage, answer, screened, rules)
    return Examined(
        row=row,
        edu_score=row.edu_score,
        cluster=0,
        scores=draft.scores,
        gate=None if draft.reason is None else stage.value,
        reason=draft.reason,
        detail=draft.detail,
        repairable=False,
        text=draft.text,
    )


def _draft(stage: Pass, answer: Answered, screened: Screened, rules: Rules) -> Draft:
    seed = answer.seed_text or ""
    return drafts.judge_draft(
        stage,
        screened.text,
        seed=seed,
        version=answer.version or seed,
        mark=answer.mark,
        found=sum(screened.found.values()),
        benchmarks=rules.benchmarks,
        run=rules.run,
    )


def _examine(answer: Answered, screened: Screened, row: Row, label: int, rules: Rules) -> Examined:
    if answer.stage is not None:
        return _examine_draft(answer.stage, answer, screened, row, rules)
    candidate = _candidate(answer, screened, row)
    verdict = judge(candidate, rules)
    second = {} if row.edu_audit is None else {"edu_audit": row.edu_audit}
    return Examined(
        row=row,
        edu_score=verdict.scores.get("edu_score", row.edu_score),
        cluster=max(0, label),
        scores=verdict.scores | second,
        gate=verdict.gate,
        reason=verdict.reason,
        detail=verdict.detail,
        repairable=verdict.repairable,
        text=screened.text if screened.found else None,
    )
