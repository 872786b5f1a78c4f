"""The overview: each number opens a list that is just as long, whatever the period, the filters and who looks."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from zhiyin.cases.testing import make_terms
from zhiyin.lib import intervals
from zhiyin.metrics import mirror
from zhiyin.outreach.testing import SYSTEM, invitation_rows
from zhiyin.people.access import Viewer
from zhiyin.reports import overview
from zhiyin.reports.causes import ALONG
from zhiyin.reports.causes import why as why_of
from zhiyin.reports.figures import Desk
from zhiyin.reports.testing import ASKED, DIMENSIONS, MOMENTS, Said, make_service, publish_version, say
from zhiyin.reports.tests.listed import listed, signed_in
from zhiyin.reports.trends import trend
from zhiyin.ui.period import period_of

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)  # the pages look at the clock
DAY = timedelta(days=1)
RECENT, EARLIER = NOW - 2 * DAY, NOW - 40 * DAY
LATER_ASKED = {**ASKED, "ability": "value"}  # version 2 moved a question to another dimension
ALL = {"overall": 10, "attitude": 10, "ability": 9, "worth": 8, "again": 10}
LOW = {"overall": 4, "attitude": 3, "again": 2}


def first_moment() -> datetime:
    """Of the last 30 days on the organisation's clock."""
    day = timezone.localdate() - 29 * DAY
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone()).astimezone(UTC)


def groups() -> list[Said]:
    gold = {"moment": "first_call", "segment": "gold", "brand": "M"}
    return [
        Said(times=30, at=RECENT, scores=ALL, **gold),
        Said(times=10, at=RECENT, scores={**ALL, "overall": 6}, **gold),
        Said(times=35, at=RECENT, scores=LOW, moment="waiting", segment="plain", comment="等太久"),
        Said(times=32, at=RECENT, scores={"overall": 10, "worth": 8}, moment="at_desk", unit="S-1", segment="gold"),
        Said(times=5, at=RECENT, scores=ALL, version=2, **gold),
        # What no rate reads: words without a score, scores without the headline, answers about a recovery.
        Said(times=3, at=RECENT, comment="挺好", **gold),
        Said(times=4, at=RECENT, scores={"attitude": 9, "ability": 9}, **gold),
        Said(times=31, at=RECENT, scores={"handling": 10}, survey="after", **gold),
        # By another way: nobody knows of which service, or of whom.
        Said(times=2, at=RECENT, scores={"overall": 9, "again": 9}),
        # The first moment of the period belongs to it, the one before to the period before.
        Said(times=1, at=first_moment(), scores=ALL, moment="waiting", segment="gold"),
        Said(times=1, at=first_moment() - timedelta(microseconds=1), scores=ALL, moment="waiting", segment="gold"),
        Said(times=40, at=EARLIER, scores={**ALL, "overall": 9}, moment="first_call", segment="gold"),
        Said(times=40, at=EARLIER, scores=ALL, moment="at_desk", unit="S-1", segment="plain"),
        Said(times=3, at=EARLIER, scores={"overall": 9}),
    ]


@pytest.fixture(autouse=True)
def _service(settings: Settings, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path  # a mirror of its own
    make_service(now=EARLIER - DAY)


@pytest.fixture
def said() -> list[Said]:
    """Everything that was said, and every third invitation sent."""
    publish_version(LATER_ASKED, now=EARLIER - DAY)
    found = groups()
    say(*found)
    sent = list(invitation_rows().order_by("pk").values_list("pk", "created_at"))[::3]
    for pk, created in sent:
        invitation_rows().filter(pk=pk).update(state="sent", sent_at=created, dies_at=created + timedelta(hours=8))
    mirror.catch_up(now=NOW)
    return found


def desk_of(by: Viewer = SYSTEM, **query: str) -> Desk:
    where = tuple((name, query[name]) for name in ("touchpoint", "segment", "brand", "unit", "survey") if name in query)
    return Desk(by, period_of(query, today=timezone.localdate()), where)


@dataclass(frozen=True)
class Linked:
    """A number on the screen and where it leads."""

    name: str
    n: int
    url: str


def linked(desk: Desk) -> Iterator[Linked]:
    """Every number that the overview shows with a link."""
    for kpi in overview.kpi_cards(desk):
        yield Linked(kpi.key, kpi.n or 0, kpi.records_url)
    found = overview.matrix(desk)
    for row in found.rows:
        for column, cell in zip(found.columns, row.cells, strict=True):
            yield Linked(f"{row.label} × {column}", cell.n, cell.url)
    for moment in overview.worst_moments(desk):
        yield Linked(moment.name, moment.n, moment.url)
    why = why_of(desk)
    for along in {"touchpoint", why.along if why else ""}:
        found_along = why_of(desk, along)
        for part in found_along.records if found_along else ():
            yield Linked(f"part {part.label}", int(part.count), part.url)
    top_box = desk.pair("top_box")
    if conclusion := overview.conclusion(desk, top_box, why):
        yield Linked("conclusion", top_box.now.whole.n, conclusion.url)


QUERIES: Sequence[dict[str, str]] = (
    {},
    {"unit": "N"},
    {"unit": "S-1"},
    {"touchpoint": "hotline"},
    {"touchpoint": "hall", "period": "90d"},
    {"segment": "gold"},
    {"segment": "gold", "unit": "N-1", "period": "7d"},
    {"brand": "M", "touchpoint": "hotline"},
    {"from": first_moment().date().isoformat(), "to": RECENT.date().isoformat()},
    {"touchpoint": "moon"},
)


class TestEveryNumberOpensAListOfThatLength:
    def test_whatever_the_filters(self, said: list[Said]) -> None:
        client, by = signed_in()
        for query in QUERIES:
            links = list(linked(desk_of(by, **query)))
            assert any(one.n for one in links) is ("moon" not in query.values()), query
            for one in links:
                if one.url:
                    assert (one.name, listed(client, one.url)) == (one.name, one.n), (query, one)
                elif one.n:
                    assert one.name in ("response_rate", "part 未标明触点", "part 未标明"), (query, one)

    def test_within_ones_own_branch(self, said: list[Said]) -> None:
        client, by = signed_in("team_lead", unit="S")
        links = list(linked(desk_of(by)))
        assert {one.name: one.n for one in links}["top_box"] == 32
        for one in links:
            assert not one.url or listed(client, one.url) == one.n

    def test_the_numbers_are_those_that_were_said(self, said: list[Said]) -> None:
        """Counted by hand, without the mirror and without the record."""
        numbers = {one.name: one.n for one in linked(desk_of())}
        recent = [one for one in said if one.at >= first_moment()]
        service = [one for one in recent if one.survey == "talk"]
        assert numbers["top_box"] == numbers["conclusion"] == total(service, lambda one: "overall" in one.scores) == 115
        assert numbers["nps"] == total(service, lambda one: "again" in one.scores) == 83
        assert numbers["recovery_rate"] == 31
        assert numbers["hotline × behavior"] == 40 * 2 + 35 + 5 + 4 * 2 + 2
        assert numbers["hotline × value"] == 40 + 5 * 2 + 1
        assert (numbers["hall × behavior"], numbers["hall × value"]) == (0, 32)
        for touchpoint in ("hotline", "hall"):
            for dimension in DIMENSIONS:
                here = [one for one in service if one.touchpoint == touchpoint]
                assert numbers[f"{touchpoint} × {dimension}"] == sum(one.times * of(one, dimension) for one in here)
        for moment in MOMENTS:
            here = [one for one in service if one.moment == moment and "overall" in one.scores]
            assert numbers[moment] == total(here)
        assert [numbers[f"part {name}"] for name in ("hotline", "hall", "未标明触点")] == [81, 32, 2]
        assert numbers["response_rate"] == len(sent_since(first_moment()))

    def test_a_list_of_answers_says_which_question_each_row_is(self, said: list[Said]) -> None:
        client, by = signed_in()
        cell = next(one for one in linked(desk_of(by)) if one.name == "hotline × behavior")
        page = client.get(cell.url)
        assert {row.question for row in page.context["rows"]} <= {"attitude", "ability"}
        assert (page.context["total"], "n = 130" in page.text) == (130, True)

    def test_the_page_itself_shows_these_links_and_no_others(self, said: list[Said]) -> None:
        client, by = signed_in()
        for query in ({}, {"segment": "gold", "unit": "N"}):
            known = {one.url for one in linked(desk_of(by, **query)) if one.url}
            page = client.get("/overview/", query)
            shown = {
                unescape(url) for url in re.findall(r'href="(/(?:responses|outreach/invitations)/\?[^"]+)"', page.text)
            }
            assert shown
            assert shown <= known


def sent_since(moment: datetime) -> list[int]:
    return list(invitation_rows().filter(sent_at__gte=moment).values_list("pk", flat=True))


def total(found: Sequence[Said], which: Callable[[Said], bool] = lambda _: True) -> int:
    return sum(one.times for one in found if which(one))


def of(one: Said, dimension: str) -> int:
    """How many questions of this dimension such a customer answered."""
    asked = LATER_ASKED if one.version == 2 else ASKED
    return sum(asked[question] == dimension for question in one.scores)


class TestWhoMaySeeWhat:
    def test_who_reads_no_customers_words_gets_numbers_without_lists(self, said: list[Said]) -> None:
        client, by = signed_in("executive")
        links = list(linked(desk_of(by)))
        assert {one.name for one in links if one.url} <= {"response_rate"}
        page = client.get("/overview/")
        assert page.status_code == 200
        assert "/responses/" not in page.text
        assert 'href=""' not in page.text

    @pytest.mark.parametrize("query", [{"unit": "NOWHERE"}, {"unit": "S-1"}])
    def test_a_unit_that_is_not_there_for_them_is_not_found(self, query: dict[str, str]) -> None:
        client, _by = signed_in("team_lead", unit="N")
        assert client.get("/overview/", query).status_code == 404

    def test_open_cases_lead_to_the_teams_queue(self) -> None:
        make_terms()
        say(Said(times=30, at=RECENT, scores=LOW, moment="waiting"))
        mirror.catch_up(now=NOW)
        client, _by = signed_in("team_lead", unit="N")
        assert 'href="/cases/?tab=team"' in client.get("/overview/").text


class TestFiltersThatDoNotCutAMeasure:
    """Other systems count the funnel without knowing who is of which segment."""

    def test_its_card_is_left_out_and_the_rest_stands(self, said: list[Said]) -> None:
        _client, by = signed_in()
        desk = desk_of(by, survey="talk")  # an invitation may still be asked by another version
        assert [card.key for card in overview.kpi_cards(desk)] == ["top_box", "nps", "recovery_rate"]

    def test_its_definition_refuses_them(self, said: list[Said]) -> None:
        client, _by = signed_in()
        assert client.get("/measures/funnel_i1/", {"segment": "gold"}).status_code == 404
        assert client.get("/measures/funnel_i1/", {"unit": "N"}).status_code == 200
        assert client.get("/measures/nothing/").status_code == 404

    def test_a_definition_is_about_the_same_figure_as_its_card(self, said: list[Said]) -> None:
        client, by = signed_in()
        for card in overview.kpi_cards(desk_of(by, touchpoint="hotline", unit="N", period="90d")):
            figure = client.get(card.definition_url).context["figure"]
            assert (figure.value, figure.low, figure.high, figure.n) == (card.value, card.low, card.high, card.n)

    def test_tabs_and_form_keep_them(self, said: list[Said]) -> None:
        client, _by = signed_in()
        page = client.get("/overview/", {"segment": "gold", "unit": "N", "period": "90d"})
        tabs = [dict(parse_qsl(url.removeprefix("?"))) for _key, _name, url in page.context["trends"]]
        kept = {"segment": "gold", "unit": "N", "period": "90d"}
        assert tabs == [{**kept, "metric": key} for key in ("top_box", "nps", "recovery_rate")]
        assert '<input type="hidden" name="segment" value="gold">' in page.text


class TestTheFigures:
    def test_value_and_interval_of_each_card(self, said: list[Said]) -> None:
        cards = {card.key: card for card in overview.kpi_cards(desk_of())}
        top = intervals.share(hits=68, n=115)  # ten points: 30 + 5 at the first call, 32 at the desk, 1 while waiting
        assert (cards["top_box"].value, cards["top_box"].low, cards["top_box"].high) == (top.value, top.low, top.high)
        # 30 + 10 + 5 + 1 at ten and 2 at nine recommend, 35 at two do not.
        nps = intervals.nps(intervals.Recommenders(promoters=48, passives=0, detractors=35))
        assert (cards["nps"].value, cards["nps"].low, cards["nps"].high) == (nps.value, nps.low, nps.high)
        assert cards["recovery_rate"].value == 1.0
        assert cards["response_rate"].value == 0.0

    def test_a_period_before_with_too_few_is_not_drawn(self, said: list[Said]) -> None:
        (whole, *_rest) = overview.kpi_cards(desk_of())
        assert (whole.previous, whole.change) == (pytest.approx(41 / 84), pytest.approx(68 / 115 - 41 / 84))
        say(Said(times=29, at=NOW - 200 * DAY, scores=ALL, moment="waiting"))
        mirror.catch_up(now=NOW)
        days = {"from": (NOW - 190 * DAY).date().isoformat(), "to": (NOW - DAY).date().isoformat()}
        (first, *_rest) = overview.kpi_cards(desk_of(**days))
        assert first.previous is None

    def test_parts_add_up_to_the_change(self, said: list[Said]) -> None:
        for along in ("", *ALONG):
            why = why_of(desk_of(), along)
            assert why is not None
            *parts, (last, total) = why.bars
            assert (last, total) == ("合计", pytest.approx(68 / 115 - 41 / 84))
            assert sum(value for _label, value in parts) == pytest.approx(total), along
            assert [label for label, _value in why.bars] == list(why.chart.labels)
            assert list(why.chart.series[0].values) == [value for _label, value in why.bars]
            assert not along or why.along == along

    def test_the_dimension_that_explains_most_comes_first(self) -> None:
        """Gold customers fell from 30 of 40 to 5 of 40, the others did not move; places hold both alike."""
        for at, top in ((EARLIER, 30), (RECENT, 5)):
            for moment, unit in (("waiting", "N-1"), ("at_desk", "S-1")):
                place = {"at": at, "moment": moment, "unit": unit}
                say(
                    Said(times=top, scores=ALL, segment="gold", **place),
                    Said(times=40 - top, scores=LOW, segment="gold", **place),
                    Said(times=30, scores=ALL, segment="plain", **place),
                    Said(times=10, scores=LOW, segment="plain", **place),
                )
        mirror.catch_up(now=NOW)
        why = why_of(desk_of())
        assert why is not None
        assert (why.along, why.bars[0]) == ("segment", ("gold", pytest.approx(-0.3125)))
        assert "客群" in why.verdict
        assert "gold" in why.cause
        other = why_of(desk_of(), "touchpoint")
        assert other is not None
        assert (other.along, "客群" in other.verdict) == ("touchpoint", True)

    def test_the_first_period_has_nothing_to_compare_with(self) -> None:
        say(Said(times=30, at=RECENT, scores=ALL, moment="waiting"))
        mirror.catch_up(now=NOW)
        desk = desk_of()
        assert why_of(desk) is None
        told = overview.conclusion(desk, desk.pair("top_box"), None)
        assert told is not None
        assert (told.lead, told.tone) == ("10 分率 100.0%。", "")

    @pytest.mark.parametrize(
        ("top", "tone", "words"),
        [(5, "bad", "低"), (39, "good", "高"), (31, "", "没有明显变化")],
    )
    def test_the_sentence_says_what_the_test_found(self, top: int, tone: str, words: str) -> None:
        for at, hits in ((EARLIER, 30), (RECENT, top)):
            say(Said(times=hits, at=at, scores=ALL, moment="waiting"))
            say(Said(times=40 - hits, at=at, scores=LOW, moment="waiting"))
        mirror.catch_up(now=NOW)
        desk = desk_of()
        why = why_of(desk)
        told = overview.conclusion(desk, desk.pair("top_box"), why)
        assert told is not None
        assert (told.tone, words in told.lead) == (tone, True), told
        assert ("hotline" in told.rest) is bool(tone)


class TestSmallGroupsStaySilent:
    def test_twenty_nine_answers_say_nothing_anywhere(self) -> None:
        say(Said(times=29, at=RECENT, scores=LOW, moment="waiting"))
        mirror.catch_up(now=NOW)
        desk, (client, _by) = desk_of(), signed_in()
        assert overview.worst_moments(desk) == []
        assert overview.conclusion(desk, desk.pair("top_box"), None) is None
        assert all(card.is_withheld for card in overview.kpi_cards(desk))
        text = re.sub(r"<[^>]+>", " ", client.get("/overview/").text.split('id="figures"')[1])
        assert "n=29" in text  # a hatched cell shows its size alone
        assert "%" not in text.split("触点")[0].split("周")[0]

    def test_the_thirtieth_gives_them_a_voice(self) -> None:
        say(Said(times=30, at=RECENT, scores=LOW, moment="waiting"))
        mirror.catch_up(now=NOW)
        desk = desk_of()
        assert [(row.name, row.value, row.n) for row in overview.worst_moments(desk)] == [("waiting", 0.0, 30)]
        assert overview.conclusion(desk, desk.pair("top_box"), None) is not None

    def test_the_costliest_moment_comes_first_and_an_unknown_one_never(self, said: list[Said]) -> None:
        say(Said(times=40, at=RECENT, scores=LOW, moment="no_such_moment"))
        mirror.catch_up(now=NOW)
        assert [row.name for row in overview.worst_moments(desk_of())] == ["waiting", "first_call", "at_desk"]


class TestTheTrend:
    def test_a_week_with_too_few_has_neither_point_nor_limits(self) -> None:
        for weeks, times in ((3, 40), (2, 29), (1, 30)):
            say(Said(times=times, at=NOW - weeks * 7 * DAY, scores=ALL, moment="waiting"))
        mirror.catch_up(now=NOW)
        for metric in ("top_box", "nps"):
            found = trend(desk_of(), metric)
            assert found is not None
            (line,) = found.chart.series
            assert list(line.n[:3]) == [40, 29, 30]
            assert [value is None for value in line.values[:3]] == [False, True, False]
            lows = found.chart.limits.low if found.chart.limits else line.low
            assert [low is None for low in lows[:3]] == [False, True, False]
            assert "n = 29" in found.chart.gaps[1]

    def test_what_was_not_measured_is_a_gap_with_its_mark_and_never_a_zero(self) -> None:
        for days in (9, 8, 5):
            say(Said(times=30, at=NOW - days * DAY, scores=ALL, moment="waiting"))
        mirror.catch_up(now=NOW)
        found = trend(desk_of(), "top_box", "day")
        assert found is not None
        (line,) = found.chart.series
        assert list(line.values[:5]) == [1.0, 1.0, None, None, 1.0]
        assert list(line.n[:5]) == [30, 30, 0, 0, 30]
        assert [found.chart.gaps[place] for place in (2, 3)] == ["没有评价", "没有评价"]
        assert (found.missing, found.few) == (len(line.values) - 3, 0)
        assert found.chart.as_json()["gaps"] == {str(place): word for place, word in found.chart.gaps.items()}

    def test_it_begins_with_the_first_week_that_has_answers_and_is_none_without(self) -> None:
        assert trend(desk_of(), "top_box") is None
        say(Said(times=30, at=NOW - 14 * DAY, scores=ALL, moment="waiting"))
        mirror.catch_up(now=NOW)
        found = trend(desk_of(), "top_box")
        assert found is not None
        assert len(found.chart.labels) == 3

    def test_each_signal_is_named_by_its_rule(self) -> None:
        """Nine weeks like any, then the tenth falls: beyond the limits. By month the same answers stand together."""
        for weeks in range(2, 11):
            for scores, times in ((ALL, 30), (LOW, 10)):
                say(Said(times=times, at=NOW - weeks * 7 * DAY, scores=scores, moment="waiting"))
        say(Said(times=40, at=NOW - 7 * DAY, scores=LOW, moment="waiting"))
        mirror.catch_up(now=NOW)
        found = trend(desk_of(), "top_box")
        assert found is not None
        assert [(one.value, one.words) for one in found.signals] == [("0.0%", "超出控制限")]
        assert list(found.chart.series[0].signals.values()) == ["超出控制限"]
        monthly = trend(desk_of(), "top_box", "month")
        assert monthly is not None
        assert 3 <= len(monthly.chart.labels) <= 4
        assert sum(monthly.chart.series[0].n) == sum(found.chart.series[0].n)


class TestHowFreshItIs:
    @pytest.mark.parametrize(("age", "is_stale"), [(timedelta(minutes=1), False), (timedelta(hours=2), True)])
    def test_the_page_says_up_to_when_its_figures_are(self, age: timedelta, is_stale: bool) -> None:
        say(Said(times=30, at=RECENT, scores=ALL, moment="waiting"))
        mirror.catch_up(now=datetime.now(UTC) - age)
        client, _by = signed_in()
        page = client.get("/overview/")
        assert abs(page.context["as_of"] - (datetime.now(UTC) - age)) < timedelta(minutes=1)
        assert page.text.count("数据到 ") == 1 + is_stale  # a chip warns besides

    def test_what_came_in_since_is_not_counted_yet(self) -> None:
        say(Said(times=30, at=RECENT, scores=ALL, moment="waiting"))
        mirror.catch_up(now=NOW)
        say(Said(times=5, at=RECENT, scores=ALL, moment="waiting"))
        assert {one.name: one.n for one in linked(desk_of())}["top_box"] == 30
        mirror.catch_up(now=NOW)
        assert {one.name: one.n for one in linked(desk_of())}["top_box"] == 35

    def test_before_the_first_answer_it_says_so(self) -> None:
        client, _by = signed_in()
        assert "还没有评价" in client.get("/overview/").text
