"""`hornbook llm prices`: what models cost as this machine knows it, since when, and who says so."""

from datetime import date
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from app.api.operator import prices_of
from app.cli.terminal import notes, print_json, results
from app.domain.price_list import OLD_DAYS, ListedPrice
from app.domain.pricing import MICRO
from app.settings import get_settings


def prices(
    model: Annotated[str | None, typer.Argument(help="Show the entry that counts for this model alone.")] = None,
    older_than: Annotated[int, typer.Option(min=0, metavar="DAYS", help="Warn of prices older than this.")] = OLD_DAYS,
    as_json: Annotated[bool, typer.Option("--json", help="Print a line of JSON an entry.")] = False,
) -> None:
    """Known prices in USD for a million tokens, in the order in which they count; the first that matches is taken."""
    table, today = prices_of(get_settings()), date.today()
    if model is None:
        entries = list(table.entries)
    else:
        table.price(model)
        found = table.entry(model)
        entries = [found] if found else []
    if as_json:
        for entry in entries:
            print_json(_json(entry, today, older_than))
        return
    results().print(_table(entries, today, older_than))
    old = sum(entry.is_old(today, days=older_than) for entry in entries)
    if old:
        notes().print(
            f"{old} of {len(entries)} prices were last looked up more than {older_than} days ago: check them at their "
            "source, and put what changed into a file of your own (HORNBOOK_LLM_PRICE_FILE).",
            style="yellow",
        )


def _json(entry: ListedPrice, today: date, days: int) -> dict[str, object]:
    cached = entry.cached_input_micro_per_mtok
    return {
        "model": entry.model,
        "input_usd_per_mtok": entry.price.input_micro_per_mtok / MICRO,
        "output_usd_per_mtok": entry.price.output_micro_per_mtok / MICRO,
        "cached_input_usd_per_mtok": None if cached is None else cached / MICRO,
        "batch_discount": float(entry.batch_discount),
        "as_of": entry.as_of,
        "old": entry.is_old(today, days=days),
        "source": entry.source,
    }


def _table(entries: list[ListedPrice], today: date, days: int) -> Table:
    table = Table("model", box=None, pad_edge=False, header_style="bold")
    for name in ("in", "cached in", "out", "batches"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("looked up", no_wrap=True)
    table.add_column("source", overflow="fold")
    for entry in entries:
        cached, price = entry.cached_input_micro_per_mtok, entry.price
        looked_up = Text(f"{entry.as_of}" if entry.as_of else "-", "yellow" if entry.is_old(today, days=days) else "")
        off = f"-{entry.batch_discount:.0%}" if entry.batch_discount else "-"
        figures = (price.input_micro_per_mtok, cached, price.output_micro_per_mtok)
        table.add_row(Text(entry.model), *map(usd, figures), off, looked_up, Text(entry.source, "dim"))
    return table


def usd(micro: int | None) -> str:
    """Micro-USD as USD with at least two digits. Example: 75000 is $0.075."""
    if micro is None:
        return "-"
    whole, part = f"{micro / MICRO:.6f}".split(".")
    return f"${whole}.{part.rstrip('0').ljust(2, '0')}"
