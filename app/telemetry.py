"""Structured logs without texts or secrets, and the Prometheus figures of a process."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from prometheus_client import Counter, Histogram

SECRET = re.compile(r"(?i)(bearer\s+\S+|sk-[\w-]{8,}|hb_[a-z0-9]{8}_[A-Za-z0-9]+|(?<=://)[^/@\s]+:[^/@\s]+(?=@))")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f‪-‮⁦-⁩]")

REQUESTS = Counter("hornbook_http_requests_total", "Requests answered", ("method", "route", "status"))
CALLS = Counter("hornbook_llm_calls_total", "LLM calls by outcome", ("code",))
SECONDS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120)
CALL_SECONDS = Histogram("hornbook_llm_call_seconds", "Latency of LLM calls", buckets=SECONDS)
UNITS = Counter("hornbook_units_total", "Units ended", ("kind", "state"))
FENCED = Counter("hornbook_fenced_writes_total", "Late writes of lost leases that were refused")


def _clean(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = CONTROL.sub("�", SECRET.sub("[redacted]", value))
    return event


class _Redacting(logging.Formatter):
    """Keeps secrets and control characters out of the libraries' own log lines and their tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        try:
            line = super().format(record)
        except (TypeError, ValueError, KeyError):
            # A library's wrong log call must neither fail its caller nor have its arguments printed.
            record.msg, record.args = str(record.msg), ()
            line = super().format(record)
        return CONTROL.sub("�", SECRET.sub("[redacted]", line))


def configure_logging(level: str) -> None:
    """JSON lines on standard error, for us and for the libraries; httpx stays quiet, for it logs whole URLs."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("httpx", "httpcore", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _clean,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
