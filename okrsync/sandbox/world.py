"""The invented world: the vendors' sites as they stand at an anchor, and after each step taken since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from okrsync.sandbox.asana_site import AsanaSite
from okrsync.sandbox.github_site import GitHubSite
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.world_asana import asana_world
from okrsync.sandbox.world_github import github_world
from okrsync.sandbox.world_jira import jira_world


@dataclass(slots=True, kw_only=True)
class World:
    """Rivelle at one moment. The same seed, anchor, addresses and steps always give the same world."""

    seed: int
    anchor: datetime
    jira: JiraSite
    github: GitHubSite
    asana: AsanaSite


def build(*, seed: int, anchor: datetime, jira_url: str, github_url: str, steps: Sequence[datetime] = ()) -> World:
    """Return the world.

    Args:
        seed: decides everything that chance decides.
        anchor: the moment the world was made; nothing in it is later, but for the steps.
        jira_url: address the Jira site is served at, for the links in its answers.
        github_url: address GitHub's API is served at.
        steps: the instants at which steps were taken, in order.
    """
    from okrsync.sandbox.steps import take_step

    world = World(
        seed=seed,
        anchor=anchor,
        jira=jira_world(Random(f"jira {seed}"), anchor, jira_url),  # noqa: S311 - chance, not secrecy
        github=github_world(Random(f"github {seed}"), anchor, github_url),  # noqa: S311
        asana=asana_world(Random(f"asana {seed}"), anchor),  # noqa: S311
    )
    for number, at in enumerate(steps, start=1):
        take_step(world, number, at)
    return world
