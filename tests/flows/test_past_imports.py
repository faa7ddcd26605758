"""Check-ins of before come in: what one store exports is the same in another, and other tools' tables are taken too."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from flows.okrs import Desk
from flows.people import Said, check_in
from flows.reader import StoreReader
from mapping.check_ins import CheckInKind
from mapping.rules import Cycle, Metric, MetricKind, Objective, Unit, UnitKind
from store import Store
from tests.flows.house import House, key_result, objective

START = datetime(2026, 9, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = Cycle(
    id="year", starts_on=START.date().replace(month=1, day=1), ends_on=START.date().replace(year=2028), timezone="UTC"
)
SHARE = Metric(kind=MetricKind.INCREASE, baseline=Decimal(0), target=Decimal("0.7"), unit=Unit(kind=UnitKind.PERCENT))
MONEY = Metric(
    kind=MetricKind.INCREASE,
    baseline=Decimal(10),
    target=Decimal(40),
    unit=Unit(kind=UnitKind.CURRENCY, currency="EUR"),
)


def kept_by_people(store: Store) -> None:
    desk = Desk(store=store, author="ana", now=START)
    desk.add_cycle(YEAR)
    desk.add_objective(Objective(id="grow", title="Grow", cycle=YEAR))
    desk.add_key_result("grow/share", metric=SHARE, terms={"title": "Share of market"})
    desk.add_key_result("grow/money", metric=MONEY, terms={"title": "Monthly revenue"})


def with_history(store: Store) -> None:
    """Check in on a row of days: values with many digits, notes that look like formulas, a second with two."""
    kept_by_people(store)
    for number in range(12):
        at = START + number * DAY
        said = Said(
            author="ana" if number % 2 else "ben",
            value=round(Decimal(number) / 37, 12),
            note="=1+1" if number == 3 else "",
        )
        check_in(store, "grow/share", said, now=at)
        check_in(store, "grow/money", Said(author="ana", value=Decimal(10 + number), confidence=Decimal("0.7")), now=at)
    check_in(store, "grow/share", Said(author="cleo", note="“nothing”; new, here"), now=START + 20 * DAY)
    check_in(store, "grow/share", Said(author="cleo", value=Decimal("0.5")), now=START + 20 * DAY)


@pytest.fixture
def there(tmp_path: Path) -> House:
    """A house whose store has a history."""
    (tmp_path / "there").mkdir()
    made = House(tmp_path / "there", f"sqlite:///{tmp_path}/there.db")
    with made.store() as store:
        with_history(store)
    return made


@pytest.fixture
def here(tmp_path: Path, url: str) -> House:
    """A house with an empty store, on either engine."""
    (tmp_path / "here").mkdir()
    return House(tmp_path / "here", url)


def exported(house: House, name: str, *words: str) -> Path:
    out = house.folder / name
    house.do("export", "--cycle", "year", "--history", "--out", str(out), *words)
    return out


def rows(file: Path) -> list[list[object]]:
    if file.suffix == ".xlsx":
        book = load_workbook(file)
        return [[cell.value for cell in line] for line in book.worksheets[1].iter_rows()]
    return [list(line) for line in csv.reader(file.read_text(encoding="utf-8-sig").splitlines())]


def stories(file: Path) -> dict[str, Any]:
    """Return the check-ins of an export as JSON, without what tells the run and the import."""
    whole = json.loads(file.read_text(encoding="utf-8"))["stories"]
    return {
        address: [{k: v for k, v in each.items() if k not in ("run", "origin")} for each in story["check_ins"]]
        for address, story in whole.items()
    }


@pytest.mark.parametrize(
    ("okrs", "history", "words"),
    [
        ("q.csv", "q.check-ins.csv", ()),
        ("q.xlsx", "q.xlsx", ()),
        ("q.xlsx", "q.xlsx", ("--language", "fr")),
        ("q.csv", "q.json", ()),
    ],
)
def test_what_one_store_exports_another_exports_again(
    there: House, here: House, okrs: str, history: str, words: tuple[str, ...]
) -> None:
    for name in {okrs, history.replace(".check-ins", "")}:
        exported(there, name, *words)
    here.do("import", str(there.folder / okrs))
    planned = here.do("import", str(there.folder / history), "--history", "--dry-run")
    assert "26 would be taken over, 0 as they were" in planned
    done = here.do("import", str(there.folder / history), "--history")
    assert "26 taken over, 0 as they were" in done
    with here.store() as store:
        before = store.dump_json()
    assert "0 taken over, 26 as they were" in here.do("import", str(there.folder / history), "--history")
    with here.store() as store:
        assert store.dump_json() == before
        assert store.verify() == []
    again = exported(here, history.replace(".check-ins", ""), *words)
    if history.endswith(".json"):
        assert stories(again) == stories(there.folder / history)
    else:
        assert rows(here.folder / history) == rows(there.folder / history)


def test_what_was_imported_says_from_where_and_stands_in_chart_history_and_audit(there: House, here: House) -> None:
    exported(there, "q.csv")
    here.do("import", str(there.folder / "q.csv"))
    here.do("import", str(there.folder / "q.check-ins.csv"), "--history")
    with here.store() as store:
        entries = store.past_check_ins("grow/share")
        assert [each.origin for each in entries[:2]] == ["q.check-ins.csv, line 2", "q.check-ins.csv, line 3"]
        assert [each.kind for each in entries[:2]] == [CheckInKind.BY_HAND, CheckInKind.BY_HAND]
        assert [each.note for each in entries if each.note] == ["“nothing”; new, here", "=1+1"]
        (audited,) = (each for each in store.audit("grow/share") if each.action == "import history")
        assert json.loads(audited.after or "") == {"check_ins": 14, "from": "q.check-ins.csv"}
        then = StoreReader(store, as_of=START + 5 * DAY).explain("grow/share")
        assert (then.standing.value, len(then.check_ins)) == (entries[-6].value, 6)
        now = StoreReader(store, now=lambda: START + 30 * DAY).explain("grow/share")
        assert (now.standing.value, len(now.standing.trend)) == (Decimal("0.5"), 14)
    assert "(imported from q.check-ins.csv, line 2)" in here.do("why", "grow/share")


def declared(here: House) -> None:
    with here.store() as store:
        kept_by_people(store)


def table(here: House, *lines: str, name: str = "old.csv") -> str:
    file = here.folder / name
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(file)


def test_another_tools_table_comes_in_with_its_columns_mapped(here: House) -> None:
    declared(here)
    file = table(
        here,
        "Metric;Last update;Current score;Mood;Sure;Who;Remarks;Team",
        "Share of market;2026-09-05;10%;Behind;60%;ben;off we go;x",
        "grow/share;2026-09-12;25;On track;;;;x",
        "Monthly revenue;2026-09-12T18:00:00+02:00;12 EUR;;;;;",
        "Monthly revenue;2026-09-14;;;70;ben;same as before;",
    )
    refused = here.run("import", file, "--history")
    assert "no column is called Date: the first row says Metric, Last update" in str(refused.exception)
    columns = (
        "date=Last update",
        "value=Current score",
        "status=Mood",
        "confidence=Sure",
        "author=Who",
        "note=Remarks",
    )
    said = here.do("import", file, "--history", *(word for each in columns for word in ("--column", each)))
    assert "grow/share  2 check-ins, 2026-09-05 to 2026-09-12" in said
    assert "look at column 'Team' is not read" in said
    assert "look at status 'Behind' is no word of ours" in said
    with here.store() as store:
        second, first = store.past_check_ins("grow/share")
        noted, earned = store.past_check_ins("grow/money")
    assert (first.value, first.author, first.note, first.confidence) == (
        Decimal("0.1"),
        "ben",
        "off we go",
        Decimal("0.6"),
    )
    assert (first.kind, first.formula) == (CheckInKind.IMPORTED, "10%, imported from old.csv, line 2")
    assert (second.author, second.status, second.causes[0].amount) == ("ana", "on_track", Decimal("0.15"))
    assert (earned.at.hour, earned.value, noted.value) == (16, Decimal(12), Decimal(12))
    assert noted.note == "same as before"
    assert (noted.causes, noted.confidence) == ((), Decimal("0.7"))


def test_a_progress_without_a_value_gives_the_value_on_the_way_and_says_so(here: House) -> None:
    declared(here)
    said = here.do("import", table(here, "Key result,Date,Progress %", "grow/money,2026-09-05,50"), "--history")
    assert "says progress and no value: €25 follows from it" in said
    with here.store() as store:
        (entry,) = store.past_check_ins("grow/money")
    assert (entry.value, entry.progress) == (Decimal(25), Decimal("0.5"))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "grow/shar,2026-09-05,1,%,",
            "old.csv, line 2, Key result: no key result 'grow/shar' is declared: did you mean 'grow/share'?",
        ),
        (",2026-09-05,1,%,", "old.csv, line 2: names no key result: fill in Key result id, or its title"),
        ("grow/share,05/09/2026,1,%,", "old.csv, line 2, Date: '05/09/2026' is no date: write 2026-10-01"),
        ("grow/share,,1,%,", "old.csv, line 2: does not say when: fill in its date"),
        ("grow/share,2026-09-05,much,%,", "old.csv, line 2, Value: 'much' is no number"),
        ("grow/share,2026-09-05,,%,", "old.csv, line 2: says no value: fill it in, or leave the row out"),
        ("grow/share,2026-09-05,1,EUR,", "old.csv, line 2, Unit: grow/share is counted in another unit"),
        ("grow/share,2026-09-05,1,%,130%", "old.csv, line 2, Confidence: a confidence lies between 0 and 100 %"),
        ("grow/share,2999-01-01,1,%,", "old.csv, line 2: grow/share is checked in on 2999-01-01, a day to come"),
    ],
)
def test_a_row_that_cannot_be_taken_over_is_named_and_nothing_is_written(tmp_path: Path, line: str, says: str) -> None:
    house = House(tmp_path, f"sqlite:///{tmp_path}/okrsync.db")
    declared(house)
    good = "grow/money,2026-09-05,11,EUR,"
    result = house.run("import", table(house, "Key result,Date,Value,Unit,Confidence", line, good), "--history")
    assert (result.exit_code, says in str(result.exception)) == (1, True), str(result.exception)
    with house.store() as store:
        assert store.past_check_ins("grow/money") == []


def test_what_is_on_record_is_never_overwritten_and_later_words_stand_above_older_ones(here: House) -> None:
    declared(here)
    with here.store() as store:
        check_in(store, "grow/money", Said(author="ana", value=Decimal(30)), now=START + 9 * DAY)
    head = "Key result,Date,Value"
    same = f"grow/money,{(START + 9 * DAY).isoformat()}"
    said = here.do("import", table(here, head, "grow/money,2026-09-02,11", f"{same},31"), "--history")
    assert "€30 is on record for grow/money at that moment: it stays" in said
    assert "1 taken over, 0 as they were" in said
    assert here.json("status")["key_results"][1]["value"] == "30"
    here.do("import", table(here, head, "grow/money,2026-09-20,33"), "--history")
    assert here.json("status")["key_results"][1]["value"] == "33"


def test_what_is_measured_here_is_still_what_counts_and_old_days_join_its_history(here: House) -> None:
    here.rules(objective("work", key_result("all")))
    here.tasks(2)
    here.do("sync", "--in-process")
    here.do(
        "import", table(here, "Key result,Date,Value", "work/all,2026-09-02,5", "work/all,2026-09-03,9"), "--history"
    )
    (stands,) = here.json("status")["key_results"]
    assert stands["value"] == "0.2"
    assert [each["value"] for each in here.json("why", "work/all")["check_ins"]] == ["0.2", "0.09", "0.05"]
    here.tasks(3)
    assert "1 of 1" in here.sync() or here.json("status")["key_results"][0]["value"] == "0.3"


def test_a_closed_cycle_takes_nothing_more(here: House) -> None:
    declared(here)
    with here.store() as store:
        check_in(store, "grow/money", Said(author="ana", value=Decimal(30)), now=START)
    here.do("close", "year", "--early")
    result = here.run("import", table(here, "Key result,Date,Value", "grow/money,2026-09-02,11"), "--history")
    assert "grow/money: cycle year is closed: nothing in it changes any more" in str(result.exception)


def test_a_renamed_key_result_takes_what_was_imported_along(here: House) -> None:
    declared(here)
    here.do("import", table(here, "Key result,Date,Value", "grow/money,2026-09-02,11"), "--history")
    here.do("okr", "edit", "grow/money", "--rename", "revenue")
    with here.store() as store:
        assert [each.value for each in store.past_check_ins("grow/revenue")] == [11]


def test_an_export_has_all_check_ins_of_a_cycle_however_many(tmp_path: Path) -> None:
    house = House(tmp_path, f"sqlite:///{tmp_path}/okrsync.db")
    declared(house)
    lines = [f"grow/money,{(START + n * timedelta(hours=1)).isoformat()},{10 + n % 7}" for n in range(250)]
    house.do("import", table(house, "Key result,Date,Value", *lines), "--history")
    assert len(rows(exported(house, "q.csv").with_name("q.check-ins.csv"))) == 251


def test_files_that_hold_no_check_ins_are_told_with_what_to_do(tmp_path: Path) -> None:
    house = House(tmp_path, f"sqlite:///{tmp_path}/okrsync.db")
    declared(house)
    with house.store() as store:
        check_in(store, "grow/money", Said(author="ana", value=Decimal(30)), now=START)
    house.do("export", "--cycle", "year", "--out", str(tmp_path / "plain.json"))
    exported(house, "q.csv")
    for words, says in (
        (("plain.json", "--history"), "plain.json holds no check-ins: export it again with --history"),
        (("plain.json",), "is an export of okrsync: import OKRs from csv or xlsx"),
        (("q.check-ins.csv",), "to import check-ins of before add --history"),
        (("q.check-ins.csv", "--history", "--column", "value"), "write COLUMN=HEADER"),
        (("q.check-ins.csv", "--history", "--column", "colour=Value"), "there are at, author"),
        (("q.check-ins.csv", "--history", "--column", "note=Remarks"), "no column is called 'Remarks'"),
        (("none.csv", "--history"), "none.csv"),
    ):
        result = house.run("import", str(tmp_path / words[0]), *words[1:])
        assert result.exit_code != 0
        assert says in str(result.exception), (words, str(result.exception))
