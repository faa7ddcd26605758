"""What became of issues that Jira no longer gives: it does not say, but it says what became of their projects."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.jira.site import Lifecycle, Site
from connectors.port import Fate

_FATES = {
    Lifecycle.LIVE: Fate.DELETED,  # the project is there for us, and the issue is not in it
    Lifecycle.ARCHIVED: Fate.ARCHIVED,
    Lifecycle.DELETED: Fate.DELETED,
}


async def fates_of(site: Site, keys: Mapping[str, str]) -> Mapping[str, Fate]:
    """Return the fate of issues by the keys that they last had; ids without a key are absent.

    An issue in a project that we cannot see is hidden: a permission was lost, or the project was deleted for good,
    which Jira does not tell apart. Nor does it tell an issue that its security level hides from a deleted one, so
    both count as deleted.
    """
    projects = {id_: key.rpartition("-")[0].upper() for id_, key in keys.items() if "-" in key}
    lives = await site.projects(sorted(set(projects.values())))
    return {id_: _FATES[lives[project]] if project in lives else Fate.HIDDEN for id_, project in projects.items()}
