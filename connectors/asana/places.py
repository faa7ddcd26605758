"""Where tasks are listed: the projects, section or tag that a selection means, by gid or by name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from msgspec import Struct

from connectors.asana.client import AsanaClient
from connectors.asana.near import the_one
from connectors.asana.records import Named
from connectors.asana.selection import AsanaSelection
from mapping.errors import FixConfigError, PartialReadError


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One list of tasks."""

    kind: str
    """``project``, ``section`` or ``tag``."""
    gid: str
    label: str
    """What people call it, for messages."""

    @property
    def path(self) -> str:
        """The list's path."""
        return f"/tags/{self.gid}/tasks" if self.kind == "tag" else "/tasks"

    @property
    def params(self) -> dict[str, str]:
        """What the list is asked for."""
        return {} if self.kind == "tag" else {self.kind: self.gid}

    @property
    def tells_changes(self) -> bool:
        """Whether it can be asked for what was modified since an instant."""
        return self.kind != "tag"


class Item(Struct, frozen=True):
    """Something in a portfolio."""

    gid: str
    name: str = ""
    resource_type: str = "project"


class Places:
    """Finds the places of one connection; what it looked up is kept for the run."""

    def __init__(self, client: AsanaClient, workspace: str | None) -> None:
        self._client = client
        self._said_workspace = workspace
        self._found_workspace: Named | None = None
        self._listed: dict[str, list[Named]] = {}

    async def of(self, terms: AsanaSelection) -> list[Place]:
        """Return the lists of a selection.

        Raises:
            FixConfigError: a name means nothing, or several things.
        """
        if terms.portfolio is not None:
            portfolio = await self._named("portfolio", str(terms.portfolio))
            return [project async for project in self._projects(portfolio, set())]
        if terms.tag is not None:
            return [_place("tag", await self._named("tag", str(terms.tag)))]
        project = await self._named("project", str(terms.project)) if terms.project is not None else None
        if terms.section is None and project is not None:
            return [_place("project", project)]
        return [await self._section(str(terms.section), project)]

    async def workspace(self) -> Named:
        """Return the workspace where names are looked up.

        Raises:
            FixConfigError: it is not said, and there are several; or there is none such.
        """
        if self._found_workspace is None:
            self._found_workspace = await self._look_up_workspace()
        return self._found_workspace

    async def _look_up_workspace(self) -> Named:
        where, said = self._client.connection, self._said_workspace
        there = (await self._client.account()).workspaces
        if said is not None and said.isdigit():
            found = [each for each in there if each.gid == said]
            return found[0] if found else Named(gid=said)
        if said is not None:
            return the_one(said, there, kind="workspace", where=where)
        if len(there) == 1:
            return there[0]
        names = ", ".join(f"{each.name!r} ({each.gid})" for each in there)
        raise FixConfigError(
            f"{where}: the token's account is in {len(there)} workspaces ({names}): "
            "set workspace on the connection, so that names can be looked up"
        )

    async def _named(self, kind: str, said: str) -> Named:
        """Return a thing by its gid (digits only, not asked for here) or its name."""
        if said.isdigit():
            return Named(gid=said)
        workspace = await self.workspace()
        if kind not in self._listed:
            self._listed[kind] = await self._list(kind, workspace)
        where = f"{self._client.connection}: workspace {workspace.name or workspace.gid!r}"
        try:
            return the_one(said, self._listed[kind], kind=kind, where=where)
        except FixConfigError as error:
            if kind != "portfolio":
                raise
            hint = "Asana lists only portfolios that the account owns, write the gid of any other"
            raise FixConfigError(f"{error}; {hint}") from error

    async def _list(self, kind: str, workspace: Named) -> list[Named]:
        what = f"the {kind}s of workspace {workspace.name or workspace.gid}"
        path, more = {
            "project": ("/projects", {"workspace": workspace.gid}),
            "portfolio": ("/portfolios", {"workspace": workspace.gid, "owner": "me"}),
            "tag": (f"/workspaces/{workspace.gid}/tags", {}),
        }[kind]
        return await self._client.listed(path, ["name"], Named, what=what, params=more)

    async def _section(self, said: str, project: Named | None) -> Place:
        if said.isdigit() or project is None:
            return _place("section", Named(gid=said))
        label = f"project {_called(project)}"
        path = f"/projects/{project.gid}/sections"
        there = await self._client.listed(path, ["name"], Named, what=f"the sections of {label}")
        where = f"{self._client.connection}: {label}"
        return _place("section", the_one(said, there, kind="section", where=where))

    async def _projects(self, portfolio: Named, seen: set[str]) -> AsyncIterator[Place]:
        """Stream the projects in a portfolio and in those inside it, each once."""
        seen.add(portfolio.gid)
        label = f"portfolio {_called(portfolio)}"
        # Without opt_fields: only the compact form tells the type of each item.
        items = await self._client.listed(f"/portfolios/{portfolio.gid}/items", [], Item, what=label)
        for item in items:
            if item.gid in seen:
                continue
            if item.resource_type == "project":
                seen.add(item.gid)
                yield _place("project", Named(gid=item.gid, name=item.name))
            elif item.resource_type == "portfolio":
                async for project in self._projects(Named(gid=item.gid, name=item.name), seen):
                    yield project
            else:
                raise PartialReadError(
                    f"{self._client.connection}: {label} holds a {item.resource_type} {item.name!r}, "
                    "which okrsync does not know: look for a newer okrsync"
                )


def _place(kind: str, thing: Named) -> Place:
    return Place(kind=kind, gid=thing.gid, label=f"{kind} {_called(thing)}")


def _called(thing: Named) -> str:
    return f"{thing.name!r} ({thing.gid})" if thing.name else thing.gid
