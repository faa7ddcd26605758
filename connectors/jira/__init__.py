"""Jira, Cloud and Data Center: epics, initiatives, queries, projects and filters as work items."""

from connectors.jira.options import JiraOptions
from connectors.jira.selection import JiraSelection
from connectors.jira.source import JiraSource
from connectors.port import Capability, Connector

__all__ = ["CONNECTOR", "JiraOptions", "JiraSelection", "JiraSource"]

CONNECTOR = Connector(
    name="jira",
    title="Jira Cloud and Data Center",
    options=JiraOptions,
    selection=JiraSelection,
    capabilities=frozenset({Capability.CENSUS, Capability.DELTA, Capability.BY_IDS, Capability.HISTORY}),
    open=JiraSource,
)
