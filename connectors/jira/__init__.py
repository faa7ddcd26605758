"""Jira Cloud: epics, queries, projects and filters as work items."""

from connectors.jira.options import JiraOptions, JiraSelection
from connectors.jira.source import JiraSource
from connectors.port import Capability, Connector

__all__ = ["CONNECTOR", "JiraOptions", "JiraSelection", "JiraSource"]

CONNECTOR = Connector(
    name="jira",
    title="Jira Cloud",
    options=JiraOptions,
    selection=JiraSelection,
    capabilities=frozenset({Capability.CENSUS, Capability.DELTA, Capability.BY_IDS}),
    open=JiraSource,
)
