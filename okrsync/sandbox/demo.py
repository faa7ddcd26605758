"""The demo's folder: a config, a workbook, tokens, and what it takes to serve the same vendors again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from mapping.errors import FixConfigError
from okrsync.sandbox.accounts import GITHUB_ACCOUNT, JIRA_ACCOUNT
from okrsync.sandbox.asana_site import ASANA_ACCOUNT
from okrsync.sandbox.days import span_around
from okrsync.sandbox.goals_file import GoalsFile
from okrsync.sandbox.server import (
    ASANA_PREFIX,
    GITHUB_PREFIX,
    HOST,
    JIRA_PREFIX,
    Sandbox,
    address,
    free_port,
    serving,
    utc_now,
)
from okrsync.sandbox.steps import latest_change, take_step
from okrsync.sandbox.wire import instant_of
from okrsync.sandbox.workbook import FILE_NAME, edit_workbook, write_workbook
from okrsync.sandbox.world import World, build
from okrsync.sandbox.world_asana import GOAL_BUGS, GOAL_READY

STATE_FILE = "sandbox.json"
CONFIG_FILE = "okrsync.yaml"
SECRETS_FILE = ".env"
GOALS_FILE = "asana-goals.json"
FORMAT = 1
MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFolder:
    """What ``sandbox.json`` says. The world follows from it, in this process and in any later one."""

    folder: Path
    seed: int
    anchor: datetime
    """When the demo was made; nothing in the world is later, but for the steps."""
    port: int
    steps: tuple[datetime, ...] = ()
    """When each step was taken."""

    @property
    def step(self) -> int:
        """How many steps were taken."""
        return len(self.steps)

    @property
    def jira_url(self) -> str:
        """The address in the config."""
        return address(self.port) + JIRA_PREFIX

    @property
    def github_url(self) -> str:
        """The address in the config."""
        return address(self.port) + GITHUB_PREFIX

    @property
    def asana_url(self) -> str:
        """The address in the config."""
        return address(self.port) + ASANA_PREFIX

    @property
    def config(self) -> Path:
        """The rules file."""
        return self.folder / CONFIG_FILE

    def world(self) -> World:
        """Return the world as it stands after the last step, with Asana's goals as they were kept."""
        world = build(
            seed=self.seed, anchor=self.anchor, jira_url=self.jira_url, github_url=self.github_url, steps=self.steps
        )
        world.asana.keeper = GoalsFile(self.folder / GOALS_FILE)
        world.asana.keeper.load(world.asana)
        return world


def create(folder: Path, *, seed: int = 7, now: datetime, port: int | None = None) -> DemoFolder:
    """Make a demo in a new or empty folder; a demo made there earlier is begun anew.

    Beginning anew removes what the demo and okrsync made there (config, workbook, tokens, database) and nothing else.

    Args:
        folder: where; it is made if it is not there.
        seed: decides everything that chance decides.
        now: the moment the world stands still at.
        port: where it will be served; a free one is chosen when left out.

    Raises:
        FixConfigError: the folder holds something that is not a demo.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / STATE_FILE).is_file():
        load(folder)  # refuses a file that only happens to have that name
        _remove_old(folder)
    elif any(folder.iterdir()):
        raise FixConfigError(
            f"{folder} is not empty and holds no demo: name a new folder, as in `okrsync demo another-folder`"
        )
    demo = DemoFolder(folder=folder, seed=seed, anchor=_whole_second(now), port=port or free_port())
    demo.config.write_text(_config(demo), encoding="utf-8")
    _write_secrets(demo)
    write_workbook(folder / FILE_NAME, seed=seed, anchor=demo.anchor)
    _save(demo)
    return demo


def load(folder: Path) -> DemoFolder:
    """Return the demo in a folder.

    Raises:
        FixConfigError: there is none, or its ``sandbox.json`` cannot be read.
    """
    path = folder / STATE_FILE
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        demo = DemoFolder(
            folder=folder,
            seed=int(state["seed"]),
            anchor=instant_of(state["anchor"]),
            port=int(state["port"]),
            steps=tuple(instant_of(at) for at in state["steps"]),
        )
    except FileNotFoundError as error:
        raise FixConfigError(
            f"{folder} holds no demo ({STATE_FILE} is missing): run `okrsync demo {folder}`"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FixConfigError(f"{path} cannot be read ({error}): remove it and run `okrsync demo` again") from error
    if state["format"] != FORMAT:
        raise FixConfigError(f"{path} has format {state['format']} instead of {FORMAT}: make the demo in a new folder")
    return demo


def advance(folder: Path, *, now: datetime | None = None) -> list[str]:
    """Change the demo's world by one step and return sentences about what was done.

    The changes carry the time ``now`` less a second, but always a later one than the last change of the world before.

    Raises:
        FixConfigError: the folder holds no demo, or its workbook lacks what the step changes.
    """
    demo = load(folder)
    world = demo.world()
    # a moment ago, for no vendor has changes from the future; and behind all that was there before
    at = max(_whole_second(now or utc_now()), _whole_second(latest_change(world)) + 2 * MOMENT) - MOMENT
    demo = replace(demo, steps=(*demo.steps, at))
    sentences = take_step(world, demo.step, at)
    sentences += edit_workbook(folder / FILE_NAME, number=demo.step, seed=demo.seed, at=at)
    _save(demo)
    return sentences


@contextmanager
def serve(folder: Path, *, clock: Callable[[], datetime] = utc_now) -> Iterator[Sandbox]:
    """Serve the demo's vendors at the addresses in its config; steps taken meanwhile, by whomever, are seen.

    Raises:
        FixConfigError: the folder holds no demo, its kept goals cannot be read, or its port is taken.
    """
    demo = load(folder)
    world = demo.world()
    sandbox = Sandbox(jira=world.jira, github=world.github, asana=world.asana, port=demo.port, refresh=_follower(demo))
    with serving(sandbox, clock=clock) as served:
        yield served


def _follower(demo: DemoFolder) -> Callable[[Sandbox], None]:
    """Return what looks before each request whether ``sandbox.json`` was written anew, and if so renews the world."""
    path, lock = demo.folder / STATE_FILE, threading.Lock()
    seen = [path.stat().st_mtime_ns, demo.step]

    def refresh(sandbox: Sandbox) -> None:
        with lock:
            changed = path.stat().st_mtime_ns
            if changed == seen[0]:
                return
            now = load(demo.folder)
            if now.step != seen[1]:
                world = now.world()
                sandbox.jira, sandbox.github, sandbox.asana = world.jira, world.github, world.asana
            seen[:] = [changed, now.step]

    return refresh


def _whole_second(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)


def _save(demo: DemoFolder) -> None:
    """Write ``sandbox.json`` in one move, so that a server reading it never sees half of it."""
    state = {name: value for name, value in asdict(demo).items() if name != "folder"}
    state |= {"anchor": demo.anchor.isoformat(), "steps": [at.isoformat() for at in demo.steps]}
    text = json.dumps({"format": FORMAT, **state}, indent=2) + "\n"
    part = demo.folder / f".{STATE_FILE}.part"
    part.write_text(text, encoding="utf-8")
    part.replace(demo.folder / STATE_FILE)


def _write_secrets(demo: DemoFolder) -> None:
    path = demo.folder / SECRETS_FILE
    path.write_text(
        "# Made-up tokens; they open nothing but the sandbox on this machine.\n"
        f"RIVELLE_JIRA_TOKEN={JIRA_ACCOUNT.token}\nRIVELLE_GITHUB_TOKEN={GITHUB_ACCOUNT.token}\n"
        f"RIVELLE_ASANA_TOKEN={ASANA_ACCOUNT.token}\n"
        f"# Connections reach public hosts only, and the sandbox is on this machine.\n"
        f"OKRSYNC_ALLOWED_HOSTS={HOST}:{demo.port}\n",
        encoding="utf-8",
    )
    path.chmod(0o600)


def _config(demo: DemoFolder) -> str:
    span = span_around(demo.anchor)
    last = span.ends_on - timedelta(days=1)
    text = files("okrsync.sandbox").joinpath("demo.yaml").read_text(encoding="utf-8")
    words = {
        "jira_url": demo.jira_url,
        "github_url": demo.github_url,
        "asana_url": demo.asana_url,
        "goal_ready": GOAL_READY,
        "goal_bugs": GOAL_BUGS,
        "email": JIRA_ACCOUNT.person.email,
        "cycle": f"{span.starts_on:%Y-%m}-to-{last:%m}",
        "starts_on": span.starts_on.isoformat(),
        "ends_on": span.ends_on.isoformat(),
    }
    for name, value in words.items():
        text = text.replace(f"@{name}@", value)
    return text


_MADE = (
    STATE_FILE,
    CONFIG_FILE,
    SECRETS_FILE,
    GOALS_FILE,
    FILE_NAME,
    "okrsync.db",
    "okrsync.db-wal",
    "okrsync.db-shm",
)


def _remove_old(folder: Path) -> None:
    for name in _MADE:
        (folder / name).unlink(missing_ok=True)
