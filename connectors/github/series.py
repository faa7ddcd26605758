"""From what happened to samples: the total so far, each event, how many in each period, or how long each took."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

from connectors.github.client import GitHubClient
from connectors.github.happenings import Happening, Happenings
from connectors.github.readings import Readings
from connectors.github.selection import GitHubSelection
from connectors.port import OnSkip
from mapping.words import Sample, Selection

BACK = timedelta(days=366)
"""How far back events are read when the selection does not say since when."""
REST_ONLY = ("releases", "workflow_runs")
BATCH = 500
EXACT = Decimal("0.0001")
NOUNS = {
    "releases": "releases",
    "deployments": "deployments",
    "merged_pull_requests": "merged pull requests",
    "workflow_runs": "workflow runs",
    "stars": "stars",
}


class SeriesReader:
    """Reads series of one connection."""

    def __init__(self, client: GitHubClient, readings: Readings) -> None:
        self._client = client
        self._readings = readings
        self._happenings = Happenings(client)

    async def samples(
        self, selection: Selection, terms: GitHubSelection, _on_skip: OnSkip
    ) -> AsyncIterator[list[Sample]]:
        """Stream the samples, oldest first.

        Raises:
            FixConfigError: a repository is not there, or the series needs a token.
            PartialReadError: the end was not reached.
        """
        if terms.series not in REST_ONLY and not (terms.series == "stars" and _only_counted(terms)):
            self._readings.need_graphql(NOUNS[terms.series or "stars"])
        repos = await self._readings.owners.repositories(terms)
        points = [point async for point in self._points(repos, terms)]
        origin = f"{NOUNS[terms.series or 'stars']} of {', '.join(repos[:3])}{' …' if len(repos) > 3 else ''}"
        for start in range(0, len(points), BATCH):
            yield [
                Sample(connection=self._client.connection, series=selection.key, at=at, value=value, origin=origin)
                for at, value in points[start : start + BATCH]
            ]

    async def _points(self, repos: Sequence[str], terms: GitHubSelection) -> AsyncIterator[tuple[datetime, Decimal]]:
        now = self._client.now().astimezone(UTC).replace(microsecond=0)
        if _only_counted(terms):
            counts = [await self._happenings.count(repo, terms) for repo in repos]
            if None not in counts:
                yield now, Decimal(sum(count for count in counts if count is not None))
                return
        zone = ZoneInfo(terms.timezone)
        start = first_instant(terms, now, zone)
        events = [one for repo in repos for one in (await self._happenings.since(repo, terms, start)).values()]
        events.sort(key=lambda one: one.at)
        match terms.sample:
            case "total":
                points = totals(events, now)
            case "event":
                points = each(events)
            case "hours":
                points = hours(events)
            case period:
                points = per_period(events, period, start or now, now, zone)
        for point in points:
            yield point


def _only_counted(terms: GitHubSelection) -> bool:
    return terms.sample == "total" and terms.since is None


def first_instant(terms: GitHubSelection, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return from when on events are read; None: all there ever were, for a total of all."""
    if terms.since is not None:
        return midnight(terms.since, zone)
    if terms.sample == "total":
        return None
    if terms.sample in ("event", "hours"):
        return now - BACK
    return midnight(period_start((now - BACK).astimezone(zone).date(), terms.sample), zone)


def totals(events: Iterable[Happening], now: datetime) -> Iterator[tuple[datetime, Decimal]]:
    """Give how many there were up to each event, and how many there are now.

    The last is what counts when something was taken away: its own sample stays behind it.
    """
    count, points = 0, dict[datetime, Decimal]()
    for event in events:
        count += 1
        points[event.at] = Decimal(count)
    points[now] = Decimal(count)
    yield from sorted(points.items())


def each(events: Iterable[Happening]) -> Iterator[tuple[datetime, Decimal]]:
    """Give 1 for each event; of several in one second, their number."""
    yield from sorted((at, Decimal(count)) for at, count in Counter(event.at for event in events).items())


def hours(events: Iterable[Happening]) -> Iterator[tuple[datetime, Decimal]]:
    """Give how many hours each event took; of several in one second, their mean."""
    took: dict[datetime, list[Decimal]] = defaultdict(list)
    for event in events:
        if event.hours is not None:
            took[event.at].append(event.hours)
    for at, values in sorted(took.items()):
        mean = sum(values, Decimal(0)) / len(values)
        yield at, mean.quantize(EXACT, ROUND_HALF_EVEN)


def per_period(
    events: Iterable[Happening], period: str, start: datetime, now: datetime, zone: ZoneInfo
) -> Iterator[tuple[datetime, Decimal]]:
    """Give how many events each whole day, week or month since ``start`` had, zeros too, dated at its last second.

    The running period is not given: on its first morning it would be next to nothing.
    """
    counts = Counter(period_start(event.at.astimezone(zone).date(), period) for event in events)
    day = period_start(start.astimezone(zone).date(), period)
    if midnight(day, zone) < start:
        day = period_end(day, period)  # the first one was not read whole
    while (following := period_end(day, period)) <= now.astimezone(zone).date():
        yield midnight(following, zone) - timedelta(seconds=1), Decimal(counts[day])
        day = following


def period_start(day: date, period: str) -> date:
    """Return the first day of the day, week (from Monday) or month that a day is in."""
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def period_end(first: date, period: str) -> date:
    """Return the day after the period that begins with this one."""
    if period == "week":
        return first + timedelta(days=7)
    if period == "month":
        return (first + timedelta(days=31)).replace(day=1)
    return first + timedelta(days=1)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the beginning of a day in a zone, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
