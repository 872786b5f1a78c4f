"""The decision as it is stored."""

from datetime import datetime
from typing import NamedTuple


class Verdict(NamedTuple):
    """The decision as it is stored: no reason means invite."""

    reason: str
    rule: str  # which rule that is, also where two limits give the same reason: limit[2]
    counts: tuple[int, ...]  # messages in the window of each limit, in the policy's order; empty: nothing was counted
    next_allowed_at: datetime | None  # when the counted rules let this person be asked again; None: they are not why

    @property
    def invited(self) -> bool:
        return not self.reason
