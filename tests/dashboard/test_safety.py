"""Hostile texts stay texts, and the headers hold."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from dashboard.app import create_app
from dashboard.links import safe_href
from mapping.words import ItemState
from tests.dashboard.fixtures import Company
from tests.dashboard.sketches import NOW, SKETCHES, story

PATHS = ("/", "/kr/launch-checkout/epic", "/runs", "/healthz", "/overview.json", "/nowhere", "/static/style.css")
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'onmouseover=alert(1)//",
    "</title><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raise %}",
    "%(num)s %s {0} {text}",
    "[/red]",
    "مرحبا بالعالم",
    "\u202eevil",
    "🚀" * 40,
    "x" * 3000,
    "",
)


SAFE_STARTS = ("/", "#", "?", "http://", "https://")


class Dangers(HTMLParser):
    """Collects what could run: elements that load or execute, and handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style", "img", "iframe", "object", "embed", "form", "base"}:
            self.found.append(tag)
        self.found += [name for name, value in attrs if name.startswith("on") or name == "style"]
        self.found += [
            value for name, value in attrs if name in {"href", "src"} and value and not value.startswith(SAFE_STARTS)
        ]


def dangers(html: str) -> list[str]:
    parser = Dangers()
    parser.feed(html)
    return parser.found


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_is_shown_as_text(title: str) -> None:
    company = Company().with_title(title)
    client = TestClient(create_app(company, now=lambda: NOW))
    for path in ("/", "/kr/launch-checkout/epic"):
        page = client.get(path)
        assert page.status_code == 200
        assert dangers(page.text) == []
        assert "<bdi>49" not in page.text


def test_hostile_items_and_their_addresses_are_inert() -> None:
    items = tuple(
        story(f"<u>{number}</u>", "<script>alert(1)</script>", ItemState.TODO, "1", note="<i>", url=url)
        for number, url in enumerate(
            (
                "javascript:alert(1)",
                "data:text/html,<script>alert(1)</script>",
                'https://a.test/"><script>alert(1)',
                None,
            )
        )
    )
    company = Company({"launch-checkout": (replace(SKETCHES["launch-checkout"][0], evidence=items),)})
    page = TestClient(create_app(company, now=lambda: NOW)).get("/kr/launch-checkout/epic").text
    assert dangers(page) == []
    assert "<u>" not in page
    assert page.count('class="out"') == 1


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,hi",
        "vbscript:x",
        "//evil.test/x",
        "https:///x",
        "http://[::1",
        "file:///etc/passwd",
        "https://a.test/\u202e",
        "",
        None,
    ],
)
def test_only_plain_web_addresses_become_links(url: str | None) -> None:
    assert safe_href(url) is None


def test_web_addresses_become_links() -> None:
    for url in ("https://acme.atlassian.test/browse/CHK-1", "http://git.acme.test:8080/a?b=c#d"):
        assert safe_href(url) == url


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/", "/kr/launch-checkout/epic", "/runs", "/nowhere"])
def test_no_page_holds_inline_script_or_style(client: TestClient, path: str) -> None:
    assert dangers(client.get(path).text) == []


def test_a_page_is_never_kept_by_shared_caches(client: TestClient) -> None:
    headers = client.get("/").headers
    assert headers["cache-control"] == "private, no-cache"
    assert set(headers["vary"].split(", ")) >= {"Accept-Language", "Cookie"}


def test_static_files_are_kept_for_a_year_by_fingerprint_and_revalidated_otherwise(client: TestClient) -> None:
    address = re.search(r'href="(/static/style\.css\?v=\w+)"', client.get("/").text)
    assert address is not None
    kept = client.get(address[1])
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/static/style.css?v=old").headers["cache-control"] == "public, no-cache"
    again = client.get("/static/style.css", headers={"if-none-match": kept.headers["etag"]})
    assert again.status_code == 304


def test_a_path_outside_the_static_folder_is_not_served(client: TestClient) -> None:
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py"):
        assert client.get(path).status_code == 404
