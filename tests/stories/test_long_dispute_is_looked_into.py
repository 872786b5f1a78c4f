"""A long dispute ended in a ticket: she will hardly be satisfied, so somebody looks before she says so (S0.12)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhiyin.cases.queries.cards import CaseCard, CaseFilter, case_cards
from zhiyin.cases.testing import make_terms
from zhiyin.ledger.deliver import deliver_pending
from zhiyin.outreach.departing import let_links_live
from zhiyin.outreach.intake import receive
from zhiyin.outreach.testing import NOW, SYSTEM, invitation_rows
from zhiyin.outreach.tokens import new_token, token_hash
from zhiyin.responses.testing import LOW, Browser, make_survey

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
TICKET = {"dispute": True, "ticket": True}


@pytest.fixture(autouse=True)
def hotline() -> None:
    make_survey()
    make_terms(now=NOW - 60 * MINUTE)


def call(number: int, *, minutes: int = 12, attributes: dict[str, Any] = TICKET) -> dict[str, Any]:
    return {
        "source": "cti",
        "external_id": f"call-{number}",
        "customer": {"external_id": f"C{number}", "phone": f"151{number:08d}"},
        "touchpoint": "hotline",
        "started_at": (NOW - minutes * MINUTE).isoformat(),
        "ended_at": NOW.isoformat(),
        "attributes": attributes,
    }


def take(*calls: dict[str, Any]) -> list[int]:
    return [result.interaction or 0 for result in receive(list(calls), by=SYSTEM, now=NOW)]


def looked_into() -> list[CaseCard]:
    while deliver_pending(now=NOW):
        pass
    return case_cards(CaseFilter(), by=SYSTEM, now=NOW)


def test_it_opens_a_case_before_the_survey_is_answered_and_she_is_asked_all_the_same() -> None:
    (interaction,) = take(call(1))
    (case,) = looked_into()
    assert (case.interaction_id, case.reasons, case.priority) == (interaction, ("low_score_risk",), "normal")
    assert invitation_rows().filter(interaction_id=interaction).count() == 1


def test_her_low_answer_joins_that_case() -> None:
    (interaction,) = take(call(1))
    (case,) = looked_into()
    token = new_token()
    invited = invitation_rows().get(interaction_id=interaction)
    let_links_live([(invited.pk, token_hash(token), NOW + timedelta(hours=8))], now=NOW)
    assert Browser().post(f"/s/{token}", LOW).status == 200
    (still,) = looked_into()
    assert (still.id, still.headline) == (case.id, 2)
    assert set(still.reasons) >= {"low_score_risk", "low_score"}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"minutes": 9}, id="a short one"),
        pytest.param({"attributes": {"dispute": True}}, id="no ticket"),
        pytest.param({"attributes": {"ticket": True}}, id="no dispute"),
        pytest.param({"attributes": {}}, id="a call like any other"),
    ],
)
def test_other_calls_are_left_alone(other: dict[str, Any]) -> None:
    take(call(1, **other))
    assert looked_into() == []


def test_a_disputed_complaint_is_one_case() -> None:
    take(call(1, attributes={**TICKET, "complaint": True}), call(2, attributes={"complaint": True}), call(3))
    assert sorted(case.reasons for case in looked_into()) == [
        ("complaint",),
        ("complaint", "low_score_risk"),
        ("low_score_risk",),
    ]


def test_taking_in_disputes_costs_no_statement_more_than_taking_in_others() -> None:
    take(*(call(number) for number in range(100, 110)))
    costs = []
    for first, attributes in ((200, {}), (300, TICKET)):
        with CaptureQueriesContext(connection) as cost:
            take(*(call(first + number, attributes=attributes) for number in range(50)))
        costs.append(len(cost))
    assert costs[0] == costs[1]
