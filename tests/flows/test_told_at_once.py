"""Whatever changes how a key result stands is told to destinations by the same deed, and sent at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from okrsync.exits import Exit
from tests.connectors.served import Answer, Asked, Served, serving
from tests.flows.house import House, key_result, objective
from tests.flows.test_destinations_whole import SECRET

BY_HAND = key_result("survey", measure="by_hand")


@dataclass
class Told:
    """A house whose key results all go to a receiver."""

    house: House
    served: Served
    which: str = "all"

    def rules(self, *objectives: str) -> None:
        self.house.rules(*objectives)
        rules = self.house.folder / "okrsync.yaml"
        text = rules.read_text(encoding="utf-8").removesuffix("objectives:\n")
        destination = (
            f'  hook: {{to: webhook, url: "{self.served.url}/", secret: "${{HOOK}}", key_results: {self.which}}}\n'
        )
        rules.write_text(f"{text}destinations:\n{destination}", encoding="utf-8")

    def news(self) -> list[tuple[str, str | None, str]]:
        """Return key result, value and status of what was heard since the last look."""
        found = [asked.body["data"] for asked in self.served.asked]
        self.served.asked.clear()
        return [(each["key_result"], each["value"], each["status"]) for each in found]


@pytest.fixture
def told(tmp_path: Path, url: str) -> Iterator[Told]:
    (tmp_path / ".env").write_text(f"HOOK={SECRET}\n", encoding="utf-8")

    def reply(_asked: Asked) -> Answer:
        return Answer(status=200)

    with serving(Served(reply)) as served:
        yield Told(House(tmp_path, url), served)


def ruled(told: Told) -> None:
    """Sync one measured key result, and one that people keep in the rules."""
    told.rules(objective("work", key_result("all"), BY_HAND))
    told.house.tasks(2)
    told.house.do("sync", "--in-process")
    assert told.news() == [("work/all", "0.2", "off_track")]


def values(news: list[tuple[str, str | None, str]]) -> dict[str, str | None]:
    return {address: value for address, value, _ in news}


def test_check_ins_and_their_end_go_out_at_once(told: Told) -> None:
    ruled(told)
    told.house.do("check-in", "work/survey", "4")
    assert values(told.news()) == {"work/survey": "4"}
    told.house.do("check-in", "work/all", "90%", "--sticky")
    assert values(told.news()) == {"work/all": "0.9"}
    told.house.do("check-in", "work/all", "--note", "nothing new")
    assert told.news() == []
    told.house.do("resume", "work/all")
    assert values(told.news()) == {"work/all": "0.2"}


def test_an_accepted_reading_goes_out_at_once(told: Told) -> None:
    told.rules(objective("work", key_result("all", "mode: suggest")))
    told.house.tasks(2)
    told.house.do("sync", "--in-process")
    assert told.news() == []
    told.house.do("review", "accept", "work/all")
    assert values(told.news()) == {"work/all": "0.2"}


def test_what_people_keep_in_the_store_goes_out_with_each_deed_and_needs_no_objective_in_the_rules(told: Told) -> None:
    told.which = "{teams: [growth]}"
    told.rules()
    house = told.house
    house.do("okr", "add-cycle", "year", "2026-01-01", "2027-12-31", "--timezone", "UTC")
    house.do("okr", "add", "grow", "Grow", "--cycle", "year", "--team", "growth")
    house.do("okr", "add", "grow/mrr", "Grow MRR from 0 to 10")
    assert told.news() == []
    house.do("check-in", "grow/mrr", "5")
    assert values(told.news()) == {"grow/mrr": "5"}
    house.do("okr", "edit", "grow/mrr", "--owner", "ben")
    assert told.news() == []
    house.do("okr", "edit", "grow/mrr", "--metric", "{baseline: 0, target: 5}")
    ((address, value, status),) = told.news()
    assert (address, value, status) == ("grow/mrr", "5", "on_track")


def retired(told: Told) -> list[tuple[str, str | None]]:
    """Return key result and last value of what was heard to be declared no longer, and of nothing else."""
    found = [asked.body for asked in told.served.asked]
    told.served.asked.clear()
    assert {each["type"] for each in found} <= {"key_result.retired"}
    return [(each["data"]["key_result"], each["data"]["value"]) for each in found]


def test_what_people_close_is_told_as_retired(told: Told) -> None:
    told.rules()
    house = told.house
    house.do("okr", "add-cycle", "year", "2026-01-01", "2027-12-31", "--timezone", "UTC")
    house.do("okr", "add", "grow", "Grow", "--cycle", "year")
    house.do("okr", "add", "grow/mrr", "Grow MRR from 0 to 10")
    house.do("okr", "add", "grow/nps", "Raise NPS from 0 to 10")
    house.do("check-in", "grow/mrr", "5")
    assert values(told.news()) == {"grow/mrr": "5"}
    house.do("okr", "close", "grow")
    assert retired(told) == [("grow/mrr", "5")], "of the other nobody had heard"


def test_what_the_rules_drop_is_told_once_as_retired_and_again_as_it_stands_when_it_is_back(told: Told) -> None:
    ruled(told)
    told.rules(objective("work", BY_HAND))
    told.house.do("sync", "--in-process")
    assert retired(told) == [("work/all", "0.2")]
    told.house.do("sync", "--in-process")
    assert retired(told) == []
    told.rules(objective("work", key_result("all"), BY_HAND))
    told.house.do("sync", "--in-process")
    assert told.news() == [("work/all", "0.2", "off_track")]


def test_imported_values_go_out_at_once_and_a_dry_run_tells_nobody(told: Told) -> None:
    told.rules()
    table = told.house.folder / "okrs.csv"
    head = "Cycle,Starts on,Ends on,Objective id,Objective,Key result id,Key result,Baseline,Target,Value"
    row = "year,2026-01-01,2027-12-31,grow,Grow,mrr,Grow MRR,0,10,5"
    table.write_text(f"{head}\n{row}\n", encoding="utf-8")
    told.house.do("import", str(table), "--dry-run")
    assert told.news() == []
    told.house.do("import", str(table))
    assert values(told.news()) == {"grow/mrr": "5"}
    told.house.do("import", str(table))
    assert told.news() == []


def test_a_closed_cycle_tells_how_it_ended_and_nothing_more(told: Told) -> None:
    ruled(told)
    told.house.do("close", "year", "--early")
    assert told.news() == [("work/all", "0.2", "missed")]
    told.house.do("sync", "--in-process")
    assert told.news() == []


def test_a_backfill_rebuilds_the_past_and_so_is_no_news(told: Told) -> None:
    ruled(told)
    told.house.do("backfill", "--since", "2026-11-20")
    told.house.do("sync", "--in-process")
    assert told.news() == []


def test_a_roll_up_is_told_to_be_as_bad_as_the_page_shows_it(told: Told) -> None:
    whole = key_result("whole", measure="{rollup: [work/all, work/survey]}").replace(
        "        metric: {baseline: 0, target: 10}\n", ""
    )
    told.rules(objective("work", key_result("all"), BY_HAND), objective("sum", whole))
    told.house.tasks(10)
    told.house.do("sync", "--in-process")
    told.house.do("check-in", "work/survey", "0")
    told.news()
    told.house.do("sync", "--in-process")
    news = {address: status for address, _, status in told.news()}
    shown = {each["id"]: each["status"] for each in told.house.json("status")["key_results"]}
    assert news["sum/whole"] == shown["sum/whole"] == "off_track"


def test_a_destination_that_is_away_is_told_and_the_deed_is_done(told: Told) -> None:
    ruled(told)
    told.served.faults.append(Answer(status=410))
    result = told.house.run("check-in", "work/survey", "4")
    assert result.exit_code == Exit.PARTLY
    assert "hook: work/survey:" in result.output
    told.news()
    told.house.do("sync", "--in-process")
    assert values(told.news()) == {"work/survey": "4"}


def test_where_its_secret_is_not_set_a_destination_hears_with_the_next_sync(told: Told) -> None:
    ruled(told)
    secrets = told.house.folder / ".env"
    kept = secrets.read_text(encoding="utf-8")
    secrets.write_text("", encoding="utf-8")
    said = told.house.run("check-in", "work/survey", "4")
    assert (said.exit_code, told.news()) == (0, [])
    assert "hook hears of this with the next sync: HOOK is not set here" in said.output
    secrets.write_text(kept, encoding="utf-8")
    told.house.do("sync", "--in-process")
    assert values(told.news()) == {"work/survey": "4"}


def test_a_destination_for_what_nobody_declared_is_told_by_sync_and_check(told: Told) -> None:
    told.which = "[work/all, work/al]"
    told.rules(objective("work", key_result("all")))
    told.house.tasks(2)
    synced = told.house.run("sync", "--in-process")
    assert synced.exit_code == Exit.PARTLY
    assert "no key result 'work/al': did you mean 'work/all'?" in " ".join(synced.output.split())
    assert values(told.news()) == {"work/all": "0.2"}
    checked = told.house.run("check", "--offline")
    assert (checked.exit_code, "no key result 'work/al'" in checked.output) == (Exit.FINDINGS, True)
