"""The whole rehearsal: bytes in, decisions out, and how many of each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import IO

import numpy as np
import numpy.typing as npt

from zhiyin.lib.text import both
from zhiyin.outreach.rules.policy_reader import KINDS
from zhiyin.outreach.rules.terms import Policy
from zhiyin.outreach.simulate.columns import ColumnMissing, Columns, needed_by
from zhiyin.outreach.simulate.engine import Engine, engine_for
from zhiyin.outreach.simulate.events import Data, Events, Progress, read_events
from zhiyin.outreach.simulate.faults import EventsInvalid
from zhiyin.outreach.simulate.replaying import Replay, replay_columns
from zhiyin.outreach.simulate.writing import write_decisions

UNUSUAL = ("completion", "not_eligible", "excluded")  # told of only where there are some
Told = Callable[[str, int, int], object]  # which step, how much more of it is done, of how much in all


@dataclass(frozen=True, slots=True)
class Summary:
    """What a rehearsal came to."""

    events: int
    invited: int
    suppressed: dict[str, int]  # by reason, in the order of the rules; an answer is counted as "completion"


def simulate_events(
    data: Data, out: Callable[[], IO[bytes]], *, policy: Policy, tz: tzinfo, told: Told, engine: Engine | None = None
) -> Summary:
    """Judge the events in ``data`` and write the decisions to what ``out`` opens, once all of them are made.

    ``data`` is CSV with the columns external_id, customer, scenario, at, and what else the policy counts by. ``tz`` is
    the clock of the policy's sending hours. Raises EventsInvalid, and then nothing was opened.
    """
    engine = engine or engine_for(len(data))
    wanted = needed_by(policy) | {"kind"}
    events = read_events(data, engine=engine, columns=wanted, progress=lambda done: told("read", done, len(data)))
    replay = replay_events(
        events, policy=policy, tz=tz, engine=engine, progress=lambda done: told("judge", done, len(events))
    )
    write_decisions(out(), events, replay, engine=engine, progress=lambda done: told("write", done, len(events)))
    return _summary(replay)


def replay_events(events: Events, *, policy: Policy, tz: tzinfo, engine: Engine, progress: Progress) -> Replay:
    """Judge the events of a file. Raises EventsInvalid if it lacks a column that the policy needs."""
    try:
        return replay_columns(_columns(events), policy=policy, tz=tz, engine=engine, progress=progress)
    except ColumnMissing as missing:
        sentence = both(
            "策略要用到这一列，文件里却没有", "the policy counts or chooses by this column, and the file has none"
        )
        raise EventsInvalid(sentence, row=1, field=missing.column) from missing


def _columns(events: Events) -> Columns:
    return Columns(
        customer=events.customer,
        at=events.at,
        customers=events.customers,
        scenario=events.codes.get("scenario"),
        touchpoint=events.codes.get("touchpoint"),
        staff=_or_none(events, "staff"),
        unit=_or_none(events, "unit"),
        brand=_or_none(events, "brand"),
        segment=_or_none(events, "segment"),
        kind=_kinds(events),
        names=events.names,
        external_id=events.external_id,
    )


def _or_none(events: Events, name: str) -> npt.NDArray[np.int32] | None:
    """The codes of a group's column, -1 where the file says nothing; None if nobody wants the column."""
    if name not in events.codes:
        return None
    codes, names = events.codes[name], events.names[name]()
    if "" in names:
        codes = np.where(codes == names.index(""), np.int32(-1), codes)
    return codes


def _kinds(events: Events) -> npt.NDArray[np.int8] | None:
    """What each event is. Raises EventsInvalid at the first kind that there is not."""
    if "kind" not in events.codes:
        return None
    codes, names = events.codes["kind"], events.names["kind"]()
    for code, name in enumerate(names):
        if name not in KINDS:
            row = int(np.argmax(codes == code))
            listed = ", ".join(KINDS)
            sentence = both(f"应为其中之一：{listed}", f"it must be one of {listed}")
            raise EventsInvalid(sentence, row=events.line_of(row), field="kind")
    return np.array([KINDS[name] for name in names], np.int8)[codes] if names else None


def _summary(replay: Replay) -> Summary:
    tally = np.bincount(replay.verdicts + 1, minlength=len(replay.reasons)).tolist()
    suppressed: dict[str, int] = {}
    for reason, count in zip(replay.reasons[1:], tally[1:], strict=True):
        if count or reason not in UNUSUAL:
            suppressed[reason] = suppressed.get(reason, 0) + count
    return Summary(len(replay.verdicts), tally[0], suppressed)
