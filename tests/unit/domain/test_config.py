"""The config's bounds, as the API checks them, its hash, and the targets that can never all hold."""

import math
from dataclasses import asdict, replace

import pytest
from pydantic import TypeAdapter, ValidationError

from app.domain.config import (
    PRESET_GRADES,
    Budget,
    JobConfig,
    Llm,
    ModelShare,
    Planning,
    Preset,
    Targets,
    config_hash,
    contradictions,
)
from app.domain.gate_config import Gates, Licences

ADAPTER = TypeAdapter(JobConfig)

REFUSED: dict[str, dict[str, object]] = {
    "a billion rounds": {"max_rounds": 1_000_000_000},
    "no round": {"max_rounds": 0},
    "negative concurrency": {"llm": {"concurrency": -1}},
    "temperature NaN": {"llm": {"temperature": math.nan}},
    "temperature infinite": {"llm": {"temperature": math.inf}},
    "money beyond belief": {"budget": {"money_usd": 1e308}},
    "money of nothing": {"budget": {"money_usd": 0}},
    "calls of nothing": {"budget": {"calls": 0}},
    "unknown field": {"max_round": 3},
    "unknown field inside": {"gates": {"edu": 1}},
    "share over one": {"planning": {"quota_share": 1.1}},
    "negative share": {"planning": {"arm_floor": -0.1}},
    "score over five": {"gates": {"edu_min": 5.5}},
    "jaccard of zero": {"gates": {"near_duplicate_jaccard": 0}},
    "target NaN": {"targets": {"vendi2_ratio": math.nan}},
    "context too small": {"llm": {"context_tokens": 100}},
    "negative rng seed": {"rng_seed": -1},
    "long recipe name": {"recipe": "x" * 101},
    "text for a number": {"draws": "many"},
    "a model of no share": {"llm": {"models": [{"model": "a", "share": 0}]}},
    "a model without a name": {"llm": {"models": [{"share": 1}]}},
    "benchmarks no list": {"benchmarks": 3},
    "unknown handling": {"gates": {"safety": {"emails": "hide"}}},
    "unknown class": {"gates": {"safety": {"names": "off"}}},
    "licences no list": {"gates": {"licences": {"allow": "MIT"}}},
}


@pytest.mark.parametrize("given", REFUSED.values(), ids=REFUSED.keys())
def test_a_config_out_of_bounds_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(given)


def test_the_defaults_are_within_their_own_bounds_and_contradict_nothing() -> None:
    assert ADAPTER.validate_python(asdict(JobConfig())) == JobConfig()
    assert ADAPTER.validate_json(ADAPTER.dump_json(JobConfig())) == JobConfig()
    assert contradictions(JobConfig()) == []


CONTRADICTIONS: dict[str, tuple[JobConfig, str]] = {
    "no licence at all": (JobConfig(gates=Gates(licences=Licences(allow=(), unknown=False))), "no seed can take part"),
    "a licence both ways": (JobConfig(gates=Gates(licences=Licences(allow=("MIT",), deny=("MIT",)))), "denies MIT"),
    "distinct3 turned round": (JobConfig(targets=Targets(distinct3_low=1.1, distinct3_high=1.0)), "distinct3_low"),
    "more than all calls": (JobConfig(planning=Planning(quota_share=0.8, repair_share=0.3)), "add up"),
    "one model and several": (JobConfig(llm=Llm(model="a", models=(ModelShare("b"),))), "llm.models are both set"),
    "a model twice": (JobConfig(llm=Llm(models=(ModelShare("a"), ModelShare("a")))), "names a more than once"),
    "nothing to shift": (JobConfig(llm=Llm(models=(ModelShare("a"),), adaptive=True)), "fewer than two"),
    "floors above all calls": (
        JobConfig(llm=Llm(models=(ModelShare("a"), ModelShare("b")), adaptive=True, model_floor=0.6)),
        "more than all calls",
    ),
    "no room for a prompt": (JobConfig(llm=Llm(max_tokens=1000, context_tokens=1000)), "no room"),
    "more tokens than money": (
        JobConfig(targets=Targets(approved_tokens=11), budget=Budget(tokens=10)),
        "approved_tokens",
    ),
}


@pytest.mark.parametrize(("config", "said"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_a_contradiction_is_said_in_one_sentence(config: JobConfig, said: str) -> None:
    (sentence,) = contradictions(config)

    assert said in sentence


def test_bounds_that_just_fit_contradict_nothing() -> None:
    config = JobConfig(
        targets=Targets(distinct3_low=1.0, distinct3_high=1.0, approved_tokens=10),
        budget=Budget(tokens=10),
        planning=Planning(quota_share=0.75, repair_share=0.25),
        llm=Llm(max_tokens=999, context_tokens=1000),
    )

    assert contradictions(config) == []
    assert contradictions(replace(config, targets=Targets(distinct3_low=1.2, distinct3_high=None))) == []


def test_all_contradictions_are_said_at_once() -> None:
    config = JobConfig(planning=Planning(quota_share=1, repair_share=1), llm=Llm(max_tokens=600, context_tokens=512))

    assert len(contradictions(config)) == 2


def test_the_hash_is_of_every_field_and_of_nothing_else() -> None:
    changed = [
        replace(JobConfig(), rng_seed=1),
        replace(JobConfig(), targets=Targets(grade_p90=9.0)),
        replace(JobConfig(), llm=Llm(cache=False)),
        replace(JobConfig(), benchmarks=(1,)),
        replace(JobConfig(), budget=Budget(calls=1)),
    ]

    assert config_hash(JobConfig()) == config_hash(JobConfig())
    assert len({config_hash(config) for config in [JobConfig(), *changed]}) == 6


def test_the_hash_survives_storage() -> None:
    config = JobConfig(benchmarks=(4, 5), targets=Targets(ease_mean=61.5))

    assert config_hash(ADAPTER.validate_json(ADAPTER.dump_json(config))) == config_hash(config)


def test_every_preset_has_a_grade_that_rises_with_the_reader() -> None:
    assert list(PRESET_GRADES) == list(Preset)
    assert sorted(PRESET_GRADES.values()) == list(PRESET_GRADES.values())
