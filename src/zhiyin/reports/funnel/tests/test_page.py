"""The funnel's page: each number opens a list that is just as long, the losses add up, whatever it is cut by."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from zhiyin.outreach.testing import invitation_rows
from zhiyin.people.queries import staff_cards
from zhiyin.people.testing import make_staff
from zhiyin.reports.funnel.screen import CUTS
from zhiyin.reports.testing import Said, make_service, say
from zhiyin.reports.tests.listed import listed, signed_in

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)  # the pages look at the clock
RECENT = NOW - timedelta(days=2)


@pytest.fixture(autouse=True)
def _service(settings: Settings, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    make_service(now=NOW - timedelta(days=60))


@pytest.fixture
def said() -> None:
    """Two touchpoints, two branches, an agent, complaints; every second invitation sent, some opened."""
    by = make_staff("agent", unit="N-1")
    code = staff_cards([by.staff_id])[by.staff_id or 0].code
    say(
        Said(times=40, at=RECENT, scores={"overall": 10}, moment="first_call", segment="gold", brand="M", staff=code),
        Said(times=34, at=RECENT, scores={"overall": 3}, moment="waiting", segment="plain", complaint=True),
        Said(times=36, at=RECENT, scores={"overall": 9}, moment="at_desk", unit="S-1"),
    )
    rows = list(invitation_rows().order_by("pk").values_list("pk", "created_at"))
    for place, (pk, created) in enumerate(rows):
        if place % 2:
            opened = created + timedelta(hours=1) if place % 3 else None
            invitation_rows().filter(pk=pk).update(
                state="sent",
                sent_at=created,
                delivered_at=created,
                opened_at=opened,
                dies_at=created + timedelta(hours=8),
            )


@pytest.mark.usefixtures("said")
class TestTheFunnel:
    @pytest.mark.parametrize(
        "query",
        [
            {},
            {"unit": "S"},
            {"touchpoint": "hotline"},
            {"complaint": "true"},
            {"complaint": "false"},
            {"segment": "gold"},
            {"brand": "M", "moment": "first_call"},
            {"touchpoint": "moon"},
            {"staff": "nonsense"},
        ],
    )
    def test_each_number_opens_a_list_of_that_length(self, query: dict[str, str]) -> None:
        client, _by = signed_in()
        funnel = client.get("/funnel/", query).context["funnel"]
        for step in funnel.steps:
            assert listed(client, step.url) == step.count, step
            for lost in step.losses:
                assert listed(client, lost.url) == lost.count, lost
        assert bool(funnel.n) is not ({"moon", "nonsense"} & {*query.values()} != set())

    def test_the_losses_of_a_stage_are_what_lies_before_it(self) -> None:
        client, _by = signed_in()
        steps = client.get("/funnel/").context["funnel"].steps
        assert [step.place for step in steps] == ["Q0", "Q1", "Q2", "Q3", "Q4", "Q5"]
        assert steps[0].count == 110
        for before, step in zip(steps, steps[1:], strict=False):
            assert before.count - step.count == sum(lost.count for lost in step.losses), step.label
            assert 0 < step.count < before.count or step.label in ("已送达", "符合条件", "已完成")

    @pytest.mark.parametrize("cut", CUTS)
    def test_whatever_it_is_cut_by(self, cut: str) -> None:
        client, _by = signed_in()
        page = client.get("/funnel/", {"by": cut})
        steps, rows = page.context["funnel"].steps, page.context["rows"]
        for place, step in enumerate(steps):
            counts = [row.counts[place] for row in rows]
            if any(count is None for count, _url in counts):
                assert cut == "channel"
                continue
            assert sum(count for count, _url in counts) == step.count, step.label
            for row, (count, url) in zip(rows, counts, strict=True):
                assert (not url and row.name in ("未标明", "—")) or listed(client, url) == count, (row.name, url)

    def test_within_ones_own_branch(self) -> None:
        client, _by = signed_in("touchpoint_owner", unit="S")
        assert client.get("/funnel/").context["funnel"].n == 36

    def test_a_table_for_a_spreadsheet(self) -> None:
        client, _by = signed_in()
        file = client.get("/funnel/", {"by": "touchpoint", "csv": "by"})
        assert file["Content-Type"] == "text/csv; charset=utf-8"
        lines = file.content.decode("utf-8-sig").splitlines()
        assert lines[0].startswith("触点,服务接触,符合条件")
        assert [line.split(",")[:2] for line in lines[1:]] == [["hotline", "74"], ["hall", "36"]]


class TestStates:
    def test_before_anything_came_in_it_says_so(self) -> None:
        client, _by = signed_in()
        page = client.get("/funnel/")
        assert page.context["funnel"].n == 0
        assert "这段时间没有服务接触" in page.text

    def test_not_for_who_may_not_see_outreach(self) -> None:
        assert signed_in("team_lead")[0].get("/funnel/").status_code == 403
        assert signed_in()[0].get("/funnel/?unit=nothing").status_code == 404
