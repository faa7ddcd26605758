"""Installs a made-up package for one test: files and metadata with an entry point, on the path of imports."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from connectors.registry import GROUP


@contextmanager
def installed(folder: Path, package: str, entry: str, files: Mapping[str, str]) -> Iterator[None]:
    """Put a package on the path; when it goes, what was imported from it goes too.

    Args:
        folder: where to write it; several packages may share one.
        package: its name, to which version 1.0 is given.
        entry: as in ``entry_points.txt``: ``rainfall = "acme_rainfall:CONNECTOR"``, without quotes.
        files: text by path below the folder.
    """
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    info = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{entry}\n", encoding="utf-8")
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
                del sys.modules[name]
