"""Parts rendered as templates do: hostile words stay words, and no part needs a style attribute."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.template import engines
from django.test import RequestFactory
from django.utils import translation

from zhiyin.ui import cards, charts, components

HOSTILE = "<script>alert(1)</script>\"'&"
NOW = datetime(2026, 11, 20, 6, 31, tzinfo=UTC)
WORD = cards.Word


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def render(source: str, **context: object) -> str:
    request = RequestFactory().get("/cases/", {"unit": "SD-05", "cursor": "abc"})
    return engines["django"].from_string(source).render(context, request=request)


class Reader(HTMLParser):
    """What a browser would find: kinds of scripts, names of attributes, and whether the words came through."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.scripts: set[str | None] = set()
        self.attributes: set[str] = set()
        self.words = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes |= {name for name, _ in attrs}
        self.words |= any("alert(1)" in (value or "") for _, value in attrs)
        if tag == "script":
            self.scripts.add(dict(attrs).get("type"))

    def handle_data(self, data: str) -> None:
        self.words |= HOSTILE in data


def kpi(**changes: Any) -> cards.Kpi:
    usual = cards.Kpi(key="top_box", label="Top-box rate", value=0.786, n=14286, low=0.779, high=0.793)
    return replace(usual, **changes)


ROW = cards.HeatRow(label=HOSTILE, cells=[cards.HeatCell(value=0.7, n=99, url=f"/x?{HOSTILE}")])
SERIES = charts.Series(name=HOSTILE, values=[0.5], signals={0: HOSTILE})


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("{% kpi part %}", kpi(label=HOSTILE, compared_with=HOSTILE, change=0.1, n_label=HOSTILE, url=HOSTILE)),
        ("{% tag part 'bad' %}", HOSTILE),
        ("{% icon 'x' label=part %}", HOSTILE),
        ("{% bars part %}", [cards.BarRow(label=HOSTILE, count=1, note=HOSTILE, url=HOSTILE)]),
        ("{% funnel part %}", [cards.FunnelStage(label=HOSTILE, count=1, loss=1, loss_label=HOSTILE, loss_url="#")]),
        ("{% heat_table part.rows part.columns part.scale part.caption %}", {
            "rows": [ROW],
            "columns": [HOSTILE],
            "scale": cards.HeatScale(centre=0.5, step=0.1),
            "caption": HOSTILE,
        }),
        ("{% steps part label=part.0.label %}", [cards.Step(label=HOSTILE, note=HOSTILE, url=HOSTILE)]),
        ("{% timeline part %}", [cards.Happening(at=NOW, text=HOSTILE, who=HOSTILE, note=HOSTILE, url=HOSTILE)]),
        ("{% state_empty part part action=part url=part second=part second_url=part %}", HOSTILE),
        ("{% state_filtered part part action=part url=part clear_url=part %}", HOSTILE),
        ("{% state_error part part code=part %}", HOSTILE),
        ("{% state_forbidden part part %}", HOSTILE),
        ("{% skeleton part %}", HOSTILE),
        ("{% crumbs part %}", [cards.Crumb(HOSTILE, HOSTILE), cards.Crumb(HOSTILE)]),
        ("{% tabs part label=part.0.label %}", [cards.Tab(HOSTILE, HOSTILE)]),
        ("{% chart 'c' part %}", charts.ChartConfig(title=HOSTILE, labels=[HOSTILE], series=[SERIES])),
    ],
)  # fmt: skip
def test_hostile_words_stay_words(source, part):
    html = render(source, part=part)
    read = Reader(html)
    assert read.scripts <= {"application/json"}
    # A word that broke out of its attribute would show as an attribute of its own.
    assert all(re.fullmatch(r"[a-z][a-z0-9:-]*", name) for name in read.attributes)
    assert "style" not in read.attributes
    assert read.words


def test_the_sla_chip_escapes_its_reason():
    html = render("{% sla_chip due now why %}", due=NOW, now=NOW, why=HOSTILE)
    assert "&lt;script&gt;" in html
    assert "<script>" not in html


def test_a_chart_cannot_be_left_through_its_data():
    html = render("{% chart 'c' part %}", part=charts.ChartConfig(title="</script><b>", labels=[], series=[]))
    assert html.count("</script>") == 1
    assert "\\u003C/script\\u003E" in html


def test_a_kpi_says_value_interval_verdict_change_and_n():
    card = kpi(change=-0.015, change_low=-0.024, change_high=-0.006, compared_with="last month", previous=0.801)
    html = render("{% kpi part %}", part=card)
    for words in ("78.6<small>%", "95% interval 77.9–79.3", "vs last month −1.5 pp (−2.4 to −0.6)", "n = 14,286"):
        assert words in html


@pytest.mark.parametrize(
    ("changes", "shown", "hidden"),
    [
        ({"n": 29}, "too few responses", "78.6"),
        ({"n": 30}, "78.6", "too few responses"),
        ({"value": None}, "No data in this period yet", "interval"),
        ({"low": None}, "78.6", "95% interval"),
        ({}, "First period, nothing to compare with yet", "vs"),
    ],
)
def test_a_kpi_withholds_what_it_cannot_stand_for(changes, shown, hidden):
    html = render("{% kpi part %}", part=kpi(**changes))
    assert shown in html
    assert hidden not in html


@pytest.mark.parametrize(
    ("word", "better", "tone"),
    [
        (WORD.UP, "up", "good"),
        (WORD.UP, "down", "bad"),
        (WORD.DOWN, "up", "bad"),
        (WORD.DOWN, "down", "good"),
        (WORD.NO_DIFFERENCE, "up", ""),
        (WORD.INCONCLUSIVE, "up", ""),
        (WORD.TOO_FEW, "up", "warn"),
        (WORD.OUT_OF_CONTROL, "up", "bad"),
    ],
)
def test_good_and_bad_follow_from_what_is_better(word, better, tone):
    assert components.verdict_tone(cards.Verdict(word, better)) == tone


def test_every_verdict_has_its_word_and_its_explanation():
    assert {verdict.word for verdict, _ in components.VERDICTS_EXPLAINED} == set(WORD)
    assert "significantly up" in render("{% verdict part %}", part=cards.Verdict(WORD.UP))


def test_a_matrix_cell_below_the_floor_shows_n_in_place_of_a_value():
    scale = cards.HeatScale(centre=0.8, step=0.02)
    html = render("{% heat_cell part scale %}", part=cards.HeatCell(value=0.9, n=18), scale=scale)
    assert "n=18" in html
    assert "90.0" not in html
    assert "z-hatch" in html


def test_a_significant_change_in_a_matrix_is_said_in_words_too():
    cell = cards.HeatCell(value=0.7, n=99, change="down", low=0.6, high=0.8)
    html = render("{% heat_cell part scale %}", part=cell, scale=cards.HeatScale(centre=0.8, step=0.02))
    assert "▼" in html
    assert "significant fall" in html
    assert "95% interval 60.0–80.0, n = 99" in html


@pytest.mark.parametrize(("minutes", "shown"), [(15, ""), (16, "Data up to 14:15")])
def test_figures_older_than_a_quarter_of_an_hour_say_so(minutes, shown):
    html = render("{% stale as_of now %}", as_of=NOW - timedelta(minutes=minutes), now=NOW)
    assert shown in re.sub(r"<[^>]+>", "", html)
    assert bool(html.strip()) == bool(shown)


def test_a_moment_takes_now_from_the_page():
    assert ">20 Nov 14:31<" in render("{% when moment %}", moment=NOW, now=NOW)
    assert ">20 Nov 2026 14:31<" in render("{% when moment %}", moment=NOW)
    assert render("{% when nothing %}") == "<span>—</span>"


def test_filters_dash_what_the_page_does_not_know():
    for name in ("number", "percent", "points", "level", "money", "headline"):
        assert render(f"{{{{ nothing|{name} }}}}") == "—"
    assert render("{{ none|duration }}", none=None) == "—"


def test_the_pager_keeps_the_filters_and_drops_the_old_cursor():
    html = render("{% pager 'next one' 50 %}")
    assert 'href="?unit=SD-05"' in html
    assert 'href="?unit=SD-05&amp;cursor=next+one"' in html
    assert "50 on this page" in html


def test_the_last_page_has_no_next():
    assert "rel=" not in render("{% pager None %}")


def test_a_code_is_shown_to_quote():
    assert "Error code 7F3A-1120" in render("{% state_error 'Not saved' code='7F3A-1120' %}")


def test_too_few_responses_names_both_numbers():
    html = render("{% state_few 18 %}")
    assert "Only 18 responses, no verdict yet" in html
    assert "Below 30 responses" in html
