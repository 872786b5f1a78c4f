"""Several hands: processes that decide and write parts of one chunk at once, each part in a transaction of its own.

The parts hold different people, so nobody's history depends on which hand was quicker; the next chunk begins when all
parts of this one are in. The first process reads nothing and writes nothing: it hands on and counts. When it ends,
however it ends, the hands finish what they have and end too.
"""

import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connections

from zhiyin.cli.frame import WorkFailed

MOST = 4  # beyond that they wait for the database


class Part(NamedTuple):
    """Some values of a chunk, packed by who read them, and the places where they stood among all values."""

    places: Sequence[int]
    packed: bytes

    @classmethod
    def of(cls, places: Sequence[int], values: Mapping[int, object]) -> "Part":
        return cls(places, pickle.dumps([values[place] for place in places], pickle.HIGHEST_PROTOCOL))


def hands_at_hand() -> int:
    """How many are worth having on this machine; 1 where there is one core, or where processes do not split well."""
    return min(len(os.sched_getaffinity(0)), MOST) if sys.platform == "linux" else 1


class Stopped(WorkFailed):
    """A hand was killed. Whether its part is in, only the record knows."""

    def __init__(self) -> None:
        super().__init__("A process that writes was stopped. What is in stays in: import again.")


class Hands:
    """The hands as the first process sees them."""

    def __init__(self, lines: Sequence[Connection]) -> None:
        self._lines = lines

    def take(self, parts: Sequence[Part]) -> Iterator[tuple[Part, Sequence[Any]]]:
        """Each part with what became of its values. A fault is raised after the parts that went well."""
        faults: list[BaseException] = []
        busy = []
        for line, part in zip(self._lines, parts, strict=True):
            if part.places:
                try:
                    line.send_bytes(part.packed)
                    busy.append((line, part))
                except OSError:
                    faults.append(Stopped())
        for line, part in busy:
            try:
                outcomes, broken = line.recv()
            except (EOFError, OSError):
                outcomes, broken = None, Stopped()
            if broken is None:
                yield part, outcomes
            else:
                faults.append(broken)
        if faults:
            raise faults[0]


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ctrl-C takes effect when this ends: what the hands have under way is counted first."""
    pressed: list[int] = []
    former = signal.signal(signal.SIGINT, lambda number, _frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
    if pressed:
        raise KeyboardInterrupt


@contextmanager
def several_hands(count: int, work: Callable[[Sequence[Any]], Sequence[Any]]) -> Iterator[Hands]:
    """``work`` in so many processes, each with a connection of its own to the database."""
    import_module(settings.LOOP)  # else each hand would load everything that may listen, with its first fact
    connections.close_all()  # two processes on one connection would read each other's answers
    split = multiprocessing.get_context("fork")
    lines: list[Connection] = []
    with ExitStack() as stack:
        # A hand that was killed is told of in words; the command would end without any.
        stack.callback(signal.signal, signal.SIGPIPE, signal.signal(signal.SIGPIPE, signal.SIG_IGN))
        for _ in range(count):
            mine, theirs = split.Pipe()
            hand = split.Process(target=_work, args=(work, theirs, [*lines, mine]), name="hand", daemon=True)
            hand.start()
            theirs.close()
            stack.callback(hand.join)
            lines.append(mine)
        try:
            yield Hands(lines)
        finally:
            for line in lines:
                line.close()


def _work(work: Callable[[Sequence[Any]], Sequence[Any]], line: Connection, others: Sequence[Connection]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process, which tells what was taken in
    for other in others:  # else its end would not be heard
        other.close()
    while True:
        try:
            values = pickle.loads(line.recv_bytes())
        except EOFError:
            connections.close_all()
            return
        try:
            answer: tuple[Sequence[Any] | None, Exception | None] = (work(values), None)
        except Exception as broken:
            answer = (None, broken)
        try:
            line.send(answer)
        except (BrokenPipeError, ConnectionResetError):
            return
        except (pickle.PicklingError, TypeError, AttributeError):
            line.send((None, WorkFailed(f"{type(answer[1]).__name__}: {answer[1]}")))
