"""What happens in the world when a step is taken: the first is written out, the later ones are left to chance.

A step touches each thing that moves a key result: work completed, reopened, deleted, added, estimated anew, and no
longer matching. Every change carries an instant of the step itself, so that a read of what changed since sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from okrsync.sandbox import company, jira_words
from okrsync.sandbox.asana_edits import AsanaEdits
from okrsync.sandbox.github_site import GitHubSite
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.wire import Record, instant_of
from okrsync.sandbox.world import World
from okrsync.sandbox.world_asana import FIT_OUT, PERMITS, SHELVES, TEAM, open_work
from okrsync.sandbox.world_github import ACCESSIBILITY, MILESTONE, PAYMENTS, STOREFRONT
from okrsync.sandbox.world_jira import CHECKOUT_EPIC, DOING, DONE, SHOP, ZERO


@dataclass(slots=True)
class Step:
    """One step under way: the world, and a clock that moves on a little with every change."""

    world: World
    at: datetime
    rng: Random
    began: datetime
    """In whole seconds, which is all that GitHub writes."""

    @property
    def jira(self) -> JiraSite:
        """The Jira site."""
        return self.world.jira

    @property
    def github(self) -> GitHubSite:
        """The GitHub site."""
        return self.world.github

    def tick(self) -> datetime:
        """Return the next instant; a millisecond apart, for a whole step shall lie within the second it was taken."""
        self.at += timedelta(milliseconds=1)
        return self.at


def take_step(world: World, number: int, at: datetime) -> list[str]:
    """Change the world by its ``number``-th step, counted from 1, and return sentences about what was done."""
    step = Step(world, at, Random(f"step {world.seed} {number}"), at)  # noqa: S311 - chance, not secrecy
    return [sentence for act in (_FIRST if number == 1 else _LATER) for sentence in act(step)]


def _issues(step: Step, test: Callable[[Record], bool]) -> list[Record]:
    return [
        issue for _, issue in sorted(step.jira.issues.items(), key=lambda pair: int(pair[0])) if test(issue["fields"])
    ]


def _in_epic(fields: Record) -> bool:
    return bool(fields.get(jira_words.EPIC_LINK) == CHECKOUT_EPIC)


def _category(fields: Record) -> str:
    return str(fields["status"]["statusCategory"]["key"])


def _open_stories(step: Step) -> list[Record]:
    return _issues(step, lambda fields: _in_epic(fields) and _category(fields) != "done")


def _complete_stories(step: Step) -> Iterator[str]:
    untouched = [issue for issue in _open_stories(step) if instant_of(issue["fields"]["updated"]) < step.began]
    for issue in untouched[:3]:
        step.jira.transition(issue["key"], DONE, at=step.tick(), by=company.INES)
        yield f"{issue['key']} “{issue['fields']['summary']}” was completed."


def _reopen_story(step: Step) -> Iterator[str]:
    finished = _issues(
        step, lambda fields: _in_epic(fields) and (fields["resolution"] or {}).get("name") == "Done"
        and fields[jira_words.STORY_POINTS] is not None
    )  # fmt: skip
    for issue in finished[:1]:
        step.jira.transition(issue["key"], DOING, at=step.tick(), by=company.AGNES)
        yield f"{issue['key']} “{issue['fields']['summary']}” was reopened."


def _delete_story(step: Step) -> Iterator[str]:
    for issue in _open_stories(step)[-1:]:
        step.jira.delete(issue["key"])
        yield f"{issue['key']} “{issue['fields']['summary']}” was deleted."


def _add_stories(step: Step) -> Iterator[str]:
    for title, points in (("Show the deposit in the order mail", 5.0), ("Let people change the parcel size", 3.0)):
        key, id_ = _next(step.jira, SHOP)
        step.jira.create(
            id_=id_, key=key, type_="Story", summary=title, at=step.tick(), by=company.MATTEO, parent=CHECKOUT_EPIC,
            labels=("checkout",), points=points,
        )  # fmt: skip
        yield f"{key} “{title}” was added to the checkout epic with {points:g} story points."


def _next(site: JiraSite, project: str) -> tuple[str, str]:
    """Return the next key of a project and the next id; a deleted issue's are not given again."""
    keys = [*site.deleted_keys, *(issue["key"] for issue in site.issues.values())]
    numbers = [int(key.rpartition("-")[2]) for key in keys if key.startswith(f"{project}-")]
    return f"{project}-{max(numbers) + 1}", str(max(map(int, [*site.issues, *site.deleted_ids])) + 1)


def _estimate_anew(step: Step) -> Iterator[str]:
    for issue in _open_stories(step)[1:2]:
        old = issue["fields"][jira_words.STORY_POINTS]
        new = 8.0 if old is None or old != 8.0 else 13.0
        step.jira.estimate(issue["key"], new, at=step.tick(), by=company.TOMAS)
        points = "story point" if old == 1.0 else "story points"
        before = "had no estimate and" if old is None else f"was estimated at {old:g} {points} and"
        yield f"{issue['key']} “{issue['fields']['summary']}” {before} is now estimated at {new:g}."


def _fix_bugs(step: Step) -> Iterator[str]:
    bugs = _issues(step, lambda fields: fields["issuetype"]["name"] == "Bug" and _category(fields) != "done")
    for issue in bugs[:4]:
        step.jira.transition(issue["key"], DONE, at=step.tick(), by=company.AGNES)
    if bugs:
        yield f"{len(bugs[:4])} checkout bugs were fixed: {', '.join(issue['key'] for issue in bugs[:4])}."


def _report_bug(step: Step) -> Iterator[str]:
    key, id_ = _next(step.jira, SHOP)
    title = f"{step.rng.choice(company.BUG_PARTS)} {step.rng.choice(company.BUG_PLACES)}"
    step.jira.create(id_=id_, key=key, type_="Bug", summary=title, at=step.tick(), by=company.LEO, labels=("checkout",))
    yield f"{key} “{title}” was reported."


def _close_streams(step: Step) -> Iterator[str]:
    streams = _issues(step, lambda fields: fields["project"]["key"] == ZERO and _category(fields) != "done")
    for issue in streams[:2]:
        step.jira.transition(issue["key"], "Zero waste", at=step.tick(), by=company.SOFIA)
        yield f"{issue['key']} “{issue['fields']['summary']}” is without waste now."


def _open_records(step: Step, full_name: str, test: Callable[[Record], bool]) -> list[Record]:
    records = step.github.repositories[full_name].records
    return [one for one in records if one["state"] == "open" and "pull_request" not in one and test(one)]


def _is_barrier(record: Record) -> bool:
    return any(label["name"] == ACCESSIBILITY for label in record["labels"])


def _remove_barriers(step: Step) -> Iterator[str]:
    for record in _open_records(step, STOREFRONT, _is_barrier)[:2]:
        step.github.close(record, at=step.began, by=company.MATTEO)
        yield f"{STOREFRONT}#{record['number']} “{record['title']}” was closed as completed."


def _unlabel(step: Step) -> Iterator[str]:
    for record in _open_records(step, STOREFRONT, _is_barrier)[-1:]:
        step.github.relabel(STOREFRONT, record["number"], ["bug"], at=step.began)
        yield f"{STOREFRONT}#{record['number']} “{record['title']}” lost its label “{ACCESSIBILITY}”."


def _advance_milestone(step: Step) -> Iterator[str]:
    inside = _open_records(step, PAYMENTS, lambda one: (one["milestone"] or {}).get("title") == MILESTONE)
    for record in inside[:2]:
        step.github.close(record, at=step.began, by=company.TOMAS)
        yield f"{PAYMENTS}#{record['number']} “{record['title']}” was closed as completed."
    for record in inside[2:3]:
        step.github.close(record, at=step.began, by=company.TOMAS, reason="not_planned")
        yield f"{PAYMENTS}#{record['number']} “{record['title']}” was closed as not planned."


def _prepare_store(step: Step) -> Iterator[str]:
    """Let the store in Ghent come closer: work in two sections, then the next permit."""
    site = step.world.asana
    for task in (*open_work(site, FIT_OUT)[:2], *open_work(site, SHELVES)[:1]):
        AsanaEdits(site, step.tick(), company.LEO).complete(task)
        yield f"In Asana, “{task['name']}” was completed."
    for task in open_work(site, PERMITS)[:1]:
        AsanaEdits(site, step.tick(), company.SOFIA).decide(task, "approved")
        yield f"In Asana, “{task['name']}” was approved."


def _find_people(step: Step) -> Iterator[str]:
    for task in open_work(step.world.asana, TEAM)[:1]:
        AsanaEdits(step.world.asana, step.tick(), company.SOFIA).complete(task)
        yield f"In Asana, “{task['name']}” was completed."


def _by_chance(step: Step) -> Iterator[str]:
    """Let a few things happen that chance picks: work ends, sometimes comes back, and bugs arrive."""
    candidates = _issues(
        step, lambda fields: _category(fields) == "indeterminate" and not fields["issuetype"]["hierarchyLevel"]
    )
    for issue in step.rng.sample(candidates, min(5, len(candidates))):
        done = "Zero waste" if issue["fields"]["project"]["key"] == ZERO else DONE
        step.jira.transition(issue["key"], done, at=step.tick(), by=company.INES)
        yield f"{issue['key']} “{issue['fields']['summary']}” was completed."
    starting = _issues(step, lambda fields: _category(fields) == "new" and fields["project"]["key"] == SHOP)
    for issue in step.rng.sample(starting, min(3, len(starting))):
        step.jira.transition(issue["key"], DOING, at=step.tick(), by=company.MATTEO)
        yield f"{issue['key']} “{issue['fields']['summary']}” was started."
    records = _open_records(step, STOREFRONT, lambda _one: True)
    for record in step.rng.sample(records, min(2, len(records))):
        step.github.close(record, at=step.began, by=company.MATTEO)
        yield f"{STOREFRONT}#{record['number']} “{record['title']}” was closed as completed."


_FIRST: tuple[Callable[[Step], Iterator[str]], ...] = (
    _reopen_story,
    _complete_stories,
    _delete_story,
    _add_stories,
    _estimate_anew,
    _fix_bugs,
    _report_bug,
    _close_streams,
    _remove_barriers,
    _unlabel,
    _advance_milestone,
    _prepare_store,
)
_LATER: tuple[Callable[[Step], Iterator[str]], ...] = (
    _by_chance,
    _report_bug,
    _advance_milestone,
    _find_people,
)


def latest_change(world: World) -> datetime:
    """Return the instant of the last change of the world."""
    jira = (instant_of(issue["fields"]["updated"]) for issue in world.jira.issues.values())
    github = (instant_of(one["updated_at"]) for repo in world.github.repositories.values() for one in repo.records)
    asana = (instant_of(task["modified_at"]) for task in world.asana.tasks.values())
    return max(*jira, *github, *asana)
