"""What generations look like, and their lineage."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict

from app.domain.pricing import MICRO
from app.repositories.generations_read import CallRow, GenerationRow, ProvenanceRow, SourceRow
from app.services.generations import Lineage, why

EXAMPLE: JsonDict = {
    "id": 42,
    "key": "5e" * 32,
    "job_id": 1,
    "round": 1,
    "ordinal": 17,
    "seed_id": 9,
    "parent_id": None,
    "verdict": "kept",
    "gate": None,
    "reason": None,
    "detail": None,
    "why": "Kept: it passed every gate with education 3.10 of 5, ease 74 of 100, grade 5.2.",
    "arm": "lesson/a beginner programmer/short sentences",
    "text": "A function is a small machine. ...",
    "sha256": "7c" * 32,
    "tokens": 212,
    "edu_score": 3.1,
    "ease": 74.0,
    "grade": 5.2,
    "list_coverage": 0.97,
    "cluster": 4,
    "redundancy": 0.021,
    "scores": {"fidelity_precision": 1.0, "fidelity_recall": 0.71},
    "created_at": "2026-11-25T06:00:20Z",
}


class GenerationOut(BaseModel):
    """One candidate text."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: int
    key: str
    """Its id in exports; the same in every repetition of the job."""
    job_id: int
    round: int
    ordinal: int
    """Place in the round's plan."""
    seed_id: int | None
    """Null for a story, which is drawn from words."""
    parent_id: int | None
    """The earlier version that it repairs or refines."""
    verdict: str
    """`pending`, `kept`, `reserve` or `dropped`."""
    gate: str | None
    reason: str | None
    detail: str | None
    why: str
    """The verdict in one sentence."""
    arm: str
    """Format, audience and constraint it was asked with."""
    text: str
    sha256: str
    tokens: int
    """Running words."""
    edu_score: float
    """0 to 5; 0 for what is made from words, which has no such score."""
    ease: float
    """0 to 100, higher is easier."""
    grade: float
    """School grade."""
    list_coverage: float
    """Share of running words in the common list or the seed's own terms."""
    cluster: int
    redundancy: float | None
    """Mean squared similarity to the pool when the round settled."""
    scores: dict[str, Any]
    """Every gate's figures, also where it passed."""
    created_at: datetime


class PartOut(BaseModel):
    """Where a part stands in the long document that it comes from."""

    source_id: int
    """Seed id of the document."""
    part: int
    """From 1."""
    parts: int
    start: int
    """Its first character in the document's text, from 0."""
    end: int
    """The character after its last."""
    heading: str | None
    """The headings that it stands under, the outermost first."""


class SeedOut(BaseModel):
    """A document that came in, or a part of a long one."""

    id: int
    corpus_id: int
    file: str | None
    line: int | None
    """From 1."""
    external_id: str | None
    licence: str | None
    kind: str
    split: str
    sha256: str
    metadata: dict[str, Any]
    """The record's other fields."""
    text: str
    part: PartOut | None = None
    """Null for a document that was not split."""


class CallOut(BaseModel):
    """The call that brought a text."""

    id: int
    request_key: str
    """sha256 of endpoint, full request and sample index."""
    model: str | None
    endpoint: str | None
    """Who was asked: the model as it is called there, the address, and the key's name if it has one."""
    status: int | None
    prompt_tokens: int
    completion_tokens: int
    usd: float
    latency_s: float
    at: datetime


class PromptOut(BaseModel):
    """How a text was asked for."""

    recipe: str
    prompt_sha256: str
    """Of the prompt's template."""
    model: str
    """As the endpoint named itself."""
    draw: dict[str, Any]
    """Arm, words, rng seed, and what the earlier version fell short of."""
    params: dict[str, Any]
    """Decoding settings."""
    finish_reason: str


class ProvenanceOut(BaseModel):
    """The hashes of the job."""

    job_id: int
    job_key: str
    config_sha256: str
    prompt_sha256: str
    classifier_sha256: str


class LineageOut(BaseModel):
    """Everything a text came from."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "generation": EXAMPLE,
                    "parents": [],
                    "drafts": [],
                    "seeds": [
                        {
                            "id": 9,
                            "corpus_id": 1,
                            "file": "seeds.jsonl",
                            "line": 10,
                            "external_id": "seed-9",
                            "licence": "CC0-1.0",
                            "kind": "code",
                            "split": "work",
                            "sha256": "aa" * 32,
                            "metadata": {"title": "Doubling"},
                            "text": "def double(x):\n    return 2 * x\n",
                        }
                    ],
                    "prompt": {
                        "recipe": "codetextbook",
                        "prompt_sha256": "ef" * 32,
                        "model": "phi3:mini",
                        "draw": {"arm": EXAMPLE["arm"], "why": "quota", "rng_seed": 12345},
                        "params": {"temperature": 0.7, "max_tokens": 700},
                        "finish_reason": "stop",
                    },
                    "call": {
                        "id": 77,
                        "request_key": "bb" * 32,
                        "model": "phi3:mini",
                        "endpoint": "phi3:mini at http://127.0.0.1:11434/v1",
                        "status": 200,
                        "prompt_tokens": 310,
                        "completion_tokens": 255,
                        "usd": 0.0,
                        "latency_s": 1.8,
                        "at": "2026-11-25T06:00:19Z",
                    },
                    "job": {
                        "job_id": 1,
                        "job_key": "ab" * 32,
                        "config_sha256": "cd" * 32,
                        "prompt_sha256": "ef" * 32,
                        "classifier_sha256": "01" * 32,
                    },
                }
            ]
        }
    )

    generation: GenerationOut
    parents: list[GenerationOut]
    """Earlier versions, the nearest first."""
    drafts: list[GenerationOut]
    """What passes made of the seed's code before it was explained, in order; one with a reason was turned down."""
    seeds: list[SeedOut]
    """The document it was made from, or the words of a story."""
    prompt: PromptOut
    call: CallOut | None
    job: ProvenanceOut


def generation_out(row: GenerationRow) -> GenerationOut:
    """The schema of a generation."""
    same = {name: getattr(row, name) for name in GenerationOut.model_fields if name not in ("key", "sha256", "why")}
    return GenerationOut(**same, key=row.key.hex(), sha256=row.sha256.hex(), why=why(row))


def _seed_out(row: SourceRow) -> SeedOut:
    rest = dict(row.details)
    file, line = rest.pop("file", None), rest.pop("line", None)
    part = None
    if row.source_id is not None and row.part is not None and row.parts is not None:
        heading = rest.pop("heading", None)
        part = PartOut(
            source_id=row.source_id,
            part=row.part,
            parts=row.parts,
            start=row.part_from,
            end=row.part_to,
            heading=heading,
        )
    return SeedOut(
        id=row.id,
        corpus_id=row.corpus_id,
        file=file,
        line=line,
        external_id=row.external_id,
        licence=row.licence,
        kind=row.kind,
        split=row.split,
        sha256=row.sha256.hex(),
        metadata=rest,
        text=row.text,
        part=part,
    )


def _call_out(row: CallRow) -> CallOut:
    return CallOut(
        id=row.id,
        request_key=row.request_key.hex(),
        model=row.model,
        endpoint=row.lane,
        status=row.status,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
        usd=row.micro / MICRO,
        latency_s=row.latency_s,
        at=row.created_at,
    )


def _provenance_out(row: ProvenanceRow) -> ProvenanceOut:
    return ProvenanceOut(
        job_id=row.job_id,
        job_key=row.key.hex(),
        config_sha256=row.config_sha256,
        prompt_sha256=row.prompt_sha256,
        classifier_sha256=row.classifier_sha256,
    )


def lineage_out(lineage: Lineage) -> LineageOut:
    """The schema of a lineage."""
    row = lineage.generation
    return LineageOut(
        generation=generation_out(row),
        parents=[generation_out(parent) for parent in lineage.parents],
        drafts=[generation_out(draft) for draft in lineage.drafts],
        seeds=[_seed_out(seed) for seed in lineage.seeds],
        prompt=PromptOut(
            recipe=lineage.provenance.recipe,
            prompt_sha256=lineage.provenance.prompt_sha256,
            model=row.model,
            draw=row.draw,
            params=row.params,
            finish_reason=row.finish_reason,
        ),
        call=_call_out(lineage.call) if lineage.call else None,
        job=_provenance_out(lineage.provenance),
    )
