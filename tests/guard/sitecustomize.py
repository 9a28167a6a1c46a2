"""Put on PYTHONPATH, this writes down every attempt of a Python process to reach another machine, and refuses it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

_LOG = Path(os.environ["NETWORK_LOG"])
_connect, _connect_ex, _getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo


def _check(host: object) -> None:
    if host not in (None, "", "localhost", "::1") and not str(host).startswith("127."):
        with _LOG.open("a", encoding="utf-8") as log:
            log.write(f"{host}\n")
        raise OSError(f"refused by the test: {host}")


def _address(socket_: socket.socket, address: object) -> None:
    if socket_.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
        _check(address[0])


def connect(self: socket.socket, address: object) -> None:
    _address(self, address)
    _connect(self, address)  # type: ignore[arg-type]


def connect_ex(self: socket.socket, address: object) -> int:
    _address(self, address)
    return _connect_ex(self, address)  # type: ignore[arg-type]


def getaddrinfo(host: object, *more: object, **named: object) -> object:
    _check(host.decode() if isinstance(host, bytes) else host)
    return _getaddrinfo(host, *more, **named)  # type: ignore[arg-type]


socket.socket.connect, socket.socket.connect_ex = connect, connect_ex  # type: ignore[method-assign, assignment]
socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]
