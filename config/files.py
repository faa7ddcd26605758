"""One rules file or a folder of them, read into a single tree that remembers which file each key came from."""

from __future__ import annotations

from pathlib import Path

from config.validation import Problems
from config.yaml_nodes import MAX_BYTES, Branch, Entry, Leaf, Node, Spot, kind_of, read_nodes
from mapping.errors import ConfigProblemsError, FixConfigError

SUFFIXES = (".yaml", ".yml")
TESTS = (".okrtest.yaml", ".okrtest.yml")
"""How names of files of tests end, which may lie among the rules."""
MERGED = ("connections", "cycles", "objectives")
"""Sections that several files of a folder may each add to; everything else is said once."""
MAX_FILES = 1000


def rules_files(path: Path) -> list[Path]:
    """Return the files that make up the rules at ``path``: itself, or the YAML files of the folder, sorted by name.

    Raises:
        FixConfigError: there is nothing, or no YAML file in the folder.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise FixConfigError(
            f"{path}: there are no rules here: write some with `okrsync init`, or name them (--config)"
        )
    found = sorted(each for each in path.iterdir() if is_rules(each.name))
    if not found:
        raise FixConfigError(f"{path}: no file in this folder ends in .yaml: write one with `okrsync init`")
    if len(found) > MAX_FILES:
        raise FixConfigError(f"{path}: {len(found)} files, more than {MAX_FILES}: name the right folder (--config)")
    return found


def is_rules(name: str) -> bool:
    """Return whether a file of that name in a folder of rules is one of them."""
    return name.endswith(SUFFIXES) and not name.endswith(TESTS) and not name.startswith(".")


def read_rules(path: Path, problems: Problems) -> Branch:
    """Return the merged tree of the rules; a file that cannot be parsed is a problem and leaves the others readable.

    Raises:
        FixConfigError: there are no rules, or a file may not be read.
    """
    files = rules_files(path)
    merged: dict[str, Entry] = {}
    for each in files:
        node = read_file(each, problems)
        if isinstance(node, Branch):
            _merge(merged, node, problems)
        elif node is not None:
            what = f"the file is {kind_of(node)}, not a group of keys"
            problems.add(node.place, what, "begin with connections:, cycles: and objectives:")
    return Branch(Spot(str(files[0]), 1, 1), merged)


def read_file(file: Path, problems: Problems) -> Node | None:
    """Return the tree of one YAML file; None where it is empty, or cannot be parsed, which is a problem.

    Raises:
        FixConfigError: it may not be read.
    """
    try:
        with file.open("rb") as stream:
            # one byte beyond the limit is enough to know that it is too long
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise FixConfigError(f"{file}: cannot be read ({error.strerror}): check the file and its rights") from error
    try:
        return read_nodes(data, file=str(file), problems=problems.found)
    except ConfigProblemsError as error:
        problems.found.extend(error.problems)
        return None


def _merge(merged: dict[str, Entry], node: Branch, problems: Problems) -> None:
    for name, entry in node.entries.items():
        first = merged.get(name)
        if first is None or _is_empty(first):
            merged[name] = entry
        elif _is_empty(entry):
            continue
        elif name in MERGED and isinstance(first.node, Branch) and isinstance(entry.node, Branch):
            merged[name] = Entry(first.key_spot, _joined(first.node, entry.node, name, problems))
        else:
            _twice(name, first, entry, problems)


def _is_empty(entry: Entry) -> bool:
    return isinstance(entry.node, Leaf) and entry.node.value is None


def _joined(first: Branch, second: Branch, section: str, problems: Problems) -> Branch:
    entries = dict(first.entries)
    for name, entry in second.entries.items():
        if name in entries:
            _twice(f"{section}.{name}", entries[name], entry, problems)
        else:
            entries[name] = entry
    return Branch(first.spot, entries)


def _twice(name: str, first: Entry, second: Entry, problems: Problems) -> None:
    what = f"{name} is defined here and at {first.key_place}"
    problems.add(second.key_place, what, "keep one of the two, or rename one")
