"""GitHub: issues and pull requests of repositories, over REST and GraphQL."""

from __future__ import annotations

from connectors.github.options import GitHubOptions, GitHubSelection
from connectors.github.source import GitHubSource
from connectors.port import Capability, Connector

CONNECTOR = Connector(
    name="github",
    title="GitHub",
    options=GitHubOptions,
    selection=GitHubSelection,
    capabilities=frozenset({Capability.CENSUS, Capability.BY_IDS}),
    open=GitHubSource,
)
