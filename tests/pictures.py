"""Draws the README's pictures from a fresh demo: ``python -m tests.pictures``."""

from __future__ import annotations

import re
import tempfile
import threading
from pathlib import Path

import uvicorn
from rich.console import Console
from rich.text import Text

from dashboard.app import create_app
from flows.reader import StoreReader
from okrsync import show
from okrsync.sandbox.demo import advance
from okrsync.sandbox.server import free_port
from okrsync.show_deliver import destination_lines
from okrsync.show_why import explanation
from store import Store
from tests.dashboard.test_browser import CHROMIUM, FLAGS
from tests.flows.kit import Company, company

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
WIDTH = 118


def main() -> None:
    """Draw the terminal and the page."""
    with tempfile.TemporaryDirectory() as folder, company(Path(folder) / "okrsync-demo") as rivelle:
        rivelle.sync()
        advance(rivelle.folder)
        _terminal(rivelle)
        _page(rivelle)


def _terminal(rivelle: Company) -> None:
    out = Console(record=True, width=WIDTH, markup=False, highlight=False, force_terminal=True)
    report = rivelle.sync()
    out.print(Text("$ okrsync sync", style="bold"))
    out.print(show.connections_table(report.connections))
    out.print(show.changes_table(report.changes))
    for line in destination_lines(report.destinations):
        out.print(line)
    out.print(show.summary(report))
    out.print(Text("\n$ okrsync why new-checkout/epic --items 4", style="bold"))
    with rivelle.place.reader() as reader:
        out.print(explanation(reader.explain("new-checkout/epic"), most=4))
    # Rich names a font on a server of others; without it the reader's own monospace font serves.
    drawn = re.sub(r"@font-face \{.*?\}", "", out.export_svg(title="okrsync"), flags=re.DOTALL)
    (PICTURES / "demo.svg").write_text(drawn, encoding="utf-8")


def _page(rivelle: Company) -> None:
    from playwright.sync_api import sync_playwright

    port = free_port()
    reader = StoreReader(Store.open(f"sqlite:///{rivelle.database}"))
    server = uvicorn.Server(uvicorn.Config(create_app(reader), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1180, "height": 760})
        page.goto(f"http://127.0.0.1:{port}/")
        page.screenshot(path=PICTURES / "page.png")
        browser.close()
    server.should_exit = True
    thread.join()


if __name__ == "__main__":
    main()
