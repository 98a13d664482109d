"""The Celery app that `hornbook worker` runs, with its two tasks."""

import logging

from celery import Celery
from celery.signals import setup_logging, worker_process_init, worker_ready, worker_shutting_down

from app import dispatch
from app.settings import get_settings
from app.telemetry import configure_logging
from workers import compute, refine, stopping, watchdog
from workers.base import contained

app: Celery = dispatch.celery_app(get_settings().redis_url)

STORE_S = 180.0
"""What a pump may need after its last answer, with Postgres away: storing, giving back, closing."""
COMPUTE_S = 6 * 3600.0
"""The last resort for a CPU unit that never ends; a long ingest or export is kept alive by its heartbeat."""

# Celery kills at these limits, so they must lie beyond all that a task's own deadlines allow.
app.task(
    name=dispatch.REFINE_TASK,
    time_limit=get_settings().pump_slice_s + get_settings().llm_deadline_s + STORE_S,
)(contained(refine.refine))
app.task(name=dispatch.COMPUTE_TASK, time_limit=COMPUTE_S)(contained(compute.compute))


@setup_logging.connect
def _setup_logging(**_: object) -> None:
    configure_logging(get_settings().log_level)
    logging.getLogger("celery.app.trace").setLevel(logging.WARNING)


@worker_process_init.connect
def _forget_parent(**_: object) -> None:
    # Engines and children are keyed by pid, so nothing of the parent is reused; logging must be set up anew.
    configure_logging(get_settings().log_level)


@worker_ready.connect
def _start_watchdog(**_: object) -> None:
    settings = get_settings()
    watchdog.start(settings.redis_url, list(app.amqp.queues.consume_from), lease_s=settings.lease_s)


@worker_shutting_down.connect
def _stop_children(**_: object) -> None:
    stopping.request_stop()
