"""One customer's page: everything that was asked and why not, masked, cut by units; and the verbs on them."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone, translation

from tests.contracts.api_calls import Caller, found, interaction, make_organisation
from zhiyin.ledger.queries import events
from zhiyin.outreach.departing import let_links_live
from zhiyin.outreach.testing import decisions as decision_rows
from zhiyin.outreach.testing import invitation_rows
from zhiyin.outreach.tokens import new_token, token_hash
from zhiyin.people.access import Viewer
from zhiyin.people.actions import erase, opt_out, put_customers, set_language
from zhiyin.people.identify import find_customer
from zhiyin.people.queries import merges_of, preferences
from zhiyin.people.roles import Role
from zhiyin.people.rules import Purpose
from zhiyin.people.testing import SYSTEM, customers, given, make_staff
from zhiyin.reports.customers import timeline as screen
from zhiyin.reports.customers.seeing import look_up, visible_person
from zhiyin.reports.customers.timeline import Sort, timeline
from zhiyin.responses.testing import Browser

pytestmark = pytest.mark.django_db
PHONE = "13800138000"


class Desk:
    """Two branches; one customer of the north who was served, asked, complained and refused care."""

    def __init__(self) -> None:
        make_organisation()
        self.caller = Caller()
        self.serve("1", unit="N-1")
        self.id = find_customer("external", "C-north-1") or 0

    def serve(self, number: str, *, unit: str, customer: str = "C-north-1", phone: str = PHONE) -> dict[str, Any]:
        person = {"external_id": customer, "phone": phone, "name": "王芳"}
        body = interaction(1, external_id=f"call-{number}", customer=person, unit=unit)
        taken: dict[str, Any] = found(self.caller.post("/interactions", body))
        return taken

    def answer(self) -> None:
        body = {"source": "ivr", "external_id": "r-1", "survey": "call", "answers": {"overall": 2, "comment": "不满意"}}
        about = {"interaction": {"source": "cti", "external_id": "call-1"}, "unit": "N-1"}
        found(self.caller.post("/responses", body | about | {"answered_at": timezone.now().isoformat()}))

    def open_case(self) -> str:
        code: str = found(self.caller.post("/cases", {"customer": "C-north-1", "title": "扣费", "unit": "N-1"}))["code"]
        return code


@pytest.fixture
def desk() -> Desk:
    return Desk()


def browser(role: str = "quality_manager", *, unit: str = "N", language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(get_user_model().objects.get(pk=make_staff(role, unit=unit).staff_id))
    return client


def lines(desk: Desk, by: Viewer, *, sort: str = "", now: datetime | None = None) -> list[tuple[str, str]]:
    with translation.override("zh-hans"):
        person = visible_person(desk.id, by=by)
        page = timeline(person, sort=sort, page=0, by=by, now=now or timezone.now())
    return [(line.sort, line.happening.text) for line in page.lines]


class TestTheTimeline:
    def test_it_tells_what_happened_newest_first_and_why_somebody_was_not_asked(self, desk):
        desk.serve("2", unit="N-1")
        desk.answer()
        desk.open_case()
        opt_out(desk.id, purposes=[Purpose.CARE], via="staff", by=SYSTEM, now=timezone.now())
        told = lines(desk, SYSTEM)
        assert {sort for sort, _text in told} >= {
            Sort.INTERACTION,
            Sort.DECISION,
            Sort.MESSAGE,
            Sort.ANSWER,
            Sort.CASE,
            Sort.CONSENT,
        }
        texts = [text for _sort, text in told]
        assert sum("不邀请" in text for text in texts) == 1  # the second call came too soon
        assert any("2 分" in text for text in texts)
        page = timeline(visible_person(desk.id, by=SYSTEM), sort="", page=0, by=SYSTEM, now=timezone.now())
        moments = [line.happening.at for line in page.lines]
        assert moments == sorted(moments, reverse=True)
        reasoned = [line.happening.url for line in page.lines if line.sort is Sort.DECISION]
        assert all(url.startswith("/outreach/decisions/") for url in reasoned)

    def test_of_one_moment_the_later_step_stands_above_the_earlier_one(self, desk):
        """A gateway that answers at once says sent and delivered in one moment, and who is asked at once is so too."""
        at = timezone.now()
        desk.serve("2", unit="N-1", customer="C-at-once", phone="13800138009")
        desk.id = find_customer("external", "C-at-once") or 0
        decision_rows().filter(customer_id=desk.id).update(at=at)
        invitation_rows().filter(customer_id=desk.id).update(
            state="sent", created_at=at, sent_at=at, delivered_at=at, opened_at=at, dies_at=at + timedelta(hours=8)
        )
        texts = [text for _sort, text in lines(desk, SYSTEM)]
        assert texts == ["客户打开了问卷", "评价邀请已送达", "下发问卷", "判定：邀请评价", "服务接触：热线"]

    def test_each_change_of_a_message_has_its_line(self, desk):
        now = timezone.now()
        row = invitation_rows().get()
        invitation_rows().update(
            state="sent",
            sent_at=now - timedelta(hours=9),
            delivered_at=now - timedelta(hours=8.9),
            opened_at=now - timedelta(hours=8.5),
            dies_at=now - timedelta(hours=1),
        )
        told = [text for _sort, text in lines(desk, SYSTEM, sort="message", now=now)]
        assert told == ["链接失效，没有作答", "客户打开了问卷", "评价邀请已送达", "下发问卷"]
        for state, word in (("unknown", "存疑"), ("withdrawn", "撤回"), ("failed", "没有发出去")):
            invitation_rows().filter(pk=row.pk).update(state=state, reason="")
            assert any(word in text for _sort, text in lines(desk, SYSTEM, sort="message", now=now)), state

    def test_it_can_be_filtered_by_sort(self, desk):
        assert {sort for sort, _text in lines(desk, SYSTEM, sort="decision")} == {"decision"}
        assert lines(desk, SYSTEM, sort="case") == []

    def test_it_comes_in_pages(self, desk, monkeypatch):
        monkeypatch.setattr(screen, "ON_A_PAGE", 2)
        person = visible_person(desk.id, by=SYSTEM)
        first = timeline(person, sort="", page=0, by=SYSTEM, now=timezone.now())
        second = timeline(person, sort="", page=1, by=SYSTEM, now=timezone.now())
        assert (len(first.lines), first.next, len(second.lines), second.next) == (2, "1", 1, None)
        assert first.lines[-1].happening.at >= second.lines[0].happening.at

    def test_after_a_merge_it_is_the_whole_persons(self, desk):
        desk.serve("9", unit="N-1", customer="C-other", phone="13900139000")
        other = find_customer("external", "C-other") or 0
        desk.serve("10", unit="N-1", phone="13900139000")  # the same person, it turns out
        told = lines(desk, SYSTEM)
        assert sum(sort == "interaction" for sort, _text in told) == 3
        assert any("合并" in text for _sort, text in told)
        answer = browser().get(f"/customers/{other}/")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/customers/{desk.id}/")


class TestWhoSeesIt:
    def test_what_another_branch_did_is_not_there(self, desk):
        desk.serve("2", unit="S-1")
        desk.open_case()
        north, south = make_staff("quality_manager", unit="N"), make_staff("quality_manager", unit="S")
        assert sum(sort == "interaction" for sort, _text in lines(desk, north)) == 1
        assert sum(sort == "interaction" for sort, _text in lines(desk, south)) == 1
        assert not [sort for sort, _text in lines(desk, south) if sort == "case"]

    def test_a_customer_of_another_branch_is_not_there_at_all(self, desk):
        south = browser(unit="S")
        there, nowhere = south.get(f"/customers/{desk.id}/"), south.get("/customers/1/")
        assert there.status_code == nowhere.status_code == 404
        assert browser().get(f"/customers/{desk.id}/").status_code == 200

    def test_an_agent_sees_whom_their_case_is_about(self, desk):
        agent = browser("agent", unit="N-1")
        assert agent.get(f"/customers/{desk.id}/").status_code == 404
        desk.open_case()
        page = agent.get(f"/customers/{desk.id}/")
        assert page.status_code == 200
        assert "/outreach/decisions/" not in page.content.decode()  # not theirs to open

    def test_scores_are_for_who_reads_customers_words(self, desk):
        desk.answer()
        for role, shown in ((Role.EXECUTIVE, False), (Role.AUDITOR, False), (Role.QUALITY_MANAGER, True)):
            told = lines(desk, make_staff(role, unit="N"), sort="answer")
            assert any("2 分" in text for _sort, text in told) is shown, role

    @pytest.mark.parametrize("role", list(Role))
    def test_nothing_on_it_names_the_customer(self, desk, role):
        desk.open_case()
        page = browser(role).get(f"/customers/{desk.id}/").content.decode()
        assert "138****8000" in page
        for secret in ("13800138000", "王芳", "C-north-1"):
            assert secret not in page

    def test_what_was_looked_up_stands_in_no_address(self, desk):
        client = browser()
        for typed in (PHONE, "138 0013 8000", "C-north-1", desk.open_case()):
            answer = client.post("/customers/", {"q": typed})
            assert (answer.status_code, answer.headers["Location"]) == (302, f"/customers/{desk.id}/"), typed
        nobody = client.post("/customers/", {"q": "13911112222"})
        assert (nobody.status_code, "Nobody found" in nobody.content.decode()) == (200, True)
        assert look_up("\0 ", by=SYSTEM) is None

    def test_the_why_page_and_the_case_lead_there(self, desk):
        address = f"/customers/{desk.id}/"
        assert address in browser().post("/outreach/why/", {"q": PHONE}).content.decode()
        code = desk.open_case()
        assert address in browser("team_lead").get(f"/cases/{code}/").content.decode()


class TestVerbs:
    def do(self, desk: Desk, verb: str, form: dict[str, Any], *, role: str = "quality_manager") -> HttpResponse:
        answer: HttpResponse = browser(role).post(f"/customers/{desk.id}/{verb}/", form)
        return answer

    def refused(self, desk: Desk) -> list[str]:
        known = preferences(desk.id)
        assert known is not None
        return [str(one.purpose) for one in known.purposes if one.is_refused]

    def test_a_refusal_on_the_phone_is_in_force_when_the_page_comes_back(self, desk):
        desk.open_case()
        form = {"purposes": ["survey", "care", "research"], "proof": "录音 7"}
        assert self.do(desk, "opt-out", form, role="agent").status_code == 302
        assert self.refused(desk) == ["survey", "care", "research"]
        (fact,) = events(kind="people.opted_out")
        assert (fact.data["via"], fact.actor[:6]) == ("staff", "staff:")

    def test_a_consent_needs_its_source_and_its_moment(self, desk):
        self.do(desk, "opt-out", {"purposes": ["survey"]})
        moment = timezone.localtime() + timedelta(minutes=1)
        good = {"purposes": ["survey"], "source": "电话", "said_at": moment.strftime("%Y-%m-%dT%H:%M:%S")}
        for missing in ("purposes", "source", "said_at"):
            form = {name: value for name, value in good.items() if name != missing}
            assert self.do(desk, "consent", form).status_code == 422, missing
        old = self.do(desk, "consent", good | {"said_at": "2025-01-01T10:00"})
        assert (old.status_code, "refused after that" in old.content.decode()) == (422, True)
        assert self.do(desk, "consent", good).status_code == 302
        assert self.refused(desk) == []

    def test_a_flag_is_set_with_a_reason_and_shows(self, desk):
        form = {"flag": "open_legal_case", "on": "1", "reason": "诉讼"}
        assert self.do(desk, "flag", form | {"reason": ""}).status_code == 422
        assert self.do(desk, "flag", form).status_code == 302
        assert customers().get(pk=desk.id).has_open_legal_case
        assert "open legal case" in browser().get(f"/customers/{desk.id}/").content.decode()

    def test_a_language_is_changed_by_whoever_speaks_with_the_customer_and_stands_in_the_timeline(self, desk):
        desk.open_case()
        form = {"language": "en", "reason": "说英语，电话 13800138000"}
        assert self.do(desk, "language", form | {"reason": ""}, role="agent").status_code == 422
        assert self.do(desk, "language", form | {"language": "fr"}, role="agent").status_code == 422
        assert customers().get(pk=desk.id).language == ""
        assert self.do(desk, "language", form, role="agent").status_code == 302
        assert customers().get(pk=desk.id).language == "en"
        assert lines(desk, SYSTEM, sort="person")[0][1] == "语言：英文"
        (fact,) = events(kind="people.customer_language_set")
        assert (fact.data["before"], fact.data["reason"]) == ("", "说英语，电话 138****8000")
        page = browser("agent", unit="N-1").get(f"/customers/{desk.id}/").content.decode()
        assert "<dd>English" in page
        asked = browser().get(f"/customers/{desk.id}/language/").content.decode()
        assert re.search(r'value="en"[^>]*checked', asked)
        assert self.do(desk, "language", {"language": "", "reason": "不再需要"}).status_code == 302
        assert customers().get(pk=desk.id).language == ""

    @pytest.mark.parametrize("role", ["executive", "auditor", "administrator"])
    def test_a_language_is_not_changed_by_who_only_looks_on(self, desk, role):
        address = f"/customers/{desk.id}/"
        assert f"{address}language/" not in browser(role).get(address).content.decode()
        assert self.do(desk, "language", {"language": "en", "reason": "x"}, role=role).status_code == 403
        assert customers().get(pk=desk.id).language == ""

    def test_the_next_invitation_speaks_the_language(self, desk):
        put_customers([given("C-new", "13900139000")], by=SYSTEM, now=timezone.now())
        new = find_customer("external", "C-new") or 0
        for language in ("zh-hans", "en"):  # what was named last counts
            set_language(new, language, reason="电话", by=SYSTEM, now=timezone.now())
        desk.serve("2", unit="N-1", customer="C-new", phone="13900139000")
        assert invitation_rows().get(customer_id=new).language == "en"
        assert invitation_rows().get(customer_id=desk.id).language == "zh-hans"

    def test_merging_by_hand_and_undoing_it(self, desk):
        desk.serve("3", unit="N-1", customer="C-other", phone="13900139000")
        other = find_customer("external", "C-other") or 0
        assert self.do(desk, "merge", {"other": "nobody", "reason": "同一人"}).status_code == 422
        assert self.do(desk, "merge", {"other": "13900139000", "reason": "同一人"}).status_code == 302
        assert [card.merged for card in merges_of(desk.id)] == [other]
        form = browser().get(f"/customers/{desk.id}/unmerge/").content.decode()
        assert re.search(rf'name="merged" value="{other}"', form)
        assert self.do(desk, "unmerge", {"merged": other, "reason": "母女"}).status_code == 302
        assert merges_of(desk.id) == []

    def test_nobody_is_merged_with_a_customer_whom_one_does_not_see(self, desk):
        desk.serve("4", unit="S-1", customer="C-south", phone="13700137000")
        answer = self.do(desk, "merge", {"other": "13700137000", "reason": "同一人"})
        assert (answer.status_code, "Nobody was found" in answer.content.decode()) == (422, True)

    @pytest.mark.parametrize("verb", ["consent", "flag", "merge", "unmerge"])
    @pytest.mark.parametrize("role", ["agent", "executive", "auditor", "administrator", "touchpoint_owner"])
    def test_setting_right_is_for_who_may(self, desk, verb, role):
        desk.open_case()
        assert browser(role).get(f"/customers/{desk.id}/{verb}/").status_code == 403

    def test_a_verb_that_there_is_not_is_not_there(self, desk):
        assert browser().get(f"/customers/{desk.id}/delete/").status_code == 404

    def test_every_form_says_what_it_means_before_it_is_done(self, desk):
        client = browser(language="zh-hans")
        before = len(events())
        for verb in ("opt-out", "consent", "flag", "language", "merge", "unmerge"):
            page = client.get(f"/customers/{desk.id}/{verb}/")
            assert page.status_code == 200
        assert len(events()) == before


def test_the_customers_own_choice_stands_on_the_page(desk):
    token, now = new_token(), timezone.now()
    let_links_live([(invitation_rows().get().pk, token_hash(token), now + timedelta(hours=8))], now=now)
    Browser(now=now).post(f"/u/{token}/", {"none": "1"})
    page = browser().get(f"/customers/{desk.id}/").content.decode()
    assert "refuses every message" in page
    assert "by the link in a message" in page
    assert "The customer" in page


def test_who_was_imported_and_never_served_is_seen_only_from_the_top(desk):
    put_customers([given("C-imported")], by=SYSTEM, now=timezone.now())
    one = find_customer("external", "C-imported")
    assert browser(unit="HQ").get(f"/customers/{one}/").status_code == 200
    assert browser(unit="N").get(f"/customers/{one}/").status_code == 404


def test_who_was_erased_is_shown_as_nobody(desk):
    erase(desk.id, by=SYSTEM, now=timezone.now())
    page = browser().get(f"/customers/{desk.id}/").content.decode()
    assert "erased" in page
    assert "138****" not in page
