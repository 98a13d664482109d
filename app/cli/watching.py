"""A job's progress while it runs: one bar a round in a terminal, plain lines elsewhere.

Asks for the job twice a second and for its rounds when one has ended, so that any number of lost answers does no harm.
"""

import time
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from app.cli.terminal import notes
from app.client import JOB_ENDED, HornbookClient
from app.client_http import Json
from app.dashboard.wording import duration

LOOK_S = 0.5
"""Between two looks at the job."""
LINE_S = 5.0
"""Between two plain lines about the same round."""
QUIET_S = 30.0
"""After so long without any change the watcher is told where to look, once a silence."""


class Screen(Protocol):
    """Shows a job."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def show(self, job: Json) -> None:
        """The job as it is now."""

    def settle(self, row: Json) -> None:
        """A round that has ended; told once."""


class Silence:
    """How long a job has not moved."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._seen: object = None
        self._since = time.monotonic()
        self._told = False

    def look(self, job: Json) -> None:
        """Say where to look when nothing has moved for long."""
        progress = job["progress"]
        now, seen = time.monotonic(), (job["state"], progress["round"], progress["units"], job["spend"])
        if seen != self._seen:
            self._seen, self._since, self._told = seen, now, False
        elif not self._told and now - self._since > QUIET_S:
            self._told = True
            self._console.print(
                f"Nothing has moved for {QUIET_S:.0f} s. The model may be slow; `hornbook doctor` says whether it is"
                " there, and the logs folder of HORNBOOK_HOME what the workers say.",
                style="yellow",
                markup=False,
            )


def follow(client: HornbookClient, job_id: int) -> Json:
    """The job once it has ended or waits for a person."""
    console = notes()
    screen: Screen = Bars(console) if console.is_terminal else Lines(console)
    silence, settled = Silence(console), 0
    with screen:
        while True:
            job = client.job(job_id)
            ended = job["state"] in JOB_ENDED
            if ended or (job["progress"]["round"] or 0) >= settled:
                rows = [row for row in client.rounds(job_id) if row["state"] == "settled"]
                for row in rows[settled:]:
                    screen.settle(row)
                settled = len(rows)
            screen.show(job)
            if ended:
                return job
            silence.look(job)
            time.sleep(LOOK_S)


def outcome(row: Json) -> str:
    """What became of a settled round's answers."""
    if row["number"] == 0:
        taken = row["funnel"].get("taking_part")
        return "scored, embedded and clustered" + (f", {taken} take part" if taken else "")
    verdicts = row["funnel"].get("verdicts", {})
    parts = [f"kept {verdicts.get('kept', 0)} of {row['funnel'].get('answers', 0)}"]
    parts += [f"{name} {verdicts[name]}" for name in ("reserve", "dropped") if verdicts.get(name)]
    checks = row["decision"].get("checks", [])
    if checks:
        parts.append(f"{sum(check['holds'] for check in checks)}/{len(checks)} targets hold")
    return " · ".join(parts)


def spent(job: Json) -> str:
    """Calls and money so far."""
    money = job["spend"]["money_usd"]["spent"]
    return f"{job['spend']['calls']['spent']} calls" + (f", ${money:.2f}" if money else "")


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
        note = f"pool {job['progress']['kept']} · {spent(job)}" + (f" · {duration(left)} left" if left else "")
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
        self._console.print(
            f"round {number}: {done} of {total} calls, pool {job['progress']['kept']}, {spent(job)}", markup=False
        )

    def settle(self, row: Json) -> None:
        """A line about the round as a whole."""
        name = "seeds" if row["number"] == 0 else f"round {row['number']}"
        self._console.print(f"{name}: {outcome(row)}", markup=False)
