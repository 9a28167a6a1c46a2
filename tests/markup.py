"""Reading HTML as a browser would, and a source to show, for the tests of what is shown."""

from __future__ import annotations

from html.parser import HTMLParser

from assistant.records import Locator, LocatorKind, Metadata, Source

HOSTILE = """"><script>x</script><img src=x onerror='y'>${z}{{z}} & [1] `b`"""
TEXT = "Findings\n\nThe bridge opened in 1932. It closed in 1970.\n\nThe bridge opened in 1932. Trains used it."
LOCATORS = (
    Locator(0, LocatorKind.PAGE, "7"),
    Locator(0, LocatorKind.SECTION, "Findings", 2),
    Locator(10, LocatorKind.PARAGRAPH, "1"),
    Locator(37, LocatorKind.PAGE, "8"),
    Locator(57, LocatorKind.PARAGRAPH, "2"),
)
KNOWN = Metadata(title="The Bridge", publisher="City Archive", issued="1971-03", covers="1932/1970")
SOURCE = Source("bridge.md", TEXT, KNOWN, "d", LOCATORS)


class Tags(HTMLParser):
    """The elements of a piece of HTML, each with its attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def assert_only_text(html: str, hostile: str) -> None:
    """The hostile words are shown as they are, and have made no element, handler or link."""
    tags = Tags(html)
    assert hostile in tags.words
    assert not {"script", "img"} & {tag for tag, _ in tags.elements}
    for _, attributes in tags.elements:
        assert not [name for name in attributes if name.startswith("on")]
        assert "javascript:" not in (attributes.get("href") or "")
