"""The grammar: from the pieces of a sentence to a metric. First a band, then a way from–to, then one amount."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from mapping.decimals import ZERO, exact, quotient, tidy
from mapping.draft.aims import Aim
from mapping.draft.amounts import Amount, Shape
from mapping.draft.change import Change
from mapping.draft.pieces import Piece
from mapping.draft.result import Draft, DraftKind, DraftPeriod
from mapping.draft.roles import Placed, is_change_by_shape, is_share, placed
from mapping.draft.words import Tag
from mapping.rules import UnitKind

BASELINE, UNIT, SECOND, READING = "baseline", "unit", "second", "reading"
_FARTHEST = 12
_HIGHEST_SCORE = 200
"""More is no score but a count, as of stars on a repository."""
NO_MEASURE, NO_WAY, NO_SHARE = "no measure", "no way", "no share"


@dataclass(frozen=True, slots=True)
class Read:
    """A metric with what is unclear about it, as keys that each language has words for, with the amount meant."""

    draft: Draft
    unclear: tuple[tuple[str, str], ...] = ()


def read(pieces: list[Piece]) -> Read:
    """Return what the pieces say."""
    aim, amounts = Aim(pieces), placed(pieces)
    amounts = [each for each in amounts if not _is_qualifier(each, amounts, aim)]
    if not amounts or (aim.forbids and amounts[0].at > 0):
        return _without_amounts(aim)
    band = _band(amounts, aim)
    if band is not None:
        return _between(*band, aim)
    base, target = _base_and_target(amounts, aim)
    if target is None:
        return Read(Draft(), ((NO_MEASURE, ""),))
    change = _change(target, aim)
    made = _relative(base, change, target, aim) if change else _level(base, target, aim, amounts)
    if made.draft.kind is None:
        return made
    return _with_notes(made, [base, target], amounts, pieces)


def counts_from_nothing(made: Draft) -> bool:
    """Tell a count of what is made or done, whose baseline is 0: nothing was said of a baseline, and none is missed."""
    rises = made.kind is DraftKind.INCREASE and made.baseline is None and made.target is not None
    return rises and not made.unclear


def _without_amounts(aim: Aim) -> Read:
    if aim.allows_none:
        zero = Draft(kind=DraftKind.AT_MOST, target=ZERO, comparator="<=", unit=UnitKind.NUMBER, per=_per(aim, 0))
        return Read(zero)
    period = _per(aim, -1, adjectives=False)
    if (
        period
        and not aim.says(Tag.VAGUE, Tag.NONE)
        and not aim.first_action & {Tag.UP, Tag.DOWN, Tag.EFFORT}
        and (aim.first_action or aim.says(Tag.ARTICLE))
    ):
        return Read(Draft(kind=DraftKind.INCREASE, target=Decimal(1), unit=UnitKind.NUMBER, per=period))
    if aim.is_done_or_not:
        return Read(Draft(kind=DraftKind.DONE, unit=UnitKind.DONE))
    return Read(Draft(), ((NO_MEASURE, ""),))


# which amount is which


def _is_qualifier(each: Placed, amounts: list[Placed], aim: Aim) -> bool:
    """Tell a number that is no measure: ``our 3 teams``, ``Work on 3 projects``, ``the top 10 clients``."""
    plain = (
        each.amount.unit is UnitKind.NUMBER
        and each.amount.shape is Shape.PLAIN
        and not each.amount.sign
        and not each.amount.count
    )
    if not plain or each.comparator or Tag.BETWEEN in each.before:
        return False
    if Tag.TOP in each.before:
        inside = each.at > 1 and aim.pieces[each.at - 2].text in ("in", "into", "within", "dans", "parmi")
        return not (aim.says(Tag.REACH) or inside) or len(amounts) > 1
    if len(amounts) == 1 and aim.first_action & {Tag.EFFORT} and not each.before & {Tag.TO, Tag.FROM}:
        return True
    exists = Tag.DEFINITE in each.before and not each.before & {Tag.TO, Tag.FROM, Tag.BASE, Tag.REACH, Tag.OF}
    return exists and not each.colon


def _band(amounts: list[Placed], aim: Aim) -> tuple[Placed, Placed] | None:
    for low, high in pairwise(amounts):
        between = aim.pieces[low.at + 1 : high.at]
        if len(between) > 4 or high.is_base or is_change_by_shape(high.amount):
            continue
        if _is_dashed(between) and not low.amount.sign:
            return low, high
        joined = any(each.tags & {Tag.AND, Tag.TO} or each.text in ("-", "–") for each in between)
        if joined and (Tag.BETWEEN in low.before or (Tag.TO in high.before and _stays(low, high, aim))):
            return low, high
    return None


def _is_dashed(between: Sequence[Piece]) -> bool:
    return len(between) == 1 and between[0].text in ("-", "–")


def _stays(low: Placed, high: Placed, aim: Aim) -> bool:
    """Tell a level that is kept, or a temperature, which no one raises from 19 to 21 °C without a verb."""
    if aim.first_action:
        return bool(aim.first_action & {Tag.HOLD})
    return any(each.text == "°" for each in aim.pieces[high.at + 1 : high.at + 2]) and Tag.FROM not in low.before


def _base_and_target(amounts: list[Placed], aim: Aim) -> tuple[Placed | None, Placed | None]:
    pair = _pair(amounts, aim)
    if pair is not None:
        return pair
    bases = [each for each in amounts if each.is_base and not each.amount.sign and not is_change_by_shape(each.amount)]
    if not bases:
        bases = [each for each in amounts if _starts(each, amounts)]
    base = bases[0] if bases and len(amounts) > 1 else None
    return base, _target([each for each in amounts if each is not base], aim)


def _starts(each: Placed, amounts: list[Placed]) -> bool:
    """Tell ``to 25 % from 15 %``: a start that stands behind its target; in French ``de`` says too much for that."""
    is_start = Tag.FROM in each.before and Tag.OF not in each.before and not is_change_by_shape(each.amount)
    return is_start and len(amounts) > 1


def _pair(amounts: list[Placed], aim: Aim) -> tuple[Placed, Placed] | None:
    """Return the first two amounts that are a way: ``from 15 % to 25 %``, ``40 → 10``, ``20 à 42``."""
    for start, end in pairwise(amounts):
        if Tag.TO not in end.before or is_change_by_shape(start.amount) or is_change_by_shape(end.amount):
            continue
        if start.comparator and Tag.FROM not in start.before:
            continue
        if _leads_to(start, end, aim):
            return start, end
    return None


def _leads_to(start: Placed, end: Placed, aim: Aim) -> bool:
    """Tell whether the words between two amounts, or a word for the start, make one way of them."""
    between = aim.pieces[start.at + 1 : end.at]
    if any(each.text == "→" for each in between):
        return True
    start_said = bool(start.before & {Tag.FROM, Tag.BASE}) or Tag.BASE in start.after
    if start_said and not end.is_base and len(between) <= _FARTHEST:
        return True
    return len(between) <= 3 and not any(each.stop for each in between) and not start.is_end and _like(start, end)


def _like(start: Placed, end: Placed) -> bool:
    """Tell two amounts that may be ends of one way without a word for the start."""
    return start.amount.unit is end.amount.unit and not start.amount.sign and start.amount.shape is end.amount.shape


def _target(amounts: list[Placed], aim: Aim) -> Placed | None:
    """Return the amount to be reached: where the verb says to, else the first, else a later threshold."""
    if not amounts:
        return None
    if aim.first_action & {Tag.UP, Tag.DOWN, Tag.CHANGE}:
        for each in amounts:
            if Tag.TO in each.before and not is_change_by_shape(each.amount):
                return each
    free = [each for each in amounts if not each.is_base]
    return _strongest(free or amounts)


def _strongest(amounts: list[Placed]) -> Placed:
    """Return the first amount, but a count that only says of how many gives way to a threshold or percentage."""
    first = amounts[0]
    plain = first.amount.unit is UnitKind.NUMBER and first.amount.shape is Shape.PLAIN and not first.comparator
    if plain and not first.is_level and Tag.DEFINITE in first.before:
        return next((each for each in amounts if each.comparator or is_share(each.amount)), first)
    return first


# changes


def _change(target: Placed, aim: Aim) -> Change | None:
    amount = target.amount
    direction = _direction(target, aim)
    loses = aim.says_before(target.at, Tag.LOSE) and not target.is_end
    falls = amount.sign == "-" or (direction is Tag.DOWN and amount.sign != "+")
    score = aim.says(Tag.SCORE) and not aim.says(Tag.RATE)
    if amount.shape is Shape.PLAIN and amount.unit is UnitKind.NUMBER and Tag.BY in target.before:
        amount = _factor(amount, target, aim)
    part = any(each.text in ("of", "des") for each in aim.pieces[target.at + 1 : target.at + 2])
    gained = (is_share(amount) and not part) or amount.shape in (Shape.POINTS, Shape.SCORE_POINTS)
    gains = gained and aim.says_before(target.at, Tag.GAIN)
    made = Change(amount=amount, falls=falls, score=score)
    return made if is_change_by_shape(amount) or gains or loses or _is_change(target, direction) else None


def _factor(amount: Amount, target: Placed, aim: Aim) -> Amount:
    """Return the multiple that ``multiply the followers by 10`` or ``diviser les coûts par 2`` means."""
    if aim.says_before(target.at, Tag.DIVIDES) and amount.value:
        return replace(amount, shape=Shape.TIMES, value=quotient(Decimal(1), amount.value))
    if aim.says_before(target.at, Tag.MULTIPLIES) or aim.pieces[target.at - 1].text == "par":
        return replace(amount, shape=Shape.TIMES)
    return amount


def _direction(target: Placed, aim: Aim) -> Tag | None:
    if Tag.DOWN_BY in target.after:
        return Tag.DOWN
    if Tag.UP_BY in target.after and not aim.says_before(target.at, Tag.DOWN):
        return Tag.UP
    return aim.direction(target.at)


def _is_change(target: Placed, direction: Tag | None) -> bool:
    amount, points = target.amount, target.amount.shape in (Shape.POINTS, Shape.SCORE_POINTS)
    by = Tag.BY in target.before and not target.before & {Tag.TO, Tag.REACH, Tag.BETWEEN} and not target.named
    if by and direction is not None:
        return True
    if target.before & {Tag.TO, Tag.BETWEEN} or target.comparator:
        return False
    if amount.sign or target.after & {Tag.UP_BY, Tag.DOWN_BY}:
        return True
    if target.colon:
        return False
    return direction is not None and (points or is_share(amount)) and not target.named


def _relative(base: Placed | None, change: Change, target: Placed, aim: Aim) -> Read:
    stated = change.stated
    if stated is None:
        return Read(Draft(), ((NO_WAY, ""),))
    kind = DraftKind.INCREASE if change.rises else DraftKind.DECREASE
    unit, currency = change.unit, change.amount.currency if change.unit is UnitKind.CURRENCY else None
    per = _per(aim, target.at, adjectives=False, share=change.unit is None)
    made = Draft(kind=kind, unit=unit, currency=currency, per=per, relative=stated)
    if base is None:
        return Read(made, ((BASELINE, ""),))
    money = change.unit is UnitKind.CURRENCY and base.amount.unit is UnitKind.NUMBER
    start = _lent(base.amount, change.amount) if money else base.amount
    if change.unit is UnitKind.PERCENT and start.unit is UnitKind.NUMBER:
        start = replace(start, value=tidy(start.value.scaleb(-2)), unit=UnitKind.PERCENT)
    apart = UnitKind.CURRENCY in (change.unit, start.unit) and change.unit not in (None, start.unit)
    if apart or (currency and currency != start.currency):
        return Read(made, ((UNIT, ""),))
    end = change.target(start.value, start.unit)
    if end is None or end == start.value:
        return Read(Draft(), ((NO_SHARE, base.amount.written),))
    return Read(replace(made, baseline=start.value, target=end, unit=start.unit, currency=start.currency))


# levels


def _level(base: Placed | None, target: Placed, aim: Aim, amounts: list[Placed]) -> Read:
    start, end = _same_unit(base.amount if base else None, target.amount)
    if start is not None and (start.unit is not end.unit or start.currency != end.currency):
        return Read(Draft(), ((UNIT, ""),))
    baseline = _signed(start) if start else None
    value = _signed(end)
    if baseline is not None and baseline == value:
        return Read(Draft(), ((NO_WAY, ""),))
    kind, comparator = _kind(baseline, value, target, aim)
    adjectives = end.unit in (UnitKind.NUMBER, UnitKind.CURRENCY) and end.shape is Shape.PLAIN
    made = Draft(
        kind=kind,
        baseline=baseline,
        target=value,
        comparator=comparator,
        unit=end.unit,
        currency=end.currency,
        per=_per(aim, target.at, adjectives=adjectives, share=is_share(end)),
    )
    made = _with_change_beside(made, [each for each in amounts if each not in (base, target)], aim)
    counted = made.per is not None or (
        aim.first_action & {Tag.MAKE, Tag.FINISH, Tag.BUILD} and end.unit is not UnitKind.PERCENT
    )
    needs_start = kind in (DraftKind.INCREASE, DraftKind.DECREASE) and baseline is None
    raised = aim.first_action & {Tag.MAKE} and Tag.TO not in target.before  # "raise 1.5 M€" brings them in
    says_to = (aim.direction(target.at) is not None and not raised) or aim.first_action & {Tag.CHANGE}
    return Read(made, ((BASELINE, ""),) if needs_start and (says_to or not counted) else ())


def _with_change_beside(made: Draft, others: list[Placed], aim: Aim) -> Draft:
    """Keep a change that is said beside the way and agrees with it: ``from 15 % to 18 % (+20 %)``."""
    if made.baseline is None or made.target is None or made.unit is None:
        return made
    for each in others:
        change = _change(each, aim)
        if change is not None and change.target(made.baseline, made.unit) == made.target:
            return replace(made, relative=change.stated)
    return made


def _signed(amount: Amount) -> Decimal:
    value = amount.value
    if amount.shape is Shape.TIMES:
        return value
    return tidy(-value) if amount.sign == "-" else value


def _same_unit(start: Amount | None, end: Amount) -> tuple[Amount | None, Amount]:
    """Give both ends one unit where only one says it: ``from 15 to 25 %``, ``1.2 to 2 M€``, ``2 h to 30 min``."""
    end = _as_percent(end)
    if start is None:
        return None, end
    start = _as_percent(start)
    if start.seconds and end.seconds and start.seconds != end.seconds:
        with exact():
            return replace(start, value=quotient(start.value * start.seconds, end.seconds), seconds=end.seconds), end
    if start.unit is UnitKind.NUMBER and end.unit is not UnitKind.NUMBER:
        return _lent(start, end), end
    if end.unit is UnitKind.NUMBER and start.unit is not UnitKind.NUMBER and end.shape is Shape.PLAIN:
        return start, _lent(end, start)
    if start.scale == 1 != end.scale and start.value < 10 * quotient(end.value, end.scale):
        return _lent(start, end), end
    return start, end


def _as_percent(amount: Amount) -> Amount:
    return replace(amount, unit=UnitKind.PERCENT, shape=Shape.PLAIN) if amount.shape is Shape.FRACTION else amount


def _lent(bare: Amount, full: Amount) -> Amount:
    if full.unit is UnitKind.PERCENT:
        return replace(bare, value=tidy(bare.value.scaleb(-2)), unit=full.unit)
    small = full.scale != 1 == bare.scale and bare.value < 10 * quotient(full.value, full.scale)
    with exact():
        value = tidy(bare.value * full.scale) if small else bare.value
    return replace(bare, value=value, unit=full.unit, currency=full.currency, scale=full.scale)


def _kind(baseline: Decimal | None, value: Decimal, target: Placed, aim: Aim) -> tuple[DraftKind, str | None]:
    comparator, direction = target.comparator, aim.direction(target.at)
    rises = direction is Tag.UP or (baseline is not None and baseline < value)
    if comparator == "<=" and rises and {Tag.TO, Tag.AT_MOST} <= target.before:
        comparator = None  # "increase up to 500": as far as 500
    if comparator is None and aim.says_before(target.at, Tag.LIMIT):
        comparator = "<="
    if comparator is not None:
        return (DraftKind.AT_LEAST if comparator.startswith(">") else DraftKind.AT_MOST), comparator
    if baseline is not None:
        return (DraftKind.INCREASE if value > baseline else DraftKind.DECREASE), None
    if Tag.TOP in target.before or (value == 0 and direction is None and not aim.first_action & {Tag.CHANGE}):
        return DraftKind.AT_MOST, "<="
    if direction is not None:
        return (DraftKind.INCREASE if direction is Tag.UP else DraftKind.DECREASE), None
    return _kind_by_verb(target, aim)


def _kind_by_verb(target: Placed, aim: Aim) -> tuple[DraftKind, str | None]:
    worse = aim.less_is_better(target.at) or Tag.WITHIN in _tags_before(target, aim)
    action, amount = aim.action_before(target.at), target.amount
    share = is_share(amount)
    if action & {Tag.CHANGE} and not action & {Tag.REACH, Tag.HOLD}:
        return (DraftKind.DECREASE if worse or not amount.value else DraftKind.INCREASE), None
    level = amount.shape is Shape.SCORE or (
        aim.says(Tag.SCORE) and not share and amount.value <= _HIGHEST_SCORE and amount.unit is UnitKind.NUMBER
    )
    holds = action & {Tag.HOLD} and not action & {Tag.MAKE} and not amount.count
    if worse:
        return DraftKind.AT_MOST, "<="
    if holds or level:
        return DraftKind.AT_LEAST, ">="
    grows = not share or action & {Tag.REACH, Tag.MAKE, Tag.FINISH, Tag.BUILD} - {Tag.SERVE}
    if grows and not (action & {Tag.SERVE} and share):
        return DraftKind.INCREASE, None
    return DraftKind.AT_LEAST, ">="


def _tags_before(target: Placed, aim: Aim) -> frozenset[Tag]:
    if target.amount.seconds is None or not target.at:
        return frozenset()
    return aim.pieces[target.at - 1].tags if Tag.SERVE in aim.first_action or aim.says(Tag.SERVE) else frozenset()


def _between(low: Placed, high: Placed, aim: Aim) -> Read:
    start, end = _same_unit(low.amount, high.amount)
    first, second = sorted((_signed(start or low.amount), _signed(end)))
    if first == second:
        return Read(Draft(), ((NO_WAY, ""),))
    per = _per(aim, high.at, adjectives=False)
    made = Draft(
        kind=DraftKind.BETWEEN,
        baseline=first,
        target=second,
        comparator="between",
        unit=end.unit,
        currency=end.currency,
        per=per,
    )
    return Read(made)


def _per(aim: Aim, at: int, *, adjectives: bool = True, share: bool = False) -> DraftPeriod | None:
    found = aim.period(at, adjectives=adjectives, share=share)
    return DraftPeriod(found) if found else None


def _with_notes(made: Read, used: list[Placed | None], amounts: list[Placed], pieces: list[Piece]) -> Read:
    """Add what else is unclear: a number with two readings, a second number that may be a measure too."""
    notes = list(made.unclear)
    notes += [(READING, each.amount.doubtful) for each in used if each and each.amount.doubtful]
    others = [each for each in amounts if each not in used and each.is_measure]
    if not made.draft.relative or made.draft.target is None:
        notes += [(SECOND, pieces[each.at].text) for each in others if each.amount.seconds is None]
    return Read(made.draft, tuple(notes))
