"""A job's spend as people read it: tables by round, arm and model."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.pricing import MICRO
from app.repositories.spend import SpendRow
from app.services.spending import Spending, per_accepted, tokens_of

SHOWN_ARMS = 10
"""The dearest ones; the API has all."""


@dataclass(frozen=True)
class SpendLine:
    """One row of a table."""

    name: str
    calls: int
    tokens: int
    money: str
    kept: int
    tokens_per_accepted: float | None
    """For 1,000 accepted tokens."""
    money_per_accepted: str


@dataclass(frozen=True)
class SpendTable:
    """One way to look at a job's spend."""

    title: str
    label: str
    """Of the first column."""
    lines: list[SpendLine]


def spend_tables(found: Spending) -> list[SpendTable]:
    """By round, arm and model; none before the first paid call."""
    if not found.rounds:
        return []
    arms = f"By arm, the {SHOWN_ARMS} dearest" if len(found.arms) > SHOWN_ARMS else "By arm"
    return [
        SpendTable("By round", "Round", _lines(found.rounds, found.priced)),
        SpendTable(arms, "Arm", _lines(found.arms[:SHOWN_ARMS], found.priced)),
        SpendTable("By model", "Model", _lines(found.models, found.priced)),
    ]


def _lines(rows: Sequence[SpendRow], priced: bool) -> list[SpendLine]:
    return [
        SpendLine(
            row.name or "–",
            row.calls,
            tokens_of(row),
            usd(row.micro / MICRO if priced else None),
            row.kept,
            per_accepted(tokens_of(row), row),
            usd(per_accepted(row.micro / MICRO, row) if priced else None),
        )
        for row in rows
    ]


def usd(amount: float | None) -> str:
    """Money with as many digits as say something. Example: 0.00123 is $0.0012, 12.3 is $12.30."""
    if amount is None:
        return "–"
    return f"${amount:,.2f}" if amount >= 1 or not amount else f"${amount:.4f}"
