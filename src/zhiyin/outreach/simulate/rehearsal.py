"""A policy tried on events in memory: who would have been asked, what held the others back, before and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo

import numpy as np
import numpy.typing as npt

from zhiyin.outreach.rules import core
from zhiyin.outreach.rules.terms import Policy
from zhiyin.outreach.simulate.columns import Columns
from zhiyin.outreach.simulate.engine import engine_for_events
from zhiyin.outreach.simulate.replaying import Replay, replay_columns

MOST_ASKED = 20  # customers that are listed
CELLS = ("touchpoint", "scenario", "unit", "staff", "brand", "segment")


@dataclass(frozen=True, slots=True)
class CellCount:
    """One touchpoint, scenario, unit ...: how many events it had and how many of them were invited."""

    code: int
    events: int
    invited: int

    @property
    def coverage(self) -> float:
        """The share that was invited."""
        return self.invited / self.events if self.events else 0.0


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a rehearsal came to. ``events`` are those that asked for something; answers are not among them."""

    events: int
    sends: int
    suppressed: Mapping[str, int]  # by reason, in the order of the rules; only what happened
    cells: Mapping[str, tuple[CellCount, ...]]  # by column: the largest first; of the columns that there are
    most_asked: tuple[tuple[int, int], ...]  # customer and sends, the most asked first, at most 20
    asked_times: tuple[int, ...]  # how many customers were asked never, once, twice ...

    @property
    def customers_asked(self) -> int:
        return sum(self.asked_times[1:])


@dataclass(frozen=True, slots=True)
class CellChange:
    """One cell under two policies."""

    code: int
    events: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same events under two policies."""

    before: Outlook
    after: Outlook
    gained: int  # events that only the second policy invites
    lost: int  # events that only the first policy invites
    reasons: Mapping[str, tuple[int, int]]  # by reason: before, after
    cells: Mapping[str, tuple[CellChange, ...]]


def rehearse(events: Columns, policy: Policy, *, tz: tzinfo) -> Replay:
    """Judge every event under this policy, by the rule core that decides online; touches no record.

    ``tz`` is the clock of the policy's sending hours. Raises ColumnMissing if the policy needs what events do not tell.
    """
    engine = engine_for_events(len(events))
    return replay_columns(events, policy=policy, tz=tz, engine=engine, progress=lambda done: None)


def summarise(events: Columns, replay: Replay) -> Outlook:
    """Sends, what suppressed most, coverage by cell, and who is asked most."""
    asks = replay.verdicts != replay.noted
    invited = replay.verdicts == core.INVITE
    sends = np.bincount(events.customer[invited], minlength=events.customers)
    # Who only stands here for what they were sent otherwise is nobody that might have been asked.
    might = np.ones(len(sends), np.bool_)
    if events.happened is not None:
        might = np.bincount(events.customer[asks], minlength=events.customers) > 0
    top = _most(sends)
    return Outlook(
        events=int(asks.sum()),
        sends=int(invited.sum()),
        suppressed=_by_reason(replay),
        cells={name: _cells(events, name, asks, invited) for name in CELLS if getattr(events, name) is not None},
        most_asked=tuple((int(customer), int(sends[customer])) for customer in top),
        asked_times=tuple(np.bincount(sends[might]).tolist()) if len(sends) else (),
    )


def compare(events: Columns, before: Replay, after: Replay) -> Comparison:
    """What changes from one policy to the other."""
    first, second = summarise(events, before), summarise(events, after)
    was, will = before.verdicts == core.INVITE, after.verdicts == core.INVITE
    reasons = dict.fromkeys((*first.suppressed, *second.suppressed))
    return Comparison(
        before=first,
        after=second,
        gained=int((~was & will).sum()),
        lost=int((was & ~will).sum()),
        reasons={reason: (first.suppressed.get(reason, 0), second.suppressed.get(reason, 0)) for reason in reasons},
        cells={name: _changes(cells, second.cells[name]) for name, cells in first.cells.items()},
    )


def _most(sends: npt.NDArray[np.int64]) -> list[int]:
    """The most asked, of equals the first; nobody who was never asked."""
    if not len(sends):
        return []
    least = np.partition(sends, -min(MOST_ASKED, len(sends)))[-min(MOST_ASKED, len(sends))]
    candidates = np.flatnonzero(sends >= max(int(least), 1))
    best = candidates[np.argsort(-sends[candidates], kind="stable")]
    return [int(customer) for customer in best[:MOST_ASKED]]


def _by_reason(replay: Replay) -> dict[str, int]:
    tally = np.bincount(replay.verdicts.astype(np.int64) + 1, minlength=len(replay.reasons)).tolist()
    found: dict[str, int] = {}
    for reason, count in zip(replay.reasons[1:], tally[1:], strict=True):
        if count and reason != "completion":
            found[reason] = found.get(reason, 0) + count
    return found


def _cells(
    events: Columns, name: str, asks: npt.NDArray[np.bool_], invited: npt.NDArray[np.bool_]
) -> tuple[CellCount, ...]:
    codes = events.column(name)
    known = codes >= 0
    most = int(codes.max(initial=-1)) + 1
    every = np.bincount(codes[known & asks], minlength=most).tolist()
    mine = np.bincount(codes[known & invited], minlength=most).tolist()
    rows = [CellCount(code, count, mine[code]) for code, count in enumerate(every) if count]
    return tuple(sorted(rows, key=lambda row: (-row.events, row.code)))


def _changes(before: tuple[CellCount, ...], after: tuple[CellCount, ...]) -> tuple[CellChange, ...]:
    then = {cell.code: cell.invited for cell in after}
    return tuple(CellChange(cell.code, cell.events, cell.invited, then[cell.code]) for cell in before)
