"""Writes plain values as YAML that reads back as the same in okrsync's own, stricter YAML."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import yaml

from config.yaml_nodes import Plain


class _Dumper(yaml.SafeDumper):
    """Plain style, no aliases, numbers with every digit."""

    def ignore_aliases(self, data: object) -> bool:
        """Write everything out."""
        del data
        return True


def _decimal(dumper: _Dumper, value: Decimal) -> yaml.ScalarNode:
    kind = "int" if value == value.to_integral_value() and "E" not in str(value) else "float"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", str(value))


_Dumper.add_representer(Decimal, _decimal)


def dumped(value: Mapping[str, Plain], *, flow: bool = False) -> str:
    """Return YAML in the order given; ``flow`` writes innermost groups and lists on a line."""
    style = None if flow else False
    text: str = yaml.dump(
        dict(value), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=style
    )
    return text
