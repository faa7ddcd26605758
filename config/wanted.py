"""A number that a test expects, as it stands in the file."""

from __future__ import annotations

import re
from decimal import Decimal

from config.said import in_unit
from config.validation import Problems
from config.yaml_nodes import Branch, Leaf
from mapping.decimals import exact
from mapping.errors import OkrsyncError
from mapping.expectation import Wanted
from mapping.numbers import NumberStyle, parse_value
from mapping.rules import Unit

_PERCENT = re.compile(r"\d(?:[.,](\d+))?\s*%\s*$")


def wanted(name: str, node: Branch, unit: Unit | None, problems: Problems) -> Wanted | None:
    """Return the number behind ``name``, or report why it is none; None also where nothing is said.

    Args:
        name: the key.
        node: the group of keys it stands in.
        unit: what it must be in; None for a share, as progress is.
        problems: gets what is wrong.
    """
    entry = node.entries.get(name)
    if entry is None or not isinstance(entry.node, Leaf) or entry.node.value is None:
        return None
    text = entry.node.text
    try:
        amount = parse_value(text, style=NumberStyle.PLAIN)
        value = amount.value if unit is None else in_unit(amount, text, unit)
    except OkrsyncError as error:
        what, _, fix = str(error).rpartition(": ")
        problems.add(entry.node.place, f"{name}: {what}", fix)
        return None
    return Wanted(text, value, _step(text))


def _step(text: str) -> Decimal | None:
    """Return one of the last digit of a percentage; None for anything else, which is meant exactly."""
    found = _PERCENT.search(text)
    with exact():
        return None if found is None else Decimal(1).scaleb(-2 - len(found[1] or ""))
