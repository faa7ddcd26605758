"""The review in a real browser: its style counts, nothing is run, and it prints a sheet for each objective."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, sync_playwright

from dashboard.exports.printed import printed
from tests.dashboard.exports.kit import EN, renamed, told
from tests.dashboard.test_browser import CHROMIUM, FLAGS, HOSTILE, pytestmark

__all__ = ["pytestmark"]


@pytest.mark.parametrize("hostile", [False, True])
def test_the_file_shows_itself_and_prints(hostile: bool, tmp_path: Path) -> None:
    whole = renamed(told(closed=True), HOSTILE) if hostile else told(closed=True)
    path = tmp_path / "review.html"
    path.write_text(printed(whole, EN), encoding="utf-8")
    said: list[str] = []
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("dialog", refuse)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        styled = page.evaluate("getComputedStyle(document.querySelector('.result-line')).display")
        pdf = page.pdf(prefer_css_page_size=True)
        browser.close()
    assert said == []
    assert asked == [path.as_uri()]
    assert styled == "grid"
    sheets = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert sheets >= len(whole.overview.objectives) + 2
