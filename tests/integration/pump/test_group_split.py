"""One answer that cannot be stored ends alone, with its money accounted for; the others of its group are kept."""

from app.adapters.llm_outcomes import Answer
from tests.integration.pump.world import World, said
from workers import storing


def test_an_answer_that_cannot_be_stored_takes_no_other_along(world: World) -> None:
    job = world.job(3)
    desk = world.desk(job)
    asks, _, _ = desk.claim(3)
    # More tokens than its column holds: no reader of replies lets this through, but the next fault will be another.
    odd = Answer(asks[1].unit.seed_text or "", "stop", 2**40, 1, True, "stub", 0.1, b"{}")

    storing.store(desk, [said(asks[0]), said(asks[1], outcome=odd), said(asks[2])])

    assert world.states(job) == {"crashed:DataError": 1, "done": 2}
    assert world.open_reservations(job) == 0 and desk.idle
    charged = world.query("SELECT unit_id FROM reservations WHERE state = 'charged'")
    assert [row.unit_id for row in charged] == [asks[1].unit.id]
