"""Figures of a job in words: every number says what it counts."""

from typing import Any

import pytest

from app.cli import phrases
from app.client_http import Json

NOTHING: dict[str, Any] = {"cap": None, "spent": 0, "reserved": 0}


def job(*, calls: Any = NOTHING, tokens: Any = NOTHING, money: Any = NOTHING, until: str | None = None) -> Json:
    spend = {"calls": calls, "tokens": tokens, "money_usd": money}
    return {"progress": {"kept": 1}, "spend": spend, "deadline_at": until, "old_prices": []}


def test_progress_says_what_each_figure_is() -> None:
    paid = {"cap": None, "spent": 1_500, "reserved": 0}

    assert phrases.standing(job(calls=paid)) == "1 text in the pool, 1,500 calls paid in all"
    assert phrases.standing(job(money={**paid, "spent": 0.256})).endswith("0 calls paid in all, $0.26")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        pytest.param(job(), None, id="no-cap"),
        pytest.param(job(calls={"cap": 2_000, "spent": 150}), "Budget: 150 of 2,000 calls", id="calls"),
        pytest.param(job(tokens={"cap": 9_000, "spent": 41}), "Budget: 41 of 9,000 tokens", id="tokens"),
        pytest.param(job(money={"cap": 5.0, "spent": 0.1}), "Budget: $0.10 of $5.00", id="money"),
        pytest.param(job(until="2026-11-30T18:00:12Z"), "Budget: no call after 2026-11-30 18:00 UTC", id="time"),
    ],
)
def test_each_cap_is_told_with_what_is_used_of_it(row: Json, words: str | None) -> None:
    assert phrases.caps(row) == words


def test_old_prices_are_named_with_their_days() -> None:
    row = {**job(), "old_prices": [{"model": "m", "as_of": "2025-01-02"}]}

    assert phrases.old_prices(job()) is None
    assert "m (2025-01-02)" in (phrases.old_prices(row) or "")
