"""The report of `hornbook measure` in a browser without a network: all plots drawn, light and dark, on any width."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from app.cli.main import run

PLOTS = ("topics", "grades", "spectrum", "shared")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sets, one with a name that tries to be markup."""
    folder = tmp_path_factory.mktemp("report")
    words = "river stone cloud bread lamp horse window garden engine paper".split()
    texts = [f"The {a} is beside the {b}. It was there all day." for a in words for b in words if a != b]
    (folder / "base.jsonl").write_text("".join(f'{{"text": "{text}"}}\n' for text in texts))
    (folder / "<img src=x onerror=alert(1)>.jsonl").write_text(
        "".join(f'{{"text": "{text} </script><b>"}}\n' for text in texts[:30])
    )
    arguments = [str(folder / "<img src=x onerror=alert(1)>.jsonl"), "--against", str(folder / "base.jsonl")]
    assert run(["measure", *arguments, "--html", str(folder / "report.html"), "--json"]) == 0
    return folder / "report.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_report_opens_offline(browser: Browser, report: Path, scheme: str, width: int) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]  # a literal type
        offline=True,
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda asked: wrong.append(asked.url) if asked.url != report.as_uri() else None)
    page.goto(report.as_uri())

    for name in ("beside", *PLOTS):
        page.wait_for_selector(f"#{name} .main-svg", timeout=15_000)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    shown = page.evaluate("[innerWidth, document.documentElement.scrollWidth]")
    context.close()

    assert wrong == []
    assert shown[1] <= shown[0]
    assert (sum(map(int, paper.removeprefix("rgb(").rstrip(")").split(","))) > 384) == (scheme == "light")
