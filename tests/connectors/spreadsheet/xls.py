"""Writes a small xls by hand: no library that we have does."""

from __future__ import annotations

import struct
from pathlib import Path

FREE, END_OF_CHAIN, FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def number(row: int, column: int, value: float) -> bytes:
    return record(0x203, struct.pack("<HHHd", row, column, 15, value))


def error(row: int, column: int, code: int) -> bytes:
    return record(0x205, struct.pack("<HHHBB", row, column, 15, code, 1))


def formula_error(row: int, column: int, code: int) -> bytes:
    result = bytes([2, 0, code, 0, 0, 0, 0xFF, 0xFF])
    return record(0x06, struct.pack("<HHH", row, column, 15) + result + struct.pack("<HIH", 0, 0, 0))


def label(row: int, column: int, text: str) -> bytes:
    return record(0x204, struct.pack("<HHHHB", row, column, 15, len(text), 0) + text.encode("latin-1"))


def book(sheet: str, cells: bytes, *, protected: bool = False) -> bytes:
    """Return the stream of a workbook with one sheet."""
    begin = record(0x809, struct.pack("<HHHHII", 0x600, 0x05, 0x0DBB, 0x07CC, 0, 6))
    end = record(0x0A, b"")
    head = begin + (record(0x2F, b"\0" * 54) if protected else b"")
    name = bytes([len(sheet), 0]) + sheet.encode("latin-1")
    start = len(head) + 4 + 6 + len(name) + len(end)
    bound = record(0x85, struct.pack("<IH", start, 0) + name)
    begin_sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0x0DBB, 0x07CC, 0, 6))
    bounds = record(0x200, struct.pack("<IIHHH", 0, 20, 0, 20, 0))
    return head + bound + end + begin_sheet + bounds + cells + end


def save_xls(path: Path, stream: bytes, *, circle: bool = False) -> Path:
    """Write a compound file: sector 0 is the FAT, 1 the directory, the stream follows."""
    stream = stream.ljust(4096, b"\0")
    stream += b"\0" * (-len(stream) % 512)
    count = len(stream) // 512
    chain = [*range(3, 2 + count), 2 if circle else END_OF_CHAIN]
    fat = [FAT_SECTOR, END_OF_CHAIN, *chain]
    fat += [FREE] * (128 - len(fat))
    header = struct.pack(
        "<8s16s6H10I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\0" * 16, 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0, 1, 1, 0, 4096,
        END_OF_CHAIN, 0, END_OF_CHAIN, 0,
    )  # fmt: skip
    header += struct.pack("<109I", 0, *[FREE] * 108)

    def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
        wide = (name + "\0").encode("utf-16-le")
        return struct.pack(
            "<64sH2B3I16sI2Q2II", wide, len(wide), kind, 1, FREE, FREE, child, b"", 0, 0, 0, first, size, 0
        )

    root = entry("Root Entry", 5, 1, END_OF_CHAIN, 0)
    empty = entry("", 0, FREE, 0, 0)
    directory = root + entry("Workbook", 2, FREE, 2, len(stream)) + empty * 2
    path.write_bytes(header + struct.pack("<128I", *fat) + directory + stream)
    return path
