"""The pages of outreach as a browser meets them: who may open them, what they show, what their forms do."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from zhiyin.ledger.queries import events
from zhiyin.messaging import queries as messaging
from zhiyin.messaging.actions import lease as lease_messages
from zhiyin.messaging.actions import mark_sending, record_outcomes
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.outreach.intake import receive
from zhiyin.outreach.models import Decision, Invitation, PolicyVersion
from zhiyin.outreach.queries import policy_text
from zhiyin.outreach.testing import SYSTEM, make_world
from zhiyin.outreach.tests.test_monitor import call
from zhiyin.people.actions import pause_outreach
from zhiyin.people.queries import organisation
from zhiyin.people.testing import make_staff, make_tree

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)  # the pages look at the clock
PAGES = ("monitor", "decisions", "invitations", "why", "doubts", "policy")
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _world() -> None:
    make_world(now=NOW)
    make_tree(now=NOW)


def signed_in(role: str = "quality_manager", *, unit: str = "HQ", language: str = "zh-hans") -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(pk=make_staff(role, unit=unit).staff_id or 0))
    client.cookies["zhiyin_language"] = language
    return client


def came(*items: dict[str, Any]) -> list[int]:
    recent = {"ended_at": (NOW - timedelta(minutes=5)).isoformat()}
    results = receive([{**item, **recent} for item in items], by=SYSTEM, now=NOW - timedelta(minutes=4))
    return [result.interaction or 0 for result in results]


def url(name: str, *args: object, **query: str) -> str:
    found = reverse(f"outreach:{name}", args=args)
    return f"{found}?{'&'.join(f'{key}={value}' for key, value in query.items())}" if query else found


class TestWhoMayOpen:
    @pytest.mark.parametrize("page", PAGES)
    @pytest.mark.parametrize(
        ("role", "status"),
        [
            *[(role, 200) for role in ("quality_manager", "touchpoint_owner", "executive", "auditor", "administrator")],
            *[(role, 403) for role in ("agent", "team_lead")],
        ],
    )
    def test_the_pages_are_for_those_who_watch_outreach(self, page, role, status):
        came(call(1))
        assert signed_in(role).get(url(page)).status_code == status

    @pytest.mark.parametrize("page", PAGES)
    def test_strangers_are_sent_to_log_in(self, page):
        assert Client().get(url(page)).status_code == 302

    @pytest.mark.parametrize("role", ["executive", "auditor", "touchpoint_owner"])
    def test_who_only_watches_is_offered_and_allowed_nothing_more(self, role):
        client = signed_in(role)
        assert "暂停下发" not in client.get(url("monitor")).text
        assert "<textarea" not in client.get(url("policy")).text
        assert client.post(url("pause"), {"reason": "试"}).status_code == 403
        assert client.post(url("resume")).status_code == 403
        assert client.post(url("policy"), {"toml": "", "base": "0"}).status_code == 403
        assert client.post(url("decide_doubt", 1), {"verdict": "sent", "reason": "试"}).status_code == 403


class TestTheMonitor:
    def test_an_empty_period_says_so_and_what_to_do(self):
        page = signed_in().get(url("monitor")).text
        assert "这段时间没有服务接触" in page
        assert "通道正常" in page

    def test_every_number_opens_its_list_with_the_filters_kept(self):
        came(call(1), call(2), call(1, external_id="again"))
        page = signed_in().get(url("monitor", period="7d", scenario="hotline")).text
        assert re.search(r"回收率|从服务接触到完成", page)
        links = set(re.findall(r'href="(/outreach/(?:decisions|invitations)/\?[^"]+)"', page))
        wanted = {"part=all", "part=eligible", "part=suppressed", "reason=gap", "state=sent", "state=queued"}
        for part in wanted:
            assert any(link.endswith(part) and "period=7d" in link and "scenario=hotline" in link for link in links), (
                part
            )
        client = signed_in()
        for link in links:
            assert client.get(link.replace("&amp;", "&")).status_code == 200

    def test_the_rate_is_silent_until_thirty_were_sent(self):
        came(*(call(number) for number in range(1, 31)))
        Invitation.objects.update(state="sent", sent_at=NOW, dies_at=NOW + timedelta(hours=8), opened_at=NOW)
        assert "回收率 0.0%（" in signed_in().get(url("monitor")).text
        Invitation.objects.filter(pk=Invitation.objects.order_by("pk").values("pk")[:1]).update(
            sent_at=None, dies_at=None, opened_at=None
        )
        page = signed_in().get(url("monitor")).text
        assert "回收率：样本不足，n = 29" in page
        assert "下发后小时数" in page

    def test_a_unit_means_all_below_it(self):
        came(call(1, unit="N-1"), call(2, unit="S-1"))
        page = signed_in().get(url("monitor", unit="N")).text
        assert re.findall(r'part=all">(\d+)</a>', page) == ["1"]

    def test_numbers_or_shares(self):
        came(call(1), call(1, external_id="again"))
        numbers, shares = (signed_in().get(url("monitor", **query)).text for query in ({}, {"as": "share"}))
        assert ">100.0%</a>" in shares
        assert ">2</a>" in numbers

    def test_another_branch_is_neither_counted_nor_listed(self):
        came(call(1, unit="N-1"), call(2, unit="S-1"))
        south = signed_in(unit="S")
        page = south.get(url("monitor")).text
        assert re.findall(r'part=all">(\d+)</a>', page) == ["1"]
        for name in ("decisions", "invitations"):
            listed = south.get(url(name)).text
            assert "139****0002" in listed
            assert "139****0001" not in listed

    def test_a_unit_of_another_branch_in_the_address_filters_nothing(self):
        came(call(1, unit="N-1"), call(2, unit="S-1"))
        page = signed_in(unit="S").get(url("monitor", unit="N-1")).text
        assert re.findall(r'part=all">(\d+)</a>', page) == ["1"]

    def test_how_much_the_channels_carry_is_for_those_who_see_everything(self):
        came(call(1))
        assert "近 1 小时下发" in signed_in(unit="HQ").get(url("monitor")).text
        assert "近 1 小时下发" not in signed_in(unit="N").get(url("monitor")).text

    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_one_heading_no_inline_styles_no_full_numbers(self, language):
        came(call(1), call(1, external_id="again"))
        client = signed_in(language=language)
        for page in (url("monitor"), url("decisions"), url("invitations"), url("policy"), url("why")):
            html = client.get(page).text
            assert html.count("<h1") == 1
            assert not re.search(r"\sstyle=", html)
            assert "13900000001" not in html

    @pytest.mark.parametrize(
        "query",
        [
            {"period": "x", "scenario": "x", "unit": "x", "as": "x"},
            {"from": "2026-13-45", "to": "x"},
            {"part": "x", "reason": "%00", "state": "%27", "cursor": "-1"},
            {"reason": "gap", "cursor": "9" * 19},
            {"cursor": "9" * 400, "unit": "%00", "scenario": "%00"},
        ],
    )
    def test_nonsense_in_the_address_breaks_nothing(self, query):
        came(call(1))
        for name in ("monitor", "decisions", "invitations"):
            assert signed_in().get(url(name, **query)).status_code == 200


class TestTheLists:
    def test_a_long_list_goes_on_where_the_page_ended(self):
        came(*(call(number) for number in range(1, 61)))
        client = signed_in()
        for name in ("decisions", "invitations"):
            first = client.get(url(name)).text
            following = re.search(r'rel="next" href="([^"]+)"', first)
            assert following is not None
            second = client.get(url(name) + following[1].replace("&amp;", "&")).text
            rows = re.findall(r"139\*\*\*\*\d{4}", first) + re.findall(r"139\*\*\*\*\d{4}", second)
            assert len(rows) == len(set(rows)) == 60

    def test_a_reason_heads_its_own_list(self):
        came(call(1), call(1, external_id="again"))
        page = signed_in().get(url("decisions", reason="gap")).text
        assert "两次间隔不足 24 小时" in re.findall(r"<h1>(.*?)</h1>", page, re.S)[0]
        assert page.count("139****0001") == 1

    def test_an_invitation_taken_back_says_why(self):
        came(call(1))
        Invitation.objects.update(state="withdrawn", reason="opted_out")
        page = signed_in().get(url("invitations", state="withdrawn")).text
        assert "已撤回" in page
        assert "客户已退订" in page


class TestWhy:
    def test_by_post_as_a_page_and_as_a_part_of_one(self):
        came(call(1), call(1, external_id="again"))
        client = signed_in()
        whole = client.post(url("why"), {"q": "13900000001"})
        part = client.post(url("why"), {"q": "13900000001"}, headers=HTMX)
        for answer in (whole, part):
            assert "没有下发：距上一条消息还没有超过 24 小时。" in answer.text
            assert "139****0001" in answer.text
            assert 'value="13900000001"' in answer.text  # only in the field where it was typed
            assert answer.text.count("13900000001") == 1
        assert "<html" in whole.text
        assert "<html" not in part.text
        assert whole.headers["Cache-Control"] == "no-store"
        assert len(events(kind="outreach.why_asked")) == 2

    def test_nothing_is_looked_up_by_address(self):
        came(call(1))
        assert "139****0001" not in signed_in().get(url("why", q="13900000001")).text
        assert events(kind="outreach.why_asked") == []

    def test_an_outsider_learns_nothing(self):
        (interaction,) = came(call(1, unit="N-1"))
        client = signed_in(unit="S")
        known, unknown = (client.post(url("why"), {"q": q}, headers=HTMX).text for q in ("13900000001", "13900000002"))
        assert re.sub(r'value="\w+"', "", known) == re.sub(r'value="\w+"', "", unknown)
        assert client.get(url("decision", interaction)).status_code == 404
        assert client.get(url("decision", 10**30)).status_code == 404

    def test_from_a_list_by_the_interactions_number(self):
        (interaction,) = came(call(1))
        page = signed_in(language="en").get(url("decision", interaction)).text
        assert "Invited: every rule passed." in page
        assert "Waiting to be sent" in page
        assert events(kind="outreach.why_asked")[0].data["interaction_id"] == interaction

    def test_the_rules_it_names_are_those_of_its_version(self):
        (interaction,) = came(call(1))
        number = Decision.objects.get().policy
        assert f'/outreach/policy/?version={number}"' in signed_in().get(url("decision", interaction)).text


class TestPausing:
    def test_with_a_reason_that_stands_above_every_page_until_it_is_resumed(self):
        came(call(1))
        client = signed_in()
        client.post(url("pause"), {"reason": " 短信\x00签名\n变更 "})
        card = organisation()
        assert card is not None
        assert (card.is_paused, card.pause_reason) == (True, "短信签名变更")
        page = client.get(url("monitor")).text
        assert "短信签名变更" in page
        assert "恢复下发" in page
        assert "暂停中，1 条在等" in page
        client.post(url("resume"))
        assert "恢复下发" not in client.get(url("monitor")).text

    def test_not_without_a_reason(self):
        answer = signed_in().post(url("pause"), {"reason": "  "}, follow=True)
        assert "暂停中" not in answer.text
        assert 'role="alert"' in answer.text
        card = organisation()
        assert card is not None
        assert not card.is_paused

    @pytest.mark.parametrize("name", ["pause", "resume"])
    def test_only_by_post(self, name):
        assert signed_in().get(url(name)).status_code == 405


def doubtful() -> int:
    """One message of which nobody knows whether it arrived; returns its number."""
    came(call(1))
    (leased,) = lease_messages(kind="sms", limit=1, worker="test", now=NOW)
    mark_sending([leased], via="outbox", place="", patience=timedelta(seconds=1), now=NOW)
    outcomes = [(leased, Outcome(Result.DOUBTFUL, "no answer"))]
    record_outcomes(outcomes, via="outbox", by=SYSTEM, now=NOW)
    Invitation.objects.update(state="unknown", sent_at=NOW, dies_at=NOW + timedelta(hours=8), token_hash=b"x" * 32)
    return leased.id


class TestDoubts:
    def test_the_list_and_the_box_name_it(self):
        doubtful()
        client = signed_in()
        assert "1 条消息存疑" in client.get(url("monitor")).text
        page = client.get(url("doubts")).text
        assert "no answer" in page
        assert "139****0001" in page

    @pytest.mark.parametrize(
        ("verdict", "state", "link"),
        [("sent", "sent", True), ("not_sent", "failed", False), ("resend", "unknown", True)],
    )
    def test_what_somebody_found_out_holds_for_the_invitation_too(self, verdict, state, link):
        message = doubtful()
        answer = signed_in().post(url("decide_doubt", message), {"verdict": verdict, "reason": "查过通道"}, follow=True)
        assert "已记录。" in answer.text
        invitation = Invitation.objects.get()
        assert invitation.state == state
        assert (invitation.token_hash is not None) is link
        assert messaging.doubts(by=SYSTEM, now=NOW) == []

    def test_a_failed_one_waits_again_when_it_is_sent_again(self):
        message, client = doubtful(), signed_in()
        client.post(url("decide_doubt", message), {"verdict": "not_sent", "reason": "查过通道"})
        client.post(url("decide_doubt", message), {"verdict": "resend", "reason": "再试"})
        assert Invitation.objects.get().state == "queued"

    @pytest.mark.parametrize("fields", [{"verdict": "sent", "reason": " "}, {"verdict": "x", "reason": "y"}, {}])
    def test_not_without_a_verdict_and_a_reason(self, fields):
        message = doubtful()
        answer = signed_in().post(url("decide_doubt", message), fields, follow=True)
        assert 'role="alert"' in answer.text
        assert Invitation.objects.get().state == "unknown"

    def test_another_branchs_doubt_is_not_there(self):
        message = doubtful()
        south = signed_in(unit="S")
        assert "没有存疑的消息" in south.get(url("doubts")).text
        assert south.post(url("decide_doubt", message), {"verdict": "sent", "reason": "y"}).status_code == 404
        assert Invitation.objects.get().state == "unknown"


SHORT = "[gap]\nhours = 12\n"


class TestThePolicy:
    def test_in_plain_words_with_the_default_before_any_was_applied(self):
        page = signed_in().get(url("policy")).text
        assert "距上一条消息要超过 24 小时，刚满 24 小时仍算太近。" in page

    def test_a_new_one_is_read_first_and_then_applied(self):
        client = signed_in()
        read = client.post(url("policy"), {"toml": SHORT, "base": "0", "do": "check"}).text
        assert "距上一条消息要超过 12 小时" in read
        assert "<del>距上一条消息要超过 24 小时" in read
        assert not PolicyVersion.objects.exists()
        applied = client.post(
            url("policy"), {"toml": SHORT.replace("\n", "\r\n"), "base": "0", "do": "apply"}, follow=True
        )
        assert "策略第 1 版已启用。" in applied.text
        assert policy_text() == SHORT
        assert "员工" in applied.text  # who applied it

    def test_versions_stay_readable_and_say_what_they_changed(self):
        client = signed_in(language="en")
        client.post(url("policy"), {"toml": SHORT, "base": "0", "do": "apply"})
        client.post(url("policy"), {"toml": "[gap]\nhours = 36\n", "base": "1", "do": "apply"})
        page = client.get(url("policy")).text
        assert "More than 36 hours must have passed" in page
        assert "<del>More than 12 hours must have passed" in page
        old = client.get(url("policy", version="1")).text
        assert "More than 12 hours must have passed" in old
        assert client.get(url("policy", version="9")).status_code == 404

    def test_the_same_again_makes_no_version(self):
        client = signed_in()
        client.post(url("policy"), {"toml": SHORT, "base": "0", "do": "apply"})
        again = client.post(url("policy"), {"toml": SHORT, "base": "1", "do": "apply"}, follow=True)
        assert "没有变动" in again.text
        assert PolicyVersion.objects.count() == 1

    def test_every_fault_is_listed_and_the_text_stays(self):
        answer = signed_in().post(
            url("policy"), {"toml": "[gap]\nhour = 0\n[link]\nhours = 0\n", "base": "0", "do": "apply"}
        )
        assert answer.status_code == 422
        assert "hour = 0" in answer.text
        assert (
            len(re.findall(r'<li><a href="#toml" data-line="[124]+">第 [124] 行：', answer.text)) == 3
        )  # the unknown key, the missing one, the link
        assert not PolicyVersion.objects.exists()

    @pytest.mark.parametrize("text", ["\x00", "[", "a" * 200_000, "[[limit]]\n" * 60])
    def test_whatever_is_typed_is_answered(self, text):
        answer = signed_in().post(url("policy"), {"toml": text, "base": "0", "do": "apply"})
        assert answer.status_code == 422

    def test_who_was_overtaken_keeps_their_text_and_is_told(self):
        client = signed_in()
        client.post(url("policy"), {"toml": SHORT, "base": "0", "do": "apply"})
        late = client.post(url("policy"), {"toml": "[gap]\nhours = 99\n", "base": "0", "do": "apply"})
        assert late.status_code == 409
        assert "hours = 99" in late.text
        assert PolicyVersion.objects.count() == 1


def test_a_pause_is_shown_to_those_who_may_not_lift_it():
    pause_outreach(reason="检修", by=SYSTEM, now=NOW)
    page = signed_in("executive").get(url("monitor")).text
    assert "检修" in page
    assert "恢复下发" not in page
