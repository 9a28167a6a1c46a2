"""An item of a bibliography on its way to the record: fields by their CSL names, and what was wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.readers import csl
from assistant.readers.metadata import web_address
from assistant.readers.text import one_line


@dataclass
class Item:
    """What one entry says: `place` is where it stands, `files` are its attachments as they are written."""

    place: str
    fields: dict[str, object] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def put(self, variable: str, value: object) -> None:
        """Take a value for a variable that has none yet."""
        if value:
            self.fields.setdefault(variable, value)

    def put_date(self, variable: str, value: object, shown: str) -> None:
        """Take a date, if it is certain; `shown` is what is told of one that is not."""
        date = csl.certain_date(value)
        if date:
            self.put(variable, date)
        elif one_line(shown):
            self.problems.append(
                f"{variable} is no certain date and was left out: {one_line(shown)[:60]} (write it as 2005, 2005-09 or "
                "2005-09-19 in a sidecar if it is known)"
            )

    def put_address(self, value: object) -> None:
        """Take a web address; anything else is left out in silence, since managers put files and keys there too."""
        self.put("URL", web_address(value))
