"""How a moment is written (DESIGN section 5): 11-20 14:31, 20 Nov 14:31; the year only where it differs."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from django.utils.translation import gettext as _

from zhiyin.ui.numerals import UNKNOWN, hours_and_minutes, is_chinese

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONG_AGO = timedelta(hours=100)


@dataclass(frozen=True)
class Clock:
    """In which zone and language to write, and, where it is known, what time it is for the reader."""

    zone: tzinfo
    language: str
    now: datetime | None = None

    def day(self, moment: datetime | date) -> str:
        """``2026-11-20``, or ``11-20`` in the reader's own year; ``20 Nov 2026`` and ``20 Nov`` in English."""
        local = self._local_day(moment)
        this_year = self.now is not None and self.now.astimezone(self.zone).year == local.year
        if is_chinese(self.language):
            return f"{local:%m-%d}" if this_year else f"{local:%Y-%m-%d}"
        short = f"{local.day} {_MONTHS[local.month - 1]}"
        return short if this_year else f"{short} {local.year}"

    def time(self, moment: datetime) -> str:
        """``14:31``, local, 24 hours."""
        return f"{moment.astimezone(self.zone):%H:%M}"

    def day_and_time(self, moment: datetime) -> str:
        return f"{self.day(moment)} {self.time(moment)}"

    def near(self, moment: datetime) -> str:
        """As a colleague would say it: today 17:30, tomorrow 10:00, otherwise the date."""
        if self.now is None:
            return self.day_and_time(moment)
        days = (self._local_day(moment) - self._local_day(self.now)).days
        words = {-1: _("yesterday %(time)s"), 0: _("today %(time)s"), 1: _("tomorrow %(time)s")}
        if days in words:
            return words[days] % {"time": self.time(moment)}
        return self.day_and_time(moment)

    def recent(self, moment: datetime) -> str:
        """``14:31`` on the reader's own day, otherwise with the date."""
        is_today = self.now is not None and self._local_day(moment) == self._local_day(self.now)
        return self.time(moment) if is_today else self.day_and_time(moment)

    def _local_day(self, moment: datetime | date) -> date:
        return moment.astimezone(self.zone).date() if isinstance(moment, datetime) else moment


def written(moment: datetime | date | None, *, style: str, clock: Clock) -> str:
    """``moment`` in one of the styles ``short``, ``day``, ``time``, ``near``, ``recent``; a dash when there is none.

    Raises ValueError for an unknown style, or for the time of a plain date.
    """
    if moment is None:
        return UNKNOWN
    if style == "day" or not isinstance(moment, datetime):
        return clock.day(moment)
    styles = {"short": clock.day_and_time, "time": clock.time, "near": clock.near, "recent": clock.recent}
    if style not in styles:
        raise ValueError(f"Unknown style {style!r}. Use one of: day, {', '.join(styles)}.")
    return styles[style](moment)


def length(span: timedelta) -> str:
    """``0:18``, ``31:05``; from a hundred hours on whole days."""
    if abs(span) < LONG_AGO:
        return hours_and_minutes(span)
    return _("%(days)d days") % {"days": abs(span) // timedelta(days=1)}
