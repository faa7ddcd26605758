"""The shape of a rules file: what may stand where. Used to check files and to write the JSON Schema for editors.

Connections and selections belong to the connectors; what they allow is added from their own models.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from mapping.curves import CurveKind
from mapping.rules import Guard, Mode, ObjectiveKind, Period, PeriodPolicy, Running
from mapping.shares import DoubleCounting

ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
"""Ids of connections, cycles, objectives and key results; a slash would split an address."""
DEFAULT_TIMEZONE = "UTC"
DEFAULT_CRON = "0 2 * * *"

Text = Annotated[str, Field(min_length=1)]


class Strict(BaseModel):
    """Base: nothing unknown goes by unnoticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CycleKeys(Strict):
    """A span of time that objectives are set for."""

    starts_on: date = Field(description="First day.")
    ends_on: date = Field(description="First day after it: a quarter that begins on 2026-10-01 ends on 2027-01-01.")


class PaceKeys(Strict):
    """The curve of expected progress, without the dates in by and freeze."""

    curve: CurveKind = Field(
        default=CurveKind.LINEAR, description="linear, working_days, s_curve, or dated shares: milestones or points."
    )
    country: Text | None = Field(default=None, description="ISO 3166 code; its weekends and holidays are off.")
    region: Text | None = Field(default=None, description="Part of the country with holidays of its own, as BY in DE.")


class ProfileKeys(Strict):
    """The thresholds of a status."""

    name: Text = Field(default="okrsync", description="One that comes with okrsync, or a file ours.toml beside this.")
    grace: Annotated[Decimal, Field(ge=Decimal("0.05"), lt=1)] | None = Field(
        default=None, description="Share of the cycle in which nothing is coloured; 0.05 at least."
    )
    hysteresis: Annotated[int, Field(ge=1, le=30)] | None = Field(
        default=None, description="Runs in a row that must agree before a status gets better; 1 by default."
    )


class ScheduleKeys(Strict):
    """When the nightly sync runs."""

    cron: Text = Field(default=DEFAULT_CRON, description="Minute, hour, day, month, weekday; 02:00 every night.")
    timezone: Text | None = Field(default=None, description="IANA name; the file's time zone by default.")


class ObjectiveKeys(Strict):
    """An objective, without its key results."""

    title: Text = Field(description="What is to be reached, in a sentence.")
    cycle: Text = Field(description="One of the cycles above.")
    team: Text | None = Field(default=None, description="Whose objective it is.")
    teams: tuple[Text, ...] = Field(default=(), description="Teams that contribute, beside the one whose it is.")
    parent: Text | None = Field(default=None, description="The objective that this one serves.")
    was: Text | None = Field(default=None, description="Its id until now: history comes along under the new one.")
    take_over: bool = Field(default=False, description="Make it the file's, although people made it in the store.")
    owner: Text | None = Field(default=None, description="Who answers for it; a person's e-mail address.")
    kind: ObjectiveKind = Field(
        default=ObjectiveKind.ASPIRATIONAL,
        description="committed: 100 % is expected; aspirational: 70 % is a success.",
    )
    level: Literal["company", "team", "person"] = Field(default="team", description="Whose level it belongs to.")
    double_counting: DoubleCounting | None = Field(
        default=None, description="What an item counts here that feeds other key results too: allow, split, exclusive."
    )


class GuardKeys(Strict):
    """When a new value is held for a person to look at, instead of being published."""

    shrink: Annotated[Decimal, Field(gt=0, le=1)] | Literal["none"] = Field(
        default=Decimal("0.5"), description="When this share of the items that counted is gone at once; or none."
    )
    jump: Annotated[Decimal, Field(gt=0)] | Literal["none"] = Field(
        default=Decimal(8),
        description="When it moves further than so many times the median absolute deviation of its moves; or none.",
    )
    flip: bool = Field(default=True, description="When its sign changes although neither baseline nor target does.")

    def guard(self) -> Guard:
        """Return the guard in the words of the core."""
        shrink, jump = (None if limit == "none" else limit for limit in (self.shrink, self.jump))
        return Guard(shrink=shrink, jump=jump, flip=self.flip)


class KeyResultKeys(Strict):
    """A key result, without metric and measure."""

    title: Text = Field(description="What is measured, in a sentence.")
    owner: Text | None = Field(default=None, description="Who answers for it.")
    team: Text | None = Field(default=None, description="Whose work it is, where that is another than the objective's.")
    was: Text | None = Field(
        default=None, description="Its id until now, or objective/id where it moved: history comes along."
    )
    take_over: bool = Field(default=False, description="Make it the file's, although people made it in the store.")
    weight: Decimal = Field(default=Decimal(1), gt=0, description="Share in the objective's progress.")
    mode: Mode = Field(
        default=Mode.AUTO,
        description="auto: the measure sets the value; suggest: it proposes, a person accepts; manual: people do.",
    )
    guard: GuardKeys | Literal["none"] | None = Field(
        default=None, description="When a new value is held for review; none: never. The file's own guard by default."
    )


class MetricTerms(Strict):
    """What is said of a metric beside its amounts."""

    unit: str | None = Field(default=None, description="percent, a currency code such as EUR, or a name such as bugs.")
    per: Period | None = Field(default=None, description="The target holds for each of these spans.")
    over: PeriodPolicy = Field(default=PeriodPolicy.MEAN, description="How several spans become one value.")
    running: Running = Field(
        default=Running.LEAVE_OUT,
        description="The span under way: leave_out, prorate (what it will come to at this rate) or count as it is.",
    )


class MetricKeys(MetricTerms):
    """From where to where. Amounts are numbers or texts such as 15%, 1.2 M€, x10."""

    baseline: str | Decimal | None = Field(default=None, description="Where it started.")
    target: str | Decimal | None = Field(
        default=None, description="Where it shall end; or relative to the baseline: x10, double, +20%, -10%, +10pp."
    )
    at_least: str | Decimal | None = Field(default=None, description="Reached when the value is this or more.")
    at_most: str | Decimal | None = Field(default=None, description="Reached when the value is this or less.")
    above: str | Decimal | None = Field(default=None, description="Reached when the value is more than this.")
    below: str | Decimal | None = Field(default=None, description="Reached when the value is less than this.")
    between: list[str | Decimal] | None = Field(
        default=None, description="Reached from the first to the second amount, both included: [20, 25]."
    )
    commit: str | Decimal | None = Field(
        default=None, description="What was promised, 30 % of the way; between baseline and target, with stretch."
    )
    stretch: str | Decimal | None = Field(
        default=None, description="The whole way, beyond the target; the target is 70 % of it then."
    )


class CurrenciesKeys(Strict):
    """What money in other currencies is converted by."""

    base: Text = Field(description="ISO 4217 code of the currency that the rates are a unit of, such as EUR.")
    rates: dict[date, dict[str, Annotated[Decimal, Field(gt=0)]]] = Field(
        description="By the day from which on they hold: what one unit of the base is worth, {2026-10-01: {USD: 1.08}}."
    )
