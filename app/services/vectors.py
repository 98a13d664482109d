"""Vectors from a job's `/v1/embeddings` endpoint: what a unit asks for, what it costs, and what its end means.

A unit is one call for the texts of up to 64 seeds or generations, made once all texts of its round are there. A text is
paid for once: its vector is stored under a digest of endpoint, model and text in the transaction that settles the
money. A worker that is lost between the answer and that transaction costs one call, which its reservation is charged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.adapters.embedding_answers import EmbeddingRequest, Vectors
from app.adapters.llm_outcomes import Failure, FailureCode
from app.domain import safety
from app.domain.config import JobConfig
from app.domain.pricing import Price, worst_prompt_tokens
from app.domain.records import JobId
from app.domain.steps import Compute, Step
from app.domain.targets import StopReason
from app.repositories import budgets, jobs, llm_calls, units, vectors
from app.repositories.budgets import Claim, Owed, Spend
from app.repositories.jobs import JobRow
from app.repositories.llm_calls import NewCall
from app.repositories.units import ClaimedRewrite, ClaimedUnit, GiveBack
from app.repositories.vectors import Of
from app.services import failures, refining, rounds

NUMBER = np.dtype("<f4")
"""How a vector is stored."""
SPLIT = 1 << 40
"""Ordinals of halved units lie beyond all planned ones."""


@dataclass(frozen=True)
class Batch:
    """A unit as read."""

    unit: ClaimedUnit
    job: JobRow
    of: Of
    keys: dict[int, bytes]
    """{seed or generation: key of its vector}."""
    missing: dict[bytes, str]
    """{key: text to send}: those that nobody has paid for yet."""

    @property
    def request(self) -> EmbeddingRequest:
        """The call for what is missing."""
        assert self.job.embedding_model is not None
        return EmbeddingRequest(self.job.embedding_model, tuple(self.missing.values()))

    @property
    def worst(self) -> Claim:
        """The most that the call may cost."""
        tokens = worst_prompt_tokens(sum(len(text.encode()) for text in self.missing.values()))
        return Claim(self.unit.token, self.unit.id, price_of(self.job).cost(tokens, 0), tokens)


def price_of(job: JobRow) -> Price:
    """The price of vectors that was fixed at submission."""
    return Price(job.embedding_price, 0)


def read(session: Session, unit: ClaimedUnit) -> Batch:
    """A unit's texts, screened and cut as they are sent, and which of them have a vector already."""
    assert unit.job_id is not None
    job = jobs.get(session, unit.job_id)
    config = rounds.config_of(job)
    of: Of = "seeds" if "seeds" in unit.payload else "generations"
    found = vectors.texts(session, of, unit.payload[of])
    sent = {one: _sent(text, config, of) for one, text in found.items()}
    keys = {one: _key(job, text) for one, text in sent.items()}
    stored, length = vectors.lengths(session, list(keys.values())), _length(session, job)
    there = {key for key, n in stored.items() if length in (None, n)}
    missing = {keys[one]: text for one, text in sent.items() if keys[one] not in there}
    return Batch(unit, job, of, keys, missing)


def _sent(text: str, config: JobConfig, of: Of) -> str:
    # Generations were screened before they were stored. An empty input is refused by most servers.
    shown = safety.redact(text, config.gates.safety) if of == "seeds" else text
    return shown[: config.embedding.chars] or " "


def _key(job: JobRow, text: str) -> bytes:
    parts = (job.embedding_endpoint or "", job.embedding_model or "", text)
    return sha256("\n".join(parts).encode("utf-8", "surrogatepass")).digest()


def _length(session: Session, job: JobRow) -> int | None:
    """Bytes of every vector of the job; None before the first one."""
    found = jobs.find_artifact(session, job.id, "vector_length")
    return None if found is None else int(found)


def reserve(session: Session, batch: Batch) -> str | None:
    """Put the worst case aside; None, or why there is no room: a cap's name (also `time`), `later`, or overdrawn.

    Raises LostLeaseError.
    """
    unit, job_id = batch.unit, batch.job.id
    if not units.held(session, unit.id, unit.token):
        raise failures.LostLeaseError(unit=unit.id)
    # A commit whose answer was lost: the reservation is there.
    if budgets.is_reserved(session, unit.token):
        return None
    # Texts that were paid for still get theirs, for without they are lost; seeds of a job that is over do not.
    if batch.of == "seeds" and (jobs.seconds_left(session, job_id) or 1.0) <= 0:
        return "time"
    row = budgets.read(session, job_id, lock=True)
    if budgets.reserve(session, job_id, [batch.worst], row):
        return None
    return "later" if row.reserved_calls > 0 else refining.scarcest(row, batch.worst)


def store(session: Session, batch: Batch, outcome: Vectors | Failure) -> Vectors | Failure:
    """Keep vectors and settle the money in one transaction, also when the lease was lost meanwhile.

    Returns the outcome; a Failure in place of vectors that are not as long as the job's others.
    """
    job, length = batch.job, None
    if isinstance(outcome, Vectors):
        came = outcome.rows.shape[1] * NUMBER.itemsize
        jobs.put_artifact(session, job.id, "vector_length", str(came).encode())
        length = _length(session, job)
        if length == came:
            rows = outcome.rows.astype(NUMBER)
            vectors.put(session, {key: row.tobytes() for key, row in zip(batch.missing, rows, strict=True)})
    spend = _spend(batch, outcome)
    fits = isinstance(outcome, Vectors) and length == outcome.rows.shape[1] * NUMBER.itemsize
    llm_calls.put(session, [_call(batch, outcome, spend, ok=fits)])
    budgets.settle(session, job.id, [spend])
    if isinstance(outcome, Failure) or fits:
        return outcome
    return _other_length(outcome, (length or 0) // NUMBER.itemsize)


def _other_length(outcome: Vectors, wanted: int) -> Failure:
    detail = f"vectors of {outcome.rows.shape[1]} numbers, where the job's others have {wanted}"
    return Failure(FailureCode.wrong_type, True, False, None, True, 200, b"", detail, outcome.latency_s)


def _spend(batch: Batch, outcome: Vectors | Failure) -> Spend:
    """What a call costs: its usage, its whole reservation when nobody knows, nothing when it was refused."""
    token = batch.unit.token
    if isinstance(outcome, Failure):
        if not outcome.charged:
            return Spend(token, calls=0)
        if outcome.usage is None:
            return Spend(token, charged=True)
        tokens = outcome.usage.prompt_tokens
    elif not outcome.usage_known:
        return Spend(token, charged=True)
    else:
        tokens = outcome.prompt_tokens
    return Spend(token, micro=price_of(batch.job).cost(tokens, 0), tokens=tokens)


def _call(batch: Batch, outcome: Vectors | Failure, spend: Spend, *, ok: bool) -> NewCall:
    unit, failed = batch.unit, outcome if isinstance(outcome, Failure) else None
    # The token makes each attempt a row of the ledger; what can be used again are the vectors.
    key = sha256(batch.request.body() + unit.token.to_bytes(8, "big")).digest()
    code = "ok" if ok else failed.code.value if failed else FailureCode.wrong_type.value
    worst = batch.worst
    return NewCall(
        job_id=batch.job.id,
        unit_id=unit.id,
        token=unit.token,
        request_key=key,
        ok=ok,
        code=code,
        status=failed.status if failed else 200,
        model=batch.job.embedding_model,
        prompt_tokens=worst.tokens if spend.charged else spend.tokens,
        completion_tokens=0,
        micro=worst.micro if spend.charged else spend.micro,
        latency_s=outcome.latency_s,
        raw=None,
    )


def finish(session: Session, batch: Batch, *, without: bool = False) -> list[Step]:
    """End a unit whose texts have their vectors; `without` those that are missing. Raises LostLeaseError."""
    failures.finish_or_lose(session, batch.unit)
    keys = {one: key for one, key in batch.keys.items() if not (without and key in batch.missing)}
    vectors.point(session, batch.of, batch.job.id, keys)
    return rounds.close_rounds(session, JobId(batch.job.id))


def give_up(session: Session, batch: Batch, *, reason: str) -> list[Step]:
    """End a unit that no budget is left for: its texts go without."""
    unit = batch.unit
    if not units.finish(session, unit.id, unit.token, state="rejected", reason=reason):
        raise failures.LostLeaseError(unit=unit.id)
    return rounds.close_rounds(session, JobId(batch.job.id))


def halve(session: Session, batch: Batch) -> list[Step]:
    """Two units in the place of one whose call was refused: one of its texts may be why."""
    failures.finish_or_lose(session, batch.unit)
    ids = list(batch.keys)
    middle = (len(ids) + 1) // 2
    for side, part in enumerate((ids[:middle], ids[middle:])):
        units.add(
            session,
            "embed",
            job_id=batch.job.id,
            round_id=batch.unit.round_id,
            ordinal=SPLIT + 2 * batch.unit.token + side,
            payload=f'{{"{batch.of}": {part}}}',
        )
    return [Compute(workers=2)]


def put_back(
    session: Session, batch: Batch, *, reason: str, delay_s: float, tried: bool = False, failed: bool = False
) -> None:
    """Let the call be made later."""
    unit = batch.unit
    back = GiveBack(unit.id, unit.token, delay_s, reason, tried=tried, provider_failure=failed)
    units.give_back(session, [back])


def owed(session: Session, job: JobRow, taken: Sequence[ClaimedRewrite]) -> list[Owed]:
    """The worst that a round's vectors will cost when the calls of `taken` are made up to each: room to be left."""
    if job.embedding_model is None or not taken:
        return []
    waiting = vectors.waiting(session, taken[0].round_id, besides=[unit.token for unit in taken])
    found, texts = [], waiting.texts
    # A token is four bytes, of which two are reserved as one token.
    tokens = worst_prompt_tokens(waiting.bytes + 4 * waiting.tokens)
    for unit in taken:
        texts, tokens = texts + 1, tokens + worst_prompt_tokens(4 * unit.max_tokens)
        found.append(Owed(price_of(job).cost(tokens, 0), tokens, -(-texts // vectors.TEXTS_A_CALL)))
    return found


def leave_out(session: Session, unit: ClaimedUnit, job: JobRow, of: Of) -> bool:
    """Before a round settles: what got no vector takes no part. False when the job ends instead, with the unit."""
    assert unit.round_id is not None
    job_id, ended = JobId(job.id), vectors.budget_that_ended(session, unit.round_id)
    if of == "seeds" and ended is not None:
        failures.finish_or_lose(session, unit)
        why = (
            f"the budget of {ended} ended before all seeds had their vectors; a job with a larger one goes on from here"
        )
        rounds.end_job(session, job_id, StopReason.budget_exhausted, why=why)
        return False
    least = rounds.config_of(job).gates.seed_edu_min
    without = vectors.drop_without(session, of, job.id, unit.round_id, edu_min=least)
    if of == "seeds" and without and not vectors.page(session, of, job.id, unit.round_id, after=-1, limit=1):
        failures.finish_or_lose(session, unit)
        rounds.fail_job(session, job_id, why=f"{job.embedding_model} at {job.embedding_endpoint} refused every text")
        return False
    return True


def write_rows(
    session: Session, of: Of, job_id: int, ids: list[int], rows: NDArray[np.float32], clusters: Mapping[int, int]
) -> None:
    """Centred unit rows of some texts, and the clusters of generations."""
    halves = {one: row.tobytes() for one, row in zip(ids, rows.astype(np.float16), strict=True)}
    if of == "seeds":
        vectors.place_seeds(session, job_id, halves)
    else:
        vectors.place_generations(session, halves, [clusters[one] for one in ids])
