"""Asana's goals in the demo's folder: what is written to them stays, and a person may edit it in the file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from mapping.errors import FixConfigError
from okrsync.sandbox.asana_site import ASANA_ACCOUNT
from okrsync.sandbox.demo import GOALS_FILE, DemoFolder, advance, create, load, serve
from okrsync.sandbox.world_asana import GOAL_BUGS, GOAL_READY
from tests.sandbox.conftest import ANCHOR

LATER = ANCHOR + timedelta(hours=2)


@pytest.fixture
def demo(tmp_path: Path) -> DemoFolder:
    return create(tmp_path / "demo", now=ANCHOR)


@pytest.fixture
def asana(demo: DemoFolder) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {ASANA_ACCOUNT.token}"}
    with serve(demo.folder), httpx.Client(base_url=demo.asana_url, headers=headers) as client:
        yield client


def set_value(asana: httpx.Client, gid: str, value: float) -> None:
    body = {"data": {"current_number_value": value}}
    assert asana.post(f"/goals/{gid}/setMetricCurrentValue", json=body).status_code == 200


def value_of(asana: httpx.Client, gid: str) -> float:
    return float(asana.get(f"/goals/{gid}").json()["data"]["metric"]["current_number_value"])


def edit(demo: DemoFolder, gid: str, value: float) -> None:
    path = demo.folder / GOALS_FILE
    kept = json.loads(path.read_text(encoding="utf-8"))
    next(each for each in kept["goals"] if each["gid"] == gid)["metric"]["current_number_value"] = value
    path.write_text(json.dumps(kept), encoding="utf-8")


def test_what_is_written_outlives_a_step_and_the_process(demo: DemoFolder, asana: httpx.Client) -> None:
    assert not (demo.folder / GOALS_FILE).exists()
    set_value(asana, GOAL_BUGS, 22)
    body = {"parent": GOAL_READY, "status_type": "on_track", "text": "The bar is built."}
    posted = asana.post("/status_updates", json={"data": body}).json()["data"]["gid"]
    advance(demo.folder, now=LATER)
    assert value_of(asana, GOAL_BUGS) == 22
    again = load(demo.folder).world().asana
    assert again.goals[GOAL_BUGS]["metric"]["current_number_value"] == 22
    assert again.goals[GOAL_READY]["current_status_update"]["gid"] == posted
    assert again.status_updates[posted]["text"] == "The bar is built."
    assert int(again.new_gid()) > int(posted), "no status update is given the gid of another"


def test_an_edit_of_the_file_is_a_persons_edit(demo: DemoFolder, asana: httpx.Client) -> None:
    set_value(asana, GOAL_BUGS, 22)
    edit(demo, GOAL_BUGS, 12)
    assert value_of(asana, GOAL_BUGS) == 12


def test_a_file_that_is_being_edited_is_refused_and_read_anew(demo: DemoFolder, asana: httpx.Client) -> None:
    set_value(asana, GOAL_BUGS, 22)
    path = demo.folder / GOALS_FILE
    kept = path.read_text(encoding="utf-8")
    path.write_text(kept[:100], encoding="utf-8")
    refused = asana.get(f"/goals/{GOAL_BUGS}")
    assert (refused.status_code, GOALS_FILE in refused.json()["errors"][0]["message"]) == (500, True)
    path.write_text(kept, encoding="utf-8")
    assert value_of(asana, GOAL_BUGS) == 22


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"goals": [{"name": "x"}], "status_updates": []}'])
def test_a_spoilt_file_is_told_when_the_demo_is_served(demo: DemoFolder, content: str) -> None:
    (demo.folder / GOALS_FILE).write_text(content, encoding="utf-8")
    with pytest.raises(FixConfigError, match=f"{GOALS_FILE} cannot be read .* or remove it"), serve(demo.folder):
        pytest.fail("served with a spoilt file")


def test_a_demo_begun_anew_has_its_goals_as_they_were_made(demo: DemoFolder) -> None:
    (demo.folder / GOALS_FILE).write_text("{", encoding="utf-8")
    again = create(demo.folder, now=LATER)
    assert again.world().asana.goals[GOAL_BUGS]["metric"]["current_number_value"] == 40
