"""What can go wrong with a set, done on purpose to texts that people wrote, trips its gate; they themselves do not.

The rates over 100 draws are in `benchmarks/diversity.py`; here a few draws of each.
"""

import numpy as np
import pytest

from app.domain.measuring import Measured
from app.domain.ruler import Ruler, fit_ruler
from app.domain.tokens import tokenise
from benchmarks import human_texts
from benchmarks.diversity import REFERENCE, SET, failed, measured
from benchmarks.pathologies import PATHOLOGIES, Material

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not human_texts.there(), reason="../shared is not beside the project"),
]
SOURCES = {"web pages": human_texts.WEB, "books": human_texts.BOOKS}


@pytest.fixture(scope="module", params=SOURCES, ids=str)
def beside(request: pytest.FixtureRequest) -> tuple[Ruler, Measured, list[str]]:
    """A reference, and texts of the same source that are not in it."""
    pool = human_texts.texts(SOURCES[request.param])
    texts = [pool[place] for place in np.random.default_rng(11).permutation(len(pool)).tolist()]
    ruler = fit_ruler(texts[:REFERENCE], rng_seed=11)
    return ruler, measured(texts[:REFERENCE], ruler), texts[REFERENCE:]


def test_clean_texts_trip_no_gate(beside: tuple[Ruler, Measured, list[str]]) -> None:
    ruler, base, others = beside

    assert failed(measured(others[:SET], ruler), base) == set()


@pytest.mark.parametrize("name", PATHOLOGIES)
def test_a_spoilt_set_trips_its_gate(name: str, beside: tuple[Ruler, Measured, list[str]]) -> None:
    ruler, base, others = beside
    spoil, gates = PATHOLOGIES[name]
    spare = others[SET:]
    topics = np.argmax(ruler.vectors(tokenise(spare), spare) @ ruler.clusters.centres.T, axis=1).astype(np.int64)
    bad = spoil(Material(others[:SET], spare, topics), 0.4, np.random.default_rng(3))

    assert failed(measured(bad, ruler), base) & set(gates)


def test_the_texts_that_fitted_the_ruler_look_no_more_diverse(beside: tuple[Ruler, Measured, list[str]]) -> None:
    ruler, base, others = beside
    fresh = measured(others, ruler)

    for name, most in (("vendi2", 0.03), ("cluster_simpson", 0.1), ("distinct3", 0.03)):
        assert fresh.values[name] == pytest.approx(base.values[name], rel=most), name
