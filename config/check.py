"""The part of checking that asks the other side: who we are there, and whether rules see what they name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass

from config.load import Config, fields_in
from connectors.port import Glimpse, Identity, Source
from mapping.errors import OkrsyncError, Place, Problem, named_once
from mapping.words import Selection

OpenSource = Callable[[str], Source]
"""Opens the connection of that name. May raise FixConfigError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was asked, and what came of it: a problem, who we are, or what a selection or target holds."""

    connection: str
    identity: Identity | None = None
    selection: Selection | None = None
    glimpse: Glimpse | None = None
    problem: Problem | None = None
    held: str = ""
    """What stands at a target of a destination; ``connection`` is then the destination's name."""

    def __str__(self) -> str:
        if self.problem is not None:
            return str(self.problem)
        if self.held:
            return f"{self.connection}: {self.held}"
        if self.identity is not None:
            warning = self.identity.detail.get("warning")
            who = f"{self.connection}: {self.identity.account} on {self.identity.server}"
            return f"{who}; {warning}" if warning else who
        return f"{self.selection}: {_seen(self.glimpse)}"


def _seen(glimpse: Glimpse | None) -> str:
    if glimpse is None:
        return "visible"
    count = "visible" if glimpse.matches is None else f"{glimpse.matches} now"
    example = f", such as {glimpse.example}" if glimpse.example else ""
    return f"{count}{example}" + (f"; {glimpse.remark}" if glimpse.remark else "")


def check_online(config: Config, open_source: OpenSource) -> AsyncIterator[Finding]:
    """Ask every connection, all at the same time, and yield what was found in the order of the file.

    A connection that does not answer harms no other; nothing is written anywhere.
    """
    return in_order(_ask(config, name, open_source) for name in config.connections)


async def in_order(asked: Iterable[Coroutine[None, None, list[Finding]]]) -> AsyncIterator[Finding]:
    """Ask all at the same time, and yield what was found in the order given."""
    tasks = [asyncio.create_task(each) for each in asked]
    try:
        for task in tasks:
            for finding in await task:
                yield finding
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _ask(config: Config, name: str, open_source: OpenSource) -> list[Finding]:
    place = config.connections[name].place
    try:
        source = open_source(name)
    except OkrsyncError as error:
        return [problem_of(name, place, error)]
    try:
        return [finding async for finding in _findings(config, name, source)]
    finally:
        await source.aclose()


async def _findings(config: Config, name: str, source: Source) -> AsyncIterator[Finding]:
    try:
        yield Finding(connection=name, identity=await source.identify())
    except OkrsyncError as error:
        # who is refused sees nothing: asking on would only repeat it for every rule
        yield problem_of(name, config.connections[name].place, error)
        return
    for finding in await _fields(config, name, source):
        yield finding
    for selection in config.selections_of(name):
        try:
            yield Finding(connection=name, selection=selection, glimpse=await source.glimpse(selection))
        except OkrsyncError as error:
            for place in _places_of(config, selection):
                yield problem_of(name, place, error)


async def _fields(config: Config, name: str, source: Source) -> list[Finding]:
    """Return a problem for each field that cannot be resolved, at the first rule that reads it."""
    fields = config.fields_of(name)
    try:
        await source.fingerprint(fields)
    except OkrsyncError as error:
        together = error
    else:
        return []
    found = []
    for each in sorted(fields):
        try:
            await source.fingerprint(frozenset({each}))
        except OkrsyncError as error:
            found.append(problem_of(name, _reader_of(config, name, each), error))
    return found or [problem_of(name, config.connections[name].place, together)]


def _reader_of(config: Config, connection: str, name: str) -> Place:
    for key_result in config.key_results():
        if any(where == connection and name in names for where, names in fields_in(key_result.measure)):
            return config.places[key_result.id]
    return config.connections[connection].place


def _places_of(config: Config, selection: Selection) -> Iterator[Place]:
    return iter([each.place for each in config.seen if each.selection == selection])


def problem_of(connection: str, place: Place, error: OkrsyncError) -> Finding:
    """Return an error as a finding at a place of the file."""
    said = named_once(connection, str(error))
    what, colon, fix = said.rpartition(": ")
    if not colon:
        what, fix = said, "correct the connection or the rule"
    return Finding(connection=connection, problem=Problem(place=place, what=what, fix=fix))
