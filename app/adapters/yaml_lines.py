"""A small YAML or JSON file as plain values, with the line of every field.

Stricter than YAML on purpose: one document, no anchors, aliases or tags (an alias of an alias makes a gigabyte of a
kilobyte), no field twice, a bounded size and depth. JSON is read as JSON, so that its escapes mean what they say.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12

Value = object
Where = tuple[str | int, ...]


class BadYamlError(ValueError):
    """What is wrong, and in which line; an edge gives it the file's name."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        """From 1 on."""
        self.message = message


@dataclass(frozen=True)
class Document:
    """What a file says."""

    value: Value
    lines: Mapping[Where, int]
    """The line, from 1 on, of each field and list entry by its path; () is the first."""

    def line_of(self, path: Where) -> int:
        """The line of a field, or of the nearest field around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_document(body: bytes) -> Document:
    """The file's values and lines; raises BadYamlError."""
    if len(body) > MAX_BYTES:
        raise BadYamlError(1, f"holds {len(body):,} bytes; {MAX_BYTES:,} are allowed")
    text = _decoded(body)
    if "\0" in text:
        raise BadYamlError(text[: text.index("\0")].count("\n") + 1, "holds a zero byte; it must be text")
    found = _json(text)
    # A tab is white space in JSON and an error in YAML; inside strings JSON does not allow one.
    shaped = text.replace("\t", " ") if found is not None else text
    try:
        _check_events(shaped)
        node = yaml.compose(shaped, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadYamlError(mark.line + 1 if mark else 1, f"is no YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise BadYamlError(1, f"is no YAML: {str(error).splitlines()[0]}") from None
    if node is None:
        raise BadYamlError(1, "is empty")
    lines: dict[Where, int] = {(): node.start_mark.line + 1}
    value = _walk(node, (), lines)
    return Document(value if found is None else found[0], lines)


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise BadYamlError(line, "is not in UTF-8; save it as UTF-8") from None


def _json(text: str) -> tuple[Value] | None:
    """The values of a text that is JSON, in a tuple since JSON may be null; None for other texts."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        return (json.loads(text),)
    except (ValueError, RecursionError):
        return None


def _check_events(text: str) -> None:
    """Raise BadYamlError for what is not wanted, before anything is built from it."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise BadYamlError(line, "uses an anchor or alias (& or *); write the value out, or put it in quotes")
        if getattr(event, "tag", None):
            raise BadYamlError(line, f"uses the tag {event.tag}; write the value without it, or put it in quotes")
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if documents > 1:
            raise BadYamlError(line, "begins a second document (---); one file holds one")
        if depth > MAX_DEPTH:
            raise BadYamlError(line, f"is nested deeper than {MAX_DEPTH} levels")


def _walk(node: yaml.Node, path: Where, lines: dict[Where, int]) -> Value:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines)
    if isinstance(node, yaml.SequenceNode):
        values = []
        for place, item in enumerate(node.value):
            lines[(*path, place)] = item.start_mark.line + 1
            values.append(_walk(item, (*path, place), lines))
        return values
    return _scalar(node)


def _mapping(node: yaml.MappingNode, path: Where, lines: dict[Where, int]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise BadYamlError(line, "has a list or group as a field's name; a name is one word")
        name = str(key.value)
        if name in found:
            raise BadYamlError(line, f"names {name!r} twice; the first is in line {lines[(*path, name)]}")
        lines[(*path, name)] = line
        found[name] = _walk(value, (*path, name), lines)
    return found


def _scalar(node: yaml.Node) -> Value:
    try:
        value: Value = yaml.SafeLoader("").construct_object(node)
    except (ValueError, yaml.YAMLError) as error:
        raise BadYamlError(node.start_mark.line + 1, f"has a value that cannot be read: {error}") from None
    # Dates are nothing that a recipe has: what looks like one was meant as text.
    return value if isinstance(value, str | int | float | bool | None) else str(node.value)
