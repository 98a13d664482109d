"""Contamination by worked example: copies, near copies, renamed code, and what only looks like one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.benchmarks import Item
from app.domain.decontamination import BenchmarkIndex, build_index, find_all, find_hits, report

QUESTION = (
    "A baker sells forty rolls before noon and half as many after noon. "
    "How many rolls does the baker sell on that day in all?"
)
CODE = '''def running_total(values):
    """Sums so far."""
    total = 0
    found = []
    for value in values:
        if value > 7:
            total += value
        found.append(total)
    return found
'''
RENAMED = CODE.replace("running_total", "f").replace("values", "xs").replace("value", "x").replace("found", "out")
SHORT = "Write a function that reverses one string"


def item(name: str, *parts: str) -> Item:
    return Item("B", name, parts, parts)


def index_of(*pairs: tuple[str, str]) -> BenchmarkIndex:
    return build_index([item(name, text) for name, text in pairs])


INDEX = index_of(("q/1", QUESTION), ("q/2", QUESTION + " Say why."), ("c/1", CODE), ("s/1", SHORT), ("e/1", ""))


def test_a_copy_inside_other_text_is_found_with_every_item_it_holds() -> None:
    hits = find_hits(INDEX, "Before that. " + QUESTION.upper() + " After that.")

    assert [(hit.item, hit.kind) for hit in hits] == [("q/1", "substring"), ("q/2", "ngrams")]
    assert hits[0].evidence.startswith("A BAKER SELLS FORTY ROLLS") and hits[0].benchmark == "B"
    assert all(0.5 < hit.share <= 1.0 and len(hit.evidence) <= 120 for hit in hits)


def test_more_than_half_of_an_items_runs_is_a_hit_and_less_is_none() -> None:
    words = QUESTION.split()

    assert [hit.item for hit in find_hits(INDEX, " ".join(words[:20]))] == ["q/1", "q/2"]
    assert find_hits(INDEX, " ".join(words[:13])) == []


def test_all_runs_but_not_in_their_order_are_no_substring() -> None:
    words = QUESTION.split()
    text = " ".join(words[10:]) + " and " + " ".join(words[:20])

    first = find_hits(INDEX, text)[0]
    assert (first.item, first.kind, first.share) == ("q/1", "ngrams", 1.0)


def test_a_block_that_tells_an_item_in_another_order_is_found_by_likeness() -> None:
    parts = [" ".join(f"w{row}x{place}" for place in range(17)) for row in range(12)]
    told = " ".join(parts[place] for place in (7, 2, 9, 4, 11, 0, 5, 10, 1, 8, 3, 6))
    index = index_of(("i", " ".join(parts)))

    (hit,) = find_hits(index, f"{QUESTION}\n\n{told}\n\n{CODE}")

    assert (hit.item, hit.kind) == ("i", "minhash") and 0.6 <= hit.share < 0.7
    assert hit.evidence.startswith("w7x0 w7x1")


@pytest.mark.parametrize("text", [RENAMED, f"Look:\n```python\n{RENAMED}```\n"], ids=["source", "lesson"])
def test_renamed_code_is_found_by_its_syntax(text: str) -> None:
    hits = find_hits(INDEX, text)

    assert [(hit.item, hit.kind, hit.share) for hit in hits] == [("c/1", "syntax", 1.0)]
    assert hits[0].evidence == "f has the same syntax tree but for its names"


def test_another_number_in_short_code_is_other_code() -> None:
    short = "def f(x):\n    return 3 * abs(x)\n"
    index = index_of(("c", short))

    assert [hit.item for hit in find_hits(index, short.replace("x", "value"))] == ["c"]
    assert find_hits(index, short.replace("3", "4").replace("x", "value")) == []


def test_a_common_short_function_is_nobodys() -> None:
    assert find_hits(index_of(("c", "def add(a, b):\n    return a + b\n")), "def plus(x, y):\n    return x + y\n") == []


def test_a_short_function_with_words_of_its_task_is_the_items() -> None:
    index = build_index([item("c", "Say how long the word is that is given.", "def size(w):\n    return len(w)\n")])
    copied = "def f(x):\n    return len(x)\n"

    assert find_hits(index, copied) == []
    (hit,) = find_hits(index, f"# how long the word is that\n{copied}")
    assert (hit.item, hit.kind) == ("c", "syntax")


def test_a_helper_alone_is_not_the_item() -> None:
    helper = "def gcd(a, b):\n    while b:\n        a, b = b, a % b\n    return abs(a)\n"
    index = index_of(("c", f"{helper}\n{CODE}"))

    assert find_hits(index, helper.replace("gcd", "divisor")) == []
    assert [hit.item for hit in find_hits(index, RENAMED)] == ["c"]


def test_an_item_under_ten_words_must_stand_there_whole() -> None:
    assert [hit.item for hit in find_hits(INDEX, f"Now: {SHORT.lower()}, please.")] == ["s/1"]
    assert find_hits(INDEX, "Write a function that reverses") == []


def test_any_part_gives_the_item_away_and_the_strongest_evidence_is_told() -> None:
    index = build_index([item("x", QUESTION, CODE)])

    assert [(hit.item, hit.kind) for hit in find_hits(index, RENAMED)] == [("x", "syntax")]
    assert [(hit.item, hit.kind) for hit in find_hits(index, f"{RENAMED}\n{QUESTION}")] == [("x", "substring")]


@pytest.mark.parametrize("text", ["", "word", "def f(:", "\ud800 " * 20], ids=["empty", "word", "broken", "surrogates"])
def test_odd_texts_are_clean(text: str) -> None:
    assert find_hits(INDEX, text) == []


def test_an_empty_index_finds_nothing() -> None:
    assert find_hits(build_index([]), QUESTION) == []
    assert find_hits(index_of(("e", ""), ("f", "a b")), QUESTION) == []


def test_many_texts_have_the_hits_of_each() -> None:
    texts = ["", QUESTION, "clean words here", RENAMED, f"{QUESTION}\n{RENAMED}"]

    assert find_all(INDEX, texts) == [find_hits(INDEX, text) for text in texts]
    assert [len(hits) for hits in find_all(INDEX, texts)] == [0, 2, 0, 1, 3]


def test_a_report_names_the_strongest_item_with_its_evidence_and_the_others() -> None:
    assert report([]) is None
    assert report(find_hits(INDEX, QUESTION)) == f"B q/1 (substring, 100%): {QUESTION[:120]}; also B q/2"
    many = find_hits(index_of(*((str(n), QUESTION) for n in range(9))), QUESTION)
    assert (report(many) or "").endswith("also B 1, B 2, B 3, B 4, B 5 and 3 more")


@settings(max_examples=40)
@given(st.lists(st.sampled_from("abcdefghij"), min_size=6, max_size=60))
def test_every_item_of_six_words_finds_itself(words: list[str]) -> None:
    text = " ".join(words)

    assert [(hit.share, hit.kind) for hit in find_hits(index_of(("x", text)), text)] == [(1.0, "substring")]


@pytest.mark.parametrize(
    "text", ["a b " * 25_000, "x" * 100_000, "def f(): return 1\n" * 5_000], ids=["words", "one word", "functions"]
)
def test_large_texts_are_searched_like_small_ones(text: str) -> None:
    assert find_hits(INDEX, text) == []
    assert [hit.item for hit in find_hits(INDEX, f"{QUESTION}\n{text}")] == ["q/1", "q/2"]
