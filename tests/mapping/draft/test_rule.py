"""What a draft looks like in a rules file."""

from __future__ import annotations

from decimal import Decimal

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


def test_a_plain_amount_more_has_no_target_until_the_baseline_is_known() -> None:
    assert metric_text(draft("+500 customers")) == "{}"
    assert metric_text(draft("+500 customers (currently 200)")) == "{baseline: 200, target: 700}"
    assert metric_text(draft("Double the number of users")) == "{target: x2}"


@pytest.mark.parametrize(
    ("sentence", "baseline", "target", "read_back"),
    [
        (
            "Increase conversion by 5 percentage points (currently 15%)",
            "0.15",
            "0.2",
            "Increase from 15% to 20% (+5pp).",
        ),
        ("Reduce churn by 2 pp (currently 5%)", "0.05", "0.03", "Decrease from 5% to 3% (-2pp)."),
        ("Increase conversion by 20% (currently 15%)", "0.15", "0.18", "Increase from 15% to 18% (+20%)."),
        ("Reduce cloud spend by 30% (currently €200)", "200", "140", "Decrease from €200 to €140 (-30%)."),
        ("x10 followers (currently 500)", "500", "5000", "Increase from 500 to 5,000 (x10)."),
        ("Increase NPS by 10 points (currently 30)", "30", "40", "Increase from 30 to 40 (+10 score points)."),
    ],
)
def test_a_change_from_a_known_baseline_gives_both_ends(
    sentence: str, baseline: str, target: str, read_back: str
) -> None:
    made = draft(sentence)
    assert (made.baseline, made.target) == (Decimal(baseline), Decimal(target))
    assert made.sentence == read_back
    assert draft(read_back).metric == made.metric


@pytest.mark.parametrize(
    ("sentence", "read_back"),
    [
        ("Improve gross margin by 5 percentage points", "Increase by 5 percentage points."),
        ("Double the number of users", "Multiply by 2."),
        ("Reduce cloud spend by 30%", "Decrease by 30%."),
        ("Reach CHF 1,250.5 in sales", "Increase to CHF 1,250.5."),
        ("Atteindre 1 250,5 CHF de ventes", "Augmenter à 1\u202f250,5\u00a0CHF."),
        ("Close 30 deals a month", "Increase to 30 per month."),
        ("Fewer than 5 bugs", "Less than 5."),
        ("Grow profit from -$500 to $1,000", "Increase from -$500 to $1,000."),
        ("Grow profit from CHF 0 to CHF 2.125", "Increase from CHF 0 to CHF 2.125."),
        ("Améliorer la marge de 2,5 points", "Augmenter de 2,5 points de pourcentage."),
        ("Augmenter le NPS de 10,5 points (aujourd’hui 30)", "Augmenter de 30 à 40,5 (+10,5 points de score)."),
        ("NPS from 20 to at least 42", "At least 42, currently 20."),
    ],
)
def test_a_metric_is_read_back_in_one_sentence(sentence: str, read_back: str) -> None:
    assert draft(sentence).sentence == read_back
