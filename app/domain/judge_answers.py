"""The one form of each judge answer that counts, and what our own code makes of it.

An answer is one JSON object of the task's schema or it is none: nothing before or after it, no key twice, no value out
of range. Whatever a text says of scores can therefore not be taken for an answer. A quote counts only where it stands
in the text it was taken from: a judge that was talked into a verdict still has to show words. Knows nothing of who
answers.
"""

import json
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, TypeVar

import msgspec

from app.domain.judge_prompts import LINE_MARK, MOST_CLAIMS, Task

MOST_REASON_CHARS = 500
MOST_CLAIM_CHARS = 400
MOST_FAULT_CHARS = 160
LEAST_QUOTE_CHARS = 8
"""Shorter quotes stand in any text."""
_FENCE = re.compile(r"\A```(?:json)?\s*\n(.*)\n```\Z", re.DOTALL)
_SPACES = re.compile(r"\s+")


class Support(StrEnum):
    """What the seed says of a claim."""

    supported = "supported"
    contradicted = "contradicted"
    not_found = "not_found"
    """Neither; also where the quote that it should rest on is not in the seed."""


class Scored(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An answer to `score` and `canary`."""

    score: Annotated[int, msgspec.Meta(ge=0, le=5)]
    reason: str


class Claim(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A claim with the words of the text that make it."""

    claim: str
    quote: str


class Claims(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An answer to `claims`."""

    claims: Annotated[list[Claim], msgspec.Meta(max_length=2 * MOST_CLAIMS)]


class Verified(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What the judge says of one claim."""

    claim: int
    verdict: Support
    quote: str


class Verdicts(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An answer to `verify`."""

    verdicts: list[Verified]


class Checked(msgspec.Struct, frozen=True):
    """A claim with what our code lets stand of the judge's word."""

    claim: str
    quote: str
    """Of the text."""
    verdict: Support
    seed_quote: str
    """Of the seed; empty where the judge gave none."""
    quoted: bool
    """Whether the seed holds that quote; what it does not hold supports and contradicts nothing."""


class UnreadableAnswerError(ValueError):
    """The fault of an answer, in words that a repair may show."""


A = TypeVar("A", bound=msgspec.Struct)


def parse(answer: str, form: type[A]) -> A:
    """The answer as a value; raises UnreadableAnswerError. A code fence around the object is forgiven, nothing else is.

    >>> parse('{"score": 3, "reason": "Explains one idea."}', Scored).score
    3
    """
    text = answer.strip()
    fenced = _FENCE.match(text)
    text = fenced.group(1) if fenced else text
    try:
        json.loads(text, object_pairs_hook=_no_key_twice)
        return msgspec.json.decode(text, type=form)
    except (ValueError, RecursionError) as error:
        # What msgspec says may quote a key of the answer.
        raise UnreadableAnswerError(_SPACES.sub(" ", str(error))[:MOST_FAULT_CHARS] or type(error).__name__) from None


def _no_key_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return dict(pairs)


def claims_in(answer: Claims, text: str) -> tuple[list[Claim], int]:
    """The claims whose quote stands in the text, at most MOST_CLAIMS, and how many have none there."""
    held = [Claim(_shown(one.claim), _shown(one.quote)) for one in answer.claims if stands_in(one.quote, text)]
    named = [one for one in held if one.claim]
    return named[:MOST_CLAIMS], len(answer.claims) - len(named)


def checked(answer: Verdicts, claims: Sequence[Claim], seed: str) -> list[Checked]:
    """Each claim with its verdict; raises UnreadableAnswerError unless every claim has one, in order."""
    if [one.claim for one in answer.verdicts] != list(range(1, len(claims) + 1)):
        raise UnreadableAnswerError(f"it must hold one verdict for each of the {len(claims)} claims, in their order")
    return [_checked(claim, said, seed) for claim, said in zip(claims, answer.verdicts, strict=True)]


def _checked(claim: Claim, said: Verified, seed: str) -> Checked:
    quoted = stands_in(said.quote, seed)
    return Checked(claim.claim, claim.quote, said.verdict if quoted else Support.not_found, _shown(said.quote), quoted)


def stands_in(quote: str, text: str) -> bool:
    """Whether the words of a quote stand in a text one after another; spaces, line marks and case do not count.

    >>> stands_in("the  Sun is a star", "We know that the Sun is a\\nstar."), stands_in("a star", "a star")
    (True, False)
    """
    wanted = _plain(quote)
    return len(wanted) >= LEAST_QUOTE_CHARS and wanted in _plain(text)


def _plain(text: str) -> str:
    bare = "\n".join(line.removeprefix(LINE_MARK).removeprefix("|") for line in text.splitlines())
    return _SPACES.sub(" ", bare).strip().strip("\"'“”").casefold()


def _shown(text: str) -> str:
    """As it may be stored and shown."""
    return _SPACES.sub(" ", storable(text)).strip()[:MOST_CLAIM_CHARS]


def storable(text: str) -> str:
    """Without what Postgres takes in no text."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def schema(task: Task) -> dict[str, object]:
    """The JSON schema of a task's answers, without references and with every field required, as servers want it."""
    match task:
        case Task.score | Task.canary:
            name, form = "score", _object(score={"type": "integer", "enum": list(range(6))}, reason=_TEXT)
        case Task.claims:
            name, form = "claims", _object(claims=_list(_object(claim=_TEXT, quote=_TEXT)))
        case Task.verify:
            said: dict[str, object] = {"type": "string", "enum": [one.value for one in Support]}
            each = _object(claim={"type": "integer"}, verdict=said, quote=_TEXT)
            name, form = "verdicts", _object(verdicts=_list(each))
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": form}}


_TEXT: dict[str, object] = {"type": "string"}


def _list(item: dict[str, object]) -> dict[str, object]:
    return {"type": "array", "items": item}


def _object(**fields: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
