"""The monitor's cuts, failed messages and the policy's editor, as a browser meets them."""

import re
from datetime import timedelta

import pytest

from zhiyin.messaging.actions import lease as lease_messages
from zhiyin.messaging.actions import mark_sending, record_outcomes
from zhiyin.messaging.rules.answers import Broken
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.messaging.testing import channel_rows
from zhiyin.messaging.testing import messages as message_rows
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.models import Invitation, PolicyVersion
from zhiyin.outreach.queries import policy_text
from zhiyin.outreach.testing import SYSTEM, make_world
from zhiyin.outreach.tests.test_monitor import call
from zhiyin.outreach.tests.test_views import NOW, came, doubtful, signed_in, url
from zhiyin.outreach.words import reason_label
from zhiyin.people.testing import make_tree

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world() -> None:
    make_world(now=NOW)
    make_tree(now=NOW)


def failed(*, unit: str = "HQ") -> int:
    """One message that its channel refused for good; returns its number."""
    came(call(2, unit=unit))
    *_others, leased = lease_messages(kind="sms", limit=9, worker="test", now=NOW)
    mark_sending([leased], via="outbox", place="", patience=timedelta(seconds=1), now=NOW)
    record_outcomes([(leased, Outcome(Result.REFUSED, "bad signature"))], via="outbox", by=SYSTEM, now=NOW)
    Invitation.objects.filter(pk=leased.invitation_id).update(state="failed", reason="")
    return leased.id


class TestFailedMessages:
    def test_each_says_why_and_goes_again_for_a_reason(self):
        message, client = doubtful(), signed_in()
        client.post(url("decide_doubt", message), {"verdict": "not_sent", "reason": "查过通道"})
        assert "没有最终失败的消息" in client.get(url("failed")).text  # somebody settled it: no dead letter
        Invitation.objects.update(state="queued", reason="")
        message = failed()
        page = client.get(url("failed")).text
        assert "bad signature" in page
        assert "139****" in page
        refused = client.post(url("requeue", message), {"reason": " "}, follow=True)
        assert 'role="alert"' in refused.text
        again = client.post(url("requeue", message), {"reason": "签名已修好"}, follow=True)
        assert "已重新排队" in again.text
        assert Invitation.objects.filter(state="failed").count() == 0
        assert "没有最终失败的消息" in again.text

    def test_another_branchs_are_not_there(self):
        message = failed(unit="N-1")
        south = signed_in(unit="S")
        assert "没有最终失败的消息" in south.get(url("failed")).text
        assert south.post(url("requeue", message), {"reason": "y"}).status_code == 404

    def test_who_only_watches_sends_nothing_again(self):
        message, client = failed(), signed_in("executive")
        assert "bad signature" in client.get(url("failed")).text
        assert "确认重新下发" not in client.get(url("failed")).text
        assert client.post(url("requeue", message), {"reason": "y"}).status_code == 403


class TestOneName:
    def test_a_channel_is_called_alike_on_the_monitor_and_on_the_lists(self):
        message = doubtful()
        channel_rows().create(key="night", kind="smpp", updated_at=NOW, is_active=False)
        message_rows(pk=message).update(via="night", error=f"{Broken.READING}: ReadError")
        client = signed_in()
        for screen in ("monitor", "doubts"):
            assert "night · SMPP" in client.get(url(screen)).text
        assert "网关的应答不完整" in client.get(url("doubts")).text


class TestWhatTheMonitorCuts:
    @pytest.mark.parametrize("cut", ["touchpoint", "scenario", "unit", "channel", "nonsense"])
    @pytest.mark.parametrize("channel", ["", "sms", "nonsense"])
    def test_every_cut_under_every_channel_is_a_page(self, cut, channel):
        came(call(1), call(2, unit="N-1"))
        page = signed_in().get(url("monitor", by=cut, channel=channel))
        assert page.status_code == 200
        assert ("漏斗从排队开始" in page.text) is (channel == "sms")
        assert 'id="by"' in page.text

    def test_the_filters_stay_in_the_address(self):
        came(call(1))
        page = signed_in().get(url("monitor", by="unit", period="7d", scenario="hotline")).text
        assert 'name="by" value="unit"' in page
        assert re.search(r'href="/outreach/\?period=7d&amp;scenario=hotline&amp;by=channel#by"', page)

    def test_decisions_are_not_offered_by_channel(self):
        came(call(1))
        assert 'id="channel"' not in signed_in().get(url("decisions", channel="sms")).text
        assert 'id="channel"' in signed_in().get(url("invitations", channel="sms")).text

    def test_a_doubt_of_an_hour_is_an_alarm(self):
        doubtful()
        page = signed_in().get(url("monitor")).text
        box = r'o-box (\w*)"><svg class="icon" aria-hidden="true"><use href="[^"]*#help-hexagon"'
        assert re.findall(box, page) == ["warn"]
        message_rows().update(sent_at=NOW - timedelta(hours=2))
        assert re.findall(box, signed_in().get(url("monitor")).text) == ["crit"]


class TestTheEditor:
    def test_numbers_are_written_into_the_text_and_read_before_anything_is_applied(self):
        client = signed_in()
        form = {"toml": policy_text(), "base": "0", "do": "numbers", "number-gap.hours": "12"}
        page = client.post(url("policy"), form).text
        assert "距上一条消息要超过 12 小时" in page
        assert '<span class="is-new">+ hours = 12' in page
        assert '<span class="is-gone">- hours = 24' in page
        assert not PolicyVersion.objects.exists()

    def test_a_number_that_is_none_is_a_problem_at_its_line(self):
        form = {"toml": policy_text(), "base": "0", "do": "numbers", "number-gap.hours": "zwölf"}
        answer = signed_in().post(url("policy"), form)
        assert answer.status_code == 422
        line = policy_text().replace("hours = 24", "X").split("\n").index("X") + 1
        assert f'data-line="{line}"' in answer.text
        assert f'<span class="is-faulty">{line}' in answer.text

    def test_group_limits_have_words_in_both_languages(self):
        text = "".join(
            f'[[limit]]\nper = "{per}"\nmax = 5\ndays = 7\n' for per in ("staff", "unit", "brand", "segment")
        )
        apply_policy(text, by=SYSTEM, now=NOW)
        for per, words in {"staff": "同一员工 7 天满 5 次", "segment": "同一客户群 7 天满 5 次"}.items():
            assert reason_label(f"{per}_limit", [1], "zh-hans") == words
        assert reason_label("unit_limit", [1], "en") == "5 about one unit in 7 days reached"
