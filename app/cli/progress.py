"""Bars for what takes long, and plain lines where nobody watches a terminal."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from app.cli.console import say
from app.client import HornbookClient

Json = dict[str, Any]
ENDED = ("done", "failed", "cancelled", "paused")


@contextmanager
def uploading(paths: Sequence[Path]) -> Iterator[Callable[[int, int], None]]:
    """A bar for an upload; yields what to tell (bytes sent, bytes in all)."""
    columns = (TextColumn("Uploading"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn())
    with Progress(*columns, console=say, transient=True) as bar:
        task = bar.add_task("upload", total=sum(path.stat().st_size for path in paths) or 1)
        yield lambda sent, total: bar.update(task, completed=sent, total=total)


def follow_job(client: HornbookClient, job_id: int) -> Json:
    """The job once it has ended, with a bar a round meanwhile."""
    return (_follow_bars if say.is_terminal else _follow_lines)(client, job_id)


def _follow_bars(client: HornbookClient, job_id: int) -> Json:
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=say) as bars:
        view = _Bars(bars)
        return client.wait_job(job_id, watch=view.show)


class _Bars:
    """One bar a round, made when the round is first seen."""

    def __init__(self, bars: Progress) -> None:
        self.bars = bars
        self.tasks: dict[int, Any] = {}

    def show(self, job: Json) -> None:
        """Bring the bars to what `job` says."""
        progress = job["progress"]
        number = progress["round"]
        if number is None:
            return
        if number not in self.tasks:
            for task in self.tasks.values():
                self.bars.update(task, completed=self.bars.tasks[task].total or 1, note="")
            title = "Round 0: score the seeds" if number == 0 else f"Round {number}: rewrite and gate"
            self.tasks[number] = self.bars.add_task(title, total=None, note="")
        units = progress["units"]
        total = sum(units.values())
        ended = total - units.get("ready", 0) - units.get("leased", 0)
        note = f"{progress['kept']} kept, {spend_of(job)}"
        ending = job["state"] in ENDED
        self.bars.update(self.tasks[number], total=total or 1, completed=(total or 1) if ending else ended, note=note)


def _follow_lines(client: HornbookClient, job_id: int) -> Json:
    told: set[tuple[int | None, str | None]] = set()

    def watch(job: Json) -> None:
        progress = job["progress"]
        stage = (progress["round"], progress["round_state"])
        if stage not in told:
            told.add(stage)
            say.print(
                f"round {stage[0]} {stage[1]}: {progress['kept']} kept, {spend_of(job)}",
                highlight=False,
                soft_wrap=True,
            )

    return client.wait_job(job_id, watch=watch)


def spend_of(job: Json) -> str:
    """What a job has used so far, in a few words."""
    spend = job["spend"]
    money = spend["money_usd"]["spent"]
    calls = f"{spend['calls']['spent']:,} calls, {spend['tokens']['spent']:,} tokens"
    return f"{calls}, {money:.4f} USD" if money else calls
