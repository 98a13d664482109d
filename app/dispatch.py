"""The only module that knows task names: turns steps into Celery messages that carry ids and nothing else."""

from collections.abc import Iterable
from functools import lru_cache

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from app.domain.steps import Compute, Refine, Step

REFINE_TASK, REFINE_QUEUE = "hornbook.refine", "refine"
COMPUTE_TASK, COMPUTE_QUEUE = "hornbook.compute", "cpu"

VISIBILITY_S = 600
"""Seconds until an unacknowledged message comes again: longer than a pump may take."""

BROKER_OPTIONS = {
    "visibility_timeout": VISIBILITY_S,
    # The defaults made recovery after kill -9 take 102 s at a visibility time-out of 10 s; these made it 11 s.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 25,
    # Kombu connects again for 6 s before a publish fails; a lost hint costs less, for the reconciler sends the next.
    "max_retries": 0,
    "global_keyprefix": "hornbook:",
}

log = structlog.get_logger(__name__)


@lru_cache(maxsize=4)
def celery_app(redis_url: str) -> Celery:
    """The Celery app of this process. Correctness depends on none of these settings, only the speed of recovery."""
    app = Celery("hornbook", broker=redis_url)
    app.conf.update(
        result_backend=None,
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        worker_max_tasks_per_child=500,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        visibility_timeout=VISIBILITY_S,
        broker_transport_options=BROKER_OPTIONS,
        task_publish_retry=False,
    )
    return app


def waiting(redis_url: str, queue: str) -> int:
    """Messages that no worker has taken yet; 0 when there is no such queue, or nobody to ask."""
    connection = celery_app(redis_url).connection_for_write()
    try:
        # Not passive: the look whether a queue exists forgets the key prefix (kombu 5.7).
        return int(connection.default_channel.queue_declare(queue).message_count)
    except (OperationalError, OSError, *connection.connection_errors, *connection.channel_errors):
        return 0
    finally:
        connection.release()


def queue_of(step: Step) -> str:
    """The queue that a step is sent to."""
    match step:
        case Refine():
            return REFINE_QUEUE
        case Compute():
            return COMPUTE_QUEUE


def send(redis_url: str, steps: Iterable[Step]) -> int:
    """Publish hints for `steps`, best effort; returns how many went out. Never raises for a broker that is away."""
    sent = 0
    app = celery_app(redis_url)
    for step in dict.fromkeys(steps):
        match step:
            case Refine(job_id, copies):
                name, args = REFINE_TASK, [job_id]
            case Compute(copies):
                name, args = COMPUTE_TASK, []
        queue = queue_of(step)
        for _ in range(copies):
            try:
                app.send_task(name, args=args, queue=queue, argsrepr="(...)", kwargsrepr="{}")
            except (OperationalError, OSError) as error:
                log.warning("hint.lost", queue=queue, error=type(error).__name__)
                return sent
            sent += 1
    return sent
