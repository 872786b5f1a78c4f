"""The matrix cell by cell: what is known of each, what is not, and what would make it known."""

import csv
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from zhiyin.journey.actions import put_map
from zhiyin.lib.relation import spearman
from zhiyin.lib.text import both
from zhiyin.metrics import mirror
from zhiyin.metrics.asking import Asked, answer_to
from zhiyin.metrics.language import Answer
from zhiyin.reports import figures
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


@pytest.fixture
def cared() -> None:
    """The hotline does most of its list and is felt to; the hall does none of it; of value few said anything."""
    done = ("greet", "explain")
    say(
        Said(times=40, at=RECENT, scores={"overall": 10, "attitude": 10}, moment="waiting", done=done),
        Said(times=20, at=RECENT, scores={"overall": 3, "attitude": 2}, moment="waiting", done=done),
        Said(times=15, at=RECENT, scores={"overall": 8, "attitude": 9}, moment="waiting", done=("greet",)),
        Said(times=5, at=RECENT, scores={"overall": 8, "attitude": 2}, moment="waiting", done=("greet",)),
        Said(times=40, at=RECENT, scores={"overall": 9, "attitude": 4}, moment="at_desk", unit="S-1", done=()),
        Said(times=4, at=RECENT, scores={"overall": 10, "worth": 10}, moment="waiting"),
        Said(times=4, at=RECENT, scores={"overall": 2, "worth": 10}, moment="waiting"),
        Said(times=4, at=RECENT, scores={"overall": 10, "worth": 3}, moment="waiting"),
    )
    mirror.catch_up(now=NOW)


@pytest.mark.usefixtures("cared")
class TestCare:
    def shown(self, client: Any, **query: str) -> dict[str, Any]:
        grid = client.get("/overview/grid/", query).context["grid"]
        return {f"{one.cell.touchpoint}.{one.cell.dimension}": one.care for row in grid.rows for one in row.cells}

    def test_a_relation_has_its_interval_its_n_its_method_and_a_word(self) -> None:
        client, _by = signed_in()
        known = spearman({(10.0, 10.0): 40, (2.0, 3.0): 20, (9.0, 8.0): 15, (2.0, 8.0): 5})
        page = client.get("/overview/grid/", {"cell": "hotline.behavior"})
        care = page.context["grid"].chosen.care
        assert known is not None
        assert (care.relation, care.low, care.high) == tuple(
            f"{one:.2f}" for one in (known.value, known.low, known.high)
        )
        assert (care.n, care.strength, care.mark) == (80, "高", "◆ 关联高")
        assert f"{care.low}–{care.high} · n = 80" in page.text
        assert "Spearman 等级相关及其 95% 区间" in page.text

    def test_below_the_floor_a_relation_is_only_its_n(self) -> None:
        client, _by = signed_in()
        page = client.get("/overview/grid/", {"cell": "hotline.value"})
        care = page.context["grid"].chosen.care
        assert (care.relation, care.strength, care.mark, care.pearson, care.n) == ("", "", "", "", 12)
        assert "少于 30 不显示关联度" in page.text

    def test_what_never_varies_or_was_never_looked_at_is_not_measured(self) -> None:
        client, _by = signed_in()
        page = client.get("/overview/grid/", {"cell": "hall.behavior"})
        assert page.context["grid"].chosen.care.n == 0
        assert "未测量：需要同一份答卷里两者都有回答" in page.text
        assert "没有对应的关键时刻" in client.get("/overview/grid/", {"cell": "hall.value"}).text

    def test_given_stands_against_felt(self) -> None:
        client, _by = signed_in()
        found = self.shown(client)
        given = found["hotline.behavior"].given
        assert (given.value, given.n) == (140 / 160, 160)
        assert {key: care.perception for key, care in found.items()} == {
            "hotline.behavior": "做了，也感到",
            "hotline.value": "",
            "hall.behavior": "没做，也没感到",
            "hall.value": "",
        }
        page = client.get("/overview/grid/", {"cell": "hotline.behavior"})
        assert "87.5%" in page.text
        assert "n = 160" in page.text

    def test_the_matrix_says_it_in_words_for_eyes_and_ears(self) -> None:
        client, _by = signed_in()
        page = client.get("/overview/grid/").text
        assert '<small class="f-marks">◆ 关联高 · 做了，也感到</small>' in page
        assert 'aria-label="hotline × behavior 50.0% · ◆ 关联高 · 做了，也感到"' in page

    def test_what_the_source_wants_improved_stands_beside(self) -> None:
        client, _by = signed_in()
        page = client.get("/overview/grid/", {"cell": "hotline.behavior"})
        assert page.context["grid"].chosen.care.points == ["先说要等多久"]
        assert "<span>先说要等多久</span>" in page.text
        assert self.shown(client)["hall.value"].points == []

    def test_as_a_file_withheld_where_the_page_withholds(self) -> None:
        client, _by = signed_in()
        text = client.get("/overview/grid/?csv=grid").content.decode("utf-8-sig")
        rows = {(row["触点"], row["维度"]): row for row in csv.DictReader(text.splitlines())}
        few, known = rows["hotline", "value"], rows["hotline", "behavior"]
        assert (few["与总体满意的关联度"], few["与总体满意的关联度: n"]) == ("", "12")
        assert (known["与总体满意的关联度: n"], known["清单执行率: n"], known["给出与感知"]) == ("80", "160", "met")
        assert float(known["清单执行率"]) == 140 / 160

    def test_more_cells_are_no_more_questions(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[Asked] = []

        def noted(one: Asked, **more: Any) -> Answer:
            asked.append(one)
            return answer_to(one, **more)

        monkeypatch.setattr(figures, "answer_to", noted)
        client, _by = signed_in()
        assert len(self.shown(client)) == 4
        few = len(asked)
        rows = [{"key": f"more_{number}", "order": 3 + number} for number in range(5)]
        common = {"name": both("多", "More"), "kind": "call", "scenario": "hotline", "survey": "talk", "source": "S0.1"}
        put_map(scenarios=[], stages=[], dimensions=[], touchpoints=[row | common for row in rows], moments=[])
        asked.clear()
        assert len(self.shown(client)) == 14
        assert len(asked) == few


def test_before_the_first_answer_no_cell_is_known() -> None:
    client, _by = signed_in()
    page = client.get("/overview/grid/")
    assert "还没有一格有数" in page.text
    assert {cell.state for cell in cells(client).values()} == {"not_measured"}
