"""A job's config out of command line options; the service checks it, so nothing is checked twice."""

from collections.abc import Sequence
from typing import Any

import orjson

from app.cli.exits import Exit, StoppedError
from app.cli.service import Llm
from app.domain.config import Preset


def job_config(
    recipe: str, *, preset: Preset | None, llm: Llm, fields: dict[str, float | int | str | None], sets: Sequence[str]
) -> dict[str, Any]:
    """The body of a job but for its corpus. `fields` and `sets` name what to set by dotted path; sets win."""
    config: dict[str, Any] = {"recipe": recipe}
    given = {"preset": preset, "llm.base_url": llm.url, "llm.model": llm.model, **fields}
    for path, value in given.items():
        if value is not None:
            put(config, path, value)
    for setting in sets:
        path, equals, text = setting.partition("=")
        if not equals or not all(path.split(".")):
            raise StoppedError(f"--set {setting}: expected key=value, e.g. --set targets.grade_p90=9", Exit.usage)
        put(config, path, _value(text))
    return config


def put(config: dict[str, Any], path: str, value: object) -> None:
    """Set `a.b.c` in nested objects."""
    *parents, last = path.split(".")
    for parent in parents:
        inner = config.setdefault(parent, {})
        if not isinstance(inner, dict):
            raise StoppedError(f"--set {path}: {parent} is a value, not a group of settings", Exit.usage)
        config = inner
    config[last] = value


def _value(text: str) -> object:
    """JSON where it is JSON (numbers, true, null, lists), else the text itself."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
