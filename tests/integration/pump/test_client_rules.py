"""T19 to T24 with the real pump, desk and ledger: one odd reply, and what becomes of its unit, its money and its job.

What the client makes of each reply is a table of its own (tests/unit/adapters/test_llm.py).
"""

import asyncio
import time
from collections.abc import Mapping

import pytest

from app.domain.records import JobId
from tests.integration.pump.world import World
from tests.stub_llm import StubLlm
from tests.stub_llm_faults import OK, Act, bad_200s, drip, half_responses, hang, http_date, rate_limited, refused
from tests.stub_llm_scripts import Script, StubRequest


def _each(acts: Mapping[str, Act]) -> tuple[Script, dict[int, str]]:
    """A script that plays one act for each unit's first call and then answers; {ordinal of a unit: its act's name}."""
    names, played = [*acts], dict[int, str]()

    def script(request: StubRequest) -> Act:
        _, _, high, low, _ = map(int, request.headers["x-request-id"].split("-"))
        ordinal = 10**4 * high + low
        if ordinal in played or len(played) == len(names):
            return OK
        played[ordinal] = names[len(played)]
        return acts[played[ordinal]]

    return script, played


def _fates(world: World, played: Mapping[int, str]) -> dict[str, tuple[str, str, int, str]]:
    """{act: (its unit's state or reason, what its first call was, calls made, what became of the first's money)}."""
    rows = world.query("""
        SELECT u.ordinal, CASE u.state WHEN 'rejected' THEN u.reason ELSE u.state END AS fate,
               (array_agg(c.code ORDER BY c.id))[1] AS code, count(*) AS calls,
               (array_agg(v.state ORDER BY v.token))[1] AS money
        FROM units u JOIN llm_calls c ON c.unit_id = u.id JOIN reservations v ON v.token = c.token
        WHERE u.kind = 'rewrite' GROUP BY u.id""")
    return {played[row.ordinal]: (row.fate, row.code, row.calls, row.money) for row in rows if row.ordinal in played}


def _pump(world: World, script: Script, *, calls: int = 1, **options: object) -> tuple[JobId, StubLlm, float]:
    """A job pumped once; the job, what was asked, and how long it took."""

    async def run() -> tuple[JobId, StubLlm, float]:
        async with StubLlm(script=script) as stub:
            world.endpoint = stub.url
            job = await asyncio.to_thread(world.job, calls)
            begun = time.monotonic()
            await world.pump(job, **options)  # type: ignore[arg-type]
            return job, stub, time.monotonic() - begun

    return asyncio.run(run())


T19: dict[str, tuple[Act, tuple[float, float]]] = {
    "2": (rate_limited("2"), (1.6, 2.4)),
    "0.5": (rate_limited("0.5"), (0.4, 0.6)),
    "a date in 3 s": (rate_limited(http_date(1e9 + 3), date=http_date(1e9)), (2.4, 3.6)),
    "700 ms": (rate_limited(None, millis="700"), (0.56, 0.84)),
    "-1": (rate_limited("-1"), (0.0, 0.5)),
    "nan": (rate_limited("nan"), (0.0, 0.5)),
    "1e12": (rate_limited("1e12"), (119.0, 120.0)),
    "a date in the past": (rate_limited(http_date(1e9)), (0.0, 0.5)),
    "absent": (rate_limited(None), (0.0, 0.5)),
}
"""What was said, and the seconds that its unit is put off; where nothing usable was said, the own back-off's first."""
STORING_S = 1.0
"""What may pass between the storing of a call and that of its unit, from when it is put off, on a busy machine."""


def test_t19_a_unit_is_put_off_for_what_the_endpoint_asked(world: World) -> None:
    script, played = _each({name: act for name, (act, _) in T19.items()})
    # Once each was asked nothing more is, so that no second call hides for how long a unit was put off.
    job, stub, _ = _pump(world, script, calls=len(T19), ceiling=16, stop=lambda: len(played) == len(T19))
    wait = """
        SELECT ordinal, extract(epoch FROM not_before - c.created_at) AS s
        FROM units u JOIN llm_calls c ON c.unit_id = u.id"""
    waits = {played[row.ordinal]: float(row.s) for row in world.query(wait)}
    assert waits.keys() == T19.keys() and len(stub.requests) == len(T19)
    wrong = {name: s for name, s in waits.items() if not T19[name][1][0] <= s <= T19[name][1][1] + STORING_S}
    assert not wrong
    assert world.states(job) == {"ready": len(T19)} and world.open_reservations(job) == 0


@pytest.mark.parametrize(
    "act", [refused(401), refused(429, code="insufficient_quota"), refused(404)], ids=["key", "quota", "path"]
)
def test_t20_a_refusal_of_every_call_pauses_the_job(world: World, act: Act) -> None:
    job, stub, took_s = _pump(world, lambda _: act, calls=30, slice_s=20, ceiling=4)
    found = world.query("SELECT state, note FROM jobs WHERE id = :j", j=job)[0]
    assert found.state == "paused" and took_s < 10
    assert len(stub.requests) <= 4, "those in flight, and none after"
    assert world.states(job) == {"ready": 30} and world.open_reservations(job) == 0


def test_t21_to_t23_silence_and_half_responses_are_charged_and_asked_again(world: World) -> None:
    halves = half_responses()
    # An answer between them, or the endpoint would count as down.
    acts = {name: act for half in halves for name, act in ((half, halves[half]), (f"after {half}", OK))}
    script, played = _each({"hang": hang(), "drip": drip(0.05), **acts})
    _, _, took_s = _pump(world, script, calls=len(acts) + 2, slice_s=30, ceiling=4, deadline_s=0.7)
    fates = _fates(world, played)
    odd = {name: fate for name, fate in fates.items() if not name.startswith("after")}
    assert odd.keys() == {"hang", "drip", *halves}
    assert {fate for fate, *_ in fates.values()} == {"done"} and took_s < 30
    assert {(calls, money) for _, _, calls, money in odd.values()} == {(2, "charged")}
    assert odd["hang"][1] == odd["drip"][1] == "timeout"
    assert {odd[name][1] for name in halves} == {"incomplete_body", "disconnected"}
    cut = world.query("SELECT max(latency_s) AS s FROM llm_calls WHERE code = 'timeout'")[0].s
    assert cut < 0.7 + 1.0
    assert world.query("SELECT count(*) AS n FROM llm_calls WHERE ok")[0].n == len(acts) + 2


T24_ENDS = {
    "filtered": "content_filter",
    "filtered_with_text": "content_filter",
    "null_finish": "missing_finish_reason",
    "weird_finish": "unknown_finish_reason",
    "tool_calls": "unknown_finish_reason",
    "null_content": "empty_content",
    "blank_content": "empty_content",
    "refusal": "refusal",
    "gzip_bomb": "body_too_large",
    "huge_chunked": "body_too_large",
    "huge_declared": "body_too_large",
    "brotli": "unsupported_encoding",
}
"""Replies that end their unit at once, and how."""
T24_ANSWERS = {
    "gzip_good": "settled",
    "wrong_model": "settled",
    "usage_missing": "charged",
    "usage_negative": "charged",
    "usage_huge": "charged",
    "usage_text": "charged",
}
"""Odd replies that are answers, whose text goes through the gates, and how they are paid."""


def test_t24_every_odd_200_ends_its_unit_or_is_asked_again(world: World) -> None:
    acts = bad_200s()
    script, played = _each(acts)
    job, _, _ = _pump(world, script, calls=len(acts), slice_s=60, ceiling=4)
    fates = _fates(world, played)
    assert fates.keys() == acts.keys()
    assert {name: fates[name][:3] for name in T24_ENDS} == {name: (why, why, 1) for name, why in T24_ENDS.items()}
    answers = {name: (fates[name][1], fates[name][2], fates[name][3]) for name in T24_ANSWERS}
    assert answers == {name: ("ok", 1, money) for name, money in T24_ANSWERS.items()}
    # Half an answer gets more room, whatever else is no answer another chance.
    again = {name: fate for name, fate in fates.items() if name not in T24_ENDS.keys() | T24_ANSWERS.keys()}
    assert {(fate, calls) for fate, _, calls, _ in again.values()} == {("done", 2)}
    assert "ok" not in {code for _, code, _, _ in again.values()} and world.open_reservations(job) == 0
