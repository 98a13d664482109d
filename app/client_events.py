"""A job's event stream as an iterator that outlives its connections."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from app.client_http import BUSY, TRIES, HornbookApiError, Json, away, error_of, pause_s

LAST_KIND = "job.finished"
"""No event of a job comes after it."""


@dataclass(frozen=True)
class Event:
    """Something that happened to a job."""

    id: int | None
    """None for passing ones, such as progress."""
    kind: str
    data: Json


class _EndedError(Exception):
    """The service has nothing more to tell."""


def follow(http: httpx.Client, path: str, *, last_id: int = 0) -> Iterator[Event]:
    """Events younger than `last_id` until the job's last one, across broken connections."""
    failures = 0
    while True:
        try:
            for event in _connected(http, path, last_id):
                failures, last_id = 0, event.id or last_id
                yield event
                if event.kind == LAST_KIND:
                    return
        except _EndedError:
            return
        except HornbookApiError as error:
            failures += 1
            if (error.status and error.status not in BUSY) or failures >= TRIES:
                raise
        time.sleep(pause_s(failures))


def _connected(http: httpx.Client, path: str, last_id: int) -> Iterator[Event]:
    """The events of one connection."""
    try:
        with http.stream("GET", path, headers={"last-event-id": str(last_id)}) as response:
            if response.status_code == 204:
                raise _EndedError
            if response.is_error:
                response.read()
                raise error_of(response)
            yield from parse_events(response.iter_lines())
    except httpx.HTTPError as error:
        raise away(error) from None


def parse_events(lines: Iterator[str]) -> Iterator[Event]:
    """Server-sent events out of a stream's lines; comments and half events are left out."""
    fields: dict[str, str] = {}
    for line in lines:
        if not line:
            if "data" in fields:
                number = fields.get("id")
                yield Event(int(number) if number else None, fields.get("event", "message"), json.loads(fields["data"]))
            fields = {}
            continue
        name, _, value = line.partition(":")
        if name:
            value = value.removeprefix(" ")
            fields[name] = f"{fields[name]}\n{value}" if name == "data" and name in fields else value
