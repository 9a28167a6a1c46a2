"""Answers as documents: every quotation word for word, with its citation, in what a person opens."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html as lxml_html
from markdown_it import MarkdownIt

from assistant import Library, open_library
from assistant.citing.documents import write_answers, write_sources
from assistant.citing.formats import Format
from assistant.citing.styles import STYLES, find_style
from assistant.cli import main
from assistant.errors import UsageError
from assistant.readers import read
from assistant.records import Answer
from assistant.saving import load_answers, save_answers

NOTES = find_style("chicago-notes")
HOSTILE = """"> *a* _b_ `c` [d](javascript:e) <script>f</script> <!-- g --> &amp; $h$ \\i{} ^j^ ~k~ #l
+ m | n [^1] [@o] 1) p
1. q
- r &#35; s
--- t
\\\\srv\\u \\#v \\*w* a\\$5 ~~x~~ \\"""


@pytest.fixture(scope="module")
def answers(sample: Library) -> list[Answer]:
    """A conversation of three questions, the last of which is not answered."""
    first = sample.ask("When was KEDO founded?")
    second = sample.ask("And which countries founded it?", [first.turn()])
    third = sample.ask("Who won the 2030 World Cup?")
    assert [first.found, second.found, third.found] == [True, True, False]
    return [first, second, third]


@pytest.fixture
def hostile(answers: list[Answer]) -> Answer:
    """An answer whose source says things that formats give a meaning."""
    one = answers[0].statements[0]
    citation = replace(one.citation, quote=HOSTILE, metadata=replace(one.citation.metadata, title=HOSTILE))
    statement = replace(one, text=HOSTILE, citation=citation)
    return replace(answers[0], question=HOSTILE, statements=(statement,), excerpts=())


def _words(text: str) -> str:
    return " ".join(text.split())


def _quotations(answers: list[Answer]) -> list[str]:
    said = [statement.text for answer in answers for statement in answer.statements]
    return [_words(text) for text in (*said, *(excerpt.text for answer in answers for excerpt in answer.excerpts))]


def _seen(data: bytes, form: Format) -> str:
    """The words of a document as a person reads them."""
    if form is Format.DOCX:
        return _words(read(data, "answers.docx").sources[0].text)
    text = data.decode()
    if form is Format.MARKDOWN:
        text = MarkdownIt("commonmark").enable("strikethrough").render(text)  # as most programs read it
    return _words(lxml_html.fromstring(text).text_content())


@pytest.mark.parametrize("form", [Format.MARKDOWN, Format.HTML, Format.DOCX])
@pytest.mark.parametrize("style", STYLES)
def test_every_quotation_is_word_for_word_in_the_document(answers: list[Answer], style: str, form: Format) -> None:
    seen = _seen(write_answers(answers, find_style(style), form, excerpts=True), form)
    for quotation in _quotations(answers):
        assert f"“{quotation}" in seen
    for answer in answers:
        assert answer.question in seen
    assert find_style(style).heading in seen


@pytest.mark.parametrize("form", [Format.MARKDOWN, Format.HTML, Format.DOCX])
def test_words_of_a_source_stay_words(hostile: Answer, form: Format) -> None:
    data = write_answers([hostile], NOTES, form)
    seen = _seen(data, form)
    assert seen.count(_words(HOSTILE)) >= 2  # as the question and as a quotation
    if form is Format.HTML:
        tree = lxml_html.fromstring(data.decode())
        assert not tree.xpath("//script | //body//img") and "javascript:" not in "".join(tree.xpath("//@href"))


def test_markdown_has_a_footnote_for_each_quotation(answers: list[Answer]) -> None:
    text = write_answers(answers, NOTES, Format.MARKDOWN, excerpts=True).decode()
    notes = re.findall(r"^\[\^(\d+)\]: (.+)", text, re.MULTILINE)
    count = len(_quotations(answers))
    assert [number for number, _ in notes] == [str(number) for number in range(1, count + 1)]
    assert "“The Korean Peninsula Energy Development Organization (KEDO), 1995-2006,” Sample library," in notes[0][1]
    assert "under “Origins and membership,” para. 1." in notes[0][1]


def test_word_file_has_real_footnotes_and_loads_nothing(answers: list[Answer]) -> None:
    with zipfile.ZipFile(io.BytesIO(write_answers(answers, NOTES, Format.DOCX, excerpts=True))) as archive:
        notes = archive.read("word/footnotes.xml").decode()
        parts = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".rels")]
    assert notes.count("<w:footnote ") >= len(_quotations(answers))
    assert not re.findall(r'Type="[^"]*/image"[^>]*TargetMode="External"', "".join(parts))


def test_web_page_loads_nothing(answers: list[Answer]) -> None:
    tree = lxml_html.fromstring(write_answers(answers, NOTES, Format.HTML).decode())
    assert not tree.xpath("//@src | //link | //script") and "url(" not in "".join(tree.xpath("//style/text()"))


def test_sources_of_answers_for_a_reference_manager(answers: list[Answer]) -> None:
    for excerpts in (False, True):
        text = write_answers(answers, NOTES, Format.BIBTEX, excerpts).decode()
        quoted = [each for answer in answers for each in (answer.excerpts if excerpts else answer.statements)]
        assert text.count("\n@") + 1 == len({each.citation.source_id for each in quoted})


def test_only_the_quoted_sentences_are_cited_unless_excerpts_are_asked_for(answers: list[Answer]) -> None:
    text = write_answers(answers, NOTES, Format.MARKDOWN).decode()
    assert len(re.findall(r"^\[\^\d+\]: ", text, re.MULTILINE)) == sum(len(answer.statements) for answer in answers)
    assert answers[2].question in text and answers[2].excerpts[0].citation.title not in text


def test_a_record_of_answers_can_be_read_and_checked(answers: list[Answer], sample: Library, tmp_path: Path) -> None:
    path = tmp_path / "conversation.answers.json"
    path.write_bytes(write_answers(answers, NOTES, Format.RECORD))
    assert load_answers(path) == answers
    assert sample.check_answers(path).ok
    with pytest.raises(UsageError, match="only answers are saved"):
        write_sources({}, NOTES, Format.RECORD)


def test_no_answer_is_an_empty_document_not_a_failure() -> None:
    assert write_answers([], NOTES, Format.MARKDOWN)
    assert write_sources({}, NOTES, Format.TEXT) == b""


def test_command_cites_sources_quotations_and_saved_answers(
    sample: Library, answers: list[Answer], tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    folders = ["--sources", str(sample.sources), "--index", str(sample.index)]

    def cite(*arguments: str) -> tuple[int, str, str]:
        status = main(["cite", *folders, *arguments])
        out, err = capsysbinary.readouterr()
        return status, out.decode(), err.decode()

    entry = (
        "The Korean Peninsula Energy Development Organization (KEDO), 1995-2006. (2026, November 24). Sample library.\n"
    )
    assert cite("kedo*", "--style", "apa") == (0, entry, "")
    status, out, _ = cite("--quote", "KEDO was founded by Japan", "--style", "chicago-author-date")
    assert status == 0 and "2026, under “Origins and membership,” para. 2)\n" in out
    save_answers(answers, tmp_path / "answers.json")
    word = tmp_path / "answers.docx"
    assert cite("--answers", str(tmp_path / "answers.json"), "-o", str(word)) == (0, f"written: {word}\n", "")
    assert _quotations(answers)[0] in _seen(word.read_bytes(), Format.DOCX)
    before = word.read_bytes()
    for arguments, message in [
        (("--answers", str(tmp_path / "answers.json"), "-o", str(word)), "exists already"),
        (("-o", str(tmp_path / "a.pdf")), "no format has the suffix .pdf"),
        (("--format", "docx"), "a Word file is not printed"),
        (("--style", "none"), "no citation style 'none'"),
        (("nothing*",), "no source fits 'nothing*'"),
        (("--quote", "words that stand nowhere"), "stand in none of the sources"),
        (("--answers", str(word)), "does not hold saved answers"),
        (("--answers", str(tmp_path / "answers.json"), "kedo*"), "not both"),
    ]:
        status, out, err = cite(*arguments)
        expected = 1 if "--quote" in arguments else 2
        assert (status, out) == (expected, "") and message in err and err.count("\n") == 1
    assert word.read_bytes() == before


def test_accents_and_scripts_reach_every_format(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "六方.md").write_text(
        "---\ntitle: 六方会谈 и Ённбён\n---\n\nThe reactor at Yŏngbyŏn was shut down. 六方会谈于北京举行。\n",
        "utf-8",
    )
    answer = open_library(tmp_path / "sources", index=tmp_path / "index").ask("What happened at Yŏngbyŏn?")
    assert answer.excerpts
    for form in (Format.MARKDOWN, Format.HTML, Format.DOCX):
        seen = _seen(write_answers([answer], NOTES, form, excerpts=True), form)
        assert "The reactor at Yŏngbyŏn was shut down. 六方会谈于北京举行。" in seen and "六方会谈 и Ённбён" in seen
