from __future__ import annotations

import json

from tests.flows.kit import Company, okrsync


def test_the_log_is_silent_unless_asked_for_and_then_text_or_json(rivelle: Company) -> None:
    quiet = okrsync("-C", str(rivelle.folder), "plan", "--json")
    assert quiet.stderr == ""
    told = okrsync(
        "--verbose", "-C", str(rivelle.folder), "plan", "--json",
        env={"OKRSYNC_LOG_LEVEL": "debug", "OKRSYNC_LOG_FORMAT": "json"},
    )  # fmt: skip
    lines = [json.loads(line) for line in told.stderr.splitlines()]
    assert lines
    assert {"at", "level", "logger", "message"} <= lines[0].keys()
