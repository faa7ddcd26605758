"""The demo's folder: what is written, what a step changes, and that a later process serves the same."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from openpyxl import load_workbook

from config.load import Config
from config.load import load as load_config
from config.settings import load_settings
from connectors.guard import Guard
from mapping.errors import FixConfigError
from mapping.rules import Aggregate, Completion, KeyResult, Latest, MetricKind, Period, Ratio, UnitKind
from okrsync.sandbox.demo import STATE_FILE, DemoFolder, advance, create, load, serve
from okrsync.sandbox.steps import latest_change
from okrsync.sandbox.wire import json_bytes
from tests.sandbox.conftest import ANCHOR, github_client, jira_client

LATER = ANCHOR + timedelta(hours=2)


@pytest.fixture
def demo(tmp_path: Path) -> DemoFolder:
    return create(tmp_path / "demo", now=ANCHOR)


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Config:
    made = create(tmp_path_factory.mktemp("rules") / "demo", now=ANCHOR)
    return load_config(made.config, settings=load_settings(made.folder), environ={**env_of(made)})


def env_of(demo: DemoFolder) -> dict[str, str]:
    lines = (demo.folder / ".env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_a_new_folder_holds_all_that_a_sync_needs(demo: DemoFolder) -> None:
    assert sorted(path.name for path in demo.folder.iterdir()) == [".env", "kpis.xlsx", "okrsync.yaml", "sandbox.json"]
    text = demo.config.read_text(encoding="utf-8")
    assert not re.search(r"@[a-z_]+@", text), "every placeholder was filled in"
    assert all(value not in text for name, value in env_of(demo).items() if name.endswith("_TOKEN"))
    assert demo.jira_url in text
    assert (demo.folder / ".env").stat().st_mode & 0o077 == 0


def test_the_folder_itself_lets_its_sandbox_be_reached_and_nothing_else_on_this_machine(
    demo: DemoFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OKRSYNC_ALLOWED_HOSTS")
    guard = Guard.of(load_settings(demo.folder).allowed_hosts)
    guard.check_url(demo.jira_url, "demo")
    with pytest.raises(FixConfigError):
        guard.check_url(f"http://127.0.0.1:{demo.port + 1}", "demo")


def test_the_rules_are_what_lint_asks_for(rules: Config) -> None:
    assert len(rules.objectives) == 7
    assert {objective.team for objective in rules.objectives} == {"Shop", "Growth", "Operations"}
    assert all(2 <= len(objective.key_results) <= 5 for objective in rules.objectives)
    assert all(objective.owner for objective in rules.objectives)
    assert all(key_result.owner for key_result in rules.key_results())
    assert {objective.level for objective in rules.objectives} == {"team", "person"}


def by_id(rules: Config, address: str) -> KeyResult:
    return next(one for one in rules.key_results() if one.id == address)


KINDS = [
    ("be-known/engagement", MetricKind.INCREASE, UnitKind.PERCENT, "double"),
    ("be-known/instagram", MetricKind.INCREASE, UnitKind.NUMBER, ""),
    ("no-waste/zero-waste", MetricKind.INCREASE, UnitKind.PERCENT, ""),
    ("no-waste/offsets", MetricKind.INCREASE, UnitKind.PERCENT, ""),
    ("no-waste/compostable", MetricKind.INCREASE, UnitKind.PERCENT, ""),
    ("no-waste/biodegradable", MetricKind.INCREASE, UnitKind.PERCENT, ""),
    ("loved-by-customers/nps", MetricKind.AT_LEAST, UnitKind.NUMBER, ""),
    ("loved-by-customers/rating", MetricKind.AT_LEAST, UnitKind.NUMBER, ""),
    ("loved-by-customers/blind-test", MetricKind.INCREASE, UnitKind.PERCENT, ""),
    ("be-known/visitors", MetricKind.INCREASE, UnitKind.NUMBER, ""),
    ("be-known/mastodon", MetricKind.INCREASE, UnitKind.NUMBER, "x10"),
    ("be-known/members", MetricKind.INCREASE, UnitKind.NUMBER, ""),
    ("loved-by-customers/recommendation", MetricKind.AT_LEAST, UnitKind.NUMBER, ""),
    ("new-checkout/adoption", MetricKind.INCREASE, UnitKind.PERCENT, ""),
    ("steady-income/conversion", MetricKind.INCREASE, UnitKind.PERCENT, ""),
    ("good-manager-good-father/satisfaction", MetricKind.INCREASE, UnitKind.NUMBER, "+20%"),
    ("good-manager-good-father/participation", MetricKind.INCREASE, UnitKind.PERCENT, ""),
    ("good-manager-good-father/feedback", MetricKind.INCREASE, UnitKind.NUMBER, "double"),
    ("steady-income/revenue", MetricKind.INCREASE, UnitKind.CURRENCY, ""),
    ("steady-income/renewals", MetricKind.INCREASE, UnitKind.NUMBER, "+25%"),
    ("steady-income/churn", MetricKind.DECREASE, UnitKind.PERCENT, "-10%"),
    ("good-manager-good-father/offline", MetricKind.BINARY, UnitKind.DONE, ""),
    ("new-checkout/epic", MetricKind.INCREASE, UnitKind.PERCENT, ""),
    ("new-checkout/bugs", MetricKind.DECREASE, UnitKind.NUMBER, ""),
    ("new-checkout/speed", MetricKind.AT_MOST, UnitKind.NUMBER, ""),
]


@pytest.mark.parametrize(("address", "kind", "unit", "stated"), KINDS, ids=[kind[0] for kind in KINDS])
def test_every_kind_of_key_result_is_there(
    rules: Config, address: str, kind: MetricKind, unit: UnitKind, stated: str
) -> None:
    metric = by_id(rules, address).metric
    assert (metric.kind, metric.unit.kind, metric.stated) == (kind, unit, stated)


def test_two_key_results_are_judged_by_the_month(rules: Config) -> None:
    monthly = [one.id for one in rules.key_results() if one.metric.per is Period.MONTH]
    assert monthly == ["steady-income/leads", "good-manager-good-father/dinner"]


def test_every_measure_is_used(rules: Config) -> None:
    measures = [one.measure for one in rules.key_results()]
    kinds = {one.kind.value if isinstance(one, Aggregate) else type(one).__name__ for one in measures}
    assert kinds == {"count", "sum", "average", "min", "max", Completion.__name__, Latest.__name__, Ratio.__name__}


def test_a_step_changes_workbook_and_world_and_is_kept(demo: DemoFolder) -> None:
    before = load_workbook(demo.folder / "kpis.xlsx")
    sentences = advance(demo.folder, now=LATER)
    after = load_workbook(demo.folder / "kpis.xlsx")
    assert any("NPS" in sentence for sentence in sentences)
    assert value_of(after, "NPS") == value_of(before, "NPS") + 3
    assert (value_of(before, "Survey invited"), value_of(after, "Survey invited")) == (0, 64)
    assert after["Leads"].max_row == before["Leads"].max_row + 1
    assert after["Leads"].tables["Leads"].ref == f"A1:E{after['Leads'].max_row}"
    assert load(demo.folder).steps == (LATER - timedelta(seconds=1),)
    assert json.loads((demo.folder / STATE_FILE).read_text(encoding="utf-8"))["seed"] == 7


def test_a_workbook_without_the_row_is_named_and_no_step_is_taken(demo: DemoFolder) -> None:
    path = demo.folder / "kpis.xlsx"
    book = load_workbook(path)
    book["KPI"]["A9"] = "Net promoter score"
    book.save(path)
    with pytest.raises(FixConfigError, match="has no row 'NPS' on sheet KPI"):
        advance(demo.folder, now=LATER)
    assert load(demo.folder).step == 0


def test_no_change_comes_from_the_future(demo: DemoFolder) -> None:
    advance(demo.folder, now=LATER)
    assert latest_change(load(demo.folder).world()) < LATER


def value_of(book: object, metric: str) -> float:
    sheet = book["KPI"]  # type: ignore[index]
    return next(float(row[3].value) for row in sheet.iter_rows(min_row=2) if row[0].value == metric)


def test_a_later_process_makes_the_same_world(demo: DemoFolder) -> None:
    advance(demo.folder, now=LATER)
    advance(demo.folder, now=LATER + timedelta(days=3))
    here = load(demo.folder).world()
    script = (
        "import hashlib, pathlib, sys\n"
        "from okrsync.sandbox.demo import load\nfrom okrsync.sandbox.wire import json_bytes\n"
        "world = load(pathlib.Path(sys.argv[1])).world()\n"
        "records = [repo.records for repo in world.github.repositories.values()]\n"
        "print(hashlib.sha256(json_bytes([world.jira.issues, world.jira.histories, records])).hexdigest())\n"
        "print(any(name.partition('.')[0] == 'prefect' for name in sys.modules))\n"
    )
    there = subprocess.run(
        [sys.executable, "-c", script, str(demo.folder)], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    records = [repository.records for repository in here.github.repositories.values()]
    digest = hashlib.sha256(json_bytes([here.jira.issues, here.jira.histories, records])).hexdigest()
    assert there == [digest, "False"]


@pytest.mark.parametrize("now", [ANCHOR - timedelta(days=1), ANCHOR, LATER])
def test_a_step_never_lies_before_the_last_change(demo: DemoFolder, now: datetime) -> None:
    changed = [latest_change(demo.world())]
    for _ in range(3):
        advance(demo.folder, now=now)
        world = load(demo.folder).world()
        changed.append(latest_change(world))
        assert load(demo.folder).steps[-1] > changed[-2]
    assert changed == sorted(changed)
    steps = load(demo.folder).steps
    assert list(steps) == sorted(set(steps))


def test_steps_taken_while_it_is_served_are_seen(demo: DemoFolder) -> None:
    search = {"jql": "project = SHOP AND statusCategory = Done"}
    with (
        serve(demo.folder, clock=lambda: LATER) as sandbox,
        jira_client(sandbox) as jira,
        github_client(sandbox) as github,
    ):

        def look() -> tuple[int, int]:
            count = jira.post("/rest/api/3/search/approximate-count", json=search).json()["count"]
            closed = github.get("/repos/rivelle/payments/issues?state=closed&per_page=100").json()
            return count, len(closed)

        before = look()
        advance(demo.folder, now=LATER)
        after = look()
    assert after[0] > before[0]
    assert after[1] == before[1] + 3


def test_a_demo_is_begun_anew_and_nothing_else_is_touched(demo: DemoFolder) -> None:
    advance(demo.folder, now=LATER)
    (demo.folder / "okrsync.db").write_text("old")
    (demo.folder / "notes.txt").write_text("mine")
    again = create(demo.folder, now=LATER)
    assert again.step == 0
    assert again.anchor == LATER
    assert not (demo.folder / "okrsync.db").exists()
    assert (demo.folder / "notes.txt").read_text() == "mine"


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "work.txt").write_text("precious")
    with pytest.raises(FixConfigError, match="is not empty and holds no demo: name a new folder"):
        create(tmp_path, now=ANCHOR)
    assert [path.name for path in tmp_path.iterdir()] == ["work.txt"]


@pytest.mark.parametrize("content", ["{", "[]", '{"format": 1}', '{"format": 1, "seed": "x"}'])
def test_a_spoilt_state_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / STATE_FILE).write_text(content)
    for act in (load, advance, lambda folder: create(folder, now=ANCHOR)):
        with pytest.raises(FixConfigError, match=r"sandbox\.json"):
            act(tmp_path)


def test_a_state_of_another_format_is_refused(demo: DemoFolder) -> None:
    path = demo.folder / STATE_FILE
    path.write_text(path.read_text(encoding="utf-8").replace('"format": 1', '"format": 9'))
    with pytest.raises(FixConfigError, match="has format 9 instead of 1"):
        load(demo.folder)


def test_a_folder_without_a_demo_is_named(tmp_path: Path) -> None:
    with pytest.raises(FixConfigError, match=r"holds no demo .* run `okrsync demo"):
        advance(tmp_path)


def test_a_taken_port_is_one_clear_line(demo: DemoFolder) -> None:
    with (
        serve(demo.folder),
        pytest.raises(FixConfigError, match=f"cannot listen on http://127.0.0.1:{demo.port}"),
        serve(demo.folder),
    ):
        pytest.fail("two servers on one port")
    with serve(demo.folder) as again:
        assert httpx.get(f"{again.jira_url}/rest/api/3/serverInfo").status_code == 200
