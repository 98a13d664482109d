"""Splits the long documents of a range into parts, each a seed of its own, before the range is scored."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.domain import part_context, source_parts
from app.domain.records import Kind
from app.domain.text import sha256
from app.repositories import sources
from app.repositories.seeds import SeedText
from app.repositories.sources import NewPart, Origin

SPLIT = "split"
"""Why a long document takes no part: its parts do."""


def split_long(session: Session, documents: Sequence[SeedText], *, most: int) -> tuple[frozenset[int], list[SeedText]]:
    """(ids of the documents of more than `most` tokens, their parts, stored); both empty where none is.

    A document that has no border to be cut at stays whole.
    """
    long = [one for one in documents if one.kind != Kind.words and source_parts.is_long(one.text, most)]
    if not long:
        return frozenset(), []
    known = sources.origins(session, [one.id for one in long])
    stored: list[SeedText] = []
    split = set()
    for one in long:
        # Each by itself: to split a range of them at once would leave the transaction idle for longer than it may be.
        if made := _parts_of(one, known[one.id], most):
            stored += sources.put_parts(session, made)
            split.add(one.id)
    return frozenset(split), stored


def _parts_of(document: SeedText, origin: Origin, most: int) -> list[NewPart]:
    text, kind = document.text, Kind(document.kind)
    # A part of nothing but white space would be no text.
    found = [part for part in source_parts.split(text, kind, most=most) if text[part.start : part.end].strip()]
    if len(found) < 2:
        return []
    title = part_context.title_of(origin.details, origin.external_id, text)
    return [
        NewPart(
            source_id=document.id,
            part=place + 1,
            parts=len(found),
            part_from=part.start,
            part_to=part.end,
            sha256=sha256(text[part.start : part.end]),
            heading=" > ".join(part.heading),
            context=part_context.context_of(text, kind, found, place, title=title),
            text=text[part.start : part.end],
        )
        for place, part in enumerate(found)
    ]
