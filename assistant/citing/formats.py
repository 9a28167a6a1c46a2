"""What answers and sources are written as."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """What answers and sources are written as."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    DOCX = "docx"
    BIBTEX = "bibtex"
    RIS = "ris"
    CSL_JSON = "csl-json"
    RECORD = "answers"

    @property
    def suffix(self) -> str:
        """The suffix of its files."""
        return _SUFFIXES[self]

    @property
    def media_type(self) -> str:
        """Its media type."""
        return _MEDIA_TYPES[self]


_SUFFIXES = {
    Format.TEXT: ".txt",
    Format.MARKDOWN: ".md",
    Format.HTML: ".html",
    Format.DOCX: ".docx",
    Format.BIBTEX: ".bib",
    Format.RIS: ".ris",
    Format.CSL_JSON: ".json",
    Format.RECORD: ".answers.json",
}
_MEDIA_TYPES = {
    Format.TEXT: "text/plain; charset=utf-8",
    Format.MARKDOWN: "text/markdown; charset=utf-8",
    Format.HTML: "text/html; charset=utf-8",
    Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Format.BIBTEX: "application/x-bibtex",
    Format.RIS: "application/x-research-info-systems",
    Format.CSL_JSON: "application/vnd.citationstyles.csl+json",
    Format.RECORD: "application/json",
}
