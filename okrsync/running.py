"""Runs a sync or a plan for the command line: in this process or through Prefect, with live progress."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from flows.plans import SavedPlan, require_same
from flows.prefect_home import configured_api, prepare
from flows.sync_report import SyncReport
from flows.work import Watch, Wish, opened
from mapping.errors import FixConfigError, TryAgainError
from okrsync import show
from okrsync.memory import working
from okrsync.place import Place, past_moment

if TYPE_CHECKING:
    from rich.progress import TaskID

    from flows.pull import Progress

Way = Literal["prefect", "in-process"]


def wish_of(
    place: Place, connections: Sequence[str] | None, key_results: Sequence[str] | None, *, accept_shrink: bool
) -> Wish:
    """Return what was asked for, after checking that the names exist.

    Raises:
        FixConfigError: no connection or key result of that name.
    """
    config = place.rules()
    known("connection", connections, config.connections)
    known("key result", key_results, [each.id for each in config.key_results()])
    return Wish(
        connections=frozenset(connections or ()), key_results=frozenset(key_results or ()), accept_shrink=accept_shrink
    )


def known(what: str, given: Sequence[str] | None, names: Collection[str]) -> None:
    """Check that what was named on the command line exists.

    Raises:
        FixConfigError: something does not, with the nearest name that does.
    """
    for name in given or ():
        if name not in names:
            near = get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(names)) or 'none'}"
            raise FixConfigError(f"no {what} {name!r}: {hint}")


def run_sync(place: Place, wish: Wish, *, how: Way | None, quiet: bool) -> SyncReport:
    """Run a sync; ``how`` None lets the surroundings decide: Prefect when an API is configured or running."""
    way = how or ("prefect" if configured_api(place.data_folder, os.environ) else "in-process")
    if not quiet and how is None:
        said = "through Prefect" if way == "prefect" else "in this process (no Prefect API is configured)"
        sys.stderr.write(f"Syncing {said}.\n")
    with live(quiet=quiet) as watch:
        return asyncio.run(_through_prefect(place, wish, watch) if way == "prefect" else in_process(place, wish, watch))


def run_plan(place: Place, wish: Wish, *, quiet: bool) -> SyncReport:
    """Return what a sync would change, from fresh reads and without writing."""
    with live(quiet=quiet) as watch:
        return asyncio.run(in_process(place, wish, watch, dry=True))


async def in_process(place: Place, wish: Wish, watch: Watch, *, dry: bool = False) -> SyncReport:
    """Call the steps one after the other, without Prefect."""
    working()
    async with opened(place.rules(), wish, watch=watch, dry=dry) as work:
        await asyncio.gather(*(work.pull(name) for name in work.names()))
        work.measure()
        if dry:
            return work.preview()
        work.publish(through="in-process")
        return await work.deliver()


def run_hindsight(place: Place, as_of: str) -> SyncReport:
    """Return what today's rules would have changed at a moment of the past; see ``flows.hindsight``."""
    from flows.hindsight import plan_as_of

    config = place.rules(offline=True)
    with place.store() as store:
        return plan_as_of(config, store, past_moment(store, as_of, config.timezone))


def run_apply(place: Place, saved: SavedPlan, *, quiet: bool) -> SyncReport:
    """Publish what a saved plan says, if that is still what a sync would do.

    Raises:
        WorldChangedError: it is not; nothing was published.
    """
    with live(quiet=quiet) as watch:
        return asyncio.run(_apply(place, saved, watch))


async def _apply(place: Place, saved: SavedPlan, watch: Watch) -> SyncReport:
    working()
    async with opened(place.rules(), saved.wish, watch=watch) as work:
        await asyncio.gather(*(work.pull(name) for name in work.names()))
        require_same(saved, work.measure(), work.declaring.changes)
        work.publish(through="in-process")
        return await work.deliver()


async def _through_prefect(place: Place, wish: Wish, watch: Watch) -> SyncReport:
    api = configured_api(place.data_folder, os.environ)
    prepare(place.data_folder)
    from flows.prefect_api import require_api, trouble_of
    from flows.sync import leaving, sync, watching

    if api is not None:  # otherwise Prefect starts a server of its own
        await require_api(api, instead="; `okrsync sync --in-process` does without")
    watching.set(watch)
    left: list[SyncReport] = []
    leaving.set(left)
    try:
        return await sync(
            config=str(place.rules_path),
            connections=sorted(wish.connections),
            key_results=sorted(wish.key_results),
            accept_shrink=wish.accept_shrink,
        )
    except Exception as error:
        trouble = trouble_of(api, error)
        if trouble is None:
            raise
        if not left:
            raise TryAgainError(
                f"{trouble}, so nothing was published: run it again, or `okrsync sync --in-process`, which does without"
            ) from error
        return replace(left[-1], trouble=f"{trouble} after all this was published: Prefect may show the run as failed")


def run_deploy(place: Place, *, pool: str) -> list[str]:
    """Put the schedule on the configured Prefect API; return what to tell.

    Raises:
        FixConfigError: no Prefect API is configured, or the rules name no schedule.
    """
    from okrsync.serving import schedule_of

    schedule = schedule_of(place)
    api = configured_api(place.data_folder, os.environ)
    if api is None:
        raise FixConfigError("no Prefect API is configured: set PREFECT_API_URL, or run `okrsync up` on this machine")
    prepare(place.data_folder)
    from flows.deployment import deploy, workers_online
    from flows.prefect_api import require_api, trouble_of

    async def deployed() -> tuple[str, int]:
        await require_api(api)
        try:
            return await deploy(place.rules_path, schedule, pool=pool), await workers_online(pool)
        except Exception as error:
            trouble = trouble_of(api, error)
            if trouble is None:
                raise
            raise TryAgainError(f"{trouble}: the schedule may not be there yet, run `okrsync deploy` again") from error

    name, workers = asyncio.run(deployed())
    where = f"where okrsync is installed and the rules are at {place.rules_path}"
    lines = [f"Deployed {name}: {schedule.cron} ({schedule.timezone})."]
    if workers:
        return [*lines, f"{show.counted_as(workers, 'worker')} of pool {pool} online; each must run {where}."]
    return [*lines, f"No worker of pool {pool} is online: run one {where}: prefect worker start --pool {pool}"]


@contextmanager
def live(*, quiet: bool) -> Iterator[Watch]:
    """Show a line per connection while it is pulled; only on a terminal."""
    out = show.console(stderr=True)
    if quiet or not out.is_terminal:
        yield lambda _progress: None
        return
    from rich.progress import Progress as Bars
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.fields[said]}"),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=out, transient=True) as bars:
        lines: dict[str, TaskID] = {}

        def watch(progress: Progress) -> None:
            name = progress.connection
            if name not in lines:
                lines[name] = bars.add_task(name, total=1, said="")
            said = f"{progress.matched} matched, {progress.read} read, {progress.requests} requests"
            bars.update(lines[name], said=said, completed=1 if progress.done else 0)

        yield watch
