"""JSON Lines, one record a line.

A bad line is one Reject. The file as a whole is refused only where it plainly is something else: an array, one object
spread over lines, another encoding.
"""

import re
from collections.abc import Iterator

import orjson

from app.adapters.corpus_errors import InvalidUtf8Error, NotJsonlError
from app.adapters.corpus_json import parse_object
from app.adapters.corpus_lines import LongLine, numbered_lines
from app.domain.ingest import (
    Origin,
    ReadLimits,
    ReadOptions,
    Record,
    RecordError,
    RecordFault,
    Reject,
    excerpt,
    make_record,
)

_SPACE = b" \t\r"
_STARTS_OBJECT = re.compile(rb"^[ \t]*\{", re.MULTILINE)
_ARRAY_HINT = "it is one JSON array; write one object a line, for example with jq -c '.[]'"
_SPREAD_HINT = "its objects are spread over several lines; write one a line, for example with jq -c ."
_OTHER_HINT = 'no line begins with an object like {"text": ...}'


def read_jsonl(
    head: bytes, chunks: Iterator[bytes], origin: Origin, *, options: ReadOptions, limits: ReadLimits
) -> Iterator[Record | Reject]:
    """A Record or Reject for each line that is not blank; raises InvalidUtf8Error at the end if no line was UTF-8."""
    _refuse_other(head.removeprefix(b"\xef\xbb\xbf"), origin.file)
    some_utf8 = some = False
    for number, line in numbered_lines(chunks, limits.max_line_bytes):
        if isinstance(line, LongLine):
            some = some_utf8 = True
            yield Reject(origin.file, number, RecordFault.line_too_long.value, excerpt(line.head))
            continue
        if not line or not line.strip(_SPACE):
            continue
        some = True
        try:
            record = make_record(parse_object(line), origin, number, options=options, limits=limits)
        except RecordError as error:
            some_utf8 = some_utf8 or error.code != RecordFault.invalid_utf8
            yield Reject(origin.file, number, str(error.code), excerpt(line))
        else:
            some_utf8 = True
            yield record
    if some and not some_utf8:
        raise InvalidUtf8Error(file=origin.file)


def _refuse_other(head: bytes, name: str) -> None:
    """Raises NotJsonlError with a hint where the first lines show another layout."""
    start = head.lstrip()
    if not start:
        return
    if start.startswith(b"["):
        raise NotJsonlError(file=name, hint=_ARRAY_HINT)
    lines = [line.strip() for line in start.split(b"\n", 20) if line.strip()]
    if lines[0] == b"{" or _is_spread(lines):
        raise NotJsonlError(file=name, hint=_SPREAD_HINT)
    if not _STARTS_OBJECT.search(head):
        raise NotJsonlError(file=name, hint=_OTHER_HINT)


def _is_spread(lines: list[bytes]) -> bool:
    """Whether line 1 opens an object that line 2 goes on with; after a truncated record comes a new object."""
    if len(lines) < 2 or not lines[0].startswith(b"{") or not lines[1].startswith((b'"', b"}", b"]")):
        return False
    try:
        orjson.loads(lines[0])
    except orjson.JSONDecodeError:
        return True
    return False
