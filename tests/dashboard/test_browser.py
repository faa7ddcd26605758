"""The pages in a real browser: nothing blocked, nothing cut off, nothing run that should not."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from itertools import product

import pytest
import uvicorn
from playwright.sync_api import Browser, Dialog, Page, Request, sync_playwright

from dashboard.app import create_app
from tests.dashboard.fixtures import Company
from tests.dashboard.sketches import NOW

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PATHS = (
    "/",
    "/?status=at_risk",
    "/kr/launch-checkout/epic",
    "/kr/contrats/delai",
    "/kr/trust/refunds",
    "/runs",
    "/draft?sentence=%2B500+customers",
    "/draft?sentence=Am%C3%A9liorer+la+qualit%C3%A9",
    "/nowhere",
)
WIDTHS = {"phone": (390, 844), "desktop": (1280, 900), "narrow": (320, 640)}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg onload=alert(1)>" + "x" * 400

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"),
        reason="no Chromium on this machine: apt-get install chromium (set CI to make this an error)",
    ),
]


def serving(company: Company) -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(company, now=lambda: NOW), log_level="error", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    yield from serving(Company())


@pytest.fixture(scope="module")
def hostile_site() -> Iterator[str]:
    yield from serving(Company().with_title(HOSTILE))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM is not None, "CI is set, but there is no Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


def watch(page: Page) -> list[str]:
    """Collect what the browser complains about, CSP violations among it, and any dialog."""
    heard: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        heard.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def failed(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the icon of a page that was left before it came
            heard.append(f"{request.url}: {request.failure}")

    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("dialog", dismiss)
    page.on("requestfailed", failed)
    return heard


@pytest.mark.parametrize(
    ("width", "theme", "language"),
    [*product(("phone", "desktop"), ("light", "dark"), ("en", "fr")), ("narrow", "light", "fr")],
)
def test_pages_fit_their_screen_and_the_browser_has_nothing_to_say(
    browser: Browser, site: str, width: str, theme: str, language: str
) -> None:
    wide, high = WIDTHS[width]
    context = browser.new_context(
        viewport={"width": wide, "height": high},
        color_scheme="dark" if theme == "dark" else "light",
        locale=language,
    )
    page = context.new_page()
    heard = watch(page)
    for path in PATHS:
        page.goto(site + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= wide, path
        assert page.evaluate("document.documentElement.lang") == language
        assert page.evaluate("getComputedStyle(document.body).fontVariantNumeric") == "tabular-nums", "no stylesheet"
    context.close()
    assert [line for line in heard if "404" not in line] == []


def test_links_are_large_enough_for_a_thumb(browser: Browser, site: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    for path in ("/", "/kr/launch-checkout/epic"):
        page.goto(site + path)
        heights = page.eval_on_selector_all(
            ".top a, .cycles a, .tally, .crumbs a, .filters a, .button",
            "links => links.map(link => [link.textContent.trim(), link.getBoundingClientRect().height])",
        )
        assert [link for link in heights if link[1] < 44] == []
    page.close()


def test_a_sentence_typed_into_the_form_is_read_without_any_script(browser: Browser, site: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    heard = watch(page)
    page.goto(site + "/draft?lang=en")
    page.get_by_label("The key result as a sentence").fill("Grow MRR from $120k to $200k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/draft?sentence=*")
    assert page.locator(".read-back").inner_text() == "Increase from $120,000 to $200,000."
    page.close()
    assert heard == []


def test_the_whole_row_of_a_key_result_leads_to_its_page(browser: Browser, site: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(site)
    bar = page.locator(".kr .kr-progress").first
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**/kr/launch-checkout/epic")
    assert page.locator("h1").inner_text() == "Finish the checkout epic"
    page.close()


def test_the_keyboard_reaches_the_content_first(browser: Browser, site: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(site)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.close()


@pytest.mark.parametrize("path", ["/", "/kr/launch-checkout/epic"])
def test_hostile_titles_run_nothing_and_fit(browser: Browser, hostile_site: str, path: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    heard = watch(page)
    page.goto(hostile_site + path)
    assert page.evaluate("document.scripts.length + document.images.length") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
    assert heard == []


def test_pages_work_without_javascript(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{site}/kr/launch-checkout/epic")
    page.get_by_role("link", name="Left out").click()
    page.wait_for_url("**items=left-out**")
    assert page.locator("table.items tbody tr").count() == 3
    context.close()
