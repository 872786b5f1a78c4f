"""Reading ahead: a second process reads and cleans a file, chunk by chunk, while the first decides and writes.

It never runs far ahead: whoever sends a chunk waits until the one before it was taken. It knows no database. When the
first process ends, however it ends, the second finds nobody to send to and ends too.
"""

import multiprocessing
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import TypeVar

from zhiyin.cli.frame import WorkFailed

T = TypeVar("T")


@contextmanager
def reading_ahead(chunks: Iterable[T]) -> Iterator[Iterator[T]]:
    """The same chunks in the same order; what goes wrong in reading them is raised here, after the chunks before it.

    Where processes cannot be split in two without harm, they are read in this one.
    """
    if sys.platform != "linux":
        yield iter(chunks)
        return
    split = multiprocessing.get_context("fork")  # nothing to load again, and nothing of the file to send over
    taking, sending = split.Pipe(duplex=False)
    reader = split.Process(target=_read, args=(chunks, taking, sending), name="reading-ahead", daemon=True)
    reader.start()
    sending.close()
    try:
        yield _taken(taking)
    finally:
        taking.close()
        reader.kill()
        reader.join()


def _read(chunks: Iterable[object], taking: Connection, sending: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process, which tells what was taken in
    taking.close()
    try:
        for chunk in chunks:
            sending.send((chunk, None))
        sending.send(None)
    except BrokenPipeError:
        return
    except Exception as broken:
        sending.send((None, broken))


def _taken(taking: Connection) -> Iterator[T]:
    while True:
        try:
            message = taking.recv()
        except EOFError:
            raise WorkFailed(
                "The process that reads the file was stopped. What is in stays in: import again."
            ) from None
        if message is None:
            return
        chunk, broken = message
        if broken is not None:
            raise broken
        yield chunk
