"""A job scores with the weights it pinned at submission, whatever is chosen afterwards."""

from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

from app.adapters.models import shipped_classifier
from app.db.session import transaction
from app.domain.education import Classifier, dump_classifier, load_classifier
from app.domain.tokens import tokenise
from app.repositories import classifiers
from app.services import classifiers as service
from tests.integration.loop_run import Loop
from tests.integration.loop_world import config_of, rows

SEEDS = [
    f"Water boils at {100 - n} degrees. We heat it, and then we see {n} bubbles rise because of steam."
    for n in range(6)
]


def mine() -> Classifier:
    """Weights that score otherwise than the shipped ones."""
    knots = np.array([[-1.0, 5.0], [1.5, 4.5]])
    return load_classifier(dump_classifier(replace(shipped_classifier(), knots=knots)))


def choose(loop: Loop, classifier: Classifier) -> None:
    """Store it and let new jobs use it."""
    blob = dump_classifier(classifier)
    with transaction(loop.engine) as session:
        digest = sha256(blob).hexdigest()
        made = classifiers.add(session, "mine", state="ready", sha256=digest, weights=blob)
        service.use(session, made)


def test_seeds_and_answers_are_scored_by_the_pinned_classifier(loop: Loop) -> None:
    own = mine()
    choose(loop, own)
    job = loop.submit(loop.corpus(SEEDS), config_of(max_rounds=1))
    with transaction(loop.engine) as session:
        service.roll_back(session)
    loop.drive(job)

    assert loop.job(job)["classifier_sha256"] == own.sha256
    for query in (
        "SELECT s.text, x.edu_score FROM seed_scores x JOIN seeds s ON s.id = x.seed_id WHERE x.job_id = :job",
        "SELECT text, edu_score FROM generations WHERE job_id = :job",
    ):
        scored = rows(loop.engine, query, job=job)
        assert scored
        wanted = own.predict(tokenise([row["text"] for row in scored]))
        assert [row["edu_score"] for row in scored] == pytest.approx(wanted.tolist(), abs=1e-5)
        shipped = shipped_classifier().predict(tokenise([row["text"] for row in scored]))
        assert np.abs(wanted - shipped).max() > 0.1


def test_job_whose_weights_are_gone_fails_with_the_reason(loop: Loop) -> None:
    choose(loop, mine())
    job = loop.submit(loop.corpus(SEEDS), config_of(max_rounds=1))
    with transaction(loop.engine) as session:
        session.connection().exec_driver_sql("DELETE FROM classifiers WHERE name = 'mine'")
        session.connection().exec_driver_sql(f"UPDATE jobs SET classifier_sha256 = '{'e' * 64}' WHERE id = {job}")
    ended = loop.drive(job)

    assert (ended["state"], "eeee" in ended["note"]) == ("failed", True)
