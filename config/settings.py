"""Where okrsync runs and what it may use: settings of the service, from environment, ``.env`` and secrets folder.

What is synced stands in the rules file; this is only about the machine. Sources, strongest first: environment
variables ``OKRSYNC_*``, the file ``.env`` beside the rules, files in the secrets folder (``okrsync_database_url``).
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from config.validation import nearest
from connectors.guard import Guard
from mapping.errors import FixConfigError

PREFIX = "OKRSYNC_"
DEFAULT_CONFIG = Path("okrsync.yaml")
USED_ELSEWHERE = frozenset({"OKRSYNC_FAIL_AT", "OKRSYNC_REAL_DATA", "OKRSYNC_SPECS"})
"""Variables of ours that are no settings: where to fail on purpose, and where the tests find what they read."""


class Settings(BaseSettings):
    """Settings of the service. Paths are absolute, so that nothing depends on the working folder later."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    config: Path = Field(default=DEFAULT_CONFIG, description="Rules file, or a folder of rules files.")
    database_url: str = Field(
        default="", repr=False, description="SQLAlchemy URL of the store; empty: SQLite in okrsync.db beside the rules."
    )
    data_dir: Path = Field(
        default=Path(".okrsync"), description="Folder for okrsync's own files, those of Prefect among them."
    )
    secrets_dir: Path | None = Field(default=None, description="Folder whose files ${file:NAME} reads.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Least log level.")
    log_format: Literal["text", "json"] = Field(default="text", description="Form of log lines.")
    in_flight: int = Field(default=8, ge=1, le=64, description="Requests under way at once, per connection.")
    budget_seconds: float = Field(
        default=900.0, gt=0, description="How long a run waits for a busy vendor before it gives up, in seconds."
    )
    hold_vanished: float = Field(
        default=0.2,
        gt=0,
        le=1,
        description="From which share of a selection on its key results are held when items vanish at the vendor at "
        "once; fewer than five never are.",
    )
    user: str = Field(default="", description="Who acts on the command line; empty: the name of the login.")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Internal hosts that connections may reach, besides public ones: names, addresses, either with "
        ":port, or networks, separated by commas.",
    )
    language: Literal["en", "fr"] = Field(default="en", description="Language of what people read.")

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _hosts(cls, value: object) -> object:
        entries = value.split(",") if isinstance(value, str) else value
        if isinstance(entries, list | tuple):
            entries = tuple(str(entry).strip() for entry in entries if str(entry).strip())
            Guard.of(entries)
        return entries

    def acting(self, otherwise: str = "okrsync") -> str:
        """Return who acts: as set, else the name of the login, else ``otherwise``."""
        if self.user:
            return self.user
        try:
            return getpass.getuser()
        except (OSError, KeyError):  # a container without an entry for its user
            return otherwise

    @property
    def folder(self) -> Path:
        """The folder of the rules: relative paths in them are meant from here."""
        return self.config if self.config.is_dir() else self.config.parent


def load_settings(folder: Path, *, config: Path | None = None) -> Settings:
    """Return the settings that hold in a folder.

    Args:
        folder: where okrsync works; relative paths are meant from here.
        config: rules file or folder of rules files, when it was named on the command line.

    Raises:
        FixConfigError: a setting has a value that it cannot have; all of them are named.
    """
    folder = folder.resolve()
    env_file = _beside(folder, config or _configured(folder)) / ".env"
    secrets = _secrets_dir(folder, env_file)

    class Here(Settings):
        model_config = SettingsConfigDict(env_file=env_file, env_file_encoding="utf-8", secrets_dir=secrets)

    try:
        settings = Here() if config is None else Here(config=config)
    except ValidationError as error:
        raise FixConfigError(_settings_message(error)) from error
    return _absolute(settings, folder, secrets)


def _absolute(settings: Settings, folder: Path, secrets: Path | None) -> Settings:
    config = folder / settings.config
    beside = _beside(folder, config)
    database = settings.database_url or f"sqlite:///{beside / 'okrsync.db'}"
    return settings.model_copy(
        update={
            "config": config,
            "database_url": database,
            "data_dir": beside / settings.data_dir,
            "secrets_dir": secrets,
        }
    )


def _beside(folder: Path, config: Path) -> Path:
    config = folder / config
    return config if config.is_dir() else config.parent


def _configured(folder: Path) -> Path:
    return Path(environment(folder / ".env").get(f"{PREFIX}CONFIG") or DEFAULT_CONFIG)


def _secrets_dir(folder: Path, env_file: Path) -> Path | None:
    named = environment(env_file).get(f"{PREFIX}SECRETS_DIR")
    if not named:
        return None
    found = folder / named
    if not found.is_dir():
        raise FixConfigError(f"{PREFIX}SECRETS_DIR: {found} is no folder: create it, or correct the path")
    return found


def environment(env_file: Path, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment with what ``.env`` adds; a real variable outranks the file.

    ``environ`` stands for the process's own environment.
    """
    found = {}
    if env_file.is_file():
        found = {name: value for name, value in dotenv_values(env_file, interpolate=False).items() if value is not None}
    return found | dict(os.environ if environ is None else environ)


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Return a line for each ``OKRSYNC_*`` variable that no setting reads, with the nearest that one does."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    return [
        _unknown(name, known)
        for name in sorted(environ)
        if name.upper().startswith(PREFIX) and name.upper() not in known | USED_ELSEWHERE
    ]


def _unknown(name: str, known: set[str]) -> str:
    meant = nearest(name, known)
    advice = f"did you mean {meant}?" if meant else f"settings are {', '.join(sorted(known))}"
    return f"{name} is no setting of okrsync and has no effect: {advice}"


def _settings_message(error: ValidationError) -> str:
    lines = []
    for each in error.errors(include_url=False, include_input=False):
        name = f"{PREFIX}{'_'.join(str(part) for part in each['loc'])}".upper()
        lines.append(f"{name}: {each['msg'][:1].lower()}{each['msg'][1:]}: correct it in the environment or in .env")
    return "\n".join(lines)
