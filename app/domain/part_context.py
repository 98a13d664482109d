"""What a prompt says of the source that a part comes from: its title, where the part stands, what came before it.

One line each, so that the part can be told without the rest. It is text of the source, so prompts show it in a slot.
"""

import re
from collections.abc import Sequence

from app.domain.records import Kind
from app.domain.source_parts import Part

MOST_TITLE_CHARS = 120
MOST_BEFORE_CHARS = 200
MOST_IMPORTS = 12
"""Lines of a header that a part of code is shown."""
_IMPORTS = re.compile(r"^(?:import|from|#include|using|use|require|package)\b[^\n]{1,200}", re.MULTILINE)
_NAMES = re.compile(r"\w+")
_KEYWORDS = frozenset("import from as include using use require package".split())
_LAST_SENTENCE = re.compile(r"(?:.*[.!?。！？][\"'”’)\]]{0,3}\s+)?(\S.*)", re.DOTALL)


def title_of(details: dict[str, object], external_id: str | None, text: str) -> str:
    """What the source is called: its own title, its first heading, its id or its file; empty: nothing says."""
    heading = re.match(r"\s{0,3}#[ \t]+([^\n]+)", text)
    for said in (details.get("title"), heading and heading[1], external_id, details.get("file")):
        if isinstance(said, str) and said.strip():
            return _one_line(said)[:MOST_TITLE_CHARS]
    return ""


def context_of(text: str, kind: Kind, parts: Sequence[Part], place: int, *, title: str) -> str:
    """The lines for the part at `place`, from 0.

    Example: `Source: Sorting`, `Part: 2 of 3`, `Under: Sorting > Merge sort`, `Just before: It never gets slower.`
    """
    part = parts[place]
    lines = [f"Source: {title}"] if title else []
    lines.append(f"Part: {place + 1} of {len(parts)}")
    if part.heading:
        lines.append(f"Under: {' > '.join(part.heading)}")
    if kind is Kind.code:
        lines += [f"Imported: {line}" for line in _needed(text[: part.start], text[part.start : part.end])]
    elif place and (before := _last_sentence(text[parts[place - 1].start : part.start])):
        lines.append(f"Just before: {before}")
    return "\n".join(lines)


def _needed(before: str, own: str) -> list[str]:
    """The import lines above whose names the part uses."""
    used = set(_NAMES.findall(own))
    found = [line[0].strip() for line in _IMPORTS.finditer(before)]
    return [line for line in found if used & (set(_NAMES.findall(line)) - _KEYWORDS)][:MOST_IMPORTS]


def _last_sentence(before: str) -> str:
    found = _LAST_SENTENCE.match(before[-4 * MOST_BEFORE_CHARS :].strip())
    return _one_line(found[1])[-MOST_BEFORE_CHARS:] if found else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
