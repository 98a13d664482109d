"""Which licences a job takes: names as they come with data, compared without case, spaces and `_`.

Expressions as SPDX writes them are understood: of `A OR B` one must be allowed, of `A AND B` both, and `WITH` an
exception changes nothing. What is no expression is one name. Knows nothing of where a licence is stated.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from app.domain.gate_config import Licences

_SEPARATORS = re.compile(r"[\s_-]+")
_WITH = re.compile(r"\s+WITH\s+[\w.-]+")


def allowed(licence: str | None, rules: Licences) -> bool:
    """Whether a seed with this licence may take part; None or an empty one is unknown.

    Example: `MIT OR GPL-3.0-only` is allowed where `mit` is, and where nothing but `gpl-*` is denied.
    """
    if licence is None or not licence.strip():
        return rules.unknown
    plain = _WITH.sub("", licence.replace("(", " ").replace(")", " "))
    return any(all(_one(name, rules) for name in choice.split(" AND ")) for choice in plain.split(" OR "))


def _one(name: str, rules: Licences) -> bool:
    plain = canonical(name)
    if _matches(plain, rules.deny):
        return False
    return rules.allow is None or _matches(plain, rules.allow)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(_pattern(pattern).fullmatch(name) for pattern in patterns)


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> re.Pattern[str]:
    # Possessive repetition: a pattern with many stars stays linear in the name, which is what came with the data.
    parts = [re.escape(part) for part in canonical(pattern).split("*")]
    if len(parts) == 1:
        return re.compile(parts[0])
    middle = "".join(f"(?>.*?{part})" for part in parts[1:-1] if part)
    return re.compile(f"{parts[0]}{middle}.*{parts[-1]}" if parts[-1] else f"{parts[0]}{middle}.*")


def canonical(name: str) -> str:
    """The name as it is compared. Example: `CC BY_SA 4.0` is `cc-by-sa-4.0`."""
    return _SEPARATORS.sub("-", name.strip().casefold())
