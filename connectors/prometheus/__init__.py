"""Prometheus, and what speaks its HTTP API: Thanos, Mimir, VictoriaMetrics, the managed ones of clouds."""

from connectors.port import Capability, Connector
from connectors.prometheus.options import PrometheusOptions, PrometheusSelection
from connectors.prometheus.source import PrometheusSource

__all__ = ["CONNECTOR", "PrometheusOptions", "PrometheusSelection", "PrometheusSource"]

CONNECTOR = Connector(
    name="prometheus",
    title="Prometheus",
    options=PrometheusOptions,
    selection=PrometheusSelection,
    capabilities=frozenset({Capability.SERIES}),
    open=PrometheusSource,
)
