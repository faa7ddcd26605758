"""Rivelle's GitHub: the storefront and the payments library, issues and pull requests, labels and milestones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from okrsync.sandbox import company
from okrsync.sandbox.days import midnight_utc, span_around, working_time
from okrsync.sandbox.github_kinds import Repository
from okrsync.sandbox.github_site import GitHubSite

OWNER = "rivelle"
STOREFRONT, PAYMENTS = f"{OWNER}/storefront", f"{OWNER}/payments"
ACCESSIBILITY = "accessibility"
MILESTONE = "Payments 2.0"
LABELS = (
    ("accessibility", "5319e7", "Somebody cannot use it"),
    ("bug", "d73a4a", "Something is broken"),
    ("enhancement", "a2eeef", "Something new"),
    ("performance", "fbca04", "Too slow"),
    ("documentation", "0075ca", "Words are missing"),
)


def github_world(rng: Random, anchor: datetime, base_url: str) -> GitHubSite:
    """Return the site as it stands at the anchor."""
    site = GitHubSite(base_url=base_url)
    elapsed = span_around(anchor).elapsed
    _storefront(rng, anchor, site, elapsed)
    _payments(rng, anchor, site, elapsed)
    return site


def _repository(site: GitHubSite, full_name: str, id_: int, description: str) -> Repository:
    owner, _, name = full_name.partition("/")
    repository = site.add_repository(owner, name, id_=id_, description=description)
    for label, colour, text in LABELS:
        site.add_label(repository, label, colour, text)
    return repository


def _moments(rng: Random, anchor: datetime, count: int) -> list[tuple[datetime, float]]:
    """Return when so many records were opened, oldest first as their numbers are, and how many days ago that was."""
    instants = sorted(working_time(rng, anchor, rng.uniform(4, 116)) for _ in range(count))
    return [(at, (anchor - at).total_seconds() / 86400) for at in instants]


def _storefront(rng: Random, anchor: datetime, site: GitHubSite, elapsed: float) -> None:
    repository = _repository(site, STOREFRONT, 580_213_441, "The shop that customers see")
    moments = _moments(rng, anchor, 68)
    barriers = finished = 0
    for index, (at, age) in enumerate(moments):
        if index % 8 == 7:
            _pull(rng, anchor, site, repository, at, age, company.STOREFRONT)
            continue
        barrier = index % 2 == 0
        pool = company.STOREFRONT[:10] if barrier else company.STOREFRONT[10:]
        label = ACCESSIBILITY if barrier else rng.choice(("bug", "enhancement", "performance", "documentation"))
        title = pool[(index // 2) % len(pool)] + (f" ({rng.choice(('home', 'basket', 'account', 'search'))})")
        record = site.open_issue(repository, title, at=at, by=rng.choice(company.DEVELOPERS), labels=[label])
        # of about thirty barriers twenty were open when the cycle began
        share = (10 + 20 * elapsed * 0.62) / 30 if barrier else 0.55
        barriers += barrier
        closed = int(barriers * share) > int((barriers - 1) * share) if barrier else rng.random() < share
        if closed:
            finished += 1
            reason = {3: "not_planned", 6: "duplicate"}.get(finished % 9, "completed")
            ended = max(at + timedelta(hours=3), working_time(rng, anchor, age * rng.uniform(0.02, 0.6)))
            site.close(record, at=ended, by=rng.choice(company.DEVELOPERS), reason=reason)


def _payments(rng: Random, anchor: datetime, site: GitHubSite, elapsed: float) -> None:
    repository = _repository(site, PAYMENTS, 580_977_120, "One way to pay for all our shops")
    due = midnight_utc(span_around(anchor).ends_on)
    opened = working_time(rng, anchor, 119)
    for title in ("Payments 1.9", MILESTONE):
        site.add_milestone(repository, title, by=company.TOMAS, at=opened, due=due)
    moments = _moments(rng, anchor, 52)
    planned = 0
    for index, (at, age) in enumerate(moments):
        if index % 3 == 2:
            _pull(rng, anchor, site, repository, at, age, company.PAYMENTS, milestone=2 if index % 2 else None)
            continue
        title = company.PAYMENTS[planned % len(company.PAYMENTS)] + (
            "" if planned < len(company.PAYMENTS) else ", part two"
        )
        inside = planned % 7 != 6
        milestone = 2 if inside else 1
        labels = [rng.choice(("bug", "enhancement", "documentation"))]
        record = site.open_issue(
            repository, title, at=at, by=rng.choice(company.DEVELOPERS), labels=labels, milestone=milestone
        )
        planned += 1
        share = elapsed * 0.84 if inside else 1.0
        if int(planned * share) > int((planned - 1) * share):
            reason = "not_planned" if planned == 9 else "duplicate" if planned == 15 else "completed"
            ended = max(at + timedelta(hours=3), working_time(rng, anchor, age * rng.uniform(0.02, 0.6)))
            site.close(record, at=ended, by=rng.choice(company.DEVELOPERS), reason=reason)


def _pull(
    rng: Random,
    anchor: datetime,
    site: GitHubSite,
    repository: Repository,
    at: datetime,
    age: float,
    titles: Sequence[str],
    milestone: int | None = None,
) -> None:
    title = f"{rng.choice(company.PULLS)}: {rng.choice(titles).lower()}"
    record = site.open_issue(
        repository, title, at=at, by=rng.choice(company.DEVELOPERS), milestone=milestone, pull=True
    )
    ended = max(at + timedelta(hours=2), working_time(rng, anchor, age * rng.uniform(0.4, 0.9)))
    outcome = rng.choices(("merged", "closed", "open"), (8, 1, 2))[0]
    if outcome != "open":
        site.close(
            record,
            at=ended,
            by=rng.choice(company.DEVELOPERS),
            reason="completed" if outcome == "merged" else "rejected",
        )
