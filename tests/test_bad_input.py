"""Bad input of every kind: each is answered, told in one line, or left out by name; nothing ends in a traceback."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from conftest import NOTES, ROOT, Command, Ran, copy_library, write_notes

from assistant import Library
from assistant.index import collect as collecting
from assistant.index.seals import seal_of
from assistant.readers.folder import load
from assistant.reports import BuildReport
from assistant.settings import FORMAT_VERSION, MAX_QUESTION

HIVES = "How many hives does the orchard keep?"
TALKS = """# Talks

六方会谈在北京举行。朝鲜代表没有出席。

## The reactor

The reactor at Yŏngbyŏn was shut down in July 2007.
"""
POSIX = pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")


def edit_bytes(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Replaces a file by a changed copy; the file itself, which may be linked elsewhere, is not written to."""
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(change(data))


def flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def assert_answers(library: Library, command: Command) -> None:
    ran = command(library, "ask", HIVES)
    assert (ran.status, ran.err) == (0, "")
    assert "“The orchard keeps nine hives.” [1]" in ran.out


def assert_refused(ran: Ran, status: int, *parts: str) -> None:
    """One line on the error stream, the right status, nothing on the output."""
    assert (ran.status, ran.out) == (status, "")
    assert all(part in ran.error for part in parts), ran.error


# The folder of sources


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ("nothing", "there is no sources folder {}: create it and put documents there"),
        ("file", "there is no sources folder {}: create it and put documents there"),
        ("folder", "no document in {} can be read: put documents there"),
        ("folder of rubbish", "no document in {} can be read (a.md: empty file): put documents there"),
    ],
)
@pytest.mark.parametrize("name", ["ask", "rebuild"])
def test_no_sources(tmp_path: Path, command: Command, made: str, message: str, name: str) -> None:
    library = Library(tmp_path / "sources", tmp_path / "index")
    if made == "file":
        library.sources.write_text("a document", "utf-8")
    elif made != "nothing":
        library.sources.mkdir()
    if made == "folder of rubbish":
        (library.sources / "a.md").touch()
    ran = command(library, name, *(["anything"] if name == "ask" else []))
    assert_refused(ran, 2, message.format(library.sources))


@dataclass
class Heap:
    """A library of many bad files and some good ones, and what the build said of them."""

    library: Library
    report: BuildReport
    linked: bool

    def reasons(self, name: str) -> list[str]:
        found = (*self.report.skipped, *self.report.problems)
        return [item.reason for item in found if item.file == name]


RANDOM = bytes(range(256)) * 20
BAD_FILES = {
    "empty.md": (b"", "empty file"),
    "blank.txt": (b" \n\n\t\n", "empty file"),
    "random.md": (RANDOM, "not text: it holds binary data"),
    "nul.txt": (b"abc\0def", "not text: it holds binary data"),
    "rubbish.pdf": (b"%PDF-1.4 rubbish", "damaged: it cannot be opened"),
    "report.docx": (b"PK\x03\x04", "damaged: it cannot be opened; "),
    "no suffix": (b"words", "no reader for files without a suffix"),
}
FLAWED_FILES = {
    "latin.txt": (
        "Der Bürgermeister grüßt die Gäste aus Österreich.\n".encode("latin-1") * 5,
        "not UTF-8: read as cp1252, a guess", "Bürgermeister grüßt",
    ),
    "front.md": (
        b"---\ntitle: [broken\n---\n# Trades\n\nThe cooper makes barrels.\n",
        "its front matter is broken and was left out: line 2", "cooper makes barrels",
    ),
}  # fmt: skip
NAMES = {
    "a b.md": "The sable is in the attic.",
    "it's q.md": "The stoat is in the barn.",
    "😀 note.md": "The marten is in the cellar.",
    "dots..md": "The polecat is in the dairy.",
    "Cafe\u0301 #2.md": "The weasel is in the ferry.",
    "100%41.md": "The badger is in the garden.",
    "semi;$(x) & co.md": "The beaver is in the harbour.",
    "[x]!.md": "The hamster is in the icehouse.",
    "-k.md": "The lemming is in the kitchen.",
} | ({'say "hi"?*.md': "The dormouse is in the larder."} if os.name == "posix" else {})
LINE = "x" * 5_000_000


@pytest.fixture(scope="module")
def heap(tmp_path_factory: pytest.TempPathFactory, _notes_index: Path) -> Heap:
    library = copy_library(_notes_index, tmp_path_factory.mktemp("heap") / "library")
    sources = library.sources
    for name, (data, *_) in (BAD_FILES | FLAWED_FILES).items():
        (sources / name).write_bytes(data)
    for name, text in NAMES.items():
        (sources / name).write_text(text, "utf-8")
    for name in ("one.txt", "two.txt"):
        (sources / name).write_text("The otter sleeps on the frozen weir at noon.\n", "utf-8")
    (sources / "line.txt").write_text(LINE, "utf-8")
    (sources / "..hidden.md").write_text("Hidden words.", "utf-8")
    (sources / "deep").mkdir()
    (sources / "deep" / "well.md").write_text("The well is deep.", "utf-8")
    (sources.parent / "secret.md").write_text("The vault code is 4711.", "utf-8")
    linked = make_links(sources)
    return Heap(library, library.rebuild(), linked)


LINKS = {
    "loop": ("../sources", "a link to the sources folder itself"),
    "deep/up": ("..", "a link to the sources folder itself"),
    "out.md": ("../secret.md", "a link to a place outside the sources folder"),
    "outside": ("..", "a link to a place outside the sources folder"),
    "self.md": ("self.md", "cannot be opened: "),
    "dangling.md": ("nowhere.md", "a link to nothing; remove it or mend it"),
    "again.md": ("bees.txt", "a link to bees.txt, which is read there"),
}


def make_links(sources: Path) -> bool:
    """Whether this system lets us make links, and if so, the links."""
    try:
        for name, (target, _) in LINKS.items():
            (sources / name).symlink_to(target)
    except OSError:
        return False
    return True


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_read_is_named_and_left_out(heap: Heap, name: str) -> None:
    (reason,) = heap.reasons(name)
    assert reason.startswith(BAD_FILES[name][1])
    assert name not in heap.report.added


@pytest.mark.parametrize("name", FLAWED_FILES)
def test_a_file_that_can_be_read_in_part_is_named_and_used(heap: Heap, name: str, command: Command) -> None:
    _, wanted, words = FLAWED_FILES[name]
    (reason,) = heap.reasons(name)
    assert reason.startswith(wanted)
    ran = command(heap.library, "find", words)
    assert (ran.status, name in ran.out) == (0, True)


def test_the_rest_is_indexed(heap: Heap, command: Command) -> None:
    assert (heap.report.unchanged, heap.report.changed, heap.report.removed) == (3, (), ())
    assert_answers(heap.library, command)
    assert command(heap.library, "check").status == 0
    again = heap.library.rebuild()
    assert (again.index_id, again.embedded, again.skipped) == (heap.report.index_id, 0, heap.report.skipped)


def test_a_line_of_five_million_characters_is_indexed_whole(heap: Heap) -> None:
    rows = [summary.passages for summary in heap.library.list_sources() if summary.id == "line.txt"]
    assert rows[0] > 1000
    index = heap.library.generation()
    number = index.find("line.txt")
    mine = [record for record in index.passages if record["source"] == number]
    assert (mine[0]["start"], mine[-1]["end"]) == (0, len(LINE))
    assert all(one["end"] == two["start"] for one, two in pairwise(mine))
    (excerpt,) = heap.library.retrieve("x" * 100, 1, sources="line.txt")
    assert set(excerpt.text) == {"x"}


@pytest.mark.parametrize("name", NAMES)
def test_a_file_may_have_any_name(heap: Heap, command: Command, name: str) -> None:
    animal = NAMES[name].split()[1]
    answer = json.loads(command(heap.library, "ask", f"Where is the {animal}?", "--json").out)
    shown = name.replace("e\u0301", "é")
    assert [statement["text"] for statement in answer["statements"]] == [NAMES[name]]
    assert answer["statements"][0]["citation"]["source_id"] == shown
    assert heap.library.state(shown) == "verified"
    assert command(heap.library, "ask", animal).out.count(f"  {shown}  score") == 1


def test_a_name_that_begins_with_dots_is_hidden(heap: Heap) -> None:
    assert not heap.library.find("Hidden words")
    assert not heap.reasons("..hidden.md")


def test_the_same_words_in_two_files_are_shown_once(heap: Heap) -> None:
    excerpts = heap.library.retrieve("Where does the otter sleep?")
    otters = [excerpt for excerpt in excerpts if "otter" in excerpt.text]
    assert len(otters) == 1
    (twin,) = otters[0].duplicates
    assert {otters[0].citation.source_id, twin.source_id} == {"one.txt", "two.txt"}
    assert twin.quote == otters[0].text == "The otter sleeps on the frozen weir at noon."
    assert len(heap.library.ask("Where does the otter sleep?").statements) == 1


@pytest.mark.parametrize("name", LINKS)
def test_a_link_is_followed_neither_around_nor_outside(heap: Heap, name: str) -> None:
    if not heap.linked:
        pytest.skip("this system lets us make no links")
    (reason,) = heap.reasons(name)
    assert reason.startswith(LINKS[name][1])
    assert not heap.library.find("vault code")
    assert [summary.id for summary in heap.library.list_sources()].count("deep/well.md") == 1


def test_a_name_in_the_older_form_of_unicode(notes: Library) -> None:
    name = "Re\u0301sume\u0301 #1.md"
    (notes.sources / name).write_text("The weasel is in the ferry.", "utf-8")
    assert notes.rebuild().added == ("Résumé #1.md",)
    assert notes.check().problems == ()
    assert notes.ask("Where is the weasel?", sources=name).found


@contextmanager
def another_user() -> Iterator[None]:
    """As a user without special rights: root becomes one for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def open_to_all(library: Library) -> None:
    """Lets any user write to the index."""
    for path in [library.index, *library.index.rglob("*")]:
        if path.is_dir() or path.stat().st_nlink == 1:  # not the file that is linked to the original
            path.chmod(0o777 if path.is_dir() else 0o666)


@POSIX
def test_what_may_not_be_opened_is_named_and_left_out(shared: Library, command: Command) -> None:
    open_to_all(shared)
    sources = shared.sources
    for name in ("shut.md", "no entry/a.md", "no list/a.md"):
        (sources / name).parent.mkdir(exist_ok=True)
        (sources / name).write_text("The vault code is 4711.", "utf-8")
    (sources / "shut.md").chmod(0)
    (sources / "no list").chmod(0)
    (sources / "no entry").chmod(0o444)
    with another_user():
        ran = command(shared, "rebuild", "--json")
        again = command(shared, "rebuild", "--json")
        asked = command(shared, "ask", HIVES)
    assert ran.status == again.status == 0
    report = json.loads(ran.out.splitlines()[-1])
    assert {item["file"]: item["reason"] for item in report["skipped"]} == dict.fromkeys(
        ["shut.md", "no list", "no entry/a.md"], "permission denied; make it readable"
    )
    assert (report["unchanged"], report["sources"]) == (3, 3)
    assert json.loads(again.out.splitlines()[-1])["index_id"] == report["index_id"]
    assert (asked.status, asked.err) == (0, "")


@POSIX
@pytest.mark.parametrize("name", ["ask", "rebuild"])
@pytest.mark.parametrize("closed", ["sources", "index", "the folder around them"])
def test_folders_that_may_not_be_opened(shared: Library, command: Command, name: str, closed: str) -> None:
    open_to_all(shared)
    {"sources": shared.sources, "index": shared.index}.get(closed, shared.index.parent).chmod(0)
    with another_user():
        ran = command(shared, name, *([HIVES] if name == "ask" else []))
    folder = shared.sources if closed == "sources" else shared.index
    assert_refused(ran, 2, str(folder), "ermission denied")


@POSIX
def test_an_index_that_may_not_be_written(shared: Library, command: Command) -> None:
    shared.index.chmod(0o555)
    (shared.index / "build.lock").chmod(0o444)
    with another_user():
        ran = command(shared, "rebuild")
    assert_refused(ran, 2, f"cannot write to the index folder {shared.index}: Permission denied")


@pytest.mark.parametrize("when", ["before it is looked at", "before it is read"])
def test_a_file_that_vanishes_while_the_build_runs(notes: Library, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    path = notes.sources / "bees.txt"
    step = "times_of" if when == "before it is looked at" else "load"
    original = getattr(collecting, step)

    def late(file: Path) -> Any:
        if file.name == "bees.txt":
            path.unlink(missing_ok=True)
        return original(file)

    monkeypatch.setattr(collecting, step, late)
    report = notes.rebuild()
    assert [(item.file, item.reason) for item in report.skipped] == [("bees.txt", "removed while the build ran")]
    assert (report.removed, report.unchanged) == (("bees.txt",), 2)
    monkeypatch.undo()
    assert notes.rebuild().index_id == report.index_id


def test_all_files_vanish(notes: Library, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    before = notes.index_id

    def late(file: Path) -> bytes:
        file.unlink()
        return load(file)

    monkeypatch.setattr(collecting, "load", late)
    ran = command(notes, "rebuild")
    assert_refused(ran, 2, "no document in", "(bees.txt: removed while the build ran)")
    assert notes.index_id == before


# Questions


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, _notes_index: Path) -> Library:
    """The notes and one on talks in Chinese and English; not to be changed."""
    library = copy_library(_notes_index, tmp_path_factory.mktemp("asked") / "library")
    (library.sources / "talks.md").write_text(TALKS, "utf-8")
    library.rebuild()
    return library


EMPTY = "assistant: there is no question: write at least one word\n"


@pytest.mark.parametrize(
    "question",
    [
        "", "   \t\n", "?!... — ;", "\x00\x07\x1b\x7f", "😀🚀", '+-&&||!(){}[]^"~*?:\\/', '"', '""', "“" * 5000,
        "\u200b", "\udcff", "_",
    ],
    ids=lambda question: ascii(question[:20]),
)  # fmt: skip
def test_a_question_without_a_word(asked: Library, command: Command, question: str) -> None:
    for name in ("ask", "retrieve"):
        assert command(asked, name, question) == Ran(2, "", EMPTY)


@pytest.mark.parametrize(
    "question",
    [
        "a",
        "1",
        "四方",
        "x" * MAX_QUESTION,
        ("ab " * MAX_QUESTION)[:MAX_QUESTION],
        " ".join(f"w{n}" for n in range(3300)),
        "".join(chr(0x4E00 + n) for n in range(MAX_QUESTION)),
        '"' + "nine " * 3000 + '"',
        '"AND OR NEAR( * -',
        "'; DROP TABLE sources; --",
        "row:1 OR terms:x",
        'terms:"x"~2^5 AND (row:[0 TO 9])',
        "%s %n {0} ${x} \\d+",
        "../../etc/passwd",
        "<script>alert(1)</script>",
        "[bold]x[/bold] [/]",
        "zygotic\x00xylophones\x1b[31m",
    ],
    ids=lambda question: ascii(question[:20]),
)
def test_a_question_that_the_sources_do_not_answer(asked: Library, command: Command, question: str) -> None:
    ran = command(asked, "ask", question, "--json")
    assert (ran.status, ran.err) == (1, "")
    answer = json.loads(ran.out)
    assert (answer["kind"], answer["found"], answer["statements"]) == ("not_found", False, [])
    assert answer["message"].startswith("Your sources do not answer this.")
    ran = command(asked, "ask", question)
    assert (ran.status, ran.err) == (1, "")
    assert "Your sources do not answer this." in ran.out
    assert not {"\x00", "\x1b"} & set(ran.out)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Yŏngbyŏn", "The reactor at Yŏngbyŏn was shut down in July 2007."),
        ("YONGBYON", "The reactor at Yŏngbyŏn was shut down in July 2007."),
        pytest.param(
            "Yo\u0306ngbyo\u0306n?", "The reactor at Yŏngbyŏn was shut down in July 2007.",
        ),
        ("六方会谈", "六方会谈在北京举行。"),
        ("hives\x07\x1b\n\n how many", "The orchard keeps nine hives."),
        ("“nine hives” keeps", "The orchard keeps nine hives."),
        ('"NINE  hives!"', "The orchard keeps nine hives."),
    ],
)  # fmt: skip
def test_a_question_that_is_oddly_written(asked: Library, command: Command, question: str, words: str) -> None:
    ran = command(asked, "ask", question, "--json")
    assert (ran.status, ran.err) == (0, "")
    assert json.loads(ran.out)["statements"][0]["text"] == words


def test_a_question_that_is_too_long(asked: Library, command: Command) -> None:
    ran = command(asked, "ask", "x" * (MAX_QUESTION + 1))
    assert_refused(ran, 2, "the question has 20001 characters, more than 20000: shorten it")
    padded = "hives " + " " * MAX_QUESTION  # white space does not count
    assert command(asked, "ask", padded).status == 0


@pytest.mark.parametrize("phrase", ["nine bees", "hives nine", "nine hive", "keeps hives", "Marabel orchard"])
def test_a_quoted_phrase_must_occur_word_for_word(asked: Library, command: Command, phrase: str) -> None:
    ran = command(asked, "ask", f'Are there "{phrase}"?', "--json")
    assert ran.status == 1
    answer = json.loads(ran.out)
    assert answer["excerpts"] == []
    assert answer["message"].endswith(f"A passage must hold “{phrase}” word for word.")


def test_only_passages_with_the_quoted_phrase_are_shown(asked: Library) -> None:
    assert len(asked.retrieve("what did the port do?")) > 1
    (excerpt,) = asked.retrieve('what did the "reserve fund" do?')
    assert "The port paid for the works from its reserve fund." in excerpt.text
    assert asked.retrieve('"reserve fund" and "nine hives"') == []


@pytest.mark.parametrize("k", ["0", "-1"])
@pytest.mark.parametrize("name", ["ask", "retrieve"])
def test_no_excerpts_asked_for(asked: Library, command: Command, name: str, k: str) -> None:
    assert command(asked, name, HIVES, "-k", k) == Ran(2, "", f"assistant: k is {k}: ask for at least one excerpt\n")


def test_more_excerpts_than_there_are(asked: Library) -> None:
    assert {excerpt.citation.source_id for excerpt in asked.retrieve("harbour", 10**9)} == {*NOTES, "talks.md"}


@pytest.mark.parametrize("phrase", ["", "...", "\x00"])
def test_a_phrase_without_a_word(asked: Library, command: Command, phrase: str) -> None:
    wanted = "assistant: there is no phrase to find: write at least one word\n"
    assert command(asked, "find", phrase) == Ran(2, "", wanted)


# Filters


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--after", "last year"], "'last year' is not a date: write 2005, 2005-09 or 2005-09-19"),
        (["--before", "2005-13"], "'2005-13' is not a date"),
        (["--after", "2005-02-30"], "'2005-02-30' is not a date"),
        (["--after", "0000"], "'0000' is not a date"),
        (["--before", "２００５"], "'２００５' is not a date"),
        (["--after", "19/9/2005"], "'19/9/2005' is not a date"),
        (["--only", "nothing*"], "no source fits 'nothing*': assistant sources lists them"),
        (["--only", ""], "no source fits ''"),
        (["--only", "["], "no source fits '['"),
        (["--only", "../*"], "no source fits '../*'"),
        (["--only", "bees.txt", "--only", "wasps.txt"], "no source fits 'wasps.txt'"),
        (["--tag", "nothing"], "no source has the tag 'nothing': assistant sources lists them"),
        (["--tag", "harbour", "--tag", "harb"], "no source has the tag 'harb'"),
    ],
    ids=str,
)
def test_a_filter_that_makes_no_sense(asked: Library, command: Command, arguments: list[str], message: str) -> None:
    for name in ("ask", "retrieve"):
        ran = command(asked, name, "What of the harbour?", *arguments)
        assert_refused(ran, 2, message)
        assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("after", "before", "left"),
    [
        # harbour.md is about 2020, though issued in 2021; lighthouse.md is issued in November 2019, and covers nothing.
        ("2020", None, {"harbour.md"}),
        ("2020-12-31", None, {"harbour.md"}),
        ("2021", None, set()),
        (None, "2019", {"lighthouse.md"}),
        (None, "2019-11-01", {"lighthouse.md"}),
        (None, "2019-10", set()),
        (None, "2020-01-01", {"harbour.md", "lighthouse.md"}),
        ("2019-11-30", "2020", {"harbour.md", "lighthouse.md"}),
        ("2019-12", "2019-12", set()),
    ],
)
def test_dates_go_by_what_a_source_covers_else_by_when_it_was_issued(
    asked: Library, after: str | None, before: str | None, left: set[str]
) -> None:
    answer = asked.ask("What of the harbour?", k=9, after=after, before=before)
    assert {excerpt.citation.source_id for excerpt in answer.excerpts} == left
    assert answer.searched == len(left)
    assert answer.notes == ("2 undated sources were left out by the date filter.",)


def test_undated_sources_are_counted_among_those_that_the_other_filters_leave(asked: Library, command: Command) -> None:
    ran = command(asked, "ask", "hives", "--after", "2000", "--only", "bees.txt", "--only", "harbour.md")
    assert ran.status == 1
    assert "Note: 1 undated source was left out by the date filter.\n" in ran.out
    assert "hives" not in ran.out.partition("\n")[2].replace("“hives”", "")
    assert "undated" not in command(asked, "ask", "hives", "--only", "bees.txt").out


# The index


def test_a_missing_index_is_built(tmp_path: Path, command: Command) -> None:
    library = Library(tmp_path / "sources", tmp_path / "deep" / "down" / "index")
    write_notes(library.sources)
    missing = f"assistant: there is no index in {library.index}: run assistant rebuild\n"
    assert command(library, "check") == Ran(3, "", missing)
    ran = command(library, "ask", HIVES)
    assert ran.status == 0
    assert "“The orchard keeps nine hives.” [1]" in ran.out
    assert ran.err.startswith("Reading sources (3)\n")
    assert_answers(library, command)


SEARCHED = [
    "meta.json",
    ".managed.json",
    *(f"*.{kind}" for kind in ("fast", "fieldnorm", "idx", "pos", "store", "term")),
]
TERMS = [
    *("tokens.npy", "starts.npy", "leads.npy", "vocabulary.txt", "hashes.npy", "ids.npy", "frequencies.npy"),
    *("source_starts.npy", "source_ids.npy", "source_counts.npy", "source_lengths.npy"),
]
FILES = [
    *("manifest.json", "sources.sqlite", "passages.npy", "sentences.npy", "vectors.npy", "sentence_vectors.npy"),
    *("source_vectors.npy", "keys.npy", "starts.npy", "sentence_scales.npy"),
    *(f"lexical/{name}" for name in SEARCHED),
    *(f"terms/{name}" for name in TERMS),
]
"""The files of a generation; some names in the lexical index differ each time."""
ENCODER = ["encoder.json", "model.data", "model.onnx", "tokenizer.json"]


def generation_of(library: Library) -> Path:
    return library.index / (library.index / "CURRENT").read_text("utf-8").strip()


def test_every_file_of_the_index_is_damaged_below(notes: Library) -> None:
    folder = generation_of(notes)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    fits = {name: [pattern for pattern in FILES if fnmatchcase(name, pattern)] for name in names}
    assert {name for name, patterns in fits.items() if len(patterns) != 1} <= {"lexical/.tantivy-meta.lock"}
    assert {pattern for patterns in fits.values() for pattern in patterns} == set(FILES)
    (encoder,) = (notes.index / "encoders").iterdir()
    assert sorted(path.name for path in encoder.iterdir()) == ENCODER


@pytest.mark.parametrize("pattern", FILES)
def test_a_damaged_file_of_the_index_is_named_and_a_rebuild_mends_it(
    notes: Library, command: Command, pattern: str
) -> None:
    (path,) = generation_of(notes).glob(pattern)
    sound = path.read_bytes()
    name = path.relative_to(generation_of(notes)).as_posix()
    wanted = f"assistant: the index in {notes.index} is damaged ({name}): run assistant rebuild\n"
    for damage in (flip(sound), sound[: len(sound) // 2], sound[:-1], b""):
        path.write_bytes(damage)
        assert command(notes, "ask", HIVES) == Ran(3, "", wanted)
    path.unlink()
    assert command(notes, "ask", HIVES) == Ran(3, "", wanted)
    path.write_bytes(flip(sound))
    ran = command(notes, "rebuild")
    assert ran.status == 0
    assert f"note: built anew, since the index in {notes.index} is damaged ({name})\n" in ran.out
    assert_answers(notes, command)
    assert command(notes, "check").status == 0


@pytest.mark.parametrize("name", ENCODER)
def test_a_damaged_question_encoder_is_named_and_a_rebuild_mends_it(
    notes: Library, command: Command, name: str
) -> None:
    (path,) = notes.index.glob(f"encoders/*/{name}")
    wanted = f"assistant: the index in {path.parent.parent} is damaged ({name}): run assistant rebuild\n"
    edit_bytes(path, flip)
    if name != "model.data":  # which is so large that only a check reads it whole
        assert command(notes, "ask", HIVES) == Ran(3, "", wanted)
    assert command(notes, "check").status == 1
    edit_bytes(path, lambda data: data[: len(data) // 2])
    assert command(notes, "ask", HIVES) == Ran(3, "", wanted)
    path.unlink()
    assert command(notes, "ask", HIVES) == Ran(3, "", wanted)
    ran = command(notes, "rebuild")
    assert ran.status == 0
    assert "4 passages, 0 of them embedded" in ran.out
    assert_answers(notes, command)
    assert command(notes, "check").status == 0


def set_format(library: Library, version: object) -> None:
    """Writes the manifest as a program with another format would have."""
    path = generation_of(library) / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest["format"] = version
    del manifest["seal"]
    manifest["seal"] = seal_of(manifest)
    path.write_text(json.dumps(manifest), "utf-8")


@pytest.mark.parametrize("version", [FORMAT_VERSION - 1, FORMAT_VERSION + 1, None])
def test_an_index_of_another_format(notes: Library, command: Command, version: object) -> None:
    set_format(notes, version)
    refused = f"assistant: the index in {notes.index} has format {version}, this program reads {FORMAT_VERSION}: "
    assert command(notes, "ask", HIVES) == Ran(3, "", f"{refused}run assistant rebuild\n")


def test_an_index_of_an_older_format_is_built_anew(notes: Library, command: Command) -> None:
    set_format(notes, FORMAT_VERSION - 1)
    ran = command(notes, "rebuild")
    assert (ran.status, "note: built anew, since the index" in ran.out) == (0, True)
    assert_answers(notes, command)


@pytest.mark.parametrize("text", ["", "{}", "[]", "5", "null", '{"format": 1}', "\ufffd"])
def test_a_manifest_that_is_none(notes: Library, command: Command, text: str) -> None:
    (generation_of(notes) / "manifest.json").write_text(text, "utf-8")
    assert_refused(command(notes, "ask", HIVES), 3, "is damaged (manifest.json): run assistant rebuild")


@pytest.mark.parametrize(
    "name", [b"", b"\xff\xfe", b"garbage\n", b"../../etc\n", b"gen-000009-0123abcd\n"], ids=lambda name: ascii(name)
)
def test_current_that_names_no_index(notes: Library, command: Command, name: bytes) -> None:
    (notes.index / "CURRENT").write_bytes(name)
    assert_refused(command(notes, "check"), 3, f"in {notes.index}", ": run assistant rebuild")
    if name in (b"", b"gen-000009-0123abcd\n"):
        assert command(notes, "rebuild").status == 0
        assert_answers(notes, command)
        assert command(notes, "check").status == 0


def test_an_index_that_was_built_with_another_model(notes: Library, command: Command) -> None:
    refused = f"assistant: the index in {notes.index} was built with the model all-MiniLM-L6-v2, not other: "
    wanted = Ran(3, "", f"{refused}run assistant rebuild --model other\n")
    assert command(notes, "ask", HIVES, "--model", "other") == wanted
    assert_answers(notes, command)


def test_a_model_that_does_not_exist(notes: Library, command: Command) -> None:
    before = notes.index_id
    ran = command(notes, "rebuild", "--model", "./no/such/model")
    assert_refused(ran, 3, "cannot load the model ./no/such/model: ", "; check --model")
    assert notes.index_id == before
    assert_answers(notes, command)


@pytest.mark.parametrize("name", ["ask", "rebuild"])
def test_an_index_folder_that_is_none(notes: Library, command: Command, name: str) -> None:
    question = [HIVES] if name == "ask" else []
    other, file = notes.sources.parent / "other", notes.sources.parent / "file"
    other.mkdir()
    (other / "diary.txt").write_text("Dear diary", "utf-8")
    file.write_text("a file", "utf-8")
    both = f"the index folder {{}} and the sources folder {notes.sources} must lie apart: choose another --index"
    for index, message in {
        other: f"{other} holds other files (diary.txt): choose an empty or new folder with --index",
        file: f"{file} is a file, not a folder: choose another --index",
        file / "below": f"cannot use the index folder {file / 'below'}: ",
        notes.sources: both.format(notes.sources),
        notes.sources / "index": both.format(notes.sources / "index"),
        notes.sources.parent: both.format(notes.sources.parent),
    }.items():
        ran = command(Library(notes.sources, index), name, *question)
        assert_refused(ran, 2, message)
        assert ran.err.count("\n") == 1
    assert sorted(path.name for path in notes.sources.iterdir()) == sorted(NOTES)
    assert [path.name for path in other.iterdir()] == ["diary.txt"]


def test_an_index_that_was_built_from_other_sources(notes: Library, command: Command) -> None:
    shutil.copytree(notes.sources, notes.sources.parent / "others")
    others = Library(notes.sources.parent / "others", notes.index)
    refused = f"assistant: the index in {notes.index} was built from other sources (../sources): "
    wanted = Ran(3, "", f"{refused}choose another --index, or replace it with rebuild --full\n")
    for arguments in (["ask", HIVES], ["rebuild"], ["check"], ["sources"], ["find", "hives"]):
        assert command(others, *arguments) == wanted
    assert command(others, "rebuild", "--full").status == 0
    assert_answers(others, command)
    assert command(notes, "ask", HIVES).status == 3


# The chat


def test_a_port_that_is_taken(notes: Library, command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = command(notes, "chat", "--port", str(port))
    wanted = f"assistant: port {port} is in use: stop the other program, or choose another with --port\n"
    assert ran == Ran(3, "", wanted)


@pytest.mark.parametrize("port", ["0", "-1", "65536"])
def test_a_port_that_is_none(notes: Library, command: Command, port: str) -> None:
    wanted = f"assistant: {port} is not a port: choose one from 1 to 65535 with --port\n"
    assert command(notes, "chat", "--port", port) == Ran(2, "", wanted)


def test_the_chat_without_sources(tmp_path: Path) -> None:
    folders = ["--sources", str(tmp_path / "nowhere"), "--index", str(tmp_path / "index")]
    command = [sys.executable, "-m", "assistant", "chat", *folders]
    ran = subprocess.run(command, cwd=ROOT, encoding="utf-8", capture_output=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"assistant: there is no sources folder {tmp_path / 'nowhere'}: ")
    assert ran.stderr.count("\n") == 1
