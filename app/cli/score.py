"""`hornbook score`: educational value, simplicity and code measures of each document. Needs no service."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.table import Table
from rich.text import Text

from app.adapters.models import shipped_audit, shipped_classifier
from app.cli.documents import Reading, batches, code_of, read_records
from app.cli.terminal import print_json, results
from app.domain.education_explain import Explanation, explain
from app.domain.ingest import Record
from app.domain.records import Kind
from app.domain.simplicity import readability
from app.domain.terms import terms
from app.domain.tokens import tokenise

Scores = dict[str, object]
COLUMNS = ("edu_score", "ease", "grade")
_MOVES = 20
"""Features that an explanation names; the rest is summed up."""


def score(
    file: Annotated[Path, typer.Argument(help="JSONL(.gz/.zst), Parquet, CSV, text, source, zip or folder.")],
    field: Annotated[str, typer.Option(help="Field or column that holds the text.")] = "text",
    id_field: Annotated[str, typer.Option(help="Field or column that holds the id.")] = "id",
    kind: Annotated[Kind | None, typer.Option(help="What the records are, when it is the same for all.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows of the table; the means are of all.")] = 50,
    explained: Annotated[bool, typer.Option("--explain", help="Name the features that moved each score.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON line a document.")] = False,
) -> None:
    """Score each document: educational value (0 to 5), ease (0 to 100), school grade, code, and what hides in it."""
    records = read_records(file, Reading(field, id_field, kind))
    if explained:
        _explain(records, limit, as_json)
        return
    found = scored(records)
    if as_json:
        for row in found:
            print_json(row)
    else:
        _show(found, limit)


def scored(records: Iterator[Record]) -> Iterator[Scores]:
    """The scores of each record, in order; `edu_audit` is the second opinion of a model that is never retrained."""
    classifier, audit = shipped_classifier(), shipped_audit()
    for batch in batches(records):
        tokens = tokenise([record.text for record in batch])
        reading = readability(tokens)
        said = terms(tokens)
        education, audited = classifier.predict(tokens, said), audit.predict(tokens, said)
        for place, record in enumerate(batch):
            code = code_of(record)
            yield {
                "id": record.external_id if record.external_id is not None else record.line,
                "edu_score": 0.0 if record.kind is Kind.words else round(float(education[place]), 4),
                "edu_audit": 0.0 if record.kind is Kind.words else round(float(audited[place]), 4),
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


def _explain(records: Iterator[Record], limit: int, as_json: bool) -> None:
    """The features that moved each record's educational score; with a table, of the first `limit` records."""
    classifier = shipped_classifier()
    for number, record in enumerate(records):
        if number == limit and not as_json:
            results().print(f"Explained the first {limit}; --limit explains more, --json all.")
            return
        name = record.external_id if record.external_id is not None else record.line
        found = explain(classifier, record.text)
        if as_json:
            print_json({"id": name, **_parts(found)})
        else:
            _show_moves(str(name), found)


def _parts(found: Explanation) -> Scores:
    return {
        "edu_score": round(found.score, 4),
        "start": round(found.start, 4),
        "raw": round(found.raw, 4),
        "novelty": round(found.novelty, 4),
        "moves": [{"feature": move.feature, "points": round(move.points, 4)} for move in found.moves[:_MOVES]],
    }


def _show_moves(name: str, found: Explanation) -> None:
    """The furthest moves up and down, side by side, and what the rest came to."""
    shown = found.moves[:_MOVES]
    rest = sum(move.points for move in found.moves[_MOVES:])
    table = Table("feature", "points", title=f"{name}: {found.score:.2f} of 5", box=None, pad_edge=False)
    for move in shown:
        table.add_row(Text(move.feature), f"{move.points:+.3f}")
    table.add_row(f"{len(found.moves) - len(shown):,} more", f"{rest:+.3f}")
    say = results()
    say.print(table)
    repeated = "" if found.novelty == 1 else f", times {found.novelty:.2f} because the text repeats itself"
    say.print(f"starts at {found.start:.2f}, comes to {found.raw:.2f}, calibrated to {found.score:.2f}{repeated}")


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
