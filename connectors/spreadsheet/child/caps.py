"""How much a file may ask of us. python and python-calamine need under 60 MB of it for themselves."""

from __future__ import annotations

MEGABYTE = 1024 * 1024

FILE_BYTES = 100 * MEGABYTE
"""Largest file that is opened at all."""
MEMORY_BYTES = 512 * MEGABYTE
"""Address space of the child process."""
CPU_SECONDS = 10
WALL_SECONDS = 10.0
"""Per request to the child."""

ZIP_ENTRIES = 1_000
UNPACKED_BYTES = 100 * MEGABYTE
RATIO = 200
RATIO_FROM_BYTES = MEGABYTE
"""Below this unpacked size an entry may be packed as well as it likes: it harms nobody."""

ROWS = 200_000
COLUMNS = 2_000
DENSE_CELLS = 4_000_000
"""Rows times columns: calamine lays a sheet out densely, with 24 bytes a cell or more."""
FILLED_CELLS = 500_000
"""Takes some 5 of the 10 seconds."""
TEXT_LENGTH = 32_767
"""What a cell can hold in Excel."""
SENT_BYTES = 64 * MEGABYTE
"""What one sheet may send over the pipe."""
LINE_BYTES = 4 * MEGABYTE
"""Longest line on the pipe; several times what a batch comes to."""
BATCH_BYTES = 256 * 1024


def shown(size: int) -> str:
    """Return a size for people.

    >>> shown(3 * 1024 * 1024)
    '3.0 MB'
    """
    return f"{size / MEGABYTE:.1f} MB" if size >= MEGABYTE // 10 else f"{size:,} bytes"
