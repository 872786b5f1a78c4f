"""The case page on a real answer: the customer's words, ticks and scores, and the course told in words."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils.translation import override

from zhiyin.cases.actions import (
    apply_terms,
    check,
    classify,
    close,
    commit,
    compensate,
    complete,
    confirm,
    connect,
    open_case,
    pause,
    tell_of_broken_promises,
)
from zhiyin.cases.queries.open import interaction_of, open_cases_at
from zhiyin.cases.queries.page import CasePage, case_page
from zhiyin.cases.rules.occasions import Kind, Occasion, Reason, Signal
from zhiyin.cases.testing import CAUSES, STEPS, SYSTEM, TERMS, make_staff
from zhiyin.insight.testing import EMOTIONS
from zhiyin.outreach.testing import NOW
from zhiyin.people.access import Viewer
from zhiyin.responses.queries import Asked, ResponseCard, responses
from zhiyin.responses.testing import LOW, Browser, make_link

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WORDS = "月费从 59 变成 89，骗子！我的号码 13800138000"


@pytest.fixture
def answer() -> ResponseCard:
    """A low answer, given on the survey page."""
    link = f"/s/{make_link()}"
    assert Browser().post(link, {**LOW, "q_comment": WORDS}).status == 200
    apply_terms({"terms": TERMS, "causes": CAUSES, "steps": STEPS, "emotions": EMOTIONS}, by=SYSTEM, now=NOW)
    return responses(Asked(), by=SYSTEM)[0]


@pytest.fixture
def manager(answer: ResponseCard) -> Viewer:
    return make_staff("林晓岚", unit="HQ", role="quality_manager", now=NOW)


def opened(answer: ResponseCard) -> int:
    occasion = Occasion(
        kind=Kind.RESPONSE,
        ref_id=answer.id,
        signals=(Signal(Reason.LOW_SCORE),),
        customer_id=answer.customer_id or 0,
        unit_id=answer.unit_id,
        touchpoint_id=answer.touchpoint_id,
        interaction_id=answer.interaction_id,
        response_id=answer.id,
        headline=answer.headline,
    )
    return open_case(occasion, by=SYSTEM, now=NOW + HOUR).case_id


def shown(manager: Viewer, *, after: timedelta = 2 * HOUR) -> CasePage:
    with override("zh-hans"):
        return case_page("GD-20261120-0001", by=manager, now=NOW + after)


def test_the_customers_words_are_shown_with_what_gave_them_away(answer: ResponseCard, manager: Viewer) -> None:
    opened(answer)
    voice = shown(manager).voice
    assert voice is not None
    assert [piece.text for piece in voice.pieces if piece.is_marked] == ["骗子"]
    assert "13800138000" not in "".join(piece.text for piece in voice.pieces)
    assert (voice.is_angry, voice.wants_contact, len(voice.ticked)) == (True, True, 1)
    assert {(row.value, row.is_low) for row in voice.scores} == {(2, True), (0, True)}


def test_an_answer_without_words_is_named_by_reason_and_place(answer: ResponseCard, manager: Viewer) -> None:
    opened(answer)
    page = shown(manager)
    assert page.title == "低分触发：热线"
    assert page.panel.rated == 1
    assert [point.value for point in page.panel.points] == [2]


def test_the_course_tells_what_led_here_and_what_was_done(answer: ResponseCard, manager: Viewer) -> None:
    case_id, now = opened(answer), NOW + HOUR
    connect(case_id=case_id, by=manager, now=now + MINUTE, text="通话 6 分")
    compensate(case_id=case_id, kind="discount", amount=Decimal(30), by=manager, now=now + 2 * MINUTE, text="退差价")
    classify(case_id=case_id, cause="misled", by=manager, now=now + 3 * MINUTE)
    check(case_id=case_id, step="vent", done=True, by=manager, now=now + 4 * MINUTE)
    tell_of_broken_promises(now=now + 5 * HOUR)
    told = [
        (one.happening.who, one.happening.text, one.happening.note) for one in shown(manager, after=9 * HOUR).course
    ]
    assert told[1:5] == [
        ("林晓岚", "做到：鼓励客户发泄", ""),
        ("林晓岚", "归类原因", "被误导 · 行为差距"),
        ("林晓岚", "给予：减免", "30 元 · 退差价"),
        ("林晓岚", "接通客户", "通话 6 分"),
    ]
    assert [text for _, text, _ in told[-3:]] == ["客户作答", "下发问卷", "发生服务接触"]


def test_a_promise_is_proposed_and_callback_hours_are_offered(answer: ResponseCard, manager: Viewer) -> None:
    case_id, now = opened(answer), NOW + HOUR
    connect(case_id=case_id, by=manager, now=now)
    assert shown(manager).suggested_promise == now + 48 * HOUR
    assert shown(manager, after=99 * HOUR).suggested_promise is None
    commit(case_id=case_id, by=manager, now=now, promised_for=now + 3 * HOUR)
    complete(case_id=case_id, by=manager, now=now)
    assert len(shown(manager).slots) > 1


def test_a_paused_case_and_a_problem_found_say_so(answer: ResponseCard, manager: Viewer) -> None:
    case_id, now = opened(answer), NOW + HOUR
    for verb in (connect, commit, complete):
        verb(case_id=case_id, by=manager, now=now)
    confirm(case_id=case_id, by=manager, now=now, agreed=False)
    assert shown(manager).problem == "发现问题没有解决。"
    assert shown(manager).next_label == "问题已解决"
    pause(case_id=case_id, reason="客户在开会", by=manager, now=now)
    page = shown(manager)
    assert (page.pause_reason, page.due_at) == ("客户在开会", None)
    assert "已停表" in [step.note for step in page.steps]


def test_pages_outside_the_workbench_name_open_cases(answer: ResponseCard, manager: Viewer) -> None:
    case_id, now = opened(answer), NOW + HOUR
    (card,) = open_cases_at(answer.touchpoint_id, by=manager)
    assert interaction_of(card.code, by=manager) == answer.interaction_id
    for verb in (connect, commit, complete):
        verb(case_id=case_id, by=manager, now=now)
    confirm(case_id=case_id, by=manager, now=now, agreed=True)
    close(case_id=case_id, by=manager, now=now, cause="misled")
    assert open_cases_at(answer.touchpoint_id, by=manager) == []
