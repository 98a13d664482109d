"""An answer that was stored before its worker was lost is never paid for again (D15)."""

import pytest

from tests.integration.pump.world import World, said


@pytest.mark.parametrize("cache", [True, False])
def test_a_unit_of_a_lost_worker_finds_its_stored_answer(world: World, cache: bool) -> None:
    job = world.job(2, cache=cache)
    lost = world.desk(job)
    asks, _, _ = lost.claim(1)
    lost._store_calls([said(asks[0])])
    world.query("UPDATE units SET state = 'ready', lease_until = NULL WHERE state = 'leased'")
    again = world.desk(job)
    asks, answered, _ = again.claim(2)
    assert (len(asks), len(answered)) == (1, 1)
    again.store(answered)
    assert world.states(job) == {"done": 1, "leased": 1}
    assert world.query("SELECT spent_calls FROM budgets WHERE job_id = :j", j=job)[0].spent_calls == 1
