"""How connectors look: what each can do, and how it answers the rules of the quality scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from connectors import registry
from connectors.port import Capability, Connector
from connectors.quality import RULES, Level, Quality, quality_of
from mapping.errors import FixConfigError
from okrsync.show import clean

MARKS: dict[Level, tuple[str, str]] = {
    Level.DONE: ("✔ done", "green"),
    Level.TODO: ("○ to do", "yellow"),
    Level.EXEMPT: ("– exempt", "dim"),
}
UNSTATED = "Its package does not say how it answers the rules."


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A connector with its answers to the quality scale; None when its package gives none."""

    connector: Connector
    quality: Quality | None

    @property
    def capabilities(self) -> list[str]:
        """What it can do, in the order of the port."""
        return [each.value for each in Capability if each in self.connector.capabilities]


def described(name: str) -> Described:
    """Return one connector with its answers.

    Raises:
        FixConfigError: there is none of that name, or its package is broken.
    """
    return Described(connector=registry.connector(name), quality=quality_of(registry.module_of(name)))


def all_described() -> tuple[list[Described], list[str]]:
    """Return the connectors that can be used, and a line for each offer of another package with something wrong."""
    found, refused = [], registry.refusals()
    for connector in registry.usable():
        try:
            found.append(described(connector.name))
        except FixConfigError as error:  # its answers cannot be read; it works all the same
            found.append(Described(connector=connector, quality=None))
            refused.append(str(error))
    return found, refused


def as_plain(found: Described) -> dict[str, object]:
    """Return a connector as JSON says it."""
    quality = found.quality
    return {
        "name": found.connector.name,
        "title": found.connector.title,
        "capabilities": found.capabilities,
        "quality": quality.mark if quality else None,
        "rules": {
            rule: {"asks": RULES[rule], "level": answer.level.value, "by": list(answer.done), "reason": answer.reason}
            for rule, answer in (quality.answers.items() if quality else ())
        },
    }


def table(found: Sequence[Described]) -> Table:
    """Return one line a connector."""
    lines = _empty("connector", "reads", "can do", "quality")
    for each in found:
        can = ", ".join(each.capabilities)
        lines.add_row(each.connector.name, clean(each.connector.title), can, each.quality.mark if each.quality else "?")
    return lines


def rules_table(found: Described) -> Table:
    """Return one line a rule: how the connector answers, and what shows it or why not."""
    lines = _empty("rule", "", "what it asks, and what shows it")
    for rule, answer in found.quality.answers.items() if found.quality else ():
        words, colour = MARKS[answer.level]
        said = Text(RULES[rule])
        for line in answer.done or (answer.reason,):
            said.append(f"\n{clean(line)}", style="dim")
        lines.add_row(rule, Text(words, style=colour), said)
    return lines


def _empty(*columns: str) -> Table:
    lines = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    for name in columns:
        lines.add_column(name, overflow="fold")
    return lines
