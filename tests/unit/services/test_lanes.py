"""Who answers a job's calls: the operator's endpoints by name, the job's own without a key, and what is refused."""

import json

import pytest

from app.adapters.llm_profiles import UnknownProfileError
from app.api.operator import operator_of
from app.domain.config import JobConfig, Llm, ModelShare
from app.domain.lanes import EndpointShare, Lane, read_lane
from app.errors import InvalidInputError
from app.services.named_endpoints import UnknownEndpointError
from app.services.submission import (
    EndpointNotAllowedError,
    ImpossibleConfigError,
    check_config,
    choose_lanes,
    choose_targets,
)
from app.settings import Settings

HERE, THERE, OWN = "http://here/v1", "https://there/v1", "http://own:8000/v1"
EAST = {"name": "east", "base_url": HERE, "api_key": "sk-east", "weight": 3, "profile": "vllm", "concurrency": 8}
WEST = {"name": "west", "base_url": THERE, "api_key": "sk-west", "model": "large-there"}
TWIN = {"name": "twin", "base_url": HERE, "api_key": "sk-twin"}


def settings(monkeypatch: pytest.MonkeyPatch, *listed: dict[str, object], **over: str) -> Settings:
    """As an operator sets them."""
    for name in ("LLM_BASE_URL", "LLM_API_KEY", "LLM_MODEL", "LLM_ENDPOINTS"):
        monkeypatch.delenv(f"HORNBOOK_{name}", raising=False)
    monkeypatch.setenv("HORNBOOK_LLM_MODEL", "large")
    if listed:
        monkeypatch.setenv("HORNBOOK_LLM_ENDPOINTS", json.dumps(listed))
    for name, value in over.items():
        monkeypatch.setenv(f"HORNBOOK_{name.upper()}", value)
    return Settings(_env_file=None)  # type: ignore[call-arg]  # pydantic-settings' own


EAST_LANE = Lane("large", HERE, "east", weight=3.0, profile="vllm", concurrency=8)
WEST_LANE = Lane("large", THERE, "west", there="large-there")
LANES: dict[str, tuple[Llm, list[tuple[Lane, str | None]]]] = {
    "all of the operator's": (Llm(), [(EAST_LANE, "sk-east"), (WEST_LANE, "sk-west")]),
    "one by its name": (Llm(endpoints=(EndpointShare(name="west"),)), [(WEST_LANE, "sk-west")]),
    "the job's word before the operator's": (
        Llm(endpoints=(EndpointShare(name="east", weight=1, model="l", profile="nim", concurrency=2),)),
        [(Lane("large", HERE, "east", "l", 1.0, "nim", 2), "sk-east")],
    ),
    "one of its own, without a key": (
        Llm(endpoints=(EndpointShare(base_url=OWN, weight=2), EndpointShare(name="west"))),
        [(Lane("large", OWN, weight=2.0), None), (WEST_LANE, "sk-west")],
    ),
    "the operator's by its address": (Llm(base_url="https://there"), [(WEST_LANE, "sk-west")]),
    "a single one of its own": (Llm(base_url=OWN), [(Lane("large", OWN), None)]),
    "a model with a place of its own": (
        Llm(models=(ModelShare("a", base_url=OWN), ModelShare("b")), endpoints=(EndpointShare(name="east"),)),
        [
            (Lane("a", OWN), None),
            (Lane("b", HERE, "east", weight=3.0, profile="vllm", concurrency=8), "sk-east"),
        ],
    ),
}


@pytest.mark.parametrize(("llm", "lanes"), LANES.values(), ids=LANES.keys())
def test_who_answers(monkeypatch: pytest.MonkeyPatch, llm: Llm, lanes: list[tuple[Lane, str | None]]) -> None:
    config, operator = JobConfig(llm=llm), operator_of(settings(monkeypatch, EAST, WEST))
    check_config(config)
    assert [(lane, target.endpoint.key) for lane, target in choose_lanes(config, operator)] == lanes
    assert [target.model for target in choose_targets(config, operator)] == [*{lane.model: 0 for lane, _ in lanes}]
    assert all(read_lane(lane.stored) == lane and "sk-" not in str(lane.stored) for lane, _ in lanes)


REFUSED: dict[str, tuple[Llm, type[InvalidInputError], str]] = {
    "an unknown name": (Llm(endpoints=(EndpointShare(name="north"),)), UnknownEndpointError, "names east"),
    "neither name nor address": (Llm(endpoints=(EndpointShare(weight=2),)), ImpossibleConfigError, "either"),
    "name and address": (Llm(endpoints=(EndpointShare("east", OWN),)), ImpossibleConfigError, "either"),
    "twice the same": (
        Llm(endpoints=(EndpointShare(base_url=OWN), EndpointShare(base_url=OWN + "/"))),
        ImpossibleConfigError,
        "more than once",
    ),
    "twice the same, by name and address": (
        Llm(endpoints=(EndpointShare(base_url=HERE), EndpointShare(name="east"))),
        ImpossibleConfigError,
        "more than once",
    ),
    "beside one address": (
        Llm(base_url=OWN, endpoints=(EndpointShare(name="east"),)),
        ImpossibleConfigError,
        "both set",
    ),
    "one name for two models": (
        Llm(models=(ModelShare("a"), ModelShare("b")), endpoints=(EndpointShare(name="east", model="x"),)),
        ImpossibleConfigError,
        "renames",
    ),
    "an unknown profile": (
        Llm(endpoints=(EndpointShare(name="east", profile="abacus"),)),
        UnknownProfileError,
        "abacus",
    ),
}


@pytest.mark.parametrize(("llm", "error", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(monkeypatch: pytest.MonkeyPatch, llm: Llm, error: type[InvalidInputError], said: str) -> None:
    config, operator = JobConfig(llm=llm), operator_of(settings(monkeypatch, EAST))
    with pytest.raises(error, match=said):
        check_config(config)
        choose_lanes(config, operator)


def test_in_production_a_job_asks_the_operator_s_endpoints_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    operator = operator_of(settings(monkeypatch, EAST, WEST, environment="production"))
    assert len(choose_lanes(JobConfig(), operator)) == 2
    with pytest.raises(EndpointNotAllowedError):
        choose_lanes(JobConfig(llm=Llm(endpoints=(EndpointShare(base_url=OWN),))), operator)


def test_keys_of_one_origin_are_lanes_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    lanes = choose_lanes(JobConfig(), operator_of(settings(monkeypatch, EAST, TWIN)))
    assert [lane.id for lane, _ in lanes] == [f"large at {HERE} (east)", f"large at {HERE} (twin)"]
    assert [target.endpoint.key for _, target in lanes] == ["sk-east", "sk-twin"]


def test_what_asks_one_endpoint_alone_asks_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    made = settings(monkeypatch, EAST, WEST)
    assert made.llm_base_url == HERE and made.llm_api_key and made.llm_api_key.get_secret_value() == "sk-east"
    assert "sk-" not in repr(made)


def test_an_address_of_its_own_is_put_before_several(monkeypatch: pytest.MonkeyPatch) -> None:
    made = settings(monkeypatch, EAST, WEST, llm_base_url=OWN)
    assert made.llm_api_key is None and operator_of(made).endpoints == ()
    assert [lane.url for lane, _ in choose_lanes(JobConfig(), operator_of(made))] == [OWN]


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param([EAST, EAST], id="one name twice"),
        pytest.param([{**EAST, "name": "no spaces"}], id="a bad name"),
        pytest.param([{**EAST, "weight": 0}], id="no weight"),
        pytest.param([{**EAST, "key": "sk"}], id="an unknown field"),
    ],
)
def test_settings_that_are_wrong_are_refused(monkeypatch: pytest.MonkeyPatch, listed: list[dict[str, object]]) -> None:
    with pytest.raises(ValueError, match="llm_endpoints"):
        settings(monkeypatch, *listed)
