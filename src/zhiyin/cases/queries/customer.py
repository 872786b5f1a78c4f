"""Who the customer is to the person who is about to call them: masked, with how often we bothered them lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from zhiyin.cases.models import Case
from zhiyin.cases.rules.occasions import Reason
from zhiyin.messaging.queries import contacts
from zhiyin.outreach.judging import current_policy
from zhiyin.outreach.rules.terms import Limit, Scope
from zhiyin.people.access import Viewer
from zhiyin.people.queries import CustomerCard, customer_cards
from zhiyin.responses.queries import responses_of

LATELY = timedelta(days=90)
POINTS = 6  # earlier answers in the small line
WIDTH, HEIGHT, MARGIN = 240.0, 64.0, 12.0


@dataclass(frozen=True)
class Point:
    """One earlier answer in the small line, placed in a box of 240 × 64."""

    x: float
    y: float
    value: int
    at: datetime
    is_low: bool

    @property
    def label_y(self) -> float:
        """Its number stands above it, or below where it is near the top."""
        return self.y - 7 if self.y > 2 * MARGIN else self.y + 15


@dataclass(frozen=True)
class Panel:
    """The customer panel. ``sent_limit`` is what the policy in force allows in ``days``; None: no such limit."""

    customer: CustomerCard | None
    days: int
    rated: int
    sent: int
    sent_limit: int | None
    complaints: int
    others_open: int
    points: tuple[Point, ...]

    @property
    def line(self) -> str:
        """The points as an SVG polyline wants them."""
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points)


def panel(case: Case, *, by: Viewer, now: datetime) -> Panel:
    """The panel beside a case."""
    limit = _limit()
    lately = limit.period if limit else LATELY
    since = now - lately
    answers = responses_of(case.customer_id, by=Viewer.system("cases"))
    sent = [one for one in contacts([case.customer_id], since=since) if one.state != "queued"]
    others = Case.objects.filter(customer_id=case.customer_id).exclude(pk=case.pk)
    return Panel(
        customer=customer_cards([case.customer_id], by=by).get(case.customer_id),
        days=lately.days,
        rated=sum(1 for answer in answers if answer.answered_at > since),
        sent=len(sent),
        sent_limit=limit.most if limit else None,
        complaints=others.filter(reason=Reason.COMPLAINT).count(),
        others_open=others.exclude(state=Case.State.CLOSED).count(),
        points=_points([(one.answered_at, one.headline, one.low_to) for one in answers if one.headline is not None]),
    )


def _limit() -> Limit | None:
    """How many messages of all kinds one customer may get, by the policy in force."""
    _, policy = current_policy()
    return next((limit for limit in policy.limits if limit.per is Scope.CUSTOMER), None)


def _points(answers: Sequence[tuple[datetime, int | None, int | None]]) -> tuple[Point, ...]:
    newest = sorted(((at, value or 0, low) for at, value, low in answers), key=lambda one: one[0])[-POINTS:]
    step = (WIDTH - 2 * MARGIN) / max(len(newest) - 1, 1)
    return tuple(
        Point(
            x=MARGIN + step * place,
            y=HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * min(value, 10) / 10,
            value=value,
            at=at,
            is_low=low is not None and value <= low,
        )
        for place, (at, value, low) in enumerate(newest)
    )
