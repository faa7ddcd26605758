"""The connector of docs/connectors/write-your-own.md, taken out of the page, installed, and held to the contract."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from connectors import registry
from connectors.quality import quality_of
from mapping.errors import PartialReadError
from mapping.words import ItemState, Selection
from tests.config.kit import HEAD, loaded
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.contract import BUSY_WAIT, CANARY, Case, ConnectorContract, Scene, opened, pull
from tests.connectors.packages import installed
from tests.proofs import ROOT

PAGE = (ROOT / "docs" / "connectors" / "write-your-own.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w./]+)`\n\n```\w+\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL))
Json = dict[str, Any]
Fault = Callable[[httpx.Request], httpx.Response | None]
Answers = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(scope="module", autouse=True)
def _installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    project = tomllib.loads(FILES["pyproject.toml"])["project"]
    ((name, target),) = project["entry-points"][registry.GROUP].items()
    files = {path: text for path, text in FILES.items() if path != "pyproject.toml"}
    with installed(tmp_path_factory.mktemp("site"), project["name"], f"{name} = {target}", files):
        TestForgejo.connector = registry.connector("forgejo")
        yield


def issue(number: int, **changes: object) -> Json:
    return {
        "id": 7000 + number,
        "number": number,
        "title": f"Issue {number}",
        "state": "open",
        "created_at": "2026-09-01T10:00:00+02:00",
        "updated_at": "2026-10-01T10:00:00+02:00",
        "closed_at": None,
        "html_url": f"https://forge.test/acme/shop/issues/{number}",
        "labels": [{"name": "zeta"}, {"name": "alpha"}],
        "assignee": {"login": "ana"},
        "comments": number,
    } | changes


def forge(issues: list[Json], *, rows: int = 2, before: Fault = lambda _request: None) -> Answers:
    """Answer as Forgejo does, with fewer rows a page than asked for."""

    def answer(request: httpx.Request) -> httpx.Response:
        if (played := before(request)) is not None:
            return played
        if request.url.path == "/api/v1/user":
            return httpx.Response(200, json={"login": "okrsync"})
        assert request.url.path == "/api/v1/repos/acme/shop/issues"
        query = {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
        assert (query["state"], query["type"]) == ("all", "issues")
        start = (int(query["page"]) - 1) * rows
        return httpx.Response(200, json=issues[start : start + rows], headers={"X-Total-Count": str(len(issues))})

    return answer


def first_times(count: int, answer: httpx.Response) -> Fault:
    left = [answer] * count
    return lambda _request: left.pop() if left else None


def fault_of(case: Case) -> Fault:
    busy = httpx.Response(429, headers={"Retry-After": str(BUSY_WAIT)})
    match case:
        case Case.REFUSED:
            return lambda _request: httpx.Response(401, json={"message": "invalid token"})
        case Case.BUSY:
            return first_times(2, busy)
        case Case.BUSY_FOR_EVER:
            return lambda _request: busy
        case Case.REPEATED:
            page = [issue(1), issue(2)]
            return lambda _request: httpx.Response(200, json=page, headers={"X-Total-Count": "4"})
        case Case.TRUNCATED:
            cut = httpx.Response(200, content=b'[{"id": 7', headers={"X-Total-Count": "3"})
            return lambda request: cut if b"page=2" in request.url.query else None
        case _:
            return lambda _request: None


class TestForgejo(ConnectorContract):
    def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
        closed = issue(2, state="closed", closed_at="2026-10-01T10:00:00+02:00")
        issues = [] if case is Case.EMPTY else [issue(1), closed, issue(3)]
        if case is Case.UNREADABLE:
            issues.append(issue(4, state="paused"))
        return self.of(forge(issues, before=fault_of(case)), clock, expected=0 if case is Case.EMPTY else 3)

    def of(self, handler: Answers, clock: FakeClock, expected: int = 3) -> Scene:
        options = self.connector.options.model_validate({"url": "https://forge.test", "token": CANARY})
        around = surroundings(handler, clock, connection="forge")
        return Scene(
            source=self.connector.open(options, around),
            selection=Selection.of("forge", {"repo": "acme/shop"}),
            fields=frozenset({"comments"}),
            expected=expected,
            unreadable="'paused'",
        )

    async def test_an_issue_that_leaves_while_pages_are_read_makes_it_partial(self, clock: FakeClock) -> None:
        issues = [issue(number) for number in range(1, 6)]

        def shrink(request: httpx.Request) -> None:
            if b"page=2" in request.url.query:
                del issues[0]  # the third row moves up to the first page, which was read

        async with opened(self.of(forge(issues, before=shrink), clock)) as scene:
            with pytest.raises(PartialReadError, match="the list of 5 issues changed while it was read"):
                await pull(self.connector, scene)

    async def test_records_become_work_items(self, clock: FakeClock, tmp_path: Path) -> None:
        async with opened(self.scene(Case.PLAIN, clock, tmp_path)) as scene:
            items = (await pull(self.connector, scene)).items
        assert [item.state for item in items.values()] == [ItemState.TODO, ItemState.DONE, ItemState.TODO]
        assert items["7002"].key == "acme/shop#2"
        assert items["7002"].done_at is not None
        assert items["7003"].numbers == {"comments": 3}


def test_the_page_is_whole() -> None:
    assert set(FILES) == {"pyproject.toml", "okrsync_forgejo/__init__.py", "okrsync_forgejo/quality.yaml"}
    quality = quality_of(registry.module_of("forgejo"))
    assert quality is not None
    assert quality.mark == "9 of 13"


RULE = """\
      k:
        title: Close what is open
        measure: {completion: {from: forge, repo: acme/shop, label: checkout}}
"""


def test_rules_may_name_it(tmp_path: Path) -> None:
    forge_ = '  forge: {connector: forgejo, url: https://codeberg.org, token: "${FORGEJO_TOKEN}"}\ncycles:'
    rules = HEAD.replace("cycles:", forge_, 1) + RULE
    config = loaded(tmp_path, rules, environ={"FORGEJO_TOKEN": "made-up", "JIRA_TOKEN": "made-up"})
    (selection,) = config.selections_of("forge")
    assert selection.text() == "label checkout, repo acme/shop"
