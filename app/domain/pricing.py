"""What a call costs, in integer micro-units of money (1 USD = 1,000,000 micro).

Prices are in whole micro-USD per million tokens, so that is the smallest step of a price
and a cost is `ceil((in x price_in + out x price_out) / 1,000,000)`: rounded up, never down, never a float. A model
without a price has no cost of zero: it raises, and a job with a money budget is refused (D13). Where prices come from
is `app/domain/price_list.py`.
"""

import math
from dataclasses import dataclass
from decimal import Decimal

MICRO = 1_000_000
"""Micro-units in one USD, and tokens in the unit that prices are quoted for."""

BYTES_PER_TOKEN = 2
"""Bytes of prompt that make at least one token, deliberately low (English has about 4); from rule D12."""

MESSAGE_OVERHEAD_TOKENS = 64
"""Tokens that chat templates add around two messages, with room to spare."""

OFFLINE_MODEL = "offline-explainer"
"""The built-in endpoint's model: no money changes hands."""


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

    def discounted(self, share: Decimal) -> "Price":
        """The price with `share` of it taken off, [0, 1), each side rounded up.

        >>> Price(150_000, 600_001).discounted(Decimal("0.5"))
        Price(input_micro_per_mtok=75000, output_micro_per_mtok=300001)
        """
        if not 0 <= share < 1:
            raise ValueError("a discount is 0 or more and less than 1")
        sides = (self.input_micro_per_mtok, self.output_micro_per_mtok)
        return Price(*(math.ceil(side * (1 - share)) for side in sides))

    def worst_case(self, prompt_bytes: int, max_tokens: int) -> WorstCase:
        """Upper bound of a call before it is made: bytes / 2 + template overhead in, `max_tokens` out."""
        prompt_tokens = worst_prompt_tokens(prompt_bytes)
        return WorstCase(prompt_tokens, max_tokens, self.cost(prompt_tokens, max_tokens))


FREE = Price(0, 0)


def worst_prompt_tokens(prompt_bytes: int) -> int:
    """Upper-bound tokens of a prompt of that many UTF-8 bytes."""
    return math.ceil(prompt_bytes / BYTES_PER_TOKEN) + MESSAGE_OVERHEAD_TOKENS
