"""Putting documents into the library: copies, folders, the web; nothing that is there is ever replaced."""

from __future__ import annotations

import gzip
import json
import os
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import Command
from hypothesis import given
from hypothesis import strategies as st

from assistant import Library, fetching
from assistant.adding import add, safe_name
from assistant.records import silent
from assistant.reports import AddReport

WORDS = "The tide gauge at Skarn Point was read every morning at six."


def put(folder: Path, *items: str | Path) -> AddReport:
    return add(items, folder / "sources", silent)


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


def test_a_sidecar_follows_its_document_under_the_name_that_it_has_got(tmp_path: Path) -> None:
    for folder, author in (("a", "Anna"), ("b", "Björn")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tides.md").write_text(f"{WORDS} {author}", "utf-8")
        (tmp_path / folder / "tides.yaml").write_text(f"author: {author}\n", "utf-8")
    assert put(tmp_path, tmp_path / "a" / "tides.yaml", tmp_path / "a" / "tides.md").added == (
        "tides.md",
        "tides.md.yaml",
    )
    assert put(tmp_path, tmp_path / "b" / "tides.md").added == ("tides (2).md", "tides (2).md.yaml")
    assert put(tmp_path, tmp_path / "b" / "tides.md").present == ("tides (2).md", "tides (2).md.yaml")
    assert "Anna" in text_of(tmp_path, "tides.md") and text_of(tmp_path, "tides.md.yaml") == "author: Anna\n"
    assert "Björn" in text_of(tmp_path, "tides (2).md") and text_of(tmp_path, "tides (2).md.yaml") == "author: Björn\n"


def test_a_file_that_describes_others_is_never_numbered(tmp_path: Path) -> None:
    given_ = tmp_path / "given"
    given_.mkdir()
    (given_ / "a.md").write_text(WORDS, "utf-8")
    (given_ / "b.yaml").write_text("title: B\n", "utf-8")
    (given_ / "library.bib").write_text("@book{a}", "utf-8")
    report = put(tmp_path, given_ / "b.yaml", given_ / "a.md", given_ / "library.bib")
    assert report.added == ("a.md", "library.bib")
    assert report.refused[0].reason == "it describes none of the sources; add it together with its document"
    (given_ / "library.bib").write_text("@book{b}", "utf-8")
    (given_ / "a.yaml").write_text("title: A\n", "utf-8")
    report = put(tmp_path, given_ / "library.bib", given_ / "a.yaml")
    assert report.added == ("a.yaml",)
    assert report.refused[0].reason == "library.bib is there with other content; merge them by hand"
    assert text_of(tmp_path, "library.bib") == "@book{a}"


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr("a.txt", WORDS)
    with zipfile.ZipFile(tmp_path / "memo", "w") as archive:
        archive.writestr("word/document.xml", "<document/>")
    names = ("pipe.txt", "loop.txt", "photos.zip", "memo")
    report = put(tmp_path, *(tmp_path / name for name in names))
    assert [Path(skipped.file).name for skipped in report.refused] == ["pipe.txt", "loop.txt", "photos.zip"]
    assert [skipped.reason[:16] for skipped in report.refused] == [
        "cannot be opened", "cannot be opened", "a ZIP archive; u",
    ]  # fmt: skip
    assert report.added == ("memo",)


def test_two_at_once_keep_one_copy_each(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(WORDS * 10_000, "utf-8")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.md").write_text("other", "utf-8")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda path: put(tmp_path, path), [tmp_path / "a.md", tmp_path / "deep" / "a.md"] * 20))
    assert sorted(path.name for path in (tmp_path / "sources").iterdir()) == ["a (2).md", "a.md"]
    assert {len(text_of(tmp_path, name)) for name in ("a.md", "a (2).md")} == {5, len(WORDS) * 10_000}


_LONG = st.builds("{}.{}".format, st.text(min_size=1), st.text(min_size=30, max_size=400))


@given(st.text() | _LONG | st.text(alphabet="語é.", max_size=400))
def test_a_name_leads_nowhere_else(name: str) -> None:
    safe = safe_name(name)
    assert Path("/a", safe).parent == Path("/a") and safe == Path(safe).name
    assert safe not in ("", ".", "..") and not safe.startswith(".") and len(safe.encode()) <= 180
    assert not any(ord(character) < 32 or character in '<>:"/\\|?*' for character in safe)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.pdf", "a.pdf"),
        ("..", "document"),
        ("a:b?.md", "a_b_.md"),
        ("CON.txt", "_CON.txt"),
        ("é" * 200 + ".PDF", "é" * 88 + ".pdf"),
        ("a" * 200 + "." + "b" * 200, "a" * 180),
    ],
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
            "/windows": (200, "text/plain; charset=iso-8859-1", "“Tides” – 5 €".encode("cp1252")),
            "/table.csv": (200, "text/plain", b"year,height\n2001,3"),
            "/a%20b/p%C3%A9gel.md": (200, "text/plain", "Pégel".encode()),
            "/squeezed.txt": (200, "text/plain", gzip.compress(WORDS.encode())),
            "/report.pdf?x=1": (200, "application/pdf", (Path(__file__).parent / "corpus/memorandum.pdf").read_bytes()),
            "/short.txt": (200, "text/plain", b"The tide gauge"),
            "/stall.txt": (200, "text/plain", b"The tide"),
            "/drip.txt": (200, "text/plain", b"The tide"),
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
        if self.path == "/squeezed.txt":
            self.send_header("Content-Encoding", "gzip")
        promised = 100_000 if self.path in ("/short.txt", "/stall.txt", "/drip.txt") else len(body)
        self.send_header("Content-Length", str(promised))
        self.end_headers()
        self.wfile.write(body)
        if self.path == "/stall.txt":
            released.wait(60)
        with suppress(ConnectionError):  # once it is given up
            while self.path == "/drip.txt" and not released.wait(0.01):
                self.wfile.write(b".")

    def log_message(self, *arguments: object) -> None:
        """Nothing is logged."""


released = threading.Event()
"""Set once the page that never ends may end."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        released.set()
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
    paths = ("latin", "windows", "table.csv", "a b/pégel.md", "squeezed.txt", "report.pdf?x=1", "tides")
    report = put(tmp_path, *(f"{site}/{path}" for path in paths))
    names = ["latin.txt", "windows.txt", "table.csv", "pégel.md", "squeezed.txt", "report.pdf", "tides.html"]
    assert (report.refused, [name for name in report.added if not name.endswith(".yaml")]) == ((), names)
    assert text_of(tmp_path, "squeezed.txt") == WORDS
    assert (tmp_path / "sources" / "windows.txt").read_text("utf-8-sig") == "“Tides” – 5 €"
    assert (tmp_path / "sources" / "latin.txt").read_text("utf-8-sig") == "Źródło pływów: księga portu."


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/none", "the server answers 404 Not Found; check the address"), ("/film", "no reader for files without a suf")],
)
def test_what_cannot_be_fetched_says_why(tmp_path: Path, site: str, path: str, reason: str) -> None:
    (refused,) = put(tmp_path, site + path).refused
    assert refused.file == site + path and refused.reason.startswith(reason)


def test_what_does_not_come_whole_is_not_added(tmp_path: Path, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_PATIENCE_SECONDS", 0.2)
    report = put(tmp_path, *(f"{site}/{name}.txt" for name in ("short", "stall", "drip")))
    assert [skipped.reason for skipped in report.refused] == [
        "broke off after 14 of 100,000 bytes; try again",
        "cannot be fetched (timed out); check the address and the network",
        "it comes too slowly; try again later, or save it and add the file",
    ]
    assert list((tmp_path / "sources").iterdir()) == []


def test_a_password_is_neither_sent_nor_told(tmp_path: Path, site: str) -> None:
    (refused,) = put(tmp_path, site.replace("//", "//anna:secret@") + "/tides").refused
    assert refused.file == f"{site}/tides" and refused.reason.startswith("sign-in is not supported")


@pytest.mark.parametrize("address", ["http://[1/page", "http://127.0.0.1:port/", "https://"])
def test_what_is_no_address_is_refused(tmp_path: Path, address: str) -> None:
    (refused,) = put(tmp_path, address).refused
    assert refused.reason.startswith("cannot be fetched (")


def test_a_server_that_is_not_there_says_so(tmp_path: Path) -> None:
    (refused,) = put(tmp_path, "http://127.0.0.1:1/page").refused
    assert refused.reason.startswith("cannot be fetched (") and refused.reason.endswith(
        "check the address and the network"
    )
