"""Reports of other servers: each taken once, under what may be here by nothing else, people above them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from flows.people import Said, check_in
from flows.reader import StoreReader
from flows.reports import take
from flows.tokens import READ, WRITE, create_token, digest_of, revoke
from mapping.check_ins import CheckInKind
from mapping.errors import FixConfigError
from mapping.report import ConflictError, ForbiddenError, Report, Taken, report_of
from mapping.rules import COMPLETION_METRIC, Metric, MetricKind
from mapping.standing import Standing
from store import Store, Token
from tests.connectors.asana.test_goals import UPDATE
from tests.store.kit import LAUNCH, START, publish, sync

TEAM = Token(name="payments", scope=WRITE, objectives=(), created_at=START, created_by="ana")
ADDRESS = "refunds/speed"
HOUR = timedelta(hours=1)
REPORT = replace(report_of(UPDATE), at=START, value=Decimal("0.25"))


def told(store: Store, number: int, report: Report = REPORT, *, token: Token = TEAM, address: str = ADDRESS) -> Taken:
    return take(store, token, address, f"report-{number:04}", report, now=START + number * HOUR)


def value(number: int, amount: str) -> Report:
    return replace(REPORT, at=START + number * HOUR, value=Decimal(amount))


def stands(store: Store, hours: int) -> Standing:
    overview = StoreReader(store, now=lambda: START + hours * HOUR).overview("2026-q4")
    return next(each for one in overview.objectives for each in one.key_results if each.key_result == ADDRESS)


def test_a_key_result_may_be_here_by_being_reported_only(store: Store) -> None:
    taken = told(store, 1)
    assert taken.created
    assert taken.check_in is not None
    assert (taken.check_in.kind, taken.check_in.author) == (CheckInKind.REPORTED, "payments")
    found = stands(store, 2)
    assert (found.title, found.value, found.progress) == ("Finish the epic", Decimal("0.25"), Decimal("0.25"))
    (objective,) = store.declared()
    assert (objective.title, objective.team) == ("Launch", "payments")
    why = StoreReader(store, now=lambda: START + 2 * HOUR).explain(ADDRESS)
    assert why.agrees
    assert why.standing.formula == "25%, reported by payments"


def test_a_repetition_changes_nothing(store: Store) -> None:
    first = told(store, 1)
    again = take(store, TEAM, ADDRESS, "report-0001", REPORT, now=START + 5 * HOUR)
    assert (again.created, again.run) == (False, first.run)
    assert again.check_in == first.check_in
    assert len(store.check_ins(ADDRESS)) == 1
    assert len(store.runs()) == 1


def test_an_id_that_was_used_for_something_else_is_refused(store: Store) -> None:
    told(store, 1)
    with pytest.raises(ConflictError, match="used for another check-in"):
        take(store, TEAM, ADDRESS, "report-0001", value(2, "0.9"), now=START + 5 * HOUR)


def test_values_become_a_history_and_equal_ones_none(store: Store) -> None:
    told(store, 1)
    told(store, 2, value(2, "0.25"))
    told(store, 3, value(3, "0.4"))
    newest, oldest = store.check_ins(ADDRESS)
    assert (newest.value, oldest.value) == (Decimal("0.4"), Decimal("0.25"))
    assert [(part.amount, part.detail) for part in newest.causes] == [
        (Decimal("0.15"), "reported by payments: completed +5 pp")
    ]


def test_a_report_that_comes_late_does_not_undo_a_newer_one(store: Store) -> None:
    told(store, 3, value(3, "0.4"))
    late = told(store, 4, value(1, "0.1"))
    assert (late.created, late.check_in) == (True, None)
    assert stands(store, 5).value == Decimal("0.4")


def test_a_person_here_stands_above_what_is_reported_until_it_moves(store: Store) -> None:
    told(store, 1)
    check_in(store, ADDRESS, Said(author="ben", value=Decimal("0.9")), now=START + 2 * HOUR)
    found = stands(store, 3)
    assert found.value == Decimal("0.9")
    assert found.automatic is not None
    assert found.automatic.value == Decimal("0.25")
    told(store, 4, value(4, "0.5"))
    assert stands(store, 5).value == Decimal("0.5")


def test_stale_there_is_stale_here(store: Store) -> None:
    told(store, 1)
    told(store, 2, replace(value(2, "0.25"), stale_reason="jira: away"))
    assert stands(store, 3).stale_reason == "payments: jira: away"
    told(store, 4, value(4, "0.25"))
    assert stands(store, 5).stale_reason is None


def test_a_sync_of_this_server_leaves_what_is_reported(store: Store) -> None:
    told(store, 1)
    sync(store, at=START + 2 * HOUR)
    assert {each.id for each in store.declared()} == {"launch", "refunds"}
    assert stands(store, 3).value == Decimal("0.25")


def test_what_the_rules_here_declare_is_not_taken_over(store: Store) -> None:
    with store.begin(started_at=START) as run:
        run.merge()
        publish(run, START)
        run.commit()
    with pytest.raises(ConflictError, match="launch/epic is declared by the rules of this server"):
        told(store, 1, address="launch/epic")
    told(store, 2, address="launch/more")
    (objective,) = store.declared()
    assert objective.title == LAUNCH.title
    assert {each.id for each in objective.key_results} == {"launch/epic", "launch/rate", "launch/more"}


def test_a_key_result_has_one_reporter(store: Store) -> None:
    told(store, 1)
    with pytest.raises(ConflictError, match="is reported by payments"):
        told(store, 2, value(2, "0.5"), token=replace(TEAM, name="sales"))


@pytest.mark.parametrize(
    ("token", "says"),
    [
        (replace(TEAM, scope=READ), "may only read"),
        (replace(TEAM, objectives=("launch",)), "may not write to objective refunds"),
    ],
)
def test_a_token_reaches_as_far_as_it_was_made_for(store: Store, token: Token, says: str) -> None:
    with pytest.raises(ForbiddenError, match=says):
        told(store, 1, token=token)
    assert store.runs() == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"at": START.replace(tzinfo=None)}, "without a time zone"),
        ({"title": " "}, "a title is empty"),
        ({"value": Decimal("NaN")}, "cannot be used"),
        ({"value": Decimal("1E+5000")}, "cannot be used"),
        ({"confidence": Decimal(7)}, "the confidence is none"),
        ({"cycle": replace(REPORT.cycle, ends_on=REPORT.cycle.starts_on)}, "ends before it begins"),
        ({"cycle": replace(REPORT.cycle, timezone="Mars/Olympus")}, "cannot be used"),
        ({"metric": replace(COMPLETION_METRIC, target=Decimal(0))}, "make them differ"),
        ({"metric": Metric(kind=MetricKind.INCREASE, target=Decimal(1))}, "needs a baseline"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(
    store: Store, wrong: dict[str, object], says: str
) -> None:
    with pytest.raises(FixConfigError, match=says):
        told(store, 1, replace(REPORT, **wrong))  # type: ignore[arg-type] # any field
    assert store.runs() == []
    assert store.declared() == []


def test_a_token_is_kept_as_a_digest_and_ends_when_it_is_revoked(store: Store) -> None:
    secret = create_token(store, "payments", scope=WRITE, objectives=["refunds"], author="ana", now=START)
    assert secret not in store.dump_json()
    found = store.token_of(digest_of(secret))
    assert found is not None
    assert (found.name, found.objectives) == ("payments", ("refunds",))
    assert store.token_of(digest_of(secret + "x")) is None
    with pytest.raises(FixConfigError, match="there is, or was, a token 'payments'"):
        create_token(store, "payments", scope=READ, objectives=[], author="ana", now=START)
    revoke(store, "payments", author="ana", now=START + HOUR)
    assert store.token_of(digest_of(secret)) is None
    with pytest.raises(FixConfigError, match="no token 'payments' works"):
        revoke(store, "payments", author="ana", now=START + HOUR)
    assert [each.action for each in store.audit("token:payments")] == ["token revoke", "token create"]
