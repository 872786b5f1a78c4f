"""After the reply nothing more is sent, and nothing that anybody imports can change that (RELIABILITY R29, I62, I63).

Each way in (the link in a message, an answer by SMS, a member of staff, the API) is acknowledged before anything else
is tried; then messages that waited, new interactions, imports, merges and an erasure all end in not a single message.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tests.contracts.api_calls import Caller
from zhiyin.ledger.deliver import deliver_pending
from zhiyin.messaging.testing import messages
from zhiyin.outreach import dispatch
from zhiyin.outreach.intake import receive
from zhiyin.outreach.testing import NOW, SYSTEM, decisions, invitation_rows, make_invitations
from zhiyin.outreach.tokens import token_hash
from zhiyin.people import consenting
from zhiyin.people.actions import Proof, erase, opt_out, put_customers, record_consent, refuse_by_address
from zhiyin.people.identify import Known
from zhiyin.people.queries import address_of, current_identity, whole_person
from zhiyin.people.rules import Purpose, Standing
from zhiyin.people.testing import customers, given, identities
from zhiyin.responses.testing import Browser, make_links

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)
NEXT_MONTH = NOW + timedelta(days=40)  # every other rule would allow a message by then
numbers = iter(range(1, 10_000))


class Someone:
    """A customer with a link, a message that waits, and what we know them by."""

    def __init__(self) -> None:
        (self.token,) = make_links(1)
        self.id = invitation_rows().get(token_hash=token_hash(self.token)).customer_id or 0
        self.phone = address_of(current_identity(self.id, "sms") or 0) or ""
        messages().filter(customer_id=self.id).update(state="sent", sent_at=NOW)
        self.external_id = f"C{int(self.phone.removeprefix('+86138'))}"

    def calls(self, *, at: datetime, external_id: str = "", phone: str = "") -> Any:
        """They are served once more; what was decided about asking them."""
        item = {
            "source": "test",
            "external_id": f"again-{next(numbers)}",
            "customer": {"external_id": external_id or self.external_id, "phone": phone or self.phone},
            "touchpoint": "hotline",
            "ended_at": (at - timedelta(minutes=2)).isoformat(),
        }
        return receive([item], by=SYSTEM, now=at)[0]


def by_link(one: Someone) -> None:
    assert Browser(now=LATER).post(f"/u/{one.token}/", {"none": "1"}).status == 200


def by_one_box_of_the_page(one: Someone) -> None:
    assert Browser(now=LATER).post(f"/u/{one.token}/", [("save", "1"), ("on", "care")]).status == 200


def by_sms(one: Someone) -> None:
    refuse_by_address("phone", one.phone, via="sms", by=SYSTEM, now=LATER)


def by_staff(one: Someone) -> None:
    assert opt_out(one.id, via="staff", proof="录音 12", by=SYSTEM, now=LATER)


def by_api(one: Someone) -> None:
    answer = Caller().call("PUT", f"/customers/{one.external_id}/opt-out")
    assert (answer.status_code, json.loads(answer.content)["opted_out"]) == (200, True)


WAYS = [by_link, by_one_box_of_the_page, by_sms, by_staff, by_api]


@pytest.fixture
def someone(settings: Any, tmp_path: Path) -> Someone:
    settings.DATA_DIR = tmp_path  # where the outbox writes
    return Someone()


def send_everything(*, at: datetime) -> None:
    """Reactions and sending, until nothing happens any more; also in the hours when nobody is written to."""
    while deliver_pending(now=at):
        pass
    for hours in range(0, 48, 6):
        moment = at + timedelta(hours=hours)
        dispatch.send_due(worker="test", clock=lambda moment=moment: moment)  # type: ignore[misc]  # bound for the loop


def left_after(moment: datetime, one: Someone) -> int:
    """How many messages to this person may have left since."""
    return messages().filter(customer_id__in=whole_person(one.id), sent_at__gt=moment).count()


@pytest.mark.parametrize("refuses", WAYS)
def test_what_waited_never_leaves_and_no_new_service_brings_a_message(
    someone: Someone, refuses: Callable[[Someone], None]
) -> None:
    (waits,) = make_invitations(1)
    messages().filter(invitation_id=waits).update(customer_id=someone.id)
    invitation_rows().filter(pk=waits).update(customer_id=someone.id)
    refuses(someone)
    # Not even before the reaction has tidied the queue: it is judged again when it is about to leave.
    dispatch.send_due(worker="test", clock=lambda: NOW + timedelta(days=2))
    send_everything(at=NOW + timedelta(days=2))
    assert messages().get(invitation_id=waits).state == "withdrawn"
    result = someone.calls(at=NEXT_MONTH)
    assert (result.status, result.decision, result.reason) == ("created", "suppress", "opted_out")
    send_everything(at=NEXT_MONTH)
    assert left_after(LATER, someone) == 0


@pytest.mark.parametrize("refuses", WAYS)
def test_nothing_that_is_imported_revives_it(someone: Someone, refuses: Callable[[Someone], None]) -> None:
    refuses(someone)
    national = someone.phone.removeprefix("+86")
    put_customers(
        [
            given(someone.external_id, national, name="王芳", brand="全球通"),
            given("new-id-1", national),
            given(someone.external_id, "13999999999"),
        ],
        by=SYSTEM,
        now=NEXT_MONTH,
    )
    asked = [
        someone.calls(at=NEXT_MONTH),
        someone.calls(at=NEXT_MONTH, external_id="new-id-2"),
        someone.calls(at=NEXT_MONTH, external_id="new-id-1", phone="13999999999"),
    ]
    assert [(one.decision, one.reason) for one in asked] == [("suppress", "opted_out")] * 3
    send_everything(at=NEXT_MONTH)
    assert left_after(LATER, someone) == 0


@pytest.mark.parametrize("refuses", WAYS)
def test_nor_does_turning_out_to_be_somebody_older_who_never_refused(
    someone: Someone, refuses: Callable[[Someone], None]
) -> None:
    (older,) = put_and_find("older-1", before=someone.id)
    refuses(someone)
    result = someone.calls(at=NEXT_MONTH, external_id="older-1")
    assert (result.decision, result.reason) == ("suppress", "opted_out")
    assert customers().get(pk=max(older, someone.id)).merged_into == min(older, someone.id)


def put_and_find(external_id: str, *, before: int) -> list[int]:
    put_customers([given(external_id)], by=SYSTEM, now=NOW - timedelta(days=1))
    return list(customers().exclude(pk=before).values_list("pk", flat=True))[-1:]


def test_an_erased_persons_number_is_not_written_to_when_it_comes_anew(someone: Someone) -> None:
    erase(someone.id, by=SYSTEM, now=LATER)
    assert set(identities().values_list("masked", flat=True)) == {""}
    for external_id in (someone.external_id, "quite-another"):
        result = someone.calls(at=NEXT_MONTH, external_id=external_id)
        assert (result.decision, result.reason) == ("suppress", "no_address")
    result = someone.calls(at=NEXT_MONTH, phone="13700137000")  # and by a new number neither
    assert (result.decision, result.reason) == ("suppress", "opted_out")


def test_a_strangers_number_that_refused_is_not_written_to_when_it_is_imported_later(someone: Someone) -> None:
    refuse_by_address("phone", "+8613700137000", via="sms", by=SYSTEM, now=LATER)
    result = someone.calls(at=NEXT_MONTH, external_id="never-seen", phone="13700137000")
    assert (result.decision, result.reason) == ("suppress", "no_address")
    result = someone.calls(at=NEXT_MONTH, external_id="never-seen", phone="13600136000")
    assert (result.decision, result.reason) == ("suppress", "opted_out")


def test_a_consent_from_before_the_refusal_revives_nothing_and_a_newer_one_does(someone: Someone) -> None:
    by_staff(someone)
    old = Proof(source="2025 年的表单", said_at=NOW - timedelta(days=300))
    with pytest.raises(consenting.ConsentTooOld):
        record_consent(someone.id, purposes=[Purpose.SURVEY], proof=old, by=SYSTEM, now=NEXT_MONTH)
    assert someone.calls(at=NEXT_MONTH).reason == "opted_out"
    said = NEXT_MONTH + timedelta(hours=1)
    new = Proof(source="电话", said_at=said)
    record_consent(someone.id, purposes=[Purpose.SURVEY], proof=new, by=SYSTEM, now=said)
    assert someone.calls(at=said + timedelta(days=1)).decision == "invite"


def test_the_refusal_is_on_record_before_the_answer_leaves(someone: Someone) -> None:
    """Whoever looks from another connection right after the answer finds it there."""
    by_api(someone)
    row = customers().get(pk=someone.id)
    assert row.opted_out_at is not None
    assert row.opted_out_at <= timezone.now()


def test_with_the_protection_off_the_checks_above_would_fail(someone: Someone, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: a refusal that is noted and not put on the row that outreach locks."""
    monkeypatch.setattr(consenting, "_write", lambda person, standing: None)
    by_staff(someone)
    send_everything(at=LATER)
    assert someone.calls(at=NEXT_MONTH).decision == "invite"
    send_everything(at=NEXT_MONTH)
    assert left_after(LATER, someone) > 0
    assert decisions().filter(reason="opted_out").count() == 0


def test_with_a_merge_that_forgets_it_the_checks_above_would_fail(
    someone: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the merge."""
    put_and_find("older-1", before=someone.id)
    by_staff(someone)
    monkeypatch.setattr("zhiyin.people.merging.joined", lambda one, other, *, at: Standing())
    assert someone.calls(at=NEXT_MONTH, external_id="older-1").decision == "invite"


def test_what_the_decision_reads_is_what_was_refused() -> None:
    """Surveys are what is sent by themselves; a refusal of care alone leaves them."""
    assert Known(1, refuses=1).opted_out
    assert not Known(1, refuses=2).opted_out
    assert Known(1, refuses=2).may_be_sent(Purpose.SURVEY)
