"""What a chat request asks for: Hornbook's user message read back into fields.

The format is the one `app.domain.prompts` renders. Everything between the document's markers is data: a line inside
it that looks like a header, a marker or an instruction stays part of the document, because headers are read only
above the first marker and the end marker must carry the same random boundary. A message without markers (any other
client of the server) is taken as a document as a whole. Knows nothing of HTTP.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_OPEN = re.compile(r"^<<<DOCUMENT ([0-9a-f]{8})>>>[ \t]*$", re.MULTILINE)
_LENGTH = re.compile(r"(\d{1,5})\s*-\s*(\d{1,5})")
_HEADERS = (
    "task",
    "audience",
    "format",
    "constraint",
    "length",
    "words",
    "function",
    "features",
    "opening",
    "fell short",
    "pass",
    "parts",
)


@dataclass(frozen=True)
class Shortfall:
    """One reason why an earlier version fell short."""

    code: str
    """Stable reason code, lower case, such as `grade_high`."""
    detail: str
    """The rest of the line, as the gate wrote it."""


@dataclass(frozen=True)
class Prompt:
    """One rewriting request."""

    task: str = ""
    """The Task line, or empty."""
    audience: str = ""
    """Who reads it, lower case."""
    form: str = ""
    """The Format line, lower case."""
    constraint: str = ""
    """The Constraint line, lower case; empty when absent."""
    min_words: int = 0
    """Lower end of Length; 0 when absent."""
    max_words: int = 0
    """Upper end of Length; 0 when absent."""
    words: tuple[str, ...] = ()
    """Noun, verb, adjective of a story; the function of an exercise."""
    features: tuple[str, ...] = ()
    """Story features, lower case."""
    opening: str = field(default="", repr=False)
    """How a story begins, lower case; empty when absent."""
    shortfalls: tuple[Shortfall, ...] = ()
    """The Fell short lines, in order."""
    stage: str = field(default="", repr=False)
    """The pass over code that is asked for; empty for a text."""
    parts: tuple[str, ...] = field(default=(), repr=False)
    """Title, prerequisites and exercise, where they are asked for."""
    document: str = ""
    """The seed text, verbatim."""
    earlier: str = ""
    """The best earlier version, or empty."""


def parse_prompt(message: str) -> Prompt:
    """The request in a user message; a message without document markers becomes the document itself."""
    opened = _OPEN.search(message)
    head = message[: opened.start()] if opened else message
    headers, shortfalls = _read_headers(head)
    if opened is None and "task" not in headers:
        return Prompt(document=message.strip("\n"))
    document, rest = _between(message, opened) if opened else ("", "")
    low, high = _length(headers.get("length", ""))
    return Prompt(
        task=headers.get("task", ""),
        audience=headers.get("audience", "").lower(),
        form=headers.get("format", "").lower(),
        constraint=_unless_none(headers.get("constraint", "").lower()),
        min_words=low,
        max_words=high,
        words=_names(headers.get("words") or headers.get("function", "")),
        features=_names(headers.get("features", "").lower()),
        opening=headers.get("opening", "").lower(),
        shortfalls=tuple(shortfalls),
        stage=headers.get("pass", "").lower(),
        parts=_names(headers.get("parts", "").lower()),
        document=document,
        earlier=_earlier(rest),
    )


def last_user_message(messages: Sequence[object]) -> str:
    """The text of the last user message, text parts joined; empty when there is none."""
    for message in reversed(messages):
        if isinstance(message, dict) and message.get("role") == "user":
            return _text_of(message.get("content"))
    return ""


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, dict))
        return "\n".join(text for text in texts if isinstance(text, str))
    return ""


def _read_headers(head: str) -> tuple[dict[str, str], list[Shortfall]]:
    headers: dict[str, str] = {}
    shortfalls: list[Shortfall] = []
    for line in head.splitlines():
        name, colon, value = line.partition(":")
        key = name.strip().lower()
        if not colon or key not in _HEADERS:
            continue
        if key == "fell short":
            code, _, detail = value.strip().partition(":")
            shortfalls.append(Shortfall(code.strip().lower(), detail.strip()))
        else:
            headers.setdefault(key, value.strip())
    return headers, shortfalls


def _between(message: str, opened: re.Match[str]) -> tuple[str, str]:
    """The document and what follows it; a missing end marker leaves everything to the document."""
    boundary = opened.group(1)
    start = opened.end() + 1
    end = message.find(f"\n<<<END {boundary}>>>", opened.end())
    if end < 0:
        return message[start:].strip("\n"), ""
    return message[start:end], message[end + 1 :]


def _earlier(rest: str) -> str:
    found = re.search(r"^<<<EARLIER ([0-9a-f]{8})>>>[ \t]*$", rest, re.MULTILINE)
    if found is None:
        return ""
    end = rest.find(f"\n<<<END EARLIER {found.group(1)}>>>", found.end())
    return rest[found.end() + 1 : end] if end >= 0 else ""


def _length(value: str) -> tuple[int, int]:
    found = _LENGTH.search(value)
    if found is None:
        return 0, 0
    low, high = int(found.group(1)), int(found.group(2))
    return min(low, high), max(low, high)


def _names(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _unless_none(value: str) -> str:
    return "" if value == "none" else value
