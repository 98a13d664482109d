"""One line of JSON Lines as an object, strictly: what two parsers would read differently is refused.

Fast path: orjson parses, and the quotation marks of the line are compared with those the parsed value needs. JSON keys
are strings, so a dropped duplicate key leaves the line with at least two marks more; no second parse is needed to know.
Only lines that fail, or that write a mark as an escape, go through the slow stdlib parser, which names the fault.
"""

import json
from collections.abc import Callable

import orjson

from app.domain.ingest import JsonValue, RecordError, RecordFault, check_value

_BOM = b"\xef\xbb\xbf"
_EXACT_FLOAT = 2.0**53
"""orjson reads integers beyond 64 bits as floats, so a float of this size and more is read again by the slow parser."""


def parse_object(line: bytes) -> dict[str, JsonValue]:
    """The JSON object `line` holds, safe for jsonb; raises RecordError with the code of its first fault."""
    if b"\\u0022" not in line and b"\\u0000" not in line:
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            return parse_slowly(line)
        if type(value) is dict and _is_whole(value, line):
            return value
    return parse_slowly(line)


def _is_whole(value: dict[str, JsonValue], line: bytes) -> bool:
    """Whether nothing of `line` got lost or rounded in `value`."""
    marks = 0
    for key, item in value.items():
        kind = type(item)
        if kind is str:
            marks += 4 + key.count('"') + item.count('"')  # type: ignore[union-attr]
        elif item is None or kind is bool or kind is int:
            marks += 2 + key.count('"')
        elif kind is float:
            if not -_EXACT_FLOAT < item < _EXACT_FLOAT:  # type: ignore[operator]
                return False
            marks += 2 + key.count('"')
        else:
            marks += 2 + key.count('"') + _marks_inside(item)
    return line.count(b'"') == marks


def _marks_inside(value: JsonValue) -> int:
    """The marks of a nested value, or a count no line has where the slow parser should look."""
    try:
        marks = check_value(value, depth=2)
        return -(1 << 60) if _has_large_float(value) else marks
    except RecordError:
        return -(1 << 60)


def _has_large_float(value: JsonValue) -> bool:
    if isinstance(value, float):
        return not -_EXACT_FLOAT < value < _EXACT_FLOAT
    if isinstance(value, list):
        return any(map(_has_large_float, value))
    return isinstance(value, dict) and any(map(_has_large_float, value.values()))


def parse_slowly(line: bytes) -> dict[str, JsonValue]:
    """The same as `parse_object` by the standard library alone."""
    try:
        text = line.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError:
        raise RecordError(RecordFault.invalid_utf8) from None
    if "\x00" in text:
        raise RecordError(RecordFault.nul_char)
    try:
        value: JsonValue = _DECODER.decode(text)
        if not isinstance(value, dict):
            raise RecordError(RecordFault.bad_type)
        check_value(value)
    except RecursionError:
        raise RecordError(RecordFault.too_deep) from None
    except json.JSONDecodeError:
        raise RecordError(RecordFault.bad_json) from None
    return value


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RecordError(RecordFault.duplicate_key)
    return found


def _refuse(_literal: str) -> JsonValue:
    raise RecordError(RecordFault.bad_number)


def _number(parse: Callable[[str], int | float]) -> Callable[[str], int | float]:
    """`parse`, with its own refusals (int: more than 4,300 digits) under our code."""

    def read(literal: str) -> int | float:
        try:
            value = parse(literal)
            check_value(value)
        except ValueError:
            raise RecordError(RecordFault.bad_number) from None
        return value

    return read


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_refuse, parse_int=_number(int), parse_float=_number(float)
)
