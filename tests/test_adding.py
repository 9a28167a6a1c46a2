"""Putting documents into the library: copies, folders, the web; nothing that is there is ever replaced."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import Command
from hypothesis import given
from hypothesis import strategies as st

from assistant import Library
from assistant.adding import add, safe_name
from assistant.records import AddReport

WORDS = "The tide gauge at Skarn Point was read every morning at six."


def quietly(stage: str, done: int, total: int) -> None:
    """No progress is shown."""


def put(folder: Path, *items: str | Path) -> AddReport:
    return add(items, folder / "sources", quietly)


def text_of(folder: Path, name: str) -> str:
    return (folder / "sources" / name).read_text("utf-8")


# Files and folders


def test_a_file_is_copied_and_can_be_asked_at_once(notes: Library, tmp_path: Path, command: Command) -> None:
    (tmp_path / "gauge.txt").write_text(WORDS, "utf-8")
    ran = command(notes, "add", str(tmp_path / "gauge.txt"))
    assert (ran.status, "added: gauge.txt" in ran.out) == (0, True)
    assert notes.ask("When was the tide gauge read?").excerpts[0].citation.source_id == "gauge.txt"
    assert (tmp_path / "gauge.txt").read_text("utf-8") == WORDS
    again = command(notes, "add", str(tmp_path / "gauge.txt"))
    assert (again.status, again.out) == (0, "there already: gauge.txt\nnothing new: the index was left as it is\n")


def test_what_is_there_is_never_replaced(tmp_path: Path) -> None:
    for number, words in enumerate(("one", "two", "three", "two")):
        (tmp_path / "a.md").write_text(words, "utf-8")
        report = put(tmp_path, tmp_path / "a.md")
        assert (report.added, report.present) == [
            (("a.md",), ()), (("a (2).md",), ()), (("a (3).md",), ()), ((), ("a (2).md",)),
        ][number]  # fmt: skip
    assert [text_of(tmp_path, name) for name in ("a.md", "a (2).md", "a (3).md")] == ["one", "two", "three"]
    assert sorted(path.name for path in (tmp_path / "sources").iterdir()) == ["a (2).md", "a (3).md", "a.md"]


def test_a_folder_comes_with_its_sub_folders_and_what_describes_it(tmp_path: Path) -> None:
    given_ = tmp_path / "reports"
    for name in ("a.md", "deep/b.txt", "deep/b.txt.yaml", "library.bib", ".hidden.md", "film.mkv", "deep/.git/c.md"):
        (given_ / name).parent.mkdir(parents=True, exist_ok=True)
        (given_ / name).write_text(f"title: {name}\n", "utf-8")
    report = put(tmp_path, given_)
    assert sorted(report.added) == [
        "reports/a.md", "reports/deep/b.txt", "reports/deep/b.txt.yaml", "reports/library.bib",
    ]  # fmt: skip
    (refused,) = report.refused
    assert refused.file.endswith("reports/film.mkv") and refused.reason.startswith("no reader for .mkv files")


def test_what_cannot_be_added_is_told_and_the_rest_is_added(notes: Library, tmp_path: Path, command: Command) -> None:
    (tmp_path / "film.mkv").write_bytes(b"\x1aE\xdf\xa3")
    (tmp_path / "gauge.md").write_text(WORDS, "utf-8")
    (tmp_path / ".secret.md").write_text(WORDS, "utf-8")
    items = [
        tmp_path / ".secret.md",
        tmp_path / "nowhere.pdf",
        tmp_path / "film.mkv",
        notes.sources / "bees.txt",
        tmp_path / "gauge.md",
    ]
    ran = command(notes, "add", "--json", *map(str, items))
    report = json.loads(ran.out.splitlines()[-1])
    assert ran.status == 0
    assert (report["added"], report["rebuilt"]["added"]) == (["gauge.md"], ["gauge.md"])
    reasons = {Path(item["file"]).name: item["reason"] for item in report["refused"]}
    assert reasons["nowhere.pdf"] == "no such file or folder; check the path"
    assert reasons[".secret.md"] == "a hidden file, which is not read; rename it"
    assert reasons["film.mkv"].startswith("no reader for .mkv files; ")
    assert reasons["bees.txt"] == "it is in the sources folder already; run assistant rebuild"
    assert command(notes, "add", str(tmp_path / "nowhere.pdf")).status == 2


def test_the_first_document_makes_the_library(tmp_path: Path, command: Command) -> None:
    (tmp_path / "gauge.md").write_text(WORDS, "utf-8")
    library = Library(tmp_path / "new" / "sources", tmp_path / "new" / "index")
    assert command(library, "add", str(tmp_path / "gauge.md")).status == 0
    assert library.ask("When was the tide gauge read?").found


def test_a_folder_that_holds_the_sources_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(WORDS, "utf-8")
    (refused,) = put(tmp_path, tmp_path).refused
    assert refused.reason.startswith("the sources folder lies in it; ")


@given(st.text())
def test_a_name_leads_nowhere_else(name: str) -> None:
    safe = safe_name(name)
    assert Path("/a", safe).parent == Path("/a") and safe == Path(safe).name
    assert safe not in ("", ".", "..") and not safe.startswith(".") and len(safe) <= 120
    assert not any(ord(character) < 32 or character in '<>:"/\\|?*' for character in safe)


@pytest.mark.parametrize(
    ("name", "safe"),
    [("../../etc/passwd", "passwd"), ("C:\\temp\\a.pdf", "a.pdf"), ("..", "document"), ("a:b?.md", "a_b_.md")],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


# The web; the server is on this machine


PAGE = (
    "<!DOCTYPE html><html><head><title>Tides</title></head><body><nav>Home Contact</nav><main><h1>Tides</h1>"
    f"<p>{WORDS} The keeper wrote the height of the water into a book that the port kept.</p></main></body></html>"
)


class Site(BaseHTTPRequestHandler):
    """A small web site."""

    def do_GET(self) -> None:
        pages = {
            "/tides": (200, "text/html; charset=utf-8", PAGE.encode()),
            "/latin": (200, "text/plain; charset=iso-8859-2", "Źródło pływów: księga portu.".encode("iso-8859-2")),
            "/report.pdf?x=1": (200, "application/pdf", (Path(__file__).parent / "corpus/memorandum.pdf").read_bytes()),
            "/film": (200, "video/mp4", b"\0\0\0\x18ftyp"),
        }
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/tides")
            self.end_headers()
            return
        status, kind, body = pages.get(self.path, (404, "text/html", b"none"))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Nothing is logged."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_page_is_fetched_once_with_its_address_and_the_day(notes: Library, site: str) -> None:
    report = notes.add(f"{site}/moved")
    assert report.added == ("tides.html",) and report.rebuilt is not None
    (excerpt, *_) = notes.retrieve("When was the tide gauge read?", 1)
    known = excerpt.citation.metadata
    assert (known.title, known.url) == ("Tides", f"{site}/tides")
    assert known.accessed is not None and len(known.accessed) == 10
    assert (notes.sources / "tides.html").read_text("utf-8") == PAGE
    assert notes.add(f"{site}/tides").present == ("tides.html",)


def test_what_is_fetched_has_the_name_of_its_kind(tmp_path: Path, site: str) -> None:
    report = put(tmp_path, f"{site}/latin", f"{site}/report.pdf?x=1", f"{site}/tides")
    assert report.added == ("latin.txt", "report.pdf", "tides.html")
    assert (tmp_path / "sources" / "latin.txt").read_text("utf-8-sig") == "Źródło pływów: księga portu."


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/none", "the server answers 404 Not Found; check the address"), ("/film", "no reader for files without a suf")],
)
def test_what_cannot_be_fetched_says_why(tmp_path: Path, site: str, path: str, reason: str) -> None:
    (refused,) = put(tmp_path, site + path).refused
    assert refused.file == site + path and refused.reason.startswith(reason)


def test_a_server_that_is_not_there_says_so(tmp_path: Path) -> None:
    (refused,) = put(tmp_path, "http://127.0.0.1:1/page").refused
    assert refused.reason.startswith("cannot be fetched (") and refused.reason.endswith(
        "check the address and the network"
    )
