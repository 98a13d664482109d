"""The unit that ends a round: settles, measures, decides, and plans the next one."""

from app.db.session import retrying
from app.domain.records import JobId
from app.domain.steps import Step
from app.repositories import generations
from app.repositories.units import ClaimedUnit
from app.services import settling
from workers import embedding, resources


def run(unit: ClaimedUnit) -> list[Step]:
    """Read the round, think without a transaction, write verdicts, measures, decision and plan in one."""
    assert unit.job_id is not None and unit.round_id is not None
    job_id, engine = JobId(unit.job_id), resources.engine()
    if not embedding.place(unit):
        return []
    data = retrying(engine, lambda s: settling.read(s, job_id, unit.round_id or 0))
    wanted = settling.want(data)
    texts = retrying(engine, lambda s: generations.texts(s, wanted.ids))
    settled = settling.think(data, wanted, texts)
    return retrying(engine, lambda s: settling.write(s, unit, data, settled))
