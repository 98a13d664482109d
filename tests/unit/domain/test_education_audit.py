"""The audit model: a second opinion that is never retrained."""

from dataclasses import replace

import numpy as np
import pytest

from app.adapters.models import shipped_audit
from app.domain.education import InvalidClassifierError
from app.domain.education_audit import dump_audit, load_audit
from app.domain.education_audit_training import train_audit
from app.domain.tokens import tokenise

SHA256 = "02425801adb36e2c34fd895d98f706ca8d07c98257dd60c19dd2a84353061c69"
LESSON = "A loop repeats a step. For example, it counts apples one after the other, and we explain why that works."
CONFIG = '{"name": "web", "port": 8080, "retries": 3, "debug": false, "tags": ["a", "b"]}'


def test_the_audit_model_is_the_one_that_was_frozen() -> None:
    assert shipped_audit().sha256 == SHA256, "the audit model must never be retrained; see its module"


def test_a_lesson_scores_above_configuration_and_no_words_score_nothing() -> None:
    lesson, config, nothing = shipped_audit().predict(tokenise([LESSON, CONFIG, "..."]))
    assert lesson > config
    assert nothing == 0


def test_scores_do_not_depend_on_the_batch() -> None:
    together = shipped_audit().predict(tokenise([LESSON, CONFIG, LESSON * 3]))
    alone = [shipped_audit().predict(tokenise([text]))[0] for text in (LESSON, CONFIG, LESSON * 3)]
    assert together.tolist() == alone


def test_training_learns_from_labels_and_repeats_itself() -> None:
    texts = [f"{LESSON} Number {n}." for n in range(40)] + [CONFIG.replace("8080", str(n)) for n in range(40)]
    labels = [4.0] * 40 + [0.0] * 40
    audit = train_audit(texts, labels, rng_seed=0)
    high, low = audit.predict(tokenise([LESSON, CONFIG]))
    assert high > 3 > 1 > low
    assert train_audit(texts, labels, rng_seed=0).sha256 == audit.sha256


def test_a_damaged_file_is_refused() -> None:
    good = shipped_audit()
    nan = good.log_odds.copy()
    nan[0] = np.nan
    for blob in (
        b"",
        dump_audit(good)[:500],
        dump_audit(replace(good, log_odds=nan)),
        dump_audit(replace(good, log_odds=good.log_odds[:5])),
        dump_audit(replace(good, knots=good.knots[:, ::-1])),
    ):
        with pytest.raises(InvalidClassifierError):
            load_audit(blob)
