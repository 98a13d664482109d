"""`hornbook measure`: the diversity and simplicity vector of a set, alone or beside another. Needs no service.

Vectors and clusters are fitted on the set itself, or on the set it is compared with, as a job fits them on its seeds.
Each document counts as a family of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.table import Table

from app.cli.documents import Reading, batches, code_of, read_records
from app.cli.terminal import print_json, results
from app.domain import clusters, embedding, measuring
from app.domain.clusters import Clusters
from app.domain.embedding import Embedder
from app.domain.ingest import Record
from app.domain.measuring import Measured, Member
from app.domain.records import Kind
from app.domain.simplicity import readability
from app.domain.tokens import tokenise

NAMES = (
    "n",
    "tokens",
    "vendi2",
    "cluster_simpson",
    "distinct3",
    "cross_5gram_share",
    "opening_share",
    "near_duplicate_rate",
    "lzma_ratio",
    "ease_mean",
    "grade_p90",
    "list_coverage",
)
"""Of the JSON object, in this order; scripts rely on them."""
RATIOS = ("vendi2_ratio", "cluster_simpson_ratio", "distinct3_ratio", "cross_5gram_ratio")
COUNTS = frozenset({"n", "tokens"})
Values = dict[str, float | None]


@dataclass(frozen=True)
class Ruler:
    """What a set is measured with."""

    embedder: Embedder
    clusters: Clusters
    rng_seed: int


def measure(
    file: Annotated[Path, typer.Argument(help="JSONL(.gz/.zst), Parquet, CSV, text, source, zip or folder.")],
    against: Annotated[Path | None, typer.Option(help="The set to compare with, e.g. the seeds.")] = None,
    field: Annotated[str, typer.Option(help="Field or column that holds the text.")] = "text",
    kind: Annotated[Kind | None, typer.Option(help="What the records are, when it is the same for all.")] = None,
    rng_seed: Annotated[int, typer.Option(min=0, help="Of vectors, clusters, samples and limits.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure how diverse and how simple a set is, with 90 % bootstrap limits."""
    reading = Reading(field, kind=kind)
    records = list(read_records(file, reading))
    others = records if against is None else list(read_records(against, reading))
    ruler, vectors = _fit(others, rng_seed)
    base = None if against is None else _measure(others, vectors, ruler)
    found = _measure(records, vectors if against is None else _vectors(records, ruler.embedder), ruler)
    ratios = {} if base is None else compared(found, base)
    if as_json:
        values = {name: _plain(name, found.values[name]) for name in NAMES}
        print_json({**values, **ratios, "limits": found.limits})
    else:
        _show(found, base, ratios)


def _fit(records: Sequence[Record], rng_seed: int) -> tuple[Ruler, NDArray[np.float32]]:
    """A ruler, and the vectors (n, dims) of what it was fitted on."""
    embedder = embedding.fit_embedder([record.text for record in records], rng_seed=rng_seed)
    vectors = _vectors(records, embedder)
    return Ruler(embedder, clusters.fit_clusters(vectors, rng_seed=rng_seed), rng_seed), vectors


def _vectors(records: Sequence[Record], embedder: Embedder) -> NDArray[np.float32]:
    parts = [embedding.embed(embedder, tokenise([record.text for record in batch])) for batch in batches(iter(records))]
    return np.concatenate(parts)


def _measure(records: Sequence[Record], vectors: NDArray[np.float32], ruler: Ruler) -> Measured:
    labels = clusters.assign(ruler.clusters, vectors).tolist()
    members: list[Member] = []
    for batch in batches(iter(records)):
        members += _members(batch, labels, len(members))
    return measuring.measure_members(members, vectors, rng_seed=ruler.rng_seed)


def _members(batch: Sequence[Record], labels: Sequence[int], first: int) -> list[Member]:
    tokens = tokenise([record.text for record in batch])
    reading, words = readability(tokens), tokens.counts()
    made = []
    for place, record in enumerate(batch):
        code = code_of(record)
        measures = {} if code is None else {"cyclomatic": code.cyclomatic, "nesting": code.nesting}
        made.append(
            Member(
                text=record.text,
                family=first + place,
                cluster=labels[first + place],
                ease=float(reading.ease[place]),
                grade=float(reading.grade[place]),
                list_coverage=float(reading.list_coverage[place]),
                tokens=int(words[place]),
                kind=record.kind.value,
                code=measures,
            )
        )
    return made


def compared(found: Measured, base: Measured) -> Values:
    """The set's measures over the other set's; of Vendi-2 the lower limit, as targets are stated."""
    values = measuring.compare(found, measuring.reference_of(base), quotas={}, approved={}, tokens=0)
    ours, theirs = found.values["cluster_simpson"], base.values["cluster_simpson"]
    values["cluster_simpson_ratio"] = ours / theirs if ours is not None and theirs else None
    return {name: _plain(name, values[name]) for name in RATIOS}


def _plain(name: str, value: float | None) -> float | int | None:
    if value is None:
        return None
    return int(value) if name in COUNTS else round(value, 6)


def _show(found: Measured, base: Measured | None, ratios: Values) -> None:
    table = Table("measure", "value", "90 % limits", box=None, pad_edge=False)
    if base is not None:
        table.add_column("other set")
        table.add_column("ratio")
    for name in NAMES:
        low_high = found.limits.get(name)
        cells = [name, _text(name, found.values), "" if low_high is None else f"{low_high[0]:.4g} to {low_high[1]:.4g}"]
        if base is not None:
            ratio = ratios.get(f"{name.removesuffix('_share')}_ratio")
            cells += [_text(name, base.values), "" if ratio is None else f"{ratio:.3f}"]
        table.add_row(*cells)
    results().print(table)


def _text(name: str, values: Values) -> str:
    value = values[name]
    if value is None:
        return "-"
    return f"{int(value):,}" if name in COUNTS else f"{value:.4g}"
