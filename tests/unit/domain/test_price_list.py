"""A price is an entry with a date and a source, the nearest one counts, and none is guessed."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.adapters.price_files import shipped_prices
from app.domain.price_list import (
    BadPriceError,
    ListedPrice,
    UnknownPriceError,
    entry_fault,
    layered,
    listed,
    price_table,
)
from app.domain.pricing import FREE, Price

ROW: dict[str, Any] = {
    "model": "m",
    "input_usd_per_mtok": 0.15,
    "output_usd_per_mtok": 0.6,
    "as_of": date(2026, 11, 1),
    "source": "https://example.org/prices",
}


@pytest.mark.parametrize("usd", [0.15, "0.15", Decimal("0.15")], ids=str)
def test_table_reads_prices_exactly(usd: float) -> None:
    table = price_table({"m": {"input_usd_per_mtok": usd, "output_usd_per_mtok": 0.6}})
    assert table.price("m") == Price(150_000, 600_000)


@pytest.mark.parametrize("usd", [-1, float("nan"), float("inf"), "cheap", 1e308, True], ids=str)
def test_unusable_price_is_refused(usd: float | str) -> None:
    with pytest.raises(BadPriceError):
        price_table({"m": {"input_usd_per_mtok": usd, "output_usd_per_mtok": 1}})


@pytest.mark.parametrize("fields", [{}, {"input_usd_per_mtok": 1}, {"input": 1, "output": 1}], ids=str)
def test_incomplete_price_is_refused(fields: dict[str, float]) -> None:
    with pytest.raises(BadPriceError, match="exactly"):
        price_table({"m": fields})


def test_unknown_model_says_what_to_do() -> None:
    table = price_table({})
    with pytest.raises(UnknownPriceError, match="HORNBOOK_LLM_PRICES"):
        table.price("mystery")
    assert table.find("mystery") is None


def test_offline_explainer_is_free() -> None:
    assert price_table({}).price("offline-explainer") == FREE


@pytest.mark.parametrize(
    ("model", "cents"),
    [
        pytest.param("gpt-4.1", 3, id="own-name-before-all"),
        pytest.param("gpt-4.1-mini", 2, id="longer-pattern-before-shorter"),
        pytest.param("gpt-5", 1, id="own-pattern-before-shipped-name"),
        pytest.param("mistral", 9, id="shipped-where-nothing-else"),
        pytest.param("GPT-5", 9, id="case-counts"),
    ],
)
def test_nearest_entry_counts(model: str, cents: int) -> None:
    def entry(name: str, cents: int) -> ListedPrice:
        return ListedPrice(name, Price(cents, cents), "s")

    own = [entry("gpt-*", 1), entry("gpt-4*", 2), entry("gpt-4.1", 3)]
    shipped = [entry("gpt-5", 8), entry("*", 9)]

    assert layered(own, shipped).price(model) == Price(cents, cents)


def test_row_becomes_an_entry() -> None:
    entry = listed({**ROW, "cached_input_usd_per_mtok": 0.075})

    assert (entry.price, entry.cached_input_micro_per_mtok) == (Price(150_000, 600_000), 75_000)
    assert (entry.as_of, entry.source) == (date(2026, 11, 1), "https://example.org/prices")


def test_entry_is_old_once_more_days_have_passed() -> None:
    entry = listed(ROW)

    assert not entry.is_old(date(2026, 12, 1), days=30)
    assert entry.is_old(date(2026, 12, 2), days=30)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        pytest.param("m", "table of fields", id="no-table"),
        pytest.param({**ROW, "colour": 1}, "unknown field colour", id="unknown-field"),
        pytest.param({k: v for k, v in ROW.items() if k != "as_of"}, "as_of is missing", id="no-date"),
        pytest.param({**ROW, "as_of": "2026-11-01"}, "without quotes", id="date-in-quotes"),
        pytest.param({**ROW, "as_of": datetime(2026, 11, 1)}, "as_of must be a date", id="time"),
        pytest.param({**ROW, "model": " "}, "model must be a text", id="no-name"),
        pytest.param({**ROW, "source": 7}, "source must be a text", id="no-source"),
        pytest.param({**ROW, "input_usd_per_mtok": "1"}, "input_usd_per_mtok must be a number", id="text"),
        pytest.param({**ROW, "output_usd_per_mtok": -1}, "output_usd_per_mtok: -1 is not a price", id="negative"),
        pytest.param({**ROW, "output_usd_per_mtok": float("nan")}, "output_usd_per_mtok: nan", id="nan"),
        pytest.param({**ROW, "cached_input_usd_per_mtok": True}, "cached_input_usd_per_mtok: True", id="yes"),
    ],
)
def test_unusable_row_names_the_field(row: object, says: str) -> None:
    assert says in (entry_fault(row) or "")


def test_sound_row_has_no_fault() -> None:
    assert entry_fault(ROW) is None


@pytest.mark.parametrize("share", [-0.1, 1, 1.5, "half", True, None, float("nan")], ids=str)
def test_a_discount_that_is_none_is_refused(share: object) -> None:
    fields = {"input_usd_per_mtok": 1, "output_usd_per_mtok": 2, "batch_discount": share}
    with pytest.raises(BadPriceError, match="batch_discount is the share"):
        price_table({"m": fields})  # type: ignore[dict-item]  # what a file may hold


def test_batches_cost_less_where_the_list_says_so() -> None:
    prices = {"input_usd_per_mtok": 0.15, "output_usd_per_mtok": 0.6}
    table = price_table({"half": {**prices, "batch_discount": 0.5}, "full": prices}).batched()

    assert table.price("half") == Price(75_000, 300_000)
    assert table.price("full") == Price(150_000, 600_000)


def test_openai_s_models_are_half_price_in_batches_and_no_others() -> None:
    found = {entry.model: entry.batch_discount for entry in shipped_prices()}

    assert {float(share) for model, share in found.items() if model.startswith("gpt-")} == {0.5}
    assert {float(share) for model, share in found.items() if not model.startswith("gpt-")} == {0.0}
