"""Quantities and names by worked example."""

import time

import pytest

from app.domain.facts import Known, facts_of, quantities


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("1,500 km in twenty-five minutes", ["1500 km", "25 minute"], id="units"),
        pytest.param("one thousand and forty", ["1040"], id="number in words"),
        pytest.param("1.50 and 2.5 million", ["1.5", "2500000"], id="decimals and scales"),
        pytest.param("It was -5 degrees, pages 10-20", ["-5 degree", "10", "20"], id="signs and ranges"),
        pytest.param("the 1990s and the 19th", ["1990", "19"], id="decades and ordinals"),
        pytest.param("lists 1,5,7", ["1", "5", "7"], id="a list is no thousands"),
        pytest.param("1. Mix\n2) Stir\nStep 3: bake for 40 min", ["40 minute"], id="list marks"),
        pytest.param("version 1.2.3 of x86_64 and v2", ["1.2"], id="versions and names"),
        pytest.param("$5, £3m and 2bn euros", ["5 dollar", "3000000 pound", "2000000000 euro"], id="money"),
        pytest.param("4 square kilometres, 30 km/h", ["4 km²", "30 km/h"], id="compound units"),
        pytest.param("two and a half years", ["2.5 year"], id="halves"),
        pytest.param("nine and twelve, a hundred and twelve", ["9", "12", "112"], id="and"),
        pytest.param("see #2210", [], id="references"),
        pytest.param("40 per cent, 40%", ["40 %"], id="percent"),
        pytest.param("", [], id="empty"),
    ],
)
def test_quantities_have_value_and_unit(text: str, found: list[str]) -> None:
    assert [str(quantity) for quantity in quantities(text)] == found


def test_small_bare_counts_are_marked() -> None:
    small = {str(quantity): quantity.small for quantity in quantities("3 bears, 3 km, 11 bears")}

    assert small == {"3": True, "3 km": False, "11": False}


@pytest.mark.parametrize(
    ("said", "known", "holds"),
    [
        pytest.param("12 km", "12 kilometres", True, id="unit spelled out"),
        pytest.param("12 km", "12 miles", False, id="another unit"),
        pytest.param("12", "12 miles", True, id="unit left out"),
        pytest.param("12 km", "12", True, id="unit unknown"),
        pytest.param("about 300", "298", True, id="rounded and said so"),
        pytest.param("300", "298", False, id="rounded in silence"),
        pytest.param("about 400", "298", False, id="rounded too far"),
        pytest.param("about 1987", "2000", False, id="more exact than the seed"),
        pytest.param("300 m", "300 metres per second", True, id="part of a unit"),
    ],
)
def test_a_quantity_is_supported_by_value_and_unit(said: str, known: str, holds: bool) -> None:
    assert Known(quantities(known)).supports(quantities(said)[0]) is holds


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("He met Ada Lovelace in Paris.", ("Ada Lovelace", "Paris"), id="inside a sentence"),
        pytest.param("Marie Curie found radium. Radium glows.", ("Marie Curie",), id="at the start of one"),
        pytest.param("# Photosynthesis In Kelp\nkelp grows", (), id="headings"),
        pytest.param("Zoltan: it grows.\n**Ilka**: then, Zoltan, it stops.", (), id="speakers"),
        pytest.param("we say Yes, and Good", (), id="common words"),
        pytest.param("use BytesIO here", (), id="identifiers"),
    ],
)
def test_names_are_capitals_that_are_no_common_words(text: str, names: tuple[str, ...]) -> None:
    assert facts_of(text).names == names


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("1" * 50_000, id="digits"),
        pytest.param("1," * 25_000, id="commas"),
        pytest.param("hundred " * 6_000, id="number words"),
        pytest.param("Aaaa " * 10_000, id="names"),
        pytest.param(" " * 50_000 + "x", id="spaces"),
        pytest.param("\n" * 50_000 + "x", id="lines"),
        pytest.param("a" * 50_000 + "!", id="no spaces"),
    ],
)
def test_bait_takes_linear_time(text: str) -> None:
    started = time.process_time()

    facts_of(text)

    assert time.process_time() - started < 3.0
