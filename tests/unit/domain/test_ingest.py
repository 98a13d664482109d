"""The checks that stand between a parsed object and the corpus."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.ingest import (
    EXCERPT_CHARS,
    MAX_DEPTH,
    JsonValue,
    Origin,
    ReadLimits,
    ReadOptions,
    Record,
    RecordError,
    check_value,
    excerpt,
    make_record,
)
from app.domain.records import Kind
from app.domain.text import check_text, normalise, sha256, text_flags

ORIGIN = Origin("a.jsonl")


def record_of(fields: dict[str, JsonValue], origin: Origin = ORIGIN, **limits: int) -> Record:
    return make_record(fields, origin, 1, options=ReadOptions(), limits=ReadLimits(**limits))


def code_of(fields: dict[str, JsonValue], **limits: int) -> str:
    with pytest.raises(RecordError) as caught:
        record_of(fields, ORIGIN, **limits)
    return caught.value.code


@given(text=st.text(st.characters(), max_size=40) | st.text("\t\n a\x0b\x7f\x00", max_size=6))
def test_plain_text_takes_a_short_cut_to_the_same_answer(text: str) -> None:
    stored = normalise(text)
    fault = check_text(stored, max_chars=30)
    if fault is not None:
        assert code_of({"text": text}, max_text_chars=30) == fault
        return
    record = record_of({"text": text}, max_text_chars=30)

    assert (record.text, record.flags, record.sha256) == (stored, tuple(text_flags(stored)), sha256(stored))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        pytest.param({}, "missing_text", id="no-text"),
        pytest.param({"text": None}, "missing_text", id="null-text"),
        pytest.param({"text": False}, "bad_type", id="boolean-text"),
        pytest.param({"text": " \n"}, "empty_text", id="blank-text"),
        pytest.param({"text": "a", "id": 1.5}, "bad_type", id="float-id"),
        pytest.param({"text": "a", "id": "i" * 256}, "bad_id", id="long-id"),
        pytest.param({"text": "a", "licence": {}}, "bad_type", id="object-licence"),
    ],
)
def test_bad_fields_are_refused_with_their_code(fields: dict[str, JsonValue], code: str) -> None:
    assert code_of(fields) == code


def test_a_text_that_is_said_to_be_a_word_must_be_one() -> None:
    assert record_of({"text": "count_vowels", "kind": "words", "part": "function"}).kind is Kind.words
    assert code_of({"text": "The sun warms the sea.", "kind": "words"}) == "bad_word"
    assert code_of({"text": "2nd", "kind": "words", "part": "function"}) == "bad_word"


def test_text_at_the_cap_passes_and_one_more_does_not() -> None:
    assert record_of({"text": "a" * 30}, max_text_chars=30).text == "a" * 30
    assert code_of({"text": "a" * 31}, max_text_chars=30) == "too_long"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        pytest.param(float("nan"), "bad_number", id="nan"),
        pytest.param(float("-inf"), "bad_number", id="infinity"),
        pytest.param(2**64, "bad_number", id="beyond-uint64"),
        pytest.param(-(2**63) - 1, "bad_number", id="below-int64"),
        pytest.param(["\x00"], "nul_char", id="nul-in-list"),
        pytest.param({"\ud800": 1}, "bad_unicode", id="surrogate-in-key"),
    ],
)
def test_value_no_database_takes_is_refused(value: JsonValue, code: str) -> None:
    with pytest.raises(RecordError) as caught:
        check_value(value)

    assert caught.value.code == code


def test_nesting_is_refused_beyond_its_limit_without_recursing_further() -> None:
    value: JsonValue = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    assert check_value(value) == 0
    for _ in range(100_000):
        value = [value]

    with pytest.raises(RecordError) as caught:
        check_value(value)

    assert caught.value.code == "too_deep"
    while isinstance(value, list):
        value = value[0]


@pytest.mark.parametrize(
    ("fields", "origin", "kind"),
    [
        pytest.param({"text": "a b c", "kind": "code"}, ORIGIN, Kind.code, id="its-own"),
        pytest.param({"text": "a b c", "kind": "poem"}, ORIGIN, Kind.prose, id="its-own-is-unknown"),
        pytest.param({"text": "a b c", "kind": "words"}, Origin("a.py", Kind.code), Kind.code, id="of-its-file"),
        pytest.param({"text": "def f(x):\n    return x + 1\n" * 40}, ORIGIN, Kind.code, id="guessed-from-a-sample"),
        pytest.param({"text": "We went home.\nIt was late.\n" * 40}, ORIGIN, Kind.prose, id="prose-from-a-sample"),
    ],
)
def test_kind_is_said_or_guessed(fields: dict[str, JsonValue], origin: Origin, kind: Kind) -> None:
    assert record_of(fields, origin).kind is kind


def test_marks_are_counted_as_json_needs_them() -> None:
    value: JsonValue = {"a": 'say "hi"', "b": [None, "c", 1.5]}

    assert check_value(value) == json.dumps(value).count('"') == 10


@given(raw=st.binary(max_size=500) | st.text(st.characters(), max_size=200))
def test_excerpt_is_short_and_printable(raw: bytes | str) -> None:
    shown = excerpt(raw)

    assert len(shown) <= EXCERPT_CHARS
    assert shown.isprintable()
    shown.encode()
