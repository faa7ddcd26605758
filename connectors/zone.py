"""A time zone as connections and rules name it."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator


def _known(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {zone!r}: use an IANA name such as Europe/Paris") from error
    return zone


ZoneName = Annotated[str, AfterValidator(_known)]
"""An IANA name that this machine knows."""
