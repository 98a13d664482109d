"""`hornbook llm`: what an LLM endpoint can do, and what models cost. Needs no service."""

import asyncio
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from app.adapters import llm_check
from app.adapters.llm_check import Report
from app.adapters.llm_endpoints import parse_endpoint
from app.adapters.llm_outcomes import Answer
from app.adapters.llm_profiles import named
from app.api.operator import operator_of
from app.cli.exits import Exit
from app.cli.prices import prices
from app.cli.terminal import notes, print_json, results
from app.domain.pricing import MICRO, Price
from app.services.submission import NoEndpointError, NoModelError
from app.settings import get_settings

app = typer.Typer(help="Endpoints and prices.", no_args_is_help=True)


@app.callback()
def _llm() -> None:
    """Endpoints and prices."""


app.command()(prices)


@app.command()
def check(
    llm: Annotated[str | None, typer.Option("--llm", help="Base URL; default HORNBOOK_LLM_BASE_URL.")] = None,
    model: Annotated[str | None, typer.Option(help="Default HORNBOOK_LLM_MODEL.")] = None,
    profile: Annotated[str | None, typer.Option(help="Kind of server; found by itself.")] = None,
    width: Annotated[int, typer.Option(min=1, max=32, help="Most calls at a time that are tried.")] = 16,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask an endpoint a few small questions: is it there, whose models, how long a context, JSON, how wide, how fast.

    Says first what that may cost. Exit code 0 when it answers, else 3.
    """
    operator = operator_of(get_settings())
    url, wanted = llm or operator.endpoint, model or operator.model
    if url is None:
        raise NoEndpointError
    if wanted is None:
        raise NoModelError
    own = operator.endpoint is not None and parse_endpoint(url).base_url == parse_endpoint(operator.endpoint).base_url
    endpoint = parse_endpoint(url, key=operator.api_key if own else None)
    price, most = operator.prices.find(wanted), llm_check.most_tokens(width)
    notes().print(f"Asks {endpoint.base_url} at most {most} tokens{_cost(price, most)}.", soft_wrap=True)
    kind = named(profile) if profile else None
    report = asyncio.run(llm_check.check(endpoint, model=wanted, api="chat", width=width, profile=kind))
    facts = _facts(report, price)
    if as_json:
        print_json(facts)
    else:
        _show(facts)
    if not isinstance(report.answer, Answer):
        raise typer.Exit(Exit.environment)


def _cost(price: Price | None, tokens: int) -> str:
    if price is None:
        return ", at a price nobody told (HORNBOOK_LLM_PRICES)"
    return f", at most {price.cost(0, tokens) / MICRO:.4f} USD"


def _facts(report: Report, price: Price | None) -> dict[str, object]:
    seen, answer = report.seen, report.answer
    failed = None if answer is None or isinstance(answer, Answer) else f"{answer.code.value}: {answer.detail}"
    return {
        "reachable": seen.reachable,
        "note": seen.reason or None,
        "profile": seen.profile.name if seen.profile else None,
        "models": list(seen.models),
        "context_tokens": seen.context_tokens,
        "answers": isinstance(answer, Answer),
        "failure": failed,
        "latency_s": round(answer.latency_s, 3) if answer else None,
        "usage_told": answer.usage_known if isinstance(answer, Answer) else None,
        "json_mode": report.json_mode,
        "concurrency": report.concurrency,
        "tokens_per_s": None if report.tokens_per_s is None else round(report.tokens_per_s, 1),
        "price_known": price is not None,
    }


def _show(facts: dict[str, object]) -> None:
    table = Table("what", "found", box=None, pad_edge=False)
    for name, value in facts.items():
        if value is None and (name in ("note", "failure") or not facts["answers"]):
            continue
        table.add_row(name.replace("_", " "), Text(_plain(value)))
    results().print(table)


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value[:8])) or "none told"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not known" if value is None else str(value)
