"""What a draft looks like in a rules file."""

from __future__ import annotations

import pytest

from mapping.draft.drafting import draft
from mapping.draft.rule import id_of, metric_text, rule_lines


@pytest.mark.parametrize(
    ("sentence", "metric"),
    [
        ("Passer le taux de conversion de 15 % à 25 %", "{baseline: 15%, target: 25%}"),
        ("Grow MRR from $120k to $200k", "{baseline: 120000 USD, target: 200000 USD}"),
        ("NPS ≥ 42", "{at_least: 42}"),
        ("NPS > 42", "{above: 42}"),
        ("No more than 5 bugs", "{at_most: 5}"),
        ("Moins de 5 bugs", "{below: 5}"),
        ("Between 18 and 21 °C", "{between: [18, 21]}"),
        ("Close 30 deals a month", "{baseline: 0, target: 30, per: month}"),
        ("Launch the shop", "done"),
        ("x10 followers (currently 500)", "{baseline: 500, target: x10}"),
        ("Raise conversion by 20% (15% today)", '{baseline: 15%, target: "+20%"}'),
        ("Reach 5,000 followers", "{target: 5000}"),
    ],
)
def test_a_draft_becomes_what_stands_behind_metric(sentence: str, metric: str) -> None:
    assert metric_text(draft(sentence)) == metric


def test_what_is_missing_is_said_beside_the_rule() -> None:
    sentence = 'Reach "5,000" followers'
    assert rule_lines(draft(sentence), sentence) == [
        "reach-5-000-followers:",
        '  title: "Reach \\"5,000\\" followers"',
        "  metric: {target: 5000}",
        "  # Not told: the baseline.",
    ]
    assert any("baseline +500" in line for line in rule_lines(draft("+500 customers"), "+500 customers"))
    assert any("per day" in line for line in rule_lines(draft("Walk 9,000 steps a day"), "Walk 9,000 steps a day"))


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("Être à l'heure !", "etre-a-l-heure"),
        ("→ ???", "key-result"),
        ("word " * 100, "word-word-word-word-word-word-word-word"),
    ],
)
def test_an_id_is_made_of_the_first_words(sentence: str, name: str) -> None:
    assert id_of(sentence) == name
