"""From ``connections:`` to connections: the connector found, its options checked, variables filled in."""

from __future__ import annotations

from dataclasses import dataclass

from config.validation import Problems, one_of, secret_fields, validated
from config.variables import Filled, Variables
from config.yaml_nodes import Branch, Entry, Leaf, kind_of
from connectors import registry
from connectors.port import Connector, OptionsModel
from mapping.errors import FixConfigError, Place

CONNECTOR = "connector"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A configured account of a connector."""

    name: str
    connector: Connector
    place: Place
    checked: OptionsModel | None
    missing: tuple[str, ...] = ()
    """Variables that are not set; not empty only when the config was read for looking at the store."""

    @property
    def options(self) -> OptionsModel:
        """The connector's options.

        Raises:
            FixConfigError: a variable that they need is not set.
        """
        if self.checked is None:
            names = ", ".join(self.missing)
            raise FixConfigError(f"{self.place}: connection {self.name} needs {names}: set it, or put it in .env")
        return self.checked


def connection_of(name: str, entry: Entry, variables: Variables, problems: Problems) -> Connection | None:
    """Return one connection, or report what is wrong with it; None when not even its connector can be told."""
    if not isinstance(entry.node, Branch):
        what = f"connection {name} is {kind_of(entry.node)}"
        problems.add(entry.node.place, what, "write connector: and its options, indented below it")
        return None
    connector = _connector(entry, entry.node, problems)
    if connector is None:
        return None
    given = {key: inner for key, inner in entry.node.entries.items() if key != CONNECTOR}
    node = Branch(entry.node.spot, given)
    filled = variables.fill(node, problems)
    refuse_written_secrets(connector.name, connector.options, node, problems)
    checked = checked_options(connector.options, node, filled, entry.key_place, problems)
    return Connection(
        name=name,
        connector=connector,
        place=entry.key_place,
        checked=None if filled.missing else checked,
        missing=tuple(filled.missing.values()),
    )


def _connector(entry: Entry, node: Branch, problems: Problems) -> Connector | None:
    said = node.entries.get(CONNECTOR)
    if said is None:
        fix = f"add `connector:` with one of {', '.join(registry.names())}"
        problems.add(entry.key_place, "key 'connector' is missing", fix)
        return None
    name = said.node.text if isinstance(said.node, Leaf) else ""
    if not registry.is_known(name):
        what = f"unknown connector {name!r}" if name else f"connector is {kind_of(said.node)}"
        problems.add(said.node.place, what, one_of(name, registry.names()))
        return None
    try:
        return registry.connector(name)
    except FixConfigError as error:  # another package's, which harms no connection but this
        what, _, fix = str(error).rpartition(": ")
        problems.add(said.node.place, what, fix)
        return None


def checked_options(
    options: type[OptionsModel], node: Branch, filled: Filled, at: Place, problems: Problems
) -> OptionsModel | None:
    """Return the options. Where a variable is missing the other options are judged, so that it hides no mistake."""
    found = Problems(secrets=problems.secrets)
    checked = validated(options, node, found, at=at, data=filled.values)
    problems.found.extend(problem for problem in found.found if problem.place not in filled.missing)
    return checked


def refuse_written_secrets(name: str, options: type[OptionsModel], node: Branch, problems: Problems) -> None:
    """Report every secret that stands in the file itself; ``name`` makes the name of a variable for it."""
    for key in secret_fields(options) & node.entries.keys():
        inner = node.entries[key].node
        if isinstance(inner, Leaf) and inner.value is not None and "${" not in inner.text:
            variable = f"{name}_{key}".upper().replace("-", "_").replace(".", "_")
            fix = f"write ${{{variable}}}, and set that variable in the environment or in .env"
            problems.add(inner.place, f"{key} stands in the file, where everybody can read it", fix)
