"""A job in batch mode over real Postgres, its stub provider, and what must hold of both at its end."""

from dataclasses import replace
from typing import Any

from sqlalchemy import text

from app.db.session import transaction
from app.domain.config import Budget, Llm, Planning
from app.domain.price_list import price_table
from app.domain.records import JobId
from app.services import submission
from tests.faults.rig import document
from tests.integration.loop_run import Loop
from tests.integration.loop_world import config_of, row, rows
from tests.stub_llm_batches import StubBatches

PRICES = {"stub": {"input_usd_per_mtok": 0.15, "output_usd_per_mtok": 0.6, "batch_discount": 0.5}}


class BatchLoop(Loop):
    """Whose operator gets the stub's batches at half price."""

    @property
    def operator(self) -> submission.Operator:
        return replace(super().operator, prices=price_table(PRICES))

    @property
    def provider(self) -> StubBatches:
        """The stub's files and batches."""
        return self.stub.batches

    def start(self, documents: int = 12, *, upload: bool = True, budget: Budget | None = None, **llm: Any) -> JobId:
        """A job of one round, a call a made-up seed; its batch is sent, if `upload` says so."""
        config = config_of(
            llm=Llm(**{"batch": True, "profile": "openai", **llm}),
            budget=budget or Budget(money_usd=5.0),
            planning=Planning(calls_per_round=documents),
            max_rounds=1,
        )
        job_id = self.submit(self.corpus([document(place) for place in range(documents)]), config)
        self.drive(job_id, until=lambda: self.rounds(job_id)[-1]["number"] == 1)
        if upload:
            self.turn(job_id)
        return job_id

    def due(self) -> None:
        """As if the time had passed until somebody looks again."""
        with transaction(self.engine) as session:
            session.execute(text("UPDATE batches SET next_at = now()"))
            session.execute(text("UPDATE units SET not_before = now() WHERE state = 'ready'"))

    def killed(self) -> None:
        """As if whoever held the job's batches had been lost, and their leases had run out."""
        with transaction(self.engine) as session:
            session.execute(text("UPDATE batches SET lease_until = now() - interval '1 second', next_at = now()"))

    def look(self, job_id: int) -> None:
        """One hint, after some time."""
        self.due()
        self.turn(job_id)

    def finish(self, job_id: int, *, looks: int = 20) -> dict[str, Any]:
        """Look until the job has ended; returns it."""
        for _ in range(looks):
            self.look(job_id)
            if self.job(job_id)["state"] != "running":
                return self.job(job_id)
        raise AssertionError(f"still running: {self.batches(job_id)} {self.units(job_id)}")

    def batches(self, job_id: int) -> list[dict[str, Any]]:
        """Our rows."""
        return rows(self.engine, "SELECT * FROM batches WHERE job_id = :job ORDER BY id", job=job_id)

    def units(self, job_id: int) -> dict[str, int]:
        """{state: calls}."""
        query = "SELECT state, count(*) AS n FROM units WHERE job_id = :job AND kind = 'rewrite' GROUP BY state"
        return {one["state"]: one["n"] for one in rows(self.engine, query, job=job_id)}

    def budget(self, job_id: int) -> dict[str, Any]:
        """The budget row."""
        return row(self.engine, "SELECT * FROM budgets WHERE job_id = :job", job=job_id)

    def check_paid(self, job_id: int) -> None:
        """What we charged is what the provider billed, to the micro-USD, and nothing is held back."""
        budget = self.budget(job_id)
        assert budget["spent_micro"] == self.stub.billed_micro > 0
        assert (budget["reserved_micro"], budget["reserved_tokens"], budget["reserved_calls"]) == (0, 0, 0)
