"""The period that a screen looks at, and the one it is compared with. Pure: ``today`` is an argument."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """From the first to the last day, both inside, beside the days it is compared with."""

    key: str
    label: Promise | str
    since: date
    until: date
    before_since: date
    before_until: date
    compared_with: Promise | str

    @property
    def value(self) -> str:
        """What a form sends for it."""
        return f"{self.since}..{self.until}" if self.key == "days" else self.key


CHOICES = (
    ("30d", _("Last 30 days")),
    ("month", _("This month so far")),
    ("7d", _("Last 7 days")),
    ("90d", _("Last 90 days")),
)


def period_of(query: Mapping[str, str], *, today: date) -> Period:
    """The period that the address names: a choice, or two days. Nonsense is the default.

    The two days stand in ``from`` and ``to``, or as ``2026-11-01..2026-11-20`` in ``period``, which is how a form's
    select keeps them until another choice is made.
    """
    first, _dots, last = query.get("period", "").partition("..")
    since, until = _day(query.get("from", first)), _day(query.get("to", last))
    if since and until and since <= until and (until - since).days <= 3660:
        return _before(Period("days", f"{since} – {until}", since, until, since, since, _("the days before")))
    key = query.get("period", "30d")
    if key == "month":
        return _month(today)
    days = {"7d": 7, "90d": 90}.get(key, 30)
    label = dict(CHOICES)[key if key in ("7d", "90d") else "30d"]
    since = today - (days - 1) * ONE_DAY
    compared = pgettext_lazy("compared with", "the %(days)s days before") % {"days": days}
    return _before(Period(f"{days}d", label, since, today, since, since, compared))


def _before(period: Period) -> Period:
    """The same number of days right before."""
    length = period.until - period.since + ONE_DAY
    return Period(
        period.key,
        period.label,
        period.since,
        period.until,
        period.since - length,
        period.since - ONE_DAY,
        period.compared_with,
    )


def _month(today: date) -> Period:
    """The first of the month until today, against the same days of the month before."""
    first = today.replace(day=1)
    last_month = first - ONE_DAY
    until = last_month.replace(day=min(today.day, last_month.day))
    return Period("month", dict(CHOICES)["month"], first, today, last_month.replace(day=1), until, _("last month"))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 and "2000" <= text <= "2101" else None
    except ValueError:
        return None
