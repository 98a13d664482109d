"""A job with two models at two endpoints: each gets its share, is paid at its price, and is named with its texts."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from app.domain.config import Budget, Llm, ModelShare
from app.domain.price_list import UnknownPriceError, price_table
from app.services import submission
from tests.faults.rig import document
from tests.integration.loop_run import Loop, StubThread
from tests.integration.loop_world import config_of, row, rows
from tests.stub_llm_scripts import StubRequest

PRICES = {
    "stub": {"input_usd_per_mtok": 0.15, "output_usd_per_mtok": 0.6},
    "large": {"input_usd_per_mtok": 2.0, "output_usd_per_mtok": 8.0},
    "small": {"input_usd_per_mtok": 0.1, "output_usd_per_mtok": 0.4},
}


def _model(request: StubRequest) -> str:
    return str(json.loads(request.body)["model"])


class Priced(Loop):
    """Whose operator knows what both models cost."""

    @property
    def operator(self) -> submission.Operator:
        return replace(super().operator, prices=price_table(PRICES))


def test_each_model_gets_its_share_at_its_endpoint_and_its_price(loop: Loop) -> None:
    loop = Priced(loop.engine, loop.endpoint)
    with StubThread() as other:
        models = (ModelShare("large"), ModelShare("small", share=3.0, base_url=other.stub.url))
        config = config_of(llm=Llm(models=models), budget=Budget(money_usd=5.0), max_rounds=1)
        job_id = loop.submit(loop.corpus([document(place) for place in range(40)]), config)
        loop.drive(job_id)
        asked = Counter(_model(request) for stub in (loop.stub, other.stub) for request in stub.requests)
        elsewhere = {_model(request) for request in other.stub.requests}

    query = "SELECT draw->>'model' AS model, micro, prompt_tokens AS p, completion_tokens AS c FROM generations"
    made = rows(loop.engine, query)
    assert asked["small"] == 3 * asked["large"] > 0 and elsewhere == {"small"}
    assert {one["model"] for one in made} == {"large", "small"}
    prices = price_table(PRICES)
    assert all(one["micro"] == prices.price(one["model"]).cost(one["p"], one["c"]) for one in made)
    spent = row(loop.engine, "SELECT spent_micro, reserved_micro FROM budgets WHERE job_id = :j", j=job_id)
    (paid,) = rows(loop.engine, "SELECT sum(micro)::bigint AS micro FROM llm_calls")
    assert spent == {"spent_micro": paid["micro"], "reserved_micro": 0}
    assert loop.rounds(job_id)[1]["plan"]["models"] == {"large": asked["large"], "small": asked["small"]}


def test_a_model_without_a_price_is_refused_under_a_money_budget(loop: Loop) -> None:
    config = config_of(llm=Llm(models=(ModelShare("stub"), ModelShare("nobody"))), budget=Budget(money_usd=5.0))

    with pytest.raises(UnknownPriceError, match="nobody"):
        loop.submit(loop.corpus([document(0)]), config)
