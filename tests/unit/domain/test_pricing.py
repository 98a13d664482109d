"""Money is whole micro-USD, rounded up."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.pricing import FREE, Price

TOKENS = st.integers(0, 10**9)
MICRO = st.integers(0, 10**12)


@pytest.mark.parametrize(
    ("price", "prompt", "completion", "micro"),
    [
        (Price(150_000, 600_000), 1000, 300, 330),
        (Price(150_000, 600_000), 1, 0, 1),
        (Price(1, 0), 1, 0, 1),
        (Price(1_000_000, 1_000_000), 7, 8, 15),
        (FREE, 10**9, 10**9, 0),
        (Price(150_000, 600_000), 0, 0, 0),
    ],
    ids=str,
)
def test_cost(price: Price, prompt: int, completion: int, micro: int) -> None:
    assert price.cost(prompt, completion) == micro


@given(MICRO, MICRO, TOKENS, TOKENS)
def test_cost_is_the_exact_amount_rounded_up(unit_in: int, unit_out: int, prompt: int, completion: int) -> None:
    exact = Fraction(unit_in * prompt + unit_out * completion, 1_000_000)
    assert 0 <= Price(unit_in, unit_out).cost(prompt, completion) - exact < 1


@given(st.text(max_size=400), st.integers(0, 10_000))
def test_worst_case_covers_every_real_call(text: str, max_tokens: int) -> None:
    price = Price(150_000, 600_000)
    size = len(text.encode("utf-8", "surrogatepass"))
    worst = price.worst_case(size, max_tokens)
    assert worst.prompt_tokens >= size / 2
    assert worst.micro >= price.cost(size // 4, max_tokens)


def test_negative_tokens_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="negative"):
        FREE.cost(-1, 0)
