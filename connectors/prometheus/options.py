"""What may be configured for a Prometheus, and what a rule may ask it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from connectors.login import LoginOptions
from connectors.plain import unit_of
from connectors.port import SelectionModel, Shape

MOST_POINTS = 11_000
"""Points of a series that Prometheus gives in one answer; it refuses a query for more."""
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_PART = re.compile(r"(\d+)(ms|[smhdwy])")


def duration(text: str) -> timedelta:
    """Return a duration as Prometheus writes it: ``90d``, ``1h30m``.

    https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations

    Raises:
        ValueError: it is none, or shorter than a second.
    """
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is no duration: write it like 90d, 12h or 1h30m")
    seconds = sum(int(number) * _SECONDS[unit] for number, unit in parts)
    if seconds < 1 or seconds > 100 * _SECONDS["y"]:
        raise ValueError(f"{text!r} is no duration between a second and a century")
    return timedelta(seconds=round(seconds))


def _a_duration(text: str) -> str:
    duration(text)
    return text


Duration = Annotated[str, AfterValidator(_a_duration)]


class PrometheusOptions(LoginOptions):
    """One server."""

    url: str = Field(
        description="Address of the server, with its path prefix if it has one: https://prometheus.acme.example."
    )


class PrometheusSelection(SelectionModel):
    """One number now (``query``), or a series over the time behind us (with ``range``)."""

    query: str = Field(min_length=1, description="PromQL that gives one number, such as sum(up).")
    range: Duration | None = Field(default=None, description="How far back the series goes, such as 90d.")
    step: Duration | None = Field(default=None, description="With range: one number each so long; 1d if left out.")
    unit: str | None = Field(
        default=None, description="percent (42.5 means 42.5 %) or a currency's code such as EUR; none if left out."
    )

    @field_validator("unit")
    @classmethod
    def _is_a_unit(cls, unit: str | None) -> str | None:
        return unit_of(unit)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.range is None:
            if self.step is not None:
                raise ValueError("step goes with range: say how far back the series goes")
            return self
        points = duration(self.range) // self.every
        if not 1 <= points <= MOST_POINTS:
            raise ValueError(
                f"{self.range} in steps of {self.step or '1d'} are {points} numbers, between 1 and {MOST_POINTS} "
                "fit into an answer: change step"
            )
        return self

    @property
    def every(self) -> timedelta:
        """The time between two numbers of a series."""
        return duration(self.step or "1d")

    @property
    def shape(self) -> Shape:
        """Always samples: a Prometheus knows no work items."""
        return "series"
