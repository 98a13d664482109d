"""A corpus as a stream of records: files, archives and folders, whatever their format, in order and with flat memory.

Every record that is read comes out once, as a Record or as a Reject, so counts add up; duplicates are the database's
matter. Only AppErrors are raised, and only for a file as a whole. A fault of one member of a folder or archive that
endangers nothing is a Reject with line 0.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from app.adapters.corpus_archives import excerpt_name, folder_files, zip_members
from app.adapters.corpus_csv import read_csv
from app.adapters.corpus_documents import document_origin, read_document, read_words
from app.adapters.corpus_errors import (
    BadColumnTypeError,
    BadCsvError,
    BadGzipError,
    BadParquetError,
    BadZstdError,
    CorpusFileError,
    EmptyUploadError,
    InvalidUtf8Error,
    MissingColumnError,
    NestedArchiveError,
    NoRecordsError,
    NotJsonlError,
    TooManyColumnsError,
    UnsupportedMediaError,
)
from app.adapters.corpus_formats import Format, decide_format, inner_name, magic_of
from app.adapters.corpus_jsonl import read_jsonl
from app.adapters.corpus_parquet import read_parquet
from app.adapters.corpus_streams import DECOMPRESSED_PEEK_BYTES, Blob, Meter, gunzip, peek, unzstd
from app.domain.ingest import Origin, ReadLimits, ReadOptions, Record, RecordFault, Reject, excerpt
from app.domain.records import Kind

Items = Iterator[Record | Reject]
_DEFAULT_OPTIONS = ReadOptions()
_DEFAULT_LIMITS = ReadLimits()
_MEMBER_FAULTS = (
    BadColumnTypeError,
    BadCsvError,
    BadGzipError,
    BadParquetError,
    BadZstdError,
    EmptyUploadError,
    InvalidUtf8Error,
    MissingColumnError,
    NoRecordsError,
    NotJsonlError,
    TooManyColumnsError,
    UnsupportedMediaError,
)
"""What ends the reading of one member, but not of the folder or archive it is in."""
_DECOMPRESSORS = {Format.gzip: gunzip, Format.zstd: unzstd}


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One thing to read: a file, an archive or a folder."""

    path: Path
    """Where it lies."""
    display_name: str
    """What its sender called it; shown in reports, decides nothing but the format's second witness."""


def read_corpus(
    sources: Sequence[SourceFile], options: ReadOptions = _DEFAULT_OPTIONS, limits: ReadLimits = _DEFAULT_LIMITS
) -> Items:
    """Every record of `sources` in order; raises EmptyUploadError for no source and NoRecordsError for no record."""
    if not sources:
        raise EmptyUploadError(file="the upload")
    for source in sources:
        name = excerpt_name(source.display_name)
        try:
            if source.path.is_dir():
                blobs = folder_files(source.path, name, limits)
                yield from _counted(_read_members(blobs, options, limits), name)
            elif not source.path.is_file():
                raise CorpusFileError(file=name)
            else:
                blob = Blob(name, lambda path=source.path: path.open("rb"), source.path)  # type: ignore[misc]
                yield from _counted(_read_blob(blob, options, limits), name)
        except OSError as error:
            raise CorpusFileError(file=name, reason=error.strerror or "") from None


def _counted(items: Items, name: str) -> Items:
    """The same items; raises NoRecordsError where there is none."""
    first = next(items, None)
    if first is None:
        raise NoRecordsError(file=name)
    yield first
    yield from items


def _read_members(blobs: Sequence[Blob], options: ReadOptions, limits: ReadLimits) -> Items:
    """The records of every member; a member that cannot be read is one Reject."""
    for blob in blobs:
        try:
            yield from _counted(_read_blob(blob, options, limits), blob.name)
        except (EmptyUploadError, NoRecordsError):
            yield Reject(blob.name, 0, RecordFault.empty_file.value, "")
        except _MEMBER_FAULTS as error:
            yield Reject(blob.name, 0, error.code, excerpt(str(error)))


def _read_blob(blob: Blob, options: ReadOptions, limits: ReadLimits) -> Items:
    with closing(blob.chunks()) as raw:  # type: ignore[type-var]
        head, chunks = peek(raw)
        if not head:
            raise EmptyUploadError(file=blob.name)
        if blob.path is None and magic_of(head) not in (None, Format.parquet):
            raise NestedArchiveError(file=blob.name.split("/")[0], entry=blob.name)
        format_ = decide_format(head, blob.name, options.format)
        if format_ is Format.zip or format_ is Format.parquet:
            yield from _read_container(blob, format_, chunks, options=options, limits=limits)
            return
        if format_ in _DECOMPRESSORS:
            head, chunks = peek(_DECOMPRESSORS[format_](chunks, blob.name, limits), DECOMPRESSED_PEEK_BYTES)
            format_ = _inner_format(head, blob.name, options)
        reader, origin = _reader(format_, blob.name, options)
        yield from reader(head, chunks, origin, options=options, limits=limits)


def _read_container(
    blob: Blob, format_: Format, chunks: Iterator[bytes], *, options: ReadOptions, limits: ReadLimits
) -> Items:
    """Formats that are read from their end and so need a file; a Parquet member gets an unnamed temporary one."""
    if blob.path is not None and format_ is Format.zip:
        with zip_members(blob.path, blob.name, limits) as members:
            yield from _read_members(members, options, limits)
    elif blob.path is not None:
        with blob.path.open("rb") as file:
            yield from read_parquet(file, blob.name, options, limits)
    else:
        meter = Meter(blob.name, ReadLimits(max_decompressed_bytes=limits.max_decompressed_bytes, max_ratio=1 << 62))
        with tempfile.TemporaryFile() as file:
            for chunk in chunks:
                meter.bytes_in = 1
                meter.add(len(chunk))
                file.write(chunk)
            file.flush()
            yield from read_parquet(file, blob.name, options, limits)


def _inner_format(head: bytes, name: str, options: ReadOptions) -> Format:
    """Format of what was compressed; the name without its last suffix is the second witness."""
    if not head:
        raise NoRecordsError(file=name)
    if magic_of(head) is not None:
        raise NestedArchiveError(file=name, entry=inner_name(name))
    return decide_format(head, inner_name(name), options.format)


def _reader(format_: Format, name: str, options: ReadOptions) -> tuple[Callable[..., Items], Origin]:
    if options.kind is Kind.words and format_ in (Format.csv, Format.text):
        return read_words, Origin(name)
    if format_ is Format.jsonl:
        return read_jsonl, Origin(name)
    if format_ is Format.csv:
        return read_csv, Origin(name)
    return read_document, document_origin(name, format_)
