"""An administrator declares, renames and retires what figures are cut by; figures follow, and the ledger knows who."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as some
from pytest_django.fixtures import Settings

from zhiyin.journey.declaring import ShiftGiven, put_shift
from zhiyin.journey.queries import forget_map, journey_map
from zhiyin.ledger.queries import events
from zhiyin.lib.text import both
from zhiyin.metrics import mirror
from zhiyin.metrics.asking import dimensions_of
from zhiyin.metrics.engine import dimensions, measures
from zhiyin.outreach.intake import receive
from zhiyin.outreach.testing import SYSTEM
from zhiyin.reports.cuts.screen import spans
from zhiyin.reports.testing import make_service
from zhiyin.reports.tests.listed import signed_in

NOW = timezone.now()
PAGE, CHANGE = "/settings/cuts/", "/settings/cuts/change/"
ERRAND = {"do": "attribute", "key": "errand", "name_zh": "办理事由", "name_en": "Errand", "values": "ask = 咨询 | Ask"}
NIGHT = {"do": "shift", "key": "night", "name_zh": "夜班", "name_en": "Night", "from_hour": "22", "until_hour": "6"}


@pytest.fixture
def service(db: None, settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    forget_map()
    make_service(now=NOW - timedelta(days=9))
    calls = [
        {
            "source": "test",
            "external_id": f"c-{number}",
            "customer": {"external_id": f"C{number}", "phone": f"135{number:08}"},
            "touchpoint": "hotline",
            "ended_at": (NOW - timedelta(days=1)).isoformat(),
            "attributes": {"errand": "ask", "moment": "waiting", "weather": "rain", "Not a key": 1},
        }
        for number in range(40)
    ]
    assert all(one.status == "created" for one in receive(calls, by=SYSTEM, now=NOW - timedelta(days=1)))
    mirror.catch_up(now=NOW)


@pytest.mark.usefixtures("service")
class TestThePage:
    def administrator(self) -> Client:
        return signed_in("administrator")[0]

    def test_what_systems_send_is_offered_declared_and_cuts_figures_of_the_past(self) -> None:
        client = self.administrator()
        page = client.get(PAGE)
        assert page.context["cuts"].undeclared == [("errand", 40), ("weather", 40)]  # nor our own, nor what is no key
        assert 'value="errand"' in client.get(f"{PAGE}?key=errand").text
        done = client.post(CHANGE, ERRAND, follow=True)
        assert "已登记" in done.text
        (line,) = done.context["cuts"].attributes
        assert (line.name, line.sent, line.values_count) == ("办理事由", 40, 1)
        assert line.cuts == sum("attr.errand" in dimensions_of(one) for one in measures().values()) > 20
        mirror.catch_up(now=NOW)
        analyst, _by = signed_in()
        sheet = analyst.get("/explorer/?measure=invitation_rate&rows=attr.errand").context["shown"].sheet
        assert [(one.label, one.whole.n) for one in sheet.lines] == [("咨询", 40)]

    def test_it_is_renamed_in_its_place_and_retired(self) -> None:
        client = self.administrator()
        client.post(CHANGE, ERRAND)
        slot = journey_map().slots["errand"]
        client.post(CHANGE, {**ERRAND, "name_zh": "来电事由", "values": ""})
        (card,) = journey_map().attributes
        assert (card.slot, card.name["zh-hans"], card.values) == (slot, "来电事由", {})
        assert "已停用" in client.post(CHANGE, {"do": "retire_attribute", "key": "errand"}, follow=True).text
        assert "attr.errand" not in dimensions()
        assert client.post(CHANGE, {"do": "retire_attribute", "key": "errand"}).status_code == 404
        told = events(before=None, kind="", subject="attribute:errand", units=None, limit=9)
        assert [one.kind for one in told] == ["journey.attribute_retired", *["journey.attribute_declared"] * 2]

    def test_shifts_are_added_changed_and_retired_and_what_they_leave_open_is_told(self) -> None:
        client = self.administrator()
        page = client.post(CHANGE, NIGHT, follow=True)
        assert page.context["cuts"].uncovered == "6–22"
        page = client.post(CHANGE, {**NIGHT, "key": "late", "from_hour": "5", "until_hour": "24"}, follow=True)
        assert (page.context["cuts"].uncovered, page.context["cuts"].shared) == ("", "5–6, 22–24")
        assert "不止一个班次覆盖 5–6, 22–24 点" in page.text
        client.post(CHANGE, {**NIGHT, "name_zh": "大夜", "until_hour": "5"})
        assert [(one.key, one.name["zh-hans"], len(one.hours)) for one in journey_map().shifts] == [
            ("night", "大夜", 7),
            ("late", "夜班", 19),
        ]
        client.post(CHANGE, {"do": "retire_shift", "key": "night"})
        assert [one.key for one in journey_map().shifts] == ["late"]
        assert client.post(CHANGE, {"do": "retire_shift", "key": "night"}).status_code == 404
        for number in range(7):
            given_ = ShiftGiven(key=f"s{number}", name=both("班", "Shift"), from_hour=1, until_hour=2)
            put_shift(given_, by=SYSTEM, now=NOW)
        assert "已有 8 个班次" in client.post(CHANGE, NIGHT).text

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"key": "Errand"}, "不能作为键"),
            ({"key": "complaint"}, "有自己的名称"),
            ({"name_en": ""}, "名称的中文和英文"),
            ({"name_zh": "长" * 41}, "名称的中文和英文"),
            ({"values": "ask 咨询"}, "第 1 行"),
            ({"values": "a = 甲 | A\n\na = 乙 | B"}, "第 3 行"),
            ({"values": "a = | A"}, "名称的中文和英文"),
            ({"values": f"{'a' * 61} = 甲 | A"}, "取值最多 60 个字符"),
            ({"values": "\n".join(f"a{number} = 甲 | A" for number in range(61))}, "最多给 60 个取值"),
            ({"do": "shift", "from_hour": "7", "until_hour": "7"}, "不能相同"),
            ({"do": "shift", "from_hour": "24", "until_hour": "7"}, "钟点从 0 到 24"),
            ({"do": "shift", "from_hour": "x"}, "钟点从 0 到 24"),
            ({"do": "paint"}, "不认识"),
        ],
    )
    def test_what_cannot_be_declared_is_said_and_what_was_typed_is_kept(
        self, changes: dict[str, str], said: str
    ) -> None:
        page = self.administrator().post(CHANGE, ERRAND | changes)
        assert page.status_code == 422
        assert said in page.text
        assert (journey_map().attributes, journey_map().shifts) == ([], [])
        if changes.get("do") != "paint" and "name_zh" not in changes:
            assert "办理事由" in page.text

    def test_twelve_places_and_no_more(self) -> None:
        client = self.administrator()
        for number in range(12):
            client.post(CHANGE, {**ERRAND, "key": f"a{number}"})
        page = client.post(CHANGE, {**ERRAND, "key": "a12"})
        assert page.status_code == 422
        assert "十二个位置都已占用" in page.text

    @pytest.mark.parametrize(
        "role", ["agent", "team_lead", "quality_manager", "touchpoint_owner", "executive", "auditor"]
    )
    def test_only_administrators_open_it(self, role: str) -> None:
        client, _by = signed_in(role)
        assert client.get(PAGE).status_code == 403
        assert client.post(CHANGE, ERRAND).status_code == 403

    def test_an_administrator_of_a_branch_looks_and_changes_nothing(self) -> None:
        client, _by = signed_in("administrator", unit="N")
        page = client.get(PAGE)
        assert "由全组织的管理员登记" in page.text
        assert 'name="do"' not in page.text
        assert client.post(CHANGE, ERRAND).status_code == 403
        assert journey_map().attributes == []


@given(some.sets(some.integers(0, 23)))
def test_spans_hold_exactly_the_hours(hours: set[int]) -> None:
    found = [tuple(map(int, span.split("–"))) for span in spans(sorted(hours)).split(", ") if span]
    assert {hour for first, until in found for hour in range(first, until)} == hours
