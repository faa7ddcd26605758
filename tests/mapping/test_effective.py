"""Which check-in counts, and what stands beside it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from mapping.check_ins import CheckIn, CheckInKind, RebuiltReading
from mapping.effective import Effective, Entries, effective
from mapping.people import Override
from mapping.rules import Mode
from tests.mapping.worlds import NOW, number

HOUR = timedelta(hours=1)


def said(value: int) -> CheckIn:
    return CheckIn(
        key_result="shop/a", run=1, at=NOW, value=Decimal(value), metric=number(10), raw_progress=Decimal(value) / 10,
        progress=Decimal(value) / 10, items=None, done=None, formula="", no_data=None, rule="", rule_version="",
    )  # fmt: skip


MEASURED, BY_HAND = said(4), said(6)
OVERRIDE = Override(check_in=BY_HAND, sticky=True, expires_at=NOW + HOUR, reason="the sheet is wrong")
ALL = Entries(measured=MEASURED, by_hand=BY_HAND, override=OVERRIDE)


@pytest.mark.parametrize(
    ("mode", "entries", "found"),
    [
        (Mode.MANUAL, ALL, Effective(shown=BY_HAND, automatic=MEASURED)),
        (Mode.MANUAL, Entries(measured=MEASURED), Effective(shown=None, automatic=MEASURED)),
        (Mode.AUTO, ALL, Effective(shown=BY_HAND, automatic=MEASURED, override=OVERRIDE)),
        (Mode.SUGGEST, ALL, Effective(shown=BY_HAND, automatic=MEASURED, override=OVERRIDE)),
        (Mode.AUTO, Entries(measured=MEASURED, by_hand=BY_HAND), Effective(shown=MEASURED)),
        (Mode.AUTO, Entries(by_hand=BY_HAND), Effective(shown=BY_HAND)),
        (Mode.AUTO, Entries(), Effective(shown=None)),
    ],
)
def test_people_outrank_the_machine_and_never_in_silence(mode: Mode, entries: Entries, found: Effective) -> None:
    assert effective(mode, entries, NOW) == found


def test_an_override_stands_in_until_the_instant_it_expires() -> None:
    assert effective(Mode.AUTO, ALL, NOW + HOUR - timedelta(seconds=1)).shown is BY_HAND
    assert effective(Mode.AUTO, ALL, NOW + HOUR) == Effective(shown=MEASURED)


def test_an_override_that_is_over_stands_in_no_more_whatever_the_clock_says() -> None:
    ended = Override(check_in=BY_HAND, sticky=True, expires_at=None, reason="", over=True)
    entries = Entries(measured=MEASURED, override=ended)
    assert effective(Mode.AUTO, entries, NOW).shown is MEASURED
    assert effective(Mode.AUTO, entries, NOW - HOUR).shown is MEASURED


def test_what_was_rebuilt_reads_as_the_check_in_of_its_day() -> None:
    rebuilt = RebuiltReading(
        key_result="shop/a", day="2026-10-04", at=NOW - HOUR, value=Decimal(4), raw_progress=Decimal("0.4"),
        progress=Decimal("0.3"), no_data="none", formula="4 items", rule_version="r1", assumptions=("1 open", "2 done"),
    )  # fmt: skip
    assert rebuilt.as_check_in(number(10), "the rule") == CheckIn(
        key_result="shop/a", run=0, at=NOW - HOUR, value=Decimal(4), metric=number(10), raw_progress=Decimal("0.4"),
        progress=Decimal("0.3"), items=None, done=None, formula="4 items", no_data="none", rule="the rule",
        rule_version="r1", kind=CheckInKind.REBUILT, note="1 open; 2 done",
    )  # fmt: skip
