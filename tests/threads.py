"""Threads that start together, each with a database connection of its own, as two web workers have."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

T = TypeVar("T")
SECONDS = 60  # to get ready; a thread that does not is a fault of the test


def together(acts: list[Callable[[], T]]) -> list[T]:
    """Run each act in its own thread, all let go at the same moment. The results stand in the order of the acts; what
    one of them raised is raised here."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        try:
            gate.wait(SECONDS)
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [running.result() for running in [pool.submit(run, act) for act in acts]]
