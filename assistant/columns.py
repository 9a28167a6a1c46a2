"""Columns: NumPy files that grow by rows while an index is built, and are read by rows afterwards.

A `.npy` file (NumPy Enhancement Proposal 1) whose header has room for any number of rows; it says 0 until `close`.
"""

from __future__ import annotations

import contextlib
import os
import weakref
from mmap import mmap
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
_MAPPED = 100 << 20
"""A file of up to so many bytes may come into memory as a whole: its rows are then read faster."""
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


class Stored:
    """Reads rows of an array in a file, and keeps nothing of a large one in memory. Thread-safe.

    A row of a memory map costs as much to read the first time, and brings the pages around it into the process: 64 KB
    for each row on Linux, so that after some questions all of the file counts as its memory.
    """

    def __init__(self, array: npt.NDArray[Any]) -> None:
        """Prepares reading from `array`; what is small, or no whole file, is read as it is."""
        self._array = array
        self._file: int | None = None
        plain = isinstance(array.base, mmap) and array.flags.c_contiguous and array.nbytes > _MAPPED
        if isinstance(array, np.memmap) and plain and hasattr(os, "pread"):  # Windows has none, and maps single pages
            self._file = os.open(str(array.filename), os.O_RDONLY)
            self._start = array.offset
            weakref.finalize(self, os.close, self._file)

    def take(self, rows: Rows) -> npt.NDArray[Any]:
        """The contents of rows of an array of two dimensions, shape (len(rows), columns)."""
        if self._file is None or len(rows) == 0:
            return np.asarray(self._array[rows])
        breaks = np.flatnonzero(np.diff(rows) != 1) + 1
        starts, ends = np.concatenate([[0], breaks]), np.concatenate([breaks, [len(rows)]])
        return self.runs(rows[starts], ends - starts).reshape(len(rows), -1)

    def runs(self, starts: Rows, sizes: Rows) -> npt.NDArray[Any]:
        """The contents of runs of rows, one after another: of `sizes` rows each, from `starts` on."""
        if self._file is None:
            ends = np.cumsum(sizes)
            return np.asarray(self._array[np.arange(int(sizes.sum())) + np.repeat(starts - (ends - sizes), sizes)])
        size = self._array.itemsize * int(np.prod(self._array.shape[1:], dtype=np.int64))
        each = zip(starts.tolist(), sizes.tolist(), strict=True)
        data = b"".join([os.pread(self._file, size * count, self._start + size * row) for row, count in each])
        if len(data) != size * int(sizes.sum()):
            raise IndexError("a file is shorter than it was")
        return np.frombuffer(data, self._array.dtype)
