"""The price list that ships is sound, and a file of one's own is refused with its line."""

from datetime import date
from pathlib import Path

import pytest

from app.adapters.price_files import BadPriceFileError, known_prices, parse_prices, shipped_prices
from app.domain.pricing import Price

ENTRY = """
[[price]]
model = "llama3*"
input_usd_per_mtok = 0
output_usd_per_mtok = 0
as_of = 2026-11-30
source = "my own machine"
"""


def test_shipped_prices_are_dated_and_say_where_to_look() -> None:
    entries = shipped_prices()

    assert all(entry.as_of and date(2024, 1, 1) <= entry.as_of <= date(2026, 11, 30) for entry in entries)
    assert all(entry.source.startswith("https://") for entry in entries)
    assert {"gpt-4.1-mini", "text-embedding-3-small"} <= {entry.model for entry in entries}


def test_setting_counts_before_the_file_and_the_file_before_what_ships(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(ENTRY.replace("llama3*", "gpt-*") + ENTRY.replace("llama3*", "mine"))

    table = known_prices({"mine": {"input_usd_per_mtok": 1, "output_usd_per_mtok": 2}}, path)

    assert table.price("mine") == Price(1_000_000, 2_000_000)
    assert table.price("gpt-4.1") == Price(0, 0)
    assert table.price("text-embedding-3-small") == Price(20_000, 0)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(ENTRY + ENTRY.replace("= 0\no", '= "cheap"\no'), "line 9: input_usd_per_mtok must", id="value"),
        pytest.param(ENTRY + ENTRY, "line 9: model 'llama3*' has a price already, in number 1", id="twice"),
        pytest.param("[[price]]\nmodel = ", "no valid TOML", id="syntax"),
        pytest.param("[[price]]\nmodel = x\n", "line 2", id="line-of-the-syntax"),
        pytest.param('currency = "EUR"\n' + ENTRY, "budgets are in USD", id="currency"),
        pytest.param("colour = 1\n" + ENTRY, "unknown field colour", id="unknown"),
        pytest.param("", "no [[price]] entry", id="empty"),
        pytest.param("price = [1]", "price number 1: an entry is a table", id="inline"),
    ],
)
def test_unusable_file_says_where_and_why(content: str, says: str) -> None:
    with pytest.raises(BadPriceFileError) as caught:
        parse_prices(content, "p.toml")

    assert says in str(caught.value)


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadPriceFileError, match="No such file"):
        known_prices({}, tmp_path / "none.toml")


def test_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(BadPriceFileError, match="UTF-8"):
        known_prices({}, tmp_path / "p.toml")
