"""No URL setting of any connector leads to a host inside the network, however it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.port import Connector, OptionsModel, Surroundings
from connectors.registry import connector
from mapping.errors import FixConfigError
from tests.connectors.clock import surroundings
from tests.connectors.hostile import URLS, Forbidden, forbidden, guard

PUBLIC = "https://public.test"
SETTINGS: dict[str, tuple[str, str, Mapping[str, Any]]] = {
    "jira url": ("jira", "url", {"email": "ana@acme.test", "token": "made-up"}),
    "jira api_url": ("jira", "api_url", {"url": PUBLIC, "email": "ana@acme.test", "token": "made-up"}),
    "jira gateway": (
        "jira",
        "gateway",
        {"url": PUBLIC, "email": "ana@acme.test", "token": "made-up", "scoped": True, "cloud_id": "c-1"},
    ),
    "jira token_url": (
        "jira",
        "token_url",
        {"url": PUBLIC, "api_url": PUBLIC, "client_id": "made-up", "client_secret": "made-up"},
    ),
    "github url": ("github", "url", {"token": "made-up"}),
    "asana url": ("asana", "url", {"token": "made-up"}),
    "http url": ("http", "url", {"check": "/me"}),
    "prometheus url": ("prometheus", "url", {}),
    "spreadsheet url": ("spreadsheet", "url", {}),
}
"""Setting to its connector, its name there, and what else the connection needs."""


@pytest.fixture(scope="module")
def listener() -> Iterator[Forbidden]:
    with forbidden() as found:
        yield found


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("setting", SETTINGS)
async def test_a_hostile_address_is_refused_before_anything_is_sent(
    setting: str, url: str, listener: Forbidden, tmp_path: Path
) -> None:
    name, option, others = SETTINGS[setting]
    chosen = connector(name)
    for scheme in ("http", "https"):
        address = url.format(scheme=scheme, port=listener.port)
        try:
            options = chosen.options.model_validate({**others, option: address})
        except ValidationError:
            continue  # told when the rules are checked
        with pytest.raises(FixConfigError):
            await identified(
                chosen, options, surroundings(connection="acme", folder=tmp_path, guard=guard(listener.port))
            )
    assert listener.seen == []


async def identified(chosen: Connector, options: OptionsModel, around: Surroundings) -> None:
    source = chosen.open(options, around)
    try:
        await source.identify()
    finally:
        await source.aclose()


def test_the_list_is_long_enough_to_mean_something() -> None:
    assert len(set(URLS)) >= 60
