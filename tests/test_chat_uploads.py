"""Documents sent to the chat's server: where they land, what is refused."""

from __future__ import annotations

import errno
import io
import os
import tempfile

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from assistant import Library
from assistant.chat import uploads as module
from assistant.chat.server import Guard
from assistant.chat.uploads import Uploads

WORDS = b"The tide gauge was read every morning at six."


@pytest.fixture
def client(notes: Library) -> TestClient:
    api = FastAPI()
    api.add_middleware(Guard)
    api.add_api_route("/documents", Uploads(notes).receive, methods=["PUT"], response_model=None)
    return TestClient(api, base_url="http://127.0.0.1:7860")


def test_a_document_lands_in_the_sources(client: TestClient, notes: Library) -> None:
    reply = client.put("/documents", params={"name": "gauge.txt"}, content=WORDS)
    assert (reply.status_code, reply.json()) == (200, {"file": "gauge.txt", "new": True})
    assert (notes.sources / "gauge.txt").read_bytes() == WORDS
    again = client.put("/documents", params={"name": "gauge.txt"}, content=WORDS)
    assert again.json() == {"file": "gauge.txt", "new": False}


@pytest.mark.parametrize("name", ["../gauge.txt", "/etc/gauge.txt", "..\\gauge.txt", "deep/er/gauge.txt"])
def test_no_name_leads_out_of_the_sources(client: TestClient, notes: Library, name: str) -> None:
    assert client.put("/documents", params={"name": name}, content=WORDS).json()["file"] == "gauge.txt"
    assert [path.name for path in notes.sources.parent.iterdir() if path.name.startswith("gauge")] == []


def test_what_is_there_is_kept(client: TestClient, notes: Library) -> None:
    before = (notes.sources / "bees.txt").read_bytes()
    assert client.put("/documents", params={"name": "bees.txt"}, content=WORDS).json()["file"] == "bees (2).txt"
    assert (notes.sources / "bees.txt").read_bytes() == before


def test_what_cannot_be_read_is_refused(client: TestClient, notes: Library) -> None:
    before = sorted(notes.sources.iterdir())
    reply = client.put("/documents", params={"name": "film.mkv"}, content=b"\x1aE\xdf\xa3")
    assert reply.status_code == 400 and reply.json()["reason"].startswith("no reader for .mkv files; ")
    reply = client.put("/documents", params={"name": ".hidden.md"}, content=WORDS)
    assert reply.json() == {"file": "hidden.md", "new": True}  # a name that begins with a dot would not be read
    assert sorted(notes.sources.iterdir()) == sorted([*before, notes.sources / "hidden.md"])


def test_what_is_too_large_is_refused(client: TestClient, notes: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_UPLOAD", 40)
    reply = client.put("/documents", params={"name": "gauge.txt"}, content=WORDS)
    assert (reply.status_code, not (notes.sources / "gauge.txt").exists()) == (413, True)


def test_another_site_cannot_add(client: TestClient, notes: Library) -> None:
    headers = {"Origin": "https://evil.example"}
    assert client.put("/documents", params={"name": "gauge.txt"}, content=WORDS, headers=headers).status_code == 403
    assert not (notes.sources / "gauge.txt").exists()


def test_full_disk_is_told(client: TestClient, notes: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", lambda size: Full())
    reply = client.put("/documents", params={"name": "gauge.txt"}, content=WORDS)
    assert (reply.status_code, "no space left" in reply.json()["reason"]) == (507, True)
    assert not (notes.sources / "gauge.txt").exists()
