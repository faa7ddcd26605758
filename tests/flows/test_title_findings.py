"""Titles by the hundred: none contradicts a metric that says the same, and nearly all contradict another target."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest

from config.load import Config
from mapping.draft.drafting import draft
from mapping.draft.result import Draft, DraftKind
from mapping.draft.rule import metric_text
from mapping.errors import ConfigProblemsError
from mapping.lint.finding import Case, Finding
from mapping.lint.titles import titles
from mapping.rules import KeyResult
from tests.config.kit import loaded
from tests.flows.lint_cases import COUNT, LATEST, kr, one
from tests.mapping.draft.sentences import sentences
from tests.mapping.worlds import NOW

SENTENCES = [sentence for name in ("method", "english", "french") for sentence, _ in sentences(name)]


@dataclass(frozen=True)
class Titles:
    """Key results whose metric is what their title says."""

    config: Config

    @property
    def key_results(self) -> Sequence[KeyResult]:
        return self.config.objectives[0].key_results

    def findings(self, key_results: Sequence[KeyResult]) -> list[Finding]:
        """Return what lint says of titles, but for those of objectives."""
        objective = replace(self.config.objectives[0], key_results=tuple(key_results))
        return [each for each in titles(Case(objectives=[objective], now=NOW)) if each.code != "OKR037"]


def metric_of(said: Draft) -> str:
    """Return the metric as a rule states it, with a baseline where the sentence tells none."""
    metric = metric_text(said)
    if said.kind is DraftKind.DONE or "baseline" in metric or "between" in metric:
        return metric
    unit = {"percent": "50%", "currency": f"7 {said.currency}"}.get(str(said.unit), "7")
    return f"{{baseline: {unit}, {metric[1:]}"


def key_result(number: int, sentence: str) -> str:
    metric = metric_of(draft(sentence))
    title = json.dumps(sentence, ensure_ascii=False)[1:-1]
    return kr(f"k{number}", title, metric, measure=COUNT if "per:" in metric else LATEST)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Titles:
    folder = tmp_path_factory.mktemp("titles")
    blocks = [key_result(n, each) for n, each in enumerate(SENTENCES) if draft(each).kind is not None]
    text = one(*blocks)
    try:
        loaded(folder, text, environ={}, offline=True)
    except ConfigProblemsError as error:  # a change from a baseline of 0, which no rule can state
        wrong = {each.place.line for each in error.problems}
        first = text[: text.index(blocks[0])].count("\n") + 1
        ends = [first + sum(block.count("\n") + 1 for block in blocks[:n]) for n in range(len(blocks) + 1)]
        blocks = [
            block for n, block in enumerate(blocks) if not any(line in wrong for line in range(ends[n], ends[n + 1]))
        ]
    return Titles(loaded(folder, one(*blocks), environ={}, offline=True))


def test_no_title_contradicts_the_metric_that_it_states(corpus: Titles) -> None:
    assert len(corpus.key_results) > 840
    assert [each.what for each in corpus.findings(corpus.key_results)] == []


def test_a_target_other_than_the_title_states_is_found(corpus: Titles) -> None:
    stating = [each for each in corpus.key_results if draft(each.title).target is not None]
    stating = [each for each in stating if draft(each.title).kind is not DraftKind.DONE]
    others = [
        replace(each, metric=replace(each.metric, target=each.metric.target * Decimal("1.37") + 1, stated=""))
        for each in stating
    ]
    found = {each.subject.name for each in corpus.findings(others) if each.code in ("OKR031", "OKR033")}
    missed = [each.title for each in stating if each.id not in found]
    assert len(others) > 550
    # one, once and every are numbers that a title says without meaning any; a step from a baseline names no target
    steps = {
        "500 more followers (500 today)",
        "Increase margin by 5 (currently 30%)",
        "Reduce cost per hire by 20 (currently 100)",
    }
    assert {title for title in missed if draft(title).target != 1} == steps
    assert len(missed) < 25


REFUSED = (Path(__file__).parents[1] / "mapping" / "draft" / "refused.txt").read_text(encoding="utf-8").splitlines()


def test_most_sentences_without_a_measure_are_called_vague(corpus: Titles) -> None:
    wishes = [each for each in REFUSED if draft(each).kind is None and len(each.split()) > 1]
    (like, *_) = corpus.key_results
    named = [replace(like, id=f"o/w{n}", title=each) for n, each in enumerate(wishes)]
    found = corpus.findings(named)
    assert {each.code for each in found} == {"OKR030"}
    assert len(found) > len(wishes) * 2 / 3
