"""Selections and what else has a fixed text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from mapping.plain import plain
from mapping.rules import MetricKind
from mapping.words import Selection
from tests.mapping.worlds import NOW, number


def test_a_selection_is_the_same_in_whatever_order_it_is_written() -> None:
    one = Selection.of("jira", {"epic": "CHK-12", "boards": [3, 1], "team": "Zoë"})
    other = Selection.of("jira", {"team": "Zoë", "boards": [3, 1], "epic": "CHK-12"})
    assert one == other
    assert one.spec == '{"boards":[3,1],"epic":"CHK-12","team":"Zoë"}'
    assert one.key != Selection.of("github", one.terms()).key
    # keys stand in the store: they must not change
    assert Selection.of("jira", {"jql": "project = CHK"}).key == "569bfd169bce7868"


def test_a_selection_reads_as_words() -> None:
    asked = Selection.of("hub", {"repo": "acme/shop", "labels": ["bug", "checkout"], "milestone": {"title": "v2"}})
    assert str(asked) == "hub: labels bug and checkout, milestone title v2, repo acme/shop"


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (Decimal("2.50"), "2.5"),
        (MetricKind.ABOVE, "above"),
        (date(2026, 10, 1), "2026-10-01"),
        (datetime(2026, 10, 1, 8, tzinfo=UTC), "2026-10-01T08:00:00+00:00"),
        ((1, None, True), [1, None, True]),
        (frozenset({10, 9, 2}), [10, 2, 9]),  # in the order of their texts, whatever they are
        ({"a", "c", "b"}, ["a", "b", "c"]),
        ({Decimal(1): [Decimal("0.10")]}, {"1": ["0.1"]}),
    ],
)
def test_any_value_has_a_plain_form(value: object, wanted: object) -> None:
    assert plain(value) == wanted


def test_a_record_becomes_an_object_and_a_float_is_refused() -> None:
    found = plain(number(10, 2))
    assert isinstance(found, dict)
    assert (found["kind"], found["target"], found["baseline"]) == ("increase", "10", "2")
    for wrong in (0.5, {"at": [0.5]}, number):
        with pytest.raises(TypeError, match="has no plain form"):
            plain(wrong)
    assert plain(NOW) == "2026-11-15T12:00:00+00:00"
