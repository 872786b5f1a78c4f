"""Cases that nobody works, in the world of outreach: their promises break, and their team's lead has to hear of it."""

from datetime import datetime

from zhiyin.cases.testing import Desk, make_case, make_customer, make_terms
from zhiyin.messaging.testing import messages
from zhiyin.people.testing import make_staff, make_tree


def make_team(*, now: datetime) -> Desk:
    """A team with a lead, and terms in force. Everybody at this desk is the lead."""
    units = make_tree(now=now)
    make_terms(now=now)
    lead = make_staff("team_lead", unit="N-1", now=now)
    customer = make_customer(now=now)
    return Desk(units["N"], units["N-1"], units["S-1"], lead, lead, lead, lead, lead, customer)


def open_cases(desk: Desk, number: int, *, now: datetime) -> list[int]:
    """So many cases of customers of their own; what opening them has told the lead is forgotten."""
    opened = [make_case(desk, now=now, customer_id=make_customer(now=now)).case_id for _ in range(number)]
    messages(category="staff").delete()
    return opened
