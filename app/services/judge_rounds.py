"""Before a round settles: what its judge's answers come to, which texts a person should look at, which are dropped."""

from sqlalchemy.orm import Session

from app.adapters.models import canaries
from app.domain import judge_figures
from app.domain.config import JobConfig
from app.domain.judge_answers import Support
from app.domain.judge_figures import Finding
from app.domain.records import JobId
from app.repositories import events, findings, jobs, rounds
from app.repositories.jobs import JobRow
from app.repositories.rounds import RoundRow
from app.services.rounds import config_of

MOST_DETAIL_CHARS = 300


def conclude(session: Session, job_id: JobId, round_id: int) -> None:
    """Flags, drops and figures of a round, once, however often it is asked for; nothing where nobody judges."""
    job = jobs.get(session, job_id)
    if job.judge_model is None:
        return
    this = rounds.get(session, round_id)
    if this.number == 0 or this.judge:
        return
    _conclude(session, job, this, config_of(job))


def _conclude(session: Session, job: JobRow, this: RoundRow, config: JobConfig) -> None:
    found, texts = findings.of_round(session, this.id), findings.judged(session, this.id)
    figures = judge_figures.figures(
        found,
        texts,
        config.gates,
        expected={one.name: one.expected for one in canaries()},
        first=findings.first_scores(session, job.id, before=this.number),
    )
    about = [(one, one.generation_id, texts[one.generation_id]) for one in found if one.generation_id in texts]
    gates, judge = config.gates, config.judge
    flagged = [(at, one.task.value) for one, at, text in about if judge_figures.disagrees(one, text, gates)]
    dropped = {at: _detail(one) for one, at, text in about if judge_figures.drops(one, text, judge, gates)}
    of_calls = {"model": job.judge_model, "calls": findings.ended(session, this.id), "dropped": len(dropped)}
    if not findings.put_figures(session, this.id, of_calls | figures):
        return
    findings.mark(session, this.id, flagged)
    findings.drop(session, dropped)
    drift = judge_figures.drift_of(figures, judge)
    if drift is not None:
        events.add(session, job.id, "judge.drifted", number=this.number, model=job.judge_model, points=drift)


def _detail(one: Finding) -> str:
    claim = next(claim for claim in one.claims if claim.verdict is Support.contradicted)
    return f"says {claim.claim!r}, where the seed says {claim.seed_quote!r}"[:MOST_DETAIL_CHARS]
