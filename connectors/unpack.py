"""Unpack the body of an answer as it comes, within a limit."""

from __future__ import annotations

import zlib

from connectors.retry import AttemptFailedError, Trouble


class Unpacker:
    """Takes a body apart as it comes, never more than ``limit`` bytes and one: a small gzip can hold gigabytes."""

    def __init__(self, encoding: str, limit: int) -> None:
        self._encoding = encoding.strip().lower()
        if self._encoding not in {"", "identity", "gzip", "x-gzip"}:
            raise AttemptFailedError(Trouble.AWAY, f"packed its answer as {self._encoding!r}, which was not asked for")
        self._gzip = zlib.decompressobj(zlib.MAX_WBITS | 16) if "gzip" in self._encoding else None
        self._limit = limit
        self._parts: list[bytes] = []
        self.size = 0

    def feed(self, piece: bytes) -> None:
        """Take one piece as it came over the wire.

        Raises:
            AttemptFailedError: it is not packed as announced.
        """
        if self._gzip is not None:
            try:
                piece = self._gzip.decompress(piece, self._limit - self.size + 1)
            except zlib.error as error:
                raise AttemptFailedError(Trouble.AWAY, f"sent a damaged gzip body ({error})") from error
        self._parts.append(piece)
        self.size += len(piece)

    def whole(self) -> bytes:
        """Return the body.

        Raises:
            AttemptFailedError: its end is missing.
        """
        if self._gzip is not None and self.size and not self._gzip.eof:
            raise AttemptFailedError(Trouble.AWAY, "cut its gzip body short")
        return b"".join(self._parts)
