"""Reads labelled texts from JSONL (or .gz) and writes a trained classifier with its card.

A record that cannot be used is named and skipped: training on what is left is better than failing at line 90,000.
"""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO, cast

import orjson

from app.domain.text import check_text, normalise, sha256
from app.errors import InvalidInputError

_MAX_LINE_BYTES = 8 * 1024 * 1024
_MAX_CHARS = 1_000_000
_MAX_BYTES = 1024 * 1024 * 1024
"""Of a whole file, unpacked: the texts are held in memory."""


class UnreadableFileError(InvalidInputError):
    """Cannot read {path}: {reason}"""

    code = "unreadable_file"


class TooLargeError(InvalidInputError):
    """The labelled file holds more than {bytes} bytes once unpacked; train on a part of it."""

    code = "labelled_too_large"


@dataclass(frozen=True, slots=True)
class Fields:
    """What the columns are called."""

    text: str
    label: str
    """A number, or a list of numbers by different labellers, of which the mean counts."""
    group: str | None
    """Records of a group stay on one side of a fold; a path counts by its first two parts. None: no groups."""
    alone: str | None = None
    """The value of the group field whose records share no source, such as the pages of a crawl."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that was not used."""

    line: int
    code: str
    """bad_json, line_too_long, missing_text, bad_label, duplicate, or a `TextFault`."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """The usable records of a file."""

    name: str
    sha256: str
    """Of the file's bytes, in hex."""
    texts: list[str]
    labels: list[float]
    groups: list[str] | None
    skipped: list[Skipped]
    pairs: list[tuple[float, float]]
    """The first two labels of every record whose label is a list: what labellers say of each other."""


def read_labelled(path: Path, fields: Fields, *, shown_as: str | None = None) -> Labelled:
    """Every usable record of a file, in order; `shown_as` names a stored one to people.

    Raises UnreadableFileError when the file itself cannot be read, TooLargeError when it is beyond memory.
    """
    name = shown_as or path.name
    texts, labels, groups, pairs, skipped, seen = [], [], [], [], [], set[bytes]()
    try:
        with path.open("rb") as source:
            digest = file_digest(source, "sha256").hexdigest()
        for number, line in _lines(path):
            record = _record(line, fields)
            if isinstance(record, str):
                skipped.append(Skipped(number, record))
                continue
            text, given, group = record
            key = sha256(text)
            if key in seen:
                skipped.append(Skipped(number, "duplicate"))
                continue
            seen.add(key)
            texts.append(text)
            labels.append(sum(given) / len(given))
            pairs += [(given[0], given[1])] if len(given) > 1 else []
            groups.append(group)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFileError(path=name, reason=error.__class__.__name__) from error
    return Labelled(name, digest, texts, labels, groups if fields.group else None, skipped, pairs)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Numbered lines that are not blank; of one that is too long only its beginning, which is no JSON."""
    with _open(path) as source:
        number = size = 0
        while line := source.readline(_MAX_LINE_BYTES):
            number += 1
            size += len(line)
            if size > _MAX_BYTES:
                raise TooLargeError(bytes=_MAX_BYTES)
            whole = line
            while not line.endswith(b"\n") and (line := source.readline(_MAX_LINE_BYTES)):
                whole = b"\0"
                size += len(line)
                if size > _MAX_BYTES:
                    raise TooLargeError(bytes=_MAX_BYTES)
            if whole.strip():
                yield number, whole


def _open(path: Path) -> BinaryIO:
    # By its first bytes: a stored upload has no suffix.
    with path.open("rb") as source:
        packed = source.read(2) == b"\x1f\x8b"
    return cast("BinaryIO", gzip.open(path, "rb")) if packed else path.open("rb")


def _record(line: bytes, fields: Fields) -> tuple[str, list[float], str] | str:
    """Text, labels and group of a line, or the code of what is wrong with it."""
    if line == b"\0":
        return "line_too_long"
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return "bad_json"
    if not isinstance(value, dict) or not isinstance(value.get(fields.text), str):
        return "missing_text"
    text, given = normalise(value[fields.text]), _numbers(value.get(fields.label))
    if not given:
        return "bad_label"
    fault = check_text(text, max_chars=_MAX_CHARS)
    if fault:
        return fault.value
    return text, given, _group(value, fields, text)


def _group(value: dict[str, object], fields: Fields, text: str) -> str:
    group = str(value.get(fields.group, "")) if fields.group else ""
    if fields.alone is not None and group == fields.alone:
        return f"{group} {sha256(text).hex()}"
    return "/".join(group.split("/")[:2])


def _numbers(label: object) -> list[float]:
    """The labels in a record's label field; none when any is no number from 0 to 5."""
    given = label if isinstance(label, list) else [label]
    numbers = [float(one) for one in given if isinstance(one, int | float) and not isinstance(one, bool)]
    return numbers if len(numbers) == len(given) and all(0 <= one <= 5 for one in numbers) else []


def write_model(prefix: Path, blob: bytes, card: dict[str, object]) -> tuple[Path, Path]:
    """Write PREFIX.npz and PREFIX.json, each whole or not at all."""
    weights, described = prefix.with_name(prefix.name + ".npz"), prefix.with_name(prefix.name + ".json")
    try:
        prefix.parent.mkdir(parents=True, exist_ok=True)
        for target, content in ((weights, blob), (described, orjson.dumps(card, option=orjson.OPT_INDENT_2) + b"\n")):
            partial = target.with_name(target.name + ".part")
            partial.write_bytes(content)
            partial.replace(target)
    except OSError as error:
        raise UnreadableFileError(path=prefix, reason=error.__class__.__name__) from error
    return weights, described
