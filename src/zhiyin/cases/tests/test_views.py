"""The workbench as a browser without script meets it, and what htmx is answered."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from zhiyin.cases.actions import handling, stepping
from zhiyin.cases.models import Case, Entry
from zhiyin.cases.testing import NOW, SYSTEM, Desk, make_case, make_desk, make_staff
from zhiyin.people.access import Viewer

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
HTMX = {"hx-request": "true"}


@pytest.fixture
def desk() -> Desk:
    return make_desk()


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages look at the clock; here it stands at ten minutes after the cases were opened."""
    monkeypatch.setattr(timezone, "now", lambda: NOW + 10 * MINUTE)


def signed_in(viewer: Viewer) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(pk=viewer.staff_id))
    return client


def text(answer: Any) -> str:
    return answer.content.decode()


def version_in(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found, "the form brings no version"
    return found[1]


class TestQueue:
    def test_the_first_case_stands_open_beside_the_queue(self, desk: Desk) -> None:
        opened = make_case(desk)
        page = text(signed_in(desk.agent).get("/cases/"))
        assert page.count("代理商外呼改套餐，态度差") >= 2
        assert opened.code in page
        assert "剩 0:20" in page

    def test_the_rows_alone_are_what_the_page_asks_for_again(self, desk: Desk) -> None:
        code = make_case(desk).code
        page = text(signed_in(desk.agent).get(f"/cases/rows/?tab=todo&case={code}"))
        assert page.lstrip().startswith('<div id="queue"')
        assert 'aria-current="true"' in page
        assert "<html" not in page

    def test_an_empty_queue_says_so_and_shows_the_way_to_the_callbacks(self, desk: Desk) -> None:
        assert "都办完了" in text(signed_in(desk.agent).get("/cases/"))

    def test_nothing_after_filtering_names_the_filter_to_drop(self, desk: Desk) -> None:
        make_case(desk)
        page = text(signed_in(desk.agent).get("/cases/?late=1"))
        assert "去掉「只看超时」还有 1 张" in page

    @pytest.mark.parametrize(
        "query", ["tab=nothing", "tab=team", "owner=x", "owner=99999999999999999999", "late=2", "touchpoint=%00"]
    )
    def test_nonsense_in_the_address_is_no_error(self, desk: Desk, query: str) -> None:
        make_case(desk)
        assert signed_in(desk.agent).get(f"/cases/?{query}").status_code == 200

    def test_the_callbacks_have_their_own_address(self, desk: Desk) -> None:
        assert "没有待回访的客户" in text(signed_in(desk.agent).get("/cases/callbacks/"))

    def test_only_leads_have_the_teams_tab_and_may_assign_several(self, desk: Desk) -> None:
        cases = [make_case(desk).case_id for _ in range(2)]
        assert "全班" not in text(signed_in(desk.agent).get("/cases/"))
        lead = signed_in(desk.lead)
        assert "批量分派" in text(lead.get("/cases/?tab=team"))
        assert 'type="checkbox" name="case"' in text(lead.get("/cases/?tab=team&bulk=1"))
        lead.post("/cases/assign/", {"case": cases, "staff": desk.agent.staff_id})
        assert set(Case.objects.values_list("owner_id", flat=True)) == {desk.agent.staff_id}
        refused = signed_in(desk.agent).post("/cases/assign/", {"case": cases, "staff": desk.agent.staff_id})
        assert refused.status_code == 403

    def test_what_could_not_be_assigned_is_named(self, desk: Desk) -> None:
        case_id = make_case(desk, about_id=desk.agent.staff_id).case_id
        lead = signed_in(desk.lead)
        page = text(lead.post("/cases/assign/", {"case": case_id, "staff": desk.agent.staff_id}, follow=True))
        assert "要由同事处理" in page


class TestWhoMayOpen:
    def test_another_teams_case_is_not_there(self, desk: Desk) -> None:
        assert signed_in(desk.outsider).get(f"/cases/{make_case(desk).code}/").status_code == 404

    def test_a_colleagues_case_says_whose_it_is_not(self, desk: Desk) -> None:
        opened = make_case(desk)
        handling.accept(case_id=opened.case_id, by=desk.agent, now=NOW)
        answer = signed_in(desk.colleague).get(f"/cases/{opened.code}/")
        assert (answer.status_code, "由同事处理" in text(answer)) == (403, True)

    def test_the_case_about_oneself_shows_none_of_its_words(self, desk: Desk) -> None:
        code = make_case(desk, about_id=desk.agent.staff_id).code
        answer = signed_in(desk.agent).get(f"/cases/{code}/")
        assert answer.status_code == 403
        assert "态度差" not in text(answer)

    def test_roles_without_a_workbench(self, desk: Desk) -> None:
        auditor = make_staff("审计", unit="SD", role="auditor")
        assert signed_in(auditor).get("/cases/").status_code == 403

    def test_strangers_sign_in_first(self, desk: Desk) -> None:
        assert Client().get("/cases/").status_code == 302


class TestWithoutScript:
    def test_a_case_goes_through_the_loop_by_plain_forms(self, desk: Desk) -> None:
        code, client = make_case(desk).code, signed_in(desk.agent)
        given: dict[str, dict[str, str]] = {
            "accept": {},
            "connect": {},
            "commit": {"text": "今天答复", "promised_for": ""},
            "check": {"step": "vent", "done": "on"},
            "note": {"text": "客户说晚上七点后方便"},
            "complete": {"text": ""},
            "plan": {"at": "2026-11-22T10:00"},
            "confirm": {"agreed": "yes"},
            "classify": {"cause": "misled", "gap": ""},
            "close": {},
        }
        for verb, fields in given.items():
            page = text(client.get(f"/cases/{code}/"))
            answer = client.post(f"/cases/{code}/{verb}/?tab=todo", {"version": version_in(page), **fields})
            assert answer.status_code == 302, (verb, text(answer))
            assert answer.headers["Location"] == f"/cases/{code}/?tab=todo"
        case = Case.objects.get(code=code)
        assert (case.state, case.cause, case.gap, case.checklist) == ("closed", "misled", "behavior", ["vent"])

    @pytest.mark.parametrize(
        "verb",
        [
            "assign",
            "commit",
            "confirm",
            "complete",
            "close",
            "pause",
            "escalate",
            "compensate",
            "promise",
            "reveal",
            "plan",
        ],
    )
    def test_each_form_is_a_page_of_its_own(self, desk: Desk, verb: str) -> None:
        opened = make_case(desk)
        handling.accept(case_id=opened.case_id, by=desk.agent, now=NOW)
        page = text(signed_in(desk.agent).get(f"/cases/{opened.code}/{verb}/"))
        assert f'action="/cases/{opened.code}/{verb}/' in page
        assert "<html" in page

    def test_an_unknown_verb_is_not_found(self, desk: Desk) -> None:
        assert signed_in(desk.agent).get(f"/cases/{make_case(desk).code}/dance/").status_code == 404

    def test_the_number_is_shown_for_a_minute_and_never_kept(self, desk: Desk) -> None:
        opened = make_case(desk)
        handling.accept(case_id=opened.case_id, by=desk.agent, now=NOW)
        client = signed_in(desk.agent)
        answer = client.post(f"/cases/{opened.code}/reveal/", {"reason": "回拨"})
        assert re.search(r"\+86151\d{8}", text(answer))
        assert answer.headers["Refresh"].startswith("60;")
        assert answer.headers["Cache-Control"] == "no-store"
        assert not re.search(r"151\d{8}", text(client.get(f"/cases/{opened.code}/")))

    def test_the_thirty_first_look_is_refused(self, desk: Desk) -> None:
        opened = make_case(desk)
        handling.accept(case_id=opened.case_id, by=desk.agent, now=NOW)
        client = signed_in(desk.agent)
        found = [client.post(f"/cases/{opened.code}/reveal/", {"reason": "回拨"}).status_code for _ in range(31)]
        assert found == [200] * 30 + [429]


class TestRefusals:
    def test_an_incomplete_form_keeps_what_was_typed(self, desk: Desk) -> None:
        opened = make_case(desk)
        handling.accept(case_id=opened.case_id, by=desk.agent, now=NOW)
        answer = signed_in(desk.agent).post(f"/cases/{opened.code}/confirm/", {"text": "客户还在想"})
        assert answer.status_code == 422
        assert "客户还在想" in text(answer)
        assert "有 1 处要改" in text(answer)

    def test_a_stale_edit_keeps_my_text_and_shows_the_change(self, desk: Desk) -> None:
        opened = make_case(desk)
        handling.accept(case_id=opened.case_id, by=desk.agent, now=NOW)
        stepping.connect(case_id=opened.case_id, by=desk.agent, now=NOW)
        client = signed_in(desk.agent)
        seen = version_in(text(client.get(f"/cases/{opened.code}/commit/")))
        handling.escalate(case_id=opened.case_id, reason="客户要求经理回电", by=desk.lead, now=NOW + 5 * MINUTE)
        typed = {"version": seen, "text": "周五前恢复套餐", "promised_for": ""}
        answer = client.post(f"/cases/{opened.code}/commit/", typed)
        page = text(answer)
        assert answer.status_code == 409
        assert "周五前恢复套餐" in page
        assert "马超" in page
        assert "客户要求经理回电" in page
        assert "再次提交" in page
        again = client.post(f"/cases/{opened.code}/commit/", {**typed, "version": version_in(page)})
        assert again.status_code == 302
        assert Entry.objects.filter(case_id=opened.case_id, kind="commit").get().text == "周五前恢复套餐"

    def test_closing_too_early_says_what_is_missing(self, desk: Desk) -> None:
        opened = make_case(desk)
        handling.accept(case_id=opened.case_id, by=desk.agent, now=NOW)
        answer = signed_in(desk.agent).post(f"/cases/{opened.code}/close/", {})
        assert (answer.status_code, "先记录客户认可，再办结" in text(answer)) == (409, True)

    def test_hostile_words_are_words(self, desk: Desk) -> None:
        opened = make_case(desk, comment="<script>alert(1)</script>太差")
        handling.accept(case_id=opened.case_id, by=desk.agent, now=NOW)
        handling.note(case_id=opened.case_id, text="<img src=x onerror=alert(1)>", by=desk.agent, now=NOW)
        page = text(signed_in(desk.agent).get(f"/cases/{opened.code}/"))
        assert "<script>alert" not in page
        assert "<img src=x" not in page


class TestHtmx:
    def test_a_step_answers_with_case_customer_queue_and_a_word(self, desk: Desk) -> None:
        opened = make_case(desk)
        handling.accept(case_id=opened.case_id, by=desk.agent, now=NOW)
        answer = signed_in(desk.agent).post(f"/cases/{opened.code}/connect/?tab=todo", {}, headers=HTMX)
        page = text(answer)
        assert (answer.status_code, answer.headers["HX-Retarget"], answer.headers["HX-Reswap"]) == (
            200,
            "#case",
            "outerHTML",
        )
        assert page.lstrip().startswith('<section id="case"')
        assert page.count('hx-swap-oob="true"') == 2
        assert "已记录：接通客户" in page
        assert len(page.encode()) < 200_000

    def test_closing_brings_the_way_back(self, desk: Desk) -> None:
        opened = make_case(desk)
        for verb in (stepping.connect, stepping.commit, stepping.complete):
            verb(case_id=opened.case_id, by=SYSTEM, now=NOW)
        stepping.confirm(case_id=opened.case_id, by=SYSTEM, now=NOW, agreed=True)
        client = signed_in(desk.lead)
        page = text(client.post(f"/cases/{opened.code}/close/", {"cause": "misled"}, headers=HTMX))
        assert f'action="/cases/{opened.code}/undo/"' in page
        assert client.post(f"/cases/{opened.code}/undo/", {}).status_code == 302
        assert Case.objects.get(code=opened.code).state == "open"

    def test_a_refusal_opens_in_the_dialog(self, desk: Desk) -> None:
        opened = make_case(desk)
        handling.accept(case_id=opened.case_id, by=desk.agent, now=NOW)
        stepping.connect(case_id=opened.case_id, by=desk.agent, now=NOW)
        answer = signed_in(desk.agent).post(f"/cases/{opened.code}/connect/", {}, headers=HTMX)
        assert (answer.status_code, answer.headers["HX-Retarget"]) == (409, "#dialog")

    def test_handing_over_leads_back_to_the_queue(self, desk: Desk) -> None:
        opened = make_case(desk)
        handling.accept(case_id=opened.case_id, by=desk.agent, now=NOW)
        given = {"staff": desk.colleague.staff_id}
        answer = signed_in(desk.agent).post(f"/cases/{opened.code}/assign/", given, headers=HTMX)
        assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/cases/")

    def test_another_of_the_six_steps_is_explained_alone(self, desk: Desk) -> None:
        code = make_case(desk).code
        headers = {**HTMX, "hx-target": "guides"}
        page = text(signed_in(desk.agent).get(f"/cases/{code}/?step=apologise", headers=headers))
        assert page.lstrip().startswith('<div class="z-grid z-grid-fill" id="guides"')
        assert "<h2>充分道歉</h2>" in page


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_both_languages_have_every_word(desk: Desk, language: str) -> None:
    opened = make_case(desk)
    handling.accept(case_id=opened.case_id, by=desk.agent, now=NOW)
    client = signed_in(desk.agent)
    client.cookies["zhiyin_language"] = language
    page = text(client.get(f"/cases/{opened.code}/"))
    assert ("转派" in page, "Reassign" in page) == (language != "en", language == "en")
