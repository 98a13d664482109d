"""CSV and TSV with a header row, one record a row; rows may span lines inside quotes.

The bytes of one row are capped like those of one JSON line, so a quote that never closes costs one record, not the
memory: the reader gives that row up and goes on with the line after.
"""

import csv
from collections.abc import Iterator

from app.adapters.corpus_errors import BadCsvError, InvalidUtf8Error, MissingColumnError, TooManyColumnsError
from app.adapters.corpus_lines import LongLine, numbered_lines
from app.domain.ingest import (
    JsonValue,
    Origin,
    ReadLimits,
    ReadOptions,
    Record,
    RecordError,
    RecordFault,
    Reject,
    check_value,
    excerpt,
    make_record,
)

_DELIMITERS = ",;\t|"
csv.field_size_limit(1 << 30)
"""The module's own limit is global and smaller than a long document; rows are capped here instead."""


class RowLines:
    """The lines of a CSV file for `csv.reader`, which pulls as many as one row needs; counts them against the cap."""

    def __init__(self, chunks: Iterator[bytes], max_bytes: int) -> None:
        self._lines = numbered_lines(chunks, max_bytes)
        self._max_bytes = max_bytes
        self.start_row()

    def start_row(self) -> None:
        """Forget the row before."""
        self.first = 0
        self.size = 0
        self.head: bytes = b""

    def __iter__(self) -> "RowLines":
        return self

    def __next__(self) -> str:
        number, line = next(self._lines)
        self.first = self.first or number
        if isinstance(line, LongLine):
            self.head = self.head or line.head
            raise RecordError(RecordFault.line_too_long)
        self.head = self.head or line[:512]
        self.size += len(line) + 1
        if self.size > self._max_bytes:
            raise RecordError(RecordFault.line_too_long)
        try:
            return line.decode("utf-8") + "\n"
        except UnicodeDecodeError:
            raise RecordError(RecordFault.invalid_utf8) from None


def read_csv(
    head: bytes, chunks: Iterator[bytes], origin: Origin, *, options: ReadOptions, limits: ReadLimits
) -> Iterator[Record | Reject]:
    """A Record or Reject for each row under the header; raises when the header has no text column."""
    delimiter = _delimiter(head, options.text_field)
    lines = RowLines(chunks, limits.max_line_bytes)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    header = _header(lines, rows, origin.file, options=options, limits=limits)
    if header is None:
        return
    while True:
        lines.start_row()
        try:
            cells = next(rows, None)
            if cells is None:
                return
            if not cells:
                continue
            fields = _fields(header, cells)
            yield make_record(fields, origin, lines.first, options=options, limits=limits)
        except RecordError as error:
            yield Reject(origin.file, lines.first, str(error.code), excerpt(lines.head))
        except csv.Error:
            yield Reject(origin.file, lines.first, RecordFault.bad_csv.value, excerpt(lines.head))


def _delimiter(head: bytes, column: str) -> str:
    """The delimiter that makes `column` a column; a comma where none does, for the message."""
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n").split(b"\n", 1)[0].decode("utf-8", "replace")
    for delimiter in _DELIMITERS:
        if column in (cell.strip().strip('"') for cell in first.split(delimiter)):
            return delimiter
    return ","


def _header(
    lines: RowLines, rows: Iterator[list[str]], file: str, *, options: ReadOptions, limits: ReadLimits
) -> list[str] | None:
    """The column names; None for a file without rows."""
    try:
        header = next((row for row in rows if row), None)
    except RecordError as error:
        if error.code == RecordFault.invalid_utf8:
            raise InvalidUtf8Error(file=file) from None
        raise BadCsvError(file=file, reason="its first row is too long") from None
    except csv.Error:
        raise BadCsvError(file=file, reason="its first row has an open quote") from None
    if header is None:
        return None
    header = [name.strip() for name in header]
    if len(header) > limits.max_columns:
        raise TooManyColumnsError(file=file, limit=limits.max_columns)
    if options.text_field not in header:
        raise MissingColumnError(file=file, column=options.text_field, columns=excerpt(", ".join(header)))
    if len(set(header)) != len(header):
        raise BadCsvError(file=file, reason="two columns have one name")
    return header


def _fields(header: list[str], cells: list[str]) -> dict[str, JsonValue]:
    if len(cells) != len(header):
        raise RecordError(RecordFault.bad_csv)
    fields: dict[str, JsonValue] = dict(zip(header, cells, strict=True))
    check_value(fields)
    return fields
