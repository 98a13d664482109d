"""Whether one parsed object becomes a record of the corpus, and if not, under which code it is rejected.

Pure checks of values that some reader already parsed: types, numbers, depth, text, identity. The codes are
stable, because scripts and the dashboard count by them. Knows nothing of files or formats.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain import injections
from app.domain.records import Kind
from app.domain.safety import redact
from app.domain.text import TextFault, check_text, guess_kind, normalise, sha256, text_flags
from app.domain.word_parts import PARTS, fits

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]

MAX_DEPTH = 64
"""Levels of nesting in one record. Python's own parser gives up near 1,000; nobody's metadata needs 64."""
MAX_NAME_CHARS = 255
"""Characters of an external id or a licence, which the database indexes."""
MAX_EXACT_INT = 2**64
"""Integers of this size and more have no exact place in Parquet or in the JSON writers of the export."""
EXCERPT_CHARS = 80
_PLAIN = b"\t\n" + bytes(range(0x20, 0x7F))


class RecordFault(StrEnum):
    """Why one record was rejected, apart from the faults of the text itself (`TextFault`)."""

    bad_json = "bad_json"
    """The line does not parse, or goes on after the object."""
    invalid_utf8 = "invalid_utf8"
    """The bytes are not UTF-8. The encoding is never guessed."""
    duplicate_key = "duplicate_key"
    """An object has one key twice; which value was meant is unknown."""
    bad_number = "bad_number"
    """NaN, Infinity, a number beyond float64, or an integer beyond 64 bits."""
    too_deep = "too_deep"
    """Nested deeper than `MAX_DEPTH`."""
    bad_unicode = "bad_unicode"
    """A lone surrogate in a key or a value."""
    nul_char = "nul_char"
    """U+0000 in a key or a value; Postgres cannot store it."""
    missing_text = "missing_text"
    """No text field, or it is null."""
    bad_type = "bad_type"
    """The record is no object, or the text, id or licence has the wrong type."""
    bad_id = "bad_id"
    """The id or the licence is longer than `MAX_NAME_CHARS`."""
    line_too_long = "line_too_long"
    """The line is longer than `max_line_bytes`; it was skipped unread."""
    bad_csv = "bad_csv"
    """A quote left open, or another number of cells than the header has."""
    bad_word = "bad_word"
    """A word-list line, or a record said to be a word, that is no single word with a known part of speech, name of a
    function, feature or opening."""
    empty_file = "empty_file"
    """A file of a folder or an archive that holds nothing."""
    unsupported_media = "unsupported_media"
    """A file of a folder or an archive whose content is of no supported format."""


class RecordError(ValueError):
    """One record is refused: carries the code alone. Never leaves the readers, which turn it into a `Reject`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Record:
    """One document that passed every check and may be stored."""

    text: str
    """Normalised (NFC, no BOM, line ends as LF), never empty."""
    sha256: bytes
    """32 bytes over the normalised text, of a word also over its part of speech; duplicates are found by it."""
    kind: Kind
    external_id: str | None
    licence: str | None
    metadata: dict[str, JsonValue]
    """Every other field: no NUL, no surrogate, finite numbers, at most `MAX_DEPTH` levels."""
    flags: tuple[str, ...]
    """What a reader should be warned of, e.g. `bidi`."""
    file: str
    line: int
    """Line or row the record begins at, from 1; 1 for a document that is a whole file."""


@dataclass(frozen=True, slots=True)
class Reject:
    """One record that was read and refused; the rest of the file goes on."""

    file: str
    line: int
    """From 1; 0 when the fault is the file's as a whole."""
    code: str
    excerpt: str
    """The first `EXCERPT_CHARS` characters, safe to show and to log."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How the user says a corpus is to be read."""

    text_field: str = "text"
    id_field: str = "id"
    licence_field: str = "licence"
    kind: Kind | None = None
    """Overrides what a record says of itself and what its text looks like."""
    format: str | None = None
    """`jsonl`, `csv`, `text` or `code` for names that do not tell; content still has to agree."""


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What reading one corpus may cost."""

    max_line_bytes: int = 1 << 20
    max_text_chars: int = 400_000
    max_decompressed_bytes: int = 8 << 30
    """Bytes after decompression, for one file and for all members of one archive together."""
    max_ratio: int = 100
    """Decompressed over compressed bytes, judged from `ratio_after_bytes` on."""
    ratio_after_bytes: int = 1 << 20
    max_zip_entries: int = 10_000
    max_files: int = 100_000
    """Files of one folder."""
    max_columns: int = 200
    """Columns of a CSV or Parquet file."""
    child_memory_bytes: int = 768 << 20
    """What the Parquet child may allocate on top of its start."""
    child_cpu_s: int = 3_600
    child_stall_s: float = 60.0
    """Silence of the Parquet child after which it is killed."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a reader knows of a document beside its fields."""

    file: str
    kind: Kind | None = None
    """What the file's name says, e.g. code for `.py`."""
    metadata: dict[str, JsonValue] = field(default_factory=dict)


def excerpt(raw: bytes | str) -> str:
    """The first 80 characters, screened, and everything unprintable (controls, bidi marks, surrogates) as U+FFFD."""
    text = raw[: 4 * EXCERPT_CHARS].decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    # Screened before it is cut: half a key is told by nothing, and still half a key.
    head = redact(text[: 4 * EXCERPT_CHARS])[:EXCERPT_CHARS].strip()
    return head if head.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in head)


def check_value(value: JsonValue, *, depth: int = 1) -> int:
    """Count the quotation marks `value` needs as JSON (two a string, one more for each it contains).

    The count lets the JSON reader prove that no key was dropped as a duplicate. Raises RecordError for what JSON-safe
    metadata must not hold: non-finite floats, integers beyond 64 bits, NUL, lone surrogates, too deep a nesting.
    """
    if isinstance(value, str):
        return 2 + check_string(value)
    if isinstance(value, dict | list):
        return _check_nested(value, depth)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise RecordError(RecordFault.bad_number)
    elif value is not None and not -(2**63) <= value < MAX_EXACT_INT:
        raise RecordError(RecordFault.bad_number)
    return 0


def _check_nested(value: "dict[str, JsonValue] | list[JsonValue]", depth: int) -> int:
    if depth > MAX_DEPTH:
        raise RecordError(RecordFault.too_deep)
    if isinstance(value, list):
        return sum(check_value(item, depth=depth + 1) for item in value)
    return sum(2 + check_string(key) + check_value(item, depth=depth + 1) for key, item in value.items())


def check_string(value: str) -> int:
    """Count the quotation marks inside `value`; raises RecordError for NUL and lone surrogates."""
    if not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise RecordError(RecordFault.bad_unicode) from None
    if "\x00" in value:
        raise RecordError(RecordFault.nul_char)
    return value.count('"')


def make_record(
    fields: dict[str, JsonValue], origin: Origin, line: int, *, options: ReadOptions, limits: ReadLimits
) -> Record:
    """The record made of `fields`, which pass `check_value`; consumes `fields`. Raises RecordError with the code."""
    raw = fields.pop(options.text_field, None)
    if raw is None:
        raise RecordError(RecordFault.missing_text)
    if not isinstance(raw, str):
        raise RecordError(RecordFault.bad_type)
    text = normalise(raw)
    flags = _checked_flags(text, limits.max_text_chars)
    external_id = _short_name(fields.pop(options.id_field, None))
    licence = _short_name(fields.pop(options.licence_field, None))
    said = options.kind or origin.kind or _own_kind(fields)
    if said is Kind.words and not fits(text, PARTS.get(str(fields.get("part", "")), "")):
        raise RecordError(RecordFault.bad_word)
    # An order to a model, spelt in character references or base64, must not make code of prose.
    kind = said or guess_kind(injections.cut(text) if injections.may_hide(text) else text)
    if origin.metadata:
        fields = {**fields, **origin.metadata}
    return Record(text, sha256(text), kind, external_id, licence, fields, flags, origin.file, line)


def _checked_flags(text: str, max_chars: int) -> tuple[str, ...]:
    """The flags of a text that may be stored; raises RecordError with its TextFault.

    Printable ASCII holds nothing to flag and nothing invisible, and one `translate` shows it: 1 us instead of 12 for
    1 kB (measured), which is half the cost of a record.
    """
    if text.isascii() and not text.encode("ascii").translate(None, _PLAIN) and len(text) <= max_chars:
        if not text or text.isspace():
            raise RecordError(TextFault.empty_text)
        return ()
    fault = check_text(text, max_chars=max_chars)
    if fault is not None:
        raise RecordError(fault)
    return tuple(text_flags(text))


def _short_name(value: JsonValue) -> str | None:
    """An id or licence as text; whole numbers are ids too, everything else is refused."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RecordError(RecordFault.bad_type)
    name = str(value)
    if len(name) > MAX_NAME_CHARS:
        raise RecordError(RecordFault.bad_id)
    return name


def _own_kind(fields: dict[str, JsonValue]) -> Kind | None:
    """The kind a record states itself; an unknown word is left in the metadata and means nothing here."""
    value = fields.get("kind")
    if not isinstance(value, str) or value not in Kind.__members__:
        return None
    del fields["kind"]
    return Kind(value)
