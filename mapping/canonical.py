"""A rule as canonical JSON and back, so that any published number can be measured again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from mapping.errors import RuleError
from mapping.measure_tree import measure_from, measure_tree
from mapping.metric_tree import branch, metric_from, metric_tree
from mapping.rules import KeyResult, Measure, Metric
from mapping.shares import DoubleCounting

_PLAIN = re.compile(r"[\w(][\w ./+%()\-]*")
"""What YAML reads as text without quotes, also inside braces."""


def rule_of(key_result: KeyResult) -> str:
    """Return the rule of a key result as JSON; see ``rule_json``."""
    return rule_json(key_result.metric, key_result.measure, key_result.double_counting)


def rule_json(metric: Metric, measure: Measure, double_counting: DoubleCounting = DoubleCounting.ALLOW) -> str:
    """Return metric and measure as JSON: keys sorted, decimals as text, what has its default value left out.

    Equal rules give equal text, however their decimals are written; a new option with a default changes no version.
    """
    tree: dict[str, object] = {"metric": metric_tree(metric), "measure": measure_tree(measure)}
    if double_counting is not DoubleCounting.ALLOW:
        tree["double_counting"] = str(double_counting)
    return json.dumps(tree, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def rule_from_json(text: str) -> tuple[Metric, Measure]:
    """Return what ``rule_json`` was given.

    Raises:
        RuleError: the text is no rule that this version can read.
    """
    try:
        tree = branch(json.loads(text))
        return metric_from(branch(tree["metric"])), measure_from(branch(tree["measure"]))
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise RuleError(f"cannot read the kept rule {text[:60]!r}: {error!r}") from error


def rule_version(text: str) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of a rule's text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def rule_text(text: str) -> str:
    """Return a rule's canonical JSON as it would stand in a rules file, one line for the measure, one for the metric.

    What cannot be read is returned as it is: this is for people's eyes only.
    """
    try:
        tree = branch(json.loads(text))
    except (ValueError, TypeError):
        return text
    return "\n".join(f"{name}: {_flow(value)}" for name, value in tree.items())


def _only_name(value: Mapping[object, object]) -> str | None:
    """Return the name of a measure that has no terms, which stands alone in a rules file."""
    ((name, terms),) = value.items() if len(value) == 1 else ((None, None),)
    return str(name) if terms == {} else None


def _flow(value: object) -> str:
    if isinstance(value, Mapping):
        if (alone := _only_name(value)) is not None:
            return alone
        entries = dict(value)
        if "spec" in entries:
            entries = {"from": entries.pop("connection"), **json.loads(entries.pop("spec")), **entries}
        return "{" + ", ".join(f"{name}: {_flow(each)}" for name, each in entries.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    plain = str(value).lower() if isinstance(value, bool) else str(value)
    return plain if _PLAIN.fullmatch(plain) else json.dumps(plain, ensure_ascii=False)
