"""Cases for tests and for trying the screens: ``make_case()`` opens one the way the product does."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.db import transaction

from zhiyin.cases.actions.opening import open_case
from zhiyin.cases.actions.terms import apply_terms
from zhiyin.cases.rules.occasions import Kind, Occasion, Opened, Reason, Signal
from zhiyin.lib.text import both
from zhiyin.people.access import Viewer, viewer_by_id
from zhiyin.people.actions import StaffGiven, UnitGiven, put_staff, put_unit
from zhiyin.people.identify import Given, Handle, identify

NOW = datetime(2026, 11, 20, 3, 50, tzinfo=UTC)  # Friday, 11:50 in Shanghai
SYSTEM = Viewer.system("test")
_numbers = count(1)

WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
# Small, and with one of everything; the pack's own files are tested where packs are.
TERMS: dict[str, Any] = {
    "calendar": [
        {"key": "always", "from": "00:00", "to": "24:00", "days": WEEK, "holidays": "open"},
        {"key": "desk", "from": "09:00", "to": "18:00", "days": WEEK[:5], "holidays": "closed"},
    ],
    "clock": [
        {"key": "connect", "step": "connect", "starts": "dispatched", "within": {"minutes": 30}, "calendar": "always"},
        {
            "key": "connect_away",
            "step": "connect",
            "starts": "dispatched",
            "within": {"hours": 1},
            "calendar": "always",
            "instead_of": "connect",
        },
        {"key": "commit", "step": "commit", "starts": "connected", "within": {"hours": 2}, "calendar": "always"},
        {"key": "complete", "step": "complete", "starts": "opened", "within": {"hours": 48}, "calendar": "always"},
        {"key": "confirm", "step": "confirm", "starts": "completed", "within": {"hours": 4}, "calendar": "always"},
        {
            "key": "callback",
            "step": "callback",
            "starts": "completed",
            "within": {"days": 2},
            "not_before": {"days": 1},
            "calendar": "always",
        },
        {"key": "found_problem", "starts": "problem_found", "within": {"days": 2}, "calendar": "always"},
        {"key": "return_call", "starts": "returned", "within": {"hours": 4}, "calendar": "desk", "pauses": False},
    ],
    "escalation": [
        {"key": "to_lead", "when": "overdue", "after": {"minutes": 0}, "to": "team_lead", "text": both("超时", "Late")},
    ],
    "close_rule": [{"key": "customer_agreed"}, {"key": "cause_classified"}, {"key": "found_problem_solved"}],
}
CAUSES: dict[str, Any] = {
    "gap": [
        {"key": "behavior", "name": both("行为差距", "Behaviour gap"), "definition": both("没照做", "Not followed")},
        {"key": "procedure", "name": both("程序差距", "Procedure gap"), "definition": both("没流程", "No procedure")},
    ],
    "group": [
        {
            "key": "promise",
            "name": both("承诺", "Promises"),
            "cause": [{"key": "misled", "name": both("被误导", "Misled"), "gap": "behavior"}],
        },
    ],
}
STEPS: dict[str, Any] = {
    "case_step": [
        {"key": "connect", "name": both("联系", "Connect"), "goal": both("打通", "Reach"), "point": []},
    ],
    "complaint_step": [
        {
            "key": "vent",
            "name": both("鼓励客户发泄", "Let them vent"),
            "goal": both("先听完", "Hear them out"),
            "point": [{"text": both("不打断", "No interrupting")}],
            "say": [{"text": both("您慢慢说。", "Take your time.")}],
            "avoid": [
                {
                    "phrase": both("您先冷静一下", "Calm down first"),
                    "because": both("越劝越气", "It makes people angrier"),
                    "instead": both("我听着呢", "I am listening"),
                }
            ],
            "source": "S3.30",
        },
        {
            "key": "apologise",
            "name": both("充分道歉", "Apologise"),
            "goal": both("先道歉", "Say sorry"),
            "source": "S3.32",
        },
    ],
}


@dataclass(frozen=True)
class Desk:
    """A centre with two teams: who works where, and one customer."""

    centre: int
    team: int
    other_team: int
    agent: Viewer
    colleague: Viewer
    lead: Viewer
    manager: Viewer
    outsider: Viewer
    customer_id: int


def make_terms(*, now: datetime = NOW, **changes: Any) -> int:
    """Put the small terms in force; ``changes`` replace whole tables of terms.toml."""
    return apply_terms({"terms": {**TERMS, **changes}, "causes": CAUSES, "steps": STEPS}, by=SYSTEM, now=now)


def make_desk(*, now: datetime = NOW) -> Desk:
    """An organisation small enough to remember, with terms in force."""
    make_terms(now=now)
    centre, _ = put_unit(UnitGiven("SD", both("山东分中心", "Shandong centre"), "centre"), by=SYSTEM, now=now)
    team, _ = put_unit(UnitGiven("SD-03", both("3 班", "Team 3"), "team", "SD"), by=SYSTEM, now=now)
    other, _ = put_unit(UnitGiven("SD-04", both("4 班", "Team 4"), "team", "SD"), by=SYSTEM, now=now)
    return Desk(
        centre=centre,
        team=team,
        other_team=other,
        agent=make_staff("周敏", unit="SD-03", now=now),
        colleague=make_staff("刘洋", unit="SD-03", now=now),
        lead=make_staff("马超", unit="SD-03", role="team_lead", now=now),
        manager=make_staff("林晓岚", unit="SD", role="quality_manager", now=now),
        outsider=make_staff("何静", unit="SD-04", now=now),
        customer_id=make_customer(now=now),
    )


def make_staff(
    name: str, *, unit: str, role: str = "agent", password: str | None = None, now: datetime = NOW
) -> Viewer:
    """Somebody who works there, as the viewer that they are when signed in."""
    number = next(_numbers)
    given = StaffGiven(
        name=name, unit=unit, role=role, code=f"T{number:05d}", email=f"t{number}@example.com", password=password
    )
    staff_id, _ = put_staff(given, by=SYSTEM, now=now)
    return viewer_by_id(staff_id)


@transaction.atomic
def make_customer(*, phone: str = "", name: str = "王女士", now: datetime = NOW) -> int:
    """A customer with a mobile and an id."""
    number = next(_numbers)
    phone = phone or f"+86151{number:08d}"
    handles = (
        Handle("external", f"C{number:05d}", f"C{number:05d}"),
        Handle("phone", phone, f"{phone[3:6]}****{phone[-4:]}", "mobile"),
    )
    return identify([Given(handles, name=name, brand="金卡")], by=SYSTEM, now=now)[0].id


def make_occasion(desk: Desk, **changes: Any) -> Occasion:
    """A low, angry answer about a call; ``changes`` are fields of ``Occasion``."""
    number = next(_numbers)
    usual = Occasion(
        kind=Kind.RESPONSE,
        ref_id=number,
        response_id=number,
        interaction_id=1_000_000 + number,
        signals=(Signal(Reason.LOW_SCORE, {"question": "overall", "value": 2, "threshold": 6}),),
        customer_id=desk.customer_id,
        unit_id=desk.team,
        headline=2,
        comment="代理商外呼改套餐，态度差。说是免费升级！",
    )
    return replace(usual, **changes)


def make_case(desk: Desk, *, now: datetime = NOW, **changes: Any) -> Opened:
    """Open a case; ``changes`` are fields of its occasion."""
    return open_case(make_occasion(desk, **changes), by=SYSTEM, now=now)
