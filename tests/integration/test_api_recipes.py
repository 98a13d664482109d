"""Recipes of one's own over HTTP: added, versioned by content, refused with the line, kept by their jobs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.client import HornbookApiError, HornbookClient
from app.db.session import transaction
from app.domain.config import recipe_of
from app.repositories import jobs
from app.services import rounds
from tests.api_service import MODEL, ApiService, api_service
from tests.unit.adapters.test_recipe_files import GOOD


@pytest.fixture
def service(database_url: str, tmp_path: Path, llm_url: str) -> Iterator[ApiService]:
    with api_service(database_url, tmp_path, llm_base_url=llm_url, llm_model=MODEL) as running:
        yield running


@pytest.fixture
def client(service: ApiService) -> Iterator[HornbookClient]:
    with HornbookClient(service.url) as connected:
        yield connected


def test_content_makes_versions_and_a_job_keeps_its_own(
    service: ApiService, client: HornbookClient, tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD)
    first, again = client.add_recipe(file), client.add_recipe(file)
    job = service.job(recipe="plain-words")
    file.write_text(GOOD.replace("You explain.", "You explain well."))
    second = client.add_recipe(file)

    assert (first["version"], again, second["version"]) == (1, first, 2)
    assert [row["name"] for row in client.recipes()][-1] == "plain-words"
    assert client.recipe("plain-words") == second and client.recipe(first["reference"]) == first
    assert (job["recipe"], job["recipe_sha256"]) == ("plain-words", first["sha256"])
    assert job["config"]["targets"]["grade_p90"] == 7 and job["config"]["max_rounds"] == 2
    with transaction(service.engine) as session:
        kept = recipe_of(rounds.config_of(jobs.get(session, job["id"])))
    assert kept.system == "You explain."
    said = service.job(recipe=first["reference"], preset="school", max_rounds=5)
    assert said["config"]["targets"]["grade_p90"] == 10 and said["config"]["max_rounds"] == 5
    assert said["recipe_sha256"] == first["sha256"] != service.job(recipe="plain-words")["recipe_sha256"]

    page = service.http.get(f"/recipes/{first['reference']}").text
    assert first["sha256"] in page and first["prompt_sha256"] in page and "You explain." in page
    assert f"/recipes/{first['reference']}" in service.http.get(f"/jobs/{job['id']}").text
    assert "plain-words" in service.http.get("/recipes").text


def test_what_is_wrong_is_refused_with_its_line(service: ApiService, client: HornbookClient, tmp_path: Path) -> None:
    answer = service.http.post("/v1/recipes", content=GOOD.replace("grade_p90", "grade"))

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_recipe")
    assert answer.json()["errors"][0]["field"] == "line 16: targets.grade"
    assert "recipe:16: targets.grade: is no field here. Did you mean grade_p90?" in answer.json()["detail"]
    for name, code in {"plain-words@00000000": "unknown_recipe", "codetextbook@00000000": "unknown_recipe"}.items():
        with pytest.raises(HornbookApiError) as refused:
            client.recipe(name)
        assert refused.value.code == code
    service.http.post("/v1/recipes", content=GOOD)
    for prefix in ("00000000", ""):
        with pytest.raises(HornbookApiError, match="its versions: 1 is ") as refused:
            client.recipe(f"plain-words@{prefix}")
        assert refused.value.code == "unknown_recipe_version"
    assert service.http.get("/recipes/nope").status_code == 422
