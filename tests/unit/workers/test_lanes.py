"""Lanes take turns by weight, lose theirs while away, catch nothing up, and heed what other workers tell."""

import time
from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.adapters.llm_breaker import Breaker, Change
from app.adapters.llm_outcomes import Answer, Failure, FailureCode, failure
from app.repositories.endpoint_health import WELL, Seen
from app.services.asking import Ask
from workers.lanes import Group, Lane


def lane(name: str, weight: float = 1.0, *, ceiling: int = 1_000) -> Lane:
    return Lane(cast(Any, None), name, ceiling=ceiling, deadline_s=10, weight=weight)


def group(*lanes: Lane, calls: int = 1_000, repeats: int = 0) -> Group:
    made = Group(lanes)
    for place in range(calls + repeats):
        made.put(cast(Ask, SimpleNamespace(unit=SimpleNamespace(provider_failures=int(place < repeats)))))
    return made


def take(made: Group, calls: int, *, now: float | None = None) -> Counter[str]:
    """Who was asked; the calls stay in flight."""
    found: Counter[str] = Counter()
    for _ in range(calls):
        given = made.next(time.monotonic() if now is None else now)
        if given is None:
            break
        given[0].flying += 1
        found[given[0].id] += 1
    return found


def failed(code: FailureCode) -> Failure:
    return failure(code, detail="stub", latency_s=0.1)


@pytest.mark.parametrize(
    ("weights", "shares"), [((1, 1), (50, 50)), ((3, 1), (75, 25)), ((0.5, 0.3, 0.2), (50, 30, 20)), ((7,), (100,))]
)
def test_calls_are_shared_out_by_weight(weights: tuple[float, ...], shares: tuple[int, ...]) -> None:
    lanes = [lane(str(place), weight) for place, weight in enumerate(weights)]
    found = take(group(*lanes), 100)
    assert all(abs(found[one.id] - share) <= 1 for one, share in zip(lanes, shares, strict=True))


def test_a_lane_without_room_leaves_its_share_to_the_others() -> None:
    narrow, wide = lane("narrow", 9, ceiling=2), lane("wide")
    assert take(group(narrow, wide), 50) == {"narrow": 2, "wide": 48}


def test_a_lane_that_was_away_does_not_get_back_what_it_missed() -> None:
    one, two = lane("one"), lane("two")
    made = group(one, two)
    two.pause(60)
    assert take(made, 100) == {"one": 100}
    later = time.monotonic() + 61
    assert abs(take(made, 100, now=later)["two"] - 50) <= 1


def test_a_lane_that_is_down_gets_one_look_after_its_pause() -> None:
    one, two = lane("one"), lane("two")
    made = group(one, two)
    assert two.note(failed(FailureCode.connect_failed), probe=False, at_once=True) is Change.down
    assert take(made, 10) == {"one": 10} and two.gone(time.monotonic())
    later = time.monotonic() + Breaker.LEAST_PAUSE_S + 0.1
    assert take(made, 10, now=later)["two"] == 1
    assert two.note(failed(FailureCode.rate_limited), probe=True, at_once=True) is Change.up


def test_one_lane_alone_is_not_down_for_a_single_refusal() -> None:
    one = lane("one")
    assert one.note(failed(FailureCode.connect_failed), probe=False, at_once=False) is None
    assert not one.probing


def test_repeats_are_rationed_lane_by_lane() -> None:
    one, two = lane("one"), lane("two")
    made = group(one, two, calls=0, repeats=200)
    now = time.monotonic()
    assert take(made, 200, now=now) == {"one": 20, "two": 20}, "what each budget starts with"


def test_what_all_lanes_refuse_pauses_the_job_with_the_words_of_each() -> None:
    one, two = lane("one"), lane("two")
    made = group(one, two)
    refused = failed(FailureCode.unauthorized)
    assert not made.refuse(one, refused).pause_job
    last = made.refuse(two, refused)
    assert last.pause_job and "one" in last.detail and "two" in last.detail


def test_news_of_other_workers_close_and_open_a_lane() -> None:
    one = lane("one")
    assert one.hear(Seen(pause_s=1.0, down=True), time.monotonic()) and one.probing and not one.room(time.monotonic())
    assert not one.hear(Seen(pause_s=0.0, down=True), time.monotonic()), "no news"
    one.hear(WELL, time.monotonic())
    assert not one.probing and one.room(time.monotonic())


def test_what_was_found_down_here_is_not_up_because_nobody_else_knows_of_it_yet() -> None:
    one = lane("one")
    one.health.breaker.open(time.monotonic())
    assert not one.hear(WELL, time.monotonic()) and one.probing


def test_what_was_read_before_this_worker_told_better_is_no_news() -> None:
    one = lane("one")
    read_at = time.monotonic()
    one.health.news_from = time.monotonic()
    assert not one.hear(Seen(pause_s=5.0, down=True), read_at) and not one.probing


def test_repeats_wait_until_no_first_call_does() -> None:
    made = group(lane("one"), calls=3, repeats=2)
    asked = [given[1].unit.provider_failures for _ in range(5) if (given := made.next(time.monotonic()))]
    assert asked == [0, 0, 0, 1, 1]


def test_calls_in_flight_are_held_to_what_answers_were_found_to_take() -> None:
    told: list[float] = []
    client = SimpleNamespace(shorten=told.append)
    one = Lane(cast(Any, client), "one", ceiling=8, deadline_s=120)
    answer = Answer("A text.", "stop", 1, 1, True, "stub", 0.5, b"")
    for _ in range(40):
        one.observe(answer, epoch=0)
    assert told[0] == one.deadline.current_s == pytest.approx(1.5) and len(told) == 1
