"""The manifest of a generation: what it was made of and how, and the digests of its files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from assistant.errors import IndexDamaged, IndexForeign, IndexOutdated
from assistant.index.seals import seal_of
from assistant.settings import FORMAT_VERSION, Recipe


def read_manifest(path: Path, sources: Path) -> dict[str, Any]:
    """The manifest of the generation at `path`.

    Raises:
        IndexDamaged: it cannot be read.
        IndexOutdated: it is of another format.
        IndexForeign: it names other sources.
    """
    try:
        text = (path / "manifest.json").read_text("utf-8")
        manifest: dict[str, Any] = json.loads(text)
        format_version, root, seal = manifest["format"], manifest["sources_root"], manifest.pop("seal")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexDamaged(f"the index in {path.parent} is damaged (manifest.json): run assistant rebuild") from error
    if format_version != FORMAT_VERSION:
        raise IndexOutdated(
            f"the index in {path.parent} has format {format_version}, "
            f"this program reads {FORMAT_VERSION}: run assistant rebuild"
        )
    if seal != seal_of(manifest):
        raise IndexDamaged(f"the index in {path.parent} is damaged (manifest.json): run assistant rebuild")
    if manifest.get("recipe") != Recipe().to_dict():
        raise IndexOutdated(
            f"the index in {path.parent} was built in another way than this version does: run assistant rebuild"
        )
    if root != root_name(sources, path.parent):
        raise IndexForeign(
            f"the index in {path.parent} was built from other sources ({root}): "
            "choose another --index, or replace it with rebuild --full"
        )
    return manifest


def root_name(sources: Path, index: Path) -> str:
    """The sources folder as a manifest names it: seen from the index, so that both can be moved together."""
    try:
        return Path(os.path.relpath(sources.resolve(), index.resolve())).as_posix()
    except ValueError:  # on Windows, another drive
        return sources.resolve().as_posix()
