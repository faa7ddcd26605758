"""What the pages say, and to whom they answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html import escape

import pytest
from starlette.testclient import TestClient

from dashboard.app import create_app
from mapping.errors import FixConfigError, TryAgainError
from mapping.explanation import Explanation
from mapping.rules import Cycle
from mapping.standing import Overview
from mapping.status import Status
from mapping.words import ItemState
from tests.dashboard.fixtures import Company
from tests.dashboard.sketches import NOW, SKETCHES, story


def client_of(company: Company) -> TestClient:
    return TestClient(create_app(company, now=lambda: NOW), raise_server_exceptions=False)


def text_of(html: str) -> str:
    """The words of a page as one line, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def row_of(html: str, title: str) -> str:
    """The words of one key result's row."""
    return next(text_of(row.partition("</li>")[0]) for row in html.split('<li class="kr ')[1:] if title in row)


def test_the_overview_names_every_objective_and_key_result(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    for sketches in SKETCHES.values():
        for sketch in sketches:
            assert sketch.title in page.text
    for team in ("Payments", "Growth", "Ventes &amp; contrats", "Operations"):
        assert f"<bdi>{team}</bdi>" in page.text


def test_a_row_shows_value_way_progress_status_owner_and_freshness(client: TestClient) -> None:
    row = row_of(client.get("/").text, "Bring open checkout bugs down")
    for part in (" 27 ", "40 → 10 bugs", "43%", "At risk", "malik", "2 hours ago"):
        assert part in row


def test_a_row_that_is_off_pace_says_by_how_much_and_others_do_not(client: TestClient) -> None:
    page = client.get("/").text
    for sketch in (sketch for sketches in SKETCHES.values() for sketch in sketches if sketch.because):
        told = text_of(page.split(escape(sketch.title), 1)[1].split("</li>", 1)[0])
        assert ("of the pace" in told) is (sketch.status in (Status.AT_RISK, Status.OFF_TRACK)), sketch.title


def test_a_stale_row_says_since_when_and_why(client: TestClient) -> None:
    row = row_of(client.get("/").text, "Raise conversion after sign-up")
    for part in ("Stale", "2 days ago", "jira: 503 Service Unavailable after 6 tries", "21.2%"):
        assert part in row


def test_no_data_is_a_dash_with_its_reason_and_never_a_percentage(client: TestClient) -> None:
    row = row_of(client.get("/").text, "Refunds settled within a day")
    assert "No data" in row
    assert "the denominator is 0" in row
    assert "40% → 90%" in row
    assert re.findall(r"\d+%", row.replace("40% → 90%", "")) == []


def test_over_achievement_keeps_its_number_while_the_bar_ends_at_the_target(client: TestClient) -> None:
    html = client.get("/").text
    row = next(row for row in html.split('<li class="kr ')[1:] if "Ten times the followers" in row)
    assert "152%" in row
    assert '<rect class="bar-fill" y="3" width="100%"' in row


def test_the_summary_counts_each_status_once(client: TestClient) -> None:
    page = text_of(client.get("/").text)
    assert "8 of 25 key results are on track" in page
    for counted in ("4 At risk", "3 Off track", "2 Stale", "2 No data"):
        assert counted in page


def test_a_status_can_be_picked_and_the_others_leave(client: TestClient) -> None:
    page = client.get("/?status=stale").text
    assert page.count('<li class="kr ') == 2
    assert "Raise conversion after sign-up" in page
    assert client.get("/?status=nonsense").text.count('<li class="kr ') == 25


def test_what_moved_shows_both_values_and_their_causes(client: TestClient) -> None:
    page = client.get("/").text
    moves = text_of(page[page.index('<aside class="moves"') :])
    assert "21 → then 23 2 hours ago +2 source value changed 21 → 23 in kpis.xlsx, sheet KPI, C7" in moves
    assert "+€118,250.75 source value changed" in moves


def test_a_first_reading_is_no_move() -> None:
    objective, sketches = "trust", (replace(SKETCHES["trust"][0], values=("4.1",)),)
    page = client_of(Company({objective: sketches})).get("/").text
    assert "Nothing has moved yet" in page


def test_a_value_that_was_confirmed_is_no_move() -> None:
    objective, sketches = "trust", (replace(SKETCHES["trust"][0], values=("4.1", "4.2", "4.2")),)
    page = client_of(Company({objective: sketches})).get("/").text
    assert "Nothing has moved yet" in page


def test_an_objective_says_how_many_key_results_give_it_its_status(client: TestClient) -> None:
    page = text_of(client.get("/").text)
    assert re.search(r"Launch the new checkout before the holidays +Stale · 1 of 4 key results · committed", page)
    assert "no key results yet" in text_of(client_of(Company({"launch-checkout": ()})).get("/").text)


def test_a_key_result_that_never_had_a_value_is_told_to_have_none_and_not_to_keep_one() -> None:
    held = replace(SKETCHES["trust"][0], values=(), no_data="kpis: no such row", stale="kpis: no such row")
    page = text_of(client_of(Company({"trust": (held,)})).get(f"/kr/trust/{held.id}").text)
    assert "There is no number yet: kpis: no such row" in page
    assert "the last good value stays" not in page


def test_an_objective_names_key_results_that_take_no_part(client: TestClient) -> None:
    assert "1 key result without data takes no part" in text_of(client.get("/").text)


def test_another_cycle_is_one_link_away(client: TestClient) -> None:
    assert 'href="/?cycle=2026-q3"' in client.get("/").text
    page = client.get("/?cycle=2026-q3").text
    assert "3rd quarter 2026" in page
    assert "This cycle has no objectives yet" in page


def test_a_key_result_page_explains_its_number(client: TestClient) -> None:
    page = text_of(client.get("/kr/launch-checkout/epic").text)
    for part in (
        "Finish the checkout epic",
        "I will launch the new checkout before the holidays , as measured by finish the checkout epic .",
        "61.8%",
        "62% of the way with 57% expected: 1.08 of the pace, on track from 0.90",
        "34 done / 55 story points",
        "project = CHK AND type = Story ORDER BY id",
        "last complete read 2 hours ago",
        "+23.6 pp completed (1 item) : CHK-32",
        "-5.45 pp reopened",
        "version 3f9a01c27be4",
    ):
        assert part in page, part


def test_items_link_to_their_source_and_say_why_they_do_not_count(client: TestClient) -> None:
    page = client.get("/kr/launch-checkout/epic").text
    link = 'href="https://acme.atlassian.test/browse/CHK-31" rel="noopener noreferrer"'
    assert link in page
    assert "left out: parent of other items" in text_of(page)


@pytest.mark.parametrize(("wish", "rows"), [("all", 11), ("counted", 8), ("left-out", 3), ("nonsense", 11)])
def test_items_can_be_narrowed_to_counted_or_left_out(client: TestClient, wish: str, rows: int) -> None:
    page = client.get(f"/kr/launch-checkout/epic?items={wish}").text
    assert page.count('<th scope="row">') == rows


def test_many_items_come_in_pages_and_an_odd_page_number_is_the_nearest() -> None:
    many = tuple(story(f"CHK-{number}", "A story", ItemState.TODO, "1") for number in range(250))
    company = Company({"launch-checkout": (replace(SKETCHES["launch-checkout"][0], evidence=many),)})
    client = client_of(company)
    for number, rows in (("1", 100), ("3", 50), ("99", 50), ("0", 100), ("-1", 100), ("x", 100), ("9" * 30, 100)):
        page = client.get(f"/kr/launch-checkout/epic?page={number}").text
        assert page.count('<th scope="row">') == rows, number


def test_a_key_result_without_any_check_in_has_a_page(client: TestClient) -> None:
    page = text_of(client.get("/kr/trust/refunds").text)
    assert "There is no number yet: the denominator is 0" in page
    assert "There is nothing to draw yet" in page


def test_a_value_that_measuring_again_does_not_give_is_said_aloud() -> None:
    class Disagreeing(Company):
        def explain(self, address: str) -> Explanation:
            return replace(super().explain(address), agrees=False)

    page = client_of(Disagreeing()).get("/kr/launch-checkout/epic").text
    assert "Measuring again from the mirror gave another number" in page


def test_syncs_show_each_connection_with_outcome_and_reason(client: TestClient) -> None:
    page = text_of(client.get("/runs").text)
    for part in ("failed jira", "jira: 503 Service Unavailable after 6 tries", "412 matched, 9 read", "1 unreadable"):
        assert part in page


def test_an_empty_store_says_what_to_run() -> None:
    class Empty(Company):
        def cycles(self) -> Sequence[Cycle]:
            return ()

        def overview(self, cycle: str | None = None) -> Overview:
            raise LookupError("nothing was synced yet")

    page = client_of(Empty()).get("/")
    assert page.status_code == 200
    assert "okrsync sync" in page.text


@pytest.mark.parametrize("path", ["/kr/launch-checkout/none", "/kr/a/b", "/nowhere", "/?cycle=1999-q1", "/static/none"])
def test_an_unknown_address_is_a_404_that_leads_back(client: TestClient, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 404
    assert "There is nothing at this address" in page.text
    assert 'class="button" href="/"' in page.text


def test_writing_is_refused(client: TestClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert client.request(method, "/").status_code == 405


def test_a_store_that_is_away_is_one_clear_line_and_503() -> None:
    class Away(Company):
        def cycles(self) -> Sequence[Cycle]:
            raise TryAgainError("okrsync.db is locked by another program: try again")

    client = client_of(Away())
    page = client.get("/")
    assert page.status_code == 503
    assert "okrsync.db is locked by another program: try again" in page.text
    assert client.get("/healthz").status_code == 503


def test_a_fault_of_ours_shows_no_inner_detail_and_keeps_its_headers() -> None:
    class Broken(Company):
        def cycles(self) -> Sequence[Cycle]:
            raise RuntimeError("inner detail")

    page = client_of(Broken()).get("/")
    assert page.status_code == 500
    assert "Something went wrong on our side" in page.text
    assert "inner detail" not in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]


def test_health_answers_ok(client: TestClient) -> None:
    assert client.get("/healthz").text == "ok\n"


def test_behind_a_path_prefix_all_addresses_carry_it() -> None:
    with TestClient(create_app(Company(), now=lambda: NOW), root_path="/okr") as client:
        page = client.get("/okr/?lang=fr")
    addresses = re.findall(r'(?:href|src)="(/[^"]*)"', page.text)
    assert addresses
    assert [address for address in addresses if not address.startswith("/okr/")] == []


def test_ages_are_told_against_the_clock_that_was_passed_in() -> None:
    later = TestClient(create_app(Company(), now=lambda: NOW + timedelta(days=3)))
    assert "3 days ago" in later.get("/kr/launch-checkout/epic").text


def test_a_language_the_page_does_not_speak_is_refused() -> None:
    with pytest.raises(FixConfigError, match="page language 'de': use one of en, fr"):
        create_app(Company(), default_language="de")  # type: ignore[arg-type]  # as a config file could say


def test_progress_beyond_whole_numbers_stays_exact_in_json(client: TestClient) -> None:
    body = client.get("/kr/grow-europe/mrr.json").json()
    assert body["standing"]["value"] == "1706250.75"
    assert Decimal(body["standing"]["progress"]) == Decimal("0.6083")


def test_a_key_result_off_pace_lists_what_would_close_the_gap(client: TestClient) -> None:
    page = text_of(client.get("/kr/launch-checkout/bugs").text)
    for part in (
        "What would close the gap",
        "finishing 3 items brings it from 43% to 53%",
        "CHK-50",
        "Vouchers vanish",
    ):
        assert part in page, part


def test_a_forecast_stands_beside_its_record_or_says_that_there_is_none(client: TestClient) -> None:
    page = text_of(client.get("/kr/launch-checkout/epic").text)
    for part in (
        "at the end of the cycle; half of the paths end between",
        "Chance of 70%",
        "past forecasts, 7 days ahead",
    ):
        assert part in page, part
    assert "too little history: 0 daily changes" in text_of(client.get("/kr/trust/refunds").text)


def test_the_status_under_other_tools_rules_is_on_the_page(client: TestClient) -> None:
    page = text_of(client.get("/kr/launch-checkout/bugs").text)
    for part in ("Under other tools' rules", "Viva Goals (retired 2025)", "ServiceNow Goal Framework", "used here"):
        assert part in page, part
