"""Looks at a zip before anything opens it: how many entries, how big really, how hard packed, nothing nested."""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import IO

from connectors.spreadsheet.child import caps
from connectors.spreadsheet.child.wire import RefusedError

_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_CHUNK = 64 * 1024
_ENCRYPTED = 0x1
_NESTED = (".zip", ".xlsx", ".xlsm", ".xlsb", ".xltx", ".ods", ".docx", ".pptx", ".jar")


def check_archive(stream: IO[bytes]) -> zipfile.ZipFile:
    """Return the opened zip once all of it has been counted.

    Sizes in a zip's directory are claims. Every entry is unpacked here once, counted and thrown away.

    Raises:
        RefusedError: it is no sound zip, or asks for more than ``caps`` allow.
    """
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise RefusedError(f"is damaged: not a sound zip ({error}): save it again") from error
    entries = archive.infolist()
    if len(entries) > caps.ZIP_ENTRIES:
        raise RefusedError(f"holds {len(entries):,} zip entries, more than the {caps.ZIP_ENTRIES:,} allowed")
    declared = sum(entry.file_size for entry in entries)
    if declared > caps.UNPACKED_BYTES:
        raise RefusedError(
            f"unpacks to {caps.shown(declared)}, more than the {caps.shown(caps.UNPACKED_BYTES)} allowed: split it"
        )
    left = caps.UNPACKED_BYTES
    for entry in entries:
        left -= _check_entry(stream, entry, left)
    return archive


def _check_entry(stream: IO[bytes], entry: zipfile.ZipInfo, left: int) -> int:
    """Return the true size of an entry."""
    name = entry.filename[:80]
    if entry.flag_bits & _ENCRYPTED:
        raise RefusedError("is protected by a password: save it without one")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise RefusedError(f"packs {name!r} in an unusual way (method {entry.compress_type}): save it again")
    if name.lower().endswith(_NESTED):
        raise RefusedError(f"holds another packed file, {name!r}: take embedded files out")
    packed = max(entry.compress_size, 1)
    if entry.file_size > caps.RATIO_FROM_BYTES and entry.file_size / packed > caps.RATIO:
        raise RefusedError(_too_hard(name, entry.file_size // packed))
    actual = _true_size(stream, entry, left)
    if actual != entry.file_size:
        raise RefusedError(f"is damaged: zip entry {name!r} says {entry.file_size:,} bytes and holds {actual:,}")
    return actual


def _true_size(stream: IO[bytes], entry: zipfile.ZipInfo, left: int) -> int:
    stream.seek(entry.header_offset)
    header = stream.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
        raise RefusedError(f"is damaged: no zip entry stands where the directory says {entry.filename[:80]!r} is")
    *_, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    stream.seek(name_length + extra_length, 1)
    inflate = zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
    actual, packed_left, start = 0, entry.compress_size, b""
    while packed_left > 0 and (packed := stream.read(min(_CHUNK, packed_left))):
        packed_left -= len(packed)
        while packed:
            unpacked, packed = _unpack(inflate, packed, entry)
            actual += len(unpacked)
            start = (start + unpacked)[:4] if len(start) < 4 else start
            if actual > left:
                raise RefusedError(f"unpacks to more than the {caps.shown(caps.UNPACKED_BYTES)} allowed")
            if actual > caps.RATIO_FROM_BYTES and actual / max(entry.compress_size, 1) > caps.RATIO:
                raise RefusedError(_too_hard(entry.filename[:80], actual // max(entry.compress_size, 1)))
    if start == b"PK\x03\x04":
        raise RefusedError(f"holds another packed file, {entry.filename[:80]!r}: take embedded files out")
    return actual


def _unpack(inflate: zlib._Decompress | None, packed: bytes, entry: zipfile.ZipInfo) -> tuple[bytes, bytes]:
    """Return what a piece unpacks to, a megabyte at most, and the rest of it that is still packed."""
    if inflate is None:
        return packed, b""
    try:
        unpacked = inflate.decompress(packed, caps.MEGABYTE)
    except zlib.error as error:
        raise RefusedError(f"is damaged: zip entry {entry.filename[:80]!r} cannot be unpacked ({error})") from error
    return unpacked, inflate.unconsumed_tail


def _too_hard(name: str, ratio: int) -> str:
    return (
        f"packs {name!r} {ratio} times smaller than it is, more than the {caps.RATIO} times allowed: a bomb, or damaged"
    )
