"""Looks at a batch that was sent, and takes in what came of it when it has ended.

The files are read line by line, in groups that go over the same desk as live answers: stored and paid for before they
are read, judged by the same gates, ended by the same rules. A reading that was cut short is begun again: what was taken
in by then is no longer held by the batch, and an answer that was stored is not stored or charged twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import structlog

from app.adapters import llm_batch_lines as wire
from app.adapters.llm_batches import BatchFileError, RemoteBatch
from app.adapters.llm_outcomes import Failure, FailureCode, Outcome, failure
from app.adapters.llm_profiles import Profile
from app.db.session import retrying
from app.domain.records import JobId
from app.repositories import batches
from app.repositories.units import ClaimedRewrite
from app.services import asking, batching
from app.services.batch_profiles import batch_profile
from workers.batch_holding import Held
from workers.desk import Desk
from workers.desks import open_desk
from workers.returned import Returned
from workers.storing import store

log = structlog.get_logger(__name__)

AT_ONCE = 64
"""Lines that are taken in as one group."""
REST_AT_ONCE = 500
"""Units without a line that are taken in as one group: nothing of theirs is judged."""
LOST_LOOKS = 10
"""Looks in a row at which the provider no longer knows a batch or its files, after which they are given up."""
MOST_DELAY_S = 60.0
"""Of a unit whose line asks for a pause; its next batch takes longer than that anyway."""
QUEUE_FULL_S = 600.0
"""Before calls are sent again that the provider's queue had no room for."""

T = TypeVar("T")


def look(held: Held) -> None:
    """Note how far the provider is; take in what came when it has ended, and end what nobody wants any more."""
    batch = held.batch
    assert batch.provider_id is not None
    remote = held.client.get(batch.provider_id)
    if isinstance(remote, Failure):
        _not_seen(held, remote)
        return
    _, answered, failed = remote.counts
    status, ended = remote.status, remote.ended
    held.write(lambda s: batches.seen(s, batch, status=status, answered=answered, failed=failed, ended=ended))
    if ended:
        _collect(held, remote)
        return
    if batch.unwanted and not batch.cancel_asked:
        refused = held.client.cancel(batch.provider_id)
        # A provider that will not end it is not asked again: it ends by itself.
        if not isinstance(refused, Failure) or (refused.status is not None and 400 <= refused.status < 429):
            held.write(lambda s: batches.cancel_asked(s, batch))
        else:
            held.put_off(refused)
            return
    held.put_off()


def _not_seen(held: Held, why: Failure) -> None:
    missing = why.status in (404, 410)
    if missing and held.batch.misses + 1 >= LOST_LOOKS:
        log.error("batch.unknown", provider_id=held.batch.provider_id)
        desk = open_desk(held.context, held.settings, worker=batches.holder(held.batch.id))
        if desk is not None:
            _finish(held, desk, "completed", ["not known to the provider any more"])
            return
    held.put_off(why, missed=missing)


def _collect(held: Held, remote: RemoteBatch) -> None:
    if remote.counts[1] and remote.output_file_id is None and held.batch.misses + 1 < LOST_LOOKS:
        # Answers were made, and billed: their file must come.
        held.put_off(
            failure(FailureCode.incomplete_body, detail="its file is not there yet", latency_s=0.0), missed=True
        )
        return
    desk = open_desk(held.context, held.settings, worker=batches.holder(held.batch.id))
    if desk is None:
        held.put_off()
        return
    base = batch_profile(held.context.config.llm, held.lane, held.endpoint)
    for file_id in (remote.output_file_id, remote.error_file_id):
        try:
            for group in _groups(held.client.lines(file_id) if file_id else (), AT_ONCE):
                _take_in(held, desk, group, base)
                if held.slice_over():
                    held.put_off(after_s=0)
                    return
        except BatchFileError as error:
            gone = error.fields["gone"] is True
            if not gone or held.batch.misses + 1 < LOST_LOOKS:
                why = failure(FailureCode.incomplete_body, detail=str(error), latency_s=0.0)
                held.put_off(why, missed=gone)
                return
    _finish(held, desk, remote.status, remote.fault_codes)


def _groups(items: Iterable[T], size: int) -> Iterator[list[T]]:
    group: list[T] = []
    for item in items:
        group.append(item)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


def _take_in(held: Held, desk: Desk, group: Sequence[bytes], base: Profile) -> None:
    """Have a group of lines stored, judged and ended; lines of units that the batch no longer holds are passed over."""
    lines = [line for line in map(wire.read_line, group) if line is not None]
    tokens = [token for line in lines if (token := _token(line.custom_id)) is not None]
    units = retrying(held.engine, lambda s: batches.held(s, held.batch, tokens=tokens, limit=len(group)))
    asks = {ask.request_id: ask for ask in (asking.ask(held.context, unit) for unit in units)}
    returned = []
    for line in lines:
        ask = asks.pop(line.custom_id, None)
        if ask is not None:
            outcome = _outcome(held, line, ask.unit, base, model=ask.request.model)
            asked_s = outcome.retry_after_s if isinstance(outcome, Failure) else None
            returned.append(Returned(ask, outcome, min(MOST_DELAY_S, asked_s or 0.0), lane=held.lane.id))
    if returned:
        store(desk, returned)


def _outcome(held: Held, line: wire.AnswerLine, unit: ClaimedRewrite, base: Profile, *, model: str) -> Outcome:
    refusal = batching.refused_field(line, base, unit)
    if refusal is None:
        return wire.outcome_of(line, model=model)
    held.write(lambda s: batches.refused(s, held.batch, refusal))
    detail = "it was refused for a field that the next one goes without"
    return failure(FailureCode.conflict, detail=detail, latency_s=0.0, status=line.status, raw=line.body)


def _token(custom_id: str) -> int | None:
    last = custom_id.rpartition("-")[2]
    return int(last) if last.isascii() and last.isdigit() and len(last) < 19 else None


def _finish(held: Held, desk: Desk, status: str, fault_codes: list[str]) -> None:
    """Take in the units that have no line, and end the batch."""
    rest = batching.rest_of(status, fault_codes)
    while left := _left(held):
        asks = [asking.ask(held.context, unit) for unit in left]
        store(desk, [Returned(ask, rest.outcome, 0.0, lane=held.lane.id) for ask in asks])
    full, job_id = status == "failed" and rest.pause is None, JobId(held.batch.job_id)
    if full:
        retrying(
            held.engine,
            lambda s: batches.put_off_ready(s, job_id, reason=rest.outcome.code.value, delay_s=QUEUE_FULL_S),
        )
    log.info("batch.ended", status=status)
    retrying(held.engine, lambda s: batching.end(s, held.batch, status=status, pause=rest.pause))


def _left(held: Held) -> list[ClaimedRewrite]:
    return retrying(held.engine, lambda s: batches.held(s, held.batch, limit=REST_AT_ONCE))
