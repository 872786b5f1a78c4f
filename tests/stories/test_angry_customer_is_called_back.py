"""A customer was tricked and says so; she is called within half an hour, and it is not over until she says it is.

Everything that happens here happens by the loop itself: the answer opens the case, closing asks her again, her second
answer opens it again.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from zhiyin.cases import actions
from zhiyin.cases.queries.cards import CaseCard, CaseFilter, case_card, case_cards
from zhiyin.cases.refusals import CauseMissing, ClosedTooEarly, ConflictOfInterest
from zhiyin.ledger.chain import seal_pending
from zhiyin.ledger.deliver import deliver_pending
from zhiyin.ledger.queries import events
from zhiyin.outreach.dispatch import send_due
from zhiyin.outreach.intake import receive
from zhiyin.outreach.testing import invitation_rows
from zhiyin.packs.install import found_sample
from zhiyin.people.access import Viewer, viewer_by_id
from zhiyin.people.queries import staff_by_code
from zhiyin.responses.testing import Browser

pytestmark = pytest.mark.django_db
STORY = Viewer.system("story")
FRIDAY_TEN = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ANGRY = "代理商打电话说免费升级，月费却从 59 变成 89，骗人！态度恶劣"


@dataclass
class Hotline:
    """The sample hotline and its people."""

    outbox: Path
    zhou: Viewer  # who served the customer
    liu: Viewer  # a colleague
    zhao: Viewer  # their team lead

    def case(self, now: datetime) -> CaseCard:
        """The one case there is."""
        (found,) = case_cards(CaseFilter(), by=STORY, now=now)
        return case_card(found.id, by=STORY, now=now)

    def messages(self) -> list[dict[str, Any]]:
        """What customers were sent, oldest first."""
        lines = self.outbox.read_text("utf-8").splitlines() if self.outbox.exists() else []
        return [one for one in map(json.loads, lines) if one.get("link")]

    def send(self, now: datetime) -> None:
        send_due(worker="story", clock=lambda: now)

    def react(self, now: datetime) -> None:
        """Let the loop do what follows from what happened."""
        while deliver_pending(now=now):
            pass

    def answer(self, now: datetime, **fields: str) -> None:
        """The customer opens her newest link and answers."""
        phone = Browser(now=now)
        path = self.messages()[-1]["link"].removeprefix("http://127.0.0.1:8000")
        page = phone.get(path)
        assert page.status == 200
        hidden = dict(re.findall(r'type="hidden" name="(\w)" value="(\d+)"', page.text))
        phone.now += 30 * timedelta(seconds=1)
        assert phone.post(path, {**hidden, **fields}).status == 200
        self.react(phone.now)


@pytest.fixture
def hotline(settings: Any, tmp_path: Path) -> Hotline:
    """A call by Zhou Min ended at ten on Friday, and the customer has the message."""
    settings.DATA_DIR = tmp_path
    found_sample("hotline", password="a-long-password", by=STORY, now=FRIDAY_TEN - 30 * DAY)
    people = staff_by_code(["A1001", "A1002", "L2053"], by=STORY)
    zhou, liu, zhao = (viewer_by_id(people[code].id) for code in ("A1001", "A1002", "L2053"))
    found = Hotline(tmp_path / "outbox" / "messages.ndjson", zhou, liu, zhao)
    call = {
        "source": "cti",
        "external_id": "call-20261120-0317",
        "customer": {"external_id": "C1001", "phone": "15100000152", "name": "王芳"},
        "touchpoint": "hotline",
        "unit": "SD-05-T3",
        "staff": "A1001",
        "ended_at": FRIDAY_TEN.isoformat(),
    }
    receive([call], by=STORY, now=FRIDAY_TEN)
    found.send(FRIDAY_TEN + MINUTE)
    found.react(FRIDAY_TEN + MINUTE)
    return found


@pytest.fixture
def complained(hotline: Hotline) -> Hotline:
    """At ten past ten she answered."""
    hotline.answer(FRIDAY_TEN + 10 * MINUTE, q_overall="2", q_attitude="0", q_comment=ANGRY, q_call_me="1")
    return hotline


def close(hotline: Hotline, at: datetime) -> int:
    """Her case handled and closed at this moment; returns its id."""
    case_id = hotline.case(at).id
    actions.accept(case_id=case_id, by=hotline.liu, now=at - HOUR)
    actions.connect(case_id=case_id, by=hotline.liu, now=at - HOUR)
    actions.commit(case_id=case_id, by=hotline.liu, now=at - HOUR, promised_for=at, text="恢复 59 元套餐")
    solve(hotline, case_id, at - HOUR)
    actions.close(case_id=case_id, by=hotline.liu, now=at, cause="changed_without_consent")
    return case_id


def solve(hotline: Hotline, case_id: int, at: datetime, *, agreed: bool = True) -> None:
    """Handled, and tried out with the customer."""
    actions.complete(case_id=case_id, by=hotline.liu, now=at)
    actions.confirm(case_id=case_id, by=hotline.liu, now=at + 10 * MINUTE, agreed=agreed)


def test_one_angry_answer_opens_one_case_that_says_why(complained: Hotline) -> None:
    case = complained.case(FRIDAY_TEN + 11 * MINUTE)
    assert case.reasons == ("low_score", "call_me_back", "angry_comment")
    assert (case.priority, case.headline, case.owner_id) == ("high", 2, None)
    assert case.about_id == complained.zhou.staff_id
    connect = next(clock for clock in case.deadlines if clock.clock == "connect")
    assert connect.due_at == case.opened_at + 30 * MINUTE


def test_nobody_handles_the_complaint_about_themselves(complained: Hotline) -> None:
    case_id = complained.case(FRIDAY_TEN + 11 * MINUTE).id
    for verb in (actions.accept, actions.connect, actions.close):
        with pytest.raises(ConflictOfInterest):
            verb(case_id=case_id, by=complained.zhou, now=FRIDAY_TEN + 12 * MINUTE)
    zhou_id = complained.zhou.staff_id or 0
    with pytest.raises(ConflictOfInterest):
        actions.assign(case_id=case_id, staff_id=zhou_id, by=complained.zhao, now=FRIDAY_TEN + 12 * MINUTE)


def test_an_hour_of_silence_is_told_to_the_lead_and_stays_on_the_record(complained: Hotline) -> None:
    case_id = complained.case(FRIDAY_TEN + 11 * MINUTE).id
    assert actions.tell_of_broken_promises(now=FRIDAY_TEN + HOUR) == 1
    actions.assign(case_id=case_id, staff_id=complained.liu.staff_id or 0, by=complained.zhao, now=FRIDAY_TEN + HOUR)
    actions.connect(case_id=case_id, by=complained.liu, now=FRIDAY_TEN + HOUR + MINUTE)
    much_later = FRIDAY_TEN + 30 * DAY
    late = [clock.clock for clock in complained.case(much_later).deadlines if clock.is_late]
    assert late == ["connect"]


def test_she_is_called_back_and_asked_until_she_is_content(complained: Hotline) -> None:
    hotline, now = complained, FRIDAY_TEN + 20 * MINUTE
    case_id = hotline.case(now).id
    actions.accept(case_id=case_id, by=hotline.liu, now=now)
    actions.connect(case_id=case_id, by=hotline.liu, now=now + 5 * MINUTE, text="听她说完，道歉，核实套餐变更")
    promised = FRIDAY_TEN + 30 * HOUR
    actions.commit(case_id=case_id, by=hotline.liu, now=now + 15 * MINUTE, promised_for=promised, text="恢复 59 元套餐")
    with pytest.raises(ClosedTooEarly):
        actions.close(case_id=case_id, by=hotline.liu, now=now + 20 * MINUTE, cause="changed_without_consent")

    saturday = FRIDAY_TEN + 26 * HOUR
    solve(hotline, case_id, saturday)
    with pytest.raises(CauseMissing):
        actions.close(case_id=case_id, by=hotline.liu, now=saturday + 20 * MINUTE)
    actions.close(case_id=case_id, by=hotline.liu, now=saturday + 20 * MINUTE, cause="changed_without_consent")
    hotline.react(saturday + 21 * MINUTE)
    hotline.send(saturday + 22 * MINUTE)
    assert len(hotline.messages()) == 2, "after closing she is asked again"

    hotline.answer(saturday + HOUR, q_solved="no", q_handling="3", q_comment="差价没有退")
    again = hotline.case(saturday + 2 * HOUR)
    assert (again.id, again.state, again.agreed_at) == (case_id, "open", None)
    found = next(clock for clock in again.deadlines if clock.clock == "found_problem")
    assert found.due_at == found.began_at + 2 * DAY

    sunday = saturday + DAY
    solve(hotline, case_id, sunday)
    actions.close(case_id=case_id, by=hotline.liu, now=sunday + HOUR)
    actions.callback(case_id=case_id, by=hotline.liu, now=sunday + 2 * HOUR, solved=True, text="差价已到账，她很满意")

    done = hotline.case(sunday + 3 * HOUR)
    assert (done.state, done.next, done.cause, done.gap) == ("closed", None, "changed_without_consent", "behavior")
    assert [clock.clock for clock in done.deadlines if clock.is_overdue(sunday + 300 * DAY)] == []


def test_closing_that_is_taken_back_asks_her_nothing(complained: Hotline) -> None:
    hotline, saturday = complained, FRIDAY_TEN + 26 * HOUR
    case_id = close(hotline, saturday)
    for second in range(1, 9):
        hotline.react(saturday + second * SECOND)
        hotline.send(saturday + second * SECOND)
    actions.undo_close(case_id=case_id, by=hotline.liu, now=saturday + 8 * SECOND)
    hotline.react(saturday + 9 * SECOND)
    hotline.send(saturday + MINUTE)
    assert len(hotline.messages()) == 1, "asked about the call, and about nothing else"

    actions.close(case_id=case_id, by=hotline.liu, now=saturday + 2 * MINUTE)
    hotline.react(saturday + 2 * MINUTE + SECOND)
    hotline.send(saturday + 2 * MINUTE + 9 * SECOND)
    assert len(hotline.messages()) == 1, "it may still be taken back"
    hotline.send(saturday + 3 * MINUTE)
    assert len(hotline.messages()) == 2


def test_closing_that_was_taken_back_before_the_loop_came_round_asks_her_nothing(complained: Hotline) -> None:
    saturday = FRIDAY_TEN + 26 * HOUR
    case_id = close(complained, saturday)
    actions.undo_close(case_id=case_id, by=complained.liu, now=saturday + 8 * SECOND)
    complained.react(saturday + MINUTE)
    assert not invitation_rows().filter(case_id=case_id).exists()


def test_what_waits_for_morning_is_taken_back_when_the_case_is_opened_again(complained: Hotline) -> None:
    night = FRIDAY_TEN + 36 * HOUR  # 22:00 on Saturday
    case_id = close(complained, night)
    complained.react(night + MINUTE)
    complained.send(night + 2 * MINUTE)
    actions.reopen(case_id=case_id, reason="差价没有退", by=complained.liu, now=night + HOUR)
    complained.react(night + HOUR)
    complained.send(night + 12 * HOUR)
    assert len(complained.messages()) == 1


def test_after_a_link_that_nobody_used_she_is_asked_again_when_the_case_is_closed_again(complained: Hotline) -> None:
    saturday = FRIDAY_TEN + 26 * HOUR
    case_id = close(complained, saturday)
    complained.react(saturday + MINUTE)
    complained.send(saturday + 2 * MINUTE)
    sunday = saturday + DAY
    actions.reopen(case_id=case_id, reason="差价没有退", by=complained.liu, now=sunday)
    solve(complained, case_id, sunday + MINUTE)
    actions.close(case_id=case_id, by=complained.liu, now=sunday + HOUR)
    complained.react(sunday + HOUR + MINUTE)
    complained.send(sunday + HOUR + 2 * MINUTE)
    assert len(complained.messages()) == 3, "about the call, and once after each closing"


def test_what_is_not_solved_opens_the_case_again_however_kindly_she_says_so(complained: Hotline) -> None:
    saturday = FRIDAY_TEN + 26 * HOUR
    case_id = close(complained, saturday)
    complained.react(saturday + MINUTE)
    complained.send(saturday + 2 * MINUTE)
    complained.answer(saturday + HOUR, q_solved="no", q_handling="10", q_comment="小刘很耐心")
    again = complained.case(saturday + 2 * HOUR)
    assert (again.id, again.state, again.agreed_at) == (case_id, "open", None)
    assert "not_solved" in again.reasons
    assert "found_problem" in {clock.clock for clock in again.deadlines}


def test_every_step_is_in_the_ledger_with_who_did_it(complained: Hotline) -> None:
    case_id = complained.case(FRIDAY_TEN + 11 * MINUTE).id
    actions.accept(case_id=case_id, by=complained.liu, now=FRIDAY_TEN + 12 * MINUTE)
    actions.connect(case_id=case_id, by=complained.liu, now=FRIDAY_TEN + 13 * MINUTE)
    while seal_pending():
        pass
    told = [(one.kind, one.actor) for one in events(subject=f"case:{case_id}", limit=10)][::-1]
    liu = complained.liu.actor
    assert told == [("cases.opened", "system:loop"), ("cases.assigned", liu), ("cases.stepped", liu)]


@pytest.mark.parametrize("react", [1, 3])
def test_the_loop_may_stumble_and_repeat_itself(complained: Hotline, react: int) -> None:
    for _ in range(react):
        complained.react(FRIDAY_TEN + 12 * MINUTE)
    assert complained.case(FRIDAY_TEN + 13 * MINUTE).version == 1
