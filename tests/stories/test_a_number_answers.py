"""G62: a customer with one open survey writes back 5. A person reads it, or, if the operator wants that, it answers."""

from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from zhiyin import loop
from zhiyin.messaging.receiving.testing import reply_rows
from zhiyin.messaging.testing import message
from zhiyin.outreach.testing import NOW, invitation_rows
from zhiyin.outreach.tests.gateway_calls import invitation_of, number_of, reply, says_and_works, sent, set_up
from zhiyin.responses.models import Response

pytestmark = pytest.mark.django_db
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
SOON = NOW + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def channel(settings: Settings) -> None:
    set_up()
    settings.NUMBER_REPLIES = "answer"


def react(now=SOON) -> None:
    while loop.bring_facts_to_their_reactions(lambda: now):
        pass


def writes(pk: int, text: str, now=SOON, **more: object) -> None:
    says_and_works(reply(number_of(pk), text, **more), now=now)
    react(now)


@pytest.mark.parametrize("text", ["9", "９", " 9 ", "9分", "九"])
def test_a_number_alone_answers_the_one_open_survey(text: str) -> None:
    (pk,) = sent()
    writes(pk, text)
    row = Response.objects.get()
    assert (row.headline, row.invitation_id, row.answered_at) == (9, invitation_of(pk).pk, SOON)
    assert row.attributes["from"] == "reply"
    assert (invitation_of(pk).state, invitation_of(pk).answered_at) == ("answered", SOON)
    assert not reply_rows().get().needs_person


def test_by_default_a_person_reads_it(settings: Settings) -> None:
    settings.NUMBER_REPLIES = "person"
    (pk,) = sent()
    writes(pk, "9")
    assert not Response.objects.exists()
    assert reply_rows().get().needs_person


@pytest.mark.parametrize("text", ["11", "10086", "9 谢谢", "还行吧"])
def test_what_is_no_score_of_this_survey_is_read_by_a_person(text: str) -> None:
    (pk,) = sent()
    writes(pk, text)
    assert not Response.objects.exists()
    assert reply_rows().get().needs_person


def test_g63_with_two_open_surveys_a_person_decides() -> None:
    first, second = sent(2)
    row = invitation_of(second)
    row.customer_id = message(first).customer_id or 0
    row.save(update_fields=["customer_id"])
    writes(first, "9")
    assert not Response.objects.exists()
    assert reply_rows().get().needs_person


def test_the_same_reply_again_answers_once() -> None:
    (pk,) = sent()
    for _ in range(3):
        writes(pk, "9", id="up-same")
    assert Response.objects.count() == reply_rows().count() == 1


def test_the_same_fact_told_twice_answers_once_and_bothers_nobody() -> None:
    (pk,) = sent()
    writes(pk, "9")
    told = {"score": 9, "reply_id": reply_rows().get().pk, "received_at": SOON}
    assert loop.answer_by_number(invitation_of(pk).pk, **told) == Response.objects.get().pk
    assert not reply_rows().get().needs_person


def test_it_counts_when_it_came_and_not_when_it_was_worked_through() -> None:
    (pk,) = sent()
    last = NOW + 8 * HOUR - SECOND
    says_and_works(reply(number_of(pk), "9"), now=last)
    react(last + HOUR)
    assert Response.objects.get().answered_at == last


def test_a_survey_that_was_answered_meanwhile_leaves_the_reply_to_a_person() -> None:
    (pk,) = sent()
    says_and_works(reply(number_of(pk), "9"), now=SOON)
    invitation_rows().update(state="answered", answered_at=SOON)
    react()
    assert not Response.objects.exists()
    assert reply_rows().get().needs_person


def test_after_eight_hours_it_answers_nothing() -> None:
    (pk,) = sent()
    writes(pk, "9", now=NOW + 8 * HOUR)
    assert not Response.objects.exists()
    assert reply_rows().get().needs_person
