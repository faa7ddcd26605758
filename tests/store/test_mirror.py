"""Membership is exact, items keep their history, samples keep their corrections."""

from __future__ import annotations

import itertools
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import cast

from msgspec import structs

from mapping.measure import count_plain
from mapping.mirror import Departure, Mirror
from mapping.replay import item_changes
from mapping.words import ItemState, Outcome, WorkItem
from store import Store
from store.mirror import StoredMirror
from store.staging import FLUSH_ROWS
from tests.store.kit import BUGS, CELL, DAY, EPIC, START, Pull, item, sample, stage, sync


def members(store: Store, as_of: int | None = None) -> list[WorkItem]:
    return list(store.mirror(as_of).members(EPIC))


def test_items_come_back_as_they_went_in_ordered_by_id(store: Store) -> None:
    full = WorkItem(
        connection="jira",
        id="b",
        key="CHK-\x00é",
        title='Zeichen \x00 "\\ 日本 \u202e \U0001f600',
        state=ItemState.WONT_DO,
        updated_at=START,
        kind="bug",
        status="Abandonné",
        status_id="7",
        resolution="Won't do",
        url="https://jira.test/b",
        parent="a",
        level=-1,
        labels=("x", "y"),
        assignee="ana",
        created_at=START - DAY,
        done_at=START,
        on=START,
        numbers={"story_points": Decimal("0.10000000000000000000000000000000001"), "cost": Decimal("1E+30")},
        fields={"team": "a.b"},
    )
    first, second = item("B"), item("é")
    sync(store, Pull(items=[second, full, first]))
    assert members(store) == [first, full, second]
    assert store.mirror().pulled(EPIC)
    assert not store.mirror().pulled(BUGS)


def test_a_selection_that_matches_nothing_was_pulled_all_the_same(store: Store) -> None:
    sync(store, Pull(items=[]))
    assert members(store) == []
    assert store.mirror().pulled(EPIC)
    assert not store.mirror(0).pulled(EPIC)


def test_an_unchanged_second_run_writes_nothing_into_the_mirror(store: Store) -> None:
    pulls = [Pull(items=[item(1), item(2)]), Pull(selection=CELL, samples=[sample("4.2")])]
    first = sync(store, *pulls)
    assert (first.counts.items_new, first.counts.joined, first.counts.samples) == (2, 2, 1)
    before = store.dump()
    second = sync(store, *pulls, at=START + DAY)
    assert not second.counts.any
    assert second.counts.events == 0
    assert store.dump() == before
    assert [run.check_ins for run in store.runs()] == [0, 1]


def test_a_changed_item_leaves_events_and_can_be_seen_as_it_was(store: Store) -> None:
    versions = [
        item(1, numbers={"points": Decimal(3)}),
        item(1, numbers={"points": Decimal(5), "cost": Decimal(1)}, labels=("late",), updated_at=START + DAY),
        item(1, state=ItemState.DONE, done_at=START + 2 * DAY, fields={"a.b": "x"}, updated_at=START + 2 * DAY),
    ]
    counts = [sync(store, Pull(items=[one]), at=START + n * DAY).counts for n, one in enumerate(versions)]
    assert [one.items_changed for one in counts] == [0, 1, 1]
    assert [one.events for one in counts] == [0, 4, 7]
    for seq, expected in enumerate(versions, start=1):
        assert members(store, seq) == [expected]
    assert members(store) == [versions[-1]]


def test_the_same_number_written_differently_is_no_event(store: Store) -> None:
    sync(store, Pull(items=[item(1, numbers={"points": Decimal(5)})]))
    counts = sync(store, Pull(items=[item(1, numbers={"points": Decimal("5.0")})]), at=START + DAY).counts
    assert counts.events == 0


def test_a_member_that_leaves_and_returns_has_two_spans(store: Store) -> None:
    sync(store, Pull(items=[item(1), item(2), item(3)]))
    away = sync(store, Pull(items=[item(1)], vanished=frozenset({"3"})), at=START + DAY)
    assert away.lost[EPIC.key] == ["2", "3"]
    assert away.counts.left == 2
    assert store.mirror().departed(EPIC) == {"2": Departure.UNMATCHED, "3": Departure.VANISHED}
    back = sync(store, Pull(items=[item(1), item(3)]), at=START + 2 * DAY)
    assert (back.counts.joined, back.counts.items_new) == (1, 0)
    assert store.mirror().departed(EPIC) == {"2": Departure.UNMATCHED}
    seen = [[one.id for one in members(store, seq)] for seq in range(4)]
    assert seen == [[], ["1", "2", "3"], ["1"], ["1", "3"]]
    assert store.mirror(1).departed(EPIC) == {}
    assert store.mirror(2).departed(EPIC) == {"2": Departure.UNMATCHED, "3": Departure.VANISHED}


def test_a_partial_pull_keeps_what_it_read_but_moves_no_membership(store: Store) -> None:
    sync(store, Pull(items=[item(1), item(2)], watermark=START))
    done = item(1, state=ItemState.DONE, updated_at=START + DAY)
    partial = Pull(items=[done, item(9)], outcome=Outcome.PARTIAL, watermark=START + DAY)
    counts = sync(store, partial, at=START + DAY).counts
    assert (counts.items_changed, counts.items_new, counts.joined, counts.left) == (1, 1, 0, 0)
    assert members(store) == [done, item(2)]
    with store.begin(started_at=START + 2 * DAY) as run:
        mark = run.watermark(EPIC)
        assert mark is not None
        assert mark.at == START


def test_a_failed_pull_changes_nothing_but_its_outcome(store: Store) -> None:
    sync(store, Pull(items=[item(1)]))
    sync(store, Pull(items=[], outcome=Outcome.FAILED), at=START + DAY)
    assert members(store) == [item(1)]
    facts = store.facts([EPIC.key])[EPIC.key]
    assert (facts.outcome, facts.reason) == ("failed", "the end was not reached")
    assert (facts.matched, facts.last_complete_at, facts.last_complete_run) == (1, START, 1)
    assert facts.connector == "jira"


def test_a_skipped_selection_keeps_its_last_outcome(store: Store) -> None:
    sync(store, Pull(items=[item(1)]))
    sync(store, Pull(items=[], outcome=Outcome.SKIPPED), at=START + DAY)
    assert store.facts([EPIC.key])[EPIC.key].outcome == "complete"
    assert members(store) == [item(1)]


def test_a_watermark_never_moves_beyond_the_start_of_its_run(store: Store) -> None:
    sync(store, Pull(items=[item(1)], watermark=START + timedelta(days=400), fingerprint="f2"))
    with store.begin(started_at=START + DAY) as run:
        mark = run.watermark(EPIC)
        assert mark is not None
        assert (mark.at, mark.fingerprint) == (START, "f2")
        assert run.watermark(BUGS) is None


def test_a_run_knows_what_it_must_read(store: Store) -> None:
    sync(store, Pull(items=[item(1), item(2)]))
    sync(store, Pull(items=[item(1)]), at=START + DAY)
    with store.begin(started_at=START + 2 * DAY) as run:
        run.stage_items("jira", [item(7)])
        assert run.unknown("jira", ["9", "1", "7", "2", "9"]) == ["9", "2"], "2 is watched by no selection any more"
        assert run.unknown("other", ["1"]) == ["1"]
        assert run.members_count(EPIC) == 1


def test_an_id_that_could_not_be_read_is_no_member(store: Store) -> None:
    sync(store, Pull(items=[item(1)], ids=["1", "deleted meanwhile"]))
    assert [one.id for one in members(store)] == ["1"]
    with store.begin(started_at=START + DAY) as run:
        assert run.members_count(EPIC) == 1


def test_of_several_reads_of_an_item_the_latest_counts(store: Store) -> None:
    newer, older = item(1, title="new", updated_at=START + DAY), item(1, title="old")
    filler = [item(f"x{n}") for n in range(FLUSH_ROWS)]
    sync(store, Pull(items=[newer, *filler, older], ids=["1"]))
    assert members(store) == [newer]


def test_parents_are_members_that_other_members_name_now_and_then(store: Store) -> None:
    sync(store, Pull(items=[item(1), item(2, parent="1"), item(3, parent="elsewhere")]))
    sync(store, Pull(items=[item(1), item(2), item(3, parent="2", updated_at=START + DAY)]), at=START + DAY)
    assert store.mirror().parents(EPIC) == {"2"}
    assert store.mirror(1).parents(EPIC) == {"1"}


def test_two_selections_share_items_but_not_memberships(store: Store) -> None:
    sync(store, Pull(items=[item(1), item(2)]), Pull(selection=BUGS, items=[item(2)]))
    sync(store, Pull(items=[item(1)]), at=START + DAY)
    assert [one.id for one in store.mirror().members(BUGS)] == ["2"]
    assert [one.id for one in members(store)] == ["1"]


def test_a_corrected_sample_stands_beside_the_first(store: Store) -> None:
    later = START + timedelta(hours=1)
    sync(store, Pull(selection=CELL, samples=[sample("4.3"), sample("7", later)]))
    counts = sync(store, Pull(selection=CELL, samples=[sample("4.4"), sample("7.0", later)]), at=START + DAY).counts
    assert counts.samples == 1
    assert [one.value for one in store.mirror(1).samples(CELL)] == [Decimal("4.3"), Decimal(7)]
    assert [one.value for one in store.mirror().samples(CELL)] == [Decimal("4.4"), Decimal(7)]
    sync(store, Pull(selection=CELL, samples=[sample("4.3")], outcome=Outcome.PARTIAL), at=START + 2 * DAY)
    assert store.mirror().samples(CELL)[0] == sample("4.3")


def test_a_run_sees_its_own_mirror_and_the_one_before(store: Store) -> None:
    sync(store, Pull(items=[item(1), item(2)]))
    changed = item(1, state=ItemState.DONE, updated_at=START + DAY)
    with store.begin(started_at=START + DAY) as run:
        stage(run, Pull(items=[changed, item(3)]))
        run.merge()
        assert list(run.mirror().members(EPIC)) == [changed, item(3)]
        assert list(run.mirror_before(1).members(EPIC)) == [item(1), item(2)]
        assert run.mirror().departed(EPIC) == {"2": Departure.UNMATCHED}
    assert members(store) == [item(1), item(2)], "not committed"


def test_thousands_of_items_are_written_changed_and_read_alike(store: Store) -> None:
    many = [item(f"{n:05}", numbers={"points": Decimal(n)}) for n in range(5000)]
    assert sync(store, Pull(items=many)).counts.items_new == 5000
    changed = [
        item(one.id, numbers=one.numbers, state=ItemState.DONE, updated_at=START + DAY) if n % 2 else one
        for n, one in enumerate(many)
    ]
    counts = sync(store, Pull(items=changed), at=START + DAY).counts
    assert (counts.items_new, counts.items_changed, counts.events) == (0, 2500, 5000)
    assert members(store) == changed
    assert members(store, 1) == many


def test_members_are_counted_as_one_by_one(url: str) -> None:
    random = Random(7)
    points = [None, "1", "1.0", "0.10000000000000000000000000000000001", "-0", "1E+30"]
    crowd = [
        item(
            number,
            state=random.choice([*ItemState]),
            title="Zeichen \x00",
            numbers={} if (text := random.choice(points)) is None else {"story points": Decimal(text)},
        )
        for number in range(200)
    ]
    store = Store.open(url)
    sync(store, Pull(items=crowd))
    before = store.mirror()
    for name in ("", "story points", "cost"):
        counts = before.counts(EPIC, name)
        assert counts == (count_plain(crowd, name) if not name or url.startswith("sqlite") else None)
    assert before.counts(EPIC, 'a "quoted" name') is None
    assert before.counts(BUGS, "") == {}
    sync(store, Pull(items=crowd[:150]))
    assert store.mirror().counts(EPIC, "") == count_plain(crowd[:150], "")
    assert store.mirror(1).counts(EPIC, "") == count_plain(crowd, "")
    sync(store, Pull(items=[structs.replace(crowd[0], title="Anew"), *crowd[1:150]]))
    assert store.mirror(1).counts(EPIC, "") is None, "what they were is told by events, one by one"
    store.close()


def test_what_two_mirrors_differ_in_is_found_without_looking_at_the_rest(store: Store) -> None:
    random = Random("touched")
    world = {number: item(number) for number in range(30)}
    for day in range(8):
        at = START + day * DAY
        for number in random.sample(range(40), 6):
            world[number] = item(
                number,
                state=random.choice([*ItemState]),
                parent=random.choice([None, "1", "2"]),
                numbers={"points": Decimal(day)},
                updated_at=at,
            )
        for number in random.sample(sorted(world), 3):
            del world[number]
        bugs = [one for one in world.values() if one.state is ItemState.TODO]
        sync(store, Pull(items=[*world.values()]), Pull(selection=BUGS, items=bugs), at=at)

    class Plain:
        """The same mirror, which has to be compared item by item."""

        def __init__(self, mirror: StoredMirror) -> None:
            self.members, self.departed = mirror.members, mirror.departed

    looked_at = 0
    for then, now in itertools.combinations_with_replacement(range(9), 2):
        for selection in (EPIC, BUGS):
            before, after = store.mirror(then), store.mirror(now)
            expected = item_changes(cast("Mirror", Plain(before)), cast("Mirror", Plain(after)), selection)
            assert item_changes(before, after, selection) == expected
            olds, news = after.touched(before, selection) or ((), ())
            looked_at += then == now and len([*olds, *news])
    assert looked_at == 0
    assert store.mirror(2).touched(store.mirror(3), EPIC) is None
