"""What people say stands on the page beside what is measured, with what waits for them and what was before."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dashboard.app import create_app
from flows.reader import StoreReader
from mapping.check_ins import RebuiltReading
from tests.flows.house import House, key_result, objective

ADDRESS = "ship/tasks"
DAY = timedelta(days=1)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.replace("\u202f", " ").replace("\u00a0", " ")))


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path, f"sqlite:///{tmp_path / 'okrsync.db'}")
    made.tasks(4)
    made.sync(
        objective("grow", key_result("mood", measure="by_hand"), lines=("level: company",)),
        objective("ship", key_result("tasks"), lines=("parent: grow", "team: web", "teams: [ops]")),
    )
    return made


def page(house: House, path: str = f"/kr/{ADDRESS}", *, language: str = "en") -> str:
    with StoreReader(house.store()) as reader:
        answer = TestClient(create_app(reader)).get(path, params={"lang": language})
        assert answer.status_code == 200
        return answer.text


def test_a_persons_value_stands_beside_the_measured_one_with_reason_and_end(house: House) -> None:
    house.do("check-in", ADDRESS, "60%", "--until", "2027-12-01", "--reason", "the board lags", "--confidence", "70%")
    told = words(page(house))
    assert "ana says 60%; measured: 40%. the board lags Stands until Dec 1, 2027" in told
    assert "Confidence 70%" in told
    assert "4 of 10 items done 60%, entered by ana progress: (60% − 0%) / (100% − 0%) = 60%" in told
    assert "ana indique 60 % ; mesuré : 40 %." in words(page(house, language="fr"))
    assert "by hand, measured: 40%" in words(page(house, "/"))
    assert "saisi à la main, mesuré : 40 %" in words(page(house, "/", language="fr"))


@pytest.mark.parametrize(
    ("option", "until"),
    [((), "Stands until the automatic value moves."), (("--sticky",), "Stands until somebody resumes the automatic")],
)
def test_an_override_without_a_day_says_what_ends_it(house: House, option: tuple[str, ...], until: str) -> None:
    house.do("check-in", ADDRESS, "60%", *option)
    assert until in words(page(house))


def test_what_waits_for_review_is_shown_with_its_reason(house: House) -> None:
    house.tasks(1, of=4, out=6)
    house.run("sync", "--in-process")
    told = words(page(house))
    assert "Waits for review: 25%, 6 of 10 items that counted are gone at once (held from 50% on)." in told
    french = words(page(house, language="fr"))
    assert "En attente de validation : 25 %, 6 des 10 éléments comptés ont disparu d’un coup" in french


def test_comments_and_notes_are_shown_as_written_and_never_as_markup(house: House) -> None:
    house.do("comment", ADDRESS, "late <b>again</b>")
    house.do("check-in", ADDRESS, "--note", "two <i>more</i>")
    html = page(house)
    assert "late &lt;b&gt;again&lt;/b&gt;" in html
    assert "two &lt;i&gt;more&lt;/i&gt;" in html


def test_rebuilt_days_are_a_dashed_line_of_their_own_with_gaps(house: House) -> None:
    assert "chart-rebuilt" not in page(house)
    rebuild(house, ["0.1", "0.2", None, "0.3", "0.35"])
    html = page(house)
    assert html.count('<line class="chart-rebuilt"') == 2 + 1, "two strokes around the gap, and the legend's"
    assert "rebuilt from the sources" in html


def rebuild(house: House, progress: list[str | None]) -> None:
    now = datetime.now(UTC)
    with house.store() as store, store.begin(started_at=now, kind="backfill") as run:
        run.merge()
        day = RebuiltReading(
            key_result=ADDRESS, day="", at=now, value=None, raw_progress=None, progress=None,
            no_data="none", formula="", rule_version="x",
        )  # fmt: skip
        readings = []
        for number, text in enumerate(progress):
            at = now - DAY * (30 - number)
            value = None if text is None else Decimal(text)
            dated = replace(day, day=f"{at:%Y-%m-%d}", at=at, value=value, raw_progress=value, progress=value)
            readings.append(dated if text is None else replace(dated, no_data=None))
        run.publish(check_ins=(), freshness=(), declared=None, connections=(), now=now)
        run.rebuild(readings)
        run.commit()


def test_an_objective_says_whom_it_serves_and_who_contributes(house: House) -> None:
    assert "with ops · serves To grow" in words(page(house, "/"))
    assert "avec ops · au service de To grow" in words(page(house, "/", language="fr"))


def test_a_key_result_that_nobody_measures_says_so(house: House) -> None:
    assert "There is no number yet: nobody has checked in yet" in words(page(house, "/kr/grow/mood"))
    house.do("check-in", "grow/mood", "4")
    told = words(page(house, "/kr/grow/mood", language="fr"))
    assert "Rien n’est lu pour lui : la saisie est manuelle." in told
    assert "4, saisi par ana" in told
