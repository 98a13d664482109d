"""Cursors: opaque, reversible, and nothing but ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.pages import MAX_ID, BadCursorError, decode_cursor, encode_cursor, next_cursor


@given(st.integers(0, MAX_ID))
def test_cursor_leads_back_to_its_row(place: int) -> None:
    assert decode_cursor(encode_cursor(place)) == place


@given(st.text(max_size=40))
def test_any_other_text_is_refused_or_a_row(text: str) -> None:
    try:
        place = decode_cursor(text)
    except BadCursorError:
        return
    assert place is not None and 0 <= place <= MAX_ID


def test_last_page_has_no_cursor() -> None:
    assert next_cursor([1, 2], 2) is None
    assert next_cursor([], 2) is None


def test_full_page_points_at_its_last_row() -> None:
    assert decode_cursor(next_cursor([5, 4, 3], 2)) == 4


def test_no_cursor_is_the_beginning() -> None:
    assert decode_cursor(None) is None


@pytest.mark.parametrize("forged", ["x", "YzE=x", "Yy0x", "YzEuNQ"])
def test_forged_cursor_is_refused(forged: str) -> None:
    with pytest.raises(BadCursorError):
        decode_cursor(forged)
