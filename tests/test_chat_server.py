"""The address that the chat listens on."""

from __future__ import annotations

import subprocess
import sys

import pytest

from assistant.chat.server import listen
from assistant.errors import ServerError


def test_port_in_use_is_said_with_the_remedy() -> None:
    with listen("127.0.0.1", 0) as first, pytest.raises(ServerError, match=r"is in use: stop .* or choose another"):
        listen("127.0.0.1", first.getsockname()[1])


@pytest.mark.parametrize(
    ("host", "port", "message"),
    [
        ("0.0.0.0", 0, "has no login"),
        ("127.0.0.1", 70_000, "there is no port 70000"),
        ("192.0.2.1", 0, "has no login"),
    ],
)
def test_addresses_that_cannot_be_listened_on(host: str, port: int, message: str) -> None:
    with pytest.raises(ServerError, match=message):
        listen(host, port)


def test_importing_the_chat_is_light() -> None:
    code = "import sys, assistant.chat; print(sorted({'gradio', 'fastapi', 'uvicorn', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"
