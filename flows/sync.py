"""The sync as a Prefect flow: one task per connection, then measure, publish, deliver.

Prefect gives schedules, visibility and retries of whole runs; correctness rests on the store alone. Parameters are
names and paths, never a payload or a secret: Prefect shows them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextvars import ContextVar

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows.markdown import changes_table
from flows.sync_report import SyncReport
from flows.work import Watch, Wish, Work, opened, rules_in
from mapping.changes import Change
from mapping.runs import ConnectionRecord

MOST_TASKS = 16
"""More connections than this are pulled in chunks: a task costs Prefect's server more than it tells us."""

_work: ContextVar[Work] = ContextVar("work")
watching: ContextVar[Watch] = ContextVar("watching")
"""Who is shown how far the pulls are; set by the command line around the flow."""
leaving: ContextVar[list[SyncReport]] = ContextVar("leaving")
"""Where the flow leaves what it has published, for whoever is to tell it when Prefect fails behind that."""


@task(name="pull", task_run_name="pull {names}", cache_policy=NO_CACHE, persist_result=False)
async def pull(names: list[str]) -> list[ConnectionRecord]:
    """Pull a chunk of connections, at the same time."""
    return list(await asyncio.gather(*(_work.get().pull(name) for name in names)))


@task(name="measure", cache_policy=NO_CACHE, persist_result=False)
async def measure() -> list[Change]:
    """Merge what was pulled and compute what changes."""
    return _work.get().measure()


@task(name="publish", cache_policy=NO_CACHE, persist_result=False)
async def publish(through: str) -> SyncReport:
    """Publish in one transaction."""
    return _work.get().publish(through=through)


@task(name="deliver", cache_policy=NO_CACHE, persist_result=False)
async def deliver() -> SyncReport:
    """Deliver what waits in the outbox; a destination that is down harms only itself."""
    return await _work.get().deliver()


@flow(name="okrsync", flow_run_name="sync {config}", persist_result=False, validate_parameters=True)
async def sync(
    config: str = "okrsync.yaml",
    connections: list[str] | None = None,
    key_results: list[str] | None = None,
    accept_shrink: bool = False,
) -> SyncReport:
    """Sync what the rules in ``config`` name into the store they name.

    Raises:
        FixConfigError: the rules have problems; nothing was pulled.
    """
    wish = Wish(
        connections=frozenset(connections or ()), key_results=frozenset(key_results or ()), accept_shrink=accept_shrink
    )
    async with opened(rules_in(config), wish, watch=watching.get(_ignore)) as work:
        _work.set(work)
        await asyncio.gather(*(pull(chunk) for chunk in chunks(work.names(), MOST_TASKS)))
        await measure()
        left = leaving.get([])
        left.append(await publish("prefect"))
        left.append(report := await deliver())
    await acreate_markdown_artifact(changes_table(report), key="key-results", description="What this sync changed")
    return report


def chunks(names: Iterable[str], most: int) -> list[list[str]]:
    """Return ``names`` dealt into at most ``most`` lists, none empty."""
    listed = list(names)
    return [listed[start::most] for start in range(min(most, len(listed)))]


def _ignore(_progress: object) -> None:
    return None
