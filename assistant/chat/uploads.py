"""Documents that the page sends: one request a file, its bytes as they are, its name beside them."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, BinaryIO, cast

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from assistant.errors import AssistantError

if TYPE_CHECKING:
    from assistant.library import Library

MAX_UPLOAD = 500_000_000
"""Bytes of one document."""
MAX_AT_ONCE = 4
"""Documents under way at the same time; the page sends them one after another."""
MAX_FILES = 200
"""Documents that the page takes at once, so that a folder dropped by mistake is not sent as a whole."""
_IN_MEMORY = 8_000_000


class Uploads:
    """Takes documents into the sources folder of a library; a rebuild is for the page to ask for."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._under_way = 0

    async def receive(self, request: Request, name: str) -> Response:
        """Take one document: `file`, its name among the sources, and whether it is `new`; or else a `reason`."""
        if self._under_way >= MAX_AT_ONCE:
            return _refused("too many documents at once; send them one after another", 429)
        self._under_way += 1
        try:
            with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
                size = 0
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > MAX_UPLOAD:
                        return _refused(f"larger than {MAX_UPLOAD // 1_000_000} MB; put it into the folder", 413)
                    file.write(chunk)
                file.seek(0)
                stored, new = await run_in_threadpool(self._library.receive, name, cast(BinaryIO, file))
            return JSONResponse({"file": stored, "new": new})
        except AssistantError as error:
            return _refused(str(error), 400)
        except OSError as error:  # the temporary file
            return _refused(f"it cannot be written ({(error.strerror or type(error).__name__).lower()})", 507)
        except ClientDisconnect:  # stopped on the page, which hears no reply
            return Response(status_code=400)
        finally:
            self._under_way -= 1


def _refused(reason: str, status: int) -> JSONResponse:
    return JSONResponse({"reason": reason}, status_code=status)
