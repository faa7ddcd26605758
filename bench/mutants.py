"""Mutation testing of mapping: how many small wrong changes to the code do its tests notice?

Run: ``make mutants MODULES=metric,draft/amounts SAMPLE=40``, or ``python -m bench.mutants [--modules ...] [--sample n]
[--seed n] [--jobs n] [--survivors] [--show NAME]``. docs/mutation.md has the figures and what was learned.

The mutants are mutmut's own (its operators and its switch between a function and its mutants). Its runner collects all
tests anew for each mutant, which takes seconds; this one collects once and forks, so that a mutant costs only the tests
that run through its function, stopping at the first that fails. Survivors are left in mutants/results.json.
"""

from __future__ import annotations

import argparse
import difflib
import gc
import json
import math
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
from mutmut.mutation import trampoline
from mutmut.mutation.file_mutation import mutate_file_contents

ROOM = Path("mapping")
OUT = Path("mutants")
RESULTS = OUT / "results.json"
REACH = OUT / "reach.json"
TESTS = ("tests/mapping", *(f"tests/flows/test_{each}.py" for each in ("linting", "lint_words", "title_findings")))
"""Lint is tried on rules as they are written, so its tests stand with the flows."""
HYPOTHESIS = "_hypothesis_internal_use_settings"
"""Where Hypothesis keeps the settings of a test that names its own: a profile would not reach them."""
EXAMPLES = 20
"""The most that a property test tries."""
BUDGET = 4.0
"""Seconds of tests for one mutant, quickest tests first: what would fail only after that counts as not noticed."""
KILLED, SURVIVED, UNREACHED = "killed", "survived", "no test"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong change: the module as in ``draft/amounts``, mutmut's dotted name, and the change as a diff."""

    module: str
    name: str
    diff: str

    @property
    def function(self) -> str:
        """Return the dotted name that mutmut gives to the function."""
        return self.name.rpartition("__mutmut_")[0]


def modules() -> list[str]:
    """Return all modules of the room, as paths without ending."""
    return sorted(str(path.relative_to(ROOM).with_suffix("")) for path in ROOM.rglob("*.py") if path.stem != "__init__")


def mutate(module: str) -> list[Mutant]:
    """Write the module with all its mutants inside and return them; a module that has not changed is left."""
    source, copy, index = ROOM / f"{module}.py", OUT / ROOM / f"{module}.py", OUT / "index" / f"{module}.json"
    if not index.exists() or index.stat().st_mtime < source.stat().st_mtime:
        copy.parent.mkdir(parents=True, exist_ok=True)
        index.parent.mkdir(parents=True, exist_ok=True)
        made = mutate_file_contents(str(source), source.read_text(encoding="utf-8"))
        copy.write_text(made.code, encoding="utf-8")
        lines = made.code.splitlines()

        def text(name: str) -> list[str]:
            span = made.line_span_by_function_name[name]
            return [line.replace(name, "") for line in lines[span.start - 1 : span.end]]

        dotted = f"{ROOM}.{module.replace('/', '.')}."
        found = [
            Mutant(module, dotted + name, _difference(text(f"{name.rpartition('_')[0]}_orig"), text(name)))
            for name in made.mutant_names
        ]
        index.write_text(json.dumps([asdict(mutant) for mutant in found]), encoding="utf-8")
    return [Mutant(**each) for each in json.loads(index.read_text(encoding="utf-8"))]


def _difference(before: list[str], after: list[str]) -> str:
    lines = list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]
    return "\n".join(line for line in lines if not line.startswith("@@"))


def sample(mutants: list[Mutant], count: int, seed: int) -> list[Mutant]:
    """Return at most ``count`` mutants (0: all), the same ones for the same seed."""
    if not count or len(mutants) <= count:
        return mutants
    chosen = random.Random(f"{seed}:{mutants[0].module}").sample(range(len(mutants)), count)
    return [mutants[n] for n in sorted(chosen)]


class Switch:
    """Says to mutmut's trampolines which mutant is on, and hears from them what is called.

    mutmut looks into the environment at every call, which would be most of the time of a run.
    """

    def __init__(self) -> None:
        self.called: set[str] = set()
        trampoline.record_trampoline_hit = self._hear
        self.turn("stats")

    def _hear(self, name: str, caller: str | None) -> None:  # noqa: ARG002 - mutmut's signature
        self.called.add(name)

    def turn(self, name: str) -> None:
        """Put a mutant in force, or ``stats``: none, but note the functions called."""
        trampoline.get_mutant_under_test = lambda: name


class Trial:
    """A pytest plugin that collects the tests once and then runs, for each mutant, those that reach its function.

    Every run is a forked child, so that no cache filled by one is seen by another.
    """

    def __init__(self, mutants: list[Mutant], jobs: int) -> None:
        self.mutants = mutants
        self.jobs = jobs
        self.verdicts: dict[str, str] = {}
        self.at_import: set[str] = set()
        self.switch = Switch()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep what importing the tests already called, and make property tests short and repeatable."""
        from hypothesis import HealthCheck, Phase, settings  # late: pytest must import it first

        self.at_import = set(self.switch.called)
        for item in session.items:
            test = getattr(item, "obj", None)
            if getattr(test, "is_hypothesis_test", False):
                given = vars(test)[HYPOTHESIS]
                vars(test)[HYPOTHESIS] = settings(
                    given,
                    max_examples=min(given.max_examples, EXAMPLES),
                    derandomize=True,
                    database=None,
                    deadline=None,
                    phases=(Phase.explicit, Phase.generate),
                    suppress_health_check=list(HealthCheck),
                )

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the trial in place of the tests."""
        gc.freeze()
        newest = max(path.stat().st_mtime for folder in ("tests", ROOM) for path in Path(folder).rglob("*.py"))
        if not REACH.exists() or REACH.stat().st_mtime < newest:
            child = _fork(lambda: self._observe(session))
            if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
                failed = (OUT / "failed.txt").read_text(encoding="utf-8")
                pytest.exit(f"without a mutant fails {failed}", 1)
        reach, seconds = json.loads(REACH.read_text(encoding="utf-8"))
        self._run_all(session, {function: _quickest(tests, seconds) for function, tests in reach.items()}, seconds)
        return True

    def _observe(self, session: pytest.Session) -> int:
        reach: dict[str, list[int]] = defaultdict(list)
        seconds = []
        for n, item in enumerate(session.items):
            self.switch.called.clear()
            started = time.process_time()
            _run(session, [item])
            seconds.append(time.process_time() - started)
            for function in self.switch.called:
                reach[function].append(n)
            if session.testsfailed:
                (OUT / "failed.txt").write_text(item.nodeid, encoding="utf-8")
                return 1
        REACH.write_text(json.dumps([reach, seconds]), encoding="utf-8")
        return 0

    def _run_all(self, session: pytest.Session, tests: dict[str, list[int]], seconds: list[float]) -> None:
        running: dict[int, Mutant] = {}
        for mutant in self.mutants:
            chosen = tests.get(mutant.function, [])
            if not chosen:
                self.verdicts[mutant.name] = UNREACHED
                print(f"\n{mutant.name} ({UNREACHED})\n{mutant.diff}", flush=True)
                continue
            if len(running) == self.jobs:
                self._wait(running)
            items = [session.items[n] for n in chosen]
            limit = 10 + math.ceil(5 * sum(seconds[n] for n in chosen))
            running[_fork(lambda i=items, m=mutant, s=limit: self._try(session, i, m, s))] = mutant
        while running:
            self._wait(running)

    def _try(self, session: pytest.Session, items: list[pytest.Item], mutant: Mutant, limit: int) -> int:
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
        self.switch.turn(mutant.name)
        return int(_run(session, items))

    def _wait(self, running: dict[int, Mutant]) -> None:
        child, status = os.wait()
        mutant = running.pop(child)
        self.verdicts[mutant.name] = KILLED if os.waitstatus_to_exitcode(status) else SURVIVED
        if self.verdicts[mutant.name] == SURVIVED:
            print(f"\n{mutant.name}\n{mutant.diff}", flush=True)


def _quickest(tests: list[int], seconds: list[float]) -> list[int]:
    chosen, spent = [], 0.0
    for test in sorted(tests, key=lambda n: seconds[n]):
        if chosen and spent > BUDGET:
            break
        chosen.append(test)
        spent += seconds[test]
    return chosen


def _fork(work: Callable[[], int]) -> int:
    child = os.fork()
    if not child:
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            os._exit(work())
        finally:
            os._exit(1)  # an error while running is a mutant found
    return child


def _run(session: pytest.Session, items: list[pytest.Item]) -> bool:
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return True
    return False


def try_mutants(mutants: list[Mutant], jobs: int) -> dict[str, str]:
    """Return the verdict for each mutant, by name.

    A mutant whose function runs only while tests are imported is tried in a process of its own.
    """
    sys.path.insert(0, str(OUT.resolve()))
    sys.setrecursionlimit(10 * sys.getrecursionlimit())  # a trampoline is two calls more for each
    trial = Trial(mutants, jobs)
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-s", "--tb=native", *TESTS]
    if code := pytest.main(arguments, plugins=[trial]):
        raise SystemExit(int(code))
    late = [m.name for m in mutants if trial.verdicts[m.name] == UNREACHED and m.function in trial.at_import]
    with ProcessPoolExecutor(jobs) as pool:
        trial.verdicts.update(zip(late, pool.map(_alone, late), strict=True))
    return trial.verdicts


def _alone(name: str) -> str:
    folder = Path("tests", *name.split(".")[:-2])
    tests = [str(folder)] if folder.is_dir() else TESTS
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "MUTANT_UNDER_TEST": name, "PYTHONPATH": str(OUT.resolve())}
    done = subprocess.run(command, env=environment, capture_output=True, timeout=900, check=False)
    return KILLED if done.returncode else SURVIVED


def interval(killed: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson's score.

    >>> [round(bound, 3) for bound in interval(90, 100)]
    [0.826, 0.945]
    """
    z, share = 1.96, killed / total
    middle, reach = share + z * z / (2 * total), z * math.sqrt(share * (1 - share) / total + z * z / (4 * total**2))
    return (middle - reach) / (1 + z * z / total), (middle + reach) / (1 + z * z / total)


def table(mutants: Iterable[Mutant], verdicts: dict[str, str], sizes: dict[str, int]) -> str:
    """Return the figures per module and overall, as a table in Markdown."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for mutant in mutants:
        counts[mutant.module][verdicts[mutant.name]] += 1
    counts["all"] = sum(counts.values(), Counter())
    lines = [
        "| module | mutants | tried | killed | survived | no test | share |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for module, count in counts.items():
        tried = count.total()
        size = sizes.get(module, sum(sizes.values()))
        figures = f"{size} | {tried} | {count[KILLED]} | {count[SURVIVED]} | {count[UNREACHED]}"
        lines.append(f"| {module} | {figures} | {count[KILLED] / tried:.0%} |")
    low, high = interval(counts["all"][KILLED], counts["all"].total())
    return "\n".join([*lines, "", f"95 % interval of the overall share: {low:.1%} to {high:.1%}."])


def main() -> None:
    """Try a sample of mutants and print the figures and what survived."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modules", default="", help="comma separated, as in metric,draft/amounts; all by default")
    parser.add_argument("--sample", type=int, default=40, help="mutants per module, 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--survivors", action="store_true", help="only those that survived the last time")
    chosen: Any = parser.parse_args()
    for folder in {path.parent for path in ROOM.rglob("*.py")}:
        (OUT / folder).mkdir(parents=True, exist_ok=True)
        (OUT / folder / "__init__.py").write_text("", encoding="utf-8")
    started = time.monotonic()
    with ProcessPoolExecutor(chosen.jobs) as pool:  # every module, as an import must not fall back on the original
        all_mutants = dict(zip(modules(), pool.map(mutate, modules()), strict=True))
    wanted = chosen.modules.split(",") if chosen.modules else modules()
    mutants = [mutant for module in wanted for mutant in sample(all_mutants[module], chosen.sample, chosen.seed)]
    if chosen.survivors:
        lived = {each["name"] for each in json.loads(RESULTS.read_text(encoding="utf-8"))}
        mutants = [m for module in wanted for m in all_mutants[module] if m.name in lived]
    verdicts = try_mutants(mutants, chosen.jobs)
    survivors = [mutant for mutant in mutants if verdicts[mutant.name] != KILLED]
    RESULTS.write_text(json.dumps([asdict(mutant) for mutant in survivors], indent=1), encoding="utf-8")
    print("\n" + table(mutants, verdicts, {module: len(all_mutants[module]) for module in wanted}))
    print(f"{time.monotonic() - started:.0f} s.")


if __name__ == "__main__":
    main()
