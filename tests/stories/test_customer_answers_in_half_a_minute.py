"""A call ends; an SMS arrives; the customer answers on the phone's own browser in half a minute and is heard."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from zhiyin.cases.queries.queue import waiting
from zhiyin.ledger.deliver import deliver_pending
from zhiyin.outreach.dispatch import send_due
from zhiyin.outreach.intake import receive
from zhiyin.packs.install import found_sample
from zhiyin.people.access import Viewer
from zhiyin.responses.queries import Asked, responses
from zhiyin.responses.testing import Browser

pytestmark = pytest.mark.django_db
STORY = Viewer.system("story")
CALL_ENDED = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # Friday, 10:00 in Shanghai
HALF_A_MINUTE = timedelta(seconds=30)


@pytest.fixture
def sms(settings: Any, tmp_path: Path) -> Callable[[], dict[str, str]]:
    """The hotline with its pack. Calling it lets a call end and gives the message that the customer gets."""
    settings.DATA_DIR = tmp_path
    found_sample("hotline", password="a-long-password", by=STORY, now=CALL_ENDED - timedelta(days=30))

    def call() -> dict[str, str]:
        item = {
            "source": "cti",
            "external_id": "call-20261120-1",
            "customer": {"external_id": "C1001", "phone": "13800138000"},
            "touchpoint": "hotline",
            "ended_at": CALL_ENDED.isoformat(),
        }
        (result,) = receive([item], by=STORY, now=CALL_ENDED + timedelta(seconds=20))
        assert result.decision == "invite"
        sent_at = CALL_ENDED + timedelta(minutes=1)
        assert send_due(worker="story", clock=lambda: sent_at).sent == 1
        (line,) = (tmp_path / "outbox" / "messages.ndjson").read_text("utf-8").splitlines()
        message: dict[str, str] = json.loads(line)
        return message

    return call


def path_of(message: dict[str, str]) -> str:
    return message["link"].removeprefix("http://127.0.0.1:8000")


def hidden_fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w)" value="(\d+)"', page))


def test_the_sms_is_one_segment_and_its_link_opens_six_questions(sms: Callable[[], dict[str, str]]) -> None:
    message = sms()
    assert len(message["text"]) <= 70
    page = Browser(now=CALL_ENDED + timedelta(minutes=3)).get(path_of(message))
    assert page.status == 200
    assert page.text.count("<fieldset") == 7  # six questions, and the reasons that wait for a low score
    assert "18:01" in page.text  # eight hours after it was sent


def test_an_unhappy_customer_is_heard_within_the_same_minute(sms: Callable[[], dict[str, str]]) -> None:
    phone = Browser(now=CALL_ENDED + timedelta(minutes=3))
    link = path_of(sms())
    page = phone.get(link)
    phone.now += HALF_A_MINUTE
    answers = {
        "q_overall": "2",
        "q_attitude": "0",
        "q_reasons": "no_consent",
        "q_comment": "说是免费，月费从 59 变成 89",
    }
    thanks = phone.post(link, {**hidden_fields(page.text), **answers, "q_call_me": "1"})
    assert "谢谢您直说" in thanks.text
    assert "30 分钟" in thanks.text

    (card,) = responses(Asked(), by=STORY)
    assert (card.headline, card.reasons, card.wants_contact) == (2, ("no_consent",), True)
    assert card.attributes["seconds"] == HALF_A_MINUTE.total_seconds()

    assert waiting(by=STORY) == 0
    while deliver_pending(now=phone.now):
        pass
    assert waiting(by=STORY) == 1, "the low answer has become somebody's work"


def test_a_happy_customer_is_thanked_and_left_in_peace(sms: Callable[[], dict[str, str]]) -> None:
    phone = Browser(now=CALL_ENDED + timedelta(minutes=3))
    link = path_of(sms())
    assert "收到了，谢谢您" in phone.post(link, {"q_overall": "10"}).text
    while deliver_pending(now=phone.now):
        pass
    assert waiting(by=STORY) == 0
    assert phone.get(link).status == 404
