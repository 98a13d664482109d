"""The price list that ships with this version, and the file of the same form that an operator puts before it."""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from app.domain.price_list import CURRENCY, ListedPrice, PriceTable, entry_fault, layered, listed, setting_prices
from app.errors import InvalidInputError

MOST_BYTES = 1_000_000
"""A larger file is no price list."""


class BadPriceFileError(InvalidInputError):
    """The price file {file} is not usable: {where}{reason}."""

    code = "bad_price_file"


def read_prices(path: Path) -> list[ListedPrice]:
    """The entries of a file; raises BadPriceFileError with line and field."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadPriceFileError(file=str(path), where="", reason="it is larger than a megabyte")
        content = path.read_bytes().decode()
    except OSError as error:
        raise BadPriceFileError(file=str(path), where="", reason=error.strerror or "it cannot be read") from None
    except UnicodeDecodeError:
        raise BadPriceFileError(file=str(path), where="", reason="it is not UTF-8") from None
    return parse_prices(content, str(path))


def parse_prices(content: str, name: str) -> list[ListedPrice]:
    """The entries of a file's content; `name` is for errors."""
    try:
        found = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        # Its message ends with "(at line 3, column 5)".
        raise BadPriceFileError(file=name, where="", reason=f"no valid TOML, {error}") from None
    _check_head(found, name)
    lines = [n for n, line in enumerate(content.splitlines(), 1) if re.match(r"\s*\[\[\s*price\s*\]\]", line)]
    seen: dict[str, int] = {}
    entries = []
    for place, row in enumerate(found["price"]):
        # An inline array has no header of its own for each entry.
        number = lines[place] if len(lines) == len(found["price"]) else 0
        where = f"line {number}: " if number else f"price number {place + 1}: "
        fault = entry_fault(row)
        if fault is not None:
            raise BadPriceFileError(file=name, where=where, reason=fault)
        if row["model"] in seen:
            reason = f"model {row['model']!r} has a price already, in number {seen[row['model']]}"
            raise BadPriceFileError(file=name, where=where, reason=reason)
        seen[row["model"]] = place + 1
        entries.append(listed(row))
    return entries


def _check_head(found: Mapping[str, object], name: str) -> None:
    unknown = sorted(set(found) - {"currency", "price"})
    if unknown:
        raise BadPriceFileError(file=name, where="", reason=f"unknown field {unknown[0]}; there are currency and price")
    if found.get("currency", CURRENCY) != CURRENCY:
        reason = f"currency is {found['currency']!r}, but budgets are in {CURRENCY}: convert the prices"
        raise BadPriceFileError(file=name, where="", reason=reason)
    if not isinstance(found.get("price"), list):
        raise BadPriceFileError(file=name, where="", reason="it has no [[price]] entry")


@lru_cache(maxsize=1)
def shipped_prices() -> tuple[ListedPrice, ...]:
    """The entries of this version."""
    resource = files("app").joinpath("models/prices.toml")
    return tuple(parse_prices(resource.read_text("utf-8"), "prices.toml"))


def known_prices(configured: Mapping[str, Mapping[str, float | int | str]], path: Path | None) -> PriceTable:
    """All prices: those of the setting first, then the operator's file, then what ships.

    The file is read anew each time, so that a price that somebody corrects counts from the next job on. Raises
    BadPriceError and BadPriceFileError.
    """
    return layered(setting_prices(configured), read_prices(path) if path else (), shipped_prices())
