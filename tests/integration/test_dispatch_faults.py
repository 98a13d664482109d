"""A broker that is away, full or cut costs a hint and hardly any time, and never raises (B9, B10)."""

import time

import redis

from app.dispatch import send
from app.domain.records import JobId
from app.domain.steps import Compute, Refine

NOBODY = "redis://127.0.0.1:1/0"


def test_a_broker_that_is_away_is_given_up_at_once() -> None:
    begun = time.monotonic()
    assert send(NOBODY, [Compute(), Refine(JobId(1), pumps=4)]) == 0
    assert time.monotonic() - begun < 2


def test_a_cut_connection_loses_hints_and_raises_nothing(redis_url: str) -> None:
    assert send(redis_url, [Compute()]) == 1
    with redis.Redis.from_url(redis_url) as client:
        client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        send(redis_url, [Compute()])
        send(redis_url, [Compute()])
        assert send(redis_url, [Compute()]) == 1
        assert client.llen("hornbook:cpu") >= 2


def test_a_full_broker_loses_hints_and_raises_nothing(redis_url: str) -> None:
    assert send(redis_url, [Compute()]) == 1
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory", "1")
        try:
            assert send(redis_url, [Compute()]) == 0
        finally:
            client.config_set("maxmemory", "0")
    assert send(redis_url, [Compute()]) == 1
