"""What an address asks, as far as its reader can ask it, and over which days."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as lazy

from zhiyin.metrics.asking import dimensions_of
from zhiyin.metrics.engine import dimensions, measures
from zhiyin.people.access import Viewer
from zhiyin.people.queries import units_of
from zhiyin.reports.explorer import rules
from zhiyin.reports.explorer.question import Asking, Offered, Query, Wrong, asking_of
from zhiyin.ui.period import Period, period_of


def offered() -> Offered:
    """What can be asked now."""
    cuts = {key: tuple(dimensions_of(one)) for key, one in measures().items()}
    return Offered(cuts, {*dimensions(), "unit"})


def asked_of(given: Query, *, by: Viewer) -> Asking:
    """What an address asks, as far as this viewer can ask it: a unit that they do not see is one that there is not."""
    asking = asking_of(given, offered())
    codes = {one.code for one in units_of(by=by)} if asking.values("unit") else set()
    strange = [code for code in asking.values("unit") if code not in codes]
    if not strange and len(asking.values("unit")) < 2:
        return asking
    known = [code for code in asking.values("unit") if code in codes][:1]
    where = [pair for pair in asking.where if pair[0] != "unit"] + [("unit", code) for code in known]
    wrong = tuple(Wrong("unit", code) for code in strange)
    return replace(asking, where=tuple(sorted(where)), wrong=(*asking.wrong, *wrong))


COMPARED = {"year": lazy("the same days a year before")}


def period_asked(asking: Asking, *, today: Any) -> Period:
    """The period of a question, with the days that it is compared with."""
    period = period_of({"period": asking.period}, today=today)
    if asking.compare != "year":
        return period
    days = rules.the_year_before(rules.Days(period.since, period.until))
    return replace(period, before_since=days.since, before_until=days.until, compared_with=COMPARED["year"])
