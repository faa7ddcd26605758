"""Recorded records in the place of the made-up ones: whatever a real site gave is served again, as it was."""

from __future__ import annotations

import json
from pathlib import Path

from mapping.errors import FixConfigError
from okrsync.sandbox.github_site import GitHubSite
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.server import Sandbox
from okrsync.sandbox.wire import Record


def serve_records(sandbox: Sandbox, *, jira: Path | None = None, github: Path | None = None) -> None:
    """Exchange what a sandbox serves; a vendor without a file keeps what it has. The accounts stay the same.

    Args:
        sandbox: served or not yet.
        jira: file with issues of Jira: a list, or an answer of its search (``{"issues": […]}``).
        github: file with a list of issues as "list repository issues" gives them.

    Raises:
        FixConfigError: a file cannot be read, or holds something else.
    """
    if jira is not None:
        records = _read(jira, needs=("id", "key", "fields"))
        sandbox.jira = JiraSite.from_records(records, account=sandbox.jira.account)
    if github is not None:
        records = _read(github, needs=("node_id", "number", "repository_url", "labels"))
        sandbox.github = GitHubSite.from_records(records, account=sandbox.github.account)
    if jira is not None or github is not None:
        sandbox.refresh = None  # steps of the demo's world would put its own sites back


def _read(path: Path, *, needs: tuple[str, ...]) -> list[Record]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FixConfigError(f"{path} cannot be read ({error}): give a JSON file with recorded issues") from error
    records = found.get("issues") if isinstance(found, dict) else found
    if not isinstance(records, list):
        raise FixConfigError(f"{path} holds no list of issues: give a list, or an answer of Jira's search")
    for number, record in enumerate(records, start=1):
        missing = [name for name in needs if not isinstance(record, dict) or name not in record]
        if missing:
            raise FixConfigError(f"{path}: record {number} lacks {', '.join(missing)}: is it the right vendor's file?")
    return records
