"""Keys to the API: `hb_<8>_<secret>`, shown once, stored as a sha256. The secret is random, so a fast hash is right."""

import secrets
from hashlib import sha256
from hmac import compare_digest
from string import ascii_lowercase, ascii_uppercase, digits

from sqlalchemy.orm import Session

from app.errors import NotFoundError
from app.repositories import api_keys
from app.repositories.api_keys import ApiKeyRow

ID_ALPHABET = ascii_lowercase + digits
SECRET_ALPHABET = ascii_uppercase + ascii_lowercase + digits
ID_CHARS, SECRET_CHARS = 8, 43
"""43 characters of 62 are 256 bits."""


class UnknownKeyError(NotFoundError):
    """There is no key {id} that is not revoked."""

    code = "unknown_key"


def create(session: Session, name: str) -> str:
    """A new key, whole: the only time anybody sees its secret."""
    key_id = "".join(secrets.choice(ID_ALPHABET) for _ in range(ID_CHARS))
    secret = "".join(secrets.choice(SECRET_ALPHABET) for _ in range(SECRET_CHARS))
    api_keys.add(session, key_id, name, secret_sha256=sha256(secret.encode()).digest())
    return f"hb_{key_id}_{secret}"


def parse(raw: str) -> tuple[str, str] | None:
    """(id, secret) of a well-formed key, else None."""
    prefix, _, rest = raw.partition("_")
    key_id, _, secret = rest.partition("_")
    well_formed = prefix == "hb" and len(key_id) == ID_CHARS and len(secret) == SECRET_CHARS
    if not well_formed or not raw.isascii() or not (key_id + secret).isalnum():
        return None
    return key_id, secret


def verify(session: Session, raw: str) -> str | None:
    """The id of the living key that `raw` is, else None."""
    parts = parse(raw)
    if parts is None:
        return None
    key_id, secret = parts
    row = api_keys.find(session, key_id)
    # An unknown id costs the same comparison as a wrong secret.
    stored = row.secret_sha256 if row else bytes(32)
    same = compare_digest(sha256(secret.encode()).digest(), stored)
    if row is None or not same or not row.live:
        return None
    api_keys.touch(session, key_id)
    return key_id


def everything(session: Session) -> list[ApiKeyRow]:
    """All keys, the oldest first, also those that open nothing any more."""
    return api_keys.everything(session)


def revoke(session: Session, key_id: str) -> None:
    """End a key: no process takes it for longer than it remembers one. Raises UnknownKeyError."""
    if not api_keys.revoke(session, key_id):
        raise UnknownKeyError(id=key_id)
