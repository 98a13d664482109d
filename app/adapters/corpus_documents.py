"""Files that are one document each, and word lists, where every line is one word."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from app.adapters.corpus_errors import InvalidUtf8Error
from app.adapters.corpus_formats import Format, inner_name, suffix_of
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
from app.domain.records import Kind
from app.domain.text import TextFault, sha256
from app.domain.word_parts import PARTS, fits

_PROSE_SUFFIXES = frozenset({".md", ".markdown", ".rst", ".adoc", ".tex"})
_UTF8_MAX_BYTES = 4


def document_origin(name: str, format_: Format) -> Origin:
    """What the name of a one-document file tells: its kind where that is sure, path and language as metadata."""
    suffix = suffix_of(inner_name(name))
    metadata: dict[str, JsonValue] = {"path": name}
    if format_ is Format.code:
        return Origin(name, Kind.code, metadata | {"language": suffix.removeprefix(".")})
    return Origin(name, Kind.prose if suffix in _PROSE_SUFFIXES else None, metadata)


def read_document(
    head: bytes, chunks: Iterator[bytes], origin: Origin, *, options: ReadOptions, limits: ReadLimits
) -> Iterator[Record | Reject]:
    """One Record or Reject for the whole file; its name is its id. Raises InvalidUtf8Error."""
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > limits.max_text_chars * _UTF8_MAX_BYTES + _UTF8_MAX_BYTES:
            yield Reject(origin.file, 1, TextFault.too_long.value, excerpt(head))
            return
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidUtf8Error(file=origin.file) from None
    fields: dict[str, JsonValue] = {options.text_field: text, options.id_field: _file_id(origin.file)}
    try:
        yield make_record(fields, origin, 1, options=options, limits=limits)
    except RecordError as error:
        yield Reject(origin.file, 1, str(error.code), excerpt(head))


def _file_id(name: str) -> str:
    """The name if it can be an id, else its last part cut to what fits."""
    return name if len(name) <= 255 else PurePosixPath(name).name[-255:]


def read_words(
    _head: bytes, chunks: Iterator[bytes], origin: Origin, *, options: ReadOptions, limits: ReadLimits
) -> Iterator[Record | Reject]:
    """A Record or Reject for each line `word`, `word<TAB>part` or `word,part`; a header `word,part` is skipped."""
    origin = Origin(origin.file, Kind.words)
    for number, line in numbered_lines(chunks, limits.max_line_bytes):
        if isinstance(line, LongLine):
            yield Reject(origin.file, number, RecordFault.line_too_long.value, excerpt(line.head))
            continue
        if not line.strip():
            continue
        try:
            word, part = _word_and_part(line)
            if (word, part) == ("word", "part") and number == 1:
                continue
            fields = _word_fields(word, part, options.text_field)
            record = make_record(fields, origin, number, options=options, limits=limits)
            # `play` the noun and `play` the verb are two words.
            yield replace(record, sha256=sha256(f"{record.text}\t{PARTS[part]}")) if part else record
        except RecordError as error:
            yield Reject(origin.file, number, str(error.code), excerpt(line))


def _word_and_part(line: bytes) -> tuple[str, str]:
    try:
        text = line.decode("utf-8").strip().strip('"')
    except UnicodeDecodeError:
        raise RecordError(RecordFault.invalid_utf8) from None
    word, _, part = text.partition("\t" if "\t" in text else ",")
    return word.strip(' "'), part.strip(' "').rstrip(".").lower()


def _word_fields(word: str, part: str, text_field: str) -> dict[str, JsonValue]:
    """The fields of one word; what fits which part: `word_parts.fits`."""
    if "\x00" in word + part:
        raise RecordError(RecordFault.nul_char)
    if (part and part not in PARTS) or not fits(word, PARTS.get(part, "")):
        raise RecordError(RecordFault.bad_word)
    fields: dict[str, JsonValue] = {text_field: word}
    if part:
        fields["part"] = PARTS[part]
    check_value(fields)
    return fields
