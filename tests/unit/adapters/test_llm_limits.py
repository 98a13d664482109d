"""Retry-After in all its forms, the adaptive deadline and AIMD."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.llm_limits import AdaptiveDeadline, Aimd, backoff_s, retry_after_s
from tests.stub_llm_faults import http_date

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": http_date(NOW + 3)}, 3.0),
        ({"retry-after": http_date(NOW + 3), "date": http_date(NOW - 5000)}, 120.0),
        ({"retry-after": http_date(NOW - 4997), "date": http_date(NOW - 5000)}, 3.0),
        ({"retry-after-ms": "700"}, 0.7),
        ({"retry-after-ms": "700", "retry-after": "9"}, 0.7),
        ({"retry-after-ms": "x", "retry-after": "9"}, 9.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e12"}, 120.0),
        ({"retry-after": "1e999"}, None),
        ({"retry-after": http_date(NOW - 60)}, None),
        ({"retry-after": "tomorrow"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
    ids=str,
)
def test_retry_after(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after_s(headers, now=NOW) == expected


@given(st.text(max_size=80))
def test_any_retry_after_is_a_sane_wait_or_none(value: str) -> None:
    wait = retry_after_s({"retry-after": value, "retry-after-ms": value}, now=NOW)
    assert wait is None or 0.0 <= wait <= 120.0


def test_backoff_grows_and_stays_under_its_cap() -> None:
    rng = random.Random(0)
    waits = [[backoff_s(attempt, rng) for _ in range(200)] for attempt in (0, 3, 50)]
    assert max(waits[0]) <= 0.5 < max(waits[1]) <= 4.0 < max(waits[2]) <= 30.0


def test_deadline_is_the_cap_until_enough_was_seen() -> None:
    deadline = AdaptiveDeadline(floor_s=0.6, cap_s=120.0)
    for _ in range(19):
        deadline.observe(0.2)
    assert deadline.current_s == 120.0


@pytest.mark.parametrize(("latency_s", "expected_s"), [(0.01, 0.6), (1.0, 3.0), (90.0, 120.0)])
def test_deadline_is_three_times_p95_within_floor_and_cap(latency_s: float, expected_s: float) -> None:
    deadline = AdaptiveDeadline(floor_s=0.6, cap_s=120.0)
    for _ in range(100):
        deadline.observe(latency_s)
    assert deadline.current_s == pytest.approx(expected_s)


def test_a_few_hangs_do_not_move_the_deadline() -> None:
    deadline = AdaptiveDeadline(floor_s=0.6, cap_s=120.0)
    for index in range(1000):
        if index % 20 == 0:
            deadline.observe_timeout()
        deadline.observe(0.2)
    assert deadline.current_s == pytest.approx(0.6)


def test_endpoint_that_became_slower_than_the_deadline_gets_a_longer_one() -> None:
    deadline = AdaptiveDeadline(floor_s=0.6, cap_s=120.0)
    for _ in range(100):
        deadline.observe(0.2)
    for _ in range(40):
        deadline.observe_timeout()
    assert deadline.current_s >= 0.6 * 8


def _run(aimd: Aimd, calls: int, share: float, seed: int = 0) -> None:
    rng = random.Random(seed)
    for _ in range(calls):
        aimd.record(overloaded=rng.random() < share, epoch=aimd.epoch)


def test_steady_ten_percent_of_429_keeps_full_width() -> None:
    aimd = Aimd(ceiling=64)
    _run(aimd, 5000, 0.1)
    assert aimd.limit >= 60


def test_storm_reaches_the_floor_in_three_windows() -> None:
    aimd = Aimd(ceiling=64)
    _run(aimd, 64 + 16 + 8, 1.0)
    assert aimd.limit == 1


def test_overload_halves_once_and_old_calls_do_not_count_again() -> None:
    aimd = Aimd(ceiling=64)
    for index in range(256):
        aimd.record(overloaded=index % 2 == 0, epoch=0)
    assert aimd.limit == 32


def test_clean_windows_grow_to_the_ceiling_and_not_beyond() -> None:
    aimd = Aimd(ceiling=16, start=2)
    _run(aimd, 16, 0.0)
    assert aimd.limit == 4
    _run(aimd, 1000, 0.0)
    assert aimd.limit == 16
