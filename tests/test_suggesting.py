"""Questions that a library suggests: drawn from it, answered by it, under the filters in use."""

from __future__ import annotations

from typing import Any

import pytest

from assistant import Library
from assistant.errors import UsageError

MAIL = "From: a@port.example\nTo: b@port.example\nSubject: {}\n\n{}\n"


def test_suggestions_are_answered_and_vary(sample: Library) -> None:
    suggestions = sample.suggestions(6)
    assert len(set(suggestions)) == 6
    assert len({question.split()[0] for question in suggestions}) > 1
    found = [sample.ask(question) for question in suggestions]
    assert all(answer.found and not answer.missing for answer in found)
    assert len({answer.excerpts[0].citation.source_id for answer in found}) > 3
    assert sample.suggestions(6) == suggestions


@pytest.mark.parametrize(
    "narrow",
    [{"sources": "kedo.md"}, {"tags": "iaea", "before": "2003"}, {"sources": "KEDO", "publishers": "sample library"}],
)
def test_suggestions_are_answered_under_the_filters(sample: Library, narrow: dict[str, Any]) -> None:
    suggestions = sample.suggestions(3, **narrow)
    assert suggestions
    for question in suggestions:
        answer = sample.ask(question, **narrow)
        assert answer.found
        assert answer.searched == sample.scope(**narrow).searched < 22
    assert suggestions != sample.suggestions(3)


def test_nothing_is_suggested_of_no_source(notes: Library) -> None:
    assert notes.suggestions(after=2030) == []
    assert notes.suggestions(0) == []
    with pytest.raises(UsageError):
        notes.suggestions(sources="zebra*")


def test_only_a_title_that_reads_as_a_topic_is_asked_about(notes: Library) -> None:
    told = "The bell buoy off {0}, long neglected, broke its chain. On {0}, men mended it, and left {0}."
    files = {
        "reply.eml": MAIL.format("Re: Comments on a draft", told.format("Gull Rock")),
        "letter.eml": MAIL.format("The bell buoy", "The bell buoy was painted red in the spring."),
        "scan.md": "---\ntitle: minutes_of_the_board.docx\n---\nThe board met twice and chose a new treasurer.\n",
        "number.md": "---\ntitle: 2019-11-04 77\n---\nThe treasurer paid for the paint.\n",
        "long.md": f"---\ntitle: {'On the painting of the buoys ' * 4}\n---\nThe paint was bought by the barrel.\n",
        "quiz.md": "# Quiz\n\n## Who painted the old ferry?\n\nThe old ferry was painted by the miller.\n",
        "typed.md": "---\ntitle: The tide in:quiz.md\n---\nThe tide rose over the quay in the night.\n",
    }
    for name, text in files.items():
        (notes.sources / name).write_text(text, "utf-8")
    notes.rebuild()
    suggestions = notes.suggestions(20)
    asked = " ".join(suggestions)
    assert "Who painted the old ferry?" in suggestions
    assert "about the bell buoy?" in asked
    assert "Gull Rock?" in asked
    for unread in ("Comments", "Re:", "minutes_of", "77", "painting of the buoys", "in:quiz"):
        assert unread not in asked
