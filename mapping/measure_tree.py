"""A measure as a tree of texts for canonical JSON, and back. What has its default value is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from mapping.decimals import decimal_text
from mapping.hours import WorkingHours
from mapping.metric_tree import Tree, branch, decimal, kept, metric_from, metric_tree, number, text
from mapping.rules import (
    Aggregate,
    AggregateKind,
    ByHand,
    Completion,
    Cycle,
    Duration,
    DurationKind,
    Formula,
    Group,
    Latest,
    Measure,
    MissingEstimate,
    Part,
    Ratio,
    Rollup,
    Series,
    SeriesTake,
    Ticked,
    TimeUnit,
    WontDo,
)
from mapping.words import Selection


def measure_tree(measure: Measure) -> Tree:
    """Return a measure as a tree with one branch, named by its kind."""
    match measure:
        case Completion():
            return {"completion": _completion_tree(measure)}
        case Aggregate():
            tree = kept(field=measure.field, where=measure.where, p=number(measure.p))
            return {measure.kind.value: {**_selection_tree(measure.selection), **tree}}
        case Duration():
            return {"duration": _duration_tree(measure)}
        case Latest() | Series():
            return _series_tree(measure)
        case Ratio():
            return {"ratio": {"of": measure_tree(measure.of), "to": measure_tree(measure.to)}}
        case Formula():
            of = {name: measure_tree(inner) for name, inner in measure.of}
            return {"formula": {"value": measure.value, "of": of}}
        case Ticked():
            return {"ticked": _ticked_tree(measure)}
        case Rollup():
            return {"rollup": {"parts": [_part_tree(part) for part in measure.parts]}}
        case ByHand():
            return {"by_hand": {}}


def _completion_tree(measure: Completion) -> Tree:
    tree = kept(
        by=measure.by,
        where=measure.where,
        done_statuses=list(measure.done_statuses) or None,
        wont_do=None if measure.wont_do is WontDo.EXCLUDE else measure.wont_do.value,
        leaves=None if measure.leaves else False,
        missing=None if measure.missing is MissingEstimate.EXCLUDE else measure.missing.value,
        missing_value=number(measure.missing_value),
        in_progress=decimal_text(measure.in_progress) if measure.in_progress else None,
        frozen_on=None if measure.frozen_on is None else f"{measure.frozen_on}",
    )
    return {**_selection_tree(measure.selection), **tree}


def _series_tree(measure: Latest | Series) -> Tree:
    if isinstance(measure, Latest):
        return {"latest": _selection_tree(measure.selection)}
    tree = kept(take=measure.take.value, days=None if measure.days is None else str(measure.days))
    return {"series": {**_selection_tree(measure.selection), **tree}}


def _selection_tree(selection: Selection) -> Tree:
    return {"connection": selection.connection, "spec": selection.spec}


def _duration_tree(measure: Duration) -> Tree:
    tree = kept(
        kind=measure.kind.value,
        take=None if measure.take is AggregateKind.MEDIAN else measure.take.value,
        p=number(measure.p),
        where=measure.where,
        unit=None if measure.unit is TimeUnit.DAYS else measure.unit.value,
        hours=None if measure.hours is None else _hours_tree(measure.hours),
    )
    return {**_selection_tree(measure.selection), **tree}


def _hours_tree(hours: WorkingHours) -> Tree:
    return {
        "timezone": hours.timezone,
        "weekdays": [str(each) for each in hours.weekdays],
        "opens": str(hours.opens),
        "closes": str(hours.closes),
        "off": [f"{day}" for day in hours.off],
    }


def _ticked_tree(measure: Ticked) -> Tree:
    own = {} if measure.selection is None else _selection_tree(measure.selection)
    steps: list[Tree] = [{"name": name, "weight": decimal_text(weight)} for name, weight in measure.steps]
    ticks: list[Tree] = [kept(name=name, on=None if on is None else f"{on}") for name, on in measure.by_hand]
    return {**own, "steps": steps, **({"by_hand": ticks} if ticks else {})}


def _part_tree(part: Part | Group) -> Tree:
    own = kept(address=part.address, weight=decimal_text(part.weight))
    if isinstance(part, Group):
        return {**own, "parts": [_part_tree(inner) for inner in part.parts]}
    cycle = part.cycle
    spent = {
        "id": cycle.id,
        "starts_on": f"{cycle.starts_on}",
        "ends_on": f"{cycle.ends_on}",
        "timezone": cycle.timezone,
    }
    return {**own, "metric": metric_tree(part.metric), "measure": measure_tree(part.measure), "cycle": spent}


def measure_from(tree: Mapping[str, object]) -> Measure:
    """Return what ``measure_tree`` was given. Raises ValueError, KeyError or TypeError where it is no such tree."""
    ((name, inner),) = tree.items()
    terms = branch(inner)
    match name:
        case "ratio":
            return Ratio(of=measure_from(branch(terms["of"])), to=measure_from(branch(terms["to"])))
        case "formula":
            of = tuple((key, measure_from(branch(each))) for key, each in branch(terms["of"]).items())
            return Formula(value=str(terms["value"]), of=of)
        case "latest":
            return Latest(selection=_selection(terms))
        case "series":
            days = text(terms.get("days"))
            take = SeriesTake(str(terms["take"]))
            return Series(selection=_selection(terms), take=take, days=None if days is None else int(days))
        case "completion":
            return _completion(terms)
        case "duration":
            return _duration(terms)
        case "ticked":
            return _ticked(terms)
        case "by_hand":
            return ByHand()
        case "rollup":
            return Rollup(parts=tuple(_part(branch(each)) for each in _list(terms["parts"])))
        case _:
            return Aggregate(
                kind=AggregateKind(name),
                selection=_selection(terms),
                field=text(terms.get("field")),
                where=text(terms.get("where")),
                p=decimal(text(terms.get("p"))),
            )


def _completion(terms: Mapping[str, object]) -> Completion:
    statuses = terms.get("done_statuses", [])
    return Completion(
        selection=_selection(terms),
        by=text(terms.get("by")),
        where=text(terms.get("where")),
        done_statuses=tuple(str(each) for each in statuses) if isinstance(statuses, list) else (),
        wont_do=WontDo(str(terms.get("wont_do", WontDo.EXCLUDE.value))),
        leaves=terms.get("leaves") is not False,
        missing=MissingEstimate(str(terms.get("missing", MissingEstimate.EXCLUDE.value))),
        missing_value=decimal(text(terms.get("missing_value"))),
        in_progress=Decimal(str(terms.get("in_progress", "0"))),
        frozen_on=_day(terms.get("frozen_on")),
    )


def _duration(terms: Mapping[str, object]) -> Duration:
    return Duration(
        kind=DurationKind(str(terms["kind"])),
        selection=_selection(terms),
        take=AggregateKind(str(terms.get("take", AggregateKind.MEDIAN.value))),
        p=decimal(text(terms.get("p"))),
        where=text(terms.get("where")),
        unit=TimeUnit(str(terms.get("unit", TimeUnit.DAYS.value))),
        hours=_hours(branch(terms["hours"])) if "hours" in terms else None,
    )


def _hours(terms: Mapping[str, object]) -> WorkingHours:
    return WorkingHours(
        timezone=str(terms["timezone"]),
        weekdays=tuple(int(str(each)) for each in _list(terms["weekdays"])),
        opens=int(str(terms["opens"])),
        closes=int(str(terms["closes"])),
        off=tuple(date.fromisoformat(str(each)) for each in _list(terms["off"])),
    )


def _ticked(terms: Mapping[str, object]) -> Ticked:
    steps = [branch(each) for each in _list(terms["steps"])]
    ticks = [branch(each) for each in _list(terms.get("by_hand", []))]
    return Ticked(
        steps=tuple((str(each["name"]), Decimal(str(each["weight"]))) for each in steps),
        selection=_selection(terms) if "spec" in terms else None,
        by_hand=tuple((str(each["name"]), _day(each.get("on"))) for each in ticks),
    )


def _part(terms: Mapping[str, object]) -> Part | Group:
    address, weight = str(terms["address"]), Decimal(str(terms["weight"]))
    if "parts" in terms:
        inner = tuple(_part(branch(each)) for each in _list(terms["parts"]))
        return Group(address=address, weight=weight, parts=inner)
    cycle = branch(terms["cycle"])
    return Part(
        address=address,
        weight=weight,
        metric=metric_from(branch(terms["metric"])),
        measure=measure_from(branch(terms["measure"])),
        cycle=Cycle(
            id=str(cycle["id"]),
            starts_on=date.fromisoformat(str(cycle["starts_on"])),
            ends_on=date.fromisoformat(str(cycle["ends_on"])),
            timezone=str(cycle["timezone"]),
        ),
    )


def _day(value: object) -> date | None:
    return None if value is None else date.fromisoformat(str(value))


def _list(value: object) -> Sequence[object]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value


def _selection(terms: Mapping[str, object]) -> Selection:
    return Selection(str(terms["connection"]), str(terms["spec"]))
