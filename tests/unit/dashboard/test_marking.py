"""Hidden characters become marks, and nothing becomes markup."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dashboard.marking import embedded_json, hidden_count, marked, shown

MARKS = [
    pytest.param("\u202e", "right-to-left override", id="bidi"),
    pytest.param("\u200b", "zero width space", id="zero-width"),
    pytest.param("\U000e0041", "tag latin capital letter a", id="tag"),
    pytest.param("\x1b", "control character", id="escape"),
    pytest.param("\ufeff", "zero width no-break space", id="byte-order-mark"),
]


@pytest.mark.parametrize(("character", "name"), MARKS)
def test_hidden_character_is_a_mark_with_its_name(character: str, name: str) -> None:
    page = shown(f"a{character}b")

    assert character not in page
    assert f'title="{name}"' in page
    assert f"U+{ord(character):04X}" in page
    assert marked(f"a{character}b") == f"a[U+{ord(character):04X}]b"


def test_white_space_and_letters_of_all_writings_stay() -> None:
    text = "a\tb\nc d \u00e9 \u05d0\u05d1 \u4e2d\u6587 \u0928\u092e\u0938\u094d\u0924\u0947 \U0001f600"

    assert shown(text) == marked(text) == text
    assert hidden_count(text) == 0


@given(st.text())
def test_shown_text_holds_no_markup_but_marks(text: str) -> None:
    page = str(shown(text))

    without = page.replace('<span class="hidden-mark" title="', "").replace("</span>", "")
    assert "<" not in without
    assert page.count('<span class="hidden-mark"') == hidden_count(text)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_embedded_json_cannot_leave_its_element_and_says_the_same(value: object) -> None:
    text = str(embedded_json(value))

    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == value
