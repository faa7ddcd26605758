"""Which custom fields the rules mean. A wrong guess would weigh key results by the wrong number, so none is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from connectors.asana.client import AsanaClient
from connectors.asana.near import the_one
from connectors.asana.options import AsanaOptions
from connectors.asana.places import Places
from mapping.errors import FixConfigError

NUMBERS = ("num_subtasks", "actual_time_minutes")
TEXTS = ("section", "project", "approval_status", "due_on")
"""What rules may ask for of every task, beside custom fields."""
EXTRA = {"actual_time_minutes": "actual_time_minutes", "due_on": "due_on"}
"""What is asked of Asana only for rules that use it: our name to its ``opt_fields``."""


class CustomField(Struct, frozen=True):
    """A custom field of a workspace, or of one project in it."""

    gid: str
    name: str = ""
    resource_subtype: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the rules of a connection ask for."""

    plain: frozenset[str] = frozenset()
    """Names out of NUMBERS and TEXTS."""
    custom: Mapping[str, tuple[CustomField, ...]] = field(default_factory=dict)
    """The rules' name to the custom fields it means; the first that a task has counts."""

    def facts(self) -> list[str]:
        """Return what a fingerprint needs to know."""
        custom = [f"{name}={each.gid}:{each.resource_subtype}" for name, some in self.custom.items() for each in some]
        return [*sorted(self.plain), *sorted(custom)]


async def resolve(names: frozenset[str], options: AsanaOptions, client: AsanaClient, places: Places) -> Wanted:
    """Return what the names of the rules mean.

    A name is looked up in the options, then among what every task has, then as a custom field's gid or name.

    Raises:
        FixConfigError: a name means no field, or several; all such names at once.
    """
    plain = frozenset(name for name in names if name in (*NUMBERS, *TEXTS) and not options.fields_named(name))
    custom: dict[str, tuple[CustomField, ...]] = {}
    problems: list[str] = []
    library = _Library(client, places)
    for name in sorted(names - plain):
        try:
            custom[name] = tuple([await library.find(said) for said in options.fields_named(name) or (name,)])
        except FixConfigError as error:
            problems.append(str(error))
    if problems:
        raise FixConfigError("; ".join(problems))
    return Wanted(plain, custom)


class _Library:
    """The custom fields of a workspace, read once when a name has to be looked up."""

    def __init__(self, client: AsanaClient, places: Places) -> None:
        self._client = client
        self._places = places
        self._there: list[CustomField] | None = None

    async def find(self, said: str) -> CustomField:
        """Return the field of this gid or name."""
        if said.isdigit():
            what = f"custom field {said}"
            raw = await self._client.one(f"/custom_fields/{said}", ("name", "resource_subtype"), what=what)
            return self._client.decode(raw, CustomField, what)
        workspace = await self._places.workspace()
        label = f"workspace {workspace.name or workspace.gid!r}"
        if self._there is None:
            path, what = f"/workspaces/{workspace.gid}/custom_fields", f"the custom fields of {label}"
            self._there = await self._client.listed(path, ["name", "resource_subtype"], CustomField, what=what)
        try:
            return the_one(said, self._there, kind="custom field", where=f"{self._client.connection}: {label}")
        except FixConfigError as error:
            raise FixConfigError(
                f"{error}; a field of one project only needs its gid, under fields on the connection; "
                f"every task has {', '.join((*NUMBERS, *TEXTS))}"
            ) from error
