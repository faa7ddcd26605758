"""Where in the files a thing of the rules stands: objectives, key results and cycles, and the keys below them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from config.files import read_rules
from config.validation import Problems
from config.yaml_nodes import Branch
from mapping.errors import Place
from mapping.lint.finding import Kind, Subject


class Places:
    """The tree of the rules at a path, read once more to be looked up; it must have been loaded without problems."""

    def __init__(self, path: Path) -> None:
        self._root = read_rules(path, Problems())

    def of(self, subject: Subject) -> Place:
        """Return where a subject's key stands, or what is nearest above it."""
        if subject.kind is Kind.CYCLE:
            return self._at("cycles", [subject.name, subject.key])
        objective, _, key_result = subject.name.partition("/")
        below = [objective, "key_results", key_result] if key_result else [objective]
        return self._at("objectives", [*below, subject.key])

    def _at(self, section: str, names: Sequence[str]) -> Place:
        node, place = self._root, self._root.place
        for name in (section, *names):
            entry = node.entries.get(name) if name else None
            if entry is None:
                break
            place, node = entry.key_place, entry.node if isinstance(entry.node, Branch) else Branch(entry.key_spot, {})
        return place
