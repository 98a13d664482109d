"""Shingles, MinHash, groups of near-duplicates, and the searchable index."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.dedup import exact_jaccard, near_duplicates, shingles, signatures
from app.domain.dedup_index import SignatureIndex
from app.domain.tokens import mix64, tokenise
from app.errors import InvalidInputError

LONG = " ".join(f"word{number}" for number in range(200))


def edited(position: int) -> str:
    parts = LONG.split()
    parts[position] = "changed"
    return " ".join(parts)


@pytest.mark.parametrize(
    ("a", "b", "jaccard"),
    [
        pytest.param("a b c d e f", "A b, c d e. g", 1 / 3, id="one of three"),
        pytest.param("a b c", "A, b c!", 1.0, id="short and equal"),
        pytest.param("a b c", "a b d", 0.0, id="short and different"),
        pytest.param("", "", 0.0, id="empty"),
        pytest.param(LONG, LONG, 1.0, id="equal"),
        pytest.param(LONG, edited(100), 191 / 201, id="one word changed"),
    ],
)
def test_exact_jaccard(a: str, b: str, jaccard: float) -> None:
    assert exact_jaccard(a, b) == pytest.approx(jaccard)


@given(st.lists(st.sampled_from("abcdef"), max_size=12), st.lists(st.sampled_from("abcdef"), max_size=12))
def test_jaccard_is_symmetric_and_bounded(a: list[str], b: list[str]) -> None:
    value = exact_jaccard(" ".join(a), " ".join(b))
    assert 0 <= value <= 1
    assert value == exact_jaccard(" ".join(b), " ".join(a))


def test_a_signature_does_not_depend_on_the_batch() -> None:
    texts = [LONG, "", "one two", edited(3)]
    whole = signatures(tokenise(texts))
    assert whole.dtype == np.uint32
    for row, text in enumerate(texts):
        assert (whole[row] == signatures(tokenise([text]))[0]).all()


def test_signatures_estimate_the_jaccard_index() -> None:
    texts = [LONG] + [" ".join(LONG.split()[:keep]) for keep in (180, 150, 100)]
    found = signatures(tokenise(texts))
    for row in range(1, 4):
        assert (found[0] == found[row]).mean() == pytest.approx(exact_jaccard(LONG, texts[row]), abs=0.2)


def grouped(texts: list[str]) -> list[int]:
    batch = tokenise(texts)
    found: list[int] = near_duplicates(signatures(batch), shingles(batch).jaccard, threshold=0.8).tolist()
    return found


def test_the_document_most_like_the_others_stands_for_its_group() -> None:
    texts = ["", edited(100), "quite another text about other things", LONG, "", edited(20)]
    assert grouped(texts) == [0, 3, 2, 3, 4, 3]


def test_members_of_a_group_are_like_the_one_that_stands_for_it_however_long_the_chain() -> None:
    words = [f"word{number}" for number in range(400)]
    chain = [" ".join(words[start : start + 200]) for start in range(0, 200, 10)]
    assert exact_jaccard(chain[0], chain[1]) >= 0.8 > exact_jaccard(chain[0], chain[3])

    group = grouped(chain)

    assert 3 <= len(set(group)) < len(chain)
    assert all(exact_jaccard(chain[doc], chain[first]) >= 0.8 for doc, first in enumerate(group))


VARIANTS = [LONG, *(edited(place) for place in range(0, 200, 8)), *(" ".join(LONG.split()[at:]) for at in (9, 19, 29))]


@settings(max_examples=30)
@given(st.permutations(range(len(VARIANTS))))
def test_groups_do_not_depend_on_the_order(order: list[int]) -> None:
    def partition(order: Sequence[int]) -> set[frozenset[int]]:
        group = grouped([VARIANTS[place] for place in order])
        return {frozenset(p for p, other in zip(order, group, strict=True) if other == g) for g in set(group)}

    assert partition(order) == partition(range(len(VARIANTS)))


@given(st.permutations(range(12)))
def test_digests_tell_unlike_documents_of_one_signature_apart(order: list[int]) -> None:
    found = np.repeat(signatures(tokenise([LONG])), 12, axis=0)

    def partition(order: Sequence[int]) -> set[frozenset[int]]:
        digests = mix64(np.array(order, dtype=np.uint64))
        group = near_duplicates(found, lambda a, b: 1 - abs(order[a] - order[b]) / 20, digests=digests).tolist()
        return {frozenset(p for p, other in zip(order, group, strict=True) if other == g) for g in set(group)}

    assert partition(order) == partition(range(12))


def test_thousands_of_equal_documents_form_one_group() -> None:
    found = np.repeat(signatures(tokenise([LONG])), 3_000, axis=0)
    asked: list[tuple[int, int]] = []

    def jaccard(a: int, b: int) -> float:
        asked.append((a, b))
        return 1.0

    assert set(near_duplicates(found, jaccard).tolist()) == {0}
    assert len(asked) < 3 * len(found)


def test_a_candidate_that_the_exact_index_refutes_is_no_duplicate() -> None:
    found = np.repeat(signatures(tokenise([LONG])), 2, axis=0)
    assert near_duplicates(found, lambda _a, _b: 0.5).tolist() == [0, 1]


def test_no_documents_give_no_groups() -> None:
    assert near_duplicates(signatures(tokenise([])), lambda _a, _b: 1.0).tolist() == []


def test_recall_on_edited_documents() -> None:
    rng = np.random.default_rng(0)
    originals = [" ".join(f"w{token}" for token in rng.integers(0, 5_000, 150)) for _ in range(200)]
    copies = [" ".join([*text.split()[:-4], "a", "b", "c", "d"]) for text in originals]
    batch = tokenise(originals + copies)
    group = near_duplicates(signatures(batch), shingles(batch).jaccard, threshold=0.8)
    assert (group[200:] == group[:200]).mean() >= 0.99
    assert len(set(group[:200].tolist())) == 200


def test_index_finds_what_was_added_and_survives_storage() -> None:
    found = signatures(tokenise([LONG, "quite another text about other things", edited(50), ""]))
    index = SignatureIndex.empty().add(np.array([70, 71]), found[:2]).add(np.array([5]), found[3:])
    hits = SignatureIndex.from_bytes(index.to_bytes()).query(found[2:])
    assert hits.row.tolist() == [0]
    assert hits.id.tolist() == [70]
    assert hits.estimate[0] > 0.8


def test_an_index_that_grew_is_the_one_built_at_once() -> None:
    texts = [f"{LONG} number {place}" for place in range(30)] + [edited(place) for place in range(0, 200, 10)]
    found, ids = signatures(tokenise(texts)), np.arange(50, dtype=np.int64)
    grown = SignatureIndex.empty()
    for low, high in ((0, 1), (1, 20), (20, 20), (20, 50)):
        grown = SignatureIndex.from_bytes(grown.add(ids[low:high], found[low:high]).to_bytes())
    whole = SignatureIndex.build(ids, found)
    for name in ("ids", "signatures", "keys", "order"):
        np.testing.assert_array_equal(getattr(grown, name), getattr(whole, name))


def test_a_newcomer_meets_the_first_of_thousands_of_equal_texts() -> None:
    found = np.repeat(signatures(tokenise([LONG])), 3_000, axis=0)
    hits = SignatureIndex.build(np.arange(3_000, dtype=np.int64), found).query(found[:2])
    assert hits.row.tolist() == [0] * 32 + [1] * 32
    assert hits.id.tolist() == [*range(32)] * 2


def test_an_empty_index_has_no_hits() -> None:
    assert len(SignatureIndex.empty().query(signatures(tokenise([LONG]))).id) == 0


def test_an_index_that_names_documents_it_has_not_is_refused() -> None:
    index = SignatureIndex.build(np.array([7]), signatures(tokenise([LONG])))
    with pytest.raises(InvalidInputError):
        SignatureIndex.from_bytes(replace(index, order=index.order + 1).to_bytes())


@pytest.mark.parametrize("blob", [b"", b"junk", b"PK\x03\x04junk"], ids=["empty", "junk", "broken zip"])
def test_anything_else_is_no_index(blob: bytes) -> None:
    with pytest.raises(InvalidInputError):
        SignatureIndex.from_bytes(blob)
