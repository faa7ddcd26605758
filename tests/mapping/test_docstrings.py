"""The examples in docstrings of the core are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import mapping

MODULES = [found.name for found in pkgutil.walk_packages(mapping.__path__, "mapping.")]


def run(name: str) -> doctest.DocTestRunner:
    """Run the examples of a module's own docstrings; doctest alone passes over what a decorator has replaced."""
    module = importlib.import_module(name)
    finder, runner = doctest.DocTestFinder(recurse=False), doctest.DocTestRunner()
    own = (each for each in vars(module).values() if getattr(each, "__module__", "") == name)
    told = {held.__doc__: held for held in (module, *own)}  # a text once, whatever carries it
    for held in told.values():
        for example in finder.find(held, getattr(held, "__name__", name), module=False, globs=dict(vars(module))):
            runner.run(example)
    return runner


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_hold(name: str) -> None:
    assert run(name).failures == 0


def test_examples_are_found() -> None:
    assert run("mapping.metric").tries >= 3
    assert run("mapping.draft.drafting").tries >= 3
