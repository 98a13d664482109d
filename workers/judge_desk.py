"""The desk of a pump that asks a job's judge: another kind of unit, another reader of answers, the same paperwork."""

from collections.abc import Sequence

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.adapters.llm_outcomes import Answer
from app.db.session import retrying
from app.repositories import beats, llm_calls
from app.repositories.llm_calls import StoredCall
from app.repositories.units import ClaimedRewrite, GiveBack
from app.services import judge, refining
from app.services.asking import Ask, JobContext
from app.services.judge import Told
from app.services.refining import Ended
from workers.desk import Desk


class Reader:
    """Makes ends of the judge's answers; they are short and of one strict form, so no child process reads them."""

    def judge(self, items: Sequence[tuple[Ask, Answer, int | None]]) -> list[Ended]:
        """One ended unit an answer."""
        return [judge.read(*item) for item in items]


class JudgeDesk(Desk):
    """One task's side of the database for the judge's calls."""

    kind = "judge"

    def __init__(self, engine: Engine, context: JobContext, *, worker: str, lease_s: float) -> None:
        super().__init__(engine, judge.view_of(context), Reader(), worker=worker, lease_s=lease_s)

    def _claim(self, session: Session, limit: int) -> refining.Claimed:
        beats.seen(session, self.worker, "refine", busy=max(1, len(self._held)), progress=True)
        price = refining.job_price(self.context.job)
        return refining.claim(
            session,
            self.job_id,
            limit=limit,
            worker=self.worker,
            lease_s=self.lease_s,
            price=price,
            kind=self.kind,
            lanes=[lane.id for lane in self.context.lanes],
        )

    def _ask(self, unit: ClaimedRewrite) -> Ask:
        return judge.ask(self.context, unit)

    def _known(self, asks: Sequence[Ask]) -> dict[bytes, StoredCall]:
        # What a lost worker had paid for; answers are never shared, or a judge that drifted would be replayed.
        keys, own = [ask.key for ask in asks], [ask.unit.id for ask in asks]
        return retrying(self.engine, lambda s: llm_calls.successes(s, keys, of_units=own)) if asks else {}

    def _ended_well(self, end: Ended) -> bool:
        return isinstance(end, Told) and end.finding is not None

    def _write_outcomes(
        self, session: Session, ended: Sequence[Ended], back: Sequence[GiveBack], unsent: Sequence[int]
    ) -> int:
        return judge.store_outcomes(session, ended, back, unsent=unsent, job_id=self.job_id)
