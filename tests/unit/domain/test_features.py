"""The one call of a worker: rows in order, independent of neighbours, also across its chunks."""

import numpy as np

from app.adapters.models import shipped_classifier
from app.domain.embedding import fit_embedder
from app.domain.features import features
from app.domain.records import Kind

TEXTS = ["The moon pulls the sea.", "", "def f(x):\n    return x + 1\n", "a\u202eb zero", "moon"] + [
    f"Text number {number} tells of tides, ships and loops." for number in range(300)
]
KINDS = [Kind.prose, Kind.prose, Kind.code, Kind.prose, Kind.words] + [Kind.prose] * 300


def test_rows_do_not_depend_on_the_range_they_are_computed_in() -> None:
    classifier, embedder = shipped_classifier(), fit_embedder(TEXTS, dims=16, rng_seed=0)
    whole = features(TEXTS, KINDS, classifier, embedder)
    part = features(TEXTS[250:], KINDS[250:], classifier, embedder)
    assert len(whole) == len(TEXTS)
    for name in ("edu_score", "ease", "grade", "list_coverage", "words", "sentences", "embedding", "signature"):
        assert (getattr(whole, name)[250:] == getattr(part, name)).all()
        assert np.isfinite(getattr(whole, name).astype(np.float64)).all()


def test_types_flags_and_bare_words() -> None:
    found = features(TEXTS[:5], KINDS[:5], shipped_classifier(), fit_embedder(TEXTS, dims=16, rng_seed=0))
    assert found.embedding.dtype == np.float16
    assert found.signature.shape == (5, 64)
    assert found.flags == ((), (), (), ("bidi",), ())
    assert found.edu_score[4] == 0


def test_no_texts_give_empty_arrays() -> None:
    embedder = fit_embedder(TEXTS, dims=16, rng_seed=0)
    found = features([], [], shipped_classifier(), embedder)
    assert len(found) == 0
    assert found.embedding.shape == (0, embedder.dims)
