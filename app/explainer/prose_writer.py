"""Easier versions of a passage: its own sentences, simplified and laid out for a reader, with questions it answers.

Every statement is a sentence of the passage; what is added only asks, orders or points. So a text cannot hold a fact
that the passage does not. Code in the passage is kept as it is.
"""
# ruff: noqa: E501  # a template reads best on one line

import re

from app.explainer.other_writer import describe
from app.explainer.prompt import Prompt
from app.explainer.prose_gaps import Gap, number_gaps, word_gaps
from app.explainer.prose_pieces import Piece, pieces_of
from app.explainer.prose_sentences import BlockKind, blocks_of, sentences_of
from app.explainer.voice import Level, Voice, listed

_LIMITS = re.compile(r"\b(?:not|never|only|must|cannot|can't|don't|doesn't|isn't|without|except|unless)\b")
_DEFINES = re.compile(
    r"^(?:An?|The)?\s*([A-Za-z][\w-]*(?: [a-z][\w-]*){0,2}) (?:is|are) (?:a|an|the|any|one) \w", re.IGNORECASE
)
_PRONOUNS = frozenset({"it", "this", "that", "there", "he", "she", "they", "these", "here", "one", "what", "which"})
_LONGEST = {Level.young: 8, Level.novice: 12, Level.student: 18}


def write_prose(voice: Voice, prompt: Prompt) -> str:
    """The easier version of the prompt's document."""
    blocks = blocks_of(prompt.document)
    longest = _longest(voice, prompt)
    pieces = pieces_of(voice, blocks, longest)
    if not any(piece.kind in (BlockKind.text, BlockKind.items) for piece in pieces):
        return describe(voice, prompt.document)
    pieces = _fit(pieces, prompt)
    told = [sentence for piece in pieces if piece.kind is BlockKind.text for sentence in sentences_of(piece.text)]
    form = prompt.form
    if form in ("dialogue", "questions and answers"):
        text = _asked(voice, pieces, speaking=form == "dialogue")
    elif form == "step-by-step trace":
        text = _numbered(pieces)
    else:
        text = _told(voice, pieces, asking=form in ("lesson", "") and voice.chance(0.6))
    terms = _terms(voice, told) if prompt.constraint == "define every term" else ""
    parts = [part for part in (_lead(voice, form, pieces, told), text, terms) if part]
    count = sum(len(part.split()) for part in parts)
    parts.append(_close(voice, prompt, told, count))
    return "\n\n".join(part for part in parts if part)


def _longest(voice: Voice, prompt: Prompt) -> int:
    longest = _LONGEST[voice.level]
    codes = " ".join(shortfall.code + " " + shortfall.detail for shortfall in prompt.shortfalls).lower()
    if prompt.constraint == "short sentences" or any(word in codes for word in ("grade", "ease", "simpl", "sentence")):
        longest = 8
    # A split that turned a statement round is not tried again.
    return 10_000 if any(shortfall.code == "negation" for shortfall in prompt.shortfalls) else longest


def _fit(pieces: list[Piece], prompt: Prompt) -> list[Piece]:
    """The first pieces that fit in the asked length, or in twice the document's."""
    size = len(prompt.document.split())
    most = min(prompt.max_words or 10**6, round(size * 1.7) + 20)
    if any(shortfall.code == "too_long" for shortfall in prompt.shortfalls):
        most = round(most * 0.75)
    kept: list[Piece] = []
    total = 0
    for piece in pieces:
        total += len(piece.text.split())
        if kept and total > most:
            break
        kept.append(piece)
    return kept


def _told(voice: Voice, pieces: list[Piece], *, asking: bool) -> str:
    """The pieces under headings: the passage's own, or questions where it has none."""
    parts = []
    for at, piece in enumerate(pieces):
        if piece.title and at:
            parts.append(f"## {piece.title}")
        elif asking and at and piece.about and voice.chance(0.6):
            parts.append(f"## {_question(voice, piece)}")
        parts.append(piece.text)
    return "\n\n".join(parts)


def _numbered(pieces: list[Piece]) -> str:
    parts, number = [], 0
    for piece in pieces:
        if piece.kind is BlockKind.text:
            number += 1
            parts.append(f"{number}. {piece.text}")
        else:
            parts.append(piece.text)
    return "\n\n".join(parts)


def _asked(voice: Voice, pieces: list[Piece], *, speaking: bool) -> str:
    roles = voice.pick(
        (
            "Pupil|Teacher",
            "Reader|Guide",
            "Visitor|Helper",
            "Student|Tutor",
            "Child|Parent",
            "A|B",
            "Guest|Host",
            "Q|A",
            "Beginner|Mentor",
        )
    )
    asks, tells = roles.split("|") if speaking else ("Q", "A")
    bold = "**" if voice.chance(0.5) else ""
    parts = []
    for piece in pieces:
        if piece.kind in (BlockKind.code, BlockKind.fence) or not piece.about:
            parts.append(piece.text)
            continue
        question = _question(voice, piece)
        blank = "\n\n" if piece.kind is BlockKind.items else " "
        if speaking:
            parts.append(f"{bold}{asks}:{bold} {question}\n\n{bold}{tells}:{bold}{blank}{piece.text}")
        elif bold:
            parts.append(f"**{question}**\n\n{piece.text}")
        else:
            parts.append(f"Q: {question}\n\nA:{blank}{piece.text}")
    return "\n\n".join(parts)


def _question(voice: Voice, piece: Piece) -> str:
    first = piece.text.split(". ", maxsplit=1)[0]
    found = _DEFINES.match(first)
    if found and _PRONOUNS.isdisjoint(found[1].lower().split()):
        subject = found[0].rsplit(" ", 3)[0]
        verb = "are" if re.search(r" are (?:a|an|the|any|one) \w$", found[0]) else "is"
        subject = subject.removesuffix(" is").removesuffix(" are")
        return voice.say(
            "what $v $s?",
            v=verb,
            s=subject[:1].lower() + subject[1:] if subject.split()[0] in ("A", "An", "The") else subject,
        )
    return voice.say(
        "what [do we learn|can you tell me|is said|does the text say] about “$w”?",
        "[and|now], what about “$w”?",
        "“$w”: what [is there|do I need] to know?",
        "where does “$w” come in?",
        "“$w”: can you explain [it|that part]?",
        "how does “$w” fit in?",
        w=piece.about,
    )


def _lead(voice: Voice, form: str, pieces: list[Piece], told: list[str]) -> str:
    """What a format puts first; most formats start with the passage itself."""
    topics = [f"“{piece.about}”" for piece in pieces if piece.about][:3]
    if form == "common mistakes":
        limits = [s for s in told if _LIMITS.search(s) and 5 <= len(s.split()) <= 28][:3]
        if limits:
            head = voice.say(
                "[easy to miss|easy to overlook|read with care] [around|about] $t:",
                "[mind|watch] these points [about|on] $t:",
                t=listed(topics[:2]) or "this",
            )
            return "\n".join([head, "", *(f"- {limit}" for limit in limits)])
    if form == "analogy first" and topics:
        thing = voice.part(
            "[a map|a set of stairs|a box of building bricks|a string of beads|a row of doors|a jigsaw|a walk with stops]"
        )
        return voice.say(
            "$t: [picture|imagine] what follows as $g, [one piece at a time|each sentence one piece].",
            "$t [come|follow] [here|below] [piece by piece|bit by bit], [like|much like] $g.",
            t=listed(topics),
            g=thing,
        )
    if form == "worked example" and topics and told:
        return _worked(voice, told)
    if form == "story" and topics:
        who = voice.part(
            "[a pupil|a child|a reader|a traveller|a gardener|a baker|a nurse|a farmer|a student|a neighbour]"
        )
        return voice.say(
            "$w [wanted|asked|hoped] to know more about $t. [This is what came to light|Here is what there was to find].",
            "$t: [it was a question from|nobody could explain this to] $w[, until now|, and here is the answer].",
            "[who knows about|what is behind] $t? $w [looked it up|went to find out]. [It goes like this|The answer]:",
            "“[what about|tell me about] $t?” asked $w. [The answer follows|So the telling began].",
            w=who,
            t=listed(topics),
        )
    return ""


def _terms(voice: Voice, told: list[str]) -> str:
    """Sentences of the passage that say what something is."""
    found = [
        s
        for s in told
        if (m := _DEFINES.match(s))
        and _PRONOUNS.isdisjoint(m[1].lower().split())
        and len(s.split()) <= 30
        and s.endswith(".")
    ][:4]
    if not found:
        return ""
    head = voice.say(
        "[the passage|the text] itself [explains|defines]:", "[terms|words] that are explained [here|above]:"
    )
    return "\n".join([head, "", *(f"- {sentence}" for sentence in found)])


def _worked(voice: Voice, told: list[str]) -> str:
    gap = next(iter(number_gaps(voice, told)), None)
    if gap is None:
        return ""
    return voice.say(
        "[a question to start|one to try first]: “$q” [Look for the number|The gap is a number]. It is $a.",
        "“$q” Which number is missing? [The passage has it|It stands below]: $a.",
        q=gap.question,
        a=gap.answer,
    )


def _close(voice: Voice, prompt: Prompt, told: list[str], count: int) -> str:
    """Questions the text answers: one, or more where the text is shorter than was asked for."""
    wanted = prompt.constraint == "end with an exercise" or "low_education" in {s.code for s in prompt.shortfalls}
    if prompt.form == "dialogue" and not wanted and count >= prompt.min_words and voice.chance(0.6):
        return ""
    gaps = (
        word_gaps(voice, told)
        if prompt.form == "worked example"
        else [*number_gaps(voice, told)[:1], *word_gaps(voice, told)]
    )
    asked: list[str] = []
    for gap in gaps[:4]:
        if asked and count + sum(len(text.split()) for text in asked) >= prompt.min_words:
            break
        asked.append(_exercise(voice, gap))
    return "\n\n".join(asked)


def _exercise(voice: Voice, gap: Gap) -> str:
    return voice.say(
        "[exercise|your turn|fill the gap|one to try]: “$q” Answer: $a.",
        "[fill in|complete]: “$q” ([it is|answer:] $a)"
        if gap.number
        else "[which word is missing|what goes in the gap]? “$q” [Answer|It is]: $a.",
        q=gap.question,
        a=gap.answer,
    )
