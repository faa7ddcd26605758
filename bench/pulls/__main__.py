"""Pull the same issues by okrsync, by a bare puller and by the usual libraries, in one run, and print a table.

Run: ``python -m bench.pulls [--issues 50000] [--latency 0.05] [--in-flight 16] [--reps 3] [--vendor jira|github]``.
Every puller runs in a process of its own, start and imports included, against a server in a process of its own; okrsync
pulls, normalises, and commits to a new SQLite store each time, the others pull into memory. Rounds are interleaved, so
that a busy moment of the machine hits all alike. Seconds are medians; a ratio is to the bare puller's median.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FOREVER = 3600
ROOT = Path(__file__).parents[2]

PULLERS = {
    "jira": ("bare_jira", "okrsync_jira", "jira_named", "jira_all"),
    "github": ("bare_github", "okrsync_github", "okrsync_github_rest", "pygithub"),
}
LIBRARIES = ("jira_named", "jira_all", "pygithub")


@dataclass(frozen=True, slots=True)
class Took:
    """What one pull came to; ``requests`` by kind."""

    wall: float
    cpu: float
    peak_mb: float
    requests: dict[str, int]


@contextmanager
def serving(vendor: str, issues: int, latency: float) -> Iterator[str]:
    """Serve a vendor's fake, and give its address."""
    command = [sys.executable, "-m", f"bench.pulls.fake_{vendor}", str(issues), str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        if server.stdout is None:
            raise SystemExit("the server has no output to say its port on")
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.kill()


def told(url: str, path: str) -> dict[str, int]:
    """Ask the server something of the bench's own."""
    with urllib.request.urlopen(f"{url}{path}") as answer:
        found: dict[str, int] = json.load(answer)
    return found


def pull(puller: str, url: str, in_flight: int, folder: Path, issues: int) -> Took:
    """Run one puller, and return what it took."""
    told(url, "/counts")
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "bench.pulls.child", puller, url, str(in_flight), str(folder)],
        check=False,
        stdout=subprocess.PIPE,
        text=True,
        timeout=FOREVER,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    wall = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{puller} failed")
    said = json.loads(done.stdout.splitlines()[-1])
    if said["items"] != issues:
        raise SystemExit(f"{puller} read {said['items']} issues instead of {issues}")
    return Took(wall, said["cpu"], said["peak_mb"], told(url, "/counts"))


def table(taken: dict[str, list[Took]], base: str) -> None:
    """Print medians."""
    print(f"{'puller':<28}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}{'requests':>10}  {'x bare':>7}   of")
    bare = statistics.median(each.wall for each in taken[base])
    for name, all_of_it in taken.items():
        walls = [each.wall for each in all_of_it]
        wall, cpu = statistics.median(walls), statistics.median(each.cpu for each in all_of_it)
        peak, requests = max(each.peak_mb for each in all_of_it), all_of_it[-1].requests
        print(
            f"{name:<28}{wall:8.2f}{cpu:8.2f}{peak:9.0f}{sum(requests.values()):10}  {wall / bare:7.2f}   "
            f"{' '.join(f'{each:.2f}' for each in walls)}   {spoken(requests)}"
        )


def spoken(requests: dict[str, int]) -> str:
    """Return requests by kind: ``10 census, 500 reads, 3 other``."""
    return ", ".join(f"{count} {kind}" for kind, count in sorted(requests.items()))


def compare(vendor: str, wanted: argparse.Namespace) -> None:
    """Pull everything with every puller, and again what changed with okrsync."""
    pullers: Sequence[str] = wanted.only or [
        each for each in PULLERS[vendor] if wanted.libraries or each not in LIBRARIES
    ]
    pullers = [each for each in pullers if each in PULLERS[vendor]]
    taken: dict[str, list[Took]] = {}
    with serving(vendor, wanted.issues, wanted.latency) as url, tempfile.TemporaryDirectory() as scratch:
        for rep in range(wanted.reps):
            for puller in pullers:
                folder = Path(scratch) / f"{puller}-{rep}"
                folder.mkdir()
                taken.setdefault(puller, []).append(pull(puller, url, wanted.in_flight, folder, wanted.issues))
        for again, every in (("unchanged", 0), ("1 % changed", 100)):
            if every:
                told(url, f"/change?every={every}")
            for puller in pullers:
                if puller.startswith("okrsync"):
                    folder = Path(scratch) / f"{puller}-{wanted.reps - 1}"
                    taken[f"{puller} {again}"] = [pull(puller, url, wanted.in_flight, folder, wanted.issues)]
    print(f"\n{vendor}: {wanted.issues:,} issues, {wanted.latency * 1000:g} ms, {wanted.in_flight} in flight")
    table(taken, f"bare_{vendor}" if f"bare_{vendor}" in taken else pullers[0])


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--issues", type=int, default=50_000)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds added to every request")
    parser.add_argument("--in-flight", type=int, default=16, help="of okrsync and the bare puller")
    parser.add_argument("--reps", type=int, default=3)
    parser.add_argument("--vendor", choices=("jira", "github"), action="append")
    parser.add_argument("--only", action="append", help="pullers to run, by name")
    parser.add_argument("--no-libraries", dest="libraries", action="store_false", help="leave the libraries out")
    wanted = parser.parse_args()
    if wanted.issues > 60_000:
        os.environ["BENCH_UNPACED"] = "1"
    # As `make` does: where Python may not write them on its own, modules would be compiled again by every process.
    compileall.compile_dir(ROOT, quiet=1, rx=re.compile(r"/(\.venv|\.git|tests)/"))
    for vendor in wanted.vendor or ("jira", "github"):
        compare(vendor, wanted)


if __name__ == "__main__":
    main()
