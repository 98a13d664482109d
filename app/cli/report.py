"""What a job came to, for a person: the table of rounds, the targets, the stop, and where one text came from."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from app.cli.phrases import caps, excerpt, old_prices, spent
from app.client_http import Json
from app.dashboard.batches import batch_words
from app.dashboard.plans import plan_parts, plan_words
from app.dashboard.wording import STATES, STOPS, duration, figure, plain, target_words
from app.domain.records import Kind

SUCCESS = "target_met"


def show_job(say: Console, job: Json, rounds: list[Json]) -> None:
    """A job for a person."""
    progress = job["progress"]
    say.print(
        f"Job {job['id']}: {job['recipe']} on corpus {job['corpus_id']} by {job['model']}", style="bold", markup=False
    )
    left = f", {duration(progress['eta_s'])} left in this round" if progress["eta_s"] else ""
    say.print(
        f"{job['state']}: {STATES.get(job['state'], '')} Pool {progress['kept']}, {spent(job)}{left}", markup=False
    )
    if budget := caps(job):
        say.print(budget, markup=False)
    if warning := old_prices(job):
        say.print(warning, style="yellow", markup=False)
    for batch in progress["batches"]:
        say.print(f"waits for {batch_words(batch)}", markup=False)
    if rounds:
        if split := rounds[0]["funnel"].get("split"):
            say.print(_sources(split, rounds), markup=False)
        say.print()
        show_rounds(say, rounds)
        say.print()
        show_targets(say, [row for row in rounds if row["state"] == "settled"])
    if job["stop_reason"] or job["note"]:
        say.print()
        show_stop(say, job)


def _sources(split: Json, rounds: Sequence[Json]) -> str:
    """How many long documents were split, and how much of them has a text in the pool."""
    covered = rounds[-1]["measures"].get("values", {}).get("source_coverage")
    told = "" if covered is None else f", {covered:.0%} of their words covered"
    return f"{split['sources']} long sources in {split['parts']} parts{told}."


def show_rounds(say: Console, rows: Sequence[Json]) -> None:
    """One line a round: what was asked, what was kept, what the pool measures, what was decided."""
    table = Table(
        title="Rounds", title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False
    )
    table.add_column("round", justify="right")
    for name in ("calls", "kept", "accepted", "Vendi-2", "grade p90", "ease", "targets"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("decision", overflow="fold")
    for row in rows:
        table.add_row(*_round_cells(row))
    say.print(table)


def show_plan(say: Console, row: Json) -> None:
    """A round's plan in words, and the table behind them."""
    say.print(Text(f"Round {row['number']}: why it asks what it asks", "bold"))
    for sentence in plan_words(row["plan"]):
        say.print(Text(f"  {sentence}"))
    parts = plan_parts(row["plan"])
    if not parts:
        return
    say.print()
    table = Table(header_style="bold", box=None, pad_edge=False)
    for name in ("part", "name"):
        table.add_column(name)
    for name in ("calls", "accepted", "yield"):
        table.add_column(name, justify="right")
    for part in parts:
        table.add_row(*(Text(cell) for cell in (part.part, part.name, f"{part.calls:,}", part.share, part.gain)))
    say.print(table)


def _round_cells(row: Json) -> list[Text]:
    values, figures = row["measures"].get("values", {}), row["measures"].get("figures", {})
    checks = row["decision"].get("checks", [])
    calls, kept = figures.get("calls"), figures.get("accepted")
    ratio, first = values.get("vendi2_ratio"), row["number"] == 0
    cells = [
        "seeds" if first else str(row["number"]),
        "" if calls is None else f"{calls}",
        "" if kept is None else f"{kept}",
        f"{kept / calls:.0%}" if calls and kept is not None else "",
        figure(ratio, "ratio") if ratio is not None else ("1.00×" if first and values.get("vendi2") else "-"),
        _number(values.get("grade_p90")),
        _number(values.get("ease_mean"), 0),
        f"{sum(check['holds'] for check in checks)}/{len(checks)}" if checks else "",
        _decision(row),
    ]
    return [Text(cell) for cell in cells]


def _decision(row: Json) -> str:
    stop, why = row["decision"].get("stop"), row["decision"].get("why", "")
    short, found = why.partition("short: ")[::2]
    if found and found != "nothing":
        count = len(found.split(", "))
        why = f"{short}short of {count} target{'s' if count > 1 else ''}"
    if row["state"] != "settled":
        return row["state"] if isinstance(row["state"], str) else ""
    return f"stop ({plain(stop)}): {why}" if stop else f"go on: {why}"


def _number(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def show_targets(say: Console, rows: Sequence[Json]) -> None:
    """Which targets hold after the last round and which fall short."""
    checks = rows[-1]["decision"].get("checks", []) if rows else []
    if not checks:
        return
    table = Table(
        title="Targets", title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False
    )
    table.add_column("")
    table.add_column("target")
    table.add_column("now", justify="right")
    table.add_column("wanted", justify="right")
    table.add_column("means")
    for check in checks:
        words = target_words(check["name"])
        mark = Text("✓ holds", "green") if check["holds"] else Text("✗ short", "yellow")
        wanted = f"{'≥' if check['direction'] == '>=' else '≤'} {figure(check['bound'], words.form)}"
        table.add_row(mark, words.label, _now(check, words.form), wanted, Text(words.meaning, "dim"))
    say.print(table)


def _now(check: Json, form: str) -> str:
    """The value as read; with its digits where rounding would hide that it falls short."""
    shown = figure(check["value"], form)
    hidden = not check["holds"] and shown == figure(check["bound"], form)
    return f"{check['value']:.5g}" if hidden else shown


def show_stop(say: Console, job: Json) -> None:
    """Why the job ended, in a sentence."""
    reason = job["stop_reason"]
    style = "bold green" if reason == SUCCESS else "bold yellow"
    title = plain(reason) if reason else job["state"]
    told = STOPS.get(reason or "", "")
    line = Text.assemble((f"Stopped: {title}. ", style), told)
    if job["note"] and job["note"].lower() != told.rstrip(".").lower():
        line.append(f" ({job['note']})", "dim")
    say.print(line)


def show_lineage(say: Console, lineage: Json) -> None:
    """One text and all it came from, as a tree."""
    made, prompt = lineage["generation"], lineage["prompt"]
    tree = Tree(
        Text.assemble(("Lineage of one text ", "bold"), (f"(generation {made['id']}, round {made['round']})", "dim"))
    )
    text = tree.add(Text(f"“{excerpt(made['text'])}”", "italic"))
    text.add(Text(made["why"]))
    asked = text.add(Text.assemble(("asked as ", "dim"), made["arm"], (" of ", "dim"), prompt["model"]))
    for parent in lineage["parents"]:
        label = f"generation {parent['id']}, round {parent['round']}: "
        does = "refines " if parent["verdict"] == "kept" or parent["gate"] == "refinement" else "repairs "
        asked = asked.add(Text.assemble((does, "dim"), label, (f"“{excerpt(parent['text'], 70)}”", "italic")))
        asked.add(Text(parent["why"]))
    for seed in lineage["seeds"]:
        where = f"{seed['file']}:{seed['line']}" if seed["file"] else f"seed {seed['id']}"
        name = seed["text"] if seed["kind"] == Kind.words else seed["metadata"].get("title") or seed["external_id"]
        part = seed.get("part")
        from_ = f"from part {part['part']} of {part['parts']} of seed " if part else "from seed "
        source = Text.assemble((from_, "dim"), (where, "bold"), f" ({name})" if name else "")
        asked.add(source.append(", licence ", "dim").append(seed["licence"] or "unknown"))
    say.print(tree)
