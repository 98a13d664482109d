"""Which model costs what, since when, and who says so: entries in layers, of which the first that matches counts.

A model is named whole or by a pattern (`llama3*`). Within a layer a whole name counts before a pattern and a longer
pattern before a shorter one. Prices are facts with a date: an entry that nobody has looked up for a while is shown as
old, never dropped. Knows nothing of files; `app/adapters/price_files.py` reads them.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase

from app.domain.pricing import FREE, MICRO, OFFLINE_MODEL, Price
from app.errors import InvalidInputError

MAX_USD_PER_MTOK = Decimal(1_000_000)
"""A price above this is a typing error."""
OLD_DAYS = 180
"""Days after which a price should be looked up again: in 2025 and 2026 providers changed some about twice a year."""
CURRENCY = "USD"
"""Budgets are in it, and nobody here knows rates of exchange."""
SETTING = "HORNBOOK_LLM_PRICES"
NO_DISCOUNT = Decimal(0)


class UnknownPriceError(InvalidInputError):
    """No price is known for model {model}: add it to HORNBOOK_LLM_PRICES (0 for a server of your own), or cap calls."""

    code = "unknown_price"


class BadPriceError(InvalidInputError):
    """The price of model {model!r} is not usable: {reason}."""

    code = "bad_price"


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """One entry."""

    model: str
    """A name, or a pattern with `*`, `?` and `[...]`."""
    price: Price
    source: str
    """Where the figure can be looked up, or the setting that holds it."""
    as_of: date | None = None
    """When somebody last looked; None: nobody said."""
    cached_input_micro_per_mtok: int | None = None
    """Shown only: a call is charged as if nothing came from the provider's cache."""
    batch_discount: Decimal = NO_DISCOUNT
    """The share of the price that calls sent as files (`llm.batch`) are spared, [0, 1)."""

    @property
    def is_pattern(self) -> bool:
        """Whether it may stand for several models."""
        return any(sign in self.model for sign in "*?[")

    def matches(self, model: str) -> bool:
        """Whether it is the price of `model`."""
        return fnmatchcase(model, self.model) if self.is_pattern else model == self.model

    def is_old(self, today: date, *, days: int = OLD_DAYS) -> bool:
        """Whether it was last looked up more than `days` days before `today`."""
        return is_old(self.as_of, today, days=days)


def is_old(as_of: date | None, today: date, *, days: int = OLD_DAYS) -> bool:
    """Whether a price of the day `as_of` was last looked up more than `days` days before `today`; None: nobody said."""
    return as_of is not None and (today - as_of).days > days


OFFLINE = ListedPrice(OFFLINE_MODEL, FREE, "built in")


@dataclass(frozen=True, slots=True)
class PriceTable:
    """All prices that are known, in the order in which they count."""

    entries: Sequence[ListedPrice] = field(default=())

    def entry(self, model: str) -> ListedPrice | None:
        """The entry that says what the model costs, or None."""
        if model == OFFLINE_MODEL:
            return OFFLINE
        return next((entry for entry in self.entries if entry.matches(model)), None)

    def price(self, model: str) -> Price:
        """The model's price; raises UnknownPriceError."""
        found = self.find(model)
        if found is None:
            raise UnknownPriceError(model=model)
        return found

    def batched(self) -> "PriceTable":
        """The table for calls that are sent as files."""
        return PriceTable([replace(one, price=one.price.discounted(one.batch_discount)) for one in self.entries])

    def find(self, model: str) -> Price | None:
        """The model's price, or None where the caller can do without (a job with no money budget)."""
        found = self.entry(model)
        return None if found is None else found.price


def layered(*layers: Iterable[ListedPrice]) -> PriceTable:
    """The table of these layers, the one that counts most first.

    Example: a user's `gpt-*` counts before the shipped `gpt-4.1`, and the user's own `gpt-4.1` before both.
    """
    return PriceTable([entry for layer in layers for entry in sorted(layer, key=_rank)])


def _rank(entry: ListedPrice) -> tuple[bool, int]:
    return entry.is_pattern, -len(entry.model) if entry.is_pattern else 0


_FIELDS = frozenset({"input_usd_per_mtok", "output_usd_per_mtok"})
_DISCOUNT = "batch_discount"


def setting_prices(configured: Mapping[str, Mapping[str, float | int | str]]) -> list[ListedPrice]:
    """The entries of `{model: {"input_usd_per_mtok": .., "output_usd_per_mtok": ..}}`; raises BadPriceError."""
    entries = []
    for model, fields in configured.items():
        if frozenset(fields) - {_DISCOUNT} != _FIELDS:
            reason = "it needs exactly input_usd_per_mtok and output_usd_per_mtok, and batch_discount if there is one"
            raise BadPriceError(model=model, reason=reason)
        discount = discount_of(model, fields.get(_DISCOUNT, 0))
        entries.append(ListedPrice(model, price_of(model, fields), SETTING, batch_discount=discount))
    return entries


def price_table(configured: Mapping[str, Mapping[str, float | int | str]]) -> PriceTable:
    """The table of these alone; raises BadPriceError."""
    return layered(setting_prices(configured))


def price_of(model: str, fields: Mapping[str, object]) -> Price:
    """The price in these fields; raises BadPriceError."""
    return Price(
        micro_per_mtok(model, fields["input_usd_per_mtok"]), micro_per_mtok(model, fields["output_usd_per_mtok"])
    )


def discount_of(model: str, share: object) -> Decimal:
    """A discount as it is written, exact; raises BadPriceError unless it is 0 or more and less than 1."""
    try:
        amount = Decimal(str(share))
    except InvalidOperation:
        amount = Decimal("NaN")
    if isinstance(share, bool) or not amount.is_finite() or not 0 <= amount < 1:
        reason = f"{_DISCOUNT} is the share that is taken off, such as 0.5, not {share!r}"
        raise BadPriceError(model=model, reason=reason)
    return amount


def micro_per_mtok(model: str, usd: object) -> int:
    """USD per million tokens as micro-USD per million tokens, rounded up; exact for decimal notation."""
    try:
        amount = Decimal(str(usd))
    except InvalidOperation:
        raise BadPriceError(model=model, reason=f"{usd!r} is not a number") from None
    if isinstance(usd, bool) or not amount.is_finite() or amount < 0:
        raise BadPriceError(model=model, reason=f"{usd!r} is not a price of 0 or more")
    if amount > MAX_USD_PER_MTOK:
        raise BadPriceError(model=model, reason=f"{usd!r} USD per million tokens is beyond belief")
    return math.ceil(amount * MICRO)


_NEEDED = ("model", "input_usd_per_mtok", "output_usd_per_mtok", "as_of", "source")
_AMOUNTS = ("input_usd_per_mtok", "output_usd_per_mtok", "cached_input_usd_per_mtok")
_OPTIONAL = ("cached_input_usd_per_mtok", _DISCOUNT)


def entry_fault(row: object) -> str | None:
    """What is wrong with an entry of a price file, naming the field; None when nothing is."""
    if not isinstance(row, dict):
        return "an entry is a table of fields"
    unknown = sorted(set(row) - {*_NEEDED, *_OPTIONAL})
    if unknown:
        return f"unknown field {unknown[0]}; there are {', '.join((*_NEEDED, *_OPTIONAL))}"
    missing = [name for name in _NEEDED if name not in row]
    if missing:
        return f"{missing[0]} is missing"
    for name in ("model", "source"):
        if not isinstance(row[name], str) or not row[name].strip():
            return f"{name} must be a text, not {row[name]!r}"
    if not isinstance(row["as_of"], date) or isinstance(row["as_of"], datetime):
        return f"as_of must be a date such as 2026-11-30 without quotes, not {row['as_of']!r}"
    return _price_fault(row)


def _price_fault(row: Mapping[str, object]) -> str | None:
    for name in _AMOUNTS:
        if name not in row:
            continue
        if not isinstance(row[name], int | float):
            return f"{name} must be a number of USD, not {row[name]!r}"
        try:
            micro_per_mtok(str(row["model"]), row[name])
        except BadPriceError as error:
            return f"{name}: {error.fields['reason']}"
    try:
        discount_of(str(row["model"]), row.get(_DISCOUNT, 0))
    except BadPriceError as error:
        return str(error.fields["reason"])
    return None


def listed(row: Mapping[str, object]) -> ListedPrice:
    """The entry of a row without fault."""
    model, as_of, cached = str(row["model"]), row["as_of"], row.get("cached_input_usd_per_mtok")
    assert isinstance(as_of, date)
    return ListedPrice(
        model,
        price_of(model, row),
        source=str(row["source"]),
        as_of=as_of,
        cached_input_micro_per_mtok=None if cached is None else micro_per_mtok(model, cached),
        batch_discount=discount_of(model, row.get(_DISCOUNT, 0)),
    )
