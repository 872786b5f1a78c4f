"""Files in and out: a large one read without a second copy, and one that is written whole or not at all."""

import mmap
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from zhiyin.outreach.simulate.engine import COMPILE_FROM
from zhiyin.outreach.simulate.events import Data


def file_data(path: Path) -> Data:
    """The bytes of a file. Those of a large one lie in memory of large pages, which is quicker to come by."""
    with path.open("rb", buffering=0) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size < COMPILE_FROM:
            return file.read()
        data = _room(status.st_size)
        view = memoryview(data)
        done = 0
        while done < len(view) and (more := file.readinto(view[done:])):
            done += more
        view.release()
        if done < status.st_size:  # somebody cut it meanwhile
            data.resize(done)
        return data


def _room(size: int) -> mmap.mmap:
    try:
        data = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        data.madvise(mmap.MADV_HUGEPAGE)
    except (AttributeError, OSError):  # not every system has them
        data = mmap.mmap(-1, size)
    return data


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes its name only once all is written; until then whatever had the name keeps it.

    A device or a pipe is written to as it is.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
