"""A passage cut into pieces: a few simplified sentences each, with the word they are most about."""

import re
from collections import Counter
from dataclasses import dataclass

from app.domain.interpreter import UnsupportedCodeError, parse_module
from app.explainer.prose_sentences import Block, BlockKind
from app.explainer.prose_simplify import simplified
from app.explainer.voice import Level, Voice

WORD = re.compile(r"[A-Za-z][A-Za-z'’-]{2,}")
"""A word, for choosing topics."""
STOP_WORDS = frozenset({
    "the", "and", "for", "are", "but", "not", "you", "all", "any", "can", "had", "her", "was", "one", "our", "out",
    "has", "him", "his", "how", "its", "may", "new", "now", "old", "see", "two", "way", "who", "did", "get", "let",
    "put", "say", "she", "too", "use", "that", "with", "have", "this", "will", "your", "from", "they", "know",
    "want", "been", "good", "much", "some", "time", "very", "when", "come", "here", "just", "like", "long", "make",
    "many", "more", "only", "over", "such", "take", "than", "them", "well", "were", "what", "also", "into", "then",
    "there", "these", "those", "their", "which", "would", "could", "should", "about", "after", "before", "because",
    "while", "where", "being", "other", "each", "most", "both", "same", "between", "through", "during", "without",
    "within", "under", "above", "again", "further", "once", "does", "doing", "having", "might", "must", "shall",
    "upon", "until", "since", "however", "therefore", "using", "used", "uses", "example", "following", "note",
    "first", "second", "third", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
})  # fmt: skip
"""Words that are no topic."""


@dataclass(frozen=True)
class Piece:
    """Some sentences that stay together, and what they are about."""

    about: str
    """A word of theirs, as written; empty when none stands out."""
    text: str
    """The sentences, or a list, or a code block."""
    kind: BlockKind
    """Where they come from."""
    title: str = ""
    """The heading above them, the first time."""


def pieces_of(voice: Voice, blocks: list[Block], longest: int) -> list[Piece]:
    """The pieces of the blocks, in order; sentences over `longest` words are split where that is safe."""
    shown = [block for block in blocks if block.kind not in (BlockKind.code, BlockKind.fence)]
    frequent = Counter(word.lower() for block in shown for line in block.lines for word in WORD.findall(line))
    used: set[str] = set()
    pieces: list[Piece] = []
    title = ""
    for block in blocks:
        if block.kind is BlockKind.heading:
            title = block.lines[0]
            continue
        texts = _texts(voice, block, longest)
        for text in texts:
            about = "" if block.kind in (BlockKind.code, BlockKind.fence) else _topic(text, frequent, used)
            pieces.append(Piece(about, text, block.kind, title))
            title = ""
    return pieces


def _texts(voice: Voice, block: Block, longest: int) -> list[str]:
    if block.kind is BlockKind.fence:
        return [_verbatim(block.lines[0], block.lines[1:])] if any(block.lines[1:]) else []
    if block.kind is BlockKind.code:
        return [_fenced(block)] if len(block.lines) <= 40 else []
    lines = [simplified(line, longest=longest) for line in block.lines]
    if block.kind is BlockKind.items:
        return ["\n".join("- " + " ".join(parts) for parts in lines)]
    flat = [part for parts in lines for part in parts]
    size = voice.rng.randint(2, 3) if voice.level is Level.young else voice.rng.randint(3, 5)
    if len(flat) % size == 1 and len(flat) > size:
        size += 1
    return [" ".join(flat[at : at + size]) for at in range(0, len(flat), size)]


def _verbatim(language: str, lines: tuple[str, ...]) -> str:
    """The fence again; a Python fragment that is no whole program loses its label, so that nobody tries to run it."""
    if language.lower().startswith("py"):
        try:
            parse_module("\n".join(lines))
        except UnsupportedCodeError:
            language = "text"
    return "\n".join([f"```{language}", *lines, "```"])


def _fenced(block: Block) -> str:
    indent = min(len(line) - len(line.lstrip()) for line in block.lines if line)
    return "\n".join(["```", *(line[indent:].replace("```", "'''") for line in block.lines), "```"])


def _topic(text: str, frequent: Counter[str], used: set[str]) -> str:
    """The word these sentences are most about: frequent in the document, not yet used, a name if possible."""
    best, best_score = "", 0.0
    for found in WORD.finditer(text):
        word = found[0]
        low = word.lower()
        if low in STOP_WORDS or low in used or len(low) < 4 or low.endswith(("ly", "'s", "’s")):
            continue
        inside = found.start() > 0 and text[found.start() - 2 : found.start() - 1] not in ".!?-"
        score = min(frequent[low], 6) + (2.5 if word[0].isupper() and inside else 0) + min(len(low), 9) / 4
        if score > best_score:
            best, best_score = word, score
    if best:
        used.add(best.lower())
    return best
