"""The unit that ends a round: settles, measures, decides, and plans the next one."""

from concurrent.futures import ThreadPoolExecutor, wait

from app.db.session import retrying
from app.domain.records import JobId
from app.domain.steps import Step
from app.repositories import generations
from app.repositories.units import ClaimedUnit
from app.services import judge_rounds, settling
from workers import embedding, resources

MOST_BESIDE = 40_000
"""Texts that are measured while the transaction of their verdicts waits: 1.4 s for 20,000, and a transaction may stand
idle for 10 s. More of them are measured before it begins."""


def run(unit: ClaimedUnit) -> list[Step]:
    """Read the round, think, and write verdicts, measures, decision and plan in one transaction.

    Half of reading and writing is the server's work, so a thread does something else meanwhile: one core settles a
    round while the endpoint has nothing to do.
    """
    assert unit.job_id is not None and unit.round_id is not None
    job_id, round_id, engine = JobId(unit.job_id), unit.round_id, resources.engine()
    if not embedding.place(unit):
        return []
    retrying(engine, lambda s: judge_rounds.conclude(s, job_id, round_id))
    with ThreadPoolExecutor(1) as beside:
        made = beside.submit(retrying, engine, lambda s: generations.candidates(s, job_id, settling.POOLED))
        data = retrying(engine, lambda s: settling.read(s, job_id, round_id))
        wanted = settling.want(data, made.result())
        bodies = retrying(engine, lambda s: generations.bodies(s, wanted.ids))
        outcomes = settling.admit(data, wanted, bodies)
        settled = beside.submit(settling.think, data, wanted, bodies, outcomes)
        if len(wanted.made) > MOST_BESIDE:
            wait([settled])
        return retrying(engine, lambda s: settling.write(s, unit, data, outcomes, settled.result))
