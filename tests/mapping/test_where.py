from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.errors import RuleError
from mapping.where import ALWAYS, Verdict, compile_where
from mapping.words import ItemState, WorkItem
from tests.mapping.worlds import DOING, DONE, TODO, WONT, day, item

BUG = item(
    "1",
    TODO,
    points=3,
    kind="bug",
    status="À faire",
    labels=("checkout", "urgent"),
    title="Pay twice",
    created_at=day("2026-10-02"),
    fields={"team": "payments"},
)


@pytest.mark.parametrize(
    ("text", "belongs"),
    [
        ("!item.done", True),
        ('item.state == "todo"', True),
        ('item.kind == "bug" && item.level == 0', True),
        ('item.status == "À faire"', True),
        ('"urgent" in item.labels', True),
        ('item.labels.exists(label, label.startsWith("check"))', True),
        ('item.key == "CHK-2"', False),
        ('item.title.contains("twice")', True),
        ('item.assignee == ""', True),
        ('item.assignee == "ana"', False),
        ("item.story_points >= 3", True),
        ('item.numbers["story_points"] > 3.5', False),
        ('item.team == "payments" && item.fields["team"] == "payments"', True),
        ("has(item.story_points) && item.story_points * 2.0 == 6.0", True),
        ("has(item.estimate) && item.estimate > 3", False),
        ("has(item.done_at)", False),
        ('has(item.created_at) && item.created_at < timestamp("2026-10-03T00:00:00Z")', True),
        ('item["kind"] == "bug"', True),
        ('item.updated_at < timestamp("2027-01-01T00:00:00Z")', True),
        ('item["updated_at"] < timestamp("2026-01-01T00:00:00Z")', False),
        ('item.numbers.exists(name, name == "story_points")', True),
        ('item.exists(name, name == "story_points")', True),
        ('"item.done" == "item.done"', True),
    ],
)
def test_a_filter_looks_at_one_item(text: str, belongs: bool) -> None:
    assert compile_where(text).matches(BUG) is belongs


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("1 +", "1:4", "Syntax error"),
        ("foo == 1", "1:1", "undeclared reference to 'foo'"),
        ('item.done &&\n  item.level == "a"', "2:14", "no matching overload"),
        ('item.done == "yes"', "1:11", "no matching overload"),
        ('item.fields["x"] == 2', "1:18", "no matching overload"),
    ],
)
def test_a_fault_is_named_with_line_and_column_and_what_is_available(text: str, where: str, what: str) -> None:
    with pytest.raises(RuleError) as caught:
        compile_where(text)
    message = str(caught.value)
    assert where in message
    assert what in message
    assert repr(text) in message
    assert all(f"item.{name}" in message for name in ALWAYS)


@pytest.mark.parametrize("text", ["item.level", "item.title", "item.labels"])
def test_a_result_that_is_known_to_be_no_truth_value_is_refused_at_once(text: str) -> None:
    with pytest.raises(RuleError, match="must be true or false"):
        compile_where(text)


def test_a_result_that_turns_out_to_be_no_truth_value_is_an_error() -> None:
    with pytest.raises(RuleError, match=r"gave '3\.0' \(double\) for CHK-1"):
        compile_where("item.story_points").matches(BUG)


def test_a_missing_field_is_an_error_that_tells_about_has() -> None:
    with pytest.raises(RuleError, match=r"CHK-1: it has no 'estimate': write has\(item\.estimate\)"):
        compile_where("item.estimate > 3").matches(BUG)


def test_a_run_time_error_is_raised_and_never_a_value() -> None:
    with pytest.raises(RuleError, match=r"write 2\.0 in arithmetic"):
        compile_where("item.story_points * 2 > 3").matches(BUG)
    with pytest.raises(RuleError, match="regular expression"):
        compile_where('item.title.matches("(")').matches(BUG)


def test_asking_whether_something_is_there_that_always_is_gets_refused() -> None:
    with pytest.raises(RuleError, match=r"leave has\(\) out"):
        compile_where("has(item.done)")


@pytest.mark.parametrize("text", ["", "   ", "true && " * 300 + "true", "(" * 60 + "true" + ")" * 60])
def test_empty_long_and_deep_filters_are_refused(text: str) -> None:
    with pytest.raises(RuleError):
        compile_where(text)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("item.done", Verdict.UNDECIDED),
        ("!item.done", Verdict.UNDECIDED),
        ('!item.done && item.kind == "bug"', Verdict.UNDECIDED),
        ('!item.done && item.kind == "epic"', Verdict.FAILS),
        ('item.done || item.kind == "bug"', Verdict.MATCHES),
        ('item.kind == "bug"', Verdict.MATCHES),
        ('item.state == "wont_do"', Verdict.MATCHES),
        ('!item.done && item.state != "wont_do"', Verdict.FAILS),
        ('item["done"]', Verdict.UNDECIDED),
        ('item.exists(name, name == "kind") && item.done', Verdict.UNDECIDED),
    ],
)
def test_an_item_closed_undone_is_neither_done_nor_open(text: str, verdict: Verdict) -> None:
    assert compile_where(text).judge(item("1", WONT, kind="bug")) is verdict


@pytest.mark.parametrize(("state", "done"), [(TODO, False), (DOING, False), (DONE, True)])
def test_every_other_item_is_done_or_open(state: ItemState, done: bool) -> None:
    one = item("1", state)
    assert compile_where("item.done").matches(one) is done
    assert compile_where("!item.done").matches(one) is not done


def test_a_filter_says_which_fields_must_be_read() -> None:
    where = compile_where(
        'item.kind == "bug" && has(item.estimate) && item.numbers["cost"] > 2 && item.team == "item.x"'
    )
    assert where.custom == {"estimate", "cost", "team"}
    assert not where.reads_all
    whole = compile_where('item.exists(name, name == "x") && item.fields["site"] == "x" && item.cost > 1.0')
    assert whole.reads_all
    assert whole.custom == {"site", "cost"}
    assert whole.names >= ALWAYS.keys()
    assert compile_where('item.numbers.exists(name, name == "x")').reads_all
    assert compile_where('item.fields.exists(name, name == "x")').reads_all


@pytest.mark.parametrize(
    "text",
    [
        'item.kind == "bug" && !item.done',
        "has(item.story_points) && item.story_points > 2",
        'has(item.numbers.state) && item.numbers["state"] > 2.0',
        '"a\\"b" in item.fields && item.fields["a\\"b"] == "x"',
        'item.fields["a\\"b"] == "x"',
        '"ui" in item.labels || item.level == 1',
        "has(item.done_at) && item.done_at > item.updated_at",
        'item.labels.exists(label, label.startsWith("u"))',
    ],
)
@given(seen=st.lists(st.tuples(st.sampled_from(list(ItemState)), st.integers(0, 3)), min_size=1, max_size=12))
def test_an_answer_is_that_of_the_item_whatever_was_asked_before(text: str, seen: list[tuple[ItemState, int]]) -> None:
    def made(state: ItemState, n: int) -> WorkItem:
        return item(
            f"{n}",
            state,
            points=n or None,
            numbers={"state": n} if n % 2 else {},
            kind=["bug", "story"][n % 2],
            labels=(("ui",), ("us", "x"), (), ("b",))[n],
            fields={'a"b': "x" if n == 1 else "y"},
            level=n % 2,
            done_at=day("2026-11-05") if n > 1 else None,
        )

    asked = compile_where(text)
    for state, n in seen:
        assert asked.judge(made(state, n)) is replace(asked, _answers={}).judge(made(state, n))


class Silent:
    """Stands in for a compiled expression that must not be asked."""

    def eval(self, data: object) -> None:
        raise AssertionError(data)


def test_of_equal_items_only_the_first_is_evaluated() -> None:
    asked = replace(compile_where('item.kind == "bug" && !item.done'), _answers={})
    assert asked.matches(item("1", TODO, kind="bug"))
    silent: Any = Silent()
    again = replace(asked, _program=silent)
    assert again.matches(item("2", TODO, kind="bug", title="Another one"))
    for other in (item("3", TODO, kind="epic"), item("4", DONE, kind="bug"), item("5", WONT, kind="bug")):
        with pytest.raises(AssertionError):
            again.matches(other)


def test_answers_are_kept_up_to_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mapping.where.MOST_ANSWERS", 3)
    asked = compile_where('item.title != "none of these"')
    for n in range(5):
        assert asked.matches(item(f"{n}"))
    assert len(asked._answers) == 3


def test_a_filter_that_uses_an_item_whole_keeps_no_answers() -> None:
    whole = compile_where('item.exists(name, name == "cost")')
    for _ in range(2):
        assert whole.matches(item("1", numbers={"cost": 2}))
        assert not whole.matches(item("2"))
    assert not whole._answers


def test_a_filter_is_given_only_what_it_reads_of_an_item() -> None:
    class Given(Silent):
        def eval(self, data: object) -> None:
            seen.append(data)
            super().eval(data)

    seen: list[Any] = []
    recording: Any = Given()
    one = item("1", kind="bug", created_at=day("2026-10-02"), done_at=day("2026-10-03"), numbers={"a": 1, "b": 2})
    for text, flat, dates in (
        ('item.kind == "bug"', {"kind": "bug"}, {}),
        ("item.a > 0.0", {"a": 1.0}, {}),
        (
            "has(item.done_at) && item.updated_at > item.done_at",
            {},
            {"done_at": one.done_at, "updated_at": day("2026-11-01")},
        ),
    ):
        with pytest.raises(AssertionError):
            replace(compile_where(text), _program=recording, _answers={}).matches(one)
        assert seen[-1] == {"item": flat, "when": dates} | {
            f"item.{name}": value for name, value in flat.items() if name == "kind"
        }


def test_a_filter_asks_each_item_for_its_own_field() -> None:
    team = compile_where('item.team == "red"')
    for name in ("red", "blue", "red"):
        assert team.matches(item("1", fields={"team": name})) is (name == "red")


def test_what_is_available_is_listed_without_the_two_that_hold_the_rest() -> None:
    with pytest.raises(RuleError) as caught:
        compile_where("foo")
    message = str(caught.value)
    assert "(in container" not in message
    assert "available: item.done, item.state, item.kind, item.status" in message
    assert "after has(…): item.created_at, item.done_at, item.on and any number" in message
    assert "item.numbers," not in message
    assert "item.fields," not in message


def test_of_many_faults_the_first_three_are_told() -> None:
    with pytest.raises(RuleError) as caught:
        compile_where("one && two && three && four")
    told = str(caught.value)
    assert "1:1: undeclared reference to 'one'; 1:8: undeclared reference to 'two'; 1:15: " in told
    assert "'three'; available" in told


def test_what_an_item_has_of_its_own_is_listed_where_a_field_is_missing() -> None:
    estimate = compile_where("item.estimate > 3.0")
    with pytest.raises(RuleError, match=r"fields of this item: cost, story_points; available"):
        estimate.matches(item("1", numbers={"story_points": 1, "cost": 2}))
    with pytest.raises(RuleError, match=r"fields of this item: none; available"):
        estimate.matches(item("2"))
