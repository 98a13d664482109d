"""What a generation came from, down to the seed's file and line, and why it was kept or dropped."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.domain.gate_config import Safety
from app.domain.records import GenerationId, Verdict
from app.domain.safety import redact, redact_fields
from app.repositories import generations_read, jobs
from app.repositories.generations_read import CallRow, GenerationRow, ProvenanceRow, SourceRow
from app.services.rounds import config_of


@dataclass(frozen=True)
class Lineage:
    """Everything a text depends on."""

    generation: GenerationRow
    parents: list[GenerationRow]
    """The nearest first; empty when it was written from the seed alone."""
    drafts: list[GenerationRow]
    """What passes made of the seed's code before it, in their order; those with a reason were turned down."""
    seeds: list[SourceRow]
    """The document, or the words of a story."""
    call: CallRow | None
    provenance: ProvenanceRow


def lineage(session: Session, generation_id: GenerationId) -> Lineage:
    """The lineage of a generation; raises NotFoundError."""
    generation = generations_read.get(session, generation_id)
    rules = config_of(jobs.get(session, generation.job_id)).gates.safety
    wanted = [generation.seed_id] if generation.seed_id is not None else generation.draw.get("word_seeds", [])
    return Lineage(
        generation,
        [row for row in generations_read.ancestors(session, generation_id) if row.verdict != Verdict.draft],
        generations_read.drafts_before(session, generation_id),
        [_shown(generations_read.source(session, seed_id), rules) for seed_id in wanted],
        generations_read.call(session, generation.llm_call_id) if generation.llm_call_id is not None else None,
        generations_read.provenance(session, generation.job_id),
    )


def _shown(seed: SourceRow, rules: Safety) -> SourceRow:
    """The seed as the prompt showed it; its sha256 stays that of the stored text."""
    return replace(seed, text=redact(seed.text, rules), details=redact_fields(seed.details, rules))


def why(row: GenerationRow) -> str:
    """The verdict in one sentence, with the figures behind it.

    Example: "Dropped by the fidelity gate: lost_facts (recall 0.21 of 0.30)."
    """
    match Verdict(row.verdict):
        case Verdict.kept:
            return f"Kept: it passed every gate with {_figures(row)}."
        case Verdict.reserve:
            return f"In reserve: it passed every gate with {_figures(row)}, but its cluster has its quota."
        case Verdict.pending:
            return f"Pending: it passed the gates of documents with {_figures(row)}; the round has not settled."
        case Verdict.draft:
            stage = row.draw["passes"][row.draw["stage"]].replace("_", "-")
            what = f"Draft of the {stage} pass over the seed's code"
            return f"{what}, not in force: {row.reason} ({row.detail})." if row.reason else f"{what}, in force."
        case Verdict.dropped if row.reason == "replaced":
            return "Replaced: a refinement of it is better and took its place in the pool."
        case Verdict.dropped:
            detail = f" ({row.detail})" if row.detail else ""
            return f"Dropped by the {row.gate} gate: {row.reason}{detail}."


def scored(row: GenerationRow) -> bool:
    """Whether it has an educational score: what is made from words, a story or an exercise, has none."""
    return row.seed_id is not None


def _figures(row: GenerationRow) -> str:
    parts = [f"education {row.edu_score:.2f} of 5"] if scored(row) else []
    parts += [f"ease {row.ease:.0f} of 100", f"grade {row.grade:.1f}"]
    names = {"fidelity_precision": "fidelity precision", "fidelity_recall": "recall"}
    parts += [f"{shown} {row.scores[name]:.2f}" for name, shown in names.items() if name in row.scores]
    if row.redundancy is not None:
        parts.append(f"redundancy {row.redundancy:.3f}")
    return ", ".join(parts)
