"""What a text must not hold: keys, tokens, passwords, e-mail addresses, phone numbers, public IP addresses, orders.

`screen` gives back the text with a placeholder in the place of everything found, and how much was found of which class;
never what. The same text under the same rules gives the same result, and a screened text is its own screening. A seed
is screened before it goes into a prompt or an export, its stored text stays; a generation before anything else looks
at it. Knows nothing of verdicts; detection is in `credentials`, `personal_data` and `injections`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from app.domain import credentials, injections, personal_data
from app.domain.credentials import SHAPE, Place
from app.domain.gate_config import Handling, Safety

T = TypeVar("T")


class Sensitive(StrEnum):
    """A class of what may be found, named as in the config."""

    private_keys = "private_keys"
    secrets = "secrets"
    emails = "emails"
    phones = "phones"
    ip_addresses = "ip_addresses"
    injections = "injections"
    """Orders to a model."""


PLACEHOLDERS = {
    Sensitive.private_keys: b"[PRIVATE_KEY]",
    Sensitive.secrets: b"[SECRET]",
    Sensitive.emails: b"[EMAIL]",
    Sensitive.phones: b"[PHONE]",
    Sensitive.ip_addresses: b"[IP_ADDRESS]",
    Sensitive.injections: b"",
}
"""An order leaves nothing. The others are also expressions in Python and JavaScript, so that code outside of strings
still parses."""

DETECTORS: Mapping[Sensitive, Callable[[bytes, bytes], Iterator[Place]]] = {
    Sensitive.private_keys: lambda data, _: credentials.private_keys(data),
    Sensitive.secrets: credentials.secrets,
    Sensitive.emails: lambda data, _: personal_data.emails(data),
    Sensitive.phones: personal_data.phones,
    Sensitive.ip_addresses: personal_data.ip_addresses,
}
"""In the order in which they win where they overlap."""

Found = tuple[int, int, Sensitive]
"""Start and end in bytes, and the class."""

SECRET_CLASSES = frozenset({Sensitive.private_keys, Sensitive.secrets})
"""The others are personal data."""

PASSES = 4
"""A placeholder ends a word, so that what was glued to the one before it is only seen by the next look. Without a find
there is no second look; with four, no text was met that a fifth would change."""

EVERYTHING = Safety()
"""Redacts every class: for what is shown or stored outside of any job."""


@dataclass(frozen=True)
class Screened:
    """A text without what its rules look for."""

    text: str
    """The very same object when nothing was found."""
    found: Mapping[Sensitive, int]
    """How often each class was found, only those that were."""


def screen(text: str, rules: Safety) -> Screened:
    """The text with placeholders, and what was found; classes that are `off` are not looked for.

    Example: "Write to ann@mail.org" gives "Write to [EMAIL]" and {emails: 1}.
    """
    found: dict[Sensitive, int] = {}
    if rules.injections is not Handling.off and (orders := injections.places(text)):
        found[Sensitive.injections] = len(orders)
        text = injections.without(text, orders)
    data = text.encode(errors="surrogatepass")
    for _ in range(PASSES):
        places = _places(data, rules)
        if not places:
            break
        for _, _, kind in places:
            found[kind] = found.get(kind, 0) + 1
        data = _replaced(data, places)
    return Screened(data.decode(errors="surrogatepass") if found else text, found)


def _places(data: bytes, rules: Safety) -> list[Found]:
    shape = data.translate(SHAPE)
    taken: list[Found] = []
    for kind, detect in DETECTORS.items():
        if getattr(rules, kind) is not Handling.off and (
            places := [_whole(data, *place) for place in detect(data, shape)]
        ):
            taken += _free(places, taken, kind)
    return sorted(taken)


def _whole(data: bytes, low: int, high: int) -> Place:
    """The place without half characters at its ends: finders look at bytes."""
    while low > 0 and data[low] & 0xC0 == 0x80:
        low -= 1
    while high < len(data) and data[high] & 0xC0 == 0x80:
        high += 1
    return low, high


def _replaced(data: bytes, places: Sequence[Found]) -> bytes:
    parts, end = [], 0
    for low, high, kind in places:
        parts += [data[end:low], PLACEHOLDERS[kind]]
        end = high
    return b"".join([*parts, data[end:]])


def _free(places: Sequence[Place], taken: Sequence[Found], kind: Sensitive) -> list[Found]:
    """Those places that overlap neither each other nor `taken`; of two that do, the longer one that starts first."""
    fresh: list[Found] = []
    blocks = sorted((low, high) for low, high, _ in taken)
    at, end = 0, -1
    for low, high in sorted(places, key=lambda place: (place[0], -place[1])):
        while at < len(blocks) and blocks[at][1] <= low:
            at += 1
        if low >= end and (at == len(blocks) or blocks[at][0] >= high):
            fresh.append((low, high, kind))
            end = high
    return fresh


def redact(text: str, rules: Safety = EVERYTHING) -> str:
    """The text with placeholders in the place of everything that `rules` look for."""
    return screen(text, rules).text


def redact_fields(fields: Mapping[str, T], rules: Safety = EVERYTHING) -> dict[str, T | str]:
    """A record's other fields with placeholders in those that are strings; nested ones stay as they are."""
    return {name: redact(value, rules) if isinstance(value, str) else value for name, value in fields.items()}


def rejects(found: Mapping[Sensitive, int], rules: Safety) -> Sensitive | None:
    """The first class found for which a text is to be rejected; None when it may stay, redacted."""
    return next((kind for kind in Sensitive if kind in found and getattr(rules, kind) is Handling.reject), None)
