"""Commands that test rules: test, and record, which writes a test from what the mirror holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from okrsync.commands.look import AsJson
from okrsync.exits import Exit
from okrsync.place import Place

if TYPE_CHECKING:
    from flows.rule_tests import Result


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("test", epilog="Examples: okrsync test · okrsync test okrsync-tests --junit out/okrsync.xml")(
        run_tests_of_rules
    )
    app.command(epilog="Example: okrsync record launch/epic --out okrsync-tests/epic.okrtest.yaml, then okrsync test")(
        record
    )


def run_tests_of_rules(
    ctx: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Files of tests, or folders of them.", show_default="those beside the rules"),
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="Write the results as JUnit XML too.")] = None,
    json: AsJson = False,
) -> None:
    """Test the rules: items and samples written down as YAML, and what shall come out. See docs/testing-rules.md."""
    from config.fixtures import files_of_tests, read_tests
    from flows.rule_tests import run_tests
    from mapping.errors import FixConfigError
    from okrsync import show
    from okrsync.junit import write

    place: Place = ctx.obj
    config = place.rules(offline=True)
    results = run_tests(read_tests(files_of_tests(place.rules_path, files or ()), config))
    if not results:
        raise FixConfigError("the files hold no test: write one below tests:, or record one with `okrsync record`")
    if junit is not None:
        write(results, junit)
    if json:
        typer.echo(show.as_json({"tests": [_plain(each) for each in results], "failed": _failed(results)}))
    else:
        _print(results)
    if _failed(results):
        raise typer.Exit(Exit.FAILED)


def record(
    ctx: typer.Context,
    key_result: Annotated[str, typer.Argument(help="Address of a key result: objective/key-result.")],
    out: Annotated[
        Path | None, typer.Option(help="A new file, named like shop.okrtest.yaml.", show_default="standard output")
    ] = None,
) -> None:
    """Write a test of a key result's rule from the mirror: what it reads, and what that comes to now.

    Of each item it holds only what the rule reads; look at it before you publish it.
    """
    from okrsync.recorded import recorded, written

    text = recorded(ctx.obj, key_result)
    if out is None:
        typer.echo(text, nl=False)
    else:
        written(text, out)
        typer.echo(f"Recorded {key_result} as {out}: okrsync test {out}")


def _failed(results: Sequence[Result]) -> int:
    return sum(not each.passed for each in results)


def _print(results: Sequence[Result]) -> None:
    from okrsync import show

    for each in results:
        if each.passed:
            continue
        typer.echo(f"{each.test.place}: {show.clean(each.test.name)}")
        for difference in each.differences:
            typer.echo(f"    {difference.name:<9}expected {show.clean(difference.expected)}")
            typer.echo(f"    {'':<9}found    {show.clean(difference.found)}")
        for step in each.found.steps:
            typer.echo(f"      {show.clean(step)}")
    failed = _failed(results)
    typer.echo(f"{show.counted_as(len(results), 'test')}, {failed or 'none'} failed.")


def _plain(result: Result) -> dict[str, object]:
    place = result.test.place
    return {
        "name": result.test.name,
        "key_result": result.test.key_result.id,
        "file": place.file,
        "line": place.line,
        "passed": result.passed,
        "differences": list(result.differences),
        "found": result.found,
    }
