"""Rebuilding: only what changed is made anew, and whatever happens meanwhile, there is an index that answers."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from conftest import NOTES, ROOT, Command, copy_library, write_notes

from assistant import Answer, Library, open_library
from assistant.bibliography import cite
from assistant.embedding import DEFAULT_MODEL, model_folder
from assistant.errors import IndexUnusable
from assistant.index import collect as collecting
from assistant.index.layout import IndexFolder
from assistant.index.prepare import WINDOW, Window
from assistant.index.vectors import Input, Kept, Unfinished
from assistant.index.write import GenerationWriter
from assistant.readers.folder import load

WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of all-MiniLM-L6-v2's model.safetensors, as its authors published it."""
HIVES = "How many hives does the orchard keep?"
KEEPER = "Who kept the log of the lighthouse?"
QUESTIONS = [HIVES, KEEPER, "How much silt did the dredger clear?", "frost", "survey 2025"]
FEWER = NOTES["bees.txt"].replace("nine hives", "four hives")
POSIX = pytest.mark.skipif(os.name != "posix", reason="permissions and limits as POSIX has them")
Places = list[tuple[str, int, int]]


def said(answer: Answer) -> str:
    return " ".join(statement.text for statement in answer.statements)


def edit(library: Library, name: str, text: str) -> None:
    (library.sources / name).write_text(text, "utf-8")


def current(library: Library) -> Path:
    return library.index / (library.index / "CURRENT").read_text("utf-8").strip()


def generations(library: Library) -> set[str]:
    return {entry.name for entry in library.index.iterdir() if entry.name.startswith("gen-")}


def passages(library: Library) -> Places:
    index = library.generation()
    return [(index.ids[row["source"]], int(row["start"]), int(row["end"])) for row in index.passages]


def rankings(library: Library, questions: list[str]) -> list[Places]:
    found = [library.retrieve(question, k=10) for question in questions]
    return [[(e.citation.source_id, e.citation.start, e.citation.end) for e in excerpts] for excerpts in found]


def vectors(library: Library) -> dict[bytes, bytes]:
    """The bits of each passage's vector and of its sentences' vectors, by the key of what the model was given."""
    index = library.generation()
    keys = np.load(index.path / "keys.npy")
    stored = np.load(index.path / "sentence_vectors.npy")
    return {
        keys[row].tobytes(): index.vectors[row].tobytes() + stored[record["first"] : record["last"]].tobytes()
        for row, record in enumerate(index.passages)
    }


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# What is made anew


def test_nothing_changed_takes_the_fast_path(notes: Library) -> None:
    before, stages = notes.index_id, set()
    report = notes.rebuild(progress=lambda stage, *_: stages.add(stage))
    assert (report.index_id, report.embedded, report.unchanged) == (before, 0, 3)
    assert (report.added, report.changed, report.removed, report.skipped, report.notes) == ((), (), (), (), ())
    assert stages == {"Reading sources"}
    assert generations(notes) == {before}


def test_files_that_cannot_be_read_are_no_change(notes: Library) -> None:
    for number in range(7):
        (notes.sources / f"broken-{number}.pdf").write_bytes(b"%PDF-1.7 cut off")
    first, second = notes.rebuild(), notes.rebuild()
    assert len(first.skipped) == len(second.skipped) == 7
    assert first.index_id == second.index_id


def test_a_changed_file_changes_the_answer_and_nothing_else(notes: Library) -> None:
    before, old = vectors(notes), notes.index_id
    assert said(notes.ask(HIVES)) == "The orchard keeps nine hives."
    edit(notes, "bees.txt", FEWER)
    report = notes.rebuild()
    assert (report.added, report.changed, report.removed, report.unchanged) == ((), ("bees.txt",), (), 2)
    assert (report.passages, report.embedded) == (4, 1)
    assert said(notes.ask(HIVES)) == "The orchard keeps four hives."
    assert notes.index_id == report.index_id != old
    after = vectors(notes)
    assert len(before.keys() & after.keys()) == 3
    assert all(before[key] == after[key] for key in before.keys() & after.keys())


def test_of_a_changed_file_only_the_new_passages_are_embedded(notes: Library) -> None:
    edit(notes, "harbour.md", NOTES["harbour.md"].replace("planned for 2025", "planned for 2031"))
    report = notes.rebuild()
    assert (report.changed, report.embedded) == (("harbour.md",), 1)
    assert said(notes.ask("When is the second survey planned?")) == "A second survey is planned for 2031."


def test_an_added_file_is_found(notes: Library) -> None:
    before = vectors(notes)
    question = "What does the cooper mend?"
    assert not notes.ask(question).found
    (notes.sources / "trades").mkdir()
    edit(notes, "trades/cooper.md", "# The cooper\n\nThe cooper mends herring barrels.\n")
    report = notes.rebuild()
    assert (report.added, report.changed, report.removed, report.embedded) == (("trades/cooper.md",), (), (), 1)
    assert said(notes.ask(question)) == "The cooper mends herring barrels."
    assert before.items() <= vectors(notes).items()


def test_a_removed_file_is_gone(notes: Library) -> None:
    before = vectors(notes)
    (notes.sources / "bees.txt").unlink()
    report = notes.rebuild()
    assert (report.added, report.changed, report.removed, report.embedded) == ((), (), ("bees.txt",), 0)
    answer = notes.ask(HIVES)
    assert not answer.found
    assert {"hives", "orchard"} <= set(answer.unseen_words)
    assert [summary.id for summary in notes.list_sources()] == ["harbour.md", "lighthouse.md"]
    assert vectors(notes).items() < before.items()


def test_a_renamed_file_keeps_its_vectors(notes: Library) -> None:
    before = vectors(notes)
    (notes.sources / "lighthouse.md").rename(notes.sources / "skarn.md")
    report = notes.rebuild()
    assert (report.added, report.removed, report.embedded) == (("skarn.md",), ("lighthouse.md",), 0)
    assert vectors(notes) == before
    assert notes.ask(KEEPER).statements[0].citation.source_id == "skarn.md"


def test_a_touched_file_keeps_its_vectors_and_can_be_quoted_meanwhile(notes: Library) -> None:
    os.utime(notes.sources / "bees.txt", ns=(1, 1))
    answer = notes.ask(HIVES)
    assert (answer.found, answer.notes) == (True, ())
    report = notes.rebuild()
    assert (report.changed, report.embedded, report.unchanged) == ((), 0, 3)


def test_a_small_change_needs_no_pytorch(notes: Library) -> None:
    edit(notes, "bees.txt", FEWER)
    arguments = ["rebuild", "--json", "--sources", str(notes.sources), "--index", str(notes.index)]
    program = f"import sys; from assistant.cli import main; main(sys.argv[1:]){LOADED % HEAVY}"
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, encoding="utf-8", capture_output=True, check=True
    )
    *_, report, loaded = ran.stdout.splitlines()
    assert loaded == "loaded"
    told = json.loads(report)
    assert (told["embedded"], told["precision"]) == (1, "float32")
    assert said(notes.ask(HIVES)) == "The orchard keeps four hives."


def test_what_the_system_has_not_changed_is_not_read_again(notes: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.index.stamps.time.time_ns", lambda: 1 << 62)  # long after the files were written
    edit(notes, "bees.txt", FEWER)
    assert notes.rebuild().changed == ("bees.txt",)
    read: list[str] = []
    edit(notes, "lighthouse.md", NOTES["lighthouse.md"].replace("Aldous", "Brandt"))

    def noted(path: Path) -> bytes:
        read.append(path.name)
        return load(path)

    monkeypatch.setattr(collecting, "load", noted)
    report = notes.rebuild()
    assert (report.changed, report.unchanged, read) == (("lighthouse.md",), 2, ["lighthouse.md"])
    assert notes.check().ok


def test_another_language_makes_all_words_anew(notes: Library) -> None:
    german = "Die Bienen im alten Garten sind nicht mehr da, und das Haus ist leer. "
    edit(notes, "haus.md", "# Das Haus\n\n" + german * 40)
    report = notes.rebuild()
    assert notes.generation().manifest["analyser"] == "german"
    assert (report.unchanged, report.embedded < report.passages) == (3, True)
    full = Library(notes.sources, notes.index.parent / "full")
    full.rebuild()
    assert rankings(full, QUESTIONS) == rankings(notes, QUESTIONS)


def test_full_embeds_all_again_and_finds_the_same(notes: Library) -> None:
    before, places, ranked = notes.index_id, passages(notes), rankings(notes, QUESTIONS)
    old = vectors(notes)
    report = notes.rebuild(full=True)
    assert (report.embedded, report.passages) == (4, 4)
    assert report.index_id != before
    assert (passages(notes), rankings(notes, QUESTIONS)) == (places, ranked)
    assert vectors(notes).keys() == old.keys()


def test_the_same_sources_twice_give_the_same_index(notes: Library, tmp_path: Path) -> None:
    write_notes(tmp_path / "elsewhere" / "my papers")
    other = open_library(tmp_path / "elsewhere" / "my papers", index=tmp_path / "elsewhere" / "index")
    assert passages(other) == passages(notes)
    assert vectors(other).keys() == vectors(notes).keys()
    assert rankings(other, QUESTIONS) == rankings(notes, QUESTIONS)
    for question in QUESTIONS:
        mine, theirs = (library.retrieve(question) for library in (notes, other))
        assert [excerpt.score for excerpt in mine] == pytest.approx([excerpt.score for excerpt in theirs], abs=1e-5)


def test_only_the_current_and_the_previous_generation_are_kept(notes: Library) -> None:
    used = [notes.index_id]
    (notes.index / "gen-000001-00000000").mkdir()  # what a build leaves that is killed while it writes
    for count in ("four", "five", "six"):
        edit(notes, "bees.txt", NOTES["bees.txt"].replace("nine", count))
        used.append(notes.rebuild().index_id)
        assert current(notes).name == used[-1]
        assert generations(notes) == set(used[-2:])
    assert len(set(used)) == 4


def test_a_build_leaves_the_question_encoder_of_the_index_in_use_as_it_is(notes: Library) -> None:
    def files() -> dict[str, tuple[int, int]]:
        seen = {path.name: path.stat() for path in notes.index.glob("encoders/*/*")}
        return {name: (found.st_ino, found.st_mtime_ns) for name, found in seen.items()}

    before = files()
    edit(notes, "bees.txt", FEWER)
    notes.rebuild()
    notes.rebuild(full=True)
    assert files() == before
    assert before.keys() == {"encoder.json", "model.data", "model.onnx", "tokenizer.json"}


# What goes on meanwhile


@dataclass
class Story:
    """A large build that is stopped with Ctrl-C, killed at the next attempt, and then left to finish."""

    library: Library
    total: int
    """Passages that there are to embed."""
    old: str
    """The id of the index before."""
    meanwhile: Answer
    """An answer while the first child embeds."""
    second: subprocess.CompletedProcess[str]
    """A second rebuild at the same time."""
    stopped: tuple[int, int, str]
    """The first child: its exit status, how many passages it had put on the disk, and its error stream."""
    killed: tuple[int, int, int]
    """The second: its exit status, how many there were left to embed when it began, and how many were safe then."""
    after: Answer
    """An answer after both."""
    used_after: str


SECTIONS = 2 * WINDOW + WINDOW // 2
BEFORE = 3
"""Passages of documents that come before the ledger."""
ROUNDING = 2e-3
"""How much a score may differ between builds whose passages went through the encoder in other company (bfloat16)."""
GOODS = ["salt", "tar", "timber", "wool", "copper", "grain", "hides", "coal", "linen", "amber", "iron", "wax"]
LEDGER_QUESTIONS = [f"What was paid for {goods} at berth {n}?" for n, goods in enumerate(GOODS, 36)]
INTERRUPT = signal.SIGINT if os.name == "posix" else signal.SIGTERM
KILL = signal.SIGKILL if os.name == "posix" else signal.SIGTERM


def ledger() -> str:
    """A document with a few words for each of many berths; no two passages are alike."""
    goods = [(GOODS[n % 12], GOODS[(n // 12 + 5) % 12]) for n in range(SECTIONS)]
    return "# Ledger\n\n" + "\n".join(
        f"## Berth {n}\n\nSold: {sold}. Paid: {n * 7}. Then {bought}.\n" for n, (sold, bought) in enumerate(goods)
    )


class Child:
    """A rebuild in a process of its own."""

    def __init__(self, library: Library) -> None:
        self.library = library
        command = [sys.executable, "-m", "assistant", "rebuild", "--json"]
        folders = ["--sources", str(library.sources), "--index", str(library.index)]
        self.process = subprocess.Popen(
            [*command, *folders], cwd=ROOT, encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.total = 0

    def embed_a_window(self) -> None:
        """Returns when vectors have been put on the disk, and more are on the way."""
        assert self.process.stdout is not None
        before = None
        for line in self.process.stdout:
            event = json.loads(line)
            if event.get("stage") == "Embedding passages":
                self.total = event["total"]
                before = event["done"] if before is None else before
                if event["done"] > before + WINDOW:
                    assert event["done"] < event["total"]
                    return
        raise AssertionError(f"the build ended: {self.process.communicate()[1]}")

    def end(self, how: signal.Signals) -> tuple[int, int, str]:
        """Sends the signal; returns the exit status, how many passages are safe in all, and the error stream."""
        self.process.send_signal(how)
        _, error = self.process.communicate()
        return self.process.returncode, safe(self.library), error


def safe(library: Library) -> int:
    """Passages of the ledger whose vectors the last build that was cut off has put on the disk."""
    last = max(library.index.glob("unfinished-*"))
    rows = [json.loads(line)["rows"] for line in (last / "windows.jsonl").read_text("utf-8").splitlines()]
    return int(rows[-1]) - BEFORE


@pytest.fixture(scope="module")
def story(_notes_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    library = copy_library(_notes_index, tmp_path_factory.mktemp("story") / "library")
    old = library.index_id
    edit(library, "ledger.md", ledger())
    first = Child(library)
    first.embed_a_window()
    second = subprocess.run(first.process.args, cwd=ROOT, encoding="utf-8", capture_output=True, check=False)
    meanwhile = library.ask(HIVES)
    stopped = first.end(INTERRUPT)
    (vectors,) = library.index.glob("unfinished-*/sentence_vectors.npy")
    os.truncate(vectors, vectors.stat().st_size - 7)  # as if the last window had not reached the disk whole
    again = Child(library)
    again.embed_a_window()
    status, done, _ = again.end(KILL)
    return Story(
        library, first.total, old, meanwhile, second, stopped, (status, again.total, done), library.ask(HIVES),
        library.index_id,
    )  # fmt: skip


def test_the_old_index_answers_while_a_build_runs_and_after_it_was_killed(story: Story) -> None:
    for answer in (story.meanwhile, story.after):
        assert (said(answer), answer.index_id) == ("The orchard keeps nine hives.", story.old)
    assert story.used_after == story.old


def test_a_second_rebuild_says_that_one_is_running(story: Story) -> None:
    assert (story.second.returncode, story.second.stdout) == (3, "")
    wanted = f"assistant: another rebuild of {story.library.index} is running: wait until it ends\n"
    assert story.second.stderr == wanted


@POSIX
def test_ctrl_c_is_one_line(story: Story) -> None:
    status, _, error = story.stopped
    assert status == 130
    assert error == "assistant: stopped; an index that was in use still is, and a rebuild goes on from here\n"
    assert story.killed[0] == -KILL


def test_a_build_goes_on_where_the_last_was_cut_off(story: Story, tmp_path: Path) -> None:
    _, done, _ = story.stopped
    assert (story.total, done) == (SECTIONS, WINDOW)
    _, left, done_then = story.killed
    assert left == SECTIONS  # the window that was torn is embedded again
    assert done_then == WINDOW
    seen: list[int] = []
    report = story.library.rebuild(
        progress=lambda stage, done, total, *_: seen.append(total) if "Emb" in stage else None
    )
    assert report.embedded == SECTIONS - done_then == seen[0] > 0
    assert (report.added, report.unchanged, report.passages) == (("ledger.md",), 3, SECTIONS + 4)
    assert story.library.check().ok
    assert not list(story.library.index.glob("unfinished-*"))
    # and it is the index that an undisturbed build makes
    shutil.copytree(story.library.sources, tmp_path / "sources")
    clean = open_library(tmp_path / "sources", index=tmp_path / "index")
    assert passages(clean) == passages(story.library)
    questions = LEDGER_QUESTIONS + QUESTIONS
    for question in questions:
        one, other = (library.retrieve(question, k=10) for library in (clean, story.library))
        assert [e.score for e in one] == pytest.approx([e.score for e in other], abs=ROUNDING)
        # The passages of the ledger are so much alike that some change places by a rounding.
        sure = {e.text for e in one if e.score > one[-1].score + ROUNDING}
        assert sure <= {e.text for e in other}


def window_of(numbers: range) -> tuple[Window, list[Kept]]:
    """Passages that hold their numbers, with two sentences each and random vectors."""
    random = np.random.default_rng(numbers.start)
    window = Window(inputs=[Input(f"passage {n}", ((0, 7), (8, 9))) for n in numbers])
    window.spans = [each.sentences for each in window.inputs]
    window.places = [(0, n, n + 1, 0) for n in numbers]
    small = [random.integers(-127, 128, (2, 8), np.int8) for _ in numbers]
    return window, [Kept(random.random(8).astype(np.float16), each, np.ones(2, np.float32)) for each in small]


@pytest.mark.parametrize(
    ("file", "damage", "sound"),
    [
        ("vectors.npy", lambda data: data, 9),
        ("vectors.npy", lambda data: data[:-1], 6),
        ("vectors.npy", lambda data: data[:-90], 3),
        ("vectors.npy", lambda data: b"", 0),
        ("sentence_vectors.npy", lambda data: data[:-1], 6),
        ("sentence_scales.npy", lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], 6),
        ("keys.npy", lambda data: data[:400] + bytes([data[400] ^ 1]) + data[401:], 0),
        ("counts.npy", lambda data: data[:-4] + b"\xff\xff\xff\x7f", 6),
        ("windows.jsonl", lambda data: data[:-5], 6),
        ("windows.jsonl", lambda data: data.replace(b"model", b"mode1", 1), 0),
        ("windows.jsonl", lambda data: b"", 0),
    ],
    ids=[
        *("whole", "a byte short", "many short", "empty", "sentences", "a bit", "a key", "a count"),
        *("a torn line", "another line", "no journal"),
    ],
)  # fmt: skip
def test_a_torn_tail_of_an_unfinished_build_is_dropped(
    tmp_path: Path, file: str, damage: Callable[[bytes], bytes], sound: int
) -> None:
    writer = GenerationWriter(tmp_path, "the model", 8, None)
    windows = [window_of(range(first, first + 3)) for first in (0, 3, 6)]
    for window, kept in windows:
        writer.add(window, kept)
    writer.abandon()
    (tmp_path / file).write_bytes(damage((tmp_path / file).read_bytes()))
    left = Unfinished(tmp_path, "the model", 8)
    wanted = [(each.key, kept) for window, of_it in windows for each, kept in zip(window.inputs, of_it, strict=True)]
    assert [key.tobytes() for key in left.keys] == [key for key, _ in wanted[:sound]]
    for row, (_, known) in enumerate(wanted[:sound]):
        found = left.kept(row)
        assert np.array_equal(found.vector, known.vector)
        assert np.array_equal(found.sentences, known.sentences)
        assert np.array_equal(found.scales, known.scales)
    assert len(Unfinished(tmp_path, "another model", 8).keys) == 0


@POSIX
@pytest.mark.parametrize("room", [2_000, 9_000], ids=["for the texts", "for the index"])
def test_a_full_disk_costs_nothing(notes: Library, command: Command, room: int) -> None:
    import resource

    before = notes.index_id
    edit(notes, "bees.txt", FEWER)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))  # no file may grow beyond this
    try:
        ran = command(notes, "rebuild")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert ran.status == 3
    assert f"cannot write the index in {notes.index}" in ran.err.splitlines()[-1]
    assert "Traceback" not in ran.err
    left = list(notes.index.glob("unfinished-*"))
    assert all((folder / "windows.jsonl").stat().st_size for folder in left)  # nothing that is of no use
    assert current(notes).name == notes.index_id == before
    assert said(notes.ask(KEEPER)) == "Its keeper, Ines Aldous, kept the log for thirty-one years."
    report = notes.rebuild()
    assert report.changed == ("bees.txt",)
    assert generations(notes) == {before, report.index_id}
    assert notes.check().ok


def test_what_is_embedded_is_safe_until_the_index_is_complete(notes: Library) -> None:
    edit(notes, "bees.txt", FEWER)

    def spoil(stage: str, done: int, total: int, doing: str = "", /) -> None:
        if stage == "Writing the index":
            (folder,) = notes.index.glob("unfinished-*")
            (folder / "starts.npy").mkdir()  # what is written after the vectors cannot be

    with pytest.raises(IndexUnusable, match="cannot write the index"):
        notes.rebuild(progress=spoil)
    report = notes.rebuild()
    assert (report.changed, report.embedded) == (("bees.txt",), 0)
    assert notes.check().ok


def test_an_open_library_answers_through_a_rebuild_and_then_from_the_new_index(notes: Library) -> None:
    old = notes.index_id
    texts = {old: {name: notes.source(name).text for name in NOTES}}
    answers: list[list[Answer]] = [[] for _ in range(4)]
    ready, rebuilt = threading.Barrier(5, timeout=60), threading.Event()
    errors: list[BaseException] = []

    def ask(number: int) -> None:
        try:
            answers[number].append(notes.ask(QUESTIONS[number]))
            ready.wait()
            last = False
            while not last:
                last = rebuilt.is_set()
                answers[number].append(notes.ask(QUESTIONS[number]))
        except BaseException as error:
            errors.append(error)
            ready.abort()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        ready.wait()
        edit(notes, "lighthouse.md", NOTES["lighthouse.md"].replace("Ines Aldous", "Tove Brandt"))
        report = notes.rebuild()
    finally:
        rebuilt.set()
        for thread in threads:
            thread.join()
    assert not errors
    texts[report.index_id] = {name: notes.source(name).text for name in NOTES}
    for number in range(4):
        assert {answers[number][0].index_id, answers[number][-1].index_id} == {old, report.index_id}
        for answer in answers[number]:
            assert_consistent(answer, texts[answer.index_id])
    assert "Aldous" in said(answers[1][0])
    assert "Brandt" in said(answers[1][-1])


def assert_consistent(answer: Answer, texts: dict[str, str]) -> None:
    """Every quotation stands in the sources of the very index that the answer names."""
    for citation in [e.citation for e in answer.excerpts] + [s.citation for s in answer.statements]:
        assert texts[citation.source_id][citation.start : citation.end] == citation.quote
    for statement in answer.statements:
        assert all(statement.text in answer.excerpts[number - 1].text for number in statement.numbers)
    # While its file is newer than the index, the lighthouse is not quoted, and nothing else answers that question.
    assert answer.found or answer.notes


def test_a_generation_that_two_rebuilds_remove_while_it_is_opened_is_not_missed(
    notes: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, counts = IndexFolder.current, ["four", "five"]

    def current_and_then_rebuilds(folder: IndexFolder) -> str:
        name = reading(folder)
        now, counts[:] = counts[:], []
        for count in now:  # by another process, between the two steps of opening
            edit(notes, "bees.txt", NOTES["bees.txt"].replace("nine", count))
            Library(notes.sources, notes.index).rebuild()
        return name

    old = current(notes)
    monkeypatch.setattr(IndexFolder, "current", current_and_then_rebuilds)
    assert said(notes.ask(HIVES)) == "The orchard keeps five hives."
    assert not old.exists()


# Where it is used


def test_sources_and_index_can_be_moved_together(notes: Library, tmp_path: Path) -> None:
    before = notes.index_id
    shutil.move(notes.sources.parent, tmp_path / "moved away")
    moved = Library(tmp_path / "moved away" / "sources", tmp_path / "moved away" / "index")
    assert said(moved.ask(HIVES)) == "The orchard keeps nine hives."
    assert moved.check().ok
    report = moved.rebuild()
    assert (report.index_id, report.embedded) == (before, 0)


AS_ANOTHER_USER = """
import os, sys
from assistant.cli import main
main(sys.argv[1:])  # loads what is needed, since that user may not be able to read the interpreter's own files
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
assert not os.access(sys.argv[-1], os.W_OK)
print("---", flush=True)
sys.exit(main(sys.argv[1:]))
"""


@POSIX
@pytest.mark.parametrize(
    ("bits", "flags"),
    [
        pytest.param(0, [], id="another user's"),
        pytest.param(
            0,
            ["-W", "always::ResourceWarning"],
            id="and the copy is tidied away",
        ),
        pytest.param(
            0o222,
            [],
            id="without write permission",
        ),
    ],
)
def test_a_read_only_index_can_be_asked(shared: Library, bits: int, flags: list[str]) -> None:
    if bits == 0 and os.getuid() != 0:
        pytest.skip("only root can become another user")
    for path in [shared.index, *shared.index.rglob("*")]:
        if path.is_dir() or path.stat().st_nlink == 1:  # not the file that is linked to the original
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~bits)
    before = contents(shared.index)
    arguments = ["ask", HIVES, "--sources", str(shared.sources), "--index", str(shared.index)]
    ran = subprocess.run(
        [sys.executable, *flags, "-c", AS_ANOTHER_USER, *arguments],
        cwd=ROOT,
        encoding="utf-8",
        capture_output=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "“The orchard keeps nine hives.” [1]" in ran.stdout.partition("---")[2]
    assert {name: data for name, data in contents(shared.index).items() if not name.endswith(".lock")} == {
        name: data for name, data in before.items() if not name.endswith(".lock")
    }


# What check and ask say of sources and index that are not as they were


def test_check_passes_on_a_fresh_index(notes: Library, command: Command) -> None:
    ran = command(notes, "check")
    assert ran.status == 0
    assert ran.out.endswith("3 sources, 4 passages, word for word where the index says: all verified\n")
    report = notes.check()
    assert (report.ok, report.sources, report.passages) == (True, 3, 4)


@pytest.mark.parametrize("how", ["changed", "removed", "tampered"])
def test_check_names_a_source_that_is_not_as_it_was_indexed(notes: Library, command: Command, how: str) -> None:
    path = notes.sources / "bees.txt"
    seen = path.stat()
    if how == "removed":
        path.unlink()
    else:
        path.write_text(FEWER if how == "tampered" else "Bees\n\nNothing is left of the orchard.\n", "utf-8")
    if how == "tampered":  # of the same size, and the time set back
        os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        assert (path.stat().st_size, path.stat().st_mtime_ns) == (seen.st_size, seen.st_mtime_ns)
    ran = command(notes, "check")
    assert ran.status == 1
    problem, verdict = ran.out.splitlines()
    assert problem.startswith("bees.txt: missing: " if how == "removed" else "bees.txt: changed: 1 of 1 passages ")
    assert problem.endswith("run assistant rebuild")
    assert verdict == "3 sources, 3 passages, word for word where the index says: 1 problem"
    report = json.loads(command(notes, "check", "--json").out)
    assert (report["ok"], [item["file"] for item in report["problems"]]) == (False, ["bees.txt"])


@pytest.mark.parametrize("pattern", ["gen-*/sources.sqlite", "encoders/*/model.data", "encoders/*/tokenizer.json"])
def test_check_names_a_damaged_file_of_the_index(notes: Library, command: Command, pattern: str) -> None:
    (path,) = notes.index.glob(pattern)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink()
    path.write_bytes(data)
    ran = command(notes, "check")
    assert ran.status == 1
    assert f"is damaged ({path.name}): run assistant rebuild" in ran.out
    assert json.loads(command(notes, "check", "--json").out)["ok"] is False


@pytest.mark.parametrize("how", ["changed", "removed"])
def test_a_source_that_is_not_as_it_was_indexed_is_not_quoted(notes: Library, command: Command, how: str) -> None:
    if how == "changed":
        edit(notes, "bees.txt", FEWER)
    else:
        (notes.sources / "bees.txt").unlink()
    ran = command(notes, "ask", HIVES, "--json")
    assert ran.status == 1
    answer = json.loads(ran.out)
    assert answer["notes"] == [
        "bees.txt has changed or gone since the index was built and is not quoted: rebuild the index to use it."
    ]
    assert {excerpt["citation"]["source_id"] for excerpt in answer["excerpts"]} <= {"harbour.md", "lighthouse.md"}
    assert "hives" not in json.dumps([answer["statements"], answer["excerpts"]])
    assert ran.error == (
        "assistant: a file has changed since the index was built, and what is new in it is not used (first: bees.txt): "
        "run assistant rebuild"
    )
    assert notes.state("bees.txt") == ("changed" if how == "changed" else "missing")


# What it is built with


def test_the_default_model_is_the_published_one() -> None:
    folder = model_folder(DEFAULT_MODEL)
    assert folder is not None
    with (folder / "model.safetensors").open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == WEIGHTS


def run_python(program: str, library: Library) -> subprocess.CompletedProcess[str]:
    arguments = ["--sources", str(library.sources), "--index", str(library.index)]
    return subprocess.run(
        [sys.executable, "-c", program, "ask", HIVES, *arguments],
        cwd=ROOT, encoding="utf-8", capture_output=True, check=False,
    )  # fmt: skip


LOADED = "; print(*sorted({name.split('.')[0] for name in sys.modules} & {%s}), 'loaded')"
HEAVY = "'torch', 'sentence_transformers', 'transformers', 'gradio'"


def test_a_question_loads_neither_torch_nor_gradio(notes: Library) -> None:
    program = "import sys; from assistant.cli import main; status = main(sys.argv[1:])"
    ran = run_python(f"{program}{LOADED % HEAVY}; sys.exit(status)", notes)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "The orchard keeps nine hives." in ran.stdout
    assert ran.stdout.splitlines()[-1] == "loaded"


def test_import_is_light(notes: Library) -> None:
    ran = run_python(f"import sys; import assistant{LOADED % (HEAVY + ', ' + repr('faiss'))}", notes)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "loaded\n", "")


def test_a_question_needs_no_network(notes: Library) -> None:
    program = """
import socket, sys
def refuse(*arguments, **named):
    raise AssertionError(f"asked the network for {arguments[-1]}")
socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = socket.getaddrinfo = refuse
from assistant.cli import main
sys.exit(main(sys.argv[1:]))
"""
    ran = run_python(program, notes)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "The orchard keeps nine hives." in ran.stdout


# What is known of a file, in a file beside it


def test_a_sidecar_tells_what_the_file_does_not(notes: Library) -> None:
    sidecar = notes.sources / "bees.txt.yaml"
    sidecar.write_text(
        "title: The orchard book\nissued: 2018-05\nurl: https://example.org/bees\naccessed: 2024-02-01\n"
    )
    assert notes.outdated() == ["bees.txt"]
    report = notes.rebuild()
    assert (report.problems, notes.outdated(), notes.check().ok) == ((), [], True)
    (excerpt, *_) = notes.retrieve("late frost in the orchard", 1)
    assert excerpt.citation.metadata.title == "The orchard book"
    assert cite(excerpt.citation) == (
        "“The orchard book”, 2018-05, paragraphs 1–2, https://example.org/bees, accessed 2024-02-01."
    )
    assert notes.rebuild().index_id == report.index_id


def test_a_sidecar_goes_before_front_matter_and_leaves_the_rest(notes: Library) -> None:
    (notes.sources / "harbour.yaml").write_text("publisher: Harbour Board\nissued: someday\n", "utf-8")
    report = notes.rebuild()
    assert [(item.file, item.reason) for item in report.problems] == [
        (
            "harbour.md",
            "sidecar harbour.yaml: issued is not usable and was left out: someday (write 2005, 2005-09 or 2005-09-19)",
        )
    ]
    known = notes.source("harbour.md").metadata
    assert (known.publisher, known.title, known.issued) == ("Harbour Board", "Harbour dredging", "2021-03-04")
    (notes.sources / "harbour.yaml").unlink()
    assert notes.outdated() == ["harbour.md"]
    notes.rebuild()
    assert notes.source("harbour.md").metadata.publisher == "Port Office"


def test_a_broken_sidecar_costs_only_itself(notes: Library) -> None:
    (notes.sources / "bees.yaml").write_text("title: [broken\n", "utf-8")
    (problem,) = notes.rebuild().problems
    assert problem.file == "bees.txt" and problem.reason.startswith(
        "its sidecar bees.yaml is broken and was left out: "
    )
    assert notes.ask("What killed the blossom in the orchard?").found
