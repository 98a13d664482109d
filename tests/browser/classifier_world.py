"""Classifiers as a service has them that trained some: ready, failed, being labelled, judged on a later file."""

from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from app.adapters.models import shipped_classifier
from app.domain.education import dump_classifier
from app.domain.held_out import Judged, judge
from app.repositories import classifier_labels, classifiers
from app.services import classifiers as service


@lru_cache(maxsize=1)
def report() -> dict[str, Any]:
    """A real report on made-up scores of 97 documents, 20 of them labelled twice."""
    rng = np.random.default_rng(3)
    labels = rng.uniform(0, 5, 97)
    near, far = (np.clip(labels + rng.normal(0, spread, 97), 0, 5) for spread in (0.4, 0.9))
    kinds = ["code" if place % 3 else "prose" for place in range(97)]
    pairs = [(float(a), float(b)) for a, b in zip(labels[:20], near[:20], strict=True)]
    return {**judge(Judged(labels, kinds, near, far), pairs, rng_seed=0), "other_sha256": "01" * 32}


def build(session: Session, seeds: list[int], *, name: str = "lessons", file: str = "lessons.jsonl") -> int:
    """A used, a failed and a labelling classifier; the id of the first."""
    service.ensure_shipped(session)
    weights = dump_classifier(replace(shipped_classifier(), intercept=0.25))
    training = {
        "n": 388, "held_out": 97, "skipped": {"bad_json": 1}, "skipped_lines": [{"line": 17, "code": "bad_json"}],
    }  # fmt: skip
    made = classifiers.add(
        session, name, state="ready", sha256=sha256(weights).hexdigest(), weights=weights,
        source={"kind": "file", "file": file, "id": "0" * 32}, card={"training": training}, report=report(),
    )  # fmt: skip
    service.use(session, made)
    judged = classifiers.add_evaluation(session, made, source={"file": file, "id": "0" * 32})
    classifiers.finish_evaluation(session, judged, state="ready", report={**report(), "ceiling": None})
    failed = classifiers.add(session, name, state="training", source={"kind": "file", "file": file})
    why = f"3 usable labelled documents; at least 65 are needed. Skipped: line 2 bad_label. {name}"
    classifiers.fail(session, failed, None, code="unusable_labels", detail=why)
    asked = classifiers.add(session, name, state="labelling", source={"kind": "llm", "model": name, "corpus_id": 1})
    classifier_labels.plan(session, asked, [(seed, 0) for seed in seeds])
    return made
