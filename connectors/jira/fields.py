"""Which of a site's fields a rule means. A wrong guess would weigh key results by the wrong number, so none is made."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from connectors.jira.options import STORY_POINTS, JiraOptions
from connectors.jira.records import Ties
from mapping.errors import FixConfigError

EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"
EPIC_NAME = "com.pyxis.greenhopper.jira:gh-epic-label"
PARENT_LINK = "com.atlassian.jpo:jpo-custom-field-parent"
_TEAM_MANAGED_POINTS = "com.pyxis.greenhopper.jira:jsw-story-points"
NOTHING: Mapping[str, Sequence[str]] = MappingProxyType({})
_FLOAT = "com.atlassian.jira.plugin.system.customfieldtypes:float"
_POINTS_NAMES = frozenset({"story points", "story point estimate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteField:
    """One field of a site, as ``GET /rest/api/3/field`` lists it."""

    id: str
    name: str
    type: str
    """Its schema's data type: ``number``, ``string``, ``option`` ..."""
    custom: str = ""
    """The key of a custom field's kind; the same in every language."""
    project: str = ""
    """Id of the only project it exists in, for fields of team-managed projects."""

    def __str__(self) -> str:
        scope = f", only in project {self.project}" if self.project else ""
        return f"{self.id} ({self.name!r}{scope})"


def resolve(
    connection: str,
    names: Iterable[str],
    options: JiraOptions,
    fields: Sequence[SiteField],
    estimated: Mapping[str, Sequence[str]] = NOTHING,
) -> Mapping[str, str]:
    """Return the id of the numeric field for each name that rules use.

    A name is looked up in the options, then as a field's id, then as its exact name; ``story_points`` is discovered
    when the options say nothing.

    Args:
        connection: for messages.
        names: as the rules write them.
        options: of the connection.
        fields: all that the site has.
        estimated: fields that boards estimate in, by id, with the boards' names; where there are any, they say which
            field holds story points, and not its kind or name.

    Raises:
        FixConfigError: a name means no field, several fields, or one that holds no number; all such names at once.
    """
    found: dict[str, str] = {}
    problems: list[str] = []
    for name in sorted(names):
        try:
            found[name] = _resolve(connection, name, options, fields, estimated).id
        except FixConfigError as error:
            problems.append(str(error))
    if problems:
        raise FixConfigError("; ".join(problems))
    return found


def points_candidates(fields: Sequence[SiteField]) -> Sequence[SiteField]:
    """Return the fields that may hold story points by their kind, or by their kind and the name they were born with."""
    return [field for field in fields if _holds_points(field)]


def ties_of(fields: Sequence[SiteField]) -> Ties:
    """Return the fields by which a Data Center ties issues together, found by their kinds, never by their names."""
    by_kind = {field.custom: field.id for field in fields}
    return Ties(epic=by_kind.get(EPIC_LINK), epic_name=by_kind.get(EPIC_NAME), parent=by_kind.get(PARENT_LINK))


def links_of(fields: Sequence[SiteField]) -> frozenset[str]:
    """Return the ids of the fields that hold what is above an issue."""
    return frozenset(field.id for field in fields if field.custom in (EPIC_LINK, PARENT_LINK) or field.id == "parent")


def _resolve(
    connection: str,
    name: str,
    options: JiraOptions,
    fields: Sequence[SiteField],
    estimated: Mapping[str, Sequence[str]],
) -> SiteField:
    if name == STORY_POINTS and options.story_points is None:
        if not estimated:
            return _story_points(connection, fields)
        return _numeric(connection, name, _estimated(connection, fields, estimated))
    said = options.story_points if name == STORY_POINTS else options.fields.get(name)
    return _numeric(connection, name, _named(connection, name, said or name, fields))


def _numeric(connection: str, name: str, field: SiteField) -> SiteField:
    if field.type != "number":
        raise FixConfigError(
            f"{connection}: {name} means {field}, which holds {field.type}, not a number: name another field"
        )
    return field


def _named(connection: str, name: str, said: str, fields: Sequence[SiteField]) -> SiteField:
    by_id = next((field for field in fields if field.id == said), None)
    if by_id is not None:
        return by_id
    by_name = [field for field in fields if field.name == said]
    if len(by_name) == 1:
        return by_name[0]
    if by_name:
        raise FixConfigError(
            f"{connection}: {len(by_name)} fields are called {said!r}: {_list(by_name)}; "
            f"say which by its id: {_option(name, by_name[0].id)}"
        )
    raise FixConfigError(f"{connection}: no field {said!r} visible to {_hint(said, fields)}")


def _hint(said: str, fields: Sequence[SiteField]) -> str:
    numeric = [field for field in fields if field.type == "number"]
    by_text = {text: field for field in numeric for text in (field.id, field.name)}
    near = difflib.get_close_matches(said, by_text, n=3, cutoff=0.5)
    shown = list(dict.fromkeys(by_text[text] for text in near)) or sorted(numeric, key=lambda field: field.name)[:5]
    return f"the account: near it are {_list(shown)}" if shown else "the account: it sees no numeric field at all"


def _estimated(connection: str, fields: Sequence[SiteField], estimated: Mapping[str, Sequence[str]]) -> SiteField:
    if len(estimated) > 1:
        listed = "; ".join(f"{field_id} on {', '.join(boards[:3])}" for field_id, boards in sorted(estimated.items()))
        raise FixConfigError(
            f"{connection}: boards estimate in {len(estimated)} different fields ({listed}); "
            f"say which by its id: {_option(STORY_POINTS, min(estimated))}"
        )
    return _named(connection, STORY_POINTS, next(iter(estimated)), fields)


def _story_points(connection: str, fields: Sequence[SiteField]) -> SiteField:
    candidates = points_candidates(fields)
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise FixConfigError(
            f"{connection}: {len(candidates)} fields may hold story points: {_list(candidates)}; "
            f"say which by its id: {_option(STORY_POINTS, candidates[0].id)}"
        )
    numeric = sorted(
        (field for field in fields if field.type == "number" and field.custom), key=lambda field: field.name
    )
    among = f"; numeric fields are {_list(numeric[:10])}" if numeric else ""
    raise FixConfigError(
        f"{connection}: no field for story points found{among}: "
        f"say which by its id or name: {_option(STORY_POINTS, 'customfield_...')}"
    )


def _holds_points(field: SiteField) -> bool:
    if field.custom == _TEAM_MANAGED_POINTS:
        return True
    return field.custom == _FLOAT and field.name.strip().casefold() in _POINTS_NAMES


def _option(name: str, field_id: str) -> str:
    return f"`{STORY_POINTS}: {field_id}`" if name == STORY_POINTS else f"`fields: {{{name}: {field_id}}}`"


def _list(fields: Iterable[SiteField]) -> str:
    return ", ".join(str(field) for field in fields)
