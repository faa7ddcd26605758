"""Which connectors there are: our own, each a room and a line here, and those of other packages, by entry point.

A package offers one under ``[project.entry-points."okrsync.connectors"]``, as ``rainfall = "acme_rainfall:CONNECTOR"``.
Ours go first: another package cannot take their names, and one that cannot be loaded harms only who names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from connectors.port import Capability, Connector
from mapping.errors import FixConfigError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

BUILT_IN = {
    "asana": "connectors.asana",
    "github": "connectors.github",
    "http": "connectors.web",
    "jira": "connectors.jira",
    "prometheus": "connectors.prometheus",
    "spreadsheet": "connectors.spreadsheet",
    "sql": "connectors.sql",
}
"""Name to the room that has a ``CONNECTOR``; imported only when a connection needs it."""
GROUP = "okrsync.connectors"


def names() -> list[str]:
    """Return the names of all connectors, sorted; one of another package may turn out not to load."""
    return sorted({*BUILT_IN, *_guests()})


def is_known(name: str) -> bool:
    """Return whether there is a connector of that name; for one of ours no package is looked at."""
    return name in BUILT_IN or name in _guests()


def connector(name: str) -> Connector:
    """Return the connector of that name.

    Raises:
        FixConfigError: no connector has that name, or the package that offers it is broken.
    """
    if name in BUILT_IN:
        own: Connector = import_module(BUILT_IN[name]).CONNECTOR
        return own
    offered = _guests().get(name, [])
    if not offered:
        raise FixConfigError(f"unknown connector {name!r}: use one of {', '.join(names())}")
    if len(offered) > 1:
        packages = " and ".join(sorted(map(package_of, offered)))
        raise FixConfigError(f"connector {name!r} is offered by {packages}: uninstall all but one of them")
    return _loaded(offered[0])


def module_of(name: str) -> str:
    """Return the module that a connector lives in, whether or not it can be imported; empty for an unknown name."""
    offered = _guests().get(name, [])
    return BUILT_IN.get(name) or (offered[0].module if offered else "")


def refusals() -> list[str]:
    """Return a line for each offer of another package that cannot be taken; the others work all the same."""
    found = [
        f"package {package_of(each)} offers a connector {each.name!r}, which is okrsync's own: "
        "that offer is ignored; its author should choose another name"
        for each in _offers()
        if each.name in BUILT_IN
    ]
    for name in sorted(_guests()):
        try:
            connector(name)
        except FixConfigError as error:
            found.append(str(error))
    return found


def able(capability: Capability) -> list[str]:
    """Return the names of the connectors that can do something, sorted; those that cannot be loaded are left out."""
    return [each.name for each in usable() if capability in each.capabilities]


def usable() -> list[Connector]:
    """Return all connectors that can be loaded, sorted by name."""
    found = []
    for name in names():
        try:
            found.append(connector(name))
        except FixConfigError:
            continue  # ``refusals`` tells of it, and so does a connection that names it
    return found


def package_of(entry: EntryPoint) -> str:
    """Return the name and version of the package that an entry point is of."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else entry.value


def _offers() -> Sequence[EntryPoint]:
    from importlib.metadata import entry_points  # late: who names only our own connectors looks at no package

    return sorted(entry_points(group=GROUP), key=lambda each: (each.name, package_of(each)))


def _guests() -> dict[str, list[EntryPoint]]:
    """Return the offers of other packages by name, without those that take a name of ours."""
    found: dict[str, list[EntryPoint]] = {}
    for each in _offers():
        if each.name not in BUILT_IN:
            found.setdefault(each.name, []).append(each)
    return found


def _loaded(entry: EntryPoint) -> Connector:
    where = f"connector {entry.name!r} of package {package_of(entry)}"
    try:
        found = entry.load()
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise FixConfigError(f"{where} cannot be loaded ({what}): update that package, or uninstall it") from error
    if not isinstance(found, Connector):
        raise FixConfigError(f"{where} is no Connector ({entry.value} is {found!r}): update that package")
    if found.name != entry.name:
        raise FixConfigError(f"{where} calls itself {found.name!r}: update that package, its two names must agree")
    return found
