"""Every command and code sample of the README runs. (Its two set-up commands are run by `.ci/run`.)"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from browser import free_port

from assistant import Library, adding
from assistant.cli import main
from assistant.fetching import Fetched

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
INLINE = [command for command in re.findall(r"`(assistant [^`]+)`", README) if not command.startswith("assistant chat")]


@pytest.fixture(scope="module")
def folder(sample: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder like the repository's, with the sample library indexed."""
    made = tmp_path_factory.mktemp("readme")
    shutil.copytree(sample.sources, made / "sources")
    shutil.copytree(sample.index, made / "index")
    Library(made / "sources", made / "index").give_feedback(sample.ask("When was KEDO founded?"), good=True)
    questions = Path("tests", "evaluation", "questions.jsonl")
    (made / questions).parent.mkdir(parents=True)
    shutil.copyfile(ROOT / questions, made / questions)
    shutil.copyfile(ROOT / "tests" / "corpus" / "memorandum.pdf", made / "report.pdf")
    (made / "notes").mkdir()
    (made / "notes" / "tides.md").write_text("The tide gauge was read every morning at six.", "utf-8")
    return made


@pytest.mark.parametrize("command", COMMANDS + INLINE)
def test_commands(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    page = b"<!DOCTYPE html><html><body><main><p>The ministers agreed on a statement.</p></main></body></html>"
    monkeypatch.setattr(adding, "fetch", lambda address: Fetched(page, "statement.html", address))
    program, *arguments = shlex.split(command)
    assert program == "assistant"
    assert main(arguments) == 0
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_code_samples(code: str, folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "KEDO was founded on 9 March 1995" in done.stdout
    assert re.search(r"^True 0\.\d+$", done.stdout, re.MULTILINE)


def test_the_chat_starts_and_ctrl_c_stops_it(folder: Path) -> None:
    port = free_port()
    assert "`assistant chat --port 8000`" in README
    group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt" else {}  # type: ignore[attr-defined]
    chat = subprocess.Popen(
        [sys.executable, "-m", "assistant", "chat", "--port", str(port)],
        cwd=folder, stdout=subprocess.PIPE, text=True, **group,
    )  # fmt: skip
    try:
        assert chat.stdout is not None
        assert f"http://127.0.0.1:{port}" in chat.stdout.readline()
        chat.send_signal(signal.CTRL_BREAK_EVENT if os.name == "nt" else signal.SIGINT)  # type: ignore[attr-defined]
        assert chat.wait(30) in (0, 130)
    finally:
        chat.kill()
        chat.wait()
        if chat.stdout:
            chat.stdout.close()


def test_what_the_readme_names_is_there() -> None:
    for target in re.findall(r"\]\((docs/[^)]+)\)", README):
        assert (ROOT / target).is_file(), target
