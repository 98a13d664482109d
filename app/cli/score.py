"""`hornbook score`: educational value, simplicity and code measures of each document. Needs no service."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.table import Table
from rich.text import Text

from app.adapters.models import shipped_classifier
from app.cli.documents import Reading, batches, code_of, read_records
from app.cli.terminal import print_json, results
from app.domain.ingest import Record
from app.domain.records import Kind
from app.domain.simplicity import readability
from app.domain.tokens import tokenise

Scores = dict[str, object]
COLUMNS = ("edu_score", "ease", "grade")


def score(
    file: Annotated[Path, typer.Argument(help="JSONL(.gz/.zst), Parquet, CSV, text, source, zip or folder.")],
    field: Annotated[str, typer.Option(help="Field or column that holds the text.")] = "text",
    id_field: Annotated[str, typer.Option(help="Field or column that holds the id.")] = "id",
    kind: Annotated[Kind | None, typer.Option(help="What the records are, when it is the same for all.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows of the table; the means are of all.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON line a document.")] = False,
) -> None:
    """Score each document: educational value (0 to 5), ease (0 to 100), school grade, code, and what hides in it."""
    found = scored(read_records(file, Reading(field, id_field, kind)))
    if as_json:
        for row in found:
            print_json(row)
    else:
        _show(found, limit)


def scored(records: Iterator[Record]) -> Iterator[Scores]:
    """The scores of each record, in order. `edu_audit` is null until an audit model ships."""
    classifier = shipped_classifier()
    for batch in batches(records):
        tokens = tokenise([record.text for record in batch])
        reading = readability(tokens)
        education = classifier.predict(tokens, reading)
        for place, record in enumerate(batch):
            code = code_of(record)
            yield {
                "id": record.external_id if record.external_id is not None else record.line,
                "edu_score": 0.0 if record.kind is Kind.words else round(float(education[place]), 4),
                "edu_audit": None,
                "ease": round(float(reading.ease[place]), 2),
                "grade": round(float(reading.grade[place]), 2),
                "code": None
                if code is None
                else {
                    "cyclomatic": code.cyclomatic,
                    "cognitive": code.cognitive,
                    "nesting": code.nesting,
                    "readability": round(code.readability, 2),
                },
                "flags": list(record.flags),
            }


def _show(found: Iterator[Scores], limit: int) -> None:
    table = Table("id", "education", "ease", "grade", "cyclomatic", "nesting", "flags", box=None, pad_edge=False)
    figures: list[tuple[float, ...]] = []
    for row in found:
        values = [row[name] for name in COLUMNS]
        figures.append(tuple(value for value in values if isinstance(value, float)))
        if len(figures) <= limit:
            code, flags = row["code"], row["flags"]
            shown = [str(code["cyclomatic"]), str(code["nesting"])] if isinstance(code, dict) else ["", ""]
            named = ", ".join(map(str, flags)) if isinstance(flags, list) else ""
            table.add_row(Text(str(row["id"])), *(f"{value:.1f}" for value in figures[-1]), *shown, named)
    say = results()
    say.print(table)
    if len(figures) > limit:
        say.print(f"... and {len(figures) - limit:,} more; --limit shows more, --json all")
    education, ease, grade = np.array(figures).T
    say.print(
        f"{len(figures):,} documents, education {education.mean():.2f} of 5, {(education >= 3).mean():.0%} at 3 or more"
    )
    say.print(
        f"ease {ease.mean():.1f} of 100, grade {grade.mean():.1f}, nine of ten under {np.percentile(grade, 90):.1f}"
    )
