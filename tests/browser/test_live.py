"""Pages move while rows do, without a reload, and buttons do what they say."""

from pathlib import Path

from playwright.sync_api import Browser, expect
from sqlalchemy import text

from app.db.session import transaction
from app.domain.config import Budget
from app.repositories import events, jobs
from app.services import api_keys
from tests.api_service import ApiService, api_service
from tests.browser import round_world, world
from tests.browser.conftest import NO_FAULTS, Visitor, visitor
from tests.browser.world import World

UNTOUCHED = "window.untouched === true"


def test_job_page_follows_the_rows(visit: Visitor, service: ApiService, lived_in: World) -> None:
    page = visit.open(f"/jobs/{lived_in.job}")
    page.evaluate("window.untouched = true")
    expect(page.locator("#head [data-live=words]")).to_have_text("44 of 119 calls done")
    before = page.locator("#head progress").first.evaluate("node => node.value")

    with transaction(service.engine) as session:
        world.add_done_calls(session, lived_in, count=30)

    expect(page.locator("#head [data-live=words]")).to_have_text("74 of 119 calls done")
    expect(page.locator("#head [data-meter=calls] [data-live=spent]")).to_have_text("310")
    assert page.locator("#head progress").first.evaluate("node => node.value") > before
    assert page.evaluate(UNTOUCHED)
    assert visit.faults() == NO_FAULTS


def test_settled_round_appears_with_its_charts(visit: Visitor, service: ApiService, lived_in: World) -> None:
    page = visit.open(f"/jobs/{lived_in.job}")
    page.evaluate("window.untouched = true")
    expect(page.locator("#round-4")).to_have_count(0)

    with transaction(service.engine) as session:
        round_world.add_settled_round(session, lived_in.job, 4, accepted=70, pool=215, why="short: nesting_p90")
        events.add(session, lived_in.job, "round.settled", number=4, why="short: nesting_p90", stop=None)

    expect(page.locator("#round-4 > summary")).to_contain_text("short: Nesting")
    expect(page.locator("#announce")).to_have_text("Round 4 has settled.")
    expect(page.locator("[data-chart=pool] .points path")).to_have_count(3)
    assert page.evaluate(UNTOUCHED)
    assert visit.faults() == NO_FAULTS


def test_end_of_a_job_is_shown_and_the_stream_closed(visit: Visitor, service: ApiService, lived_in: World) -> None:
    page = visit.open(f"/jobs/{lived_in.job}")

    with transaction(service.engine) as session:
        jobs.change(session, lived_in.job, only_in=("running",), state="done", stop_reason="plateau", note="flat")
        events.add(session, lived_in.job, "job.finished", state="done", reason="plateau", why="flat")

    expect(page.locator("#head .pill-plateau")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    page.wait_for_function("() => !('active' in document.getElementById('main').dataset)")
    assert visit.faults() == NO_FAULTS


def test_list_of_jobs_follows_the_rows(visit: Visitor, service: ApiService, lived_in: World) -> None:
    page = visit.open("/")
    page.evaluate("window.untouched = true")

    with transaction(service.engine) as session:
        world.add_done_calls(session, lived_in, count=10)
        session.execute(text("UPDATE jobs SET state = 'paused' WHERE id = :id"), {"id": lived_in.job})
        newest = world.add_job(session, lived_in.corpus, model="other", budget=Budget(calls=5))

    expect(page.locator(f"[data-job='{lived_in.job}'] [data-live=words]")).to_have_text("54 of 119 calls done")
    expect(page.locator(f"[data-job='{lived_in.job}'] .pill-paused")).to_be_visible()
    expect(page.locator(f"[data-job='{newest}']")).to_be_visible()
    assert page.evaluate(UNTOUCHED)
    assert visit.faults() == NO_FAULTS


def test_first_job_appears_on_the_empty_page(visit: Visitor, service: ApiService) -> None:
    page = visit.open("/")
    expect(page.get_by_text("Nothing here yet")).to_be_visible()

    with transaction(service.engine) as session:
        world.build(session)

    expect(page.locator("[data-job]")).to_have_count(2)


def test_buttons_pause_resume_cancel_and_export_without_javascript(
    browser: Browser, service: ApiService, lived_in: World
) -> None:
    with visitor(browser, service, java_script_enabled=False) as visit:
        page = visit.open(f"/jobs/{lived_in.job}")
        page.get_by_role("button", name="Pause").click()
        expect(page.locator("#head .pill-paused")).to_be_visible()
        page.get_by_role("button", name="Resume").click()
        expect(page.locator("#head .pill-running")).to_be_visible()
        page.get_by_text("Cancel…").click()
        page.get_by_role("button", name="Cancel the job").click()
        expect(page.locator("#head .pill-cancelled").first).to_be_visible()
        page.get_by_role("button", name="Export the pool").click()
        expect(page.get_by_text("A worker is writing the files.")).to_be_visible()


def test_what_is_opened_and_focused_stays_so(visit: Visitor, service: ApiService, lived_in: World) -> None:
    page = visit.open(f"/jobs/{lived_in.job}")
    page.locator("#round-1 > summary").click()
    page.locator("#round-1 a").first.focus()

    with transaction(service.engine) as session:
        round_world.add_settled_round(session, lived_in.job, 4, accepted=70, pool=215, why="short: nesting_p90")
        events.add(session, lived_in.job, "round.settled", number=4, why="short: nesting_p90", stop=None)

    expect(page.locator("#round-4")).to_be_visible()
    expect(page.locator("#round-1 a").first).to_be_focused()
    assert page.locator("#round-1").evaluate("node => node.open")


def test_locked_service_is_live_for_a_browser_with_a_key(browser: Browser, database_url: str, tmp_path: Path) -> None:
    with api_service(database_url, tmp_path, require_api_key=True) as service:
        with transaction(service.engine) as session:
            made, key = world.build(session), api_keys.create(session, "browser")
        assert service.http.get("/").status_code == 401

        credentials = {"username": "me", "password": key}
        with visitor(browser, service, http_credentials=credentials) as visit:
            page = visit.open(f"/jobs/{made.job}")
            expect(page.locator("[data-chart=pool] .main-svg").first).to_be_visible()
            with transaction(service.engine) as session:
                world.add_done_calls(session, made, count=30)
            expect(page.locator("#head [data-live=words]")).to_have_text("74 of 119 calls done")
            page.get_by_role("button", name="Pause").click()
            expect(page.locator("#head .pill-paused")).to_be_visible()


def test_form_of_a_stale_page_is_refused_in_words(visit: Visitor, service: ApiService, lived_in: World) -> None:
    page = visit.open(f"/jobs/{lived_in.job}")
    with transaction(service.engine) as session:
        jobs.change(session, lived_in.job, only_in=("running",), state="paused", note="by somebody else")
    page.get_by_role("button", name="Pause").click()

    expect(page.get_by_text("only a job that is running can be paused")).to_be_visible()
