"""Documents of a file on this machine, for the tools that need no service; refused records go to standard error."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from app.adapters.corpus_files import SourceFile, read_corpus
from app.cli.exits import Exit, StoppedError
from app.cli.terminal import notes
from app.domain.code import CodeMeasures, UnparseableCodeError, measure_code, python_blocks
from app.domain.ingest import ReadOptions, Record, Reject
from app.domain.records import Kind

SHOWN_REJECTS = 20
BATCH_CHARS = 1_000_000
BATCH_DOCS = 256
"""Texts hashed in one pass; they stay in the processor's cache."""


@dataclass(frozen=True)
class Reading:
    """How a file is to be read."""

    field: str
    id_field: str = "id"
    kind: Kind | None = None

    def options(self) -> ReadOptions:
        """The same as the readers take it."""
        return ReadOptions(text_field=self.field, id_field=self.id_field, kind=self.kind)


def read_records(path: Path, reading: Reading, *, tell: bool = True) -> Iterator[Record]:
    """The usable records in order, with flat memory; raises StoppedError when there is none.

    `tell` is for a file that is read once more: its rejects have been told.
    """
    rejected = used = 0
    if not path.exists():
        raise StoppedError(f"There is no {path}.", Exit.usage)
    for item in read_corpus([SourceFile(path, path.name)], reading.options()):
        if isinstance(item, Reject):
            rejected += 1
            _tell(item, rejected if tell else SHOWN_REJECTS + 1)
        else:
            used += 1
            yield item
    if tell and rejected > SHOWN_REJECTS:
        notes().print(f"... {rejected:,} records rejected in all")
    if not used:
        raise StoppedError(f"{path} holds no usable record.", Exit.usage)


def _tell(item: Reject, number: int) -> None:
    if number <= SHOWN_REJECTS:
        line = f"rejected {item.file}:{item.line}: {item.code}  {item.excerpt}"
        notes().print(line, style="yellow", markup=False, soft_wrap=True)


def batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Up to 256 records and about a million characters at a time: hashing takes 46 bytes a byte."""
    batch: list[Record] = []
    size = 0
    for record in records:
        if batch and (len(batch) == BATCH_DOCS or size + len(record.text) > BATCH_CHARS):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += len(record.text)
    if batch:
        yield batch


def family_batches(records: Iterable[Record], field: str) -> Iterator[tuple[list[Record], NDArray[np.int64]]]:
    """Records and the number of the family that `field` names, families whole; a record without it is its own.

    Holds all records, for those of a family may be far apart.
    """
    families: dict[bytes, list[Record]] = {}
    for place, record in enumerate(records):
        named = record.metadata.get(field)
        key = b"%d" % place if named is None else b"=" + orjson.dumps(named, option=orjson.OPT_SORT_KEYS)
        families.setdefault(key, []).append(record)
    batch: list[Record] = []
    numbers: list[int] = []
    for number, members in enumerate(families.values()):
        if batch and len(batch) + len(members) > BATCH_DOCS:
            yield batch, np.array(numbers, dtype=np.int64)
            batch, numbers = [], []
        batch += members
        numbers += [number] * len(members)
    if batch:
        yield batch, np.array(numbers, dtype=np.int64)


def code_of(record: Record) -> CodeMeasures | None:
    """The text itself when it parses as the code it is said to be, else the worst of its Python blocks, else None."""
    whole = _measured(record.text) if record.kind is Kind.code else None
    if whole is not None:
        return whole
    found = [measures for measures in map(_measured, python_blocks(record.text)) if measures is not None]
    return _worst(found) if found else None


def _measured(source: str) -> CodeMeasures | None:
    try:
        return measure_code(source)
    except UnparseableCodeError:
        return None


def _worst(found: Sequence[CodeMeasures]) -> CodeMeasures:
    return CodeMeasures(
        cyclomatic=max(one.cyclomatic for one in found),
        cognitive=max(one.cognitive for one in found),
        nesting=max(one.nesting for one in found),
        function_lines=max(one.function_lines for one in found),
        naming=min(one.naming for one in found),
        readability=min(one.readability for one in found),
    )
