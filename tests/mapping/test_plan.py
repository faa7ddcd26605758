from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from mapping.changes import Action, Change
from mapping.check_ins import CauseKind, CheckIn
from mapping.effective import Entries
from mapping.metric import clamp
from mapping.plan import objective_standing, plan, standing
from mapping.readings import Reading
from mapping.reviews import Review, ReviewCause, ReviewState
from mapping.rules import Aggregate, AggregateKind, Completion, KeyResult, Latest, Mode, Objective, Ratio
from mapping.standing import Standing
from mapping.status import Status
from tests.mapping.worlds import (
    CYCLE,
    DONE,
    NOW,
    OTHER,
    SERIES,
    WORK,
    World,
    day,
    item,
    number,
    rule,
    sample,
)

COUNT = Aggregate(kind=AggregateKind.COUNT, selection=WORK)
OPEN = Aggregate(kind=AggregateKind.COUNT, selection=WORK, where="!item.done")
FOUR = World({WORK: [item("1", DONE), item("2"), item("3"), item("4")]})


def objective(*key_results: KeyResult) -> Objective:
    return Objective(id="shop", title="Sell", cycle=CYCLE, key_results=key_results)


@dataclass
class History:
    """Runs one after the other, each with its world; keeps what a store would keep."""

    worlds: list[World] = field(default_factory=list)
    last: dict[str, CheckIn] = field(default_factory=dict)

    def run(
        self,
        world: World,
        *key_results: KeyResult,
        stale: Mapping[str, str] | None = None,
        now: datetime = NOW,
    ) -> list[Change]:
        self.worlds.append(world)
        changes = plan(
            [objective(*key_results)],
            mirror=world,
            before=lambda run: self.worlds[run - 1],
            last=self.last,
            stale=stale or {},
            run=len(self.worlds),
            now=now,
        )
        self.last |= {change.key_result: change.new for change in changes if change.new is not None}
        return changes


def actions(changes: Sequence[Change]) -> list[Action]:
    return [change.action for change in changes]


def test_a_first_value_creates_a_check_in() -> None:
    (change,) = History().run(FOUR, rule(COUNT, number(8)))
    assert (change.action, change.old) == (Action.CREATE, None)
    assert change.new is not None
    assert (change.new.value, change.new.progress, change.new.run) == (Decimal(4), Decimal("0.5"), 1)
    assert [part.kind for part in change.causes] == [CauseKind.FIRST]
    assert change.new.causes == change.causes


def test_running_twice_changes_nothing_the_second_time() -> None:
    history = History()
    history.run(FOUR, rule(COUNT), rule(OPEN, id_="shop/open"))
    again = history.run(FOUR, rule(COUNT), rule(OPEN, id_="shop/open"))
    assert actions(again) == [Action.KEEP, Action.KEEP]
    assert all(change.new is None and not change.causes for change in again)


def test_a_moved_value_is_a_change_with_causes() -> None:
    history = History()
    history.run(FOUR, rule(OPEN))
    after = World({WORK: [item("1", DONE), item("2", DONE), item("3"), item("4")]})
    (change,) = history.run(after, rule(OPEN))
    assert change.action is Action.CHANGE
    assert change.new is not None
    assert change.old is not None
    assert (change.old.value, change.new.value) == (Decimal(3), Decimal(2))
    assert [(part.kind, part.amount, part.items) for part in change.causes] == [
        (CauseKind.COMPLETED, Decimal(-1), ("CHK-2",))
    ]


def test_a_stale_selection_holds_the_last_value_and_says_why() -> None:
    history = History()
    history.run(FOUR, rule(COUNT))
    emptied = World({WORK: []})
    (change,) = history.run(emptied, rule(COUNT), stale={WORK.key: "jira: page 3 never came"})
    assert (change.action, change.new, change.status) == (Action.HOLD, None, Status.STALE)
    assert change.stale_reason == "jira: page 3 never came"
    assert change.reading.value == Decimal(4)
    assert emptied.passes == [], "what is stale is not measured"


def test_a_stale_selection_without_any_value_yet_is_held_too() -> None:
    (change,) = History().run(World(), rule(COUNT), stale={WORK.key: "jira: 401"})
    assert (change.action, change.status) == (Action.HOLD, Status.NO_DATA)
    assert change.reading.no_data == "jira: 401"


def test_one_stale_side_holds_a_ratio_and_nothing_else() -> None:
    ratio = Ratio(of=COUNT, to=Aggregate(kind=AggregateKind.COUNT, selection=OTHER))
    changes = History().run(
        FOUR, rule(ratio, id_="shop/a"), rule(COUNT, id_="shop/b"), stale={OTHER.key: "github: 502"}
    )
    assert actions(changes) == [Action.HOLD, Action.CREATE]


def test_no_data_from_the_start_writes_nothing() -> None:
    (change,) = History().run(World({WORK: []}), rule(COUNT))
    assert (change.action, change.new, change.status) == (Action.KEEP, None, Status.NO_DATA)
    assert (change.reading.no_data or "").startswith("nothing has ever matched")


def test_no_data_never_overwrites_data() -> None:
    history = History()
    history.run(FOUR, rule(COUNT))
    (change,) = history.run(World({WORK: []}), rule(COUNT))
    assert (change.action, change.new, change.status) == (Action.HOLD, None, Status.STALE)
    assert (change.stale_reason or "").startswith("nothing has ever matched")
    assert history.last["shop/checkout"].value == Decimal(4)


def test_a_rule_that_fails_holds_alone() -> None:
    bad = rule(Aggregate(kind=AggregateKind.COUNT, selection=WORK, where="item.points > 1"), id_="shop/bad")
    changes = History().run(FOUR, bad, rule(COUNT))
    assert actions(changes) == [Action.HOLD, Action.CREATE]
    assert "has(item.points)" in (changes[0].stale_reason or "")


def test_a_metric_that_cannot_be_computed_holds_alone() -> None:
    changes = History().run(FOUR, rule(COUNT, number(10, 10), id_="shop/flat"), rule(COUNT))
    assert actions(changes) == [Action.HOLD, Action.CREATE]
    assert "make them differ" in (changes[0].stale_reason or "")


def test_a_new_target_is_a_change_although_the_value_stands() -> None:
    history = History()
    history.run(FOUR, rule(COUNT, number(8)))
    (change,) = history.run(FOUR, rule(COUNT, number(16)))
    assert (change.action, change.causes) == (Action.CHANGE, ())
    assert change.new is not None
    assert change.new.progress == Decimal("0.25")


def test_a_new_measure_is_a_change_although_the_value_stands() -> None:
    history = History()
    history.run(FOUR, rule(COUNT))
    same = Aggregate(kind=AggregateKind.COUNT, selection=WORK, where='item.kind == "story"')
    (change,) = history.run(FOUR, rule(same))
    assert (change.action, change.causes) == (Action.CHANGE, ())


def test_evidence_behind_an_equal_value_writes_no_check_in() -> None:
    history = History()
    history.run(FOUR, rule(OPEN))
    (change,) = history.run(World({WORK: [item("1"), item("2"), item("3"), item("4", DONE)]}), rule(OPEN))
    assert change.action is Action.KEEP


def test_causes_are_held_against_the_run_that_gave_the_last_value() -> None:
    history = History()
    history.run(FOUR, rule(OPEN))
    three = World({WORK: [item("1", DONE), item("2"), item("3"), item("5")]})
    assert actions(history.run(three, rule(OPEN))) == [Action.KEEP]
    (change,) = history.run(World({WORK: [item("2"), item("3")]}), rule(OPEN))
    assert sum(part.amount for part in change.causes) == Decimal(-1)


def test_a_status_flips_by_the_value_and_not_by_the_clock() -> None:
    history = History()
    history.run(FOUR, rule(COUNT, number(8)), now=day("2026-10-20"))
    (change,) = history.run(World({WORK: [item("1")]}), rule(COUNT, number(8)), now=day("2026-11-15"))
    assert (change.old_status, change.status) == (Status.ON_TRACK, Status.OFF_TRACK)


@dataclass(frozen=True)
class Kept:
    measured_at: datetime | None = NOW
    stale_reason: str | None = None
    stale_since: datetime | None = None
    no_data: str | None = None


def test_a_standing_is_the_last_check_in_under_todays_clock() -> None:
    history = History()
    history.run(FOUR, rule(COUNT, number(8)))
    one = rule(COUNT, number(8))
    found = standing(
        one, objective(one), entries=Entries(measured=history.last[one.id]), fresh=Kept(), now=day("2026-12-20")
    )
    assert (found.value, found.progress, found.status) == (Decimal(4), Decimal("0.5"), Status.OFF_TRACK)
    assert (found.changed_at, found.measured_at, found.no_data) == (NOW, NOW, None)


def test_a_stale_standing_keeps_its_value() -> None:
    history = History()
    history.run(FOUR, rule(COUNT, number(8)))
    one = rule(COUNT, number(8))
    fresh = Kept(stale_reason="jira: 429", stale_since=NOW)
    found = standing(one, objective(one), entries=Entries(measured=history.last[one.id]), fresh=fresh, now=NOW)
    assert (found.value, found.status, found.stale_reason) == (Decimal(4), Status.STALE, "jira: 429")


def test_a_standing_that_was_never_measured_says_so() -> None:
    one = rule(Latest(selection=SERIES))
    found = standing(one, objective(one), entries=Entries(), fresh=None, now=NOW)
    assert (found.status, found.no_data) == (Status.NO_DATA, "nothing has been measured yet")
    silent = standing(one, objective(one), entries=Entries(), fresh=Kept(no_data="no sample yet"), now=NOW)
    assert (silent.no_data, silent.pace.because) == ("no sample yet", "no sample yet")


def stands(progress: str | None, weight: str = "1", id_: str = "shop/a") -> Standing:
    one = replace(rule(COUNT, number(1), id_=id_), weight=Decimal(weight))
    raw = None if progress is None else Decimal(progress)
    history = History()
    (change,) = history.run(FOUR, one)
    assert change.new is not None
    last = None if raw is None else replace(change.new, raw_progress=raw, progress=clamp(raw), value=raw)
    return standing(one, objective(one), entries=Entries(measured=last), fresh=Kept(), now=NOW)


def test_an_objective_is_the_weighted_mean_of_clamped_progress() -> None:
    parts = [stands("0.2", "3"), stands("1.5", "1", "shop/b"), stands(None, "5", "shop/c")]
    found = objective_standing(objective(), parts, NOW)
    assert found.progress == Decimal("0.4")
    assert found.missing == ("shop/c",)
    assert found.status is Status.OFF_TRACK


def test_weights_that_are_all_0_count_as_equal() -> None:
    found = objective_standing(objective(), [stands("0.2", "0"), stands("0.8", "0", "shop/b")], NOW)
    assert found.progress == Decimal("0.5")


def test_a_weight_of_0_beside_others_contributes_nothing() -> None:
    found = objective_standing(objective(), [stands("0.1", "0"), stands("0.8", "1", "shop/b")], NOW)
    assert (found.progress, found.status) == (Decimal("0.8"), Status.ON_TRACK)


def test_no_data_at_all_is_no_progress() -> None:
    found = objective_standing(objective(), [stands(None)], NOW)
    assert (found.progress, found.status) == (None, Status.NO_DATA)
    assert objective_standing(objective(), [], NOW).status is Status.NO_DATA


def test_the_worst_status_wins() -> None:
    parts = [stands("0.9"), stands("0.4", id_="shop/b"), stands(None, id_="shop/c")]
    assert objective_standing(objective(), parts, NOW).status is Status.AT_RISK
    assert objective_standing(objective(), parts[::2], NOW).status is Status.NO_DATA, "silence is never green"


shares = st.decimals(min_value=-2, max_value=3, places=5)
weights = st.decimals(min_value=0, max_value=10, places=3)


@given(drawn=st.lists(st.tuples(shares, weights), min_size=1, max_size=6))
def test_a_roll_up_lies_within_its_children(drawn: list[tuple[Decimal, Decimal]]) -> None:
    base = stands("0.5")
    parts = [
        replace(base, key_result=f"shop/{n}", raw_progress=share, progress=clamp(share), weight=weight)
        for n, (share, weight) in enumerate(drawn)
    ]
    progress = objective_standing(objective(), parts, NOW).progress
    children = [clamp(share) for share, _ in drawn]
    assert progress is not None
    assert min(children) <= progress <= max(children)


def test_a_completion_needs_no_estimate_to_be_planned() -> None:
    (change,) = History().run(FOUR, rule(Completion(selection=WORK), number(1)))
    assert change.new is not None
    assert (change.new.items, change.new.done, change.new.formula) == (4, 1, "1 of 4 items done")


def test_a_series_that_came_back_is_explained_from_its_last_value() -> None:
    history = History()
    nps = rule(Latest(selection=SERIES), number(42, 20))
    history.run(World(series={SERIES: [sample(30, day("2026-11-01"))]}), nps)
    history.run(World(series={SERIES: []}), nps, stale={SERIES.key: "kpis: label moved"})
    (change,) = history.run(World(series={SERIES: [sample(33, day("2026-11-10"))]}), nps)
    assert [(part.kind, part.amount) for part in change.causes] == [(CauseKind.SOURCE_CHANGED, Decimal(3))]


def test_what_is_held_says_why_and_keeps_the_reading_of_the_last_value() -> None:
    one = rule(COUNT, number(8))
    history = History()
    history.run(FOUR, one)
    (change,) = history.run(World({WORK: []}), one, stale={WORK.key: "jira: 429"})
    assert change.reading == Reading(value=Decimal(4), items=4, done=1, formula="4 items")
    assert (change.old, change.old_status, change.title) == (history.last[one.id], Status.ON_TRACK, "A key result")
    (never,) = History().run(World(), one, stale={WORK.key: "jira: 429"})
    assert never.reading == Reading(value=None, no_data="jira: 429")
    assert never.old_status is None


def test_a_value_that_is_only_proposed_waits_as_a_review_of_this_run() -> None:
    one = replace(rule(COUNT, number(8)), mode=Mode.SUGGEST)
    (change,) = History().run(FOUR, one)
    assert (change.action, change.new, change.status) == (Action.SUGGEST, None, Status.NO_DATA)
    review = change.review
    assert review is not None
    assert (review.key_result, review.run, review.at, review.cause) == (one.id, 1, NOW, ReviewCause.SUGGESTED)
    assert review.detail == "its mode is to ask"
    assert (review.proposal.value, review.proposal.status) == (Decimal(4), Status.ON_TRACK)


def asked(value: World, review: Review | None, *, mode: Mode = Mode.AUTO, trusted: bool = False) -> Change:
    """Plan a key result that stood at 10 items, after whatever became of a review of it."""
    one = replace(rule(COUNT, number(20)), mode=mode)
    ten = World({WORK: [item(str(n)) for n in range(10)]})
    history = History()
    history.run(ten, replace(one, mode=Mode.AUTO))
    (change,) = plan(
        [objective(one)],
        mirror=value,
        before=lambda run: ten,
        last=history.last,
        stale={},
        run=2,
        now=NOW,
        reviews={} if review is None else {one.id: review},
        trusted=trusted,
    )
    return change


def test_a_selection_that_shrank_is_held_until_somebody_decides() -> None:
    held = asked(FOUR, None)
    assert (held.action, held.new, held.review is not None) == (Action.HOLD, None, True)
    assert held.stale_reason == (
        "held for review, 6 of 10 items that counted are gone at once (held from 50% on): "
        "`okrsync review accept shop/checkout` or reject it"
    )
    review = held.review
    assert review is not None
    assert asked(FOUR, replace(review, note="asked before")).review == replace(review, note="asked before")
    other = World({WORK: [item("1"), item("2")]})
    again = asked(other, review).review
    assert again is not None
    assert (again.proposal.value, again.note) == (Decimal(2), ""), "another value is another question"
    assert asked(FOUR, None, trusted=True).action is Action.CHANGE


def test_what_was_rejected_is_not_asked_again_while_it_stays_the_same() -> None:
    for mode, action in ((Mode.AUTO, Action.HOLD), (Mode.SUGGEST, Action.KEEP)):
        first = asked(FOUR, None, mode=mode).review
        assert first is not None
        no = replace(first, state=ReviewState.REJECTED, decided_by="ana", note="the query is wrong")
        again = asked(FOUR, no, mode=mode)
        assert (again.action, again.review, again.new) == (action, None, None)
        said = "what was read was rejected by ana: the query is wrong" if mode is Mode.AUTO else None
        assert again.stale_reason == said
        assert asked(FOUR, replace(no, note=""), mode=mode).stale_reason == (said and said.partition(":")[0])


def test_a_standing_shows_who_said_it_and_how_sure_people_are() -> None:
    one = rule(COUNT, number(8))
    history = History()
    history.run(FOUR, one)
    measured = history.last[one.id]
    by_hand = replace(measured, author="ana", value=Decimal(6), confidence=Decimal("0.3"), run=2)
    found = standing(one, objective(one), entries=Entries(measured=measured, by_hand=by_hand), fresh=Kept(), now=NOW)
    assert (found.author, found.confidence, found.value) == ("okrsync", Decimal("0.3"), Decimal(4))
    assert (found.items, found.done, found.formula, found.rule_version) == (4, 1, "4 items", measured.rule_version)
    manual = replace(one, mode=Mode.MANUAL)
    stale = Kept(stale_reason="jira: 429", stale_since=NOW)
    shown = standing(manual, objective(one), entries=Entries(measured=measured, by_hand=by_hand), fresh=stale, now=NOW)
    assert (shown.author, shown.value, shown.automatic) == ("ana", Decimal(6), measured)
    assert shown.stale_reason is None, "what a person said is not out of date because a source is"
    nobody = standing(one, objective(one), entries=Entries(), fresh=None, now=NOW)
    assert (nobody.author, nobody.confidence, nobody.formula, nobody.items) == ("", None, "", None)
    assert (nobody.rule_version, nobody.changed_at, nobody.trend) == (one.rule_version, None, ())


def test_an_objective_stands_with_what_is_known_of_it() -> None:
    one = stands("0.5")
    held = replace(objective(), team="web", teams=("ops",), level="team", parent="up", owner="ana")
    found = objective_standing(held, [one], NOW, {"up": "Grow"})
    assert (found.id, found.title, found.team, found.teams, found.level) == ("shop", "Sell", "web", ("ops",), "team")
    assert (found.parent, found.parent_title, found.owner, found.kind) == ("up", "Grow", "ana", held.kind)
    assert (found.key_results, found.missing) == ((one,), ())
    assert objective_standing(objective(), [one], NOW, {"up": "Grow"}).parent_title is None


def test_a_change_carries_the_metric_and_the_reading_it_rests_on() -> None:
    one = rule(COUNT, number(8))
    (change,) = History().run(FOUR, one)
    assert (change.metric, change.reading.value, change.title) == (one.metric, Decimal(4), "A key result")
    assert change.new is not None
    assert (change.new.items, change.new.done, change.new.formula, change.new.no_data) == (4, 1, "4 items", None)
    assert (change.new.at, change.new.rule_version != "", change.status) == (NOW, True, Status.ON_TRACK)


def test_a_value_that_waits_leaves_the_status_of_the_last_one() -> None:
    held = asked(FOUR, None, mode=Mode.SUGGEST)
    assert (held.action, held.status, held.old_status) == (Action.SUGGEST, Status.ON_TRACK, Status.ON_TRACK)
    first = held.review
    assert first is not None
    no = replace(first, state=ReviewState.REJECTED, decided_by="ana")
    assert asked(FOUR, no, mode=Mode.SUGGEST).status is Status.ON_TRACK
