"""Which classifier new jobs use, and that a job keeps the weights it pinned."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.adapters.models import shipped_classifier, shipped_classifier_blob
from app.domain.education import dump_classifier
from app.errors import NotFoundError
from app.repositories import classifiers
from app.services import classifiers as service

OTHER = dump_classifier(replace(shipped_classifier(), intercept=0.5))
MINE = dump_classifier(replace(shipped_classifier(), intercept=0.125))


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """Rolled back, so that no test chooses for another."""
    with Session(engine) as opened:
        yield opened


def add(session: Session, name: str = "mine", *, weights: bytes = MINE, state: str = "ready") -> int:
    """A stored classifier; its id."""
    digest = sha256(weights).hexdigest()
    return classifiers.add(session, name, state=state, sha256=digest, weights=weights)


def test_new_jobs_use_the_shipped_one_until_another_is_chosen(session: Session) -> None:
    assert service.for_new_job(session) == shipped_classifier().sha256

    mine = add(session)
    service.use(session, mine)
    assert service.for_new_job(session) == sha256(MINE).hexdigest()


def test_rollback_goes_back_choice_by_choice_to_the_shipped_one(session: Session) -> None:
    first, second = add(session), add(session, weights=OTHER)
    for chosen in (first, second, first):
        service.use(session, chosen)

    assert [service.roll_back(session).id for _ in range(2)] == [second, first]
    assert service.roll_back(session).name == service.SHIPPED
    with pytest.raises(service.NothingToRollBackError):
        service.roll_back(session)


def test_choosing_the_same_again_is_no_new_choice(session: Session) -> None:
    mine = add(session)
    service.use(session, mine)
    service.use(session, mine)

    assert service.roll_back(session).name == service.SHIPPED


def test_only_a_ready_classifier_can_be_used(session: Session) -> None:
    training = classifiers.add(session, "mine", state="training")
    with pytest.raises(service.ClassifierNotReadyError, match="training"):
        service.use(session, training)
    with pytest.raises(NotFoundError):
        service.use(session, 10**9)


def test_versions_count_within_a_name_and_the_shipped_one_is_stored_once(session: Session) -> None:
    ids = [add(session), add(session), add(session, "other")]
    assert [classifiers.get(session, i).version for i in ids] == [1, 2, 1]
    assert service.ensure_shipped(session) == service.ensure_shipped(session)


def test_pinned_weights_are_those_of_the_digest_and_no_others(session: Session) -> None:
    add(session)
    digest = sha256(MINE).hexdigest()
    assert service.pinned_weights(session, digest) == MINE
    # A job from before classifiers were stored.
    assert service.pinned_weights(session, shipped_classifier().sha256) == shipped_classifier_blob()
    with pytest.raises(service.ClassifierMissingError, match="ffff"):
        service.pinned_weights(session, "f" * 64)


def test_weights_that_this_version_cannot_read_are_refused_with_what_to_do(session: Session) -> None:
    old = add(session, weights=b"weights of another format")
    with pytest.raises(service.ClassifierUnreadableError, match="Train it again"):
        service.use(session, old)
    classifiers.use(session, old)
    with pytest.raises(service.ClassifierUnreadableError):
        service.for_new_job(session)


def test_weights_that_changed_under_their_digest_are_refused(session: Session) -> None:
    digest = sha256(MINE).hexdigest()
    classifiers.add(session, "mine", state="ready", sha256=digest, weights=MINE + b"x")
    with pytest.raises(service.ClassifierMissingError):
        service.pinned_weights(session, digest)
