"""One answer a key: a write that is sent twice happens once.

The key's row is written in the transaction of the write itself, so either both are there or neither; a lock on the key
makes the second of two simultaneous senders wait for the first one's answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.domain.steps import Step
from app.errors import ConflictError, InvalidInputError
from app.repositories import idempotency

MAX_KEY_CHARS = 200


class IdempotencyKeyReusedError(ConflictError):
    """This Idempotency-Key was used for another request; take a new key for a new request."""

    code = "idempotency_key_reused"


class BadIdempotencyKeyError(InvalidInputError):
    """An Idempotency-Key is 1 to 200 printable ASCII characters."""

    code = "bad_idempotency_key"


@dataclass(frozen=True)
class Answer:
    """What a write is answered with."""

    status: int
    body: dict[str, object]
    location: str | None = None
    steps: Sequence[Step] = field(default=())
    """To be sent once the transaction is committed; none when the answer is a repetition."""
    repeated: bool = False


def once(
    session: Session, key: str | None, request_sha256: bytes, work: Callable[[Session], Answer], *, owner: str = ""
) -> Answer:
    """The answer of `work`, or the one it gave before to the same key of the same `owner`.

    Raises IdempotencyKeyReusedError when the key came with another request, and whatever `work` raises, of which
    nothing is remembered.
    """
    if key is None:
        return work(session)
    if not 0 < len(key) <= MAX_KEY_CHARS or not key.isascii() or not key.isprintable():
        raise BadIdempotencyKeyError
    scoped = f"{owner}:{key}"
    idempotency.lock(session, scoped)
    before = idempotency.find(session, scoped)
    if before is not None:
        if before.request_sha256 != request_sha256:
            raise IdempotencyKeyReusedError
        body, location = before.body["body"], before.body["location"]
        return Answer(before.status, body, location, repeated=True)
    answer = work(session)
    stored = {"body": answer.body, "location": answer.location}
    idempotency.remember(session, scoped, request_sha256=request_sha256, status=answer.status, body=stored)
    return answer


def is_answered(session: Session, key: str, *, owner: str = "") -> bool:
    """Whether this key of this owner has its answer."""
    return idempotency.find(session, f"{owner}:{key}") is not None
