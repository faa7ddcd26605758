"""Sentences of the arithmetic in the reader's language.

The core speaks English, so that the command line, JSON and the page show one and the same reason. Here its sentences
are recognised by their fixed parts, and those are translated; what they quote (a query, a vendor's words) stays.
Unknown sentences are shown as they came. A test feeds the core's own sentences through, so that the two cannot drift.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from dashboard.texts import Texts
from dashboard.texts import marked as _

PHRASES = (
    # pace
    _("{progress} of the way with {expected} expected: {share} of the pace, {rest}"),
    _("{progress} of the way with {expected} expected at any time (a rate): {share} of the pace, {rest}"),
    _("{progress} of the way with {expected} expected: {number} points behind, {rest}"),
    _("{progress} of the way with {expected} expected: {number} points ahead, {rest}"),
    _("{progress} of the way with {expected} expected at any time (a rate): {number} points behind, {rest}"),
    _("{progress} of the way with {expected} expected at any time (a rate): {number} points ahead, {rest}"),
    _("{progress} of the way, whatever is expected: {rest}"),
    _("as bad as {address}, the worst of its parts: {rest}"),
    _("rebuilt from history: {rest}"),
    _("on track up to {bound} behind"),
    _("at risk up to {bound} behind"),
    _("still off track, {number} of {count} runs are better: {rest}"),
    _("still at risk, {number} of {count} runs are better: {rest}"),
    _("on track from {bound}"),
    _("at risk from {bound}"),
    _("{passed} of the cycle has passed, nothing is judged before {grace}"),
    _("the cycle begins on {date}"),
    _("nothing has been measured yet"),
    _("nobody has checked in yet"),
    _("a first value waits for review"),
    _("the last good value stands: {reason}"),
    _("the threshold is met; without a baseline there is no ramp to be judged against"),
    _("the threshold is not met; without a baseline there is no ramp to be judged against"),
    _("the cycle is over at {progress} of the way: {rest}"),
    _("committed is achieved from {bound}"),
    _("committed is achieved from {bound}, partial from {partly}"),
    _("aspirational is achieved from {bound}"),
    _("aspirational is achieved from {bound}, partial from {partly}"),
    _("{number} (committed: {bound} is achieved, {partly} partial)"),
    _("{number} (aspirational: {bound} is achieved, {partly} partial)"),
    # deliveries
    _("value {number}"),
    _("value {number}; {rest}"),
    _("value {number} stood there already"),
    _("first write: value was {number}"),
    _("the answer was lost, a second look found it there"),
    _("a person set value to {number} there, where okrsync had written {bound}: {rest}"),
    _("check the same value in with okrsync, set it back there, or choose on_conflict: overwrite"),
    _("no value to write: what stands there stays"),
    _("declared no longer: what stands there stays"),
    _("a newer one took its place"),
    _("the rules send it there no longer"),
    # expected progress
    _("{number} of {count} {rest} over: {expected} expected"),
    _("{number} of {count} {rest} over, on an S-curve: {expected} expected"),
    _("days"),
    _("working days"),
    _("working days ({text})"),
    _("days without those of a freeze"),
    _("between {progress} on {since} and {bound} on {date}: {expected} expected"),
    _("{progress} since {since}, next {bound} on {date}: {expected} expected"),
    _("no milestone has come, next {bound} on {date}: {expected} expected"),
    _("the last date, {date}, has come: {expected} expected"),
    _("nothing is expected on the first day"),
    _("expected in full at any time"),
    _("nothing is expected yet: {rest}"),
    # steps
    _("progress: ({value} − {baseline}) / ({target} − {again}) = {progress}"),
    _("progress: 1 − {value} outside the band / {baseline} outside at the baseline = {progress}"),
    _("progress: {share} + {bound} × ({value} − {baseline}) / ({target} − {again}) = {progress}"),
    _("{progress} however {items} without an estimate are treated"),
    _("{progress} to {share} depending on how {items} without an estimate are treated"),
    _("scope {number} → {bound} since {date} ({value}): {share} of the scope of then, {progress} of today's"),
    _("read from {text}"),
    _("{count} left out: {reason}"),
    _("{count} assumed: {reason}"),
    _("no data: {reason}"),
    # formulas
    _("1 item"),
    _("{count} items"),
    _("{number} of {items}"),
    _("{done} of {all} items done"),
    _("{done} of {all} items done, in progress counts {credit}"),
    _("{done} of {all} {text} done ({count} of {items})"),
    _("{done} of {all} {text} done ({count} of {items}), in progress counts {credit}"),
    _("{sum} {text} in {items}"),
    _("{sum} {text} / {items}"),
    _("{number} is the least {text} of {items}"),
    _("{number} is the greatest {text} of {items}"),
    _("{number} is the median {text} of {items}"),
    _("{number} is percentile {bound} of {text} of {items}"),
    _("{number} different {text} in {items}"),
    _("{done} of the {all} in scope on {date} done"),
    _("{over} of {items} = {number} from {since} to {date}"),
    _("1 sample"),
    _("{count} samples"),
    _("{number} of {count} milestones ticked ({text}): {done} of {all}"),
    _("weighted mean of progress ({text}) = {progress}"),
    _("({rest}) / ({reason}) = {number}"),
    _("{value} read"),
    _("{over} of {count} weeks ({periods}) = {number}"),
    _("{over} of {count} months ({periods}) = {number}"),
    _("{over} of {count} quarters ({periods}) = {number}"),
    _("{periods} (running week, as none is complete yet)"),
    _("{periods} (running month, as none is complete yet)"),
    _("{periods} (running quarter, as none is complete yet)"),
    _("sum"),
    _("min"),
    _("max"),
    _("mean"),
    _("latest"),
    _("worst"),
    _("total"),
    # people
    _("people check in by hand"),
    _("no value has been entered yet"),
    _("{value}, entered by {text}"),
    _("its mode is to ask"),
    _("{number} of {count} items that counted are gone at once (held from {bound} on)"),
    _("{text} changes its sign, which neither baseline nor target does"),
    _("{text} is {number} times further from its usual moves than they are from each other (held beyond {bound})"),
    # no data
    _("never read completely so far: {text}"),
    _("nothing has ever matched: {text}"),
    _("nothing matches any more: {text}"),
    _("all {items} archived: {text}"),
    _("all {items} vanished, deleted or hidden from us: {text}"),
    _("no sample yet: {text}"),
    _("the first sample is of {date}: {text}"),
    _("no sample from {since} to {date}: {text}"),
    _("there are no two samples to compare from {since} to {date}: {text}"),
    _("the scope of {date} is not on record: {text}"),
    _("nothing was in scope on {date}: {text}"),
    _("the weights of the milestones sum to 0"),
    _("no part has data: {text}"),
    _("has no data"),
    _("has no data: {text}"),
    _("no item counts: {parts}"),
    _("no item is left to take the average of"),
    _("no item is left to take the min of"),
    _("no item is left to take the max of"),
    _("none of {items} has {text}, so there is no mean"),
    _("none of {items} has {text}, so there is no median"),
    _("none of {items} has {text}"),
    _("the weights of {items} sum to {number}"),
    _("the denominator is 0: {reason}"),
    _("numerator: {reason}"),
    _("denominator: {reason}"),
    _("numerator"),
    _("denominator"),
    _("no week of the cycle has a value so far"),
    _("no month of the cycle has a value so far"),
    _("no quarter of the cycle has a value so far"),
    # items
    _("closed without being done"),
    _("closed without being done, so neither done nor open"),
    _("has children in the selection"),
    _("the estimate of its parent counts"),
    _("not matched by the filter"),
    _("has no date"),
    _("dated outside the cycle"),
    _("dated after today"),
    _("no estimate: counted as {number}"),
    _("no estimate: counted as the mean {number}"),
    _("no estimate: counted as the median {number}"),
    _("is no step of the milestones"),
    _("step {text}"),
    _("not done yet"),
    _("closed, so it ages no more"),
    _("no time of creation"),
    _("no record of when work began"),
    _("done without a time of completion"),
    _("done before it began"),
    _("no item is named {text}"),
    _("no estimate"),
    _("no {text}"),
    _("counts for {text} alone"),
    _("feeds {count} key results: counted as 1/{number}"),
    # gap and forecast
    _("nothing is needed: {progress} of the way, {bound} is on pace"),
    _("finishing {items} brings it from {progress} to {share}: {bound} is on pace"),
    _("no list closes the gap: finishing all {items} brings it to {share}, {bound} is on pace"),
    _("no list of items closes the gap: {reason}"),
    _("{value} is to become {target}, which is on pace; no list of items closes the gap: {reason}"),
    _("no open item feeds it"),
    _("what is measured does not follow from finishing single items"),
    _("finishing any open item would not move it that way"),
    _("too little history: {count} daily changes, {number} are needed"),
    _("the target is met or not: there is no way on which to be forecast"),
    # syncs
    _("not asked for in this run"),
)

NUMBER = r"[-−]?\d[\d.,]*(?: ?%)?"
SENTENCES = frozenset({"reason", "rest", "items", "over"})
"""Groups that are sentences of ours again."""
QUOTED = frozenset({"text"})
"""Groups that are somebody else's words."""
VALUES = frozenset({"value", "baseline", "target", "again"})
"""Groups that hold numbers with their units or names."""
LISTS = frozenset({"parts", "periods"})
DATES = frozenset({"date", "since"})
WEEK_OF, IN_PERIOD = _("week of {day}"), _("{period}: {number}")
SO_FAR, IN_DAYS = _("so far"), _("({number} in {begun} of {days} days)")
_GROUP = re.compile(r"\\{(\w+)\\}")
_PERIOD = re.compile(
    rf"(?:week of (?P<week>\d{{4}}-\d\d-\d\d)|(?P<year>\d{{4}})-(?:Q(?P<quarter>[1-4])|(?P<month>[01]\d))) "
    rf"(?P<number>{NUMBER})(?P<note> so far| \([^)]*\))?"
)
_EXTRAPOLATED = re.compile(rf"\(({NUMBER}) in (\d+) of (\d+) days\)")
_PART = re.compile(r"(\d+) (.+)")
_FIGURE = re.compile(
    r"(?<![\w.,-])(?P<sign>[€$£¥])?(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<percent> ?%)?(?![\w-])"
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A phrase and how to recognise it."""

    template: str
    shape: re.Pattern[str]


@cache
def patterns() -> Sequence[Pattern]:
    """Return the phrases with their shapes, the most specific first."""
    made = [Pattern(template, re.compile(_GROUP.sub(_shape, re.escape(template)), re.DOTALL)) for template in PHRASES]
    return sorted(made, key=lambda pattern: len(_GROUP.sub("", re.escape(pattern.template))), reverse=True)


def _shape(group: re.Match[str]) -> str:
    name = group[1]
    if name in DATES:
        return rf"(?P<{name}>\d{{4}}-\d\d-\d\d)"
    return f"(?P<{name}>{'.+?' if name in SENTENCES | QUOTED | VALUES | LISTS else NUMBER})"


def phrase(text: str, texts: Texts) -> str:
    """Return ``text`` in the language of ``texts``, as far as its words are ours."""
    for pattern in patterns():
        found = pattern.shape.fullmatch(text)
        if found is not None:
            parts = {name: _part(name, part, texts) for name, part in found.groupdict().items()}
            return texts(pattern.template).format(**parts)
    return periods(text, texts)


def _part(name: str, part: str, texts: Texts) -> str:
    if name in QUOTED:
        return part
    if name in SENTENCES:
        return phrase(part, texts)
    if name in DATES:
        return texts.full_day(date.fromisoformat(part))
    if name == "parts":
        return ", ".join(_counted(each, texts) for each in part.split(", "))
    return periods(part, texts) if name == "periods" else figures(part, texts)


def periods(text: str, texts: Texts) -> str:
    """Return ``2026-10 12, 2026-11 19`` with its weeks, months or quarters named; anything else as it is."""
    found = [_PERIOD.fullmatch(part) for part in text.split(", ")]
    named = [_period(each, texts) for each in found if each is not None]
    return ", ".join(named) if len(named) == len(found) else text


def _period(found: re.Match[str], texts: Texts) -> str:
    if found["week"]:
        name = texts(WEEK_OF).format(day=texts.day(date.fromisoformat(found["week"])))
    elif found["quarter"]:
        name = texts.quarter(date(int(found["year"]), 3 * int(found["quarter"]) - 2, 1))
    else:
        name = texts.month(date(int(found["year"]), int(found["month"]), 1))
    said = texts(IN_PERIOD).format(period=name, number=figures(found["number"], texts))
    return f"{said} {_note(found['note'].strip(), texts)}" if found["note"] else said


def _note(note: str, texts: Texts) -> str:
    """Return what is said of the running period: that it is not over, or what it was extrapolated from."""
    found = _EXTRAPOLATED.fullmatch(note)
    if found is None:
        return texts(SO_FAR)
    return texts(IN_DAYS).format(number=figures(found[1], texts), begun=found[2], days=found[3])


def _counted(part: str, texts: Texts) -> str:
    found = _PART.fullmatch(part)
    return f"{found[1]} {phrase(found[2], texts)}" if found else part


def figures(text: str, texts: Texts) -> str:
    """Return ``text`` with its numbers as the language writes them: ``€1,250.5`` is ``1 250,5 €`` in French."""
    return _FIGURE.sub(lambda figure: _figure(figure, texts), text)


def _figure(figure: re.Match[str], texts: Texts) -> str:
    number, sign, percent = figure["number"], figure["sign"] or "", figure["percent"]
    if texts.language == "fr":
        number = number.replace(",", "\u202f").replace(".", ",")
        return f"{number}\u00a0{sign}" if sign else f"{number}\u202f%" if percent else number
    return f"{sign}{number}{'%' if percent else ''}"
