"""How Prefect behaves for us: quiet, private, with its files in okrsync's data folder. Does not import Prefect."""

from __future__ import annotations

import json
import os
import socket
import tomllib
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from urllib.parse import urlsplit

QUIET: Mapping[str, str] = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_LOGGING_INTERNAL_LEVEL": "ERROR",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    # The store keeps what happened; copies of log lines in Prefect's database only slow the next run down.
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    # A cold start of the temporary server was measured at 12 to 22 seconds; the default limit is 20.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
}

SILENT: Mapping[str, str] = {
    # Whoever runs a flow for a person gets its exceptions, and says them in a line; Prefect fills pages with them.
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",
}


def prepare(data_folder: Path, environ: MutableMapping[str, str] | None = None) -> None:
    """Set Prefect's environment before it is imported; what a person has set stays."""
    environ = os.environ if environ is None else environ
    for name, value in {**QUIET, **SILENT}.items():
        environ.setdefault(name, value)
    api = configured_api(data_folder, environ)
    if api is not None:
        environ.setdefault("PREFECT_API_URL", api)
    else:
        # A database file of its own: two programs on one SQLite file lock each other out.
        home = data_folder / "prefect"
        home.mkdir(parents=True, exist_ok=True)
        environ.setdefault("PREFECT_HOME", str(home))


def configured_api(data_folder: Path, environ: Mapping[str, str]) -> str | None:
    """Return the address of the Prefect API to use: from the environment, a running ``okrsync up``, or the profile."""
    return environ.get("PREFECT_API_URL") or _running_up(data_folder) or _profile_api(environ)


def api_file(data_folder: Path) -> Path:
    """Return where ``okrsync up`` says at which address its Prefect server answers."""
    return data_folder / "prefect-api.json"


def _running_up(data_folder: Path) -> str | None:
    path = api_file(data_folder)
    try:
        url = str(json.loads(path.read_text(encoding="utf-8"))["api_url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # not running, or it was killed while it wrote: then it is not running either
    return url if _answers(url) else None


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), timeout=0.5).close()
    except OSError:
        return False
    return True


def _profile_api(environ: Mapping[str, str]) -> str | None:
    """Return the API of the person's active Prefect profile, read without importing Prefect."""
    home = Path(environ.get("PREFECT_HOME") or Path.home() / ".prefect").expanduser()
    try:
        profiles = tomllib.loads((home / "profiles.toml").read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError):
        return None
    active = environ.get("PREFECT_PROFILE") or profiles.get("active")
    url = profiles.get("profiles", {}).get(active, {}).get("PREFECT_API_URL")
    return str(url) if url else None
