"""Items as they were: undoing what the vendor tells gives back what was there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from mapping.measure import measure_one
from mapping.past import NO_COMPLETION, NO_CREATION, NO_HISTORY, SINCE_CREATED, PastMirror, Remembered, as_it_was
from mapping.rules import Completion
from mapping.words import ItemState, PastChange, WorkItem
from tests.mapping.worlds import CYCLE, DOING, DONE, SERIES, WORK, World, item, rule, sample

BORN = datetime(2026, 10, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def change(field: str, old: str | None, new: str | None, hours: int, id_: str = "1") -> PastChange:
    connection = item("1").connection
    return PastChange(connection=connection, item=id_, at=BORN + hours * HOUR, field=field, old=old, new=new)


FIELDS = st.sampled_from(["state", "status", "labels", "numbers.story_points", "fields.team", "parent"])
VALUES: dict[str, list[str | None]] = {
    "state": ["todo", "in_progress", "done", "wont_do"],
    "status": ["Open", "Review", "Closed"],
    "labels": ["a", "a,b", None],
    "numbers.story_points": ["1", "5", None],
    "fields.team": ["red", "blue", None],
    "parent": ["7", "8", None],
}


def value_of(found: WorkItem, field: str) -> str | None:
    group, _, entry = field.partition(".")
    if entry and group == "numbers":
        number = found.numbers.get(entry)
        return None if number is None else str(number)
    if entry:
        return found.fields.get(entry)
    if field == "labels":
        return ",".join(found.labels) or None
    value = getattr(found, field)
    return None if value is None else str(value)


def put(found: WorkItem, field: str, value: str | None) -> WorkItem:
    """Apply one change forwards, written apart from the code under test."""
    group, _, entry = field.partition(".")
    if entry:
        if group == "numbers":
            numbers = {name: each for name, each in found.numbers.items() if name != entry}
            return structs.replace(found, numbers=numbers if value is None else {**numbers, entry: Decimal(value)})
        fields = {name: each for name, each in found.fields.items() if name != entry}
        return structs.replace(found, fields=fields if value is None else {**fields, entry: value})
    if field == "labels":
        return structs.replace(found, labels=tuple(value.split(",")) if value else ())
    return structs.replace(found, **{field: ItemState(value or "") if field == "state" else value})


@given(st.lists(st.tuples(FIELDS, st.integers(0, 4)), max_size=12), st.integers(0, 13))
def test_undoing_later_changes_gives_what_earlier_ones_had_made(steps: list[tuple[str, int]], hours: int) -> None:
    now = structs.replace(item("1", labels=("a",), points=1, status="Open"), created_at=BORN, done_at=None)
    history, changes = [now], []
    for hour, (field, choice) in enumerate(steps, start=1):
        new = VALUES[field][choice % len(VALUES[field])]
        changes.append(change(field, value_of(now, field), new, hour))
        now = put(now, field, new)
        history.append(now)
    then = as_it_was(now, changes, BORN + hours * HOUR)
    assert then is not None
    expected = history[min(hours, len(steps))]
    assert structs.replace(then, done_at=None) == structs.replace(expected, done_at=None)


def test_an_item_is_not_there_before_it_was_created() -> None:
    born = structs.replace(item("1", DONE), created_at=BORN)
    assert as_it_was(born, [], BORN - HOUR) is None
    assert as_it_was(born, [], BORN) is not None


def test_done_at_is_the_last_completion_by_then() -> None:
    now = structs.replace(item("1", DONE), created_at=BORN, done_at=BORN + 9 * HOUR)
    changes = [
        change("state", "todo", "done", 2),
        change("state", "done", "todo", 4),
        change("state", "todo", "done", 9),
    ]
    dates = [as_it_was(now, changes, BORN + hours * HOUR) for hours in (1, 3, 5, 10)]
    assert [each.done_at if each else None for each in dates] == [None, BORN + 2 * HOUR, None, BORN + 9 * HOUR]


def test_a_share_of_the_past_counts_what_there_was_and_says_what_it_assumed() -> None:
    tasks = [
        structs.replace(item(str(n), DONE), created_at=BORN + n * HOUR, done_at=BORN + (n + 5) * HOUR) for n in range(4)
    ]
    changes = {
        (each.connection, each.id): [change("state", "todo", "done", int(each.id) + 5, each.id)] for each in tasks
    }
    mirror = PastMirror(known=World({WORK: tasks}), changes=changes, at=BORN + 6 * HOUR)
    reading = measure_one(rule(Completion(selection=WORK)), CYCLE, mirror, mirror.at)
    assert (reading.done, reading.items) == (2, 4)
    assert mirror.assumed == {SINCE_CREATED: 4}


def test_without_history_an_item_goes_by_its_own_dates() -> None:
    tasks = [
        structs.replace(item("1", DONE), created_at=BORN, done_at=BORN + 5 * HOUR),
        structs.replace(item("2"), created_at=BORN),
    ]
    early = PastMirror(known=World({WORK: tasks}), changes={}, at=BORN + HOUR)
    late = PastMirror(known=World({WORK: tasks}), changes={}, at=BORN + 6 * HOUR)
    share = rule(Completion(selection=WORK))
    assert measure_one(share, CYCLE, early, early.at).value == 0
    assert measure_one(share, CYCLE, late, late.at).value == Decimal("0.5")
    assert late.assumed == {NO_HISTORY: 2}


def test_what_must_be_assumed_is_counted_by_its_reason() -> None:
    rows = [item("1", DONE), item("2", DONE), item("3"), item("4"), item("5")]
    told: dict[tuple[str, str], list[PastChange]] = {("jira", "4"): [], ("jira", "5"): []}
    mirror = PastMirror(known=World({WORK: rows}), changes=told, at=BORN)
    assert [each.id for each in mirror.members(WORK)] == ["1", "2", "3", "4", "5"]
    assert mirror.assumed == {NO_COMPLETION: 2, NO_HISTORY: 1, NO_CREATION: 2}
    assert mirror.parents(WORK) == frozenset()
    assert mirror.assumed.total() == 5, "to ask for parents counts nothing a second time"


def test_what_was_done_later_without_a_history_was_open() -> None:
    late = structs.replace(item("1", DONE), created_at=BORN, done_at=BORN + 5 * HOUR)
    mirror = PastMirror(known=World({WORK: [late]}), changes={}, at=BORN + HOUR)
    (then,) = mirror.members(WORK)
    assert (then.state, then.done_at) == (ItemState.TODO, None)
    (after,) = replace_at(mirror, BORN + 5 * HOUR).members(WORK)
    assert after == late


def replace_at(mirror: PastMirror, at: datetime) -> PastMirror:
    return PastMirror(known=mirror.known, changes=mirror.changes, at=at)


def test_work_began_at_the_first_change_to_in_progress_or_where_a_run_saw_it_earlier() -> None:
    rows = [item(id_, DOING) for id_ in ("1", "2", "3", "4")]
    moves = {
        ("jira", "1"): [
            change("status", "Open", "in_progress", 1),
            change("state", "todo", "in_progress", 2),
            change("state", "in_progress", "todo", 3),
            change("state", "todo", "in_progress", 4),
        ],
        ("jira", "2"): [change("state", "todo", "in_progress", 6, "2")],
        ("jira", "4"): [change("state", "todo", "in_progress", 9, "4")],
    }
    known = World({WORK: rows}, begun={"2": BORN + 5 * HOUR, "3": BORN + 7 * HOUR})
    mirror = PastMirror(known=known, changes=moves, at=BORN + 8 * HOUR)
    hours = {id_: (at - BORN) // HOUR for id_, at in mirror.started(WORK).items()}
    assert hours == {"1": 2, "2": 5, "3": 7}
    assert mirror.started(WORK).keys() - replace_at(mirror, BORN + 5 * HOUR).started(WORK).keys() == {"3"}


def test_the_past_of_a_past_is_the_earlier_of_the_two_and_knows_nobody_who_left() -> None:
    born = [structs.replace(item(str(n)), created_at=BORN + n * HOUR) for n in range(4)]
    samples = [sample(n, BORN + n * HOUR) for n in range(4)]
    mirror = PastMirror(known=World({WORK: born}, {SERIES: samples}), changes={}, at=BORN + 2 * HOUR)
    assert [each.value for each in mirror.samples(SERIES)] == [0, 1, 2]
    for hours, there in ((1, ["0", "1"]), (3, ["0", "1", "2"])):
        then = mirror.as_of(BORN + hours * HOUR)
        assert then is not None
        assert [each.id for each in then.members(WORK)] == there
    assert mirror.pulled(WORK)
    assert mirror.departed(WORK) == {}


def test_a_remembered_mirror_reads_each_selection_once() -> None:
    child, above = item("1", parent="2"), item("2")
    world = World({WORK: [child, above]}, {SERIES: [sample(3)]}, begun={"1": BORN}, past=[(BORN, World())])
    mirror = Remembered(mirror=world)
    assert [list(mirror.members(WORK)) for _ in range(2)] == [[child, above]] * 2
    assert world.passes == [WORK]
    assert mirror.samples(SERIES) is mirror.samples(SERIES)
    assert [each.value for each in mirror.samples(SERIES)] == [3]
    assert (mirror.parents(WORK), mirror.pulled(WORK), mirror.pulled(SERIES)) == (frozenset({"2"}), True, True)
    assert (mirror.started(WORK), mirror.as_of(BORN), mirror.departed(WORK)) == ({"1": BORN}, World(), {})


def test_labels_and_empty_fields_come_back_as_they_were() -> None:
    now = item("1", labels=("c",), assignee="bo", fields={"team": "red"}, points=3)
    changes = [
        change("labels", "a,b", "c", 2),
        change("assignee", None, "bo", 2),
        change("fields.team", None, "red", 2),
        change("numbers.story_points", "1.5", "3", 2),
        change("status", None, "", 2),
        change("state", None, "todo", 2),
    ]
    then = as_it_was(now, changes, BORN + HOUR)
    assert then == structs.replace(
        now, labels=("a", "b"), assignee=None, fields={}, numbers={"story_points": Decimal("1.5")}
    )
    assert as_it_was(now, changes, BORN + 2 * HOUR) == now, "a change at that very instant has happened"


def test_what_was_done_all_along_is_done_since_its_creation() -> None:
    odd = structs.replace(item("1", DONE), created_at=BORN, done_at=BORN + 9 * HOUR)
    then = as_it_was(odd, [], BORN + HOUR)
    assert then is not None
    assert then.done_at == BORN
    after = as_it_was(odd, [], BORN + 9 * HOUR)
    assert after == odd
