"""Documents and answers as text that hides nothing: characters that no one sees are shown as marks.

Bidirectional overrides, zero-width and tag characters and controls never reach the page; their code points do.
"""

import json
import re
from unicodedata import name

from markupsafe import Markup, escape

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]"
)
_JSON_ESCAPES = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}


def marked(text: str) -> str:
    """Plain text with `[U+202E]` for each hidden character; for titles and attributes."""
    return _HIDDEN.sub(lambda found: f"[{_code(found.group())}]", text)


def shown(text: str) -> Markup:
    """Safe HTML of a text: everything escaped, each hidden character a mark that can be seen and read aloud."""
    parts: list[str] = []
    start = 0
    for found in _HIDDEN.finditer(text):
        parts.append(str(escape(text[start : found.start()])))
        parts.append(_mark(found.group()))
        start = found.end()
    parts.append(str(escape(text[start:])))
    return Markup("".join(parts))  # Every part is escaped above


def hidden_count(text: str) -> int:
    """How many characters of a text nobody would see."""
    return 0 if text.isascii() and text.isprintable() else len(_HIDDEN.findall(text))


def _mark(character: str) -> str:
    title = escape(name(character, "control character").lower())
    return f'<span class="hidden-mark" title="{title}">{_code(character)}</span>'


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"


def embedded_json(value: object) -> Markup:
    """JSON for `<script type="application/json">`: no `<`, `>` or `&` that could end the element."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.translate(_JSON_ESCAPES))  # It cannot leave the element, see above
