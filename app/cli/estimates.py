"""`hornbook refine --dry-run`: reads the seeds here, asks the service what the job would use, and shows it."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.adapters.corpus_files import SourceFile, read_corpus
from app.cli.exits import Exit, StoppedError
from app.cli.prices import usd
from app.cli.recipes import is_file, look_up
from app.cli.terminal import notes
from app.client_http import Json
from app.dashboard.wording import duration
from app.domain.ingest import ReadOptions, Reject
from app.domain.pricing import MICRO
from app.domain.recipes.builtin import RECIPES
from app.domain.records import Kind

MOST_SIZES = 1_000
"""Seeds whose length is sent."""
CASES = ("low", "expected", "high")


def seeds_of(paths: Sequence[Path], options: ReadOptions, recipe: str) -> Json:
    """How many seeds of the recipe's kinds the files hold, and the sizes of some, evenly spread.

    Holds eight bytes a record for telling copies.
    """
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise StoppedError(f"There is no {', no '.join(missing)}.", Exit.usage)
    kinds = look_up(recipe).kinds if is_file(recipe) or recipe in RECIPES else list(Kind)
    seen: set[int] = set()
    sizes: list[Json] = []
    step, count, others, rejected = 1, 0, 0, 0
    with notes().status("Reading the seeds ..."):
        for item in read_corpus([SourceFile(path, path.name) for path in paths], options):
            if isinstance(item, Reject):
                rejected += 1
                continue
            key = hash(item.text)
            if item.kind not in kinds or key in seen:
                others += item.kind not in kinds
                continue
            seen.add(key)
            if count % step == 0:
                sizes.append({"words": len(item.text.split()), "bytes": len(item.text.encode())})
            count += 1
            if len(sizes) > MOST_SIZES:
                sizes, step = sizes[::2], step * 2
    _tell(count, others, rejected, recipe)
    return {"count": count, "sizes": sizes[:MOST_SIZES]}


def _tell(count: int, others: int, rejected: int, recipe: str) -> None:
    left = [f"{n:,} {what}" for n, what in ((others, "of other kinds"), (rejected, "rejected")) if n]
    if not count:
        raise StoppedError(f"The files hold no seed that {recipe} works on ({', '.join(left) or 'none'}).", Exit.usage)
    notes().print(f"{count:,} seeds" + (f"; left out: {', '.join(left)}" if left else ""), markup=False)


def show_estimate(say: Console, found: Json) -> None:
    """An estimate for a person."""
    say.print(f"{found['recipe']} by {found['model']} on {found['seeds']:,} seeds", style="bold", markup=False)
    table = Table("", *CASES, box=None, pad_edge=False, header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    for label, name in (("seeds that take part", "taking_part"), ("rounds", "rounds"), ("calls", "calls")):
        table.add_row(label, *(f"{found[name][case]:,.0f}" for case in CASES))
    for label, name in (("tokens in", "prompt_tokens"), ("tokens out", "completion_tokens")):
        table.add_row(label, *(f"{found[name][case]:,.0f}" for case in CASES))
    if found["vector_tokens"]["high"]:
        table.add_row("tokens for vectors", *(f"{found['vector_tokens'][case]:,.0f}" for case in CASES))
    table.add_row("money", *_money(found))
    table.add_row("time", *_time(found))
    say.print(table)
    if len(found["models"]) > 1:
        say.print()
        say.print(_models(found["models"]))
    for line, style in _remarks(found):
        say.print(Text(line, style))


def _models(rows: Sequence[Json]) -> Table:
    """What each model is expected to use."""
    table = Table("expected by model", box=None, pad_edge=False, header_style="bold")
    for name in ("share", "calls", "tokens in", "tokens out", "money", "limits"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        counts = [f"{row[name]['expected']:,.0f}" for name in ("calls", "prompt_tokens", "completion_tokens")]
        low, expected, high = _money(row)
        share = row["purpose"] if row["share"] is None else f"{row['share']:.0%}"
        table.add_row(Text(row["model"]), share, *counts, expected, f"{low} to {high}" if low else "")
    return table


def _money(found: Json) -> list[str]:
    if found["money_usd"] is None:
        return ["", "unknown", ""]
    return [f"${found['money_usd'][case]:,.2f}" for case in CASES]


def _time(found: Json) -> list[str]:
    if found["seconds"] is None:
        return ["", "unknown", ""]
    return [duration(found["seconds"][case]) for case in CASES]


def _remarks(found: Json) -> list[tuple[str, str]]:
    """What to make of it, with the style of each line."""
    stop = found["stops_first"]
    lines = [(_stop(stop), "yellow" if stop else "")]
    lines += [_price(row["model"], row["price"], several=len(found["models"]) > 1) for row in found["models"]]
    what = "these models" if len(found["models"]) > 1 else "model"
    if found["batch"]:
        lines.append(("Calls go as batches: a round waits for its own, up to 24 hours and longer for repeats.", ""))
    if found["measured_jobs"]:
        jobs, calls = found["measured_jobs"], found["measured_calls"]
        by = f"{jobs} earlier job{'' if jobs == 1 else 's'} of this recipe and {what} ({calls:,} calls)"
        measured = "Tokens" if found["seconds"] is None else "Tokens and time"
        lines.append((f"{measured} as measured in {by}.", "dim"))
    else:
        lines.append((f"No earlier job of this recipe and {what}: tokens are guessed, time is not known.", "dim"))
    lines.append(
        ("low: targets hold at once, shortest answers. high: every round and variant, longest answers.", "dim")
    )
    return lines


def _stop(stop: Json | None) -> str:
    if stop is None:
        return "No budget is in its way."
    how = {"low": "in any case", "expected": "probably", "high": "if it goes as high as it may"}[stop["level"]]
    return (
        f"The budget of {stop['budget']} ends it first, {how}: it pays for {stop['share']:.0%} of the whole job then."
    )


def _price(model: str, price: Json | None, *, several: bool) -> tuple[str, str]:
    """What the model costs, with the style of the line."""
    if price is None:
        what = model if several else "the model"
        return f"Nobody here knows what {what} costs: HORNBOOK_LLM_PRICES takes its price.", "yellow"
    name = f" of {model}" if several else ""
    if not price["input_usd_per_mtok"] and not price["output_usd_per_mtok"]:
        return f"Price{name}: free ({price['source']}).", "dim"
    into, out = (usd(round(price[f"{side}_usd_per_mtok"] * MICRO)) for side in ("input", "output"))
    off = f", {price['batch_discount']:.0%} taken off for batches" if price["batch_discount"] else ""
    cost = f"{into} in, {out} out for a million tokens{off}"
    looked_up = f", looked up on {price['as_of']}" if price["as_of"] else ""
    old = "; that is long ago, check it" if price["old"] else ""
    return f"Price{name}: {cost} ({price['source']}{looked_up}{old}).", "yellow" if price["old"] else "dim"
