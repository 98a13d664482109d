"""The units that make and judge classifiers: train on labels, evaluate on a labelled file."""

from app.db.session import retrying
from app.domain.steps import Step
from app.domain.text import sha256
from app.repositories import classifiers
from app.repositories.classifiers import ClassifierRow
from app.repositories.units import ClaimedUnit
from app.services import classifier_training as training
from app.services.classifier_training import Labels
from workers import resources


def train(unit: ClaimedUnit) -> list[Step]:
    """Fit a classifier to its labels and store it with its report."""
    assert unit.classifier_id is not None
    made, engine = unit.classifier_id, resources.engine()
    trained = training.think_train(_labels(retrying(engine, lambda s: classifiers.get(s, made))))
    retrying(engine, lambda s: training.write_train(s, unit, trained))
    return []


def evaluate(unit: ClaimedUnit) -> list[Step]:
    """Judge a classifier on a labelled file, without the documents that it was made from."""
    engine = resources.engine()
    row, weights, source = retrying(engine, lambda s: training.read_evaluate(s, unit))
    seen = set() if row.source["kind"] == "shipped" else {sha256(text) for text in _labels(row).texts}
    report = training.think_evaluate(weights, training.file_labels(resources.storage(), source), seen)
    retrying(engine, lambda s: training.write_evaluate(s, unit, report))
    return []


def _labels(row: ClassifierRow) -> Labels:
    # A file is read outside any transaction: a large one takes longer than a transaction may idle.
    if row.source["kind"] == "file":
        return training.file_labels(resources.storage(), row.source)
    if row.source["kind"] == "reviews":
        return retrying(resources.engine(), lambda s: training.review_labels(s, row.source))
    if row.source["kind"] == "judge":
        return retrying(resources.engine(), lambda s: training.judge_labels(s, row.source))
    return retrying(resources.engine(), lambda s: training.llm_labels(s, row.id))
