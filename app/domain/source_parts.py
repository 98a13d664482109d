"""Cuts a long source into parts at good borders, none longer than a model can take in and still say all of.

Prose by headings, then paragraphs, then sentences, fenced code whole; code by top-level definitions, then blocks, then
lines. Parts follow each other without a gap, so that put together they are the source again. Linear in the text, and
nothing is parsed: sources are untrusted. After WRAP, which splits because rewriting long texts loses information
(arXiv 2401.16380, section 3). Knows nothing of prompts or storage.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.domain.records import Kind

BYTES_PER_TOKEN = 4
"""Of English and code."""
TINY = 8
"""A part under an eighth of the most joins its neighbour where both fit."""
MOST_HEADING_CHARS = 80

_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
_FENCE = re.compile(r"[ \t]{0,12}(`{3,}|~{3,})")
_SENTENCE = re.compile(r"(?:[.!?…][\"'”’)\]]{0,3}\s+(?=[^\sa-zß-ÿ])|[。！？])")
_DEFINES = re.compile(
    r"(?:@|(?:export |pub |public |private |static |abstract |final |async )*"
    r"(?:def|class|func|function|fn|impl|struct|enum|trait|interface|module|namespace|type|template)\b)"
)
_GOES_ON = re.compile(r"[)\]}]|(?:else|elif|except|finally|catch)\b")
_TRIPLE = re.compile(r'"""|\'\'\'')


@dataclass(frozen=True)
class Part:
    """A piece of a source, by its characters."""

    start: int
    end: int
    heading: tuple[str, ...]
    """The headings it stands under, the outermost first; of code the definition it goes on with."""


@dataclass(frozen=True)
class _Borders:
    """Where a text may be cut: by level, the best borders first, each sorted."""

    levels: Sequence[Sequence[int]]
    headings: Sequence[tuple[int, int, str]]
    """(place, depth, title) of what heads parts."""


def is_long(text: str, most: int) -> bool:
    """Whether a text has more than `most` tokens, counted at four bytes each. Nearly free for a short one."""
    return len(text) > most and _size(text) > most * BYTES_PER_TOKEN


def split(text: str, kind: Kind, *, most: int) -> list[Part]:
    """The parts of a text, of at most `most` tokens each unless a single sentence (of code: a line) has more.

    Example: two paragraphs of 60 tokens each are two parts at a most of 100, and one part at 200.
    """
    borders = _code_borders(text) if kind is Kind.code else _prose_borders(text)
    room = most * BYTES_PER_TOKEN
    spans = _join_tiny(text, list(_cut(text, borders.levels, 0, len(text), 0, room)), room)
    return [Part(start, end, _heading(borders, start, end)) for start, end in spans]


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _cut(
    text: str, levels: Sequence[Sequence[int]], start: int, end: int, level: int, room: int
) -> Iterator[tuple[int, int]]:
    """Spans of a span, cut at the best borders it has; neighbours that fit together stay so."""
    inside: Sequence[int] = ()
    while level < len(levels) and not inside:
        inside = levels[level][bisect_right(levels[level], start) : bisect_left(levels[level], end)]
        level += 1
    if not inside or _size(text[start:end]) <= room:
        yield start, end
        return
    run, run_size = start, 0
    for low, high in zip([start, *inside], [*inside, end], strict=True):
        size = _size(text[low:high])
        if run_size and run_size + size > room:
            yield run, low
            run, run_size = low, 0
        if size > room:
            yield from _cut(text, levels, low, high, level, room)
            run, run_size = high, 0
        else:
            run_size += size
    if run < end:
        yield run, end


def _join_tiny(text: str, spans: list[tuple[int, int]], room: int) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined:
            before = joined[-1]
            least = min(_size(text[before[0] : before[1]]), _size(text[start:end]))
            if least * TINY < room and _size(text[before[0] : end]) <= room:
                joined[-1] = (before[0], end)
                continue
        joined.append((start, end))
    return joined


def _heading(borders: _Borders, start: int, end: int) -> tuple[str, ...]:
    stack: list[tuple[int, str]] = []
    for place, depth, title in borders.headings:
        if place > start or place >= end:
            break
        stack = [(d, t) for d, t in stack if d < depth] + [(depth, title)]
    return tuple(title for _, title in stack if title)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    place = 0
    for line in text.splitlines(keepends=True):
        yield place, line
        place += len(line)


@dataclass(frozen=True)
class _Marked:
    """The lines of prose that matter: where they stand, and the fences between them."""

    headings: list[tuple[int, int, str]]
    paragraphs: list[int]
    fenced: list[int]
    """Lines inside fences."""
    fences: list[tuple[int, int]]


def _prose_borders(text: str) -> _Borders:
    marked = _marked(text)
    sentences = _outside([found.end() for found in _SENTENCE.finditer(text)], marked.fences)
    depths = [[place for place, depth, _ in marked.headings if depth <= level] for level in range(1, 7)]
    inner = sorted({*sentences, *marked.fenced})
    return _Borders([*depths, marked.paragraphs, inner], marked.headings)


def _marked(text: str) -> _Marked:
    found = _Marked([], [], [], [])
    fence, opened, blank = "", 0, True
    previous: tuple[int, str] = (0, "")
    for place, line in _lines(text):
        marks = _FENCE.match(line)
        if fence:
            found.fenced.append(place)
            if marks and marks[1].startswith(fence) and not line.strip().strip(fence[0]):
                found.fences.append((opened, place + len(line)))
                fence, blank = "", False
            continue
        bare = line.strip()
        if blank and bare:
            found.paragraphs.append(place)
        if marks:
            fence, opened = marks[1], place
        elif heading := _heading_of(place, line, previous):
            found.headings.append(heading)
        blank, previous = not bare, (place, line)
    if fence:
        found.fences.append((opened, len(text)))
    return replace(found, headings=sorted(found.headings))


def _heading_of(place: int, line: str, previous: tuple[int, str]) -> tuple[int, int, str] | None:
    """(place, depth, title) of what a line heads, itself or by underlining the one before."""
    bare = line.rstrip("\r\n")
    if atx := _ATX.match(bare):
        return place, len(atx[1]), atx[2][:MOST_HEADING_CHARS]
    under = _SETEXT.match(bare)
    if under is None or not previous[1].strip() or _ATX.match(previous[1]):
        return None
    return previous[0], 1 if under[1][0] == "=" else 2, " ".join(previous[1].split())[:MOST_HEADING_CHARS]


def _outside(places: Sequence[int], spans: Sequence[tuple[int, int]]) -> list[int]:
    """The places that lie in none of the spans, which are sorted."""
    starts = [start for start, _ in spans]
    kept = []
    for place in places:
        at = bisect_right(starts, place) - 1
        if at < 0 or place >= spans[at][1] or place == spans[at][0]:
            kept.append(place)
    return kept


def _code_borders(text: str) -> _Borders:
    top: list[int] = []
    blocks: list[int] = []
    methods: list[int] = []
    after_blank: list[int] = []
    every: list[int] = []
    headings: list[tuple[int, int, str]] = []
    quote, blank = "", True
    for place, line in _lines(text):
        every.append(place)
        bare = line.strip()
        if not quote and blank and bare and not _GOES_ON.match(bare):
            indent = len(line) - len(line.lstrip())
            after_blank.append(place)
            if _DEFINES.match(bare):
                (methods if indent else top).append(place)
            if not indent:
                blocks.append(place)
        if not quote and bare and line[0] == bare[0]:
            headings.append((place, 1, bare.rstrip(":{ ")[:MOST_HEADING_CHARS] if _DEFINES.match(bare) else ""))
        quote = _quoted(line, quote)
        blank = not bare
    return _Borders([top, blocks, methods, after_blank, every], _going_on(headings))


def _going_on(headings: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Definitions head what comes after their first line, not the part that they begin."""
    return [event for place, depth, title in headings for event in ((place, depth, ""), (place + 1, depth, title))]


def _quoted(line: str, quote: str) -> str:
    """The triple quotes that are open after the line."""
    for found in _TRIPLE.finditer(line):
        if not quote:
            quote = found[0]
        elif found[0] == quote:
            quote = ""
    return quote
