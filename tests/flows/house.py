"""A company's rules and its commands, on whatever database a test has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from okrsync.cli import app
from store import Store

HEAD = """\
timezone: UTC
connections:
  board: {connector: spreadsheet, file: board.csv}
cycles:
  year: {starts_on: 2026-01-01, ends_on: 2027-12-31}
objectives:
"""
TASKS = (
    "{completion: {from: board, table: Tasks, id: id, done: {column: done, is: ['yes']}, "
    'where: "item.fields[\\"scope\\"] == \\"in\\""}}'
)


def key_result(name: str, *lines: str, measure: str = TASKS) -> str:
    """Return a key result of the rules with further lines."""
    metric = "" if "completion" in measure else "        metric: {baseline: 0, target: 10}\n"
    own = "".join(f"        {line}\n" for line in lines)
    return f"      {name}:\n        title: All of {name}\n{own}{metric}        measure: {measure}\n"


def objective(name: str, *parts: str, lines: tuple[str, ...] = ()) -> str:
    """Return an objective of the rules with its key results and further lines."""
    own = "".join(f"    {line}\n" for line in lines)
    return f"  {name}:\n    title: To {name}\n    cycle: year\n{own}    key_results:\n{''.join(parts)}"


@dataclass(frozen=True)
class House:
    """A folder, and a database for it."""

    folder: Path
    url: str

    def rules(self, *objectives: str) -> None:
        """Write the rules."""
        (self.folder / "okrsync.yaml").write_text(HEAD + "".join(objectives), encoding="utf-8")

    def tasks(self, done: int, of: int = 10, out: int = 0) -> None:
        """Write the work: so many of so many are done, and so many more are out of scope."""
        rows = [f"t{number},{'yes' if number < done else 'no'},in" for number in range(of)]
        rows += [f"t{number},no,out" for number in range(of, of + out)]
        (self.folder / "board.csv").write_text("\n".join(["id,done,scope", *rows]) + "\n", encoding="utf-8")

    def run(self, *words: str) -> Result:
        """Run a command, whatever comes of it."""
        env = {"OKRSYNC_DATABASE_URL": self.url, "OKRSYNC_USER": "ana", "NO_COLOR": "1"}
        return CliRunner().invoke(app, ["-C", str(self.folder), *words], env=env)

    def do(self, *words: str) -> str:
        """Run a command that succeeds, and return what it printed."""
        result = self.run(*words)
        assert result.exit_code == 0, (words, result.output, result.exception)
        return result.output

    def sync(self, *objectives: str) -> str:
        """Write the rules, where any are given, and sync."""
        if objectives:
            self.rules(*objectives)
        return self.do("sync", "--in-process")

    def json(self, *words: str) -> Any:
        """Return what a command that succeeds printed as JSON."""
        return json.loads(self.do(*words, "--json"))

    def store(self) -> Store:
        """Open the store."""
        return Store.open(self.url)
