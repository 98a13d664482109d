"""Hints through a real broker: ids and nothing else, one a pump, and none is missed when the broker is away."""

import base64
import json
import time
from typing import Any

import redis

from app.dispatch import COMPUTE_QUEUE, REFINE_QUEUE, celery_app, send
from app.domain.records import JobId
from app.domain.steps import Compute, Refine

NO_BROKER = "redis://127.0.0.1:1/0"


def messages(url: str, queue: str) -> list[dict[str, Any]]:
    """What lies in a queue, the newest first."""
    with redis.Redis.from_url(url) as client:
        return [json.loads(raw) for raw in client.lrange(f"hornbook:{queue}", 0, -1)]  # type: ignore[union-attr]


def arguments(message: dict[str, Any]) -> list[Any]:
    return list(json.loads(base64.b64decode(message["body"])))


def test_a_hint_carries_an_id_and_nothing_else(redis_url: str) -> None:
    assert send(redis_url, [Refine(JobId(7)), Compute()]) == 2

    (refine,), (compute,) = messages(redis_url, REFINE_QUEUE), messages(redis_url, COMPUTE_QUEUE)
    assert (refine["headers"]["task"], arguments(refine)[:2]) == ("hornbook.refine", [[7], {}])
    assert (compute["headers"]["task"], arguments(compute)[:2]) == ("hornbook.compute", [[], {}])
    assert refine["headers"]["argsrepr"] == "(...)", "ids stay out of the broker's logs"
    celery_app(redis_url).close()


def test_a_step_goes_out_once_a_worker_and_equal_steps_once(redis_url: str) -> None:
    steps = [Refine(JobId(7), pumps=3), Refine(JobId(7), pumps=3), Compute(workers=2), Refine(JobId(8))]

    assert send(redis_url, steps) == 6

    assert len(messages(redis_url, REFINE_QUEUE)) == 4 and len(messages(redis_url, COMPUTE_QUEUE)) == 2
    celery_app(redis_url).close()


def test_no_steps_need_no_broker() -> None:
    assert send(NO_BROKER, []) == 0


def test_a_broker_that_is_away_costs_nobody_anything() -> None:
    begun = time.monotonic()

    assert send(NO_BROKER, [Refine(JobId(1)), Compute(workers=4)]) == 0

    assert time.monotonic() - begun < 5
    celery_app(NO_BROKER).close()
