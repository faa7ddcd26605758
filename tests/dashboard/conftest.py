from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from dashboard.app import create_app
from tests.dashboard.fixtures import Company
from tests.dashboard.sketches import NOW


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Company(), now=lambda: NOW)) as opened:
        yield opened
