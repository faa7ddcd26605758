"""Where a command works: its folder, rules file, settings and store."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mapping.errors import FixConfigError
from okrsync.logs import start_log

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from config.destinations import ConfiguredDestination
    from config.load import Config
    from config.settings import Settings
    from flows.reader import StoreReader
    from store import Store

EMBEDDED = "sqlite:///"


@dataclass(kw_only=True)
class Place:
    """What was said before the command, and what follows from it; everything is read on first use."""

    folder: Path
    config: Path | None = None
    verbose: bool = False
    _rules: dict[bool, Config] = field(default_factory=dict, repr=False)

    @cached_property
    def settings(self) -> Settings:
        """The settings that hold here; unknown ``OKRSYNC_*`` variables are warned about once."""
        from config.settings import load_settings, unknown_variables

        for line in unknown_variables(os.environ):
            sys.stderr.write(f"okrsync: warning: {line}\n")
        settings = load_settings(self.folder, config=self.config)
        start_log(settings, verbose=self.verbose)
        return settings

    @property
    def rules_path(self) -> Path:
        """The rules file or folder of rules files; it need not exist."""
        return self.settings.config

    @property
    def data_folder(self) -> Path:
        """Where okrsync's own files lie, those of Prefect among them."""
        return self.settings.data_dir

    def actor(self, said: str | None) -> str:
        """Return who acts: as said on the command line, in the settings, or as logged in.

        Raises:
            FixConfigError: nobody can be told.
        """
        who = said or self.settings.acting(otherwise="")
        if not who:
            raise FixConfigError("who acts cannot be told: give --as NAME, or set OKRSYNC_USER")
        return who

    def rules(self, *, offline: bool = False) -> Config:
        """Return the rules; ``offline`` leaves secrets alone.

        Raises:
            ConfigProblemsError: all that is wrong with them.
        """
        from config.load import load

        if offline not in self._rules:
            self._rules[offline] = load(self.rules_path, settings=self.settings, offline=offline)
        return self._rules[offline]

    def outlets(self) -> Sequence[ConfiguredDestination]:
        """Return the destinations of the rules; none where the rules cannot be read: the next sync tells them then."""
        from mapping.errors import OkrsyncError

        if not self.rules_path.exists():
            return []
        try:
            return list(self.rules(offline=True).destinations.values())
        except OkrsyncError as error:
            sys.stderr.write(f"okrsync: destinations hear of this with the next sync ({error})\n")
            return []

    def reader(self, *, create: bool = False, as_of: str | None = None) -> StoreReader:
        """Open the store for reading; see ``store``.

        Args:
            create: an empty one where there is none yet.
            as_of: a day (its end is meant) or an instant of the past, as written on the command line.
        """
        from flows.reader import StoreReader

        store = self.store(create=create)
        zones = [each.timezone for each in store.cycles()] if as_of is not None else []
        if as_of is None:
            return StoreReader(store)
        return StoreReader(store, as_of=past_moment(store, as_of, zones[0] if zones else "UTC"))

    def store(self, *, create: bool = False) -> Store:
        """Open the store.

        Raises:
            FixConfigError: there is no store yet and ``create`` does not ask for an empty one.
        """
        from store import Store

        if self.nothing_synced and not create:
            file = self.settings.database_url.removeprefix(EMBEDDED)
            raise FixConfigError(
                f"nothing was synced here yet ({file} is missing): run `okrsync sync`, or name a folder with -C"
            )
        return Store.open(self.settings.database_url)

    @contextmanager
    def trial(self) -> Iterator[Store]:
        """Open the store for a look at what would be done: where there is none yet an empty one, gone afterwards."""
        from store import Store

        if not self.nothing_synced:
            with self.store() as store:
                yield store
            return
        with TemporaryDirectory() as folder, Store.open(f"{EMBEDDED}{folder}/trial.db") as store:
            yield store

    @contextmanager
    def filling(self) -> Iterator[Store]:
        """Open the store to take everything over; where there is no file yet, one comes to be only when that went well.

        Raises:
            FixConfigError: somebody made a store there meanwhile.
        """
        from store import Store
        from store.backup import whole_or_nothing

        if not self.nothing_synced:
            with self.store() as store:
                yield store
            return
        file = Path(self.settings.database_url.removeprefix(EMBEDDED))
        with whole_or_nothing(file) as part, Store.open(f"{EMBEDDED}{part}") as store:
            yield store

    @property
    def nothing_synced(self) -> bool:
        """Whether the store would be a file, and is not there."""
        url = self.settings.database_url
        return url.startswith(EMBEDDED) and not Path(url.removeprefix(EMBEDDED)).exists()


def past_moment(store: Store, text: str, timezone: str) -> datetime:
    """Return the instant of the past that the command line names; a store may be ahead of this machine's clock.

    Raises:
        FixConfigError: it is no day and no time, or lies ahead.
    """
    from config.said import past_moment_of

    now = max([datetime.now(UTC), *(run.finished_at for run in store.runs(1))])
    return past_moment_of(text, timezone, now=now)
