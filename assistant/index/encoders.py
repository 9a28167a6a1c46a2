"""Which encoder a build embeds with: the model itself, or, for a few passages, its exported copy without PyTorch."""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from assistant.embedding import QueryEncoder, Vectors, folder_digest, model_folder
from assistant.errors import IndexDamaged, ModelUnusable
from assistant.index.prepare import Preparation
from assistant.index.seals import describe_files, verify_files
from assistant.passages import Count
from assistant.readers.text import digest
from assistant.records import Progress, Span

if TYPE_CHECKING:
    from assistant.passage_encoder import PassageEncoder

FEW = 300
"""Passages that are embedded by the exported copy: importing PyTorch would take as long."""


class BulkEncoder(Protocol):
    """Embeds passages."""

    @property
    def precision(self) -> str:
        """The number format in which it works."""
        ...

    def encode_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]], told: Callable[[int], None] = ...
    ) -> list[Vectors]:
        """As `PassageEncoder.encode_passages`."""
        ...


class Encoders:
    """The encoders of one build; PyTorch is imported only if it is needed."""

    def __init__(
        self, name: str, folder: Path, exported: dict[str, Any] | None, told: Progress, notes: list[str]
    ) -> None:
        """Names the model, and the folder of exported copies.

        Args:
            name: The model.
            folder: Where exported copies stand.
            exported: What the manifest of the index in use says of its own.
            told: Told when the model is loaded and exported.
            notes: Where it is noted if the model cannot be exported.
        """
        self.name = name
        self.folders: set[object] = {exported["folder"]} if exported else set()
        """The names of copies in use."""
        self._folder = folder
        self._exported = exported
        self._told = told
        self._notes = notes

    @cached_property
    def _light(self) -> QueryEncoder | None:
        """The exported copy of this very model, if there is one that is sound."""
        folder = model_folder(self.name)
        copy_ = self._sound_copy
        return copy_ if copy_ and folder and folder_digest(folder) == copy_.digest else None

    @cached_property
    def _sound_copy(self) -> QueryEncoder | None:
        if not self._exported:
            return None
        folder = self._folder / str(self._exported["folder"])
        try:
            verify_files(folder, self._exported)
            return QueryEncoder(folder)
        except (IndexDamaged, ModelUnusable):
            return None

    @property
    def is_sound(self) -> bool:
        """Whether the copy of the index in use is there as it was written, and can be loaded; or none is to be."""
        return not self._exported or self._sound_copy is not None

    @cached_property
    def _whole(self) -> PassageEncoder:
        """The model itself."""
        from assistant.passage_encoder import PassageEncoder  # imports torch: seconds

        self._told("Loading the model", 0, 1)
        encoder = PassageEncoder(self.name)
        self._told("Loading the model", 1, 1)
        return encoder

    @property
    def _any(self) -> QueryEncoder | PassageEncoder:
        return self._light or self._whole

    @property
    def digest(self) -> str:
        """Of the model."""
        return self._any.digest

    @property
    def dimensions(self) -> int:
        """Of its vectors."""
        return self._any.dimensions

    @property
    def max_pieces(self) -> int:
        """How many word pieces it takes."""
        return self._any.max_pieces

    @property
    def count(self) -> Count:
        """Counts the word pieces of texts."""
        return self._light.count_all if self._light else self._whole.count

    def for_passages(self, preparation: Preparation) -> BulkEncoder:
        """What embeds the passages of a build."""
        light = self._light
        if light and light.pools_tokens and "_whole" not in self.__dict__ and preparation.are_few(FEW):
            return light
        return self._whole

    def about(self, before: dict[str, Any] | None) -> dict[str, Any]:
        """What the manifest says of the model; `before` is what that of the generation before says."""
        same = "_whole" not in self.__dict__
        precision = (before or {}).get("precision", "float32") if same else self._whole.precision
        return {"name": self.name, "digest": self.digest, "dimensions": self.dimensions, "precision": precision}

    def forget(self) -> None:
        """Gives the memory of the models back; nothing more is embedded."""
        for name in ("_whole", "_light", "_sound_copy"):
            self.__dict__.pop(name, None)

    def export(self) -> dict[str, object] | None:
        """The exported copy of the model, made if it is not there yet; None, with a note, if it cannot be."""
        if self._light:
            return self._exported
        from assistant.export import EXPORTER_VERSION, ExportFailed, export  # imports torch: seconds

        name = digest(f"{self.digest} {EXPORTER_VERSION}".encode())
        folder = self._folder / name
        # The index in use needs it at any moment, so one that is sound is never replaced.
        if self._exported and self._exported["folder"] == name and self._sound_copy:
            return self._exported
        self._told("Preparing the question encoder", 0, 1)
        try:
            cosine = export(self._whole, folder)
        except ExportFailed as error:
            self._notes.append(f"questions are embedded by the model itself, more slowly: {error}")
            return None
        # It was a temporary folder, which only its owner may enter; whoever may read the index may ask.
        folder.chmod(stat.S_IMODE(folder.parent.stat().st_mode))
        self._told("Preparing the question encoder", 1, 1)
        self.folders.add(name)
        return {"folder": name, "least_cosine": round(cosine, 6), "files": describe_files(folder)}
