from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.canonical import rule_from_json, rule_json, rule_text, rule_version
from mapping.errors import RuleError
from mapping.rules import (
    COMPLETION_METRIC,
    Aggregate,
    AggregateKind,
    ByHand,
    Completion,
    Latest,
    Metric,
    MetricKind,
    MissingEstimate,
    Period,
    PeriodPolicy,
    Ratio,
    Unit,
    UnitKind,
    WontDo,
)
from mapping.words import Selection
from tests.mapping.worlds import WORK, number

decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20)
words = st.text(max_size=12)
maybe = st.none() | words
selections = st.builds(Selection.of, words, st.dictionaries(words, words | st.booleans(), max_size=3))
units = st.builds(Unit, kind=st.sampled_from(UnitKind), currency=st.none() | st.just("EUR"), name=maybe)
metrics = st.builds(
    Metric,
    kind=st.sampled_from(MetricKind),
    target=decimals,
    baseline=st.none() | decimals,
    unit=units,
    per=st.none() | st.sampled_from(Period),
    over=st.sampled_from(PeriodPolicy),
    stated=words,
)
completions = st.builds(
    Completion,
    selection=selections,
    by=maybe,
    where=maybe,
    done_statuses=st.lists(words, max_size=3).map(tuple),
    wont_do=st.sampled_from(WontDo),
    leaves=st.booleans(),
    missing=st.sampled_from(MissingEstimate),
    missing_value=st.none() | decimals,
    in_progress=decimals,
)
aggregates = st.builds(Aggregate, kind=st.sampled_from(AggregateKind), selection=selections, field=maybe, where=maybe)
simple = completions | aggregates | st.builds(Latest, selection=selections)
measures = st.recursive(simple, lambda inner: st.builds(Ratio, of=inner, to=inner), max_leaves=4)


@given(metric=metrics, measure=measures)
def test_a_rule_comes_back_as_it_was(metric: Metric, measure: Completion | Aggregate | Latest | Ratio) -> None:
    text = rule_json(metric, measure)
    assert rule_from_json(text) == (metric, measure)
    assert rule_json(*rule_from_json(text)) == text


def test_a_measure_by_hand_comes_back_and_reads_as_written() -> None:
    text = rule_json(COMPLETION_METRIC, ByHand())
    assert rule_from_json(text) == (COMPLETION_METRIC, ByHand())
    assert rule_text(text).splitlines()[0] == "measure: by_hand"


def test_equal_numbers_give_equal_text() -> None:
    measure = Latest(selection=WORK)
    texts = {rule_json(number(target), measure) for target in ("10", "10.00", "1E+1")}
    kept = (
        '{"measure":{"latest":{"connection":"jira","spec":"{\\"jql\\":\\"project = CHK\\"}"}},'
        '"metric":{"baseline":"0","kind":"increase","target":"10"}}'
    )
    assert texts == {kept}


def test_the_version_follows_every_choice() -> None:
    measure = Completion(selection=WORK)
    others = [
        replace(measure, by="story_points"),
        replace(measure, leaves=False),
        replace(measure, wont_do=WontDo.OPEN),
        replace(measure, where="!item.done"),
    ]
    versions = {rule_version(rule_json(number(1), each)) for each in (measure, *others)}
    assert len(versions) == 5
    assert all(len(version) == 12 for version in versions)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"metric": {}, "measure": {}}', '{"metric": 1, "measure": 2}'])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(RuleError, match="cannot read the kept rule"):
        rule_from_json(text)


def test_a_rule_for_peoples_eyes_reads_like_the_rules_file() -> None:
    selection = Selection.of("jira", {"jql": 'project = "CHK"', "labels": ["a b", "c"]})
    metric = Metric(kind=MetricKind.DECREASE, baseline=Decimal(40), target=Decimal(10))
    text = rule_text(rule_json(metric, Aggregate(kind=AggregateKind.COUNT, selection=selection, where="!item.done")))
    assert text == (
        'measure: {count: {from: jira, jql: "project = \\"CHK\\"", labels: [a b, c], where: "!item.done"}}\n'
        "metric: {baseline: 40, kind: decrease, target: 10}"
    )
    assert rule_text("not a rule") == "not a rule"
