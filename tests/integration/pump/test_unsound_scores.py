"""A figure that is no number ends its own text and not the group or the range it came with (C4, C6)."""

import math

import msgspec

from app.adapters.sandbox import Sandbox
from app.adapters.sandbox_faults import SandboxFault
from app.domain.examining import Examined, Row
from app.domain.gate_config import Safety
from app.repositories.seeds import SeedText
from tests.integration.pump.world import World, said
from workers import preparing, resources


class _NanForTheFirst(Sandbox):
    """A child that computes a NaN for the first text of every call."""

    def call_each(self, function: str, items: list[bytes]) -> list[bytes | SandboxFault]:
        first, *rest = resources.sandbox().call_each(function, items)
        assert isinstance(first, bytes)
        if function.endswith("examine_answers"):
            answer = msgspec.structs.replace(msgspec.msgpack.decode(first, type=Examined), edu_score=math.nan)
            return [msgspec.msgpack.encode(answer), *rest]
        row = msgspec.structs.replace(msgspec.msgpack.decode(first, type=Row), ease=math.nan)
        return [msgspec.msgpack.encode(row), *rest]


def test_an_answer_with_a_nan_score_is_rejected_alone(world: World) -> None:
    job = world.job(3)
    desk = world.desk(job)
    desk.judge.sandbox = _NanForTheFirst()
    asks, _, _ = desk.claim(3)
    desk.store([said(ask) for ask in asks])
    assert world.states(job) == {"done": 2, "unsound_scores": 1}


def test_a_seed_with_a_nan_score_takes_no_part(world: World) -> None:
    embedder = world.context(world.job(3)).embedder
    real, child = resources.sandbox(), _NanForTheFirst()
    real.set_context("embedder", embedder)
    real.set_context("safety", msgspec.msgpack.encode(Safety()))
    rows = [preparing._scored(SeedText(1, "prose", "Rivers flow."), _row(child))]
    assert [row.reason for row in rows] == ["unsound_scores"]


def _row(child: Sandbox) -> bytes | SandboxFault:
    item = msgspec.msgpack.encode(("prose", "Rivers flow."))
    return child.call_each(preparing.EXAMINE, [item])[0]
