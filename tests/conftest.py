"""What tests of several rooms share: the served company, and stores on both engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from okrsync.sandbox.demo import advance
from tests.engines import new_database, postgres, store, url
from tests.flows.kit import Company, company

__all__ = ["new_database", "postgres", "store", "url"]

# A busy machine is slow without being wrong: no test fails by the clock.
settings.register_profile("okrsync", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("okrsync")


@pytest.fixture(scope="session", autouse=True)
def _vendors_on_this_machine() -> Iterator[None]:
    """Let whole runs reach the tests' servers, in children as well; connectors alone are handed their own guard."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("OKRSYNC_ALLOWED_HOSTS", "127.0.0.1")
        yield


@pytest.fixture(scope="session")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The company synced once, with its store kept aside, and its world one step further."""
    with company(tmp_path_factory.mktemp("company") / "demo") as found:
        found.sync()
        found.keep("base.db")
        advance(found.folder)
        yield found


@pytest.fixture
def rivelle(moved: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    """The company as it was synced, and its world one step further than the store."""
    # A busy vendor is given up on soon, so that tests of faults do not wait minutes.
    monkeypatch.setenv("OKRSYNC_BUDGET_SECONDS", "0.3")
    moved.put_back(moved.folder.parent / "base.db")
    yield moved
    moved.sandbox.jira_faults.clear()
    moved.sandbox.github_faults.clear()
    moved.sandbox.asana_faults.clear()
