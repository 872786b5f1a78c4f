"""From a real answer, and from a real interaction, to the occasion for a case."""

from datetime import timedelta

import pytest

from zhiyin.alerts.actions import signals_of_interactions, signals_of_response
from zhiyin.cases.rules.occasions import Kind, Reason
from zhiyin.insight.testing import make_lexicon
from zhiyin.outreach.intake import receive
from zhiyin.outreach.testing import NOW, SYSTEM, make_world
from zhiyin.responses.queries import Asked, responses
from zhiyin.responses.testing import GOOD, LOW, Browser, make_link

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def answered(fields: dict[str, str]) -> int:
    """The response that this submission became."""
    link = f"/s/{make_link()}"
    assert Browser().post(link, fields).status == 200
    return responses(Asked(), by=SYSTEM)[0].id


def test_a_low_answer_is_an_occasion_with_everything_a_case_needs() -> None:
    make_lexicon(now=NOW)
    response_id = answered({**LOW, "q_comment": "骗子，态度恶劣"})
    occasion = signals_of_response(response_id)
    assert occasion is not None
    (card,) = responses(Asked(), by=SYSTEM)
    assert [signal.reason for signal in occasion.signals] == [
        Reason.LOW_SCORE,
        Reason.CALL_ME_BACK,
        Reason.ANGRY_COMMENT,
    ]
    assert (occasion.kind, occasion.ref_id, occasion.response_id) == (Kind.RESPONSE, card.id, card.id)
    assert (occasion.customer_id, occasion.interaction_id) == (card.customer_id, card.interaction_id)
    assert (occasion.unit_id, occasion.headline, occasion.asks_about_case) == (card.unit_id, 2, None)


def test_a_good_answer_is_none() -> None:
    assert signals_of_response(answered(GOOD)) is None


def test_an_answer_that_is_not_there_is_none() -> None:
    assert signals_of_response(12345) is None


def test_only_flagged_interactions_are_occasions() -> None:
    make_world()
    items = [
        {
            "source": "cti",
            "external_id": f"call-{number}",
            "customer": {"external_id": f"C{number}", "phone": f"1380013{number:04d}"},
            "touchpoint": "hotline",
            "started_at": (NOW - 20 * MINUTE).isoformat(),
            "ended_at": NOW.isoformat(),
            "attributes": attributes,
        }
        for number, attributes in enumerate([{}, {"complaint": True}, {"dispute": True, "ticket": True}])
    ]
    ids = [result.interaction for result in receive(items, by=SYSTEM, now=NOW)]
    found = signals_of_interactions([one for one in ids if one is not None])
    assert [(one.ref_id, one.signals[0].reason) for one in found] == [
        (ids[1], Reason.COMPLAINT),
        (ids[2], Reason.LOW_SCORE_RISK),
    ]
    assert all(one.kind is Kind.INTERACTION for one in found)
