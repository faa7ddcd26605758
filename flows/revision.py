"""The rules as they stood at a revision of git, read without touching the working tree."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from config.files import is_rules
from config.load import Config, load
from config.settings import Settings
from mapping.errors import ConfigProblemsError, FixConfigError, TryAgainError

PROFILES = ".toml"
"""Files of status profiles, which rules name relative to their folder."""
SECONDS = 60
MOST_FILES = 1000


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit as it was named, and what its rules were."""

    name: str
    commit: str
    """Its full hash."""
    config: Config | None
    """None where there were no rules at this path."""


def rules_at(name: str, path: Path, settings: Settings) -> Revision:
    """Return the rules at a revision: a branch, a tag, a hash, ``HEAD~3``.

    Args:
        name: of the revision.
        path: of the rules in the working tree, a file or a folder.
        settings: as for the rules of today; no secret is needed.

    Raises:
        FixConfigError: git is not there, the folder is in no repository, there is no such revision, or its rules
            cannot be loaded.
    """
    path = path.resolve()
    git = _Git(path if path.is_dir() else path.parent)
    top = Path(git.text("rev-parse", "--show-toplevel").rstrip("\n"))
    try:
        # the name is handed over as it is, and can be no option behind --end-of-options
        commit = git.text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").strip()
    except FixConfigError as error:
        known = "fetch it (in CI: fetch-depth: 0), or name a branch, a tag or a hash"
        raise FixConfigError(f"no revision {name!r} in {top}: {known}") from error
    inside = PurePosixPath(path.relative_to(top.resolve()).as_posix())
    with tempfile.TemporaryDirectory() as folder:
        if not _export(git, commit, inside, Path(folder), is_folder=path.is_dir()):
            return Revision(name, commit, None)
        return Revision(name, commit, _loaded(Path(folder) / inside, Path(folder), name, settings))


def _loaded(path: Path, folder: Path, name: str, settings: Settings) -> Config:
    try:
        return load(path, settings=settings, environ={}, offline=True)
    except ConfigProblemsError as error:
        said = str(error).replace(f"{folder}/", f"{name}:")
        raise FixConfigError(f"the rules of {name} cannot be loaded:\n{said}") from error


def _export(git: _Git, commit: str, inside: PurePosixPath, folder: Path, *, is_folder: bool) -> bool:
    """Write the rules of a commit below a folder, with the profiles beside them; tell whether there were any."""
    home = inside if is_folder else inside.parent
    names = git.text(
        "ls-tree", "-r", "-z", "--full-tree", "--name-only", commit, "--", f"{home}/" if home.name else "."
    )
    files = [PurePosixPath(each) for each in names.split("\0") if each]
    if is_folder:
        rules = [each for each in files if each.parent == home and is_rules(each.name)]
    else:
        rules = [each for each in files if each == inside]
    if len(rules) > MOST_FILES:
        raise FixConfigError(f"{home}: {len(rules)} files at {commit[:12]}, more than {MOST_FILES}")
    text = b"".join(_write(git, commit, each, folder) for each in rules)
    for each in files:
        if each.suffix == PROFILES and each.name.encode() in text:
            _write(git, commit, each, folder)
    return bool(rules)


def _write(git: _Git, commit: str, file: PurePosixPath, folder: Path) -> bytes:
    """Write a file of a commit below a folder, and return what is in it."""
    target = folder / file
    target.parent.mkdir(parents=True, exist_ok=True)
    data = git.run("show", "--no-textconv", f"{commit}:{file}")
    target.write_bytes(data)
    return data


@dataclass(frozen=True, slots=True)
class _Git:
    """Git as a child process, asked only what writes nothing; every word is an argument of its own."""

    folder: Path

    def text(self, *words: str) -> str:
        """Return what git prints, as text."""
        return self.run(*words).decode("utf-8", errors="surrogateescape")

    def run(self, *words: str) -> bytes:
        """Return what git prints.

        Raises:
            FixConfigError: git is not there, or refuses.
            TryAgainError: it takes too long.
        """
        command: Sequence[str] = ("git", "--no-optional-locks", "-C", str(self.folder), *words)
        try:
            done = subprocess.run(command, capture_output=True, check=False, timeout=SECONDS)  # noqa: S603 - no shell, and each word is an argument
        except FileNotFoundError as error:
            raise FixConfigError("git is not installed here: --against reads revisions with it") from error
        except subprocess.TimeoutExpired as error:
            raise TryAgainError(f"git {words[0]} took longer than {SECONDS} seconds") from error
        if done.returncode:
            said = done.stderr.decode("utf-8", errors="replace").strip() or f"it ended with {done.returncode}"
            raise FixConfigError(f"git {words[0]} in {self.folder}: {said}")
        return done.stdout
