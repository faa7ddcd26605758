"""A Reader over sketches of key results, for the tests and the preview."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from config.profiles import shipped
from dashboard.reader import NotFoundError
from mapping.check_ins import CauseKind, CausePart, CheckIn
from mapping.curves import Curve, CurveKind
from mapping.expected import expected_by, line
from mapping.explanation import Explanation, Query
from mapping.forecast import Forecast, daily, forecast
from mapping.gap import Gap, GapItem
from mapping.judging import Judgement
from mapping.profiles import Level
from mapping.readings import Reading
from mapping.rules import Cycle, Metric, MetricKind
from mapping.runs import ConnectionRecord, RunRecord
from mapping.standing import ObjectiveStanding, Overview, Standing
from mapping.status import Pace, Status
from mapping.words import ItemState
from tests.dashboard.sketches import ELAPSED, NOW, OBJECTIVES, Q3, Q4, SKETCHES, START, Sketch


def progress_of(value: Decimal, metric: Metric) -> Decimal:
    if metric.baseline is None:
        reached = value <= metric.target if metric.kind is MetricKind.AT_MOST else value >= metric.target
        return Decimal(int(reached))
    return ((value - metric.baseline) / (metric.target - metric.baseline)).quantize(Decimal("0.0001"))


def clamped(progress: Decimal) -> Decimal:
    return min(Decimal(1), max(Decimal(0), progress))


@dataclass
class Company:
    """A Reader over sketches."""

    sketches: dict[str, tuple[Sketch, ...]] = field(default_factory=lambda: dict(SKETCHES))
    shown_cycles: tuple[Cycle, ...] = (Q3, Q4)
    titles: dict[str, str] = field(default_factory=dict)
    """Objectives that are called something else than in the sketches."""

    def cycles(self) -> Sequence[Cycle]:
        return self.shown_cycles

    def overview(self, cycle: str | None = None) -> Overview:
        if cycle not in {None, *(known.id for known in self.shown_cycles)}:
            raise NotFoundError(cycle)
        objectives = tuple(
            ObjectiveStanding(
                id=id_,
                title=self.titles.get(id_, title),
                team=team,
                owner="ana@acme.test",
                kind=kind,
                progress=None if progress is None else Decimal(progress),
                expected=ELAPSED,
                status=status,
                missing=tuple(f"{id_}/{each.id}" for each in self.sketches[id_] if each.no_data),
                key_results=tuple(self.standing(id_, each) for each in self.sketches[id_]),
            )
            for id_, title, team, kind, status, progress in OBJECTIVES
            if id_ in self.sketches
        )
        if cycle == Q3.id:
            return Overview(cycle=Q3, as_of=NOW, objectives=(), last_run=self.runs(1)[0])
        return Overview(cycle=Q4, as_of=NOW, objectives=objectives, last_run=self.runs(1)[0])

    def standing(self, objective: str, sketch: Sketch) -> Standing:
        history = self.check_ins(objective, sketch)
        last = history[0] if history else None
        measured = NOW - timedelta(hours=sketch.hours)
        return Standing(
            key_result=f"{objective}/{sketch.id}",
            objective=objective,
            title=sketch.title,
            owner=sketch.owner,
            weight=Decimal(1),
            metric=sketch.metric,
            value=last.value if last else None,
            raw_progress=last.raw_progress if last else None,
            progress=last.progress if last else None,
            items=sketch.items,
            done=sketch.done,
            formula=sketch.formula,
            no_data=sketch.no_data,
            stale_reason=sketch.stale,
            stale_since=measured + timedelta(hours=12) if sketch.stale else None,
            measured_at=None if sketch.no_data else measured,
            changed_at=last.at if last else None,
            pace=Pace(elapsed=ELAPSED, expected=ELAPSED, status=sketch.status, because=sketch.because),
            rule_version="3f9a01c27be4",
            trend=tuple(each.progress for each in reversed(history) if each.progress is not None),
        )

    def check_ins(self, objective: str, sketch: Sketch) -> tuple[CheckIn, ...]:
        """Newest first, spread evenly over the days so far."""
        stride = (NOW - START - timedelta(hours=sketch.hours)) / max(1, len(sketch.values))
        made: list[CheckIn] = []
        for index, text in enumerate(sketch.values):
            value = Decimal(text)
            raw = progress_of(value, sketch.metric)
            last = index == len(sketch.values) - 1
            first = (CausePart(kind=CauseKind.FIRST, amount=value),)
            moved = (CausePart(kind=CauseKind.SOURCE_CHANGED, amount=value - Decimal(sketch.values[index - 1])),)
            made.append(
                CheckIn(
                    key_result=f"{objective}/{sketch.id}",
                    run=index + 1,
                    at=START + stride * (index + 1),
                    value=value,
                    metric=sketch.metric,
                    raw_progress=raw,
                    progress=clamped(raw),
                    items=sketch.items,
                    done=sketch.done,
                    formula=sketch.formula if last else "",
                    no_data=None,
                    rule="{}",
                    rule_version="3f9a01c27be4",
                    causes=first if index == 0 else (sketch.causes if last and sketch.causes else moved),
                )
            )
        return tuple(reversed(made))

    def find(self, address: str) -> tuple[str, Sketch]:
        objective, _, wanted = address.partition("/")
        for sketch in self.sketches.get(objective, ()):
            if sketch.id == wanted:
                return objective, sketch
        raise NotFoundError(address)

    def explain(self, address: str) -> Explanation:
        objective, sketch = self.find(address)
        standing = self.standing(objective, sketch)
        rule = {"measure": {"completion": {"by": "story_points", "from": "jira", "jql": sketch.query}}}
        left_out = [each.note for each in sketch.evidence if not each.counted]
        return Explanation(
            standing=standing,
            cycle=Q4.id,
            objective_title=next(each[1] for each in OBJECTIVES if each[0] == objective),
            reading=Reading(
                value=standing.value,
                no_data=sketch.no_data,
                items=sketch.items,
                done=sketch.done,
                left_out={note: left_out.count(note) for note in left_out},
                formula=sketch.formula,
                evidence=sketch.evidence,
            ),
            agrees=True,
            steps=tuple(step for step in (sketch.formula, sketch.because) if step),
            queries=(
                Query(
                    connection="jira",
                    connector="jira",
                    text=sketch.query,
                    matched=len(sketch.evidence),
                    last_complete_at=standing.measured_at,
                    outcome="failed" if sketch.stale else "complete",
                    reason=sketch.stale,
                ),
            ),
            rule=json.dumps(rule),
            rule_version="3f9a01c27be4",
            run=len(sketch.values) or None,
            run_at=standing.measured_at,
            check_ins=self.check_ins(objective, sketch),
            expected_line=line(Curve(kind=CurveKind.S_CURVE), Q4.starts_on, Q4.ends_on),
            profiles=tuple(judged(name, standing) for name in ("okrsync", "viva", "servicenow")),
            forecast=self.ahead(address, objective, sketch),
            gap=gap_of(sketch),
        )

    def ahead(self, address: str, objective: str, sketch: Sketch) -> Forecast:
        days = daily(self.check_ins(objective, sketch), sketch.metric, Q4, NOW.date())
        return forecast(
            address, days, Q4.ends_on, lambda day: expected_by(Curve(), Q4.starts_on, Q4.ends_on, day).progress
        )

    def history(self, address: str) -> Sequence[CheckIn]:
        return self.check_ins(*self.find(address))

    def runs(self, limit: int) -> Sequence[RunRecord]:
        return [
            RunRecord(
                seq=seq,
                id=f"run-{seq:04}",
                started_at=NOW - timedelta(hours=2 + 24 * (7 - seq), minutes=2),
                finished_at=NOW - timedelta(hours=2 + 24 * (7 - seq)),
                check_ins=seq % 4,
                connections=(
                    connection(
                        "jira", "failed" if seq == 7 else "complete", "jira: 503 Service Unavailable after 6 tries"
                    ),
                    connection("github", "complete"),
                    connection("kpis", "partial" if seq == 5 else "complete", "kpis.xlsx: row 12 cannot be read"),
                    connection("carbon", "skipped", "not asked for in this run"),
                ),
            )
            for seq in range(7, max(0, 7 - limit), -1)
        ]

    def with_title(self, title: str) -> Company:
        """Return a company whose first objective and its first key result have another title."""
        objective, sketches = next(iter(self.sketches.items()))
        others = {**self.sketches, objective: (replace(sketches[0], title=title), *sketches[1:])}
        return Company(others, titles={objective: title})


def judged(name: str, standing: Standing) -> Judgement:
    profile = shipped()[name]
    level = profile.level(standing.raw_progress or Decimal(0), standing.pace.expected)
    return Judgement(
        profile=name,
        title=profile.title,
        own=name == "okrsync",
        status=Status(level),
        called=profile.called[list(Level).index(level)],
        because=standing.pace.because,
        reading=profile.reading,
        source=profile.source,
    )


def gap_of(sketch: Sketch) -> Gap | None:
    """The open bugs that would bring the count of bugs back on pace."""
    if sketch.id != "bugs":
        return None
    items = tuple(
        GapItem(
            connection="jira",
            item=str(place),
            key=f"CHK-{place}",
            title=title,
            state=ItemState.TODO,
            status="To do",
            url=f"https://acme.atlassian.test/browse/CHK-{place}",
            assignee="noor@acme.test",
            created_at=START,
            effect=Decimal(-1),
        )
        for place, title in enumerate(("Vouchers vanish", "Total is rounded twice", "Card form loses focus"), start=50)
    )
    because = "finishing 3 items brings it from 43% to 53%: 52% is on pace"
    return Gap(needed=Decimal("0.52"), items=items, count=3, after=Decimal("0.53"), closes=True, because=because)


def connection(name: str, outcome: str, reason: str = "") -> ConnectionRecord:
    return ConnectionRecord(
        connection=name,
        outcome=outcome,
        reason=None if outcome == "complete" else reason,
        requests=14,
        matched=412,
        read=9,
        skipped=1 if outcome == "partial" else 0,
    )
