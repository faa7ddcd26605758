"""Whatever a test of this folder makes okrsync ask of Asana must be what Asana describes, and so must the answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.asana import described
from tests.connectors.asana.kit import Office


@pytest.fixture
def office() -> Iterator[Office]:
    made = Office()
    yield made
    if described.there():
        assert made.not_as_described() == []
