"""What ``was:`` says: under which id an objective or key result was known until now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from config.validation import Problems
from mapping.errors import Place


@dataclass(slots=True)
class Renames:
    """The ``was:`` of a file, as written."""

    stated: dict[str, tuple[str, Place]] = field(default_factory=dict)
    """By the id or address of now: what stands behind ``was``, and where."""

    def add(self, name: str, was: str, place: Place) -> None:
        """Note one."""
        self.stated[name] = was, place

    def resolved(self, declared: Collection[str], problems: Problems) -> Mapping[str, str]:
        """Return the ids and addresses of before, by those of now.

        A key result's ``was`` without an objective is meant within its own, under the id that this one had then.

        Args:
            declared: the ids and addresses of now.
            problems: gets a ``was`` that names what is still declared, what two others claim, or the wrong thing.
        """
        found: dict[str, str] = {}
        for name, (was, place) in self.stated.items():
            before = self._before(name, was)
            other = next((new for new, old in found.items() if old == before), None)
            if before.count("/") != name.count("/"):
                kind = "a key result" if "/" in name else "an objective"
                problems.add(place, f"{name} is {kind}, and was: {was} is none", "write the id that it had")
            elif before in declared:
                fix = "remove was, or the one that is still there"
                problems.add(place, f"{name} was {before}, which is still declared", fix)
            elif other is not None:
                problems.add(place, f"{name} and {other} both say that they were {before}", "keep one of them")
            else:
                found[name] = before
        return found

    def _before(self, name: str, was: str) -> str:
        objective, slash, _ = name.partition("/")
        if not slash or "/" in was:
            return was
        return f"{self.stated[objective][0] if objective in self.stated else objective}/{was}"
