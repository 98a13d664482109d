"""Easier sentences with the same facts: long ones split where that is safe, hard words replaced where that is right.

Safe means: outside quotes, brackets and code, not inside an if, when or that clause, and before a clause that has a
subject and a verb of its own. Numbers, names, units and negations pass through untouched.
"""

import re
from itertools import islice

from app.explainer.easy_words import EASIER

_PHRASES = re.compile(
    r"(?<![\w`'-])(?:(an?)(\s+))?("
    + "|".join(re.escape(p) for p in sorted(EASIER, key=len, reverse=True))
    + r")(?![\w'-])",
    re.IGNORECASE,
)
_MAX_PARTS = 8
_MAX_TRIES = 12
_VERBS = "is|are|was|were|has|have|had|can|could|will|would|should|may|might|must|does|do|did"
_SUBJECTS = "it|he|she|they|we|you|this|these|those|there"
_JOINTS = re.compile(
    r"(?P<semi>;\s+)"
    rf"|,\s+(?P<word>and|but|so)\s+(?=(?:{_SUBJECTS})\s)"
    rf"|,\s+(?P<but>but)\s+(?=the\s+\w+\s+(?:{_VERBS})\b)"
    rf"|,?\s+(?P<why>because)\s+(?=(?:{_SUBJECTS}|the)\s)"
    rf"|,\s+(?P<still>although|whereas)\s+(?=(?:{_SUBJECTS}|the)\s)"
    rf"|(?<=[a-z]{{3}}s),\s+(?P<list>including)\s+(?=[^.,;]{{3,40}},)"
    r"|(?<=[a-z)`]),\s+(?P<which>which)\s+(?=(?:is|was|has|are|were|have)\s+[^,;]+$)"
    rf"|:\s+(?P<colon>)(?=(?:{_SUBJECTS}|the)\s)"
    rf"|\s+(?P<so>so)\s+(?=(?:it|he|she|they|we|you)\s+(?:{_VERBS})\b)"
    rf"|,?\s+(?P<plain>and)\s+(?=(?:it|he|she|they|we)\s+(?:{_VERBS})\b)",
)
_BLOCKING = re.compile(
    r"\b(?:if|when|while|because|although|though|unless|whether|that|since|until|which|who|whom|whose|where|what|"
    r"not only|both|either|neither|so|as|before|after|once|than|between)\b",
    re.IGNORECASE,
)


_NAMING = re.compile(r"\b(?:called|terms?|words?|known as|named|means?|defined|refers?|synonyms?)\b", re.IGNORECASE)
_FINITE = re.compile(rf"\b(?:{_VERBS})\b")
_BUSY = re.compile(rf"\b(?:{_VERBS}|to|which|that)\b")
_NEGATION = re.compile(r"\b(?:not|never|no|nor|none|nothing|hardly|cannot|only|just|mainly)\b|n['’]t\b", re.IGNORECASE)
_LINKS = {
    "but": "But ", "so": "So ", "because": "That is because ", "although": "But ", "whereas": "But ",
    "including": "These include ",
}  # fmt: skip


def simplified(sentence: str, *, longest: int) -> list[str]:
    """The sentence in easier words, split while it is longer than `longest` words; at most 8 parts."""
    parts: list[str] = []
    rest = easier_words(sentence)
    while len(rest.split()) > longest and len(parts) < _MAX_PARTS - 1:
        found = next((joint for joint in islice(_JOINTS.finditer(rest), _MAX_TRIES) if _safe(rest, joint)), None)
        if found is None:
            break
        parts.append(rest[: found.start()].rstrip(" ,;") + ".")
        tail = rest[found.end() :]
        rest = _link(found, tail) + tail
        rest = rest[:1].upper() + rest[1:]
    return [*parts, rest]


def _link(joint: re.Match[str], tail: str) -> str:
    """The word that starts the new sentence; `which` becomes This or These by its verb."""
    if joint["which"]:
        return "These " if tail.startswith(("are", "were", "have")) else "This "
    return _LINKS.get(next((part for part in joint.groups() if part), ""), "")


def easier_words(sentence: str) -> str:
    """The sentence with hard words replaced outside code and quotes."""
    if _NAMING.search(sentence):
        return sentence
    if "`" not in sentence and not _quoted(sentence):
        return _PHRASES.sub(_replace, sentence)
    parts = re.split(r"(`[^`]{0,400}`|\"[^\"]{0,800}\"|“[^”]{0,800}”)", sentence)
    return "".join(part if at % 2 else _PHRASES.sub(_replace, part) for at, part in enumerate(parts))


def _quoted(sentence: str) -> bool:
    return '"' in sentence or "“" in sentence


def _replace(found: re.Match[str]) -> str:
    article, blank, hard = found[1] or "", found[2] or "", found[3]
    if hard.isupper() and len(hard) > 1:
        return found[0]
    easy = EASIER[hard.lower()]
    if article and easy.split()[0] in ("many", "most", "so,", "also,"):
        return found[0]
    if hard[0].isupper():
        easy = easy[0].upper() + easy[1:]
    if not article:
        return easy
    right = "an" if easy[0].lower() in "aeiou" and not easy.startswith("use") else "a"
    return (right.capitalize() if article[0].isupper() else right) + blank + easy


def _safe(text: str, joint: re.Match[str]) -> bool:
    head, tail = text[: joint.start()], text[joint.end() :]
    if len(head.split()) < 4 or len(tail.split()) < 4 or head.endswith((".", "!", "?", ":")):
        return False
    if _open(head) or _refused(joint, head, tail):
        return False
    return _own_clause(joint, head, tail) if joint["semi"] else not _BLOCKING.search(head)


def _own_clause(joint: re.Match[str], head: str, tail: str) -> bool:
    """Whether a lone semicolon parts two clauses with verbs of their own, not items of a list."""
    return joint.string.count(";") == 1 and bool(_FINITE.search(head)) and bool(_FINITE.search(tail))


def _open(head: str) -> bool:
    """Whether a bracket, quote, code span or colon before the joint is still open."""
    pairs = (
        head.count("(") != head.count(")") or head.count("[") != head.count("]") or head.count("“") != head.count("”")
    )
    return pairs or head.count("`") % 2 == 1 or head.count('"') % 2 == 1 or ": " in head


def _refused(joint: re.Match[str], head: str, tail: str) -> bool:
    """Whether this kind of joint is not safe with these words around it."""
    if joint["why"]:
        return bool(_NEGATION.search(head))
    if joint["list"]:
        return bool(_BUSY.search(tail))
    return joint["colon"] is not None and not _FINITE.search(tail)
