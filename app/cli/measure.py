"""`hornbook measure`: the diversity and simplicity vector of any set, alone or beside another. Needs no service.

Vectors and clusters are fitted on the set itself, or on the set it is compared with, as a job fits them on its seeds.
Files are streamed, twice; memory hardly grows with them.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.adapters.embeddings import encoder_of
from app.adapters.line_sample import sample_lines
from app.cli.documents import Reading, batches, family_batches, read_records
from app.cli.exits import StoppedError
from app.cli.measure_report import write_report
from app.cli.measure_table import RATIOS, Side, as_plain, show
from app.cli.terminal import notes, print_json, results
from app.domain import measuring
from app.domain.ingest import Record
from app.domain.measuring import Measured
from app.domain.records import Kind
from app.domain.ruler import Encoder, Ruler, fit_ruler
from app.domain.targets import Check, judge_beside
from app.services.measuring import Batch, Streamed, draw_texts, measure_stream
from app.settings import get_settings

Tell = Callable[[int], None]
Values = dict[str, float | None]


@dataclass(frozen=True)
class Wish:
    """How sets are to be measured."""

    reading: Reading
    family: str | None
    rng_seed: int
    encoder: Encoder | None


def measure(  # noqa: PLR0913  # one argument an option
    file: Annotated[Path, typer.Argument(help="JSONL(.gz/.zst), Parquet, CSV, text, source, zip or folder.")],
    against: Annotated[Path | None, typer.Option(help="The set to compare with, e.g. the seeds.")] = None,
    field: Annotated[str, typer.Option(help="Field or column that holds the text.")] = "text",
    family: Annotated[
        str | None, typer.Option(help="Field that names the seed a text comes from; keeps the set in memory.")
    ] = None,
    kind: Annotated[Kind | None, typer.Option(help="What the records are; changes how some files are read.")] = None,
    embeddings: Annotated[
        str | None, typer.Option(metavar="URL", help="An OpenAI-compatible endpoint instead of Hornbook's own vectors.")
    ] = None,
    embedding_model: Annotated[str | None, typer.Option(metavar="NAME", help="The model to ask there.")] = None,
    rng_seed: Annotated[int, typer.Option(min=0, help="Of vectors, clusters, samples and limits.")] = 0,
    html: Annotated[Path | None, typer.Option(help="Also write a report with plots, one file for any browser.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure how diverse and how simple a set is, every measure with 90 % bootstrap limits."""
    # A kind is guessed from the text, which takes as long as all other reading; no measure here asks for it.
    reading = Reading(field, kind=kind or Kind.prose)
    encoder = encoder_of(get_settings(), base_url=embeddings, model=embedding_model)
    ours, base = _measure(file, against, Wish(reading, family, rng_seed, encoder))
    ratios, checks = ({}, ()) if base is None else compared(ours.measured, base.measured)
    if html is not None:
        write_report(html, ours, base, ratios, checks)
    if as_json:
        print_json(as_plain(ours, base, ratios, checks))
    else:
        show(results(), ours, base, ratios, checks)
        if html is not None:
            notes().print(f"Report: {html}", markup=False)


def compared(found: Measured, base: Measured) -> tuple[Values, tuple[Check, ...]]:
    """The set's measures over the other set's, and which diversity targets hold, by limits where they have any."""
    values = measuring.compare_sets(found, base)
    return {name: values[name] for name in RATIOS}, judge_beside(values)


def _measure(file: Path, against: Path | None, wish: Wish) -> tuple[Side, Side | None]:
    with ExitStack() as stack:
        counts: dict[Path, int] = {}
        ruler = _fit(against or file, wish, counts)
        found = stack.enter_context(_stream(file, ruler, wish, counts))
        if against is None:
            return _side(file, found, ruler, found.lzma_bytes()), None
        other = stack.enter_context(_stream(against, ruler, wish, counts))
        size = min(found.lzma_bytes(), other.lzma_bytes())
        return _side(file, found, ruler, size), _side(against, other, ruler, size)


def _fit(path: Path, wish: Wish, counts: dict[Path, int]) -> Ruler:
    with _bar(f"read {path.name}", None) as tell:
        lines = sample_lines(path, rng_seed=wish.rng_seed)
        if lines is None:
            texts = _draw(path, wish, tell)
        else:
            counts[path] = lines[1]
            with NamedTemporaryFile(suffix=".jsonl") as few:
                few.write(lines[0])
                few.flush()
                try:
                    texts = _draw(Path(few.name), wish, tell)
                except StoppedError:
                    texts = _draw(path, wish, tell)
    with _bar("fit vectors and clusters", None):
        return fit_ruler(texts, rng_seed=wish.rng_seed, encoder=wish.encoder)


def _draw(path: Path, wish: Wish, tell: Tell) -> list[str]:
    """Rejects are told when the file is measured."""
    records = read_records(path, wish.reading, tell=False)
    plain = (Batch([record.text for record in batch]) for batch in batches(records))
    return draw_texts(plain, rng_seed=wish.rng_seed, tell=tell)


def _stream(path: Path, ruler: Ruler, wish: Wish, counts: dict[Path, int]) -> Streamed:
    records = read_records(path, wish.reading)
    with _bar(f"measure {path.name}", counts.get(path)) as tell:
        return measure_stream(_batches(records, wish), ruler, tell=tell)


def _batches(records: Iterator[Record], wish: Wish) -> Iterator[Batch]:
    if wish.family is None:
        for batch in batches(records):
            yield Batch([record.text for record in batch])
    else:
        for batch, families in family_batches(records, wish.family):
            yield Batch([record.text for record in batch], families)


def _side(path: Path, found: Streamed, ruler: Ruler, lzma_bytes: int) -> Side:
    with _bar(f"limits of {path.name}", None):
        measured = found.measured(lzma_bytes)
    sums = found.sums
    return Side(path.name, measured, sums.clusters[: ruler.clusters.k], ruler.names, sums.grades)


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Tell]:
    """A progress bar on a terminal; nothing in logs and pipes."""
    columns = TextColumn("{task.description:<30}"), BarColumn(bar_width=28), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=notes(), transient=True, disable=not notes().is_terminal) as bars:
        task = bars.add_task(what[:30], total=total)
        yield lambda size: bars.advance(task, size)
