"""Status profiles that come with okrsync, one TOML file each, and those that a team writes itself in the same form."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mapping.errors import FixConfigError
from mapping.profiles import Band, Basis, Profile

HERE = Path(__file__).parent
MAX_BYTES = 20_000
Share = Annotated[Decimal, Field(ge=0, le=2)]
Words = Annotated[str, Field(min_length=1, max_length=300)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BandKeys(_Strict):
    """A name for final scores from ``at`` on."""

    at: Annotated[Decimal, Field(ge=0, le=1)]
    name: Words


class Thresholds(_Strict):
    """The keys of a profile; see mapping.profiles.Profile for what they mean."""

    title: Words
    source: Words
    basis: Basis
    on_track: Share
    at_risk: Share
    called: tuple[Words, Words, Words] = ("on track", "at risk", "off track")
    grace: Annotated[Decimal, Field(ge=Decimal("0.05"), lt=1)] = Decimal("0.05")
    hysteresis: Annotated[int, Field(ge=1, le=30)] = 1
    committed: Share = Decimal(1)
    aspirational: Share = Decimal("0.7")
    partial: Share = Decimal("0.4")
    bands: tuple[BandKeys, ...] = ()
    reading: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Thresholds:
        behind = self.basis is Basis.BEHIND
        if (self.at_risk < self.on_track) if behind else (self.at_risk > self.on_track):
            raise ValueError("at_risk is stricter than on_track: swap them")
        if not self.partial <= min(self.aspirational, self.committed):
            raise ValueError("partial lies above what counts as achieved: lower it")
        bounds = [band.at for band in self.bands]
        if bounds != sorted(set(bounds), reverse=True) or (bounds and bounds[-1] != 0):
            raise ValueError("bands stand highest first, each with a bound of its own, the last one at 0")
        return self

    def profile(self, name: str) -> Profile:
        """Return the profile for the core."""
        plain = {key: getattr(self, key) for key in type(self).model_fields if key != "bands"}
        return Profile(name=name, bands=tuple(Band(at=each.at, name=each.name) for each in self.bands), **plain)


@cache
def shipped() -> Mapping[str, Profile]:
    """Return the profiles that come with okrsync by name, ours first; a variant is called ``viva-points``."""
    files = sorted(HERE.glob("*.toml"), key=lambda path: (path.stem != "okrsync", path.stem))
    return {profile.name: profile for path in files for profile in read_profiles(path)}


def read_profiles(path: Path) -> list[Profile]:
    """Return the profile in a file, named like the file, and its variants.

    Raises:
        FixConfigError: the file cannot be read, is no TOML, or says something that a profile does not know.
    """
    try:
        text = path.read_bytes()[: MAX_BYTES + 1]
        if len(text) > MAX_BYTES:
            raise FixConfigError(f"{path}: a status profile has at most {MAX_BYTES} bytes: shorten it")
        data = tomllib.loads(text.decode(), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FixConfigError(f"{path}: cannot be read as a status profile ({error}): write TOML") from error
    variants = data.pop("variants", {})
    if not isinstance(variants, dict) or not all(isinstance(each, dict) for each in variants.values()):
        raise FixConfigError(f"{path}: variants: write each as [variants.name] with the keys that differ")
    made = [_checked(path, path.stem, data)]
    return made + [_checked(path, f"{path.stem}-{name}", {**data, **keys}) for name, keys in variants.items()]


def _checked(path: Path, name: str, data: Mapping[str, Any]) -> Profile:
    try:
        return Thresholds.model_validate(data).profile(name)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or name
        message = str(first["ctx"]["error"]) if first["type"] == "value_error" else first["msg"].lower()
        raise FixConfigError(f"{path}: {where}: {message}: correct it as docs/semantics.md, Profiles, shows") from error
