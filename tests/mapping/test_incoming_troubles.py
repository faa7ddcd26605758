"""What is wrong with imported rows is told in full: the place, the text, and what to do."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mapping.incoming import Around
from tests.mapping.test_incoming import AROUND, CYCLE, metric, read, refused, row

SAME = "give one of them another Objective id"
KINDS = "increase, decrease, at_least, at_most, above, below, between, binary"
SPAN = "cycle 'q9' is not known, and the row does not say from when to when it runs: fill in Starts on and Ends on"


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ({"objective_id": "a b"}, ", objective_id: 'a b' is no id: use letters, digits, dots and dashes"),
        ({"key_result_id": "a b"}, ", key_result_id: 'a b' is no id: use letters, digits, dots and dashes"),
        ({"baseline": "3"}, ": 'A thing' has a baseline and no target: fill in Target"),
        ({"target": "3", "kind": "sideways"}, f", kind: 'sideways' is none of {KINDS}: write one"),
        ({"target": "3", "per": "moon"}, ", per: 'moon' is none of week, month, quarter: write one"),
        ({"target": "3", "over": "moon"}, ", over: 'moon' is none of mean, latest, worst, total: write one"),
        (
            {"target": "3", "upper": "5", "kind": "increase"},
            ", upper: a band has two edges, and nothing else has: fill in Target and Upper edge",
        ),
        (
            {"target": "3", "kind": "between"},
            ": a band has two edges, and nothing else has: fill in Target and Upper edge",
        ),
        ({"target": "3", "commit": "2"}, ", commit: commit and stretch stand together: fill in both, or none"),
        ({"target": "3", "stretch": "4"}, ": commit and stretch stand together: fill in both, or none"),
        ({"target": "3", "weight": "-1"}, ", weight: a weight is 0 or more: correct it"),
        ({"value": "2", "confidence": "101%"}, ", confidence: a confidence lies between 0 and 100 %: correct it"),
        ({"target": "three"}, ", target: 'three' is no number: write one such as 25, 25% or 1200.5"),
        (
            {"value": "1", "checked_in_at": "soon"},
            ", checked_in_at: 'soon' is no date: write 2026-10-01, or 2026-10-01T18:00:00Z",
        ),
        (
            {"target": "3 €", "unit": "percent"},
            ", target: '3 €' is in another unit than the row: make Unit say the same",
        ),
        (
            {"baseline": "3", "target": "3"},
            ", target: 'A thing': baseline and target are both 3: make them differ: correct Baseline or Target",
        ),
        ({"parent": "grow"}, ", parent: objective grow is its own parent: name another, or none"),
        ({"objective_kind": "fun"}, ", objective_kind: 'fun' is none of committed, aspirational: write one"),
    ],
)
def test_a_trouble_names_the_cell_its_text_and_what_to_do(texts: dict[str, str], told: str) -> None:
    assert refused(row(objective_title="Grow", title="A thing", **texts)) == f"t.csv, line 2{told}"


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ({}, ": names no cycle: fill in Cycle, or say which: --cycle"),
        ({"cycle": "q9"}, f", cycle: {SPAN} (2026-10-01, 2027-01-01), or name another"),
        (
            {"cycle": "q9", "starts_on": "2026-10-01", "ends_on": "2026-10-01"},
            f", cycle: {SPAN} (2026-10-01, 2027-01-01), or name another",
        ),
        (
            {"cycle": "q9", "starts_on": "2026-10-01", "ends_on": "2027-01-01", "timezone": "Mars"},
            ", timezone: 'Mars' is no time zone: write one such as Europe/Paris",
        ),
    ],
)
def test_a_cycle_that_is_not_known_must_be_stated(texts: dict[str, str], told: str) -> None:
    bare = Around(cycles={})
    assert refused(row(objective_title="Grow", title="A thing", **texts), around=bare) == f"t.csv, line 2{told}"


def test_a_row_that_says_nothing_of_an_objective_is_told_so() -> None:
    assert refused(row(title="x")) == "t.csv, line 2: names no objective: fill in Objective, or Objective id"


def test_rows_that_contradict_an_earlier_one_are_told_with_both_sides() -> None:
    first = row(2, objective_title="Grow", objective_id="g", title="a", target="3")
    assert refused(first, row(3, objective_title="Shrink", objective_id="g", title="b")) == (
        f"t.csv, line 3, objective_title: objective g has the title 'Grow' in a row above: {SAME}"
    )
    assert refused(first, row(3, objective_id="g", title="a", target="3")) == (
        "t.csv, line 3: g/a stands in a row above: give it an id of its own"
    )
    spans = Around(cycles={CYCLE.id: CYCLE})
    other = {"cycle": "q9", "starts_on": "2027-01-01", "ends_on": "2027-04-01"}
    first = row(2, objective_title="Grow", objective_id="g", title="a", target="3", cycle=CYCLE.id)
    assert refused(first, row(3, objective_title="Grow", objective_id="g", title="b", **other), around=spans) == (
        f"t.csv, line 3, cycle: objective g is in cycle 2026-q4 in a row above: {SAME}"
    )


def test_what_a_row_says_of_people_and_parents_is_kept() -> None:
    (objective,) = read(
        row(
            objective_title="Grow", parent="company", objective_owner="bo", team="Shop",
            title="A thing", owner="ana", key_result_team="Web", weight="0", target="3", baseline="1",
        )
    ).objectives  # fmt: skip
    (key_result,) = objective.key_results
    assert (objective.parent, objective.owner, objective.team) == ("company", "bo", "Shop")
    assert (key_result.owner, key_result.team, key_result.weight) == ("ana", "Web", Decimal(0))


def test_a_day_begins_in_the_zone_of_the_import() -> None:
    around = Around(cycles=AROUND.cycles, cycle=AROUND.cycle, timezone="Asia/Tokyo")
    said = row(objective_title="Grow", title="A thing", value="1", checked_in_at="2026-11-02", target="3", baseline="0")
    (brought,) = read(said, around=around).check_ins
    assert brought.at is not None
    assert brought.at.isoformat() == "2026-11-01T15:00:00+00:00"


def test_a_title_gives_the_metric_where_no_column_does() -> None:
    assert metric(unit="done").unit.kind == "done"
    for title, kind, target in (
        ("At least 42 points of NPS", "at_least", 42),
        ("More than 42 points of NPS", "above", 42),
        ("Fewer than 5 open bugs", "below", 5),
        ("At most 5 open bugs", "at_most", 5),
        ("From 40 to 10 bugs", "decrease", 10),
        ("From 10 to 40 users", "increase", 40),
        ("Between 20 and 30 days", "between", 20),
    ):
        made = read(row(objective_title="Grow", title=title)).objectives[0].key_results[0].metric
        assert (str(made.kind), made.target) == (kind, Decimal(target))
