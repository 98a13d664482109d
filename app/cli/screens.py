"""Where a running job is shown: one bar a round in a terminal, plain lines in logs and pipes."""

import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from app.cli.phrases import outcome, standing
from app.client_http import Json
from app.dashboard.batches import batch_words
from app.dashboard.wording import duration

LINE_S = 5.0
"""Between two plain lines about the same round."""


def _counts(job: Json) -> tuple[int, int]:
    units = job["progress"]["units"]
    total = sum(units.values())
    return total - units.get("ready", 0) - units.get("leased", 0), total


class Bars:
    """One Rich bar a round."""

    def __init__(self, console: Console) -> None:
        columns = TextColumn("{task.description:>8}"), BarColumn(bar_width=28), MofNCompleteColumn()
        self._bars = Progress(*columns, TimeElapsedColumn(), TextColumn("{task.fields[note]}"), console=console)
        self._tasks: dict[int, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, job: Json) -> None:
        """Move the current round's bar."""
        number = job["progress"]["round"]
        if number is None or job["state"] != "running" or job["progress"]["round_state"] == "settled":
            return
        done, total = _counts(job)
        left = job["progress"]["eta_s"]
        note = standing(job) + (f"; about {duration(left)} left in this round" if left else "")
        if waiting := job["progress"]["batches"]:
            others = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
            note += f" · waits for {batch_words(waiting[0])}{others}"
        if total and done == total:
            note = "settling: duplicates, novelty, measures, decision"
        self._bars.update(self._task(number), completed=done, total=total or None, note=note)

    def settle(self, row: Json) -> None:
        """Fill a round's bar and say what came of it."""
        task = self._task(row["number"])
        total = sum(row["units"].values()) or 1
        self._bars.update(task, completed=total, total=total, note=outcome(row))
        self._bars.stop_task(task)

    def _task(self, number: int) -> TaskID:
        if number not in self._tasks:
            self._tasks[number] = self._bars.add_task(
                "seeds" if number == 0 else f"round {number}", total=None, note=""
            )
        return self._tasks[number]


class Lines:
    """A line now and then, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told = (-1, -1)
        self._at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, job: Json) -> None:
        """A line when the round moved, at most one in five seconds."""
        number = job["progress"]["round"]
        done, total = _counts(job)
        now = time.monotonic()
        if not number or not total or job["state"] != "running" or (number, done) == self._told:
            return
        if number == self._told[0] and now - self._at < LINE_S:
            return
        self._told, self._at = (number, done), now
        self._console.print(f"round {number}: {done} of {total} calls done; {standing(job)}", markup=False)

    def settle(self, row: Json) -> None:
        """A line about the round as a whole."""
        name = "seeds" if row["number"] == 0 else f"round {row['number']}"
        self._console.print(f"{name}: {outcome(row)}", markup=False)
