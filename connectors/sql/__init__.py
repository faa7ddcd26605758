"""SQL databases: the answer of one SELECT as a number, a series or work items. Read-only, and loaded on first use."""

from connectors.port import Capability, Connector
from connectors.sql.options import SqlOptions, SqlSelection
from connectors.sql.source import SqlSource

__all__ = ["CONNECTOR", "SqlOptions", "SqlSelection", "SqlSource"]

CONNECTOR = Connector(
    name="sql",
    title="SQL database",
    options=SqlOptions,
    selection=SqlSelection,
    capabilities=frozenset({Capability.CENSUS, Capability.SERIES}),
    open=SqlSource,
)
