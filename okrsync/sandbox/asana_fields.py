"""What an answer of Asana shows of a record: its ``opt_fields``, or the compact form of its type.

https://developers.asana.com/docs/inputoutput-options
"""

from __future__ import annotations

from collections.abc import Iterable

from okrsync.sandbox.wire import Record

COMPACT = {
    "": ("gid", "resource_type", "name"),
    "task": ("gid", "resource_type", "resource_subtype", "name"),
    "story": ("gid", "resource_type", "resource_subtype", "created_at", "created_by", "text"),
    "custom_field": (
        "gid",
        "resource_type",
        "name",
        "type",
        "enum_options",
        "number_value",
        "text_value",
        "display_value",
    ),
}
"""By ``resource_type``."""


def projected(record: Record, paths: Iterable[str]) -> Record:
    """Return a record with its gid and the named members; unknown names are left out, as Asana does."""
    wanted: dict[str, list[str]] = {}
    for path in paths:
        name, _, below = path.partition(".")
        wanted.setdefault(name, [])
        if below:
            wanted[name].append(below)
    shown: Record = {"gid": record["gid"]} if "gid" in record else {}
    return shown | {name: _member(record[name], below) for name, below in wanted.items() if name in record}


def _member(value: object, below: list[str]) -> object:
    if isinstance(value, list):
        return [_member(each, below) for each in value]
    if not isinstance(value, dict):
        return value
    if below:
        return projected(value, below)
    names = COMPACT.get(value.get("resource_type", ""), COMPACT[""])
    return {name: value[name] for name in names if name in value} if "resource_type" in value else value
