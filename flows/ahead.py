"""The forecast of key results from what the store holds."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from mapping.decimals import ONE
from mapping.expected import expected_by
from mapping.forecast import Forecast, bounds_of, daily, forecast
from mapping.metric import has_ramp, is_rate
from mapping.periods import local_date
from mapping.rules import KeyResult, Objective
from store import Freshness, Store

CHECK_INS = 1000
"""At most one a run; more than a forecast and its back-test look at, where runs are nightly."""
NO_WAY = "the target is met or not: there is no way on which to be forecast"


def forecast_of(
    store: Store, key_result: KeyResult, objective: Objective, fresh: Freshness | None, now: datetime
) -> Forecast | None:
    """Return the forecast of a key result; None before and after its cycle.

    History ends where the key result was last measured: days without a measurement are unknown, not without change.
    """
    cycle, metric = objective.cycle, key_result.metric
    today = local_date(now, cycle.timezone)
    if not cycle.starts_on <= today < cycle.ends_on:
        return None
    if not has_ramp(metric):
        left = (cycle.ends_on - today).days - 1
        return Forecast(
            key_result=key_result.id, as_of=today, ends_on=cycle.ends_on, days_left=left, changes=0, why_not=NO_WAY
        )
    if fresh is not None and fresh.measured_at is not None:
        today = min(today, local_date(fresh.measured_at, cycle.timezone))
    check_ins = store.history(key_result.id, CHECK_INS, now=now)
    older = len(check_ins) == CHECK_INS  # then what was rebuilt lies before days that are not looked at
    rebuilt = () if older else store.rebuilt([key_result.id])[key_result.id]
    days = daily(check_ins, metric, cycle, today, rebuilt)

    def expected(day: date) -> Decimal:
        if is_rate(metric):
            return ONE
        return expected_by(key_result.curve, cycle.starts_on, cycle.ends_on, day).progress

    return forecast(key_result.id, days, cycle.ends_on, expected, bounds_of(key_result.measure, metric, cycle))
