"""Asana Goals as a destination: the current value of a goal's metric, and where asked, a status update.

https://developers.asana.com/reference/updategoalmetric · https://developers.asana.com/reference/createstatusforobject

Only a metric that people or an integration set by hand is written to; one that Asana computes from sub-goals,
projects or tasks is left alone. There is no idempotency key and no ETag, so every write follows a look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from msgspec import Struct
from pydantic import Field

from connectors.asana.client import AsanaClient
from connectors.asana.errors import RefusedError
from connectors.asana.options import AccountOptions
from connectors.destination import DestinationKind, Write
from connectors.port import Surroundings
from mapping.decimals import decimal_text
from mapping.delivery import STATUS, VALUE, Held, Update
from mapping.errors import FixConfigError
from mapping.rules import Metric, Unit, UnitKind
from mapping.show import show_progress, show_value
from mapping.status import Status

FIELDS = (
    "name",
    "metric",
    "metric.can_manage",
    "metric.progress_source",
    "metric.unit",
    "metric.currency_code",
    "metric.precision",
    "metric.initial_number_value",
    "metric.target_number_value",
    "metric.current_number_value",
    "current_status_update",
)
MANUAL, EXTERNAL = "manual", "external"
PERCENT_DECIMALS = 2
"""0.25 is shown as 25 % at a precision of 0."""
MOST_PRECISE = 6

STATUS_TYPES = {
    Status.ON_TRACK: "on_track",
    Status.AT_RISK: "at_risk",
    Status.OFF_TRACK: "off_track",
    Status.ACHIEVED: "achieved",
    Status.PARTIAL: "partial",
    Status.MISSED: "missed",
}
"""What a status is called there; the others (stale, no data, too early) say nothing about the goal."""
_UNITS = {
    UnitKind.NUMBER: ("none",),
    UnitKind.PERCENT: ("percentage",),
    UnitKind.POINTS: ("percentage",),
    UnitKind.CURRENCY: ("currency",),
    UnitKind.DONE: ("none", "percentage"),
}
_COUNTS = {"none": "plain numbers", "percentage": "percent"}
"""What Asana's units are called in errors."""


class GoalsOptions(AccountOptions):
    """What may stand in a destination beside ``to: asana``."""

    status_updates: Literal["never", "on_change"] = Field(
        default="never",
        description="on_change: post a status update when a status changes, which all followers of the goal are told.",
    )


class GoalMetric(Struct, frozen=True):
    """A goal's metric. Percentages are fractions."""

    unit: str = "none"
    currency_code: str | None = None
    precision: int = 0
    progress_source: str = ""
    can_manage: bool = False
    initial_number_value: Decimal | None = None
    target_number_value: Decimal | None = None
    current_number_value: Decimal | None = None

    def rounded(self, value: Decimal) -> Decimal:
        """Return a value as precise as the metric shows it."""
        decimals = self.precision + (PERCENT_DECIMALS if self.unit == "percentage" else 0)
        return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


class _Update(Struct, frozen=True):
    gid: str = ""
    status_type: str | None = None


class Goal(Struct, frozen=True):
    """A goal, as far as it is read."""

    name: str = ""
    metric: GoalMetric | None = None
    current_status_update: _Update | None = None


class AsanaGoals:
    """The goals of one account."""

    at_once = 1

    def __init__(self, options: GoalsOptions, surroundings: Surroundings) -> None:
        self._name = surroundings.connection
        self._client = AsanaClient(options, surroundings)
        self._posts = options.status_updates == "on_change"
        self._titles: dict[str, str] = {}

    async def read(self, target: str, update: Update) -> Held:
        """Return the value and the latest status of a goal, and what they would be.

        Raises:
            FixConfigError: the goal is gone, hidden, has no metric, has one that Asana computes, or another unit.
        """
        goal = await self.goal(target)
        metric = self._writable(target, goal, update)
        if update.value is None:
            return Held()
        now = metric.current_number_value
        found: dict[str, str | None] = {VALUE: None if now is None else decimal_text(metric.rounded(now))}
        wanted = {VALUE: decimal_text(metric.rounded(update.value))}
        if self._posts and update.status in STATUS_TYPES:
            found[STATUS] = await self._latest(goal)
            wanted[STATUS] = STATUS_TYPES[update.status]
        return Held(found=found, wanted=wanted)

    async def write(self, writes: Sequence[Write]) -> None:
        """Set the value, and post the status update where that is among the parts."""
        for each in writes:
            if VALUE in each.parts:
                value = float(each.held.wanted[VALUE])  # Asana's JSON has numbers; so few digits survive it
                data = {"current_number_value": value}
                await self._say(f"/goals/{each.target}/setMetricCurrentValue", data, each.target)
            if STATUS in each.parts:
                status = {"parent": each.target, "status_type": each.held.wanted[STATUS], "text": text_of(each.update)}
                await self._say("/status_updates", status, each.target)

    async def before_link(self, target: str, metric: Metric, value: Decimal | None) -> str:
        """Return the metric that a goal has, and the one that it would be given in its place.

        Raises:
            FixConfigError: the goal is gone or hidden, or the key result has no two ends.
        """
        goal = await self.goal(target)
        has = "none yet" if goal.metric is None else metric_words(goal.metric)
        return (
            f"goal {target} ({goal.name}): its metric would be {metric_words(metric_for(metric, value))}; "
            f"the one it has: {has}"
        )

    async def link(self, target: str, metric: Metric, value: Decimal | None) -> None:
        """Give a goal the metric of a key result, in place of the one it may have."""
        await self._say(f"/goals/{target}/setMetric", metric_data(metric_for(metric, value)), target)

    async def goal(self, target: str) -> Goal:
        """Return a goal.

        Raises:
            FixConfigError: it is gone or hidden, or the plan lacks goals.
        """
        what = f"goal {target}"
        try:
            found = self._client.decode(await self._client.record(f"/goals/{target}", FIELDS), Goal, what)
        except RefusedError as error:
            raise self._refused(target, error) from error
        self._titles[target] = found.name
        return found

    def describe(self, target: str) -> str:
        """Return where a goal is, with its name once it was read."""
        name = f" ({self._titles[target]})" if target in self._titles else ""
        return f"goal {target}{name} at {self._client.server}"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _writable(self, target: str, goal: Goal, update: Update) -> GoalMetric:
        who, metric, unit = f"{self._name}: goal {target} ({goal.name})", goal.metric, update.metric.unit
        link = f"`okrsync link {update.key_result} {target}`"
        if metric is None:
            raise FixConfigError(f"{who} has no metric to write to: give it one with {link}")
        if metric.progress_source == EXTERNAL and not metric.can_manage:
            raise FixConfigError(
                f"{who} has an external metric that another account made: use that account's token, or set the goal's "
                "progress source to manual"
            )
        if metric.progress_source not in (MANUAL, EXTERNAL):
            raise FixConfigError(
                f"{who} takes its progress from {metric.progress_source}, which Asana computes itself: set its "
                "progress source to manual in Asana, or take the key result off this destination"
            )
        same_money = unit.kind is not UnitKind.CURRENCY or metric.currency_code == unit.currency
        if metric.unit not in _UNITS[unit.kind] or not same_money:
            theirs = metric.currency_code or _COUNTS.get(metric.unit, metric.unit)
            raise FixConfigError(
                f"{who} counts in {theirs}, the key result in {unit.currency or unit.kind}: give both the same unit, "
                f"in the rules or with {link}"
            )
        return metric

    async def _latest(self, goal: Goal) -> str | None:
        if goal.current_status_update is None or not goal.current_status_update.gid:
            return None
        gid = goal.current_status_update.gid
        raw = await self._client.one(f"/status_updates/{gid}", ("status_type", "text"), what="the latest status update")
        return self._client.decode(raw, _Update, "the latest status update").status_type

    async def _say(self, path: str, data: Mapping[str, object], target: str) -> None:
        try:
            await self._client.say(path, data)
        except RefusedError as error:
            raise self._refused(target, error) from error

    def _refused(self, target: str, error: RefusedError) -> FixConfigError:
        who = f"{self._name}: goal {target}"
        match error.status:
            case 400:
                what, do = (
                    "takes no value (400)",
                    f"see whether it still has a metric; `okrsync link` gives it one: {error}",
                )
                return FixConfigError(f"{who} {what}: {do}")
            case 402:
                what, do = "needs a plan with goals (402)", "use a workspace whose plan has Asana Goals"
            case 403:
                what, do = "may not be edited by this account (403)", "share the goal with it as an editor"
            case 404:
                what, do = "is not there or hidden from this account (404)", "check the gid, or share the goal with it"
            case _:
                return error
        return FixConfigError(f"{who} {what}: {do}")


def metric_for(metric: Metric, value: Decimal | None) -> GoalMetric:
    """Return the metric that a goal is to have for a key result; without a value it stands at the baseline.

    What is only done or not goes from 0 to 1.

    Raises:
        FixConfigError: the metric has no baseline and target that differ.
    """
    baseline = Decimal(0) if metric.unit.kind is UnitKind.DONE else metric.baseline
    if baseline is None or baseline == metric.target:
        raise FixConfigError("a goal's metric needs a baseline and another target: state both in the rules")
    unit = _UNITS[metric.unit.kind][0]
    now = baseline if value is None else value
    return GoalMetric(
        unit=unit,
        currency_code=metric.unit.currency if unit == "currency" else None,
        precision=max(precision_of(each, unit) for each in (baseline, metric.target, now)),
        progress_source=MANUAL,
        can_manage=True,
        initial_number_value=baseline,
        target_number_value=metric.target,
        current_number_value=now,
    )


def metric_data(metric: GoalMetric) -> dict[str, object]:
    """Return a metric as Asana takes it."""
    ends = {
        "initial_number_value": metric.initial_number_value,
        "target_number_value": metric.target_number_value,
        "current_number_value": metric.current_number_value,
    }
    return {
        "unit": metric.unit,
        "precision": metric.precision,
        **({"currency_code": metric.currency_code} if metric.currency_code else {}),
        **{name: None if value is None else float(value) for name, value in ends.items()},
        "progress_source": metric.progress_source,
    }


def metric_words(metric: GoalMetric) -> str:
    """Return a metric for people: ``from 0% to 100%, now 62.7% (decimals: 1, progress source: manual)``."""
    kind = {"percentage": UnitKind.PERCENT, "currency": UnitKind.CURRENCY}.get(metric.unit, UnitKind.NUMBER)
    unit = Unit(kind=kind, currency=metric.currency_code)
    initial, target, now = (
        show_value(each, unit)
        for each in (metric.initial_number_value, metric.target_number_value, metric.current_number_value)
    )
    more = f"decimals: {metric.precision}, progress source: {metric.progress_source}"
    return f"from {initial} to {target}, now {now} ({more})"


def precision_of(value: Decimal, unit: str) -> int:
    """Return how many decimals Asana must show for a value to come out whole, 6 at most."""
    decimals = max(0, -int(value.normalize().as_tuple().exponent))
    return min(MOST_PRECISE, max(0, decimals - PERCENT_DECIMALS if unit == "percentage" else decimals))


def text_of(update: Update) -> str:
    """Return what a status update says; followers read it."""
    said = f"{update.title}: {show_value(update.value, update.metric.unit)}"
    if update.progress not in (None, update.value):  # of a share of everything, both are the same number
        said += f", {show_progress(update.progress)} of the way"
    return f"{said} ({update.note})." if update.note else f"{said}."


def is_gid(text: str) -> bool:
    """Return whether a text can be a gid."""
    return text.isdecimal()


DESTINATION = DestinationKind(
    name="asana",
    title="Asana Goals: the current value of each goal's metric",
    options=GoalsOptions,
    open=AsanaGoals,
    target="the gid of its goal",
    target_is_right=is_gid,
)
