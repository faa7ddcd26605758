"""How long commands take on the demo's folder: medians of five, and the whole process each time.

Run as ``python -m bench.commands [FOLDER]``; makes the folder if it is not there.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from okrsync.sandbox.demo import create, serve

COMMANDS: dict[str, list[str]] = {
    "--help": ["--help"],
    "status": ["status"],
    "why": ["why", "{first}"],
    "plan": ["plan"],
    "sync --in-process": ["sync", "--in-process"],
}
REPEATS = 5


def seconds(command: list[str]) -> float:
    """Return the wall time of one run of a command; it must succeed."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "okrsync", *command], check=True, capture_output=True)
    return time.perf_counter() - started


def first_key_result(folder: Path) -> str:
    """Return the address of the first key result in the folder's store."""
    said = subprocess.run(
        [sys.executable, "-m", "okrsync", "-C", str(folder), "status", "--json"], check=True, capture_output=True
    )
    return str(json.loads(said.stdout)["key_results"][0]["id"])


def main(folder: Path) -> None:
    """Print the medians."""
    if not (folder / "sandbox.json").exists():
        create(folder, now=datetime.now(UTC))
    with serve(folder):
        subprocess.run(
            [sys.executable, "-m", "okrsync", "-C", str(folder), "sync", "--in-process"],
            check=True,
            capture_output=True,
        )
        first = first_key_result(folder)
        for name, words in COMMANDS.items():
            command = ["-C", str(folder), *(word.format(first=first) for word in words)]
            took = [seconds(command) for _ in range(REPEATS)]
            print(f"{name:20} median {statistics.median(took):.2f} s   of {', '.join(f'{each:.2f}' for each in took)}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "okrsync-demo"))
