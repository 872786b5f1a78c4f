"""What customers write back: opt-outs before the reply leaves, and what goes to a person (G52–G70)."""

from datetime import timedelta

import pytest

from zhiyin.lib.errors import NotFound
from zhiyin.messaging.receiving.closing import is_closed
from zhiyin.messaging.receiving.replies import AlreadySettled, replies_waiting, settle_reply
from zhiyin.messaging.receiving.testing import arrivals, reply_rows
from zhiyin.messaging.testing import Somebody, message, messages
from zhiyin.outreach import arrivals as handling
from zhiyin.outreach.models import Invitation
from zhiyin.outreach.testing import NOW, SYSTEM, make_invitations
from zhiyin.outreach.tests.gateway_calls import number_of, reply, says, says_and_works, sends, sent, set_up, works
from zhiyin.people.actions import erase
from zhiyin.people.identify import find_customer
from zhiyin.people.testing import customers, given, known

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def channel() -> None:
    set_up()


def opted_out(message_id: int) -> bool:
    return customers().get(pk=message(message_id).customer_id).opted_out_at is not None


@pytest.mark.parametrize(
    "text",
    [
        "R",
        "r ",
        "Ｒ",
        "r。",
        "T",
        "TD",
        "ｔｄ",
        "退订",
        "退订。",
        "【退订】",
        " 退 订！",
        "N",
        "n",
        "拒收",
        "STOP",
        "取消",
    ],
)
def test_g52_to_g59_opting_out_is_in_force_before_the_reply_leaves(text: str) -> None:
    (pk,) = sent()
    assert says(reply(number_of(pk), text)).status == 200
    assert opted_out(pk), "without any worker having run"
    kept = reply_rows().get()
    assert (kept.opted_out, kept.needs_person, kept.customer_id) == (True, False, message(pk).customer_id)
    assert Invitation.objects.get().dies_at == NOW, "the link that they hold is dead"


@pytest.mark.parametrize("text", ["我要退订谢谢", "请不要再发了！", "别再给我发短信", "骚扰短信，我要举报"])
def test_g60_opting_out_with_more_words_is_also_read_by_a_person(text: str) -> None:
    (pk,) = sent()
    says(reply(number_of(pk), text))
    assert opted_out(pk)
    assert [card.text for card in replies_waiting(by=SYSTEM)] == [text]


def test_what_waits_for_who_opts_out_is_taken_back_at_once() -> None:
    (pk,) = sent()
    (queued,) = make_invitations(1)
    messages(invitation_id=queued).update(customer_id=message(pk).customer_id)
    Invitation.objects.filter(pk=queued).update(customer_id=message(pk).customer_id)
    says(reply(number_of(pk), "R"))
    assert messages(invitation_id=queued).get().state == "withdrawn"
    assert Invitation.objects.get(pk=queued).state == "withdrawn"
    assert sends(NOW) == 0


@pytest.mark.parametrize("text", ["我没有退订", "我不想退订", "你们师傅很好", "5", "５", "投诉你们师傅"])
def test_what_is_no_opt_out_goes_to_a_person_and_nothing_else_happens(text: str) -> None:
    (pk,) = sent()
    says_and_works(reply(number_of(pk), text))
    assert not opted_out(pk)
    assert len(replies_waiting(by=SYSTEM)) == 1


def test_g61_the_refusal_of_a_stranger_is_kept_for_whoever_is_imported_with_the_number() -> None:
    says(reply("+8613912345678", "R"))
    (person,) = known(given("C-new", "13912345678"))
    assert person.opted_out


def test_g62_and_g63_a_number_is_read_by_a_person_however_many_surveys_are_open() -> None:
    one, other = sent(2)
    says_and_works(reply(number_of(one), "5"))
    assert reply_rows().get().invitation_id == message(one).invitation_id
    for pk in (message(one).invitation_id, message(other).invitation_id):
        Invitation.objects.filter(pk=pk).update(customer_id=message(one).customer_id)
    says_and_works(reply(number_of(one), "6"))
    assert reply_rows().order_by("-pk")[0].invitation_id is None, "nobody can tell which of two it answers"
    assert len(replies_waiting(by=SYSTEM)) == 2


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_g64_a_long_reply_is_read_when_all_its_parts_are_there(order: tuple[int, int]) -> None:
    (pk,) = sent()
    texts = {1: "师傅态度很好，不过以后请", 2: "不要再发短信了，我要退订"}
    for part in order:
        assert not opted_out(pk)
        says(reply(number_of(pk), texts[part], part=part, parts=2, reference="7"))
    assert opted_out(pk)
    assert reply_rows().count() == 1
    assert replies_waiting(by=SYSTEM)[0].text == texts[1] + texts[2]


def test_a_long_reply_whose_other_part_never_comes_is_read_as_it_is() -> None:
    (pk,) = sent()
    says_and_works(reply(number_of(pk), "我要退订", part=1, parts=2, reference="7"))
    assert not opted_out(pk)
    works(NOW + timedelta(minutes=9))
    assert not opted_out(pk)
    works(NOW + timedelta(minutes=10))
    assert opted_out(pk)


def test_g66_the_same_reply_three_times_is_one() -> None:
    (pk,) = sent()
    item = reply(number_of(pk), "谢谢")
    for _ in range(3):
        says_and_works(item)
    assert reply_rows().count() == arrivals().count() == 1


def test_g69_an_automatic_reply_gets_no_answer_and_nobody_is_bothered() -> None:
    (pk,) = sent()
    before = messages().count()
    says_and_works(reply(number_of(pk), "[自动回复] 我正在开车，稍后联系您"))
    assert (messages().count(), replies_waiting(by=SYSTEM)) == (before, [])
    assert reply_rows().get().meaning == "automatic"


def test_g70_a_complaint_opts_out() -> None:
    (pk,) = sent()
    item = {"type": "left", "data": {"id": "c-1", "from": number_of(pk), "complaint": True}}
    says(item)
    assert opted_out(pk)


def test_who_leaves_one_channel_keeps_the_others_and_may_come_back() -> None:
    (pk,) = sent()
    number = number_of(pk)

    def departs(identifier: str, at: str, **more: bool) -> None:
        says({"type": "left", "data": {"id": identifier, "from": number, "at": at, **more}}, now=NOW + HOUR)

    departs("l-1", "2026-11-20T02:10:00Z")
    assert is_closed("phone", number)
    assert not opted_out(pk)
    departs("l-2", "2026-11-20T02:20:00Z", back=True)
    assert not is_closed("phone", number)
    departs("l-3", "2026-11-20T02:15:00Z")
    assert not is_closed("phone", number), "what is older than what is known changes nothing"


def test_after_erasure_a_reply_leaves_no_words() -> None:
    (pk,) = sent()
    number, customer = number_of(pk), message(pk).customer_id or 0
    says_and_works(reply(number, "你好"))
    erase(customer, by=SYSTEM, now=NOW)
    handling.forget_what_they_wrote([customer])
    says_and_works(reply(number, "R"))
    row = reply_rows().get()
    assert (row.text_sealed, row.sender_masked) == (None, "")
    assert find_customer("phone", number) == customer


def test_a_reply_is_seen_and_settled_in_its_unit_only() -> None:
    (pk,) = sent()
    says_and_works(reply(number_of(pk), "请回电"))
    unit = message(pk).unit_id
    (card,) = replies_waiting(by=Somebody(units=frozenset({unit})))
    outsider = Somebody(units=frozenset({unit + 1}))
    assert replies_waiting(by=outsider) == []
    with pytest.raises(NotFound):
        settle_reply(card.id, note="回了", by=outsider, now=NOW)
    settle_reply(card.id, note="回了", by=Somebody(units=frozenset({unit})), now=NOW)
    assert replies_waiting(by=SYSTEM) == []
    with pytest.raises(AlreadySettled):
        settle_reply(card.id, note="again", by=SYSTEM, now=NOW)
