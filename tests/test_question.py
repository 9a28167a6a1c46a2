"""From a question to a cited answer, on the sample library."""

from __future__ import annotations

from assistant import Library


def test_the_answer_quotes_the_joint_statement(sample: Library) -> None:
    answer = sample.ask("What did the September 2005 joint statement commit North Korea to?")
    assert answer.found
    first = answer.statements[0]
    assert "give up" in first.text
    assert "all nuclear weapons" in first.text
    assert first.citation.source_id == "joint-statement-2005.md"
    assert answer.excerpts[first.numbers[0] - 1].text.count(first.text) == 1


def test_every_quotation_is_a_slice_of_its_source(sample: Library) -> None:
    for question in ("Who chaired the talks?", "When did North Korea leave the NPT?", "How was the money returned?"):
        answer = sample.ask(question, k=8)
        for citation in [e.citation for e in answer.excerpts] + [s.citation for s in answer.statements]:
            text = sample.source(citation.source_id).text
            assert text[citation.start : citation.end] == citation.quote
            assert text[: citation.start].endswith(citation.prefix)
            assert text[citation.end :].startswith(citation.suffix)
