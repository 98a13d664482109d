"""Every page with real rows: what it says, in dark and light, on a phone, and without JavaScript."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from app.dashboard import assets
from app.db.session import transaction
from tests import api_rows
from tests.api_service import ApiService, api_service
from tests.browser import round_world, world
from tests.browser.conftest import NO_FAULTS, Visitor, visitor
from tests.browser.world import World

PATHS: dict[str, Callable[[World], str]] = {
    "home": lambda w: "/",
    "running-job": lambda w: f"/jobs/{w.job}",
    "finished-job": lambda w: f"/jobs/{w.finished}",
    "generations": lambda w: f"/jobs/{w.job}/generations",
    "generation": lambda w: f"/generations/{w.generation}",
    "corpus": lambda w: f"/corpora/{w.corpus}",
    "export": lambda w: f"/exports/{w.export}",
    "classifiers": lambda w: "/classifiers",
    "classifier": lambda w: f"/classifiers/{w.classifier}",
}
SAYS = {
    "home": [
        "Job 1", "phi3:mini", "44 of 119 calls done", "280 of 600", "$0.61 of $2.00", "59%", "target met",
    ],
    "running-job": [
        "At work on round 3", "60 calls (50%) for clusters below their quota", "Simplicity", "too hard", "Pause",
        "A placeholder stands for e-mail addresses in 7 seeds, IP addresses in 1 seed.",
    ],
    "finished-job": [
        "Every target held in two rounds running", "the offline explainer did", "14 of 14 hold",
        "on the audit families", "≥ 0.90×", "lost facts", "Go on: short: Grade (90th percentile)",
    ],
    "generations": ["Doubling every number", "unsupported", "Next page"],
    "generation": [
        "def double_all(numbers)", "a.jsonl, line 1", "licence CC0-1.0", "not in the seed: 30", "a beginner programmer",
        "312 in, 198 out", "≥ 0.8", "Kept: it passed every gate",
    ],
    "corpus": ["125", "bad json", "Not a whole JSON value.", "return w", "notes/plan.txt"],
    "export": ["584", "data/train-00000-of-00001.jsonl", "240 generated, 240 real", "CC0-1.0", "manifest.json"],
    "classifiers": ["lessons 1", "used by new jobs", "0 of 40 labels", "shipped 1", "came with Hornbook", "97"],
    "classifier": [
        "388 documents", "97 documents", "labels in lessons.jsonl", "the second label", "difference", "95% bootstrap",
        "bad json", "Go back to the one before", "nobody knows how well labels agree",
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", PATHS)
def test_page_says_what_the_rows_hold_without_any_fault(visit: Visitor, lived_in: World, name: str) -> None:
    page = visit.open(PATHS[name](lived_in))

    said = page.locator("main").evaluate("node => node.textContent.replace(/\\s+/g, ' ')")
    assert [wanted for wanted in SAYS[name] if wanted not in said] == []
    assert page.locator("h1").count() == 1
    assert visit.faults() == NO_FAULTS


def test_pages_work_without_javascript(browser: Browser, service: ApiService, lived_in: World) -> None:
    with visitor(browser, service, java_script_enabled=False) as visit:
        for name, path in PATHS.items():
            page = visit.open(path(lived_in))
            said = " ".join((page.locator("main").text_content() or "").split())
            assert [wanted for wanted in SAYS[name] if wanted not in said] == [], name
        assert (visit.dialogs, visit.foreign) == ([], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone_needs_no_sideways_scrolling(browser: Browser, service: ApiService, lived_in: World, scheme: str) -> None:
    with visitor(browser, service, viewport={"width": 360, "height": 740}, color_scheme=scheme) as visit:
        wide = {}
        for name, path in PATHS.items():
            page = visit.open(path(lived_in))
            wide[name] = page.evaluate("document.documentElement.scrollWidth")

    assert max(wide.values()) <= 360, wide


def test_empty_service_says_what_to_do(visit: Visitor) -> None:
    page = visit.open("/")

    expect(page.get_by_text("hornbook refine examples/seeds.jsonl")).to_be_visible()
    expect(page.get_by_text("--llm http://localhost:11434/v1 --model phi3:mini")).to_be_visible()
    assert visit.faults() == NO_FAULTS


def test_without_a_classifier_of_ones_own_the_page_says_how_to_make_one(visit: Visitor) -> None:
    page = visit.open("/classifiers")

    expect(page.get_by_text("hornbook classifier train labelled.jsonl")).to_be_visible()
    expect(page.get_by_text("used by new jobs")).to_be_visible()
    page.get_by_role("link", name="shipped 1").click()
    expect(page.get_by_text("no report on held-out documents")).to_be_visible()
    assert visit.faults() == NO_FAULTS


def test_failed_classifier_says_why(visit: Visitor, lived_in: World) -> None:
    page = visit.open(f"/classifiers/{lived_in.classifier + 1}")

    expect(page.get_by_text("line 2 bad_label")).to_be_visible()
    assert visit.faults() == NO_FAULTS


def test_buttons_choose_the_classifier_of_new_jobs(visit: Visitor, lived_in: World) -> None:
    page = visit.open(f"/classifiers/{lived_in.classifier}")
    page.get_by_role("button", name="Go back to the one before").click()
    expect(page.get_by_role("heading", name="shipped 1")).to_be_visible()
    expect(page.get_by_text("used by new jobs")).to_be_visible()

    page = visit.open(f"/classifiers/{lived_in.classifier}")
    page.get_by_role("button", name="Use for new jobs").click()
    expect(page.get_by_text("used by new jobs")).to_be_visible()
    assert visit.faults() == NO_FAULTS


def test_dark_and_light_differ_in_page_and_charts(browser: Browser, service: ApiService, lived_in: World) -> None:
    with visitor(browser, service, color_scheme="light") as visit:
        page = visit.open(f"/jobs/{lived_in.finished}")
        drawn = page.locator("[data-chart=vendi2] .main-svg").first
        expect(drawn).to_be_visible()
        stroke = "[...document.querySelectorAll('[data-chart=vendi2] .lines path')].at(-1).style.stroke"
        paper = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(stroke), page.evaluate(paper)

        page.emulate_media(color_scheme="dark")
        page.wait_for_function(f"() => {stroke} !== '{light[0]}'")

        assert page.evaluate(paper) != light[1]
        assert visit.faults() == NO_FAULTS


def test_charts_are_drawn_by_our_own_copy_of_plotly(visit: Visitor, lived_in: World) -> None:
    page = visit.open(f"/jobs/{lived_in.finished}")

    charts = ("acceptance", "vendi2", "grade", "pool", "tokens", "funnel-4")
    for name in charts:
        expect(page.locator(f"[data-chart={name}] .main-svg").first).to_be_visible()
    page.locator("#round-2 > summary").click()
    expect(page.locator("[data-chart=funnel-2] .main-svg").first).to_be_visible()
    assert visit.faults() == NO_FAULTS


def test_page_is_usable_by_keyboard(visit: Visitor, lived_in: World) -> None:
    page = visit.open(f"/jobs/{lived_in.job}")

    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")

    assert first == "Skip to the content"
    assert page.url.endswith("#main")
    controls = "[...document.querySelectorAll('progress, input, select, [role=region]')]"
    assert page.evaluate(f"{controls}.filter(node => !node.ariaLabel && !node.labels?.length).length") == 0


def test_missing_job_is_a_page_with_a_way_back(visit: Visitor) -> None:
    page = visit.open("/jobs/999")

    expect(page.get_by_text("There is no job 999.")).to_be_visible()
    expect(page.get_by_role("link", name="All jobs")).to_be_visible()


@pytest.mark.parametrize("path", ["/jobs/0", "/jobs/abc", "/jobs/1/generations?round=x", "/?before=-1"])
def test_senseless_address_is_a_page_not_a_crash(service: ApiService, lived_in: World, path: str) -> None:
    answer = service.http.get(path)

    assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8")


def test_page_says_so_while_the_database_is_away(tmp_path: Path) -> None:
    with api_service("postgresql+psycopg://nobody@127.0.0.1:1/none", tmp_path) as service:
        for path in ("/", "/jobs/1", "/generations/1"):
            answer = service.http.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
            assert "The database is away or busy." in answer.text
        assert service.http.get(assets.address("app.css")).status_code == 200


def test_story_shows_the_words_it_was_drawn_from(visit: Visitor, service: ApiService, lived_in: World) -> None:
    with transaction(service.engine) as session:
        words, ids = world.add_corpus(session, "words.txt", ["river", "jump", "kind"], [])
        session.execute(text("UPDATE seeds SET kind = 'words' WHERE corpus_id = :corpus"), {"corpus": words})
        draw = {"words": ["river", "jump", "kind"], "word_seeds": ids, "features": ["dialogue"], "split": "work"}
        story = api_rows.add_generation(
            session, lived_in.job, lived_in.open_round, ids[0], body="Once a kind fox had to jump over a river.",
            ordinal=900, seed_id=None, draw=draw, scores={},
        )  # fmt: skip

    page = visit.open(f"/generations/{story}")
    expect(page.locator(".words li")).to_have_text(["river", "jump", "kind"])
    expect(page.locator(".lineage li")).to_have_count(4)
    expect(page.get_by_text("No gate wrote a score.")).to_be_visible()
    assert visit.faults() == NO_FAULTS


def test_longest_job_a_config_allows_is_one_page(visit: Visitor, service: ApiService, lived_in: World) -> None:
    with transaction(service.engine) as session:
        for number in range(5, 101):
            round_world.add_settled_round(
                session, lived_in.finished, number, accepted=70, pool=70 * number, why="short: x"
            )

    page = visit.open(f"/jobs/{lived_in.finished}")
    expect(page.locator("details.round")).to_have_count(101)
    expect(page.locator("[data-chart=pool] .main-svg").first).to_be_visible()
    assert len(page.content()) < 3_000_000
    assert visit.faults() == NO_FAULTS


def test_filters_narrow_and_pages_hold_every_text_once(visit: Visitor, lived_in: World) -> None:
    page = visit.open(f"/jobs/{lived_in.job}/generations")
    page.get_by_label("Verdict").select_option("dropped")
    page.get_by_label("Reason").fill("too_hard")
    page.get_by_label("Holds the words").fill("LESSON 8.")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".texts > li")).to_have_count(1)
    expect(page.locator(".texts > li")).to_contain_text("Lesson 8.")

    page.get_by_role("link", name="Clear").click()
    seen = page.locator(".texts h2 a").all_text_contents()
    while page.get_by_role("link", name="Next page").count():
        page.get_by_role("link", name="Next page").click()
        seen += page.locator(".texts h2 a").all_text_contents()
    assert len(seen) == len(set(seen)) == 46


def test_wild_cards_of_sql_mean_themselves(visit: Visitor, lived_in: World) -> None:
    """Case 64."""
    page = visit.open(f"/jobs/{lived_in.job}/generations?text=%25_%5C")

    expect(page.get_by_text("No text of this job is like that.")).to_be_visible()


def test_rejects_are_shown_by_code(visit: Visitor, lived_in: World) -> None:
    page = visit.open(f"/corpora/{lived_in.corpus}")
    page.get_by_role("link", name="missing text 1").click()

    expect(page.locator("#rejects ~ .scroll tbody tr")).to_have_count(1)
    expect(page.get_by_text("Water boils at 100 degrees.")).to_be_visible()
