"""The metric of an imported row: as its columns state it, else as its title does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from mapping.columns import folded
from mapping.draft.drafting import draft
from mapping.draft.result import Draft, DraftKind
from mapping.errors import OkrsyncError
from mapping.metric import has_ramp, raw_progress
from mapping.rows import CellReader, Row
from mapping.rules import Cycle, Metric, MetricKind, Period, PeriodPolicy, Unit, UnitKind

AMOUNTS = ("baseline", "target", "upper", "commit", "stretch")
DONE = Metric(kind=MetricKind.BINARY, target=Decimal(1), unit=Unit(kind=UnitKind.DONE))
_OF_DRAFT = {
    DraftKind.INCREASE: MetricKind.INCREASE,
    DraftKind.DECREASE: MetricKind.DECREASE,
    DraftKind.AT_LEAST: MetricKind.AT_LEAST,
    DraftKind.AT_MOST: MetricKind.AT_MOST,
    DraftKind.BETWEEN: MetricKind.BETWEEN,
}
_STRICT = {">": MetricKind.ABOVE, "<": MetricKind.BELOW}


@dataclass(slots=True)
class MetricReader:
    """Reads the metric of a row; what was taken from a title is remarked upon."""

    cells: CellReader
    remarks: list[str] = field(default_factory=list)

    def read(self, row: Row, title: str, cycle: Cycle) -> Metric | None:
        """Return the metric of a row, done or not done where nothing tells one; None where it has troubles."""
        before = len(self.cells.troubles)
        unit = self.cells.unit(row)
        amounts = {name: self.cells.number(row, name, unit) for name in AMOUNTS}
        if len(self.cells.troubles) > before:
            return None
        if unit.kind is UnitKind.DONE:
            metric: Metric | None = DONE
        elif amounts["target"] is None and amounts["baseline"] is None:
            metric = self._drafted(row, title)
        elif amounts["target"] is None:
            self.cells.trouble(row, "target", f"{title!r} has a baseline and no target", "fill in Target")
            return None
        else:
            metric = self._stated(row, unit, amounts)
        if metric is None or len(self.cells.troubles) > before:
            return None
        try:
            raw_progress(metric, metric.target if metric.baseline is None else metric.baseline, cycle)
        except OkrsyncError as error:
            self.cells.trouble(row, "target", f"{title!r}: {error}", "correct Baseline or Target")
            return None
        return metric

    def _stated(self, row: Row, unit: Unit, amounts: Mapping[str, Decimal | None]) -> Metric:
        baseline, target = amounts["baseline"], amounts["target"] or Decimal(0)
        usual = MetricKind.AT_LEAST
        if amounts["upper"] is not None:
            usual = MetricKind.BETWEEN
        elif baseline is not None:
            usual = MetricKind.INCREASE if target > baseline else MetricKind.DECREASE
        kind = self.cells.choice(row, "kind", {folded(each): each for each in MetricKind}) or usual
        per = self.cells.choice(row, "per", {folded(each): each for each in Period})
        if (kind is MetricKind.BETWEEN) != (amounts["upper"] is not None):
            what, fix = "a band has two edges, and nothing else has", "fill in Target and Upper edge"
            self.cells.trouble(row, "upper", what, fix)
        if (amounts["commit"] is None) != (amounts["stretch"] is None):
            self.cells.trouble(row, "commit", "commit and stretch stand together", "fill in both, or none")
        return Metric(
            kind=kind,
            target=target,
            baseline=None if kind is MetricKind.BINARY else baseline,
            unit=unit,
            per=per,
            over=self.cells.choice(row, "over", {folded(each): each for each in PeriodPolicy}) or PeriodPolicy.MEAN,
            upper=amounts["upper"],
            commit=amounts["commit"],
            stretch=amounts["stretch"],
        )

    def _drafted(self, row: Row, title: str) -> Metric:
        made = metric_of(draft(title))
        if made is None:
            self.remarks.append(f"{row.place}: nothing tells a target of {title!r}: it is taken as done or not done")
            return DONE
        self.remarks.append(f"{row.place}: the target is read from the title {title!r}: {draft(title).sentence}")
        return made


def metric_of(made: Draft) -> Metric | None:
    """Return the metric that a draft is; None while it lacks a target, or a baseline to start from."""
    if made.kind is DraftKind.DONE:
        return DONE
    if made.kind is None or made.target is None or made.relative:
        return None
    per = next((each for each in Period if made.per is not None and each.value == made.per.value), None)
    if made.per is not None and per is None:
        return None
    unit = Unit(kind=made.unit or UnitKind.NUMBER, currency=made.currency)
    kind = _STRICT.get(made.comparator or "", _OF_DRAFT[made.kind])
    if kind is MetricKind.BETWEEN:
        return None if made.baseline is None else Metric(kind=kind, target=made.baseline, upper=made.target, unit=unit)
    metric = Metric(kind=kind, target=made.target, baseline=made.baseline, unit=unit, per=per)
    ramp = kind in (MetricKind.INCREASE, MetricKind.DECREASE)
    return None if ramp and (made.baseline is None or not has_ramp(metric)) else metric
