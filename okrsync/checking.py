"""Checks the rules for the command line: the files first, then each connection and destination."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

import typer

from config.check import Finding, check_online
from config.check_destinations import Wrote, check_destinations
from config.load import Config
from flows.deliver import open_destination
from flows.opening import open_source
from flows.work import utc_now
from mapping.errors import ConfigProblemsError, OkrsyncError, Problem
from mapping.rules import Objective
from okrsync import show
from okrsync.place import Place


def run_check(place: Place, *, offline: bool, json: bool) -> bool:
    """Report every problem, with files named from the folder of the rules; return whether there are any."""
    try:
        config = place.rules()
    except ConfigProblemsError as error:
        problems, said = error.problems, []
    else:
        kept, wrote = _of_the_store(config, place)
        objectives = [*config.objectives, *kept]
        problems = [each for rule in config.destinations.values() for each in rule.strangers(objectives)]
        findings = [] if offline else asyncio.run(_online(config, objectives, wrote, quiet=json))
        problems += [each.problem for each in findings if each.problem is not None]
        said = [_counted(config), *(str(each) for each in findings if each.problem is None)]
    if json:
        typer.echo(show.as_json({"problems": [_plain(each) for each in problems], "seen": said}))
    else:
        within = f"{place.folder.resolve()}{os.sep}"
        lines = [show.clean(each).replace(within, "") for each in (*said, *map(str, problems))]
        _print(lines, len(problems), offline=offline)
    return bool(problems)


def _of_the_store(config: Config, place: Place) -> tuple[list[Objective], Wrote]:
    """Return what the store knows for destinations: OKRs besides those of the rules, and what was written before."""
    if not config.destinations or place.nothing_synced:
        return [], {}
    ruled = {each.id for each in config.key_results()}
    try:
        with place.store() as store:
            declared = store.declared()
            wrote = {name: store.delivered(name) for name in config.destinations}
    except OkrsyncError as error:
        sys.stderr.write(f"okrsync: OKRs that people keep were left out, for the store cannot be read: {error}\n")
        return [], {}
    whole = [
        replace(each, key_results=tuple(part for part in each.key_results if part.id not in ruled)) for each in declared
    ]
    return [each for each in whole if each.key_results], wrote


async def _online(config: Config, objectives: Sequence[Objective], wrote: Wrote, *, quiet: bool) -> list[Finding]:
    if not quiet and sys.stderr.isatty():
        sys.stderr.write(f"Asking {', '.join((*config.connections, *config.destinations))}…\n")
    sources = check_online(config, lambda name: open_source(config, name, now=utc_now))
    targets = check_destinations(
        config,
        lambda rule: open_destination(config, rule, now=utc_now),
        at=utc_now(),
        objectives=objectives,
        wrote=wrote,
    )
    return [*[each async for each in sources], *[each async for each in targets]]


def _counted(config: Config) -> str:
    selections = sum(len(config.selections_of(name)) for name in config.connections)
    return (
        f"{config.path.name}: {show.counted_as(len(config.objectives), 'objective')}, "
        f"{show.counted_as(len(config.key_results()), 'key result')}, {show.counted_as(selections, 'selection')} "
        f"on {show.counted_as(len(config.connections), 'connection')}"
    )


def _print(lines: Sequence[str], problems: int, *, offline: bool) -> None:
    for line in lines:
        typer.echo(line)
    if problems:
        typer.echo(f"{show.counted_as(problems, 'problem')}.", err=True)
    else:
        typer.echo("The rules are fine; nobody was asked." if offline else "Everything is fine.")


def _plain(problem: Problem) -> dict[str, object]:
    place = problem.place
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "what": problem.what,
        "fix": problem.fix,
    }
