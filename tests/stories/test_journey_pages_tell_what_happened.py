"""The journey: figures that agree with the catalogue, words within one's units, a moment as a panel and as a page."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from zhiyin.cases.testing import make_terms
from zhiyin.ledger import deliver
from zhiyin.loop import REACTIONS
from zhiyin.metrics.asking import Asked, answer_to
from zhiyin.outreach.testing import SYSTEM
from zhiyin.people.access import Viewer
from zhiyin.people.testing import make_staff
from zhiyin.people.tree import OrganisationTree
from zhiyin.reports.figures import Desk
from zhiyin.reports.journeys.map import journey_screen
from zhiyin.reports.journeys.moment import moment_page
from zhiyin.reports.journeys.shapes import Addresses, JourneyScreen
from zhiyin.reports.journeys.testing import current, make_journey, say
from zhiyin.ui.period import period_of

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)  # the pages look at the clock
RECENT, EARLIER = NOW - timedelta(days=2), NOW - timedelta(days=40)
HTMX = {"HX-Request": "true"}
assert REACTIONS  # importing the loop is what lets a low answer open its case


@pytest.fixture(autouse=True)
def _journey(settings, tmp_path) -> None:
    settings.DATA_DIR = tmp_path  # a mirror of its own
    make_journey(now=EARLIER - timedelta(days=1))
    make_terms()


def signed_in(role: str = "quality_manager", *, unit: str = "HQ", language: str = "zh-hans") -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(pk=make_staff(role, unit=unit).staff_id or 0))
    client.cookies["zhiyin_language"] = language
    return client


def seen(by: Viewer = SYSTEM, *, chosen: str | None = None, **query: str) -> JourneyScreen:
    desk = Desk(by, period_of(query, today=NOW.astimezone().date()))
    return journey_screen(desk, Addresses.of(query), chosen=chosen)


def journeys(**query: str) -> str:
    return reverse("journey:journeys") + (f"?{'&'.join(f'{key}={value}' for key, value in query.items())}")


def moment(key: str, **query: str) -> str:
    return reverse("journey:moment", args=[key]) + f"?{'&'.join(f'{name}={value}' for name, value in query.items())}"


class TestTheMap:
    def test_a_stage_is_all_its_moments_and_equals_the_catalogue(self):
        say("first_call", top=30, low=10, at=RECENT)
        say("waiting", top=10, low=30, at=RECENT)
        current(now=NOW)
        help_stage = seen().stages[1]
        assert help_stage.score is not None
        assert (help_stage.score.value, help_stage.n) == (0.5, 80)
        known = answer_to(Asked("top_box", by=("moment",)), by=SYSTEM, tree=OrganisationTree(), floor=1).by_key()
        for one in help_stage.all_moments:
            assert one.score is not None
            assert (one.score.value, one.score.low, one.score.high, one.n) == (
                known[one.key].value,
                known[one.key].low,
                known[one.key].high,
                known[one.key].n,
            )

    def test_the_costliest_comes_first_is_named_and_stands_beside_the_map(self):
        say("first_call", top=38, low=2, at=RECENT)
        say("waiting", top=10, low=30, at=RECENT)
        current(now=NOW)
        found = seen()
        assert [one.key for one in found.stages[1].moments] == ["waiting", "first_call"]
        assert found.conclusion is not None
        assert "转人工等待" in found.conclusion.lead
        assert [one.key for one in found.moments if one.is_chosen] == ["waiting"]
        assert abs(sum(one.pull for one in found.moments)) < 1e-9

    def test_below_thirty_answers_nothing_is_rated_ranked_or_drawn(self):
        say("waiting", low=29, at=RECENT)
        current(now=NOW)
        found = seen()
        assert (found.whole, found.conclusion, found.line, list(found.costly)) == (None, None, None, [])
        page = signed_in().get(journeys()).text
        assert "样本不足，n = 29" in page
        assert "%" not in re.sub(r"<[^>]+>|width=\S+", "", page.split('id="map"')[1].split("</section>")[0])

    def test_an_arrow_needs_a_change_that_chance_hardly_explains(self):
        for at, top in ((EARLIER, 38), (RECENT, 15)):
            say("waiting", top=top, low=40 - top, at=at)
        say("first_call", top=30, low=10, at=EARLIER)
        say("first_call", top=29, low=11, at=RECENT)
        current(now=NOW)
        arrows = {one.key: one.arrow for one in seen().moments}
        assert arrows == {"waiting": "down", "first_call": "", "bill": ""}

    def test_answers_without_a_moment_are_told_and_not_placed(self):
        say("waiting", top=40, at=RECENT)
        say("", top=5, at=RECENT)
        current(now=NOW)
        assert seen().unplaced == 5
        assert "5 份评价没有标明时刻" in signed_in().get(journeys()).text

    def test_nobody_sees_another_branchs_answers(self):
        say("waiting", top=40, at=RECENT, unit="N-1")
        say("waiting", low=35, at=RECENT, unit="S-1")
        current(now=NOW)
        north, south = (seen(make_staff("quality_manager", unit=unit)) for unit in ("N", "S"))
        assert (north.n, south.n) == (40, 35)
        assert (north.whole and north.whole.value, south.whole and south.whole.value) == (1.0, 0.0)
        assert "n = 40" not in signed_in(unit="S").get(journeys(unit="N")).text

    def test_a_unit_narrows_the_whole_page(self):
        say("waiting", top=40, at=RECENT, unit="N-1")
        say("waiting", low=35, at=RECENT, unit="S-1")
        current(now=NOW)
        assert "0.0%" in signed_in().get(journeys(unit="S")).text

    def test_without_answers_the_map_is_ready_and_says_so(self):
        page = signed_in().get(journeys()).text
        assert "这段时间还没有评价" in page
        assert "转人工等待" in page

    def test_without_a_map_it_says_where_one_comes_from(self, monkeypatch):
        empty = JourneyScreen(
            stages=[], line=None, whole=None, n=0, conclusion=None, costly=[], moved=[], touchpoints=0, unplaced=0
        )
        monkeypatch.setattr("zhiyin.reports.journeys.map.journey_screen", lambda *_, **__: empty)
        assert "还没有旅程" in signed_in().get(journeys()).text


class TestThePages:
    @pytest.mark.parametrize(
        ("role", "status"),
        [
            *[(role, 200) for role in ("team_lead", "quality_manager", "touchpoint_owner", "executive")],
            *[(role, 403) for role in ("agent", "auditor", "administrator")],
        ],
    )
    def test_figures_are_for_those_who_may_see_them(self, role, status):
        assert signed_in(role).get(journeys()).status_code == status
        assert signed_in(role).get(moment("waiting")).status_code == status

    def test_strangers_are_sent_to_log_in(self):
        assert Client().get(journeys()).status_code == 302

    @pytest.mark.parametrize("key", ["nothing", "x" * 200, "-"])
    def test_an_unknown_moment_is_not_there(self, key):
        assert signed_in().get(moment(key)).status_code == 404

    @pytest.mark.parametrize(
        "query", [{"moment": "%00"}, {"period": "x", "unit": "x", "view": "x"}, {"segment": "%00", "touchpoint": "%27"}]
    )
    def test_nonsense_in_the_address_breaks_nothing(self, query):
        say("waiting", top=40, at=RECENT)
        current(now=NOW)
        assert signed_in().get(journeys(**query)).status_code == 200
        assert signed_in().get(moment("waiting", **query)).status_code == 200

    def test_a_moment_is_a_panel_for_htmx_and_a_page_for_everybody_else(self):
        client = signed_in()
        panel = client.get(moment("waiting", panel="1"), headers=HTMX).text
        page = client.get(moment("waiting", panel="1")).text
        assert "<html" not in panel
        assert "<html" in page
        for text in (panel, page):
            assert "一次说清。" in text
            assert "先听完" in text
            assert "S3.8b" in text
            assert "这段时间做到率没有测量" in text

    def test_an_empty_choice_leaves_the_map_alone(self):
        say("waiting", top=10, low=30, at=RECENT)
        current(now=NOW)
        client = signed_in()
        assert "j-panel" in client.get(journeys()).text
        assert "j-panel" not in client.get(journeys(moment="")).text
        assert "j-panel" not in client.get(journeys(moment="nothing")).text

    def test_the_table_names_every_moment(self):
        say("waiting", top=10, low=30, at=RECENT)
        current(now=NOW)
        page = signed_in().get(journeys(view="table")).text
        assert [name in page for name in ("首次来电解决", "转人工等待", "账单看得懂")] == [True] * 3
        assert 'id="map"' not in page

    @pytest.mark.parametrize("view", ["", "table"])
    def test_what_a_stage_is_stands_beside_its_name_where_the_pack_says_it(self, view):
        page = signed_in().get(journeys(view=view)).text
        assert page.count("看账单、交费，&lt;核对&gt;收费。") == 1
        assert "Looks at the bill, pays &amp; checks." in signed_in(language="en").get(journeys(view=view)).text
        assert 'title=""' not in page  # the other stage says nothing of itself

    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    @pytest.mark.parametrize("path", [journeys(), journeys(view="table"), moment("waiting")])
    def test_one_heading_unique_ids_and_no_inline_styles(self, language, path):
        say("waiting", top=10, low=30, at=RECENT, comment="打 13800138000 找我")
        current(now=NOW)
        page = signed_in(language=language).get(path).text
        assert page.count("<h1") == 1
        assert not re.search(r"\sstyle=", page)
        assert "13800138000" not in page
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids))


class TestTheChecklist:
    def text(self, role: str = "quality_manager", **query: str) -> str:
        return signed_in(role).get(moment("waiting", **query)).text

    def test_how_often_it_is_done_stands_with_its_interval_n_and_records(self):
        say("waiting", top=30, at=RECENT, done=["hear", "say"])
        say("waiting", top=10, at=RECENT, done=["hear"])
        say("waiting", top=10, at=RECENT)  # nobody looked
        say("bill", top=40, at=RECENT, done=[])
        current(now=NOW)
        page = self.text()
        assert "87.5%" in page  # 70 of 80
        assert "95% 区间 78.5–93.1，n = 80" in page
        assert "100.0%</b>" in page
        assert "75.0%</b><small>S3.8b</small><small>59.8–85.8 · n = 40" in page
        assert "数据到" in page.split("j-checks")[1]
        (link,) = re.findall(r'href="([^"]*explorer/records[^"]*)"', page)
        records = signed_in().get(html.unescape(link)).text
        assert "n = 80" in records

    def test_below_the_floor_no_rate_is_shown(self):
        say("waiting", top=14, at=RECENT, done=["hear"])
        current(now=NOW)
        page = self.text()
        assert "只查看过 28 条次，满 30 条次才显示做到率" in page
        assert "50.0" not in page

    def test_an_item_stays_silent_while_the_whole_speaks(self):
        say("waiting", top=16, at=RECENT, done=["hear", "say"])
        current(now=NOW)
        page = self.text()
        assert "n = 32" in page
        assert page.count("<b>—</b>") >= 2
        assert "n = 16 · 样本不足" in page

    def test_another_branchs_checks_are_not_counted(self):
        say("waiting", top=40, at=RECENT, unit="S-1", done=["hear"])
        current(now=NOW)
        assert "这段时间做到率没有测量" in signed_in(unit="N").get(moment("waiting")).text

    def test_the_list_of_calls_is_not_offered_to_who_may_not_open_it(self):
        say("waiting", top=40, at=RECENT, done=["hear"])
        current(now=NOW)
        page = self.text("team_lead")
        assert "n = 80" in page
        assert "explorer/records" not in page


def delivered() -> None:
    """Let low answers open their cases."""
    while deliver.deliver_pending(now=NOW):
        pass


class TestOneMoment:
    def page(self, by: Viewer, key: str = "waiting", **query: str) -> Any:
        return moment_page(key, Desk(by, period_of(query, today=NOW.astimezone().date())), quotes=3)

    def test_the_newest_words_are_masked_and_those_of_other_moments_left_out(self):
        say("waiting", low=5, at=RECENT - timedelta(hours=1), comment="等了十四分钟", reason="slow")
        say("waiting", low=1, at=RECENT, comment="回我 13800138000")
        say("bill", low=1, at=RECENT, comment="看不懂账单")
        voices = self.page(SYSTEM).voices
        assert [quote.text for quote in voices.quotes] == ["回我 138****8000", "等了十四分钟", "等了十四分钟"]
        assert [(row.label, row.count) for row in voices.reasons] == [("等太久", 5)]
        assert voices.low == 5

    def test_words_beyond_one_page_of_the_touchpoint_are_found(self):
        say("waiting", low=1, at=RECENT - timedelta(hours=2), comment="早先的一句")
        say("bill", low=120, at=RECENT, comment="另一个时刻")
        assert [quote.text for quote in self.page(SYSTEM).voices.quotes] == ["早先的一句"]

    def test_another_branchs_words_and_cases_are_not_there(self):
        say("waiting", low=1, at=RECENT, comment="南区的话", unit="S-1")
        delivered()
        north, south = (self.page(make_staff("quality_manager", unit=unit)) for unit in ("N", "S"))
        assert (len(north.voices.quotes), len(north.cases)) == (0, 0)
        assert (len(south.voices.quotes), len(south.cases)) == (1, 1)

    def test_the_open_cases_are_those_of_this_moment(self):
        say("waiting", low=2, at=RECENT, comment="没人管")
        say("bill", low=1, at=RECENT)
        delivered()
        page = signed_in().get(moment("waiting")).text
        assert len(set(re.findall(r"/cases/(GD-[\d-]+)/", page))) == 2
        assert "2 张未办结工单" in signed_in().get(moment("waiting", panel="1"), headers=HTMX).text

    def test_a_cases_code_leads_to_why_its_customer_was_asked(self):
        say("waiting", low=1, at=RECENT)
        delivered()
        client = signed_in()
        (code,) = set(re.findall(r"/cases/(GD-[\d-]+)/", client.get(moment("waiting")).text))
        found, outsider = (
            one.post("/outreach/why/", {"q": code.lower()}).text for one in (client, signed_in(unit="S"))
        )
        assert "收到服务接触" in found
        assert "没有找到" in outsider
        assert "没有找到" in client.post("/outreach/why/", {"q": "GD-20200101-0001"}).text

    def test_executives_see_figures_but_neither_words_nor_cases(self):
        say("waiting", low=40, at=RECENT, comment="没人管")
        current(now=NOW)
        delivered()
        page = signed_in("executive").get(moment("waiting")).text
        assert "0.0%" in page
        assert "没人管" not in page
        assert "/cases/GD" not in page

    def test_change_and_nps_come_with_their_intervals_once_both_periods_have_enough(self):
        say("waiting", top=40, at=EARLIER)
        current(now=NOW)
        assert self.page(SYSTEM).change == ""
        say("waiting", low=40, at=RECENT)
        current(now=NOW)
        page = self.page(SYSTEM)
        assert page.verdict is not None
        assert page.change.startswith("−100.0 点（−100.0 ~ ")
        assert (page.nps.value, page.nps.n) == (-100.0, 40)

    def test_a_person_who_leaves_the_period_out_gets_thirty_days(self):
        say("waiting", top=40, at=EARLIER)
        current(now=NOW)
        assert self.page(SYSTEM).n == 0
        assert self.page(SYSTEM, period="90d").n == 40
