"""What a deadline's chip says. Icon, word and colour change together; a late step stays marked late (DESIGN 03).

The caller works out the business time that is left; without it the difference on the wall clock is taken.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from zhiyin.ui import times
from zhiyin.ui.cards import Tone

NEAR = timedelta(minutes=30)
SOON = timedelta(hours=2)
TODAY = timedelta(hours=8)  # beyond a working day a date says more than a count of hours


@dataclass(frozen=True)
class Chip:
    tone: Tone
    icon: str
    text: str


def chip(
    due: datetime | None,
    *,
    clock: times.Clock,
    now: datetime,
    left: timedelta | None = None,
    paused: str = "",
    done_at: datetime | None = None,
) -> Chip:
    """The chip for one deadline. ``paused`` is the reason ("等客户"); ``done_at`` stops the clock."""
    if due is None:
        return Chip("", "clock", _("no deadline"))
    if done_at is not None:
        return _finished(due, done_at)
    if paused:
        return Chip("", "player-pause", _("paused: %(reason)s") % {"reason": paused})
    remaining = due - now if left is None else left
    if remaining < timedelta(0):
        return Chip("crit", "alarm", _("overdue %(time)s") % {"time": times.length(remaining)})
    if remaining > TODAY:
        return Chip("", "clock", clock.near(due))
    tone: Tone = "bad" if remaining <= NEAR else "warn" if remaining <= SOON else ""
    return Chip(tone, "clock", _("%(time)s left") % {"time": times.length(remaining)})


def _finished(due: datetime, done_at: datetime) -> Chip:
    if done_at <= due:
        return Chip("good", "circle-check", _("on time"))
    return Chip("crit", "alarm", _("done %(time)s late") % {"time": times.length(done_at - due)})
