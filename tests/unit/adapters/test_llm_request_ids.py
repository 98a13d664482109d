"""Every call is named by a UUID, which some servers insist on."""

from uuid import UUID

import pytest

from app.adapters.llm_request_ids import readable_id, wire_id


@pytest.mark.parametrize("name", ["7-2-31-926", "check-json", "label-1-2-0-3", "", "two\nlines", "ü" * 200])
def test_any_name_is_sent_as_a_uuid_of_its_own(name: str) -> None:
    assert str(UUID(wire_id(name))) == wire_id(name) == wire_id(name)
    assert wire_id(name) != wire_id(name + "x")


def test_an_attempts_numbers_are_a_uuid_already() -> None:
    name = readable_id(7, 2, 31_415, 926)

    assert wire_id(name) == name == "00000007-0002-0003-1415-000000000926"
    assert str(UUID(name)) == name


@pytest.mark.parametrize("numbers", [(10**8, 10**4, 10**8, 10**12), (2**62, 100, 2**31, 2**62)], ids=["full", "huge"])
def test_numbers_beyond_their_digits_still_make_a_uuid(numbers: tuple[int, int, int, int]) -> None:
    assert wire_id(readable_id(*numbers)) == readable_id(*numbers)
