"""From ``pace:`` and ``profile:`` in a rule to a curve and a status profile; days off are resolved here.

Holidays are those of the `holidays <https://holidays.readthedocs.io>`_ library, by ISO 3166 country and its own region.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from config.model import CycleKeys, PaceKeys, ProfileKeys
from config.profiles import read_profiles, shipped
from config.validation import Problems, one_of, own_keys, validated
from config.yaml_nodes import Branch, Entry, Items, Leaf, Node, kind_of
from mapping.curves import DATED, Curve, CurveKind, Mark
from mapping.errors import AmountError, FixConfigError, Place
from mapping.numbers import NumberStyle, parse_amount
from mapping.profiles import Profile
from mapping.rules import Cycle

_HOW = "write a curve such as s_curve, or {curve: working_days, country: FR}"
_WEEK = re.compile(r"(\d{4})-W(\d\d)")
_SATURDAY = 5


KNOWN_HOLIDAYS = "use an ISO 3166 code such as FR, and a region that the holidays library knows, such as BY in DE"


class HolidaysError(FixConfigError):
    """Nobody knows the holidays of a country or region; ``key`` says which of the two."""

    def __init__(self, message: str, key: str) -> None:
        super().__init__(message)
        self.key = key


def working_days(country: str, region: str | None, days: Sequence[date]) -> set[date]:
    """Return those of some days that are neither weekend nor holiday in a country.

    Raises:
        HolidaysError: the library knows no such country or region.
    """
    from holidays import country_holidays

    years = range(days[0].year, days[-1].year + 1)
    try:
        calendar = country_holidays(country, subdiv=region, years=years)
    except NotImplementedError as error:
        raise HolidaysError(str(error), "region" if "subdivision" in str(error) else "country") from error
    return {day for day in days if calendar.is_working_day(day)}


@dataclass(frozen=True, slots=True)
class Paces:
    """Makes the curves and profiles of a file."""

    folder: Path
    style: NumberStyle
    problems: Problems

    def curve(self, entry: Entry | None, cycle: Cycle | None, *, otherwise: Curve) -> Curve:
        """Return the curve that ``pace`` states over a cycle, or ``otherwise`` where none is stated or it is wrong."""
        if entry is None or cycle is None:
            return otherwise
        node = entry.node
        if isinstance(node, Leaf) and node.value is not None:
            node = Branch(node.spot, {"curve": entry})
        if not isinstance(node, Branch):
            self.problems.add(node.place, f"pace is {kind_of(node)}", _HOW)
            return otherwise
        before = len(self.problems.found)
        own = own_keys(node, PaceKeys, (*PaceKeys.model_fields, "by", "freeze"), self.problems)
        keys = validated(PaceKeys, own, self.problems, at=entry.key_place)
        if keys is None:
            return otherwise
        self._check_together(keys, node, entry.key_place)
        marks = self._marks(node.entries.get("by"), cycle) if keys.curve in DATED else ()
        off = self._holidays(keys, node, cycle) | self._freeze(node.entries.get("freeze"), cycle)
        if len(self.problems.found) > before:
            return otherwise
        if len(off) >= (cycle.ends_on - cycle.starts_on).days:
            self.problems.add(entry.key_place, f"no day of cycle {cycle.id} is left", "let freeze leave some days")
            return otherwise
        calendar = "-".join(each for each in (keys.country, keys.region) if each)
        return Curve(kind=keys.curve, days_off=tuple(sorted(off)), calendar=calendar, marks=marks)

    def _check_together(self, keys: PaceKeys, node: Branch, place: Place) -> None:
        dated = keys.curve in DATED
        if dated and "by" not in node.entries:
            fix = "add by: {2026-10-31: 20%, 2026-12-01: 60%}"
            self.problems.add(place, f"the curve {keys.curve} has no dates", fix)
        for name in ("country", "freeze") if dated else ("by",):
            if name in node.entries:
                what = f"{name} says nothing to the curve {keys.curve}"
                fix = (
                    "its dates stand in by: leave it out"
                    if dated
                    else "use curve: milestones or points, or leave it out"
                )
                self.problems.add(node.entries[name].key_place, what, fix)
        if keys.region and not keys.country:
            self.problems.add(node.entries["region"].key_place, "a region without its country", "add country: FR")

    def _holidays(self, keys: PaceKeys, node: Branch, cycle: Cycle) -> set[date]:
        days = list(_days(cycle.starts_on, cycle.ends_on))
        if not keys.country:
            working = keys.curve is CurveKind.WORKING_DAYS
            return {day for day in days if day.weekday() >= _SATURDAY} if working else set()
        try:
            return set(days) - working_days(keys.country, keys.region, days)
        except HolidaysError as error:
            self.problems.add(node.entries[error.key].node.place, str(error), KNOWN_HOLIDAYS)
            return set()

    def _freeze(self, entry: Entry | None, cycle: Cycle) -> set[date]:
        if entry is None:
            return set()
        if not isinstance(entry.node, Items):
            fix = "write a list of weeks, days or spans: [2026-W52, 2026-11-11, {starts_on: …, ends_on: …}]"
            self.problems.add(entry.node.place, f"freeze is {kind_of(entry.node)}", fix)
            return set()
        spans = [self._span(node, entry.key_place) for node in entry.node.nodes]
        return {
            day
            for start, end in (span for span in spans if span)
            for day in _days(max(start, cycle.starts_on), min(end, cycle.ends_on))
        }

    def _span(self, node: Node, place: Place) -> tuple[date, date] | None:
        if isinstance(node, Branch):
            keys = validated(CycleKeys, node, self.problems, at=place)
            if keys is None:
                return None
            if keys.ends_on <= keys.starts_on:
                self.problems.add(node.place, "the freeze ends before it starts", "ends_on is the first day after it")
                return None
            return keys.starts_on, keys.ends_on
        text = node.text if isinstance(node, Leaf) else ""
        week = _WEEK.fullmatch(text)
        try:
            start = date.fromisocalendar(int(week[1]), int(week[2]), 1) if week else date.fromisoformat(text)
        except ValueError:
            fix = "write a day as 2026-11-11, a week as 2026-W52, or {starts_on: …, ends_on: …}"
            self.problems.add(node.place, f"freeze: {text!r} is no day and no week", fix)
            return None
        return start, start + timedelta(days=7 if week else 1)

    def _marks(self, entry: Entry | None, cycle: Cycle) -> tuple[Mark, ...]:
        if entry is None:
            return ()
        if not isinstance(entry.node, Branch) or not entry.node.entries:
            self.problems.add(entry.node.place, "by has no dates", "write by: {2026-10-31: 20%, 2026-12-01: 60%}")
            return ()
        found = [self._mark(name, inner, cycle) for name, inner in entry.node.entries.items()]
        marks = [mark for mark in found if mark]
        for before, after in pairwise(marks):
            if after.on <= before.on or after.share < before.share:
                what = f"{after.on} does not come after {before.on} with as much or more"
                fix = "write dates in order, with shares that never fall"
                self.problems.add(entry.node.entries[after.on.isoformat()].key_place, what, fix)
        return tuple(marks)

    def _mark(self, name: str, entry: Entry, cycle: Cycle) -> Mark | None:
        try:
            day = date.fromisoformat(name)
        except ValueError:
            self.problems.add(entry.key_place, f"{name!r} is no date", "write a date like 2026-10-31")
            return None
        if not cycle.starts_on < day <= cycle.ends_on:
            what = f"{day} is not in cycle {cycle.id}, after {cycle.starts_on} and up to {cycle.ends_on}"
            self.problems.add(entry.key_place, what, "choose a day of the cycle")
            return None
        text = entry.node.text if isinstance(entry.node, Leaf) else ""
        try:
            share = parse_amount(text, style=self.style).value
        except AmountError:
            share = None
        if share is None or not 0 <= share <= 1:
            fix = "write a share from 0% to 100%"
            self.problems.add(entry.node.place, f"{text!r} is no share of the way", fix)
            return None
        return Mark(on=day, share=share)

    def profile(self, entry: Entry | None, *, otherwise: Profile) -> Profile:
        """Return the status profile that ``profile`` names, or ``otherwise`` where none is named or it is wrong."""
        if entry is None:
            return otherwise
        node = entry.node
        if isinstance(node, Leaf) and node.value is not None:
            node = Branch(node.spot, {"name": entry})
        if not isinstance(node, Branch):
            fix = "write a name such as viva, or {name: viva, hysteresis: 3}"
            self.problems.add(node.place, f"profile is {kind_of(node)}", fix)
            return otherwise
        keys = validated(ProfileKeys, node, self.problems, at=entry.key_place)
        if keys is None:
            return otherwise
        place = node.entries["name"].node.place if "name" in node.entries else entry.key_place
        found = self._named(keys.name, place)
        if found is None:
            return otherwise
        return replace(
            found,
            grace=found.grace if keys.grace is None else keys.grace,
            hysteresis=found.hysteresis if keys.hysteresis is None else keys.hysteresis,
        )

    def _named(self, name: str, place: Place) -> Profile | None:
        if not name.endswith(".toml"):
            if name not in shipped():
                self.problems.add(place, f"unknown status profile {name!r}", one_of(name, shipped()))
            return shipped().get(name)
        try:
            return read_profiles(self.folder / name)[0]
        except FixConfigError as error:
            what, _, fix = str(error).rpartition(": ")
            self.problems.add(place, what, fix)
            return None


def _days(start: date, end: date) -> Iterator[date]:
    return (start + timedelta(days=number) for number in range((end - start).days))
