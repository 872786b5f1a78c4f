"""From a figure to what it counted: addresses of lists that are exactly as long as its n."""

from django.urls import reverse
from django.utils.http import urlencode

from zhiyin.metrics.engine import measures
from zhiyin.people.roles import Permission
from zhiyin.reports.figures import Desk

# By what the list of answers can be cut, as figures are.
CUTS = frozenset(
    {"survey", "touchpoint", "moment", "dimension", "unit", "segment", "brand", "staff", "channel", "complaint"}
    | {"question", "version"}
)

OF_SENT = frozenset({"response_rate", "delivery_rate", "open_rate"})
SENT_CUTS = frozenset({"unit", "touchpoint", "scenario", "channel", "staff"})


def address(name: str, /, *places: object, **query: str) -> str:
    """The address of a page with this query; nothing stands in it for an empty value."""
    path, given = reverse(name, args=places), {key: value for key, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def days(desk: Desk) -> dict[str, str]:
    """The days themselves: "the last 30 days" are others tomorrow."""
    return {"from": desk.period.since.isoformat(), "to": desk.period.until.isoformat()}


def records_url(desk: Desk, measure: str, **more: str) -> str:
    """The list of answers behind a figure, as long as its n; nothing for who may not read what customers wrote, or
    where a part has no name to cut by."""
    where = {**dict(desk.where), **more}
    if not desk.by.may(Permission.SEE_VERBATIMS) or not CUTS.issuperset(where) or not all(where.values()):
        return ""
    return address("responses:responses", **{**days(desk), **where, "measure": measure})


def list_url(desk: Desk, measure: str, **more: str) -> str:
    """The list behind any measure that has one: answers, or the invitations that were sent."""
    if measure in OF_SENT:
        return _invitations_url(desk, **more)
    return records_url(desk, measure, **more) if measures()[measure].fact == "answers" else ""


def _invitations_url(desk: Desk, **more: str) -> str:
    """The list of what was sent; nothing where it could not be cut as the figure was."""
    where = {**dict(desk.where), **more}
    if not desk.by.may(Permission.SEE_OUTREACH) or not SENT_CUTS.issuperset(where) or not all(where.values()):
        return ""
    return address("outreach:invitations", **{**days(desk), **where, "state": "sent"})


def spelled(value: object) -> str:
    """A dimension's value as an address names it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
