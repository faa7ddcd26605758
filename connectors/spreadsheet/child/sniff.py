"""Tells the format of a file by its content, never by its name alone. Imported by both processes."""

from __future__ import annotations

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
"""The stream that holds an encrypted xlsx ([MS-OFFCRYPTO] 2.3.4); its name stands in the container's directory."""


def format_of_zip(names: set[str]) -> str | None:
    """Return xlsx, xlsb or ods by the entries of a zip, None if it is something else."""
    lower = {name.replace("\\", "/").lower() for name in names}
    if "xl/workbook.bin" in lower:
        return "xlsb"
    if any(name.startswith("xl/") and name.endswith(".xml") and "workbook" in name for name in lower):
        return "xlsx"
    return "ods" if "content.xml" in lower else None


def what_is(head: bytes) -> str:
    """Return what a file that is no workbook looks like, for people."""
    start = head[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        return "empty"
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head")):
        return "an HTML page"
    if start.startswith((b"<?xml", b"<workbook")):
        return "an XML file"
    if start.startswith(b"%pdf"):
        return "a PDF"
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "binary data of an unknown kind"
    return "plain text"
