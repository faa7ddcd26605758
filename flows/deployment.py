"""Puts the nightly schedule on a Prefect API, and runs it on one machine."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from config.load import Schedule
from flows.sync import sync

NAME = "nightly"


async def nightly(rules: Path, schedule: Schedule) -> RunnerDeployment:
    """Return the deployment of the sync for one rules file, at its schedule in its time zone.

    Its entrypoint is the module ``flows.sync.sync``, not a file: a worker on another machine has okrsync installed, not
    this folder. See docs/decisions/0006-flow-entrypoint.md.
    """
    deployment: RunnerDeployment = await sync.ato_deployment(
        NAME,
        schedule=Cron(schedule.cron, timezone=schedule.timezone),
        parameters={"config": str(rules)},
        description=f"Keeps the key results of {rules.name} true.",
        tags=["okrsync"],
        concurrency_limit=1,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return deployment


async def deploy(rules: Path, schedule: Schedule, *, pool: str) -> str:
    """Create or update the deployment on the configured API; return its full name.

    The work pool is created as a process pool if there is none of that name.
    """
    async with get_client() as client:
        try:
            await client.read_work_pool(pool)
        except ObjectNotFound:
            try:
                await client.create_work_pool(WorkPoolCreate(name=pool, type="process"))
            except ObjectAlreadyExists:
                await client.read_work_pool(pool)  # somebody else was faster
    deployment = await nightly(rules, schedule)
    await deployment.aapply(work_pool_name=pool)
    return f"{deployment.flow_name}/{deployment.name}"


async def workers_online(pool: str) -> int:
    """Return how many workers of a pool have lately been heard of."""
    async with get_client() as client:
        workers = await client.read_workers_for_work_pool(pool)
    return sum(each.status == "ONLINE" for each in workers)


class _Runner(Runner):
    """Prefect's runner, which on SIGTERM would exit at once and leave the server behind that serves it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._before = signal.getsignal(signal.SIGTERM)

    def handle_sigterm(self, *args: Any, **_: Any) -> None:
        """Leave the end to whoever runs us, who cancels this and everything else."""
        if callable(self._before):
            self._before(*args)


async def run_schedule(rules: Path, schedule: Schedule) -> None:
    """Run the schedule on this machine until cancelled, each sync in a process of its own."""
    runner = _Runner(name="okrsync", pause_on_shutdown=False, limit=1)
    await runner.aadd_deployment(await nightly(rules, schedule))
    await runner.start()
