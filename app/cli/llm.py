"""`hornbook llm`: what an LLM endpoint can do, and what models cost. Needs no service."""

import asyncio
from dataclasses import replace
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from app.adapters import llm_check
from app.adapters.llm_check import Report
from app.adapters.llm_outcomes import Answer
from app.adapters.llm_profiles import named
from app.api.operator import operator_of
from app.cli.exits import Exit
from app.cli.prices import prices
from app.cli.terminal import notes, print_json, results
from app.domain.config import Api, JobConfig, Llm
from app.domain.lanes import Lane
from app.domain.pricing import MICRO, Price
from app.services.submission import Operator, Target, choose_lanes
from app.settings import get_settings

app = typer.Typer(help="Endpoints and prices.", no_args_is_help=True)


@app.callback()
def _llm() -> None:
    """Endpoints and prices."""


app.command()(prices)


@app.command()
def check(
    llm: Annotated[str | None, typer.Option("--llm", help="Base URL; default all that are configured.")] = None,
    model: Annotated[str | None, typer.Option(help="Default HORNBOOK_LLM_MODEL.")] = None,
    api: Annotated[Api, typer.Option(help="completions for base models.")] = "chat",
    profile: Annotated[str | None, typer.Option(help="Kind of server; found by itself.")] = None,
    width: Annotated[int, typer.Option(min=1, max=64, help="Most calls at a time that are tried.")] = 16,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask endpoints a few small questions: is it there, whose models, how long a context, JSON, how wide, how fast.

    Says first what that may cost. With HORNBOOK_LLM_ENDPOINTS each is asked, with its key. Exit code 0 when all answer,
    else 3.
    """
    # Whoever sits at this machine may ask whom they like; only jobs may not.
    operator = replace(operator_of(get_settings()), production=False)
    config = JobConfig(llm=Llm(base_url=llm, model=model, profile=profile))
    found = [
        _check_one(lane, target, api, width, kind=lane.profile or profile, operator=operator)
        for lane, target in choose_lanes(config, operator)
    ]
    if as_json:
        print_json(found[0] if len(found) == 1 else {"endpoints": found})
    else:
        for facts in found:
            _show(facts)
    if not all(facts["answers"] for facts in found):
        raise typer.Exit(Exit.environment)


def _check_one(
    lane: Lane, target: Target, api: Api, width: int, *, kind: str | None, operator: Operator
) -> dict[str, object]:
    """What one endpoint can do; says first what finding that out may cost."""
    price, calls, most = operator.prices.find(lane.model), llm_check.most_calls(width), llm_check.most_tokens(width)
    said = f"Asks {lane.id} at most {calls} calls of {most} tokens together{_cost(price, most)}."
    notes().print(said, soft_wrap=True, markup=False)
    profile, asked = named(kind) if kind else None, lane.there or lane.model
    report = asyncio.run(llm_check.check(target.endpoint, model=asked, api=api, width=width, profile=profile))
    return {"endpoint": lane.url, "name": lane.name, "model": asked, "api": api, **_facts(report, price)}


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
        "answers": report.answers,
        "failure": failed,
        "latency_s": round(answer.latency_s, 3) if answer else None,
        "usage_told": answer.usage_known if isinstance(answer, Answer) else None,
        "json_mode": report.json_mode,
        "concurrency": report.concurrency,
        "tokens_per_s": None if report.tokens_per_s is None else round(report.tokens_per_s, 1),
        "tokens_per_s_by_calls": {str(calls): round(speed, 1) for calls, speed in report.speeds.items()},
        "price_known": price is not None,
    }


def _show(facts: dict[str, object]) -> None:
    table = Table("what", "found", box=None, pad_edge=False)
    for name, value in facts.items():
        if value is None and (name in ("note", "failure", "name") or not facts["answers"]):
            continue
        table.add_row(name.replace("_", " "), Text(_plain(value)))
    results().print(table)


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{speed} with {calls}" for calls, speed in value.items()) or "not known"
    if isinstance(value, list):
        return ", ".join(map(str, value[:8])) or "none told"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not known" if value is None else str(value)
