"""``${NAME}`` in connections: filled in from the environment or the secrets folder, never written down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.validation import Problems
from config.yaml_nodes import Branch, Items, Leaf, Node, Plain
from mapping.errors import Place

REFERENCE = re.compile(
    r"\$(?:"
    r"(?P<escaped>\$)(?=\{)"
    r"|\{file:(?P<file>[^}]*)\}"
    r"|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}"
    r"|(?P<bad>\{[^}]*\}?))"
)
_FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_MAX_SECRET_BYTES = 64 * 1024
_LEAST_REDACTED = 6
"""Shorter values are no secrets, and hiding every ``x`` would spoil the messages."""


@dataclass(frozen=True, slots=True)
class Filled:
    """Values with their variables filled in, and the variables that were missing, by the place that asks for them."""

    values: Plain
    missing: dict[Place, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """Where variables come from."""

    environ: Mapping[str, str]
    secrets_dir: Path | None
    tolerant: bool = False
    """Whether a missing variable is no problem (for commands that only read the store)."""

    def fill(self, node: Node, problems: Problems) -> Filled:
        """Return the values of ``node`` with every variable filled in; all that are missing are reported."""
        missing: dict[Place, str] = {}
        return Filled(self._values(node, missing, problems), missing)

    def _values(self, node: Node, missing: dict[Place, str], problems: Problems) -> Plain:
        if isinstance(node, Branch):
            return {key: self._values(entry.node, missing, problems) for key, entry in node.entries.items()}
        if isinstance(node, Items):
            return [self._values(each, missing, problems) for each in node.nodes]
        if isinstance(node.value, str) and "${" in node.value:
            return self._filled(node, node.value, missing, problems)
        return node.value

    def _filled(self, leaf: Leaf, text: str, missing: dict[Place, str], problems: Problems) -> str:
        def put(match: re.Match[str]) -> str:
            value = self._value(match, leaf.place, problems)
            if value is None:
                missing[leaf.place] = match["name"] or match["file"] or match[0]
            return value or ""

        return REFERENCE.sub(put, text)

    def _value(self, match: re.Match[str], place: Place, problems: Problems) -> str | None:
        if match["escaped"]:
            return "$"
        if match["bad"] is not None:
            problems.add(place, f"{match[0]!r} is no variable", "write ${NAME}, ${NAME:-default} or ${file:NAME}")
            return None
        value = self._file(match["file"], place, problems) if match["name"] is None else self._variable(match)
        if value is None and match["name"] and not self.tolerant:
            name = match["name"]
            fix = f"set it (export {name}=…), or put it in the file .env beside the rules"
            problems.add(place, f"environment variable {name} is not set", fix)
        if value is not None and len(value) >= _LEAST_REDACTED and match["default"] != value:
            problems.secrets.add(value)
        return value

    def _variable(self, match: re.Match[str]) -> str | None:
        # As in a shell, ${NAME:-default} also stands in for an empty variable; an empty token is never meant.
        found = self.environ.get(match["name"]) or match["default"]
        return None if found is None else str(found)

    def _file(self, name: str, place: Place, problems: Problems) -> str | None:
        what = self._wrong_with(name)
        if what is None and self.secrets_dir is not None:
            value = (self.secrets_dir / name).read_text(encoding="utf-8").strip()
            if value:
                return value
            what = f"secret file {name} is empty"
        if what is not None and not self.tolerant:
            problems.add(place, what, "put the secret in a file of that name in the folder OKRSYNC_SECRETS_DIR")
        return None

    def _wrong_with(self, name: str) -> str | None:
        if not _FILE_NAME.fullmatch(name):
            return f"{name!r} is no name of a secret file"
        if self.secrets_dir is None:
            return f"no secrets folder is set, but ${{file:{name}}} asks for one"
        path = self.secrets_dir / name
        if not path.is_file():
            return f"secret file {name} does not exist in the secrets folder"
        if path.stat().st_size > _MAX_SECRET_BYTES:
            return f"secret file {name} is larger than {_MAX_SECRET_BYTES} bytes"
        return None
