from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from mapping.check_ins import CheckIn, CheckInKind, RebuiltReading
from mapping.people import Override
from tests.mapping.worlds import NOW, number

REBUILT = RebuiltReading(
    key_result="shop/checkout",
    day="2026-11-15",
    at=NOW,
    value=Decimal(40),
    raw_progress=Decimal("1.2"),
    progress=Decimal(1),
    no_data=None,
    formula="40 items",
    rule_version="v1",
    assumptions=("2 items counted since their creation", "1 item without a history"),
)


def test_a_rebuilt_day_stands_in_as_the_check_in_that_it_would_have_been() -> None:
    assert REBUILT.as_check_in(number(100), "the rule") == CheckIn(
        key_result="shop/checkout",
        run=0,
        at=NOW,
        value=Decimal(40),
        metric=number(100),
        raw_progress=Decimal("1.2"),
        progress=Decimal(1),
        items=None,
        done=None,
        formula="40 items",
        no_data=None,
        rule="the rule",
        rule_version="v1",
        kind=CheckInKind.REBUILT,
        note="2 items counted since their creation; 1 item without a history",
    )


def test_a_rebuilt_day_without_data_says_why() -> None:
    empty = replace(REBUILT, value=None, raw_progress=None, progress=None, no_data="nothing matched", assumptions=())
    made = empty.as_check_in(number(100), "")
    assert (made.value, made.raw_progress, made.progress, made.no_data, made.note) == (
        None, None, None, "nothing matched", "",
    )  # fmt: skip


def test_an_override_is_in_force_until_it_expires_or_is_ended() -> None:
    said = REBUILT.as_check_in(number(100), "")
    open_ = Override(check_in=said, sticky=True, expires_at=None, reason="a list on paper")
    moment = timedelta(microseconds=1)
    assert open_.in_force(NOW)
    limited = replace(open_, expires_at=NOW)
    assert limited.in_force(NOW - moment)
    assert not limited.in_force(NOW)
    assert not limited.in_force(NOW + moment)
    assert not replace(open_, over=True, ended_because="resumed").in_force(NOW)
    assert not replace(limited, over=True).in_force(NOW - moment)
