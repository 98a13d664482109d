"""Labels by an LLM: stored as they come, within the budget, paid once over crashes, then trained on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, text

from app.adapters.llm_endpoints import parse_endpoint
from app.db.session import transaction
from app.domain.price_list import price_table
from app.repositories import classifiers, units
from app.services import classifier_sources as sources
from app.services import labelling as service
from app.services.classifier_sources import LabelBudget, Labelling
from app.services.failures import LostLeaseError
from app.services.submission import Operator, Target
from app.settings import Settings
from tests.classifier_world import GOOD, POOR, judge
from tests.integration.loop_run import Loop
from tests.integration.loop_world import row, rows
from tests.stub_llm_faults import OK, Act, refused
from tests.stub_llm_scripts import StubRequest
from workers import compute
from workers import labelling as worker_labelling

SEVENTY = Labelling(sample=70)
PRICES = price_table({"stub": {"input_usd_per_mtok": 0.15, "output_usd_per_mtok": 0.6}})


@dataclass
class Bench:
    """A corpus to label, with a stub that judges."""

    loop: Loop
    corpus: int

    @property
    def engine(self) -> Engine:
        """The database."""
        return self.loop.engine

    def start(self, how: Labelling = SEVENTY, **caps: Any) -> int:
        """A labelling that waits for its worker; the classifier's id."""
        target = Target(self.loop.stub.url, "stub", parse_endpoint(self.loop.stub.url))
        operator = Operator(False, self.loop.stub.url, "stub", None, PRICES)
        with transaction(self.engine) as session:
            budget = LabelBudget(**caps)
            return sources.from_llm(session, "mine", self.corpus, how, budget, target, operator=operator)[0]

    def finish(self, made: int) -> classifiers.ClassifierRow:
        """The classifier once the workers have had all the turns they want, without the pauses between them."""
        for _ in range(100):
            compute.compute()
            if self.classifier(made).state in ("ready", "failed"):
                break
            with transaction(self.engine) as session:
                session.execute(text("UPDATE units SET not_before = now() WHERE state = 'ready'"))
                session.execute(text("UPDATE endpoints SET not_before = now()"))
        return self.classifier(made)

    def classifier(self, made: int) -> classifiers.ClassifierRow:
        """As stored."""
        with transaction(self.engine) as session:
            return classifiers.get(session, made)

    def labels(self, made: int) -> list[dict[str, Any]]:
        """As stored, in the order of the plan."""
        return rows(self.engine, "SELECT * FROM classifier_labels WHERE classifier_id = :id ORDER BY id", id=made)

    def used(self, made: int) -> dict[str, Any]:
        """Sums over the labels."""
        query = """
            SELECT sum(calls) AS calls, sum(tokens) AS tokens, sum(micro) AS micro, sum(reserved_tokens) AS reserved
            FROM classifier_labels WHERE classifier_id = :id"""
        return row(self.engine, query, id=made)


@pytest.fixture
def bench(loop: Loop) -> Iterator[Bench]:
    loop.endpoint.says(judge)
    yield Bench(loop, loop.corpus([*GOOD, *POOR]))


def test_labels_are_asked_for_stored_and_trained_on(bench: Bench) -> None:
    made = bench.start(Labelling(sample=70, twice=0.2))
    bench.finish(made)

    ready, labels = bench.classifier(made), bench.labels(made)
    assert (ready.state, len(labels), {one["state"] for one in labels}) == ("ready", 84, {"done"})
    assert {one["reason"] for one in labels} == {"It explains a step."}
    assert len(bench.loop.stub.requests) == 84
    assert ready.card["training"]["n"] + ready.report["n"] == 70
    assert ready.report["ceiling"]["n"] == 14
    assert ready.report["own"]["all"]["f1_at_3"][0] > 0.9
    assert ready.source["prompt_sha256"]


def test_bill_and_rows_agree_to_the_micro(bench: Bench) -> None:
    made = bench.start()
    bench.finish(made)
    used = bench.used(made)
    assert (used["calls"], used["micro"], used["reserved"]) == (77, bench.loop.stub.billed_micro, 0)


@pytest.mark.parametrize("cap", ["calls", "tokens", "money_usd"])
def test_budget_ends_the_labelling_and_what_there_is_is_trained_on(bench: Bench, cap: str) -> None:
    how = Labelling(sample=80, twice=0, concurrency=4)
    whole = _spent(bench, bench.start(how))
    billed = bench.loop.stub.billed_micro
    bound = {"calls": 72, "tokens": int(0.95 * whole["tokens"]), "money_usd": 0.95 * whole["money_usd"]}[cap]
    made = bench.start(how, **{cap: bound})
    spent = _spent(bench, made)

    assert spent[cap] <= bound
    assert bench.loop.stub.billed_micro - billed == round(spent["money_usd"] * 1e6)
    assert 0 < [one["state"] for one in bench.labels(made)].count("ready") < 15
    assert bench.classifier(made).state == "ready"


def _spent(bench: Bench, made: int) -> dict[str, float]:
    """By cap, once the labelling is over."""
    bench.finish(made)
    used = bench.used(made)
    return {"calls": int(used["calls"]), "tokens": int(used["tokens"]), "money_usd": int(used["micro"]) / 1e6}


def test_crash_pays_for_no_stored_label_again_and_charges_what_was_in_flight(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench.start(Labelling(sample=70, twice=0, concurrency=8))
    put, stored = service.classifier_labels.put, []

    def dies(session: Any, came: Any) -> None:
        if len(stored) >= 30:
            raise KeyboardInterrupt
        stored.append(came)
        put(session, came)

    monkeypatch.setattr(worker_labelling.classifier_labels, "put", dies)
    with pytest.raises(KeyboardInterrupt):
        compute.compute()
    monkeypatch.undo()
    in_flight = [one for one in bench.labels(made) if one["state"] == "asked"]
    done = {one["id"]: one["labelled_at"] for one in bench.labels(made) if one["state"] == "done"}
    assert (len(done), 0 < len(in_flight) <= 8) == (30, True)
    with transaction(bench.engine) as session:
        session.execute(text("UPDATE units SET lease_until = now() - interval '1 s' WHERE state = 'leased'"))
        units.expire(session, max_crashes=3, max_rewrite_crashes=3)
    bench.finish(made)

    after = {one["id"]: one for one in bench.labels(made)}
    assert {i: after[i]["labelled_at"] for i in done} == done
    assert all(after[i]["calls"] == 1 for i in done)
    for one in in_flight:
        assert after[one["id"]]["calls"] == 2
        assert after[one["id"]]["tokens"] > one["reserved_tokens"]
    assert bench.classifier(made).state == "ready"


def test_answer_of_a_lost_worker_is_not_stored_twice(bench: Bench) -> None:
    made = bench.start()
    with transaction(bench.engine) as session:
        unit = units.claim_cpu(session, worker="slow", lease_s=60)
        assert unit is not None
        found = service.prepare(session, unit)
        (one, *_), _ = service.take(session, unit, found, limit=1)
    with transaction(bench.engine) as session:
        session.execute(text("UPDATE units SET lease_until = now() - interval '1 s' WHERE state = 'leased'"))
        units.expire(session, max_crashes=3, max_rewrite_crashes=3)
    bench.finish(made)
    before = bench.labels(made)

    late = service.Came(one.label.id, "done", 0.0, "late", 99, 99, False, None)
    with transaction(bench.engine) as session:
        service.classifier_labels.put(session, [late])
    assert bench.labels(made) == before
    with pytest.raises(LostLeaseError), transaction(bench.engine) as session:
        session.execute(text("UPDATE classifier_labels SET state = 'ready' WHERE id = :id"), {"id": one.label.id})
        service.take(session, unit, found, limit=1)


def test_bad_answers_are_paid_and_given_up_after_a_few(bench: Bench) -> None:
    bench.loop.endpoint.says(lambda prompt: judge(prompt) if GOOD[7] not in prompt.document else "Score: 5")
    made = bench.start(Labelling(sample=80, twice=0))
    bench.finish(made)
    (bad,) = [one for one in bench.labels(made) if one["state"] != "done"]
    assert (bad["state"], bad["reason"], bad["tries"], bad["calls"]) == ("failed", "bad_score", 3, 3)
    assert bad["micro"] > 0
    assert bench.loop.stub.billed_micro == bench.used(made)["micro"]
    assert bench.classifier(made).state == "ready"


def test_refused_key_fails_with_the_reason_keeps_labels_and_can_go_on(bench: Bench) -> None:
    def locked(request: StubRequest) -> Act:
        return OK if request.number < 40 else refused(401)

    bench.loop.stub.script = locked
    made = bench.start(Labelling(sample=70, twice=0, concurrency=4))
    bench.finish(made)
    failed = bench.classifier(made)
    assert (failed.state, failed.error and failed.error["code"]) == ("failed", "labeller_refused")
    assert failed.error is not None and "unauthorized" in failed.error["detail"]
    kept = [one["id"] for one in bench.labels(made) if one["state"] == "done"]
    assert len(kept) == 40

    bench.loop.stub.script = lambda _request: OK
    with transaction(bench.engine) as session:
        sources.go_on(session, made)
    bench.finish(made)
    labels = {one["id"]: one for one in bench.labels(made)}
    assert bench.classifier(made).state == "ready"
    assert all(labels[i]["calls"] == 1 for i in kept)


def test_overload_is_waited_out_and_costs_nothing(bench: Bench) -> None:
    def busy(request: StubRequest) -> Act:
        return refused(429, ("retry-after", "0")) if request.number % 3 == 0 else OK

    bench.loop.stub.script = busy
    made = bench.start(Labelling(sample=70, twice=0, concurrency=4))
    bench.finish(made)
    assert bench.classifier(made).state == "ready"
    assert bench.used(made)["micro"] == bench.loop.stub.billed_micro


def test_unit_goes_back_between_slices(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_labelling, "SLICE_S", 0.0)
    made = bench.start(Labelling(sample=70, twice=0, concurrency=40))
    with transaction(bench.engine) as session:
        unit = units.claim_cpu(session, worker="w", lease_s=60)
        assert unit is not None
    assert worker_labelling.run(unit) == []
    kept = row(bench.engine, "SELECT state, reason, not_before > now() AS later FROM units WHERE kind = 'label'")
    assert kept == {"state": "ready", "reason": "labelling", "later": True}
    assert bench.classifier(made).state == "labelling"


def test_operators_key_goes_to_the_operators_endpoint_alone(bench: Bench) -> None:
    found = bench.classifier(bench.start())
    chosen = {"llm_api_key": SecretStr("hush"), "llm_base_url": bench.loop.stub.url}
    own = Settings(_env_file=None, **chosen)  # type: ignore[call-arg, arg-type]  # pydantic-settings' own
    other = own.model_copy(update={"llm_base_url": "https://elsewhere.example/v1"})
    assert worker_labelling.endpoint_of(found, own).key == "hush"
    assert worker_labelling.endpoint_of(found, other).key is None


def test_too_small_a_corpus_says_what_it_lacks(bench: Bench) -> None:
    bench.corpus = bench.loop.corpus(GOOD[:10])
    made = bench.start()
    bench.finish(made)
    failed = bench.classifier(made)
    assert failed.error is not None
    assert (failed.state, failed.error["code"]) == ("failed", "nothing_to_label")
    assert "holds 10 work seeds" in failed.error["detail"]


def test_an_endpoint_that_is_down_ends_the_slice_and_is_left_alone_by_all_workers(bench: Bench) -> None:
    made = bench.start(Labelling(sample=70, twice=0, concurrency=4))
    bench.loop.stub.script = lambda _: refused(503)
    compute.compute()
    asked = len(bench.loop.stub.requests)
    assert 8 <= asked <= 8 + 4, "eight in a row, and what was in flight by then"
    (down,) = rows(bench.engine, "SELECT url, down_since IS NOT NULL AS down FROM endpoints")
    assert down == {"url": f"stub at {bench.loop.stub.url}", "down": True}

    with transaction(bench.engine) as session:
        session.execute(text("UPDATE endpoints SET not_before = now() + interval '1 min'"))
        session.execute(text("UPDATE units SET not_before = now() WHERE state = 'ready'"))
    compute.compute()
    assert len(bench.loop.stub.requests) == asked

    bench.loop.stub.script = lambda _: OK
    with transaction(bench.engine) as session:
        session.execute(text("UPDATE endpoints SET not_before = now()"))
    assert bench.finish(made).state == "ready" and bench.used(made)["reserved"] == 0
    assert rows(bench.engine, "SELECT down_since FROM endpoints") == [{"down_since": None}]
