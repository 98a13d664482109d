"""Running text out of a document: markup taken away, blocks told apart, sentences split.

Knows the markup seen most in the wild (Markdown, reStructuredText, plain text with underlined headings) and treats the
rest as plain text. Every pattern is linear in its input.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

MAX_CHARS = 60_000
"""A longer document is read up to here."""


class BlockKind(StrEnum):
    """What a block is."""

    heading = "heading"
    """A title."""
    text = "text"
    """A paragraph."""
    items = "items"
    """List items."""
    code = "code"
    """Lines to keep as they are."""
    fence = "fence"
    """The same, fenced in the document; the first line is the fence's language."""


@dataclass(frozen=True)
class Block:
    """A part of the document."""

    kind: BlockKind
    """What it is."""
    lines: tuple[str, ...]
    """Sentences of a paragraph, items of a list, lines of code, or one title."""


_UNDERLINE = re.compile(r"^[=\-~^\"'*+#.`:_]{3,}\s*$")
_ITEM = re.compile(r"^\s{0,8}(?:[-*+•]|\d{1,3}[.)])\s+")
_DIRECTIVE = re.compile(r"^\s*\.\. |^\s*:[\w -]+:(?:\s|$)|^\s*\|[\w-]+\|\s*$|^\s*<[!/a-z]")
_KEPT = re.compile(
    r"^\s*\.\. (?:code-block|code|testcode|sourcecode|note|warning|tip|important|caution|hint|attention)::"
)
_NOTE = re.compile(r"^\s*\.\. (?:note|warning|tip|important|caution|hint|attention)::\s*")
_INLINE = (
    (re.compile(r":[\w:+-]{1,40}:`~?!?([^`<]{1,200}?)\s*(?:<[^>`]{0,200}>)?`"), r"\1"),
    (re.compile(r"`([^`<]{1,200}?)\s*<[^>`]{1,300}>`__?"), r"\1"),
    (re.compile(r"!\[[^\]]{0,200}\]\([^)]{0,300}\)"), ""),
    (re.compile(r"\[([^\]]{1,200})\]\([^)]{0,300}\)"), r"\1"),
    (re.compile(r"``([^`]{1,200})``"), r"`\1`"),
    (re.compile(r"`([^`]{1,100})`_"), r"\1"),
    (re.compile(r"\*\*([^*\n]{1,200})\*\*"), r"\1"),
    (re.compile(r"(?<![\w*])\*([^*\s][^*\n]{0,200})\*(?![\w*])"), r"\1"),
    (re.compile(r"\[#?\w{0,20}\]_"), ""),
    (re.compile(r"(?<![\w`.])([A-Za-z][A-Za-z0-9-]*[A-Za-z0-9])_(?=[\s.,;:)]|$)"), r"\1"),
    (re.compile(r"---"), " - "),
    (re.compile(r"::\s*$"), ":"),
)
_END = re.compile(r"(?<=[.!?])[\"'”’)]?\s+(?=[\"'“‘(`]?[A-Z0-9`])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|St|Prof|Gov|Sen|Rep|Gen|Lt|Sgt|Jr|Sr|vs|etc|e\.g|i\.e|cf|al|No|Nos|Fig|Figs|Vol|pp?|Inc|Ltd|Co|Corp|"
    r"approx|ca|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|U\.S|U\.K|a\.m|p\.m|Art|Sec|Ch|Mt|Rev)|\b[A-Z]|^\d{1,3})\.$"
)


def blocks_of(document: str) -> list[Block]:
    """The document as blocks, in order."""
    lines = document[:MAX_CHARS].replace("\t", "    ").split("\n")
    blocks: list[Block] = []
    group: list[str] = []
    hidden = False
    fence: list[str] | None = None
    for line in [*lines, ""]:
        if line.lstrip().startswith(("```", "~~~")):
            # A fence ends whatever came before it; an unclosed one ends with the document.
            if fence is None:
                _add(blocks, _blocks(group, blocks) if group else [])
                group, fence = [], [line.strip().lstrip("`~").strip()]
            else:
                blocks.append(Block(BlockKind.fence, tuple(fence)))
                fence = None
        elif fence is not None:
            fence.append(line.rstrip())
        elif line.strip():
            group.append(line)
        elif group:
            # What is indented below a directive belongs to it; only code and notes are worth keeping.
            hidden = hidden and group[0].startswith("   ")
            if not hidden:
                _add(blocks, _blocks(group, blocks))
                hidden = bool(_DIRECTIVE.match(group[0])) and not _KEPT.match(group[0])
            group = []
    return blocks


def _add(blocks: list[Block], made: list[Block]) -> None:
    """Append, joining code to code and items to items: a blank line inside them does not end them."""
    for block in made:
        before = blocks[-1] if blocks else None
        if before is not None and before.kind is block.kind and block.kind in (BlockKind.code, BlockKind.items):
            gap = ("",) if block.kind is BlockKind.code else ()
            block = Block(block.kind, (*blocks.pop().lines, *gap, *block.lines))
        blocks.append(block)


def _blocks(group: list[str], before: list[Block]) -> list[Block]:
    """The blocks of lines without a blank line between them."""
    note = _NOTE.match(group[0])
    if note:
        group = [group[0][note.end() :], *(line.strip() for line in group[1:])]
        group = [line for line in group if line.strip()]
    elif _DIRECTIVE.match(group[0]):
        return []
    if not group:
        return []
    if group[0].startswith("#") and len(group) > 1:
        return [*_blocks(group[:1], before), *_blocks(group[1:], before)]
    if any(len(line) > 110 for line in group) and not group[0].startswith("    "):
        made = [_block([line], before) for line in group]
    else:
        made = [_block(group, before)]
    return [block for block in made if block is not None and block.lines]


def _block(group: list[str], before: list[Block]) -> Block | None:
    if len(group) > 1 and any(_UNDERLINE.match(line) for line in group[:3]):
        group = _without_underlines(group, before)
        if not group:
            return None
    if group[0].startswith("#"):
        return Block(BlockKind.heading, (clean(group[0].lstrip("#")),))
    shell = group[0].lstrip().startswith((">>> ", "$ "))
    if shell or (all(line.startswith("    ") for line in group) and _looks_like_code(group)):
        return Block(BlockKind.code, tuple(line.rstrip() for line in group))
    if group[0].lstrip().startswith(("+--", "+==", "|", "====")):
        return None
    if _ITEM.match(group[0]):
        return Block(BlockKind.items, tuple(_items(group)))
    if len(group) == 1 and len(group[0]) < 60 and not group[0].rstrip().endswith((".", "!", "?", ":", ",", ";", "”")):
        return Block(BlockKind.heading, (clean(group[0]),))
    found = sentences_of(clean(" ".join(line.strip() for line in group)))
    return Block(BlockKind.text, tuple(found)) if found else None


def _without_underlines(group: list[str], before: list[Block]) -> list[str]:
    """Titles with their underlines taken out of the group and put among the blocks."""
    for at, line in enumerate(group[:3]):
        if _UNDERLINE.match(line) and at and not _UNDERLINE.match(group[at - 1]):
            before.append(Block(BlockKind.heading, (clean(group[at - 1]),)))
            return group[at + 1 :]
    return [line for line in group if not _UNDERLINE.match(line)]


def _looks_like_code(group: list[str]) -> bool:
    marks = sum(
        bool(re.search(r"[=(){}\[\];<>|$\\]|>>>|^\s*(?:def|class|import|from|return)\b", line)) for line in group
    )
    return marks * 2 >= len(group)


def _items(group: list[str]) -> list[str]:
    items: list[str] = []
    for line in group:
        if _ITEM.match(line) or not items:
            items.append(_ITEM.sub("", line).strip())
        else:
            items[-1] += " " + line.strip()
    return [cleaned for item in items if (cleaned := clean(item))]


def clean(text: str) -> str:
    """The text without inline markup, on one line."""
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    return " ".join(text.split())


def sentences_of(text: str) -> list[str]:
    """The sentences of a paragraph. `Dr. Who left. He ran.` has two."""
    parts: list[str] = []
    start = 0
    for found in _END.finditer(text):
        piece = text[start : found.start() + len(found[0].rstrip())]
        if _ABBREVIATION.search(piece):
            continue
        parts.append(piece.strip())
        start = found.end()
    rest = text[start:].strip()
    return [part for part in [*parts, rest] if part]
