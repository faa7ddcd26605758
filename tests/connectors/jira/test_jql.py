from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jira.jql import ORDER, JqlError, census_of, changed_since, quote, restriction_of, subtree_of

texts = st.text(st.characters(exclude_categories=["Cs"]))
SPOKEN = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\", '"': '"', "'": "'", " ": " "}


def literals(jql: str) -> list[str]:
    """Read a query as Jira's lexer does, as far as strings go, and return the values of its string literals."""
    found: list[str] = []
    at = 0
    while at < len(jql):
        opening = jql[at]
        at += 1
        if opening not in "\"'":
            continue
        value = ""
        while jql[at] != opening:
            assert jql[at].isprintable() or ord(jql[at]) >= 0xA0, f"a control character {jql[at]!r} inside a string"
            if jql[at] != "\\":
                value, at = value + jql[at], at + 1
            elif jql[at + 1] == "u":
                value, at = value + chr(int(jql[at + 2 : at + 6], 16)), at + 6
            else:
                value, at = value + SPOKEN[jql[at + 1]], at + 2
        found.append(value)
        at += 1
    return found


@given(text=texts)
def test_a_quoted_text_is_exactly_one_literal_with_that_value(text: str) -> None:
    assert literals(quote(text)) == [text]


@given(text=texts)
def test_what_stands_around_a_quoted_text_keeps_its_meaning(text: str) -> None:
    query = f"project = {quote(text)} AND type = Bug"
    assert restriction_of(query + " ORDER BY rank") == query
    assert census_of(query).endswith(f"type = Bug) {ORDER}")


@pytest.mark.parametrize("text", ['x" OR project = "SECRET', "x\\", 'x\\" OR 1=1 --', "a\nORDER BY b", "\x00", "'"])
def test_a_hostile_name_stays_a_name(text: str) -> None:
    assert literals(f"labels = {quote(text)}") == [text]


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(JqlError, match="not valid Unicode"):
        quote("a\ud800")


@pytest.mark.parametrize(
    ("written", "restriction"),
    [
        ("project = CHK", "project = CHK"),
        ("project = CHK ORDER BY rank", "project = CHK"),
        ("project = CHK order  by\n created desc, key", "project = CHK"),
        ("project = CHK)ORDER BY rank", None),
        ('summary ~ "order by" AND x = 1', 'summary ~ "order by" AND x = 1'),
        ("summary ~ 'say \\'order by\\' twice' order by key", "summary ~ 'say \\'order by\\' twice'"),
        ("project in (A, B)ORDER BY rank", "project in (A, B)"),
        ("cf[10010] = 1 AND reorder = by", "cf[10010] = 1 AND reorder = by"),
        ("labels = a\\ order AND by = 1", "labels = a\\ order AND by = 1"),
        ("project = A) OR (project = B", None),
        ("(project = A", None),
        ('summary ~ "open', None),
        ("summary ~ open\\", None),
        ("(project = A ORDER BY key)", None),
        ("ORDER BY created", None),
        ("  ", None),
    ],
)
def test_only_the_order_is_taken_from_a_persons_query(written: str, restriction: str | None) -> None:
    if restriction is None:
        with pytest.raises(JqlError):
            restriction_of(written)
    else:
        assert restriction_of(written) == restriction


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("(project = A ORDER BY key)", "has ORDER BY inside brackets"),
        ("a = 1) OR (b = 2", "closes a bracket at character 6 that was never opened"),
        ("((a = 1)", r"leaves 1 bracket\(s\) open"),
        ("a ~ 'it", "leaves a quote open at character 5"),
        ("a = b\\", "leaves a backslash open at character 6"),
        ("order by a", "restricts nothing"),
    ],
)
def test_a_query_that_cannot_be_wrapped_says_why(written: str, said: str) -> None:
    with pytest.raises(JqlError, match=said):
        restriction_of(written)


def test_an_alternative_in_a_persons_query_cannot_escape_the_delta() -> None:
    query = changed_since("project = A OR project = B", datetime(2026, 10, 1, tzinfo=UTC), timedelta(0))
    assert query.startswith("(project = A OR project = B) AND updated >= ")


def test_a_delta_asks_by_epoch_milliseconds_with_overlap_and_no_upper_bound() -> None:
    since = datetime(2026, 10, 1, 12, 0, 0, 713_999, tzinfo=UTC)
    query = changed_since("project = A", since, timedelta(minutes=5))
    # 2026-10-01 12:00:00.713 UTC is 1790856000713; an overlap of five minutes is 300000 less.
    assert query == "(project = A) AND updated >= 1790855700713"
    assert "<" not in query


def test_a_walk_is_ordered_by_what_never_changes() -> None:
    assert census_of("project = A") == "(project = A) ORDER BY created ASC, key ASC"


def test_an_epic_means_its_stories_and_their_sub_tasks_and_not_itself() -> None:
    assert subtree_of(["CHK-1", "CHK-2"]) == (
        '(parent in ("CHK-1", "CHK-2") OR parentEpic in ("CHK-1", "CHK-2")) AND key not in ("CHK-1", "CHK-2")'
    )
