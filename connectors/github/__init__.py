"""GitHub: issues, pull requests, projects and series of repositories, over REST and GraphQL."""

from __future__ import annotations

from connectors.github.options import GitHubOptions
from connectors.github.selection import GitHubSelection
from connectors.port import Capability, Connector, Source, Surroundings


def _open(options: GitHubOptions, surroundings: Surroundings) -> Source:
    from connectors.github.source import GitHubSource  # late: checking a config needs no HTTP client

    return GitHubSource(options, surroundings)


CONNECTOR = Connector(
    name="github",
    title="GitHub",
    options=GitHubOptions,
    selection=GitHubSelection,
    capabilities=frozenset(
        {Capability.CENSUS, Capability.DELTA, Capability.BY_IDS, Capability.SERIES, Capability.HISTORY}
    ),
    open=_open,
)
