"""The same loops compiled by numba, kept in its cache. Importing this takes a second: go through ``engine_for``.

``python -m zhiyin.outreach.simulate.compiled`` fills the cache, so that the first large rehearsal need not wait.
"""

from collections.abc import Callable
from datetime import UTC
from io import BytesIO
from typing import Any

import numba
import numpy as np
from numba.extending import register_jitable

from zhiyin.outreach.rules import DEFAULT_AT_ONCE, core, parse_policy
from zhiyin.outreach.simulate import ordering, scanning
from zhiyin.outreach.simulate.engine import Engine
from zhiyin.outreach.simulate.run import simulate_events

_INNER = (
    *(core.judge, core.remember, core.first_after, core.count_groups, core.enter, ordering._insert, ordering._merge),
    *(scanning._value_end, scanning._usual_end, scanning._inside, scanning._hash, scanning._key, scanning._slot),
    *(scanning._find_or_add, scanning._is_name, scanning.read_moment, scanning._offset, scanning._days, scanning._two),
)
for _function in _INNER:
    register_jitable(_function)


def _compile(function: Callable[..., Any]) -> Callable[..., Any]:
    try:
        compiled: Callable[..., Any] = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # neither the package's folder nor the user's may be written: compile anew each time
        compiled = numba.njit(nogil=True)(function)
    return compiled


COMPILED = Engine(
    find_values=_compile(scanning.find_values),
    number_names=_compile(scanning.number_names),
    read_moments=_compile(scanning.read_moments),
    spread=_compile(scanning.spread),
    put_in_order=_compile(ordering.put_in_order),
    sort_people=_compile(ordering.sort_people),
    replay=_compile(core.replay),
    replay_in_time=_compile(core.replay_in_time),
    print_rows=_compile(scanning.print_rows),
    view=lambda data: np.frombuffer(data, np.uint8),
    room=lambda size: np.empty(size, np.uint8),
)


_EVENT = b"external_id,customer,scenario,at,touchpoint,staff,kind\n1,1,1,2026-11-22T10:00:00Z,1,1,survey\n"
_GROUPED = 'per = "staff"\nmax = 1\ndays = 1'


def fill_cache() -> None:
    """Compile every loop, by replaying one event under the default policy, one by touchpoints and one over groups."""
    for scope in ("", "[[limit]]\nper = 'customer+touchpoint'\nmax = 1\ndays = 1", f"[[limit]]\n{_GROUPED}"):
        policy = parse_policy(scope, absent=DEFAULT_AT_ONCE)
        simulate_events(_EVENT, BytesIO, policy=policy, tz=UTC, told=lambda step, done, total: None, engine=COMPILED)


if __name__ == "__main__":
    fill_cache()
