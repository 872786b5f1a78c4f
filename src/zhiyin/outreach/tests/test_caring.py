"""Care messages: queued with words of their own, counted under the same cap, with consent of their own."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from zhiyin.ledger.queries import count_since
from zhiyin.lib.errors import NotAllowed, Refused
from zhiyin.messaging.testing import messages
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.caring import LONGEST, Care, Cared, care_for
from zhiyin.outreach.dispatch import send_due
from zhiyin.outreach.models import GroupContact
from zhiyin.outreach.testing import NOW, SYSTEM, invitations, make_invitations
from zhiyin.people.actions import opt_out
from zhiyin.people.places import root_unit
from zhiyin.people.rules import Purpose
from zhiyin.people.testing import customers, make_staff

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HELLO = Care("【云桥】您的宽带下周到期，续约不停机。拒收请回复R")
ONE_IN_30_DAYS = '[[limit]]\nper = "customer"\nmax = 1\ndays = 30\n[gap]\noff = true\n'


@pytest.fixture(autouse=True)
def data_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def somebody() -> int:
    """A customer who was asked about a service just now."""
    (invited,) = make_invitations(1)
    return invitations([invited])[0].customer_id


def care(customer: int, words: Care = HELLO, *, after: timedelta = timedelta()) -> Cared:
    return care_for(customer, words, unit_id=root_unit(), by=SYSTEM, now=NOW + after)


def send(after: timedelta = timedelta()) -> int:
    return send_due(worker="test", clock=lambda: NOW + after).sent


def test_it_leaves_with_its_own_words_and_no_link(data_dir: Path) -> None:
    customer = somebody()
    send()
    cared = care(customer, after=2 * DAY)
    assert cared.verdict.invited
    assert send(2 * DAY) == 1
    line = json.loads((data_dir / "outbox" / "messages.ndjson").read_text("utf-8").splitlines()[-1])
    assert (line["text"], line["link"]) == (HELLO.text, None)
    assert messages().get(pk=cared.message_id).category == "care"
    assert count_since(NOW, kind="outreach.care_queued") == 1


def test_a_survey_counts_against_it_and_it_counts_against_the_next_survey() -> None:
    customer = somebody()
    send()
    too_soon = care(customer, after=HOUR)
    assert (too_soon.message_id, too_soon.verdict.reason) == (None, "gap")
    assert too_soon.verdict.next_allowed_at is not None
    assert count_since(NOW, kind="outreach.not_invited") == 1
    apply_policy(ONE_IN_30_DAYS, by=SYSTEM, now=NOW + HOUR)
    full = care(customer, after=2 * HOUR)
    assert (full.message_id, full.verdict.reason) == (None, "customer_limit")
    assert care(customer, after=31 * DAY).message_id
    assert care(customer, after=31 * DAY).verdict.reason == "customer_limit", "the one that waits counts already"


def test_consent_to_care_and_to_surveys_are_two_things() -> None:
    customer = somebody()
    send()
    opt_out(customer, purposes=[Purpose.SURVEY], via="staff", by=SYSTEM, now=NOW)
    assert care(customer, after=2 * DAY).message_id
    opt_out(customer, purposes=[Purpose.CARE], via="staff", by=SYSTEM, now=NOW + 2 * DAY)
    assert care(customer, after=4 * DAY).verdict.reason == "opted_out"


def test_who_opts_out_while_it_waits_is_not_written_to() -> None:
    customer = somebody()
    send()
    waiting = care(customer, after=2 * DAY).message_id
    opt_out(customer, purposes=[Purpose.CARE], via="staff", by=SYSTEM, now=NOW + 2 * DAY)
    assert send(2 * DAY) == 0
    assert messages().get(pk=waiting).state == "withdrawn"


def test_a_limit_over_groups_that_counts_care_counts_it() -> None:
    customer = somebody()
    send()
    policy = '[[limit]]\nper = "unit"\nmax = 1\ndays = 1\ncounts = ["care"]\n[gap]\noff = true\n'
    apply_policy(policy, by=SYSTEM, now=NOW + DAY)
    first = care(customer, after=2 * DAY).message_id
    assert GroupContact.objects.filter(message_id=first).count() == 1
    assert care(customer, after=2 * DAY).message_id is None


def test_who_may_not_run_outreach_sends_none_and_an_unusable_text_is_refused() -> None:
    customer = somebody()
    watcher = make_staff("executive", unit="HQ")
    with pytest.raises(NotAllowed):
        care_for(customer, HELLO, unit_id=root_unit(), by=watcher, now=NOW)
    for text in ("  ", "好" * (LONGEST + 1)):
        with pytest.raises(Refused) as refused:
            care(customer, Care(text))
        assert refused.value.code == "text_unusable"
    with pytest.raises(Refused) as refused:
        care(customers().order_by("-pk").values_list("pk", flat=True)[0] + 1)
    assert refused.value.code == "unknown_customer"
