"""Destinations with whole commands over real HTTP: a sync writes goals, one that is down harms no other."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flows.people import Said, check_in
from okrsync.exits import Exit
from okrsync.place import Place
from okrsync.sandbox.server import free_port
from tests.flows.kit import Company, company, okrsync, printed

EPIC = "new-checkout/epic"
SECRET = "whsec_" + base64.b64encode(b"a made-up secret of 32 bytes ....").decode()


@pytest.fixture(scope="module")
def rivelle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with company(tmp_path_factory.mktemp("destinations")) as made:
        _add_destinations(made)
        yield made


def _add_destinations(made: Company) -> None:
    site = made.sandbox.asana
    site.goals.clear()
    goal = site.add_goal("Checkout", precision=2)
    rules = made.folder / "okrsync.yaml"
    before, _, after = rules.read_text(encoding="utf-8").partition("\ndestinations:\n")
    rules.write_text(
        before
        + after[after.index("\nobjectives:\n") :]
        + "\ndestinations:\n"
        + f'  goals: {{to: asana, token: "${{GOALS}}", url: "{made.sandbox.asana_url}", key_results: '
        + f'{{{EPIC}: "{goal}"}}}}\n'
        + f'  hook: {{to: webhook, url: "http://127.0.0.1:{free_port()}/", secret: "${{HOOK}}", '
        + f"key_results: [{EPIC}]}}\n",
        encoding="utf-8",
    )
    with (made.folder / ".env").open("a", encoding="utf-8") as secrets:
        secrets.write(f"\nGOALS={site.account.token}\nHOOK={SECRET}\n")


def goal_of(made: Company) -> tuple[str, dict[str, Any]]:
    ((gid, goal),) = made.sandbox.asana.goals.items()
    return gid, goal


def test_a_sync_writes_goals_and_tells_of_the_destination_that_is_down(rivelle: Company) -> None:
    at = ("-C", str(rivelle.folder))
    done = okrsync(*at, "sync", "--in-process", "--json")
    assert done.returncode == Exit.PARTLY, done.stderr
    told = {each["destination"]: each for each in printed(done)["destinations"]}  # type: ignore[attr-defined] # a list
    assert (told["goals"]["sent"], told["goals"]["failures"]) == (1, [])
    assert told["hook"]["waiting"] == 1
    assert "cannot reach 127.0.0.1" in told["hook"]["failures"][0]
    _, goal = goal_of(rivelle)
    value = Decimal(str(rivelle.values()[EPIC]))
    assert Decimal(str(goal["metric"]["current_number_value"])) == round(value, 4)

    assert "goals" in okrsync(*at, "why", EPIC).stdout
    rows = okrsync(*at, "deliveries", EPIC).stdout
    assert "sent" in rows
    assert "waiting" in rows


def test_a_check_in_by_hand_is_written_at_once_and_what_cannot_go_out_is_told(rivelle: Company) -> None:
    at = ("-C", str(rivelle.folder))
    _, goal = goal_of(rivelle)
    done = okrsync(*at, "check-in", EPIC, "98%", "--sticky", "--as", "ana")
    assert (done.returncode, "entered by ana" in done.stdout) == (Exit.PARTLY, True), done.stderr
    assert goal["metric"]["current_number_value"] == 0.98
    assert f"hook: {EPIC}: " in done.stderr
    assert "goals" not in done.stderr


def test_what_waits_is_previewed_and_then_delivered(rivelle: Company) -> None:
    at = ("-C", str(rivelle.folder))
    gid, goal = goal_of(rivelle)
    place = Place(folder=rivelle.folder)
    with place.store() as store:
        said = Said(author="ana", value=Decimal("0.99"), sticky=True)
        check_in(store, EPIC, said, now=datetime.now(UTC), outlets=place.outlets())
    preview = okrsync(*at, "deliver", "--destination", "goals", "--dry-run").stdout
    assert f"→ 0.99 (goal {gid} (Checkout) at" in preview
    assert goal["metric"]["current_number_value"] != 0.99
    done = okrsync(*at, "deliver", "--destination", "goals")
    assert (done.returncode, "1 sent" in done.stdout) == (0, True), done.stdout + done.stderr
    assert goal["metric"]["current_number_value"] == 0.99


def test_linking_shows_what_it_would_set_and_asks(rivelle: Company) -> None:
    at = ("-C", str(rivelle.folder))
    gid, goal = goal_of(rivelle)
    before = dict(goal["metric"])
    refused = okrsync(*at, "link", EPIC, gid)
    assert refused.returncode != 0
    assert goal["metric"] == before
    done = okrsync(*at, "link", EPIC, gid, "--yes", "--as", "ana")
    assert (done.returncode, "its metric would be from 0% to 100%, now " in done.stdout) == (0, True), done.stderr
    assert goal["metric"]["progress_source"] == "manual"
    assert "link" in okrsync(*at, "audit", EPIC).stdout


def test_linking_to_the_goal_of_another_key_result_or_to_no_destination_is_refused(rivelle: Company) -> None:
    at = ("-C", str(rivelle.folder))
    gid, goal = goal_of(rivelle)
    before = dict(goal["metric"])
    shared = okrsync(*at, "link", "new-checkout/bugs", gid, "--yes")
    assert (shared.returncode, f"{gid} is where {EPIC} is written to" in shared.stderr) == (1, True), shared.stderr
    assert goal["metric"] == before
    nowhere = okrsync(*at, "link", EPIC, gid, "--yes", "--destination", "goal")
    assert (nowhere.returncode, "no destination 'goal': did you mean 'goals'?" in nowhere.stderr) == (1, True)


def test_a_key_result_that_people_keep_is_linked_and_written_too(rivelle: Company) -> None:
    at = ("-C", str(rivelle.folder))
    site = rivelle.sandbox.asana
    gid = site.add_goal("Love")
    rules = rivelle.folder / "okrsync.yaml"
    kept = rules.read_text(encoding="utf-8")
    assert (
        okrsync(*at, "okr", "add", "new-checkout/love", "Raise the love score from 2 to 8", "--as", "ana").returncode
        == 0
    )
    linked = okrsync(*at, "link", "new-checkout/love", gid, "--yes", "--as", "ana")
    assert linked.returncode == 0, linked.stderr
    rules.write_text(kept.replace(f"{{{EPIC}:", f'{{new-checkout/love: "{gid}", {EPIC}:'), encoding="utf-8")
    try:
        okrsync(*at, "check-in", "new-checkout/love", "5", "--as", "ana")
        assert site.goals[gid]["metric"]["current_number_value"] == 5
    finally:
        rules.write_text(kept, encoding="utf-8")
        del site.goals[gid]


def test_a_check_looks_at_the_goal_and_offline_asks_nobody(rivelle: Company) -> None:
    at = ("-C", str(rivelle.folder))
    gid, goal = goal_of(rivelle)
    told = okrsync(*at, "check").stdout
    assert f"goals: goal {gid} (Checkout) at" in told
    assert "hook: the webhook does not answer: cannot reach 127.0.0.1" in told
    kept = goal["metric"]
    goal["metric"] = None
    try:
        refused = okrsync(*at, "check", "--json")
        offline = okrsync(*at, "check", "--offline")
    finally:
        goal["metric"] = kept
    assert refused.returncode == Exit.FINDINGS
    assert any("has no metric to write to" in each["what"] for each in printed(refused)["problems"])  # type: ignore[attr-defined] # a list
    assert (offline.returncode, "goal " in offline.stdout) == (0, False)


def test_an_unknown_destination_is_told(rivelle: Company) -> None:
    done = okrsync("-C", str(rivelle.folder), "deliver", "--destination", "goal")
    assert (done.returncode, "did you mean 'goals'" in done.stderr) == (1, True)


def test_a_token_is_made_listed_and_revoked(tmp_path: Path) -> None:
    at = ("-C", str(tmp_path))
    secret = okrsync(*at, "token", "create", "board", "--as", "ana").stdout.strip()
    assert secret.startswith("okrsync_")
    listed = okrsync(*at, "token", "list").stdout
    assert "board  read  made" in listed
    assert secret not in listed
    assert okrsync(*at, "token", "revoke", "board", "--as", "ana").returncode == 0
    assert "revoked" in okrsync(*at, "token", "list").stdout
