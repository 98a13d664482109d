"""Sends a new batch: its calls as a file, the file to the provider, and the provider's id into the row.

The provider is paid for a batch from the moment it takes it, so a batch that somebody began to send is looked for there
first, by our token and by its file; only one that is certainly not there is sent. What the row says of the file is
written before a batch is made of it.
"""

import tempfile
import time
from collections.abc import Sequence
from typing import IO

import msgspec
import structlog

from app.adapters import llm_batch_lines as wire
from app.adapters.llm_batches import UNREADY_FILE, RemoteBatch, RemoteFile
from app.adapters.llm_outcomes import Failure
from app.adapters.llm_profiles import Profile
from app.db.session import retrying
from app.repositories import batches
from app.services import batching
from app.services.asking import Ask
from workers.batch_holding import Held
from workers.desk import Desk
from workers.desks import open_desk
from workers.storing import store

log = structlog.get_logger(__name__)

STORED_AT_ONCE = 64
"""Answers of earlier calls that are taken in as one group."""
FILE_WAIT_S, FILE_LOOK_S = 60.0, 2.0
"""How long, and how often, an uploaded file is looked at until the provider is ready for batches of it."""


def send_batch(held: Held) -> None:
    """Send a batch, or find out that it was sent; put off whatever is in the way."""
    batch = held.batch
    if batch.attempts > 1:
        found = held.client.find(batch.key, batch.input_file_id, since=batch.created)
        if isinstance(found, Failure):
            held.put_off(found)
            return
        if found:
            _adopt(held, found)
            return
    units = retrying(held.engine, lambda s: batches.held(s, batch, limit=wire.MOST_REQUESTS))
    if batch.unwanted:
        retrying(held.engine, lambda s: batching.withdraw(s, batch, units, reason="batch_not_sent"))
        return
    desk = open_desk(held.context, held.settings, worker=batches.holder(batch.id))
    if desk is None:
        held.put_off()
        return
    fresh, stored = desk.sift(units)
    for first in range(0, len(stored), STORED_AT_ONCE):
        store(desk, stored[first : first + STORED_AT_ONCE])
    if fresh:
        _send(held, desk, fresh)
    else:
        held.write(lambda s: batches.end(s, batch, error="nothing was left to ask"))


def _adopt(held: Held, found: Sequence[RemoteBatch]) -> None:
    """Take the batch that somebody sent and could not note any more; a second one of the same token is ended."""
    first = found[0]
    log.warning("batch.found", provider_id=first.id, times=len(found))
    for other in found[1:]:
        held.client.cancel(other.id)
    _note(held, first)


def _note(held: Held, remote: RemoteBatch) -> None:
    held.write(
        lambda s: batching.sent(
            s, held.batch, provider_id=remote.id, status=remote.status, file_id=remote.input_file_id
        )
    )
    held.put_off(after_s=0 if remote.ended else None)


def _send(held: Held, desk: Desk, asks: Sequence[Ask]) -> None:
    profile = retrying(held.engine, lambda s: batching.profile_of(s, held.context, held.lane, held.endpoint))
    path = wire.request_path(held.endpoint, held.context.config.llm.api)
    with tempfile.TemporaryFile(prefix="hornbook-batch-") as content:
        fit = _write(content, asks, profile, path, there=held.lane.there)
        if asks[fit:]:
            desk.give_back_unsent(asks[fit:])
        content.seek(0)
        file = held.client.upload(content, f"hornbook-{held.batch.key}.jsonl")
    if isinstance(file, RemoteFile):
        file_id = file.id
        held.write(lambda s: batches.uploaded(s, held.batch, file_id, requests=fit))
        file = _when_ready(held, file)
    if isinstance(file, Failure):
        held.put_off(file)
        return
    held.still_ours()
    remote = held.client.create(file.id, path, token=held.batch.key)
    if isinstance(remote, Failure):
        held.put_off(remote)
        return
    log.info("batch.sent", provider_id=remote.id, requests=fit)
    _note(held, remote)


def _write(content: IO[bytes], asks: Sequence[Ask], profile: Profile, path: str, *, there: str | None) -> int:
    """Write the lines of as many calls as one file may have; returns how many."""
    size = 0
    for place, ask in enumerate(asks):
        request = msgspec.structs.replace(ask.request, model=there or ask.request.model)
        line = wire.request_line(ask.request_id, request, profile, path)
        size += len(line)
        if size > wire.MOST_FILE_BYTES:
            return place
        content.write(line)
    return len(asks)


def _when_ready(held: Held, file: RemoteFile) -> RemoteFile | Failure:
    """The file once batches can be made of it, or as it is after a while: the provider says what it thinks of that."""
    end, found = time.monotonic() + FILE_WAIT_S, file
    while found.status in UNREADY_FILE and time.monotonic() < end:
        time.sleep(FILE_LOOK_S)
        now = held.client.file(file.id)
        if isinstance(now, Failure):
            return now
        found = now
    return found
