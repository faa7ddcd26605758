"""Every rule that config can make comes back from the store as it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mapping.rules import KeyResult, Measure, Metric
from store.codec import decode, decode_metric, encode, encode_metric
from tests.mapping.test_measure_kinds import EVERY
from tests.mapping.test_metric_kinds import METRICS
from tests.mapping.test_properties import MEASURES
from tests.mapping.worlds import rule


@pytest.mark.parametrize("measure", [*EVERY, *MEASURES.values()], ids=lambda measure: type(measure).__name__)
def test_a_key_result_comes_back_whatever_its_measure(measure: Measure) -> None:
    key_result = rule(measure)
    assert decode(KeyResult, encode(key_result)) == key_result


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: f"{metric.kind}")
def test_a_key_result_and_a_check_in_come_back_whatever_their_metric(metric: Metric) -> None:
    key_result = replace(rule(EVERY[0]), metric=metric)
    assert decode(KeyResult, encode(key_result)) == key_result
    assert decode_metric(encode_metric(metric)) == metric
