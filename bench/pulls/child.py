"""One puller in a process of its own, so that its time and memory are its own. Started by ``bench.pulls``.

Run: ``python -m bench.pulls.child PULLER URL IN_FLIGHT FOLDER``; prints what it came to as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from bench.pulls.asked import JQL, NAMED
from okrsync.memory import starting

RULES = """
timezone: UTC
connections:
  vendor: {connection}
cycles:
  now: {{starts_on: 2026-01-01, ends_on: 2027-12-31}}
objectives:
  work:
    title: Everything that there is
    cycle: now
    key_results:
      all:
        title: Finish it
        measure: {{completion: {{from: vendor, {selection}}}}}
"""


def okrsync_jira(url: str, in_flight: int, folder: Path) -> int:
    """Sync as ``okrsync sync --in-process`` does, into the folder's store."""
    connection = f'{{connector: jira, url: "{url}", email: sync@acme.test, token: "${{BENCH_TOKEN}}"}}'
    return _okrsync(
        url, RULES.format(connection=connection, selection="project: CHK, by: story_points"), in_flight, folder
    )


def okrsync_github(url: str, in_flight: int, folder: Path) -> int:
    """Sync with a token: GraphQL."""
    connection = f'{{connector: github, url: "{url}", token: "${{BENCH_TOKEN}}"}}'
    return _okrsync(url, RULES.format(connection=connection, selection="repo: acme/shop"), in_flight, folder)


def okrsync_github_rest(url: str, in_flight: int, folder: Path) -> int:
    """Sync with ``via: rest``, as without an account."""
    connection = f'{{connector: github, url: "{url}", token: "${{BENCH_TOKEN}}", via: rest}}'
    return _okrsync(url, RULES.format(connection=connection, selection="repo: acme/shop"), in_flight, folder)


def _okrsync(url: str, rules: str, in_flight: int, folder: Path) -> int:
    starting()  # as the command itself does first of all: see okrsync/__main__.py
    import connectors.github.client
    from flows.work import Wish
    from okrsync.place import Place
    from okrsync.running import in_process

    if "BENCH_UNPACED" in os.environ:
        # Half a million issues are more requests than GitHub's limits let through in a quarter of an hour.
        connectors.github.client.RATE = (1_000_000, 1.0)
    os.environ |= {
        "OKRSYNC_IN_FLIGHT": str(in_flight),
        "OKRSYNC_ALLOWED_HOSTS": url.removeprefix("http://"),
        "BENCH_TOKEN": "made-up",
    }
    (folder / "okrsync.yaml").write_text(rules, encoding="utf-8")
    report = asyncio.run(in_process(Place(folder=folder), Wish(), lambda _progress: None))
    if report.failures:
        raise SystemExit(f"the sync did not come out whole: {report.failures}")
    (connection,) = report.connections
    return connection.matched


def bare_jira(url: str, in_flight: int, _folder: Path) -> int:
    """Pull with httpx and msgspec and nothing else."""
    from bench.pulls import bare

    return bare.jira(url, in_flight)


def bare_github(url: str, in_flight: int, _folder: Path) -> int:
    """Pull with httpx and msgspec and nothing else."""
    from bench.pulls import bare

    return bare.github(url, in_flight)


def jira_named(url: str, _in_flight: int, _folder: Path) -> int:
    """Let the jira library search all, for the fields that okrsync names."""
    return _jira(url, NAMED)


def jira_all(url: str, _in_flight: int, _folder: Path) -> int:
    """Let the jira library search all with all fields, its default."""
    return _jira(url, "*all")


def _jira(url: str, fields: str) -> int:
    from jira import JIRA

    library = JIRA(server=url, basic_auth=("sync@acme.test", "made-up"), options={"rest_api_version": "3"})
    return len(library.enhanced_search_issues(JQL, maxResults=0, fields=fields))


def pygithub(url: str, _in_flight: int, _folder: Path) -> int:
    """Let PyGithub list all, its pacing off and its pages as large as may be."""
    from github import Auth, Github

    library = Github(
        base_url=url, auth=Auth.Token("made-up"), per_page=100, seconds_between_requests=0, seconds_between_writes=0
    )
    return len(list(library.get_repo("acme/shop").get_issues(state="all")))


PULLERS: dict[str, Callable[[str, int, Path], int]] = {
    each.__name__: each
    for each in (
        okrsync_jira,
        okrsync_github,
        okrsync_github_rest,
        bare_jira,
        bare_github,
        jira_named,
        jira_all,
        pygithub,
    )
}


def peak_mb() -> float:
    """Return the most memory this process has held, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def main(puller: str, url: str, in_flight: int, folder: Path) -> None:
    """Pull, and print what came of it."""
    items = PULLERS[puller](url, in_flight, folder)
    print(json.dumps({"items": items, "peak_mb": peak_mb(), "cpu": sum(os.times()[:2])}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
