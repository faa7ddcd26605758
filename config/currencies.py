"""From ``currencies:`` in the file to a dated table of rates."""

from __future__ import annotations

from config.model import CurrenciesKeys
from config.validation import Problems, branch_of, nearest, validated
from config.yaml_nodes import Branch, Entry
from mapping.currencies import CODES
from mapping.errors import Place
from mapping.rates import Rates


def rates_of(entry: Entry | None, problems: Problems) -> Rates | None:
    """Return the rates; None when the section is left out or something in it is wrong, which is reported."""
    node = None if entry is None else branch_of(entry, "currencies", problems)
    if entry is None or node is None:
        return None
    before = len(problems.found)
    keys = validated(CurrenciesKeys, node, problems, at=entry.key_place)
    for code, place in _codes(node):
        if code not in CODES:
            found = nearest(code, CODES)
            fix = f"did you mean {found!r}?" if found else "write one of ISO 4217, as EUR"
            problems.add(place, f"{code!r} is no currency code", fix)
        elif keys is not None and place != node.entries["base"].node.place and code == keys.base:
            problems.add(place, f"{code} is the base, so its rate is 1", "remove it")
    if keys is None or len(problems.found) > before:
        return None
    days = sorted((day, tuple(sorted(table.items()))) for day, table in keys.rates.items())
    return Rates(keys.base, tuple(days))


def _codes(node: Branch) -> list[tuple[str, Place]]:
    """Return the codes in the section with their places, the base first."""
    base, rates = node.entries.get("base"), node.entries.get("rates")
    found = []
    if base is not None and isinstance(text := getattr(base.node, "value", None), str):
        found.append((text, base.node.place))
    days = rates.node.entries.values() if rates is not None and isinstance(rates.node, Branch) else ()
    for day in days:
        if isinstance(day.node, Branch):
            found += [(code, inner.key_place) for code, inner in day.node.entries.items()]
    return found
