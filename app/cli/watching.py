"""Follows a job to its end on a screen.

Asks for the job twice a second and for its rounds when one has ended, so that any number of lost answers does no harm.
"""

import time
from typing import Protocol, Self

from rich.console import Console

from app.cli.screens import Bars, Lines
from app.cli.terminal import notes
from app.client import JOB_ENDED, HornbookClient
from app.client_http import Json
from app.dashboard.batches import batch_words

LOOK_S = 0.5
"""Between two looks at the job."""
PATIENCE = 9.0
"""Pause at least so many times as long as the last look took: the units of a large job are many rows to count."""
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
            for batch in progress["batches"]:
                self._console.print(f"The round waits for {batch_words(batch)}.", style="yellow", markup=False)
            if progress["batches"]:
                return
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
    silence, told = Silence(console), 0
    with screen:
        while True:
            asked = time.monotonic()
            job = client.job(job_id)
            took = time.monotonic() - asked
            ended = job["state"] in JOB_ENDED
            if ended or _settled(job) > told:
                rows = [row for row in client.rounds(job_id) if row["state"] == "settled"]
                for row in rows[told:]:
                    screen.settle(row)
                told = len(rows)
            screen.show(job)
            if ended:
                return job
            silence.look(job)
            time.sleep(max(LOOK_S, PATIENCE * took))


def _settled(job: Json) -> int:
    """How many rounds must have settled, round 0 included."""
    number = job["progress"]["round"]
    return 0 if number is None else int(number) + (job["progress"]["round_state"] == "settled")
