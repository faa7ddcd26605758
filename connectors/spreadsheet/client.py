"""Talks to the child process that reads a workbook. The only file that knows the child's wire in this process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import IO

import msgspec

from connectors.spreadsheet.cells import Area, Cell, CellKind, Directory, Sheet
from connectors.spreadsheet.child import caps
from mapping.errors import FixConfigError, OkrsyncError, TryAgainError

GRACE_SECONDS = 0.5
"""How long a child that is no longer needed may take to end by itself."""
_ROOMS = Path(__file__).resolve().parents[2]
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from connectors.spreadsheet.child.main import main; main()"
_PASSED_ON = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")
"""All of our environment that the child sees: what an interpreter may need to start. No secrets."""


class _End(msgspec.Struct):
    merged: list[Area] = []
    tells_errors: bool = True


class _Answer(msgspec.Struct):
    directory: Directory | None = None
    cells: list[tuple[int, int, CellKind, str, str]] | None = None
    end: _End | None = None
    refused: str | None = None


_DECODER = msgspec.json.Decoder(_Answer)


class WorkbookChild:
    """One child process with one file open. Start it with ``start``; ``aclose`` ends it. One request at a time."""

    def __init__(self, said: str, process: asyncio.subprocess.Process) -> None:
        self._said = said
        self._process = process
        self.directory = Directory(format="", sheets=())
        self._sheets: dict[str, Sheet] = {}

    @classmethod
    async def start(cls, copy: IO[bytes], said: str) -> WorkbookChild:
        """Open a file, given as a copy that nobody else changes.

        Raises:
            FixConfigError: it is no workbook, damaged, protected, or too big; the text says which.
            TryAgainError: the child was killed from outside, or the machine is too busy.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-c", _BOOT, str(_ROOMS), str(copy.fileno()),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            pass_fds=(copy.fileno(),), limit=caps.LINE_BYTES, cwd="/",
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        )  # fmt: skip
        child = cls(said, process)
        try:
            async with asyncio.timeout(caps.WALL_SECONDS):
                answer = await child._answer()
        except TimeoutError as error:
            await child.aclose()
            raise child._too_slow() from error
        except BaseException:
            await child.aclose()
            raise
        if answer.directory is not None:
            child.directory = answer.directory
        return child

    async def sheet(self, name: str | None) -> Sheet:
        """Return the cells of a sheet, which must be one of the directory's; asked for again, they are at hand.

        After an error other than a refusal the child is gone.

        Raises:
            FixConfigError: the sheet is no worksheet, damaged or too big.
            TryAgainError: as ``start``.
        """
        if name is None:
            raise FixConfigError(f"{self._said} has sheets: say which: sheet: …")
        if name not in self._sheets:
            self._sheets[name] = await self._asked_for(name)
        return self._sheets[name]

    async def _asked_for(self, name: str) -> Sheet:
        stdin = self._process.stdin
        if stdin is None:
            raise RuntimeError("the child was started without a pipe")
        try:
            async with asyncio.timeout(caps.WALL_SECONDS):
                stdin.write(msgspec.json.encode({"sheet": name}) + b"\n")
                return await self._receive(Sheet(file=self._said, name=name))
        except TimeoutError as error:
            await self.aclose()
            raise self._too_slow() from error
        except (asyncio.CancelledError, ConnectionError):
            await self.aclose()
            raise

    @property
    def alive(self) -> bool:
        """Whether it can still answer."""
        return self._process.returncode is None

    async def aclose(self) -> None:
        """End the process and collect it. Again does nothing.

        It is let go by itself first: killing one that has just ended makes asyncio warn of an unknown child.
        """
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                await self._drained()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself just now
                self._process.kill()
            await self._drained()

    async def _drained(self) -> None:
        """Wait for the end of the child, throwing away what it still says: a full pipe would keep both waiting."""
        while self._process.stdout is not None and await self._process.stdout.read(caps.BATCH_BYTES):
            pass
        await self._process.wait()

    async def _receive(self, sheet: Sheet) -> Sheet:
        received = 0
        while True:
            answer = await self._answer()
            for row, column, kind, text, style in answer.cells or ():
                sheet.rows.setdefault(row, {})[column] = Cell(kind, text, style)
                received += len(text)
            if received > caps.SENT_BYTES:
                await self.aclose()
                raise FixConfigError(
                    f"{sheet}: holds more than {caps.shown(caps.SENT_BYTES)} of text: delete what is not needed"
                )
            if answer.end is not None:
                sheet.merged, sheet.tells_errors = tuple(answer.end.merged), answer.end.tells_errors
                return sheet

    async def _answer(self) -> _Answer:
        stdout = self._process.stdout
        if stdout is None:
            raise RuntimeError("the child was started without a pipe")
        try:
            line = await stdout.readline()
            answer = _DECODER.decode(line) if line.endswith(b"\n") else None
        except (ValueError, msgspec.DecodeError) as error:  # ValueError: a line longer than any batch
            await self.aclose()
            raise FixConfigError(f"{self._said}: its reader spoke out of turn: {error}") from error
        if answer is None:
            raise self._broken_off(await self._process.wait())
        if answer.refused is not None:
            raise FixConfigError(f"{self._said} {answer.refused}")
        return answer

    def _broken_off(self, code: int) -> OkrsyncError:
        if code == -signal.SIGXCPU:
            return FixConfigError(
                f"{self._said} takes more than {caps.CPU_SECONDS} s of computing to read: split it, or save it again"
            )
        if code == -signal.SIGKILL:
            return TryAgainError(f"{self._said}: its reader was killed (SIGKILL): the machine may be out of memory")
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return FixConfigError(
            f"{self._said} broke its reader ({how}), most likely by needing more than the "
            f"{caps.shown(caps.MEMORY_BYTES)} of memory allowed: split the file, or save it again"
        )

    def _too_slow(self) -> TryAgainError:
        return TryAgainError(f"{self._said} took more than {caps.WALL_SECONDS:g} s to read: the machine may be busy")
