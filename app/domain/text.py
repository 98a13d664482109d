"""What a text is before anyone judges it: normal form, faults, flags, kind, words and sentences.

The str-level view, for gates and writers that look at one text. Whole batches go through `tokenise`, which is bytes
and numpy. Regular expressions here are linear: no nested repetition. Knows nothing of files or encodings.
"""

import re
from enum import StrEnum
from hashlib import sha256 as _sha256
from itertools import islice
from unicodedata import normalize

from app.domain.records import Kind
from app.domain.tokens import TokenBatch as TokenBatch
from app.domain.tokens import tokenise as tokenise

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_ZERO_WIDTH = "\u00ad\u200b-\u200d\u2060-\u2064\ufeff"
_TAGS = "\U000e0000-\U000e007f"
_CONTROL = "\x01-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f"
_CONTROL_BYTES = bytes([*range(1, 9), 11, *range(14, 32), 127])
"""The ASCII part of `_CONTROL`: ten times as fast to look for in bytes."""
_FLAGS = {
    "bidi": re.compile(f"[{_BIDI}]"),
    "zero_width": re.compile(f"[{_ZERO_WIDTH}]"),
    "tag_chars": re.compile(f"[{_TAGS}]"),
    "control": re.compile(f"[{_CONTROL}]"),
}
_INVISIBLE = re.compile(f"[{_BIDI}{_ZERO_WIDTH}{_TAGS}{_CONTROL}]")
_SEEN = re.compile(f"[^\\s{_BIDI}{_ZERO_WIDTH}{_TAGS}{_CONTROL}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORD = re.compile(r"\w+(?:(?<=[^\W\d_])['’](?=[^\W\d_])\w+)*")
# The look-back stands after the mark, so that searching can skip to marks: three times as fast.
_SENTENCE_END = re.compile(r"[.!?。！？](?<![.!?。！？]{2})[.!?。！？]*+[\"'”’)\]]*+(?=\s|$)")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_ABBREVIATIONS = re.compile(r"(?:e\.g|i\.e|mr|mrs|ms|dr|prof|st|vs|cf|figs?|eq|no|vol|al|approx|inc)$", re.IGNORECASE)
_CODE_LINE = re.compile(
    r"\s*(?:def |class |import |from \w[\w.]* import|return\b|if .*:$|elif |else:|for .*:$|while .*:$|try:|except|"
    r"with .*:$|@\w|#include|#define|#!|public |private |static |const |let |var |function\b|func |fn |struct |"
    r"package |using |//|/\*|\*/|</?[a-zA-Z!?]|\[[\w. \"-]+\]$|self\.|assert |raise |yield |print\()"
)
_CODE_END = re.compile(r"[{};]$|[\w)\]\"']\s*[(\[{:]$|[\w)\]\"'}],$")
_ASSIGNMENT = re.compile(r"\s*[\w.\[\]\"'-]+\s*(?:[-+*/|&]?=|:)\s*\S")
_CALL = re.compile(r"\s*[\w.]+\(.*\)$")
# These two are looked for after a line feed, which searching can skip to: ten times as fast as at a line's start.
_DEFINITION = re.compile(r"\n(?:(?:async )?def \w+\(|class \w+[:(]|import [\w., ]+$|from [\w.]+ import )", re.MULTILINE)
_RULE = re.compile(r"\n(?:([=\-~^*`#])\1{3,}$|\.\. [\w-]+::)", re.MULTILINE)
_GUESS_CHARS, _GUESS_LINES = 3_000, 30
_ONE_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*(?:[,;\t ]+(?:noun|verb|adjective|n|v|adj)\.?)?$", re.IGNORECASE)


class TextFault(StrEnum):
    """Why a text cannot be stored; the text gate in front of every insert."""

    nul_char = "nul_char"
    """Holds U+0000, which neither text nor jsonb columns take."""
    bad_unicode = "bad_unicode"
    """Holds a lone surrogate and cannot be encoded."""
    empty_text = "empty_text"
    """Nothing but white space and invisible characters."""
    too_long = "too_long"
    """More characters than the cap."""


def normalise(text: str) -> str:
    """The stored form of a text: no byte order mark, `\\n` line ends, NFC. Idempotent; visible content is unchanged."""
    text = text.lstrip("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():
        return text
    return normalize("NFC", text)


def check_text(text: str, *, max_chars: int) -> TextFault | None:
    """The first reason why a normalised text must not be stored, or None."""
    if "\x00" in text:
        return TextFault.nul_char
    if not text.isascii() and _SURROGATE.search(text):
        return TextFault.bad_unicode
    if not _SEEN.search(text):
        return TextFault.empty_text
    if len(text) > max_chars:
        return TextFault.too_long
    return None


def text_flags(text: str) -> list[str]:
    """What hides in a text: `bidi`, `zero_width`, `tag_chars`, `control`. Such texts are kept, but shown marked."""
    if text.isascii():
        hidden = len(text.encode().translate(None, _CONTROL_BYTES)) < len(text)
        return ["control"] if hidden else []
    return [name for name, pattern in _FLAGS.items() if pattern.search(text)] if _INVISIBLE.search(text) else []


def visible(text: str) -> str:
    """The text as a reader sees it, for scoring: invisible, direction and control characters taken out."""
    return _INVISIBLE.sub("", text)


def sha256(text: str) -> bytes:
    """32 bytes that identify a normalised text."""
    return _sha256(text.encode("utf-8", "surrogatepass")).digest()


def words(text: str) -> list[str]:
    """Words in reading order, as written. `don't` is one word, `a-b` is two: the same words that `tokenise` hashes."""
    return _WORD.findall(text)


def first_words(text: str, count: int) -> list[str]:
    """What `words` begins with; reads no further than it must."""
    return [match.group() for match in islice(_WORD.finditer(text), count)]


def sentences(text: str) -> list[str]:
    """Sentences in reading order, stripped; a blank line, heading or list item ends one too. Empty text gives [].

    >>> sentences("Dr. Ray adds 2.5 g, e.g. salt. It melts!")
    ['Dr. Ray adds 2.5 g, e.g. salt.', 'It melts!']
    """
    return [sentence for block in _blocks(text) for sentence in _split(block)]


def _split(block: str) -> list[str]:
    found, start = [], 0
    for match in _SENTENCE_END.finditer(block):
        end = match.end()
        if _is_inner(block, start, match.start(), end):
            continue
        found.append(block[start:end].strip())
        start = end
    rest = block[start:].strip()
    return [*found, rest] if rest else found


def _is_inner(block: str, start: int, at: int, end: int) -> bool:
    """Whether a full stop belongs to an abbreviation, an initial or a lower-case continuation."""
    if end - at > 1:
        mark = block[at:end]
        if "." not in mark or "!" in mark or "?" in mark:
            return False
    elif block[at] != ".":
        return False
    following = block[end + 1 : end + 2] or block[end:].strip()
    if following.isspace():
        following = block[end : end + 80].lstrip()[:1]
    if not following:
        return False
    if following.islower():
        return True
    # No abbreviation is longer, and most last words are.
    if at - start > 8 and " " not in block[at - 8 : at] and block[at - 1].isalpha():
        return False
    word = block[block.rfind(" ", start, at) + 1 : at].lstrip("(\"'“‘[")
    return len(word) <= 6 and bool(_ABBREVIATIONS.match(word) or (len(word) == 1 and word.isupper() and word != "I"))


def _blocks(text: str) -> list[str]:
    """Paragraphs as single lines; headings and list items stand alone."""
    found: list[str] = []
    current: list[str] = []
    for line in text.split("\n"):
        stripped = line.strip()
        alone = stripped.startswith(("#", "- ", "* ", "+ ", "> ", "|")) or stripped[:3].rstrip(".) ").isdigit()
        if (not stripped or alone) and current:
            found.append(" ".join(current))
            current = []
        if stripped.startswith("#"):
            found.append(stripped.lstrip("# "))
        elif stripped:
            current.append(stripped.removeprefix("- ").removeprefix("* ").removeprefix("+ ").removeprefix("> "))
    if current:
        found.append(" ".join(current))
    return [block for block in found if block]


def guess_kind(text: str) -> Kind:
    """Code, prose or a single word, from the shape of the lines; for records that do not say.

    Definitions or imports at the left margin make code, heading rules and directives make prose; else it is code when
    more than two fifths of its lines look like code. Fences and docstrings are looked past. On the 1,644 gold documents
    it errs on 15 (0.9 %). Reads the first 3,000 characters.
    """
    if len(text) <= 64 and _ONE_WORD.match(text.strip()):
        return Kind.words
    shown = prose_of_fences(text[:_GUESS_CHARS])
    for quotes in ('"""', "'''"):
        parts = shown.split(quotes)
        shown = "".join(parts[::2]) if len(parts) > 2 else shown
    below = "\n" + shown
    defined, ruled = len(_DEFINITION.findall(below)), len(_RULE.findall(below)) + shown.count("::\n")
    if defined or ruled > 1:
        return Kind.code if defined >= max(1, ruled) else Kind.prose
    lines = [line.rstrip() for line in shown.split("\n") if line.strip()]
    lines = lines[:: 1 + len(lines) // _GUESS_LINES]
    if not lines:
        return Kind.code if text.strip() else Kind.prose
    codelike = sum(_looks_like_code(line[:300]) for line in lines)
    return Kind.code if codelike > 0.4 * len(lines) else Kind.prose


def _looks_like_code(line: str) -> bool:
    return bool(_CODE_LINE.match(line) or _CODE_END.search(line[-16:]) or _ASSIGNMENT.match(line) or _CALL.match(line))


def prose_of_fences(markdown: str) -> str:
    """The lines outside fenced blocks, or the whole text where a single fence holds everything."""
    if "```" not in markdown and "~~~" not in markdown:
        return markdown
    kept, inside = [], False
    for line in markdown.split("\n"):
        if _FENCE.match(line):
            inside = not inside
        elif not inside:
            kept.append(line)
    outside = "\n".join(kept)
    return outside if outside.strip() else markdown
