"""What a call costs, in integer micro-units of money (1 USD = 1,000,000 micro).

Prices come from settings in USD per million tokens, so one micro-USD per million tokens is the smallest step of a price
and a cost is `ceil((in x price_in + out x price_out) / 1,000,000)`: rounded up, never down, never a float. A model
without a price has no cost of zero: it raises, and a job with a money budget is refused (D13).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from app.errors import InvalidInputError

MICRO = 1_000_000
"""Micro-units in one USD, and tokens in the unit that prices are quoted for."""

BYTES_PER_TOKEN = 2
"""Bytes of prompt that make at least one token, deliberately low (English has about 4); from rule D12."""

MESSAGE_OVERHEAD_TOKENS = 64
"""Tokens that chat templates add around two messages, with room to spare."""

MAX_USD_PER_MTOK = Decimal(1_000_000)
"""A price above this is a typing error."""

OFFLINE_MODEL = "offline-explainer"
"""The built-in endpoint's model: no money changes hands."""


class UnknownPriceError(InvalidInputError):
    """No price is known for model {model}: add it to HORNBOOK_LLM_PRICES, or run without a money budget."""

    code = "unknown_price"


class BadPriceError(InvalidInputError):
    """The price of model {model!r} is not usable: {reason}."""

    code = "bad_price"


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The most one call can cost."""

    prompt_tokens: int
    completion_tokens: int
    micro: int
    """Micro-USD."""


@dataclass(frozen=True, slots=True)
class Price:
    """A model's price in micro-USD per million tokens."""

    input_micro_per_mtok: int
    output_micro_per_mtok: int

    def cost(self, prompt_tokens: int, completion_tokens: int) -> int:
        """Micro-USD of a call, rounded up.

        >>> Price(150_000, 600_000).cost(1_000, 300)   # 150 + 180 micro-USD
        330
        """
        if prompt_tokens < 0 or completion_tokens < 0:
            raise ValueError("tokens cannot be negative")
        total = prompt_tokens * self.input_micro_per_mtok + completion_tokens * self.output_micro_per_mtok
        return -(-total // MICRO)

    def worst_case(self, prompt_bytes: int, max_tokens: int) -> WorstCase:
        """Upper bound of a call before it is made: bytes / 2 + template overhead in, `max_tokens` out."""
        prompt_tokens = worst_prompt_tokens(prompt_bytes)
        return WorstCase(prompt_tokens, max_tokens, self.cost(prompt_tokens, max_tokens))


FREE = Price(0, 0)


def worst_prompt_tokens(prompt_bytes: int) -> int:
    """Upper-bound tokens of a prompt of that many UTF-8 bytes."""
    return math.ceil(prompt_bytes / BYTES_PER_TOKEN) + MESSAGE_OVERHEAD_TOKENS


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices by model name."""

    prices: Mapping[str, Price]

    def price(self, model: str) -> Price:
        """The model's price; raises UnknownPriceError."""
        found = self.find(model)
        if found is None:
            raise UnknownPriceError(model=model)
        return found

    def find(self, model: str) -> Price | None:
        """The model's price, or None where the caller can do without (a job with no money budget)."""
        if model == OFFLINE_MODEL:
            return FREE
        return self.prices.get(model)


_FIELDS = frozenset({"input_usd_per_mtok", "output_usd_per_mtok"})


def price_table(configured: Mapping[str, Mapping[str, float | int | str]]) -> PriceTable:
    """The table from `{model: {"input_usd_per_mtok": .., "output_usd_per_mtok": ..}}`; raises BadPriceError."""
    prices: dict[str, Price] = {}
    for model, fields in configured.items():
        if frozenset(fields) != _FIELDS:
            raise BadPriceError(model=model, reason="it needs exactly input_usd_per_mtok and output_usd_per_mtok")
        prices[model] = Price(
            _micro_per_mtok(model, fields["input_usd_per_mtok"]),
            _micro_per_mtok(model, fields["output_usd_per_mtok"]),
        )
    return PriceTable(prices)


def _micro_per_mtok(model: str, usd: float | int | str) -> int:
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
