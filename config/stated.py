"""A metric outside a rules file: as the rules write it, or told by a sentence."""

from __future__ import annotations

from config.measure_model import BY_HAND
from config.metrics import MetricContext, metric_of
from config.validation import Problems
from config.yaml_nodes import Entry, Leaf, Spot, read_nodes
from mapping.draft.drafting import draft
from mapping.draft.rule import metric_text, remarks
from mapping.errors import ConfigProblemsError, FixConfigError, Place
from mapping.numbers import NumberStyle
from mapping.rules import Metric


def metric_in(text: str, *, source: str = "--metric") -> Metric:
    """Return the metric of a text such as ``{baseline: 40, target: 10}`` or ``done``.

    Raises:
        ConfigProblemsError: all that is wrong with it, by line and column of the text.
    """
    problems = Problems()
    node = read_nodes(text.encode(), file=source, problems=problems.found)
    spot = Spot(source, 1, 1)
    entry = Entry(spot, Leaf(spot, None, "") if node is None else node)
    context = MetricContext(style=NumberStyle.PLAIN, rates=None, problems=problems)
    metric = metric_of(entry, context, kind=BY_HAND, at=Place(file=source))
    if problems.found or metric is None:
        raise ConfigProblemsError(problems.found)
    return metric


def metric_told(sentence: str) -> Metric:
    """Return the metric that a sentence tells.

    Raises:
        FixConfigError: it tells none, or not all of one; says what is missing.
    """
    made = draft(sentence)
    how = "give --metric, as in the rules: '{baseline: 40, target: 10}', or done"
    if made.kind is None:
        raise FixConfigError(f"{sentence!r} tells no metric ({'; '.join(made.unclear)}): {how}")
    try:
        return metric_in(metric_text(made), source="sentence")
    except ConfigProblemsError as error:
        lacking = " ".join(remarks(made)) or "; ".join(each.what for each in error.problems)
        raise FixConfigError(f"{sentence!r} does not tell all of a metric ({lacking.rstrip('.')}): {how}") from error
