"""The matrix cell by cell: what is known of each, what is not, and what would make it known."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from zhiyin.metrics import mirror
from zhiyin.reports.testing import Said, make_service, say
from zhiyin.reports.tests.listed import listed, signed_in

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)  # the pages look at the clock
RECENT, EARLIER = NOW - timedelta(days=2), NOW - timedelta(days=40)
GOOD, BAD = {"overall": 10, "attitude": 10, "ability": 10}, {"overall": 4, "attitude": 3, "ability": 10}


@pytest.fixture(autouse=True)
def _service(settings: Settings, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    make_service(now=NOW - timedelta(days=60))


@pytest.fixture
def said() -> None:
    """The hotline's behaviour got worse; its value few have rated; the hall's behaviour nobody."""
    say(
        Said(times=40, at=EARLIER, scores=GOOD, moment="waiting"),
        Said(times=40, at=RECENT, scores=BAD, moment="waiting", comment="等太久"),
        Said(times=7, at=RECENT, scores={"worth": 9}, moment="waiting"),
        Said(times=35, at=RECENT, scores={"worth": 10}, moment="at_desk", unit="S-1"),
    )
    mirror.catch_up(now=NOW)


def cells(client: Any, **query: str) -> dict[str, Any]:
    grid = client.get("/overview/grid/", query).context["grid"]
    return {f"{one.cell.touchpoint}.{one.cell.dimension}": one.cell for row in grid.rows for one in row.cells}


@pytest.mark.usefixtures("said")
class TestCells:
    def test_each_says_what_is_known_and_opens_as_many_answers(self) -> None:
        client, _by = signed_in()
        found = cells(client)
        assert {key: (cell.state, cell.figure.n) for key, cell in found.items()} == {
            "hotline.behavior": ("measured", 80),
            "hotline.value": ("few", 7),
            "hall.behavior": ("not_measured", 0),
            "hall.value": ("measured", 35),
        }
        assert found["hotline.value"].needed == 23
        for cell in found.values():
            assert not cell.figure.n or listed(client, cell.verbatims_url) == cell.figure.n
            for question in cell.questions:
                assert listed(client, question.url) >= 0

    def test_a_change_is_marked_only_where_it_stands_among_all_cells(self) -> None:
        client, _by = signed_in()
        assert {key: cell.direction for key, cell in cells(client).items() if cell.direction} == {
            "hotline.behavior": "down"
        }

    def test_weeks_without_enough_are_gaps(self) -> None:
        client, _by = signed_in()
        cell = cells(client)["hotline.behavior"]
        assert len(cell.trend) == 12
        assert sorted(value for value in cell.trend if value is not None) == [0.5, 1.0]

    def test_a_cell_opens_its_questions_moments_and_checklists(self) -> None:
        client, _by = signed_in()
        page = client.get("/overview/grid/", {"cell": "hotline.behavior"})
        grid = page.context["grid"]
        assert grid.chosen.cell.touchpoint == "hotline"
        assert [text for text, _url in grid.behind[0][1]] == ["attitude", "ability"]
        assert [text for text, _url in grid.behind[1][1]] == ["first_call", "waiting"]
        assert listed(client, grid.behind[0][1][0][1]) == 40
        assert "50.0%" in page.text

    def test_an_empty_one_says_what_it_would_take(self) -> None:
        client, _by = signed_in()
        assert "未测量" in client.get("/overview/grid/", {"cell": "hall.behavior"}).text
        assert "再收 23 份" in client.get("/overview/grid/", {"cell": "hotline.value"}).text

    def test_by_another_measure_and_within_a_branch(self) -> None:
        client, _by = signed_in("team_lead", unit="S")
        found = cells(client, measure="mean")
        assert found["hall.value"].figure.value == 10.0
        assert found["hotline.behavior"].figure.n == 0

    def test_nonsense_chooses_nothing(self) -> None:
        client, _by = signed_in()
        grid = client.get("/overview/grid/", {"cell": "moon.moon", "measure": "moon"}).context["grid"]
        assert (grid.chosen, grid.unit) == (None, "share")

    def test_as_a_file_with_what_the_page_withholds_withheld(self) -> None:
        client, _by = signed_in()
        lines = client.get("/overview/grid/?csv=grid").content.decode("utf-8-sig").splitlines()
        assert len(lines) == 1 + 4
        assert lines[2].split(",")[2:6] == ["7", "", "", ""]


def test_before_the_first_answer_no_cell_is_known() -> None:
    client, _by = signed_in()
    page = client.get("/overview/grid/")
    assert "还没有一格有数" in page.text
    assert {cell.state for cell in cells(client).values()} == {"not_measured"}
