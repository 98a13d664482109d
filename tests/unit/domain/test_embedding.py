"""Vectors of texts: unit length, frozen, independent of the batch; clusters over them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.clusters import assign, cluster_count, fit_clusters, name_clusters
from app.domain.embedding import Embedder, embed, fit_embedder, from_bytes, to_bytes
from app.domain.tokens import tokenise
from app.errors import InvalidInputError

_TOPICS = {"sea": "tide wave ship sail harbor salt fish", "code": "loop list index value string print function"}
SEEDS = [
    " ".join(np.random.default_rng(number).choice(words.split(), 30))
    for number in range(20)
    for words in _TOPICS.values()
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return fit_embedder(SEEDS, dims=8, rng_seed=3)


@settings(max_examples=30)
@given(st.lists(st.text(max_size=60) | st.sampled_from(SEEDS), min_size=1, max_size=8))
def test_rows_are_unit_and_independent_of_the_batch_bit_for_bit(texts: list[str]) -> None:
    fitted = fit_embedder(SEEDS[:10], dims=4, rng_seed=1)
    whole = embed(fitted, tokenise(texts))
    assert whole.dtype == np.float32
    assert np.linalg.norm(whole, axis=1) == pytest.approx(1, abs=1e-5)
    for row, text in enumerate(texts):
        assert (embed(fitted, tokenise([text]))[0] == whole[row]).all()


def test_fitting_again_gives_the_same_bytes() -> None:
    assert to_bytes(fit_embedder(SEEDS, dims=8, rng_seed=3)) == to_bytes(fit_embedder(SEEDS, dims=8, rng_seed=3))


def test_storage_keeps_every_bit_and_is_small(embedder: Embedder) -> None:
    blob = to_bytes(embedder)
    batch = tokenise(SEEDS)
    assert (embed(from_bytes(blob), batch) == embed(embedder, batch)).all()
    assert len(blob) <= 8_000_000


def test_same_topic_is_nearer_than_another(embedder: Embedder) -> None:
    sea, ship, code = embed(embedder, tokenise(["tide wave ship", "ship sail salt", "loop list value"]))
    assert sea @ ship > sea @ code


def test_seeds_are_centred(embedder: Embedder) -> None:
    assert np.linalg.norm(embed(embedder, tokenise(SEEDS)).mean(axis=0)) < 0.2


@pytest.mark.parametrize(
    "texts",
    [[], [""], ["one text"], ["same words here"] * 5, ["a", "b"]],
    ids=["none", "empty", "one", "identical", "no shared word"],
)
def test_degenerate_seeds_still_give_unit_rows(texts: list[str]) -> None:
    fitted = fit_embedder(texts, rng_seed=0)
    rows = embed(from_bytes(to_bytes(fitted)), tokenise([*texts, "something else"]))
    assert np.isfinite(rows).all()
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)


def test_anything_else_is_no_embedder() -> None:
    for blob in (b"", b"junk", to_bytes(fit_embedder(["a b", "a b"], rng_seed=0))[:200]):
        with pytest.raises(InvalidInputError):
            from_bytes(blob)


@pytest.mark.parametrize(("n", "k"), [(0, 0), (1, 1), (10, 10), (512, 16), (2_000, 31), (1_000_000, 256)])
def test_cluster_count(n: int, k: int) -> None:
    assert cluster_count(n) == k


def test_clusters_part_the_topics_and_are_named_by_them(embedder: Embedder) -> None:
    rows = embed(embedder, tokenise(SEEDS))
    clusters = fit_clusters(rows, rng_seed=0, k=2)
    labels = assign(clusters, rows)
    assert len(set(labels[::2].tolist())) == len(set(labels[1::2].tolist())) == 1
    assert labels[0] != labels[1]
    names = name_clusters(SEEDS, labels)
    assert set(names[labels[0]].split(", ")) <= set(_TOPICS["sea"].split())


def test_assignment_does_not_depend_on_the_batch(embedder: Embedder) -> None:
    rows = embed(embedder, tokenise(SEEDS))
    clusters = fit_clusters(rows, rng_seed=0, k=5)
    labels = assign(clusters, rows)
    assert labels.tolist() == [int(assign(clusters, rows[row : row + 1])[0]) for row in range(len(rows))]


def test_identical_rows_make_one_cluster() -> None:
    rows = np.ones((20, 3), dtype=np.float32)
    assert fit_clusters(rows, rng_seed=0).k == 1


def test_no_rows_make_no_clusters() -> None:
    clusters = fit_clusters(np.zeros((0, 4), dtype=np.float32), rng_seed=0)
    assert clusters.k == 0
    assert assign(clusters, np.ones((2, 4), dtype=np.float32)).tolist() == [-1, -1]


def test_a_cluster_without_words_still_has_a_name() -> None:
    assert name_clusters(["the of", "ship sail"], [0, 1]) == ["cluster 0", "sail, ship"]
