"""Columns: NumPy files that grow by rows while an index is built.

A `.npy` file (NumPy Enhancement Proposal 1) whose header has room for any number of rows; it says 0 until `close`.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

_HEADER = 384
_MAGIC = b"\x93NUMPY\x01\x00"


class Column:
    """A file of rows that are appended; a context manager is not needed, since an unfinished file says so itself."""

    def __init__(self, path: Path, dtype: npt.DTypeLike, *width: int) -> None:
        """Begins a new file of rows of shape `width`."""
        self.path = path
        self.rows = 0
        self._dtype = np.dtype(dtype)
        self._width = width
        self._file = path.open("wb")
        self._file.write(self._header())

    def append(self, rows: npt.NDArray[np.generic]) -> bytes:
        """Adds rows, shape (n, *width); returns their bytes."""
        data = np.ascontiguousarray(rows, self._dtype).tobytes()
        self._file.write(data)
        self.rows += len(rows)
        return data

    def sync(self) -> None:
        """Puts what was added on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def abandon(self) -> None:
        """Closes the file as it is."""
        with contextlib.suppress(OSError):  # a full disk does not take what still waited
            self._file.close()

    def close(self) -> None:
        """Makes it a complete `.npy` file."""
        self._file.seek(0)
        self._file.write(self._header())
        self._file.close()

    def _header(self) -> bytes:
        shape = (self.rows, *self._width)
        told = {"descr": np.lib.format.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        size = _HEADER - len(_MAGIC) - 2
        return _MAGIC + size.to_bytes(2, "little") + repr(told).ljust(size - 1).encode() + b"\n"


def rows_of(path: Path, dtype: npt.DTypeLike, *width: int) -> npt.NDArray[np.generic]:
    """The rows of a file that was never closed, mapped into memory; a torn last row is left out."""
    kind = np.dtype(dtype)
    count = max(0, path.stat().st_size - _HEADER) // (kind.itemsize * int(np.prod(width, dtype=np.int64)))
    if count == 0:
        return np.empty((0, *width), kind)
    return np.memmap(path, kind, "r", _HEADER, (count, *width))
