"""Links to the very words of a citation."""

from assistant.records import Citation


def deep_link(citation: Citation) -> str | None:
    return citation.metadata.url
