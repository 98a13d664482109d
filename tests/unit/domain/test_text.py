"""The str-level view of a text: normal form, faults, flags, kind, words and sentences."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.records import Kind
from app.domain.text import (
    TextFault,
    check_text,
    guess_kind,
    normalise,
    sentences,
    sha256,
    text_flags,
    visible,
    words,
)

BAIT = [
    "a" * 50_000 + "!",
    "." * 50_000 + "x",
    "(" * 50_000,
    "'a" * 30_000,
    " " * 50_000 + "x",
    "`" * 50_000,
    '"""' * 9_000,
]


@pytest.mark.parametrize(
    ("given_text", "stored"),
    [
        pytest.param("\ufeffhello", "hello", id="byte order mark"),
        pytest.param("a\r\nb\rc", "a\nb\nc", id="line ends"),
        pytest.param("cafe\u0301", "caf\u00e9", id="composed"),
        pytest.param("👩\u200d👧", "👩\u200d👧", id="joined emoji stays"),
        pytest.param("", "", id="empty"),
    ],
)
def test_normalise_gives_the_stored_form(given_text: str, stored: str) -> None:
    assert normalise(given_text) == stored


@given(st.text())
def test_normalise_is_idempotent(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("fine", None, id="fine"),
        pytest.param("a\x00b", TextFault.nul_char, id="case 6: nul"),
        pytest.param("a\ud800b", TextFault.bad_unicode, id="case 8: lone surrogate"),
        pytest.param("\U0001f600 é", None, id="case 9: emoji"),
        pytest.param("", TextFault.empty_text, id="empty"),
        pytest.param(" \n\t", TextFault.empty_text, id="blank"),
        pytest.param("\u200b\u202e", TextFault.empty_text, id="invisible"),
        pytest.param("x" * 11, TextFault.too_long, id="too long"),
    ],
)
def test_check_text_names_the_first_fault(text: str, fault: TextFault | None) -> None:
    assert check_text(text, max_chars=10) == fault


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        pytest.param("plain\ttext\n", [], id="plain"),
        pytest.param("a\u202eb", ["bidi"], id="bidi"),
        pytest.param("a\u200bb", ["zero_width"], id="zero width"),
        pytest.param("a\U000e0041b", ["tag_chars"], id="tags"),
        pytest.param("a\x1b[31m", ["control"], id="escape"),
    ],
)
def test_hidden_characters_are_flagged_and_left_out_for_scoring(text: str, flags: list[str]) -> None:
    assert text_flags(text) == flags
    assert text_flags(visible(text)) == []


def test_sha256_depends_on_the_text_alone() -> None:
    assert sha256("a") == sha256("a") != sha256("b")
    assert len(sha256("\ud800")) == 32


def test_words_keep_contractions_and_split_hyphens() -> None:
    assert words("Don't re-use x_1 or o’clock!") == ["Don't", "re", "use", "x_1", "or", "o’clock"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("", [], id="empty"),
        pytest.param("One. Two? Three!", ["One.", "Two?", "Three!"], id="three ends"),
        pytest.param("It is 2.5 kg, e.g. salt.", ["It is 2.5 kg, e.g. salt."], id="number and abbreviation"),
        pytest.param("Dr. Ray met J. Smith. They sat.", ["Dr. Ray met J. Smith.", "They sat."], id="title and initial"),
        pytest.param("# Title\nBody goes\non.\n- item", ["Title", "Body goes on.", "item"], id="markdown"),
    ],
)
def test_sentences(text: str, found: list[str]) -> None:
    assert sentences(text) == found


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_sentences_lose_no_word(text: str) -> None:
    assert words(" ".join(sentences(text.replace("#", "")))) == words(text.replace("#", ""))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("def f(x):\n    return x\n", Kind.code, id="function"),
        pytest.param(
            '"""\nTitle\n=====\n\nLong words about it.\n"""\nimport os\nos.getcwd()\n', Kind.code, id="docstring"
        ),
        pytest.param('{"a": 1,\n "b": [2, 3]}\n', Kind.code, id="json"),
        pytest.param("The moon pulls the sea. That makes tides.", Kind.prose, id="prose"),
        pytest.param(
            "# Loops\n\nA loop repeats.\n\n```py\nfor i in x:\n    print(i)\n```\n", Kind.prose, id="tutorial"
        ),
        pytest.param("Loops\n=====\n\n.. code::\n\n    for i in x: pass\n", Kind.prose, id="restructured text"),
        pytest.param("moon", Kind.words, id="word"),
        pytest.param("run,verb", Kind.words, id="word with its part of speech"),
    ],
)
def test_guess_kind(text: str, kind: Kind) -> None:
    assert guess_kind(text) is kind


@pytest.mark.parametrize("call", [normalise, words, sentences, guess_kind, text_flags, visible])
@pytest.mark.parametrize("bait", BAIT, ids=range(len(BAIT)))
def test_case_23_no_expression_blows_up(call: Callable[[str], object], bait: str) -> None:
    started = time.process_time()
    call(bait)
    assert time.process_time() - started < 0.5
