"""Asana: tasks of projects, sections, portfolios and tags, with subtasks, custom fields and their history."""

from __future__ import annotations

from connectors.asana.options import AsanaOptions
from connectors.asana.selection import AsanaSelection
from connectors.port import Capability, Connector, Source, Surroundings


def _open(options: AsanaOptions, surroundings: Surroundings) -> Source:
    from connectors.asana.source import AsanaSource  # late: checking a config needs no HTTP client

    return AsanaSource(options, surroundings)


CONNECTOR = Connector(
    name="asana",
    title="Asana",
    options=AsanaOptions,
    selection=AsanaSelection,
    capabilities=frozenset({Capability.CENSUS, Capability.BY_IDS, Capability.HISTORY, Capability.DESTINATION}),
    open=_open,
)
