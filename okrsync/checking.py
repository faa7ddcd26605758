"""Checks the rules for the command line: the files first, then each connection."""

from __future__ import annotations

import asyncio
import sys

import typer

from mapping.errors import ConfigProblemsError, Problem
from mapping.plain import plain
from okrsync import show
from okrsync.place import Place


def run_check(place: Place, *, offline: bool, json: bool) -> bool:
    """Report every problem; return whether there are any."""
    problems: list[Problem] = []
    said: list[str] = []
    try:
        config = place.rules()
    except ConfigProblemsError as error:
        problems = error.problems
    else:
        said.append(f"{place.rules_path.name}: {_count(config)}")
        if not offline:
            problems, found = asyncio.run(_online(config))
            said += found
    _report(problems, said, json=json)
    return bool(problems)
