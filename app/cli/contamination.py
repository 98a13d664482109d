"""`hornbook contamination`: which documents hold which benchmark items, with evidence. Needs no service.

Documents are untrusted and their code is parsed: the search runs in a limited child process, batch by batch.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from app.adapters.benchmark_files import read_benchmark
from app.adapters.sandbox import Sandbox
from app.adapters.sandbox_faults import SandboxFault
from app.cli.documents import Reading, batches, read_records
from app.cli.exits import Exit, StoppedError
from app.cli.terminal import notes, print_json, results
from app.domain.benchmarks import Item
from app.domain.decontamination import Hit
from app.domain.ingest import Record
from app.domain.records import Kind

FIND = "app.domain.examining:find_contamination"
BATCH_S = 60.0
"""Seconds for a batch of 256 documents; the first also builds the index."""
Found = tuple[Record, list[Hit]]


def contamination(
    file: Annotated[Path, typer.Argument(help="JSONL(.gz/.zst), Parquet, CSV, text, source, zip or folder.")],
    against: Annotated[
        list[Path], typer.Option(help="A benchmark: HumanEval, MBPP, GSM8K as published, or any JSONL or Parquet.")
    ],
    more: Annotated[list[Path] | None, typer.Argument(help="More benchmarks.", metavar="[BENCHMARK]...")] = None,
    field: Annotated[str, typer.Option(help="Field or column that holds the text.")] = "text",
    id_field: Annotated[str, typer.Option(help="Field or column that holds the id.")] = "id",
    against_field: Annotated[
        str | None, typer.Option(help="Field of the benchmarks that holds their text; found out when not given.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows of the table.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON line a hit.")] = False,
) -> None:
    """Find the documents that hold benchmark items: by 10-word runs, whole parts, likeness, and the shape of code."""
    items = [item for path in [*against, *(more or ())] for item in _items(path, against_field)]
    found = search(read_records(file, Reading(field, id_field, Kind.prose)), items)
    if as_json:
        for record, hits in found:
            for hit in hits:
                print_json(_row(record, hit))
    else:
        _show(found, items, limit)


def _items(path: Path, field: str | None) -> list[Item]:
    if not path.exists():
        raise StoppedError(f"There is no {path}.", Exit.usage)
    items = list(read_benchmark(path, field))
    if not items:
        raise StoppedError(f"{path} holds no usable item.", Exit.usage)
    return items


def search(records: Iterator[Record], items: list[Item]) -> Iterator[Found]:
    """Each record with its hits, in order; one that no child survives is told of and has none."""
    with Sandbox(wall_s=BATCH_S) as sandbox:
        sandbox.set_context("benchmarks", msgspec.msgpack.encode(items))
        for batch in batches(records):
            found = sandbox.call_each(FIND, [record.text.encode("utf-8", "surrogatepass") for record in batch])
            for record, result in zip(batch, found, strict=True):
                yield record, _hits(record, result)


def _hits(record: Record, result: bytes | SandboxFault) -> list[Hit]:
    if isinstance(result, SandboxFault):
        line = f"not searched {record.file}:{record.line}: {result.detail}"
        notes().print(line, style="yellow", markup=False, soft_wrap=True)
        return []
    return msgspec.msgpack.decode(result, type=list[Hit])


def _id(record: Record) -> str | int:
    return record.external_id if record.external_id is not None else record.line


def _row(record: Record, hit: Hit) -> dict[str, object]:
    return {
        "id": _id(record),
        "item": hit.item,
        "benchmark": hit.benchmark,
        "kind": hit.kind.value,
        "share": hit.share,
        "evidence": hit.evidence,
    }


def _show(found: Iterator[Found], items: list[Item], limit: int) -> None:
    table = Table("id", "benchmark", "item", "kind", "share", "evidence", box=None, pad_edge=False)
    documents = hits = contaminated = 0
    touched: dict[str, set[str]] = {}
    for record, held in found:
        documents += 1
        contaminated += bool(held)
        for hit in held:
            hits += 1
            touched.setdefault(hit.benchmark, set()).add(hit.item)
            if hits <= limit:
                cells = (str(_id(record)), hit.benchmark, hit.item, hit.kind.value, f"{hit.share:.2f}", hit.evidence)
                table.add_row(*map(Text, cells))
    say = results()
    if hits:
        say.print(table)
    if hits > limit:
        say.print(f"... and {hits - limit:,} more hits; --limit shows more, --json all")
    say.print(f"{documents:,} documents, {contaminated:,} hold an item ({contaminated / documents:.2%})")
    for benchmark, size in Counter(item.benchmark for item in items).items():
        say.print(f"{benchmark}: {len(touched.get(benchmark, ())):,} of {size:,} items found")
