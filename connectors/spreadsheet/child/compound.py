"""Finds a stream in a compound file, the container of xls ([MS-CFB] 2.2 header, 2.3 FAT, 2.6 directory)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from connectors.spreadsheet.child.wire import RefusedError

_HEADER = struct.Struct("<8s16s6H10I")
_ENTRY = struct.Struct("<64sH2B3I16sI2Q3I")
_LAST = 0xFFFFFFFA
"""Sector numbers from here on mean: no sector."""
_IN_HEADER = 109
_SHORT = 4096
"""Streams shorter than this lie in the mini stream."""


def stream_of(data: bytes, names: Sequence[str]) -> bytes | None:
    """Return the content of the first stream with one of the names; None if there is none.

    Raises:
        RefusedError: the container is damaged.
    """
    try:
        return _Compound(data).stream(names)
    except (struct.error, IndexError) as error:
        raise RefusedError("is damaged: its container does not hold together: save it again") from error


class _Compound:
    def __init__(self, data: bytes) -> None:
        self._data = data
        header = _HEADER.unpack_from(data)
        self._size = 1 << header[5]
        self._mini_size = 1 << header[6]
        first_directory, first_mini_fat, first_difat = header[11], header[14], header[16]
        sectors = list(struct.unpack_from(f"<{_IN_HEADER}I", data, 76))
        per_sector = self._size // 4
        for _ in range(len(data) // self._size):
            if first_difat >= _LAST:
                break
            *more, first_difat = struct.unpack(f"<{per_sector}I", self._sector(first_difat))
            sectors += more
        self._fat = [
            entry
            for sector in sectors
            if sector < _LAST
            for entry in struct.unpack(f"<{per_sector}I", self._sector(sector))
        ]
        mini = b"".join(self._sector(sector) for sector in self._chain(self._fat, first_mini_fat))
        self._mini_fat = list(struct.unpack(f"<{len(mini) // 4}I", mini))
        directory = b"".join(self._sector(sector) for sector in self._chain(self._fat, first_directory))
        self._entries = [_ENTRY.unpack_from(directory, at) for at in range(0, len(directory), _ENTRY.size)]

    def _sector(self, number: int) -> bytes:
        at = (number + 1) * self._size
        return self._data[at : at + self._size]

    def _chain(self, fat: Sequence[int], sector: int) -> Iterator[int]:
        for _ in range(len(fat) + 1):
            if sector >= _LAST:
                return
            yield sector
            sector = fat[sector]
        raise RefusedError("is damaged: its container runs in a circle: save it again")

    def stream(self, names: Sequence[str]) -> bytes | None:
        for entry in self._entries:
            name = entry[0][: max(entry[1] - 2, 0)].decode("utf-16-le", "replace")
            if name in names:
                return self._content(entry[11], entry[12])
        return None

    def _content(self, first: int, size: int) -> bytes:
        # The upper half of the size, which version 3 leaves undefined, is not read: no xls has 4 GiB.
        if size >= _SHORT:
            return b"".join(self._sector(sector) for sector in self._chain(self._fat, first))[:size]
        root = b"".join(self._sector(sector) for sector in self._chain(self._fat, self._entries[0][11]))
        step = self._mini_size
        return b"".join(root[at * step : (at + 1) * step] for at in self._chain(self._mini_fat, first))[:size]
