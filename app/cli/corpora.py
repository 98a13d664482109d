"""`hornbook corpora`: what was uploaded, and what of it was refused."""

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from app.cli.service import service
from app.cli.terminal import print_json, results
from app.cli.uploads import show_counts, upload
from app.domain.records import Kind

app = typer.Typer(help="Upload, list and look into corpora.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON lines.")]
Id = Annotated[int, typer.Argument(metavar="CORPUS", help="Its number.")]
Most = Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")]


@app.callback()
def _corpora() -> None:
    """Upload, list and look into corpora."""


@app.command()
def add(
    files: Annotated[list[Path], typer.Argument(help="JSONL, Parquet, CSV, text, source, zip; also folders.")],
    name: Annotated[str | None, typer.Option(help="Shown in lists; the first file's name unless given.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="What the records are, when it is the same for all.")] = None,
    field: Annotated[str, typer.Option(help="Field or column that holds the text.")] = "text",
    licence: Annotated[str | None, typer.Option(help="Of records that state none.")] = None,
    as_json: AsJson = False,
) -> None:
    """Upload files as one corpus and wait until it is read; the same content again is the same corpus."""
    given = {"text_field": field, "name": name, "kind": kind.value if kind else None, "licence": licence}
    with service() as at:
        corpus = upload(at.client, files, {key: value for key, value in given.items() if value is not None})
    if as_json:
        print_json(corpus)
    else:
        typer.echo(corpus["id"])


@app.command("list")
def list_corpora(limit: Most = 50, as_json: AsJson = False) -> None:
    """The youngest first."""
    with service() as at:
        rows = list(islice(at.client.corpora(), limit))
    if as_json:
        for row in rows:
            print_json(row)
        return
    table = Table("id", "name", "state", "read", "stored", "duplicates", "rejected", box=None, pad_edge=False)
    for row in rows:
        counts = [f"{row[key]:,}" for key in ("read", "stored", "duplicates", "rejected")]
        table.add_row(str(row["id"]), Text(row["name"]), row["state"], *counts)
    results().print(table)


@app.command()
def show(corpus: Id, as_json: AsJson = False) -> None:
    """One corpus with its counts."""
    with service() as at:
        row = at.client.corpus(corpus)
    if as_json:
        print_json(row)
        return
    say = results()
    show_counts(say, row)
    for file in row["files"]:
        say.print(f"  {file['name']}  {file['size']:,} bytes  sha256 {file['sha256']}", markup=False)
    if row["error"]:
        say.print(f"It could not be read: {row['error']['detail']}", style="red", markup=False)


@app.command()
def rejects(
    corpus: Id,
    code: Annotated[str | None, typer.Option(help="Only those of this code, e.g. bad_json.")] = None,
    limit: Most = 100,
    as_json: AsJson = False,
) -> None:
    """Records that did not become seeds: file, line, code, excerpt."""
    with service() as at:
        rows = list(islice(at.client.rejects(corpus, code=code), limit))
    if as_json:
        for row in rows:
            print_json(row)
        return
    table = Table("where", "code", "excerpt", box=None, pad_edge=False)
    for row in rows:
        table.add_row(Text(f"{row['file']}:{row['line']}"), row["code"], Text(row["excerpt"]))
    results().print(table)
