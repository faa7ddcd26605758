"""A file on disk, of which a whole copy is taken, for people may be saving it while we read."""

from __future__ import annotations

import asyncio
import difflib
import errno
import stat
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from connectors.port import Surroundings
from connectors.spreadsheet.csvfile import SUFFIXES
from connectors.spreadsheet.options import SpreadsheetOptions
from connectors.spreadsheet.places import Book, Edition, check_size, open_file
from mapping.errors import FixConfigError, TryAgainError
from mapping.failpoints import reach

RETRY_AFTER_SECONDS = 0.3
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """Which state of a file it is; equal versions hold equal bytes as far as the file system tells."""

    size: int
    changed_ns: int
    inode: int

    @property
    def changed_at(self) -> datetime:
        """The time of last change in UTC, to the microsecond."""
        return datetime.fromtimestamp(self.changed_ns // 1_000_000_000, UTC).replace(
            microsecond=self.changed_ns // 1_000 % 1_000_000
        )


class FilePlace:
    """A file on disk. Looking whether it changed costs nothing, so every read does."""

    server = "disk"
    account = ""
    fresh_for = 0.0

    def __init__(self, options: SpreadsheetOptions, surroundings: Surroundings) -> None:
        self.said = options.file or ""
        self._options = options
        self._path = surroundings.folder / self.said
        self._reads = 0

    async def edition(self) -> Edition:
        """Return the state that stands on disk now.

        Raises:
            FixConfigError: as ``version_of``.
        """
        return _edition(await asyncio.to_thread(version_of, self._path, self.said))

    async def open(self) -> tuple[Book, Edition]:
        """Open a copy of what stands on disk now.

        Raises:
            FixConfigError: as ``version_of`` and ``open_file``.
            TryAgainError: it is being saved, or the machine is too busy.
        """
        copy, version = await copy_whole(self._path, self.said)
        self._reads += 1
        with copy:
            is_csv = self._path.suffix.lower() in SUFFIXES
            return await open_file(copy, self.said, self._options, is_csv=is_csv), _edition(version)

    def requests(self) -> int:
        """Return how often the file was opened."""
        return self._reads

    async def aclose(self) -> None:
        """Nothing is held."""


def _edition(version: Version) -> Edition:
    mark = f"{version.size} {version.changed_ns} {version.inode}"
    return Edition(mark=mark, changed_at=version.changed_at, size=version.size)


def version_of(path: Path, said: str) -> Version:
    """Return the version that stands on disk now. ``said`` is the path as the config says it.

    Raises:
        FixConfigError: there is no such file, it is a folder, a lock file or too big, or we may not read it.
    """
    if path.name.startswith(("~$", ".~lock.")):
        raise FixConfigError(
            f"{said} is the lock file of a program that has a workbook open: give the workbook's own name"
        )
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FixConfigError(f"no file {said} in {path.parent}{_nearest(path)}") from error
    except OSError as error:
        raise FixConfigError(
            f"{said} cannot be looked at ({error.strerror}): give the service the right to read it"
        ) from error
    if not stat.S_ISREG(found.st_mode):
        raise FixConfigError(f"{said} is no ordinary file: give the path of a spreadsheet")
    check_size(found.st_size, said)
    return Version(size=found.st_size, changed_ns=found.st_mtime_ns, inode=found.st_ino)


def _nearest(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir() if not entry.name.startswith("~$")]
    except OSError:  # the folder is missing or closed to us: then there is nothing to propose
        return ": there is no such folder that we may read"
    near = difflib.get_close_matches(path.name, names, n=3)
    return f": nearest: {', '.join(near)}" if near else ": check the path, which is meant from the folder of the config"


async def copy_whole(path: Path, said: str) -> tuple[IO[bytes], Version]:
    """Return an unnamed copy of the file, and the version it is of.

    Raises:
        FixConfigError: as ``version_of``.
        TryAgainError: the file changed under our hands twice.
    """
    copied = await asyncio.to_thread(_copy_once, path, said)
    if copied is None:
        await asyncio.sleep(RETRY_AFTER_SECONDS)
        copied = await asyncio.to_thread(_copy_once, path, said)
    if copied is None:
        raise TryAgainError(f"{said} is being saved: it changed twice while it was read: sync again when it is saved")
    return copied


def _copy_once(path: Path, said: str) -> tuple[IO[bytes], Version] | None:
    """Return None if the file changed meanwhile."""
    before = version_of(path, said)
    with ExitStack() as on_failure:
        copy = on_failure.enter_context(tempfile.TemporaryFile())
        try:
            reach("connectors.spreadsheet.copy")
            size = _copy(path, copy, at_most=before.size)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise TryAgainError(f"{said} cannot be copied, for the disk is full: free space on it") from error
            raise FixConfigError(
                f"{said} cannot be read ({error.strerror}): give the service the right to read it"
            ) from error
        if size != before.size or version_of(path, said) != before:
            return None
        copy.seek(0)
        on_failure.pop_all()
        return copy, before


def _copy(path: Path, copy: IO[bytes], *, at_most: int) -> int:
    """Return the size of what was read, which ends soon after ``at_most`` bytes."""
    size = 0
    with path.open("rb") as original:
        while size <= at_most and (chunk := original.read(_CHUNK)):
            size += len(chunk)
            copy.write(chunk)
    copy.flush()
    return size
