"""The inner loops, as plain Python or compiled: the very same functions, chosen by the size of the work."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from zhiyin.outreach.rules import core
from zhiyin.outreach.simulate import ordering, scanning

COMPILE_FROM = 2_000_000  # bytes of input; below, Python is done before numba is loaded
COMPILE_FROM_EVENTS = 50_000  # the same for events in memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The loops that see every event."""

    find_values: Callable[..., int]
    number_names: Callable[..., None]
    read_moments: Callable[..., int]
    spread: Callable[..., None]
    put_in_order: Callable[..., None]
    sort_people: Callable[..., None]
    replay: Callable[..., None]
    replay_in_time: Callable[..., None]
    print_rows: Callable[..., int]
    view: Callable[[Any], Any]  # the data as the loops like to index it
    room: Callable[[int], Any]  # so many writable bytes


PLAIN = Engine(
    find_values=scanning.find_values,
    number_names=scanning.number_names,
    read_moments=scanning.read_moments,
    spread=scanning.spread,
    put_in_order=ordering.put_in_order,
    sort_people=ordering.sort_people,
    replay=core.replay,
    replay_in_time=core.replay_in_time,
    print_rows=scanning.print_rows,
    view=lambda data: data,
    room=bytearray,
)


def engine_for(size: int) -> Engine:
    """The engine for so many bytes of input. Numba is imported only when it pays."""
    return PLAIN if size < COMPILE_FROM else _compiled()


def engine_for_events(count: int) -> Engine:
    """The engine for so many events that are in memory already."""
    return PLAIN if count < COMPILE_FROM_EVENTS else _compiled()


def _compiled() -> Engine:
    compiled: Engine = import_module("zhiyin.outreach.simulate.compiled").COMPILED
    return compiled
