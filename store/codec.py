"""Dataclasses to JSON and back: decimals as strings, enums as values, instants as ISO 8601.

Work items, metrics and causes go through msgspec, which knows dataclasses and is quick. Rules hold a union of
dataclasses (a measure), which it refuses; ``encode`` and ``decode`` carry the class's name along for those.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from mapping.check_ins import CausePart, CheckIn
from mapping.rules import Metric
from mapping.words import WorkItem

T = TypeVar("T")
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
MAPPINGS = ("numbers", "fields")
"""Fields of a work item that hold entries; each entry has change events of its own."""


def _unknown(value: object) -> dict[object, object]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"cannot store a {type(value).__name__}")


_encoder = msgspec.json.Encoder(order="deterministic", enc_hook=_unknown)
_item = msgspec.json.Decoder(WorkItem)
_causes = msgspec.json.Decoder(tuple[CausePart, ...])
_digest = hashlib.blake2b(digest_size=16)
_state = msgspec.json.Decoder(dict[str, Any])


def encode_hashed(item: WorkItem) -> tuple[str, str]:
    """Return the work item as JSON, and 32 hexadecimal digits that change whenever anything in it does.

    The same item always gives the same text.
    """
    body = _encoder.encode(item)
    digest = _digest.copy()  # quicker than a new one
    digest.update(body)
    return body.decode(), digest.hexdigest()


def decode_item(body: str) -> WorkItem:
    """Return the work item of ``encode_hashed``; fields it does not name yet have their defaults."""
    return _item.decode(body)


def differences(old: str, new: str) -> list[tuple[str, str, str]]:
    """Return (field, old JSON, new JSON) for every field that differs between two bodies of one item."""
    before, after = _state.decode(old), _state.decode(new)
    changed: list[tuple[str, Json, Json]] = []
    for name in before.keys() | after.keys():
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        if name in MAPPINGS:
            changed.extend(_entries(name, was, now))
        else:
            changed.append((name, was, now))
    return [(name, _text(was), _text(now)) for name, was, now in sorted(changed, key=itemgetter(0))]


def undone(body: str, old_values: Mapping[str, str]) -> WorkItem:
    """Return the item as it was, given (field, old JSON) of what changed since."""
    state: dict[str, Any] = json.loads(body)
    for name, text in old_values.items():
        value = json.loads(text)
        mapping, _, entry = name.partition(".")
        if not entry:
            state[name] = value
        elif value is None:
            state[mapping].pop(entry, None)
        else:
            state[mapping][entry] = value
    return msgspec.convert(state, WorkItem)


def _entries(name: str, was: Json, now: Json) -> Iterator[tuple[str, Json, Json]]:
    before, after = (entries if isinstance(entries, dict) else {} for entries in (was, now))
    for entry in before.keys() | after.keys():
        old, new = before.get(entry), after.get(entry)
        if old != new and not (name == "numbers" and _same_number(old, new)):
            yield f"{name}.{entry}", old, new


def _same_number(old: Json, new: Json) -> bool:
    """Say whether 5 has become 5.0, which changes nothing."""
    return isinstance(old, str) and isinstance(new, str) and Decimal(old) == Decimal(new)


def _text(value: Json) -> str:
    return _encoder.encode(value).decode()


def encode_metric(metric: Metric) -> str:
    """Return a metric as JSON."""
    return _encoder.encode(metric).decode()


@lru_cache(maxsize=4096)
def decode_metric(text: str) -> Metric:
    """Return the metric of ``encode_metric``. Cached: a key result's metric seldom changes between check-ins."""
    return msgspec.json.decode(text, type=Metric)


def encode_causes(causes: tuple[CausePart, ...]) -> str:
    """Return causes as JSON."""
    return _encoder.encode(causes).decode()


def decode_causes(text: str) -> tuple[CausePart, ...]:
    """Return the causes of ``encode_causes``."""
    return _causes.decode(text)


def encode_check_in(entry: CheckIn) -> str:
    """Return a whole check-in as JSON: one that waits to be published."""
    return _encoder.encode(entry).decode()


def decode_check_in(text: str) -> CheckIn:
    """Return the check-in of ``encode_check_in``."""
    return msgspec.json.decode(text, type=CheckIn)


def encode(value: object) -> str:
    """Return any of our dataclasses as JSON with sorted keys."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def decode(kind: type[T], text: str) -> T:
    """Return the dataclass of ``encode``."""
    value = _typed(kind, json.loads(text))
    if not isinstance(value, kind):
        raise TypeError(f"stored JSON gives a {type(value).__name__}, expected a {kind.__name__}")
    return value


def _plain(value: object) -> Json:
    if is_dataclass(value) and not isinstance(value, type):
        stated = {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.init}
        return {"is": type(value).__name__, **stated}
    if isinstance(value, Mapping):
        return {str(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    plain: Json = msgspec.to_builtins(value)
    return plain


def _typed(kind: Any, data: Any) -> object:
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _one_of(get_args(kind), data)
    if is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        return kind(**{f.name: _typed(hints[f.name], data[f.name]) for f in fields(kind) if f.init and f.name in data})
    if origin is tuple:
        return tuple(_typed(inner, entry) for inner, entry in zip(_kinds_in(kind, len(data)), data, strict=True))
    if origin is not None and issubclass(origin, Mapping):
        return {name: _typed(get_args(kind)[1], entry) for name, entry in data.items()}
    return msgspec.convert(data, kind)


def _kinds_in(kind: Any, count: int) -> tuple[Any, ...]:
    """Return the kind of each entry of a tuple: one kind for all, or a kind for each place."""
    kinds = get_args(kind)
    return kinds[:1] * count if kinds[-1] is Ellipsis else kinds


def _one_of(kinds: tuple[Any, ...], data: Any) -> object:
    if data is None and NoneType in kinds:
        return None
    named = (
        [kind for kind in kinds if is_dataclass(kind) and getattr(kind, "__name__", "") == data["is"]]
        if (isinstance(data, dict))
        else [kind for kind in kinds if kind is not NoneType]
    )
    if len(named) != 1:
        raise TypeError(f"stored JSON {data!r} is none of {kinds}")
    return _typed(named[0], data)


@lru_cache(maxsize=256)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
