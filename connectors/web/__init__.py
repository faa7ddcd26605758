"""JSON over HTTPS: a number, a series or work items of any API, found by JMESPath. The connector is called ``http``."""

from connectors.port import Capability, Connector
from connectors.web.options import HttpOptions, HttpSelection
from connectors.web.source import HttpSource

__all__ = ["CONNECTOR", "HttpOptions", "HttpSelection", "HttpSource"]

CONNECTOR = Connector(
    name="http",
    title="JSON over HTTPS",
    options=HttpOptions,
    selection=HttpSelection,
    capabilities=frozenset({Capability.CENSUS, Capability.SERIES}),
    open=HttpSource,
)
