"""Opens a desk for a job: its context, its classifier, its limited child."""

from app.db.session import retrying
from app.domain.records import JobId
from app.services import rounds
from app.services.asking import JobContext
from app.services.classifiers import ClassifierMissingError, ClassifierUnreadableError
from app.settings import Settings
from workers import resources
from workers.desk import Desk
from workers.judging import Judge


def open_desk(context: JobContext, settings: Settings, *, worker: str) -> Desk | None:
    """A desk of this process; None, and the job has failed, when its classifier is not to be had."""
    engine = resources.engine()
    try:
        weights = resources.classifier_weights(context.job.classifier_sha256)
    except (ClassifierMissingError, ClassifierUnreadableError) as error:
        why = str(error)
        retrying(engine, lambda s: rounds.fail_job(s, JobId(context.job.id), why=why))
        return None
    limit, wall = settings.max_text_chars, settings.code_runner
    judge = Judge(resources.sandbox(), context, weights, max_text_chars=limit, wall=wall)
    return Desk(engine, context, judge, worker=worker, lease_s=settings.lease_s)
