"""The unit that builds an export: look once, write files with the texts read in pages, then one fenced row.

No transaction is open while files are written. Texts never change, so pages read one after another are one state as
long as the ids come from one look. A worker killed anywhere leaves nothing that a download could see.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine

from app.adapters.exports import Build, hornbook_version, remove_others
from app.db.session import retrying
from app.domain.dataset_card import CardFacts, render_card
from app.domain.exporting import (
    ExportSplit,
    Line,
    PoolText,
    RealText,
    SeedSource,
    generated_line,
    interleave,
    part_fields,
    real_line,
    shard_sizes,
)
from app.domain.gate_config import Safety
from app.domain.manifest import CARD_NAME, Tally, make_manifest
from app.domain.safety import redact, redact_fields
from app.domain.steps import Step
from app.repositories import exports as pool
from app.repositories.units import ClaimedUnit
from app.services import exports
from app.services.exports import ExportPlan
from workers import resources

PAGE = 500
"""Texts read at once; about 1 MB."""
DOCUMENTS_PER_FILE = 250_000
"""A data file of about half a gigabyte, as the Hub likes them."""


def run(unit: ClaimedUnit) -> list[Step]:
    """Build one export and make it ready."""
    assert unit.export_id is not None
    export_id, engine, root = unit.export_id, resources.engine(), resources.storage().root
    plan = retrying(engine, lambda s: exports.read(s, export_id))
    manifest, digest = build(engine, root, plan, token=unit.token)
    retrying(engine, lambda s: exports.write(s, unit, manifest, digest))
    remove_others(root, export_id, digest)
    return []


def build(
    engine: Engine, root: Path, plan: ExportPlan, *, token: int, per_file: int = DOCUMENTS_PER_FILE
) -> tuple[dict[str, object], str]:
    """Write all files of an export; its manifest and that file's sha256 (hex)."""
    tally, version, options = Tally(), hornbook_version(), plan.options
    with Build(root, plan.export_id, token) as files:
        for split in ExportSplit:
            generated, real = plan.generated.get(split, ()), _real_of(plan, split)
            lines = _tallied(_lines(engine, plan, split, generated, real), tally)
            sizes = shard_sizes(len(generated) + len(real), most=per_file)
            for place, size in enumerate(sizes):
                files.add_data(
                    split.value,
                    place,
                    len(sizes),
                    format_=options.format,
                    lineage=options.lineage,
                    parts=plan.parts,
                    lines=islice(lines, size),
                )
        card = CardFacts(plan.job, plan.recipe_title, options, plan.real, tally, version, plan.rejected)
        files.add_text(CARD_NAME, render_card(card))
        manifest = make_manifest(
            plan.job, options, plan.real, tally, files.files, rejected=plan.rejected, version=version
        )
        return manifest, files.publish(manifest)


def _real_of(plan: ExportPlan, split: ExportSplit) -> Sequence[int]:
    return plan.real_ids if split is ExportSplit.train else ()


def _tallied(lines: Iterator[Line], tally: Tally) -> Iterator[Line]:
    for line in lines:
        tally.add(line)
        yield line


def _lines(
    engine: Engine, plan: ExportPlan, split: ExportSplit, generated: Sequence[int], real: Sequence[int]
) -> Iterator[Line]:
    written = (_written(plan, split, text) for text in _pool(engine, generated))
    taken = (_taken(plan, split, text) for text in _real(engine, plan.job.id, real))
    return interleave(written, taken, many_count=len(generated), few_count=len(real))


def _written(plan: ExportPlan, split: ExportSplit, text: PoolText) -> Line:
    screened = replace(text, seed=text.seed and _screened(text.seed, plan.safety))
    line = generated_line(screened, split, plan.job.prompt_sha256, lineage=plan.options.lineage)
    return line | part_fields(text.text) if plan.parts else line


def _taken(plan: ExportPlan, split: ExportSplit, text: RealText) -> Line:
    screened = replace(text, text=redact(text.text, plan.safety), seed=_screened(text.seed, plan.safety))
    line = real_line(screened, split, lineage=plan.options.lineage)
    return line | part_fields(None) if plan.parts else line


def _screened(seed: SeedSource, rules: Safety) -> SeedSource:
    return replace(seed, details=redact_fields(seed.details, rules))


def _pool(engine: Engine, ids: Sequence[int]) -> Iterator[PoolText]:
    for page in _pages(ids):
        yield from retrying(engine, partial(pool.pool_texts, ids=page))


def _real(engine: Engine, job_id: int, ids: Sequence[int]) -> Iterator[RealText]:
    for page in _pages(ids):
        yield from retrying(engine, partial(pool.real_texts, job_id=job_id, ids=page))


def _pages(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[low : low + PAGE] for low in range(0, len(ids), PAGE))
