"""Texts that try to be more than text: cases 10, 50, 51 and 52 of `docs/reliability.md`; forged forms; static files."""

import gzip
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from app.dashboard import assets
from app.db.session import transaction
from tests.api_service import ApiService
from tests.browser import hostile_world
from tests.browser.conftest import NO_FAULTS, Visitor, visitor
from tests.browser.world import World


@pytest.fixture
def hostile(service: ApiService) -> World:
    with transaction(service.engine) as session:
        return hostile_world.build(session)


PATHS: dict[str, Callable[[World], str]] = {
    "home": lambda w: "/",
    "job": lambda w: f"/jobs/{w.job}",
    "generations": lambda w: f"/jobs/{w.job}/generations",
    "filter": lambda w: f"/jobs/{w.job}/generations?text=%3Cscript%3Ealert(1)%3C/script%3E&reason=%22%3E%3Cscript%3E",
    "generation": lambda w: f"/generations/{w.generation}",
    "corpus": lambda w: f"/corpora/{w.corpus}",
    "export": lambda w: f"/exports/{w.export}",
    "classifiers": lambda w: "/classifiers",
    "classifier": lambda w: f"/classifiers/{w.classifier}",
    "failed-classifier": lambda w: f"/classifiers/{w.classifier + 1}",
}


LIVE = (
    "main script:not([type='application/json']), main img, main svg:not(.main-svg):not(.main-svg *), "
    "main [onmouseover], main [onerror]"
)
"""What only a payload that came to life would be."""


@pytest.mark.parametrize("name", PATHS)
def test_payloads_are_literal_text(visit: Visitor, hostile: World, name: str) -> None:
    page = visit.open(PATHS[name](hostile))
    page.wait_for_timeout(500)

    assert visit.faults() == NO_FAULTS
    assert page.evaluate(f"document.querySelectorAll(`{LIVE}`).length") == 0
    if name != "filter":
        text = page.locator("main").text_content() or ""
        assert "<script>alert(1)</script><img src=x onerror=alert(2)>" in text
        assert "{{7*7}} ${7*7}" in text


def test_no_page_holds_a_hidden_character(service: ApiService, hostile: World) -> None:
    """They are marks, also in titles and attributes."""
    for name, path in PATHS.items():
        whole = service.http.get(path(hostile)).text
        assert [hex(ord(c)) for c in "\u202e\u200b\U000e0041" if c in whole] == [], name
        assert name == "filter" or "U+202E" in whole


def test_hidden_characters_are_marks_with_their_names(visit: Visitor, hostile: World) -> None:
    page = visit.open(f"/generations/{hostile.generation}")

    marks = page.locator(".side-by-side section").last.locator(".document .hidden-mark")
    assert marks.all_text_contents() == ["U+202E", "U+200B", "U+E0041"]
    assert marks.first.get_attribute("title") == "right-to-left override"


def test_hostile_page_stays_within_a_phone(browser: Browser, service: ApiService, hostile: World) -> None:
    with visitor(browser, service, viewport={"width": 360, "height": 740}) as visit:
        for path in PATHS.values():
            page = visit.open(path(hostile))
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, page.url


FORGED = [
    pytest.param({}, id="no-browser"),
    pytest.param({"sec-fetch-site": "cross-site", "origin": "https://evil.example"}, id="cross-site"),
    pytest.param({"sec-fetch-site": "same-site"}, id="same-site"),
    pytest.param({"sec-fetch-site": "none"}, id="no-page"),
    pytest.param({"origin": "https://evil.example"}, id="old-browser-elsewhere"),
    pytest.param({"origin": "null"}, id="null-origin"),
]


@pytest.mark.parametrize("headers", FORGED)
@pytest.mark.parametrize("move", ["pause", "cancel", "export"])
def test_forged_form_changes_nothing(service: ApiService, lived_in: World, headers: dict[str, str], move: str) -> None:
    answer = service.http.post(f"/jobs/{lived_in.job}/{move}", headers=headers)

    assert answer.status_code == 403
    assert service.http.get(f"/v1/jobs/{lived_in.job}").json()["state"] == "running"
    assert service.http.get(f"/v1/jobs/{lived_in.job}/exports").json()["items"] == []


@pytest.mark.parametrize("headers", FORGED)
def test_forged_form_chooses_no_classifier(service: ApiService, lived_in: World, headers: dict[str, str]) -> None:
    answer = service.http.post(f"/classifiers/{lived_in.classifier}/rollback", headers=headers)

    assert answer.status_code == 403
    assert service.http.get(f"/v1/classifiers/{lived_in.classifier}").json()["in_use"]


def test_own_form_of_an_old_browser_is_let_through(service: ApiService, lived_in: World) -> None:
    answer = service.http.post(f"/jobs/{lived_in.job}/pause", headers={"origin": service.url})

    assert (answer.status_code, answer.headers["location"]) == (303, f"/jobs/{lived_in.job}")


def test_reading_changes_nothing(service: ApiService, lived_in: World) -> None:
    assert service.http.get(f"/jobs/{lived_in.job}/pause").status_code == 405


def test_static_files_are_kept_for_good_under_their_own_version(service: ApiService) -> None:
    for name in assets.TYPES:
        kept = service.http.get(assets.address(name))
        old = service.http.get(f"/static/{name}?v=0")
        plain = service.http.get(assets.address(name), headers={"accept-encoding": "identity"})

        assert "immutable" in kept.headers["cache-control"]
        assert old.headers["cache-control"] == "no-cache"
        assert kept.content == plain.content == assets.content(name)
        assert "content-encoding" not in plain.headers
        assert kept.headers["x-content-type-options"] == "nosniff"


def test_plotly_travels_packed(service: ApiService) -> None:
    with service.http.stream("GET", assets.address("plotly.min.js"), headers={"accept-encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())

    assert answer.headers["content-encoding"] == "gzip"
    assert len(raw) < len(gzip.decompress(raw)) / 2


@pytest.mark.parametrize("name", ["..%2fpages.py", "pages.py", "base.html"])
def test_nothing_else_is_served(service: ApiService, name: str) -> None:
    assert service.http.get(f"/static/{name}").status_code in (404, 405)


def test_pages_have_the_strict_policy_and_are_never_stored(service: ApiService, lived_in: World) -> None:
    headers = service.http.get(f"/jobs/{lived_in.job}").headers

    assert headers["cache-control"] == "no-store"
    assert "unsafe" not in headers["content-security-policy"]
    assert "script-src 'self'" in headers["content-security-policy"]
