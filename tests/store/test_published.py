"""What a run publishes comes back: check-ins, trends, freshness, declared OKRs, runs, facts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from mapping.rules import Metric, MetricKind, ObjectiveKind, Period, Unit, UnitKind
from mapping.runs import ConnectionRecord
from mapping.words import Outcome
from store import Freshness, Store
from store.codec import decode, decode_metric, encode, encode_metric
from store.columns import exact_text, instant_text
from store.engine import engine_of
from store.tables import check_ins
from tests.engines import NewDatabase
from tests.store.kit import (
    BUGS,
    CELL,
    DAY,
    EPIC,
    LAUNCH,
    RATE,
    SHARE,
    START,
    Pull,
    check_in,
    item,
    publish,
    sample,
    stage,
    sync,
)

finite = st.decimals(allow_nan=False, allow_infinity=False)


def publish_values(store: Store, *values: Decimal | None) -> None:
    """Publish one run a value, a day apart."""
    for n, value in enumerate(values):
        with store.begin(started_at=START + n * DAY) as run:
            run.merge()
            publish(run, START + n * DAY, [check_in(run.seq, START + n * DAY, value)])
            run.commit()


def test_check_ins_come_back_newest_first_and_the_last_by_address(store: Store) -> None:
    publish_values(store, Decimal("0.25"), None, Decimal(1) / 3)
    newest, middle, oldest = store.check_ins(SHARE.id, 10)
    assert (oldest.value, middle.value, newest.value) == (Decimal("0.25"), None, Decimal(1) / 3)
    assert middle.no_data == "nothing matched"
    assert newest == check_in(3, START + 2 * DAY, Decimal(1) / 3)
    assert store.check_ins(SHARE.id, 1) == [newest]
    assert store.last_check_ins() == {SHARE.id: newest}


def test_a_trend_is_the_last_points_oldest_first_without_gaps(store: Store) -> None:
    publish_values(store, Decimal("0.1"), Decimal("0.2"), None, Decimal("0.4"))
    trend = store.trend([SHARE.id, "launch/none"], 2)
    assert trend == {SHARE.id: (Decimal("0.2"), Decimal("0.4")), "launch/none": ()}


def test_a_second_check_in_of_a_run_is_refused_by_the_database(store: Store, url: str) -> None:
    publish_values(store, Decimal(1))
    engine = engine_of(url)
    with engine.connect() as connection:
        row = dict(connection.execute(select(check_ins)).mappings().one())
        with pytest.raises(IntegrityError):
            connection.execute(insert(check_ins), [row])
    engine.dispose()


def test_a_check_in_of_another_run_is_refused(store: Store) -> None:
    with store.begin(started_at=START) as run:
        run.merge()
        with pytest.raises(ValueError, match="of run 9, this is run 1"):
            publish(run, START, [check_in(9, START, Decimal(1))])


def test_a_run_must_be_merged_published_and_committed_in_this_order(store: Store) -> None:
    with store.begin(started_at=START) as run:
        with pytest.raises(RuntimeError, match="merge"):
            publish(run, START)
        run.merge()
        with pytest.raises(RuntimeError, match="merged"):
            stage(run, Pull(items=[item(1)]))
        with pytest.raises(RuntimeError, match="publish"):
            run.commit()
    assert store.runs() == []


def test_runs_come_back_newest_first_with_their_connections(store: Store) -> None:
    publish_values(store, Decimal(0), None)
    last, first = store.runs()
    assert (first.seq, last.seq, last.check_ins) == (1, 2, 1)
    assert (last.started_at, last.finished_at) == (START + DAY, START + DAY + timedelta(minutes=2))
    assert last.connections == (
        ConnectionRecord(connection="jira", outcome="complete", reason=None, requests=3, matched=2, read=2, skipped=0),
    )
    assert last.id != first.id
    assert store.runs(1) == [last]


def test_freshness_is_replaced_for_the_key_results_given_only(store: Store) -> None:
    publish_values(store, Decimal(0))
    stale = Freshness(
        key_result=RATE.id,
        measured_at=None,
        measured_run=None,
        stale_reason="kpis: away",
        stale_since=START,
        no_data="-",
    )
    with store.begin(started_at=START + DAY) as run:
        run.merge()
        run.publish(check_ins=[], freshness=[stale], declared=[LAUNCH], connections=[], now=START + DAY)
        run.commit()
    assert store.freshness() == {
        RATE.id: stale,
        SHARE.id: Freshness(key_result=SHARE.id, measured_at=START, measured_run=1),
    }


def test_declared_okrs_come_back_equal_and_what_is_dropped_is_retired(store: Store) -> None:
    other = replace(LAUNCH, id="grow", kind=ObjectiveKind.COMMITTED, key_results=(replace(SHARE, id="grow/epic"),))
    with store.begin(started_at=START) as run:
        run.merge()
        publish(run, START, declared=[other, LAUNCH])
        run.commit()
    assert store.declared() == [other, LAUNCH]
    assert store.retired() == frozenset()
    with store.begin(started_at=START + DAY) as run:
        run.merge()
        publish(run, START, declared=[replace(LAUNCH, key_results=(RATE,))])
        run.commit()
    assert store.declared() == [replace(LAUNCH, key_results=(RATE,))]
    assert store.retired() == {"grow/epic", SHARE.id}
    with store.begin(started_at=START + 2 * DAY) as run:
        run.merge()
        publish(run, START, declared=[LAUNCH, other])
        run.commit()
    assert store.declared() == [LAUNCH, other], "what comes back is not retired any more"


def test_a_selection_never_asked_for_has_no_facts(store: Store) -> None:
    sync(store, Pull(items=[item(1)]), Pull(selection=CELL, samples=[sample("1")], outcome=Outcome.PARTIAL))
    facts = store.facts([EPIC.key, CELL.key, BUGS.key])
    assert set(facts) == {EPIC.key, CELL.key}
    assert (facts[CELL.key].matched, facts[CELL.key].last_complete_at) == (None, None)
    assert (facts[CELL.key].connector, facts[CELL.key].spec) == ("spreadsheet", CELL.spec)


def test_dumps_are_equal_on_both_engines_and_fit_for_diff(
    postgres: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> None:
    texts = []
    for address in (postgres(), f"sqlite:///{tmp_path_factory.mktemp('dump')}/a.db"):
        with Store.open(address) as opened:
            sync(opened, Pull(items=[item("b", numbers={"p": Decimal("1.50")}), item("B"), item("é")]))
            sync(opened, Pull(items=[item("b"), item("B")]), Pull(selection=CELL, samples=[sample("1E+2")]))
            texts.append(opened.dump_json())
    assert texts[0] == texts[1]
    assert json.loads(texts[0])["samples"] == {f"kpis {CELL.spec}": [[instant_text(START), "100", "%", "KPI!C7"]]}


def test_a_dump_tells_histories_apart_but_not_run_numbers_and_times(new_database: NewDatabase) -> None:
    def dumped(*days: int) -> str:
        with Store.open(new_database()) as opened:
            for day in days:
                members = [item(1), item(2)] if day < 5 else [item(1)]
                sync(opened, Pull(items=members), at=START + day * DAY)
            return opened.dump_json()

    assert dumped(0, 1, 6) == dumped(2, 7)
    assert dumped(0, 1) != dumped(0, 6)


@given(value=finite)
def test_text_of_a_decimal_is_exact(value: Decimal) -> None:
    try:
        text = exact_text(value)
    except ValueError:
        assert len(value.as_tuple().digits) > 1000 or abs(int(value.as_tuple().exponent)) > 1000
    else:
        assert Decimal(text) == value
        assert "E" not in text


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal("1E+5000")])
def test_what_is_no_finite_number_is_refused(store: Store, value: Decimal) -> None:
    with store.begin(started_at=START) as run, pytest.raises(ValueError, match=r"finite|digits"):
        run.stage_samples([replace(sample("1"), value=value)])


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_decimals_come_back_exactly(
    engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    values = [
        Decimal(text)
        for text in (
            "0.1", "-0", "1E+20", "1E-900", "9" * 60 + "." + "9" * 60, "-123456789012345678.000000000000000001", "0.10",
        )
    ]  # fmt: skip
    address = (
        request.getfixturevalue("postgres")()
        if engine == "postgresql"
        else f"sqlite:///{tmp_path_factory.mktemp('d')}/a.db"
    )
    with Store.open(address) as opened:
        sync(
            opened,
            Pull(selection=CELL, samples=[sample(str(value), START + n * DAY) for n, value in enumerate(values)]),
            Pull(items=[item(1, numbers={f"n{n}": value for n, value in enumerate(values)})]),
        )
        assert [one.value for one in opened.mirror().samples(CELL)] == values
        (one,) = opened.mirror().members(EPIC)
        assert list(one.numbers.values()) == values
        publish_values(opened, *values)
        assert [entry.value for entry in opened.check_ins(SHARE.id, 99)][: len(values)] == values[::-1]


@given(
    baseline=st.none() | finite,
    target=finite,
    kind=st.sampled_from(MetricKind),
    per=st.none() | st.sampled_from(Period),
)
def test_metrics_come_back_equal(
    baseline: Decimal | None, target: Decimal, kind: MetricKind, per: Period | None
) -> None:
    metric = Metric(
        kind=kind,
        baseline=baseline,
        target=target,
        per=per,
        unit=Unit(kind=UnitKind.CURRENCY, currency="EUR"),
        stated="x10",
    )
    assert decode_metric(encode_metric(metric)) == metric
    assert decode(Metric, encode(metric)) == metric


def test_a_naive_time_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="aware"), store.begin(started_at=START.replace(tzinfo=None)):
        pass
    with store.begin(started_at=START) as run, pytest.raises(ValueError, match="no time zone"):
        run.stage_samples([replace(sample("1"), at=START.replace(tzinfo=None))])
