"""A process that has imported the commands already, and forks for each one that is to be run.

The imports of a command cost more than most commands do. It imports neither Prefect nor a vendor's library: a command
that needs them loads them late, as it does for everyone.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

IMPORTED = ("okrsync.cli", "okrsync.show_why", "flows.reader", "flows.work", "flows.plans", "okrsync.running")


class Starter:
    """Runs commands one after the other, each in a process of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.flows.starter"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        atexit.register(self.close)

    def run(self, words: tuple[str, ...], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run a command; never raises for its exit code."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        with tempfile.TemporaryDirectory() as folder, self._lock:
            told = {"words": words, "env": dict(env), "folder": str(Path.cwd()), "out": folder}
            stdin.write(json.dumps(told) + "\n")
            stdin.flush()
            code = int(stdout.readline())
            out, err = (Path(folder, name).read_text(encoding="utf-8") for name in ("stdout", "stderr"))
        return subprocess.CompletedProcess(["okrsync", *words], code, out, err)

    def close(self) -> None:
        """Let it end: it waits for commands until its input is closed."""
        self._process.communicate()


@cache
def starter() -> Starter:
    """Return the one of this process."""
    return Starter()


def _serve() -> None:
    for name in IMPORTED:
        importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _become(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _become(told: dict[str, Any]) -> None:
    """Be the command: its words, environment, folder and streams. It leaves as any program does."""
    os.environ.clear()
    os.environ.update(told["env"])
    os.chdir(told["folder"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(Path(told["out"], name), os.O_WRONLY | os.O_CREAT), number)
    sys.argv = ["okrsync", *told["words"]]
    runpy.run_module("okrsync", run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    _serve()
