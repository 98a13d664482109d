"""`hornbook jobs spend`: what a job spent by round, arm and model, and for 1,000 accepted tokens."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.cli.prices import usd
from app.cli.service import service
from app.cli.terminal import print_json, results
from app.client_http import Json
from app.domain.pricing import MICRO

SHOWN_ARMS = 10


def spend(
    job: Annotated[int, typer.Argument(metavar="JOB", help="Its number.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with every arm.")] = False,
) -> None:
    """What it spent, by round, arm and model, and what 1,000 accepted tokens cost."""
    with service() as at:
        found = at.client.spend(job)
    if as_json:
        print_json(found)
    else:
        show_spend(results(), found)


def show_spend(say: Console, found: Json) -> None:
    """A job's spend for a person."""
    total = f"Job {found['job_id']}: {found['calls']:,} calls, {found['tokens']:,} tokens"
    say.print(total + (f", {_money(found['money_usd'])}" if found["money_usd"] is not None else ""), style="bold")
    say.print(Text(_price(found), "dim"))
    if found["price_old"]:
        say.print(Text("That is long before the job was submitted; check it: `hornbook llm prices`.", "yellow"))
    if not found["rounds"]:
        say.print("No call was paid for yet.")
        return
    arms = found["arms"]
    dearest = f"The {SHOWN_ARMS} dearest of {len(arms)} arms" if len(arms) > SHOWN_ARMS else "Arms"
    for title, rows in (("Rounds", found["rounds"]), (dearest, arms[:SHOWN_ARMS]), ("Models", found["models"])):
        say.print()
        say.print(_table(title, rows))


def _table(title: str, rows: Sequence[Json]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False)
    table.add_column("", overflow="fold")
    for name in ("calls", "tokens in", "out", "charged", "money", "kept", "tokens per 1,000", "USD per 1,000"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        counts = (row["calls"], row["prompt_tokens"], row["completion_tokens"], row["charged_tokens"])
        per = row["tokens_per_1000_accepted"]
        table.add_row(
            Text(row["name"] or "-"),
            *(f"{count:,}" for count in counts),
            _money(row["money_usd"]),
            f"{row['kept']:,}",
            "-" if per is None else f"{per:,.0f}",
            _money(row["usd_per_1000_accepted"]),
        )
    return table


def _money(value: float | None) -> str:
    return "-" if value is None else f"${value:,.2f}" if value >= 1 else usd(round(value * MICRO))


def _price(found: Json) -> str:
    if found["money_usd"] is None:
        return "Nobody knew the price of every model when the job was submitted, so money is not known."
    into, out = (usd(round(found[f"{side}_usd_per_mtok"] * MICRO)) for side in ("input", "output"))
    day = f", looked up on {found['price_as_of']}" if found["price_as_of"] else ""
    return f"{into} in, {out} out for a million tokens ({found['price_source']}{day})"
