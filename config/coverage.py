"""From ``coverage:`` in the rules to the work that is looked over beside what key results measure."""

from __future__ import annotations

from config.making import Around
from config.measures import Measures
from config.validation import Problems
from config.yaml_nodes import Branch, Entry, Items, Leaf, kind_of
from mapping.rules import Completion

_HOW = "write a list of selections, as coverage: [{from: jira, project: CHK, by: story_points}]"


def coverage_of(entry: Entry | None, measures: Measures, problems: Problems) -> tuple[Completion, ...]:
    """Return what each entry selects, weighs and filters; written like a completion, measured by no key result."""
    if entry is None or (isinstance(entry.node, Leaf) and entry.node.value is None):
        return ()
    if not isinstance(entry.node, Items):
        problems.add(entry.node.place, f"coverage is {kind_of(entry.node)}", _HOW)
        return ()
    found = []
    for node in entry.node.nodes:
        if not isinstance(node, Branch):
            problems.add(node.place, f"an entry of coverage is {kind_of(node)}", _HOW)
            continue
        inner = Entry(node.spot, node)
        written = Entry(node.spot, Branch(node.spot, {"completion": inner}))
        made = measures.measure(written, Around(address="coverage", cycle=None), at=entry.key_place)
        if isinstance(made, Completion):
            found.append(made)
    return tuple(found)
