"""What must hold for the whole tree: rooms, imports, documents, and that Prefect's server can start."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from connectors import destinations
from connectors.registry import names
from okrsync import __version__, rooms
from tests.check_wheel import ROOMS

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_version_is_the_same_everywhere() -> None:
    assert PROJECT["project"]["version"] == __version__


def test_wheel_ships_the_rooms_and_no_tests() -> None:
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packages) == ROOMS
    assert {"okrsync", *rooms.ROOMS} == ROOMS


def test_guard_is_content_with_our_own_rooms() -> None:
    assert rooms.strangers() == []


def test_guard_names_a_package_that_holds_a_rooms_name(tmp_path: Path) -> None:
    (tmp_path / "mapping").mkdir()
    (tmp_path / "mapping" / "__init__.py").write_text("", encoding="utf-8")
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from okrsync.rooms import strangers; print(strangers())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "another package holds the name 'mapping'" in done.stdout
    assert "environment of its own" in done.stdout


def test_prefects_server_imports_with_the_fastapi_that_is_locked() -> None:
    # A subprocess: the server sets up logging and warnings of its own, which are not this project's.
    script = "from prefect.server.api.server import create_app; create_app(); print('built')"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.endswith("built\n"), done.stderr[-2000:]


@pytest.mark.parametrize("command", [["--help"], ["status", "--help"], ["plan", "--help"], ["schema"]])
def test_commands_that_need_no_prefect_do_not_import_it(command: list[str]) -> None:
    script = (
        "import sys; sys.argv = ['okrsync', *sys.argv[1:]]\n"
        "from okrsync.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "sys.stderr.write('prefect' if 'prefect' in sys.modules else 'none')"
    )
    done = subprocess.run([sys.executable, "-c", script, *command], capture_output=True, text=True, check=True)
    assert done.stderr == "none"
    assert done.stdout


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_carry_hashes_and_no_addresses(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    pinned = re.findall(r"^[a-z0-9][^\s;]*==\S+", text, flags=re.MULTILINE)
    assert len(pinned) > 50
    assert text.count("--hash=sha256:") >= len(pinned)
    assert "://" not in text


def test_every_connector_has_a_page_and_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in names():
        assert (ROOT / "docs" / "connectors" / f"{name}.md").is_file(), name
        assert f"docs/connectors/{name}.md" in readme


def test_every_kind_of_destination_has_its_section() -> None:
    page = (ROOT / "docs" / "destinations.md").read_text(encoding="utf-8")
    for kind in destinations.usable():
        assert f"to: {kind.name}\n" in page, kind.name
        for name in kind.options.model_fields:
            assert f"{name}:" in page or name in ("url", "requests_a_minute"), f"{kind.name}: {name}"


def test_every_command_stands_in_the_readme() -> None:
    from okrsync.cli import app

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = [each.name or each.callback.__name__ for each in app.registered_commands if each.callback]
    assert len(commands) >= 11
    missing = [name for name in commands if f"okrsync {name}" not in readme]
    assert missing == []


def test_readmes_two_commands_are_targets_of_the_makefile() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test"):
        assert f"make {target}" in readme
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)
