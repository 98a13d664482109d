"""Cursor pages: an opaque cursor that names where the last page ended, so that new rows never shift a page."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from app.errors import InvalidInputError

T = TypeVar("T")
MAX_PAGE = 200
MAX_ID = 2**63 - 1


class BadCursorError(InvalidInputError):
    """The cursor is none of ours; take `next_cursor` of the page before, unchanged."""

    code = "bad_cursor"


class Page(BaseModel, Generic[T]):
    """Some items, and where the next ones are."""

    items: list[T]
    next_cursor: str | None = None
    """Pass as `cursor` for the next page; null on the last one."""


Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Items on a page.")]
Cursor = Annotated[str | None, Query(max_length=40, description="`next_cursor` of the page before.")]


def encode_cursor(place: int) -> str:
    """The cursor of a row id."""
    return urlsafe_b64encode(f"c{place}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> int | None:
    """The row id behind a cursor; raises BadCursorError."""
    if cursor is None:
        return None
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (Base64Error, ValueError):
        raise BadCursorError from None
    place = int(raw[1:]) if raw[1:].isdecimal() else -1
    # The decoder forgives stray characters; only what we would have written ourselves is taken.
    if not 0 <= place <= MAX_ID or encode_cursor(place) != cursor:
        raise BadCursorError
    return place


def next_cursor(ids: Sequence[int], limit: int) -> str | None:
    """The cursor after a page of row ids that was asked for one more than `limit`; None when that was the last."""
    return encode_cursor(ids[limit - 1]) if len(ids) > limit else None
