"""A recorded test as a file: written only when it passes at once."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from config.files import TESTS
from config.fixtures import read_tests
from flows.recording import record
from flows.rule_tests import run_tests
from mapping.errors import FixConfigError, OkrsyncError
from okrsync.place import Place
from okrsync.yaml_out import dumped


def recorded(place: Place, address: str) -> str:
    """Return the file of a test that holds what a key result rests on.

    Raises:
        FixConfigError: no such key result, nothing was synced, or something it draws on was never read.
        OkrsyncError: the test does not pass as it was written, which is a fault worth reporting.
    """
    config = place.rules(offline=True)
    with place.store() as store:
        text = dumped(record(config, store, address, now=datetime.now(UTC)), flow=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"recorded{TESTS[0]}"
        file.write_text(text, encoding="utf-8")
        failed = [each for each in run_tests(read_tests([file], config)) if not each.passed]
    if failed:
        said = "; ".join(map(str, failed[0].differences))
        raise OkrsyncError(f"{address} cannot be recorded so that it comes out the same ({said}): please report this")
    return text


def written(text: str, out: Path) -> None:
    """Write a new file, whole or not at all.

    Raises:
        FixConfigError: it is there already, its name is not that of tests, or it cannot be written.
    """
    if not out.name.endswith(TESTS):
        raise FixConfigError(f"{out}: `okrsync test` finds names that end in {TESTS[0]}: name it so")
    if out.exists():
        raise FixConfigError(f"{out} is there already: name another file, or delete it first")
    beside = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        beside.replace(out)
    except OSError as error:
        raise FixConfigError(f"{out}: cannot be written ({error.strerror}): check the folder") from error
