"""A job's config out of options."""

import pytest

from app.cli.configs import job_config
from app.cli.exits import Exit, StoppedError
from app.cli.service import Llm
from app.domain.config import Preset


def test_only_what_was_given_is_sent() -> None:
    config = job_config("rephrase", preset=None, llm=Llm(), fields={"max_rounds": None}, sets=())
    assert config == {"recipe": "rephrase"}


def test_options_and_dotted_overrides_meet_in_one_object_and_overrides_win() -> None:
    config = job_config(
        "codetextbook",
        preset=Preset.school,
        llm=Llm("http://127.0.0.1:1/v1", "phi3:mini"),
        fields={"budget.money_usd": 5.0, "max_rounds": 3},
        sets=["max_rounds=4", "targets.grade_p90=9", "targets.ease_mean=null", "llm.cache=false", "llm.model=phi=4"],
    )
    assert config == {
        "recipe": "codetextbook",
        "preset": "school",
        "llm": {"base_url": "http://127.0.0.1:1/v1", "model": "phi=4", "cache": False},
        "budget": {"money_usd": 5.0},
        "max_rounds": 4,
        "targets": {"grade_p90": 9, "ease_mean": None},
    }


@pytest.mark.parametrize(
    "setting", ["budget", "=1", "a..b=1", "recipe.x=1"], ids=["no-equals", "no-key", "hole", "leaf"]
)
def test_malformed_override_is_wrong_usage(setting: str) -> None:
    with pytest.raises(StoppedError) as caught:
        job_config("codetextbook", preset=None, llm=Llm(), fields={}, sets=[setting])
    assert caught.value.exit_code is Exit.usage
