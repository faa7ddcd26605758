"""Imports: what went out comes in again, twice changes nothing, and nothing is half written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.exports.sheets import csv_text, xlsx_bytes
from dashboard.exports.tables import key_results
from dashboard.texts import Texts
from flows.importing import ImportReport, Taken, import_okrs
from flows.people import Said, check_in
from flows.reader import StoreReader
from flows.report import report
from flows.tables import lines_of, own_rows
from mapping.check_ins import CheckInKind
from mapping.declared import Origin
from mapping.incoming import Around, Brought, Incoming, incoming
from mapping.rows import BadRowsError
from mapping.rules import (
    ByHand,
    Cycle,
    KeyResult,
    Metric,
    MetricKind,
    Mode,
    Objective,
    ObjectiveKind,
    Unit,
    UnitKind,
)
from store import Store
from tests.store.kit import LAUNCH, START, sync

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
CYCLE = Cycle(id="2026-q4", starts_on=date(2026, 10, 1), ends_on=date(2027, 1, 1), timezone="Europe/Paris")
BUGS = Metric(kind=MetricKind.DECREASE, baseline=Decimal(40), target=Decimal(10), unit=Unit(name="bugs"))
UNITS = (
    Unit(),
    Unit(name="bugs"),
    Unit(kind=UnitKind.PERCENT),
    Unit(kind=UnitKind.POINTS),
    Unit(kind=UnitKind.CURRENCY, currency="EUR"),
    Unit(kind=UnitKind.CURRENCY, currency="JPY"),
)


def by_hand(address: str, metric: Metric = BUGS, title: str = "Bugs down") -> KeyResult:
    return KeyResult(
        id=address, title=title, metric=metric, measure=ByHand(), mode=Mode.MANUAL, owner="ana", team="web"
    )


def brought(address: str, value: str, *, at: datetime | None = None, author: str | None = None) -> Brought:
    return Brought(key_result=address, value=Decimal(value), at=at, author=author, confidence=None, note="")


def found(*check_ins: Brought, title: str = "Calm shop") -> Incoming:
    objective = Objective(id="shop", title=title, cycle=CYCLE, key_results=(by_hand("shop/bugs"),))
    return Incoming(objectives=(objective,), check_ins=check_ins)


def taken(store: Store, what: Incoming, *, now: datetime = NOW, dry: bool = False) -> ImportReport:
    return import_okrs(store, what, source="okrs.csv", actor="ben", now=now, dry=dry)


def shown(store: Store, now: datetime = NOW) -> dict[str, Decimal | None]:
    overview = StoreReader(store, now=lambda: now).overview("2026-q4")
    return {each.key_result: each.value for one in overview.objectives for each in one.key_results}


def test_imported_okrs_are_peoples_and_their_values_check_ins_of_their_day_and_author(store: Store) -> None:
    at = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
    done = taken(store, found(brought("shop/bugs", "25", at=at, author="ana")))
    assert [(each.act, each.what) for each in done.steps] == [
        (Taken.CREATE, "cycle"),
        (Taken.CREATE, "objective"),
        (Taken.CREATE, "key result"),
        (Taken.CHECK_IN, "check-in"),
    ]
    (entry,) = store.check_ins("shop/bugs")
    assert (entry.kind, entry.author, entry.at, entry.value) == (CheckInKind.IMPORTED, "ana", at, Decimal(25))
    assert entry.progress == Decimal("0.5")
    assert entry.formula == "25 bugs, imported from okrs.csv"
    assert shown(store) == {"shop/bugs": Decimal(25)}
    assert {each.subject for each in store.audit()} == {"2026-q4", "shop", "shop/bugs"}


def test_importing_twice_changes_nothing(store: Store) -> None:
    for what in (found(brought("shop/bugs", "25", at=START)), found(brought("shop/bugs", "24"))):
        taken(store, what)
        before, runs = store.dump_json(), len(store.runs())
        again = taken(store, what, now=NOW + timedelta(hours=1))
        assert again.changes == []
        assert again.run is None
        assert (store.dump_json(), len(store.runs())) == (before, runs)


def test_a_later_export_brings_what_has_changed_and_nothing_else(store: Store) -> None:
    taken(store, found(brought("shop/bugs", "25", at=START)))
    later = found(brought("shop/bugs", "20", at=START + timedelta(days=9)), title="Calmer shop")
    done = taken(store, later)
    assert [(each.act, each.what) for each in done.changes] == [
        (Taken.CHANGE, "objective"),
        (Taken.CHECK_IN, "check-in"),
    ]
    assert done.changes[0].after == {"title": "Calmer shop"}
    assert [each.value for each in store.check_ins("shop/bugs")] == [Decimal(20), Decimal(25)]


def test_a_dry_run_says_the_same_and_writes_nothing(store: Store) -> None:
    what = found(brought("shop/bugs", "25", at=START))
    before = store.dump_json()
    dry = taken(store, what, dry=True)
    assert store.dump_json() == before
    assert replace(dry, dry=False, run=1) == replace(taken(store, what), run=1)


def test_what_a_person_said_later_is_not_replaced(store: Store) -> None:
    taken(store, found(brought("shop/bugs", "25", at=START)))
    check_in(store, "shop/bugs", Said(author="ana", value=Decimal(15)), now=NOW)
    done = taken(store, found(brought("shop/bugs", "22", at=NOW - timedelta(days=1))), now=NOW + timedelta(hours=1))
    assert done.changes == []
    assert "ana checked in on 2026-11-27, after it" in done.remarks[0]
    assert shown(store, NOW + timedelta(hours=2)) == {"shop/bugs": Decimal(15)}


def test_a_sync_leaves_what_was_imported(store: Store) -> None:
    taken(store, found(brought("shop/bugs", "25", at=START)))
    sync(store, at=NOW)
    assert {each.id for each in store.declared()} == {"shop", LAUNCH.id}
    assert shown(store)["shop/bugs"] == Decimal(25)


def test_what_the_rules_own_is_refused_and_nothing_is_written(store: Store) -> None:
    sync(store, at=START)
    before = store.dump_json()
    theirs = Objective(id="launch", title="Mine", cycle=CYCLE, key_results=(by_hand("launch/epic"),))
    other = replace(theirs, id="other", key_results=(by_hand("other/bugs"),))
    what = Incoming(objectives=(other, theirs), check_ins=(brought("other/bugs", "3", at=NOW + timedelta(days=2)),))
    with pytest.raises(BadRowsError) as caught:
        taken(store, what)
    assert caught.value.troubles == (
        "objective launch is declared in the rules, which own it: give it another id, or leave it out",
        "other/bugs: its check-in is of 2026-11-29, a day to come: correct the date",
    )
    assert store.dump_json() == before


def amounts(unit: Unit) -> st.SearchStrategy[Decimal]:
    places = 6 if unit.kind in (UnitKind.PERCENT, UnitKind.POINTS) else 4
    return st.decimals(-1_000_000, 1_000_000, places=places, allow_nan=False, allow_infinity=False)


@st.composite
def metrics(draw: st.DrawFn) -> tuple[Metric, Decimal]:
    unit = draw(st.sampled_from(UNITS))
    baseline, target = draw(st.lists(amounts(unit), min_size=2, max_size=2, unique=True))
    kind = draw(st.sampled_from([MetricKind.INCREASE, MetricKind.DECREASE, MetricKind.AT_LEAST, MetricKind.BELOW]))
    if kind in (MetricKind.INCREASE, MetricKind.DECREASE):
        kind = MetricKind.INCREASE if target > baseline else MetricKind.DECREASE
        return Metric(kind=kind, baseline=baseline, target=target, unit=unit), draw(amounts(unit))
    return Metric(kind=kind, target=target, unit=unit), draw(amounts(unit))


TITLES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)


def exported(cycle: Sequence[Objective], values: dict[str, Decimal], path: Path, language: str) -> None:
    """Put these OKRs into a store of their own, and export that."""
    with Store.open(f"sqlite:///{path.with_suffix('.db')}") as first:
        check_ins = tuple(brought(address, str(value), at=START) for address, value in values.items())
        taken(first, Incoming(objectives=tuple(cycle), check_ins=check_ins))
        told = report(StoreReader(first, now=lambda: NOW))
    table = key_results(told, Texts("fr" if language == "fr" else "en"))
    if path.suffix == ".xlsx":
        path.write_bytes(xlsx_bytes([table], "fr" if language == "fr" else "en"))
    else:
        path.write_bytes(csv_text(table, "fr" if language == "fr" else "en").encode())


@pytest.mark.parametrize(("suffix", "language"), [(".xlsx", "en"), (".csv", "fr")])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    results=st.lists(st.tuples(metrics(), TITLES), min_size=1, max_size=6),
    title=TITLES,
    kind=st.sampled_from(ObjectiveKind),
)
def test_what_is_exported_comes_in_again_as_it_was(
    suffix: str, language: str, results: list[tuple[tuple[Metric, Decimal], str]], title: str, kind: ObjectiveKind
) -> None:
    parts = tuple(by_hand(f"shop/kr-{n}", metric, name) for n, ((metric, _), name) in enumerate(results))
    values = {part.id: value for part, ((_, value), _) in zip(parts, results, strict=True)}
    objective = Objective(id="shop", title=title, cycle=CYCLE, kind=kind, owner="ana", parent="firm", key_results=parts)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"okrs{suffix}"
        exported([objective], values, path, language)
        rows, _ = own_rows(asyncio.run(lines_of(path)))
        with Store.open(f"sqlite:///{folder}/second.db") as second:
            taken(second, incoming(rows, Around(cycles={})))
            (again,) = second.declared()
            assert {each: entry.value for each, entry in _last(second, again).items()} == values
    assert (again.title, again.kind, again.owner, again.parent, again.cycle) == (title, kind, "ana", "firm", CYCLE)
    assert [(each.id, each.title, each.metric, each.owner, each.team) for each in again.key_results] == [
        (each.id, each.title, each.metric, each.owner, each.team) for each in parts
    ]


def _last(store: Store, objective: Objective) -> dict[str, Brought]:
    entries = {each.id: store.check_ins(each.id)[0] for each in objective.key_results}
    assert all(entry.at == START for entry in entries.values())
    return {
        address: brought(address, str(entry.value), at=entry.at, author=entry.author)
        for address, entry in entries.items()
    }


def test_imported_things_have_the_origin_that_says_so(store: Store) -> None:
    taken(store, found())
    with store.begin(started_at=NOW) as run:
        run.merge()
        register = run.register()
    assert {each.origin for each in register.objectives.values()} == {Origin.IMPORTED}
    assert {each.origin for each in register.key_results.values()} == {Origin.IMPORTED}
