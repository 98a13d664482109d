"""The items of a benchmark's file, in any format a corpus may have; where the text stands is found out.

Nobody should have to say that HumanEval calls it `prompt` and GSM8K `question`. Knows nothing of what
is done with items.
"""

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from app.adapters.corpus_errors import CorpusFileError, MissingColumnError, NoRecordsError
from app.adapters.corpus_files import SourceFile, read_corpus
from app.adapters.corpus_formats import Format, inner_name, magic_of
from app.adapters.corpus_json import parse_object
from app.adapters.corpus_lines import numbered_lines
from app.adapters.corpus_streams import Blob, gunzip, peek, unzstd
from app.domain.benchmarks import TEXT_FIELDS, Item, item_of
from app.domain.ingest import JsonValue, ReadLimits, ReadOptions, Record, RecordError

_LOOKED_AT = 20
"""Records from which a field is judged."""


class NoBenchmarkTextError(CorpusFileError):
    """{file} has no field that holds texts; name it with --against-field."""

    code = "no_benchmark_text"
    status = 422


def read_benchmark(path: Path, field: str | None = None) -> Iterator[Item]:
    """The items of a file in order, bad records skipped; raises NoBenchmarkTextError and what `read_corpus` raises."""
    text_field = field or text_field_of(path)
    name = inner_name(path.name).rsplit(".", 1)[0]
    for record in _records(path, text_field):
        fields: dict[str, JsonValue] = {text_field: record.text, **record.metadata}
        if record.external_id is not None:
            fields["id"] = record.external_id
        yield item_of(fields, name, record.line)


def _records(path: Path, text_field: str) -> Iterator[Record]:
    options = ReadOptions(text_field=text_field, id_field="id")
    return (item for item in read_corpus([SourceFile(path, path.name)], options) if isinstance(item, Record))


def text_field_of(path: Path) -> str:
    """Which field of a benchmark's records holds the text: a usual name, else the longest text of the first record."""
    for field in TEXT_FIELDS:
        try:
            if any(True for _ in islice(_records(path, field), _LOOKED_AT)):
                return field
        except (MissingColumnError, NoRecordsError):
            continue
    longest = _longest_field(path)
    if longest is None:
        raise NoBenchmarkTextError(file=path.name)
    return longest


def _longest_field(path: Path) -> str | None:
    """Of the first object of a JSON Lines file; None for anything else."""
    limits = ReadLimits()
    with closing(Blob(path.name, lambda: path.open("rb")).chunks()) as raw:  # type: ignore[type-var]
        head, chunks = peek(raw)
        packed = {Format.gzip: gunzip, Format.zstd: unzstd}.get(magic_of(head) or Format.text)
        for _, line in islice(
            numbered_lines(packed(chunks, path.name, limits) if packed else chunks, 1 << 20), _LOOKED_AT
        ):
            try:
                fields = parse_object(line) if isinstance(line, bytes) else {}
            except RecordError:
                continue
            texts = {key: len(value) for key, value in fields.items() if isinstance(value, str)}
            if texts:
                return max(texts, key=lambda key: texts[key])
    return None
