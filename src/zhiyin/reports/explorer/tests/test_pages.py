"""The page answers its address; each number opens exactly the records behind it; nobody sees another branch."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from zhiyin.ledger.queries import events
from zhiyin.metrics import mirror
from zhiyin.people.testing import make_staff, units
from zhiyin.reports.explorer import making, rules
from zhiyin.reports.explorer import sheet as sheet_module
from zhiyin.reports.explorer.tests.conftest import ALL, DAY, LOW, NOW
from zhiyin.reports.testing import Said, say

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("service")]


def asked(client: Client, query: str = "", *, path: str = "/explorer/"):
    answer = client.get(f"{path}?{query}")
    assert answer.status_code == 200, answer.content.decode()[:400]
    return answer


def links(answer: Any) -> Iterator[tuple[str, int]]:
    """Each figure of the page that opens its records, with its n; that they stand on the page is looked at, too."""
    found, page = answer.context["shown"], unescape(answer.content.decode())
    everything = [(found.sheet.whole, found.whole_url)]
    for line, url, cells in found.lines:
        everything += [(line.whole, url), *((cell, cell_url) for _label, cell, cell_url in cells)]
    for cell, url in everything:
        if url:
            assert f'href="{url}"' in page
            yield url, cell.n


def listed(client: Client, url: str) -> int:
    """How many answers the list behind an address holds, page after page."""
    found, cursor = 0, ""
    while True:
        page = client.get(f"{url}&cursor={cursor}" if cursor else url)
        assert page.status_code == 200, url
        behind = page.context["found"]
        found += len(behind.rows) if behind.total == behind.n else sum(row.rows for row in behind.rows)
        cursor = page.context["next"] or ""
        if not cursor:
            return found


class TestAsking:
    def test_without_a_question_there_is_an_answer_all_the_same(self, sign_in):
        client, _by = sign_in()
        page = asked(client).content.decode()
        assert "n = 114" in page
        assert "68.4%" in page  # 78 of 114

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("rows=touchpoint", {"hotline": ("52.6", 76), "hall": ("100.0", 38)}),
            ("rows=segment&touchpoint=hall", {"few": (None, 6), "=cmd|' /C calc'!A0": ("100.0", 32)}),
            ("measure=responses&rows=touchpoint", {"hotline": ("76", 76), "hall": ("38", 38)}),
            ("measure=mean&rows=moment&moment=waiting", {"waiting": ("4.0", 36)}),
            ("rows=score&measure=csat", {"4": ("0.0", 36), "10": ("100.0", 78)}),
        ],
    )
    def test_the_lines_are_those_of_the_data(self, sign_in, query, expected):
        client, _by = sign_in()
        found = asked(client, query).context["shown"].sheet
        factor = 100 if found.unit == "share" else 1
        decimals = 0 if found.unit == "count" else 1
        lines = {
            line.label: (
                None if line.whole.value is None else f"{line.whole.value * factor:.{decimals}f}",
                line.whole.n,
            )
            for line in found.lines
        }
        assert lines == expected

    @pytest.mark.parametrize("query", ["rows=segment&columns=score", "rows=score", "rows=segment&chart=distribution"])
    def test_counts_do_not_tell_what_one_person_said(self, sign_in, query):
        say(Said(times=1, at=NOW - DAY, scores=LOW, moment="waiting", segment="alone"))
        mirror.catch_up(now=NOW)
        client, _by = sign_in("executive")
        measure = "top_box" if "distribution" in query else "responses"
        answer = asked(client, f"{query}&segment=alone&measure={measure}")
        found = answer.context["shown"].sheet
        assert [key for key, _label in found.columns] == []
        assert [line.key for line in found.lines if line.key != "alone"] == []
        if measure == "responses":
            assert found.left_out == 3  # 4, 3 and 2 points
            assert "3 parts are left out" in answer.content.decode()

    def test_the_worst_comes_first_and_what_is_withheld_last(self, sign_in):
        client, _by = sign_in()
        found = asked(client, "rows=segment").context["shown"].sheet
        assert [line.label for line in found.lines] == ["plain", "=cmd|' /C calc'!A0", "gold", "few"]
        assert found.withheld == 1
        page = asked(client, "rows=segment").content.decode()
        assert "1 figure of fewer than 30 is withheld" in page

    @pytest.mark.parametrize(
        ("sort", "first"), [("-n", "gold"), ("n", "few"), ("name", "=cmd|&#x27;"), ("-value", "=cmd|&#x27;")]
    )
    def test_the_order_is_in_the_address(self, sign_in, sort, first):
        client, _by = sign_in()
        found = asked(client, f"rows=segment&sort={sort}").context["shown"].sheet
        assert found.lines[0].label.replace("'", "&#x27;").startswith(first)

    def test_the_difference_to_the_period_before_has_its_verdict(self, sign_in):
        client, _by = sign_in()
        found = asked(client, "rows=segment").context["shown"].sheet
        plain = next(line for line in found.lines if line.label == "plain")
        assert plain.whole.change.difference.value == pytest.approx(-1.0)
        assert str(plain.whole.verdict.word) == "down"
        assert "significantly down" in asked(client, "rows=segment").content.decode()
        assert all(
            line.whole.change is None
            for line in asked(client, "rows=segment&compare=none").context["shown"].sheet.lines
        )

    def test_missing_days_stay_open(self, sign_in):
        client, _by = sign_in()
        shown_ = asked(client, "rows=day&period=90d").context["shown"]
        values = shown_.chart.config.series[0].values
        assert shown_.sheet.missing == len(values) - 2
        assert sum(value is not None for value in values) == 2
        assert "stay open" in asked(client, "rows=day&period=90d").content.decode()

    @pytest.mark.parametrize("query", ["rows=day", "rows=week", "rows=hour", "rows=day&columns=touchpoint"])
    def test_no_step_is_left_out_between_the_first_answer_and_now(self, sign_in, query):
        client, _by = sign_in()
        sheet = asked(client, f"{query}&period=90d").context["shown"].sheet
        grain = sheet.asking.rows
        keys = [line.key for line in sheet.lines]
        first, now = keys[0], rules.step_at(grain, timezone.localtime(NOW))
        between = rules.steps(grain, rules.Days(sheet.period.since, sheet.period.until))
        assert keys == [key for key in between if first <= key <= now]
        assert sheet.missing == len(keys) - 2
        assert sum(line.whole.n for line in sheet.lines) == sheet.whole.n

    def test_missing_quarters_and_years_stand_between_those_there_are(self, sign_in):
        client, _by = sign_in()
        say(Said(times=31, at=NOW - 800 * DAY, scores=ALL, moment="waiting"))
        mirror.catch_up(now=NOW)
        since = (NOW - 900 * DAY).date()
        for grain, most in (("quarter", 10), ("year", 4)):
            sheet = asked(client, f"rows={grain}&from={since}&to={NOW.date()}").context["shown"].sheet
            assert 0 < sheet.missing < len(sheet.lines) <= most
            assert [line.whole.n for line in sheet.lines if line.whole.n][0] == 31

    def test_a_span_too_long_to_fill_in_still_breaks_the_line(self, sign_in):
        client, _by = sign_in()
        since = (NOW - 900 * DAY).date()
        shown_ = asked(client, f"rows=hour&from={since}&to={NOW.date()}").context["shown"]
        values = shown_.chart.config.series[0].values
        assert [value is None for value in values] == [False, True, False]

    @pytest.mark.parametrize(
        ("query", "is_named"),
        [
            *[(query, True) for query in ("rows=calendar", "rows=day&calendar=workday&calendar=weekend")],
            *[(query, True) for query in ("rows=touchpoint&columns=calendar", "rows=calendar&columns=touchpoint")],
            *[(query, False) for query in ("", "rows=day", "rows=weekday&columns=touchpoint")],
        ],
    )
    def test_years_without_known_holidays_are_named_where_the_calendar_is_used(
        self, sign_in, monkeypatch, query, is_named
    ):
        monkeypatch.setattr(sheet_module, "unknown_years", lambda _since, _until: (2031, 2032))
        client, _by = sign_in()
        page = asked(client, query).content.decode()
        assert ("The holidays of 2031, 2032 are not known" in page) is is_named

    def test_the_period_before_stands_beside_the_same_days(self, sign_in):
        client, _by = sign_in()
        say(Said(times=50, at=NOW - 32 * DAY, scores=LOW, moment="waiting"))
        mirror.catch_up(now=NOW)
        found = asked(client, "rows=day").context["shown"].sheet
        beside = dict(zip([line.key for line in found.lines], found.before, strict=True))
        assert beside[timezone.localtime(NOW - 2 * DAY).date().isoformat()] == 0.0

    def test_two_dimensions_make_a_matrix_of_which_each_cell_opens(self, sign_in):
        client, _by = sign_in()
        found = asked(client, "rows=touchpoint&columns=segment")
        assert {line.label: [cell.n for cell in line.cells] for line in found.context["shown"].sheet.lines} == {
            "hotline": [40, 36, 0, 0],
            "hall": [0, 0, 32, 6],
        }
        assert "z-heat" in found.content.decode()

    def test_columns_that_do_not_fit_are_counted(self, sign_in, monkeypatch):
        monkeypatch.setattr(making, "COLUMNS", 2)
        client, _by = sign_in()
        found = asked(client, "rows=touchpoint&columns=segment")
        assert [label for _key, label in found.context["shown"].sheet.columns] == ["gold", "plain"]
        assert "2 more hold n = 38" in found.content.decode()

    def test_long_tables_come_in_pages_and_say_what_the_others_hold(self, sign_in, monkeypatch):
        monkeypatch.setattr("zhiyin.reports.explorer.page.LINES", 3)
        client, _by = sign_in()
        page = asked(client, "rows=segment")
        assert "Lines 1–3 of 4; those on other pages hold n = 6" in page.content.decode()
        second = asked(client, page.context["shown"].next_url[1:])
        assert [line.label for line, _url, _cells in second.context["shown"].lines] == ["few"]

    def test_the_distribution_adds_up(self, sign_in):
        client, _by = sign_in()
        found = asked(client, "chart=distribution").context["shown"].sheet
        assert [(line.label, line.whole.n) for line in found.lines] == [("4", 36), ("10", 78)]
        assert sum(line.whole.value for line in found.lines) == pytest.approx(1)

    def test_pickers_offer_only_what_the_fact_allows(self, sign_in):
        client, _by = sign_in()
        answers = {one.key for one in asked(client).context["pick"].rows}
        sent = {one.key for one in asked(client, "measure=sent").context["pick"].rows}
        assert "survey" in answers
        assert "survey" not in sent
        assert "state" in sent - answers

    def test_filter_values_are_those_of_the_data(self, sign_in):
        client, _by = sign_in()
        (found,) = asked(client, "add=segment").context["pick"].filters
        assert {(one.key, one.n) for one in found.options} == {
            ("gold", 40), ("plain", 36), ("=cmd|' /C calc'!A0", 32), ("few", 6),
        }  # fmt: skip


class TestComposites:
    def test_one_is_cut_by_what_all_its_parts_know(self, sign_in):
        client, _by = sign_in()
        page = asked(client, "measure=care_index&rows=touchpoint")
        assert page.context["wrong"] == ()
        assert {line.label: line.whole.n for line in page.context["shown"].sheet.lines} == {"hotline": 76, "hall": 38}
        values = {line.label: line.whole.value for line in page.context["shown"].sheet.lines}
        assert values["hall"] == pytest.approx(0.7 * 100 + 0.15 * 95 + 0.15 * 100)
        hotline = 0.7 * 5440 / 76 + 0.15 * 8680 / 116 + 0.15 * (50 + 200 / 76)
        assert values["hotline"] == pytest.approx(hotline)

    def test_it_is_filtered_and_makes_a_matrix(self, sign_in):
        client, _by = sign_in()
        found = asked(client, "measure=care_index&rows=touchpoint&columns=segment&segment=gold").context["shown"].sheet
        assert [(line.label, [cell.n for cell in line.cells]) for line in found.lines] == [("hotline", [40])]

    def test_it_says_how_it_changed_line_by_line_and_as_a_whole(self, sign_in):
        client, _by = sign_in()
        query = "measure=care_index&rows=moment"
        page = asked(client, query)
        now = page.context["shown"].sheet
        days = f"from={now.period.before_since}&to={now.period.before_until}"
        before = asked(client, f"{query}&{days}").context["shown"].sheet
        was = {line.key: line.whole.value for line in before.lines} | {None: before.whole.value}
        found = {line.key: line.whole for line in now.lines} | {None: now.whole}
        assert {key for key, cell in found.items() if cell.change} == {"waiting", "first_call", None}
        for key in ("waiting", "first_call", None):
            moved = found[key].change.difference
            assert moved.value == pytest.approx(found[key].value - was[key])
            assert moved.low <= moved.value <= moved.high
        assert str(found["waiting"].verdict.word) == "down"
        assert "significantly down" in page.content.decode()

    def test_it_opens_no_records_for_they_are_those_of_its_parts(self, sign_in):
        client, _by = sign_in()
        page = asked(client, "measure=care_index&rows=touchpoint")
        assert list(links(page)) == []
        assert "/explorer/records/" not in page.content.decode()
        assert client.get("/explorer/records/?measure=care_index&at=touchpoint:hall").status_code == 404

    def test_it_is_offered_under_a_heading_with_no_distribution_of_scores(self, sign_in):
        client, _by = sign_in()
        offered = asked(client, "measure=care_index").context["pick"]
        groups = {heading: {one.key for one in options} for heading, options in offered.measures}
        assert "care_index" in groups["Made of other measures"]
        assert "distribution" not in {one.key for one in offered.charts}
        assert {"touchpoint", "segment", "month"} <= {one.key for one in offered.rows}

    def test_every_measure_stands_under_a_heading_in_words(self, sign_in):
        client, _by = sign_in(language="zh-hans")
        headings = [heading for heading, _options in asked(client).context["pick"].measures]
        assert all(re.search(r"[\u4e00-\u9fff]", heading) for heading in headings), headings


class TestHelp:
    def test_a_measure_that_there_is_not_leads_to_those_there_are(self, sign_in):
        client, _by = sign_in()
        answer = client.get("/explorer/?measure=joy")
        assert answer.status_code == 404
        assert "There is no measure “joy”" in answer.content.decode()
        assert "?measure=top_box" in answer.content.decode()

    @pytest.mark.parametrize("query", ["rows=joy", "measure=sent&survey=talk", "chart=pie", "unit=NOWHERE"])
    def test_what_means_nothing_is_said_and_left_out(self, sign_in, query):
        client, _by = sign_in()
        assert "Part of the address was left out" in asked(client, query).content.decode()

    def test_an_empty_period_says_so_and_how_to_go_on(self, sign_in):
        client, _by = sign_in()
        page = asked(client, "from=2020-01-01&to=2020-01-31&segment=gold").content.decode()
        assert "Nothing in this period" in page
        assert "Drop" in page


class TestRecords:
    @pytest.mark.parametrize(
        "query",
        [
            "",
            "rows=touchpoint",
            "rows=segment&touchpoint=hotline&touchpoint=hall",
            "rows=unit",
            "rows=staff",
            "rows=day",
            "rows=week",
            "rows=month",
            "rows=complaint",
            "rows=touchpoint&columns=dimension",
            "rows=question",
            "rows=version",
            "chart=distribution",
            "rows=touchpoint&chart=distribution",
            "measure=nps&rows=moment",
            "measure=responses&rows=survey",
            "measure=interactions&rows=reason",
            "measure=invitation_rate&rows=touchpoint",
            "rows=segment&unit=N",
        ],
    )
    def test_each_number_opens_a_list_as_long_as_it_says(self, sign_in, query):
        client, _by = sign_in()
        found = list(links(asked(client, query)))
        assert found
        for url, n in found:
            assert listed(client, url) == n, url

    def test_who_may_not_read_what_customers_wrote_sees_the_figure_and_no_way_in(self, sign_in):
        client, _by = sign_in("executive")
        assert list(links(asked(client, "rows=touchpoint"))) == []
        assert client.get("/explorer/records/?measure=top_box").status_code == 403
        assert list(links(asked(client, "measure=interactions")))


class TestBranches:
    def test_everybody_sees_their_own_units_alone(self, sign_in):
        whole, north, south = (asked(sign_in(unit=unit)[0]).context["shown"].sheet for unit in ("HQ", "N", "S"))
        assert (whole.whole.n, north.whole.n, south.whole.n) == (114, 82, 32)

    def test_another_branchs_unit_looks_like_no_unit(self, sign_in):
        client, _by = sign_in(unit="S")
        there, nowhere = (asked(client, f"unit={code}").content.decode() for code in ("N-1", "NONE"))
        assert without(there, "N-1") == without(nowhere, "NONE")
        assert "North" not in there

    def test_another_branchs_person_looks_like_nobody(self, sign_in):
        stranger, nobody = make_staff("agent", unit="N-1").staff_id, 10**6 + 1
        client, _by = sign_in(unit="S")
        for path in ("/explorer/?staff={}", "/explorer/?rows=staff&staff={}", "/explorer/records/?at=staff:{}"):
            pages = [client.get(path.format(one)).content.decode() for one in (stranger, nobody)]
            there, nowhere = (
                re.sub(rf"(staff(=|:|%3A)|value=\"){one}\b", "?", page)
                for one, page in zip((stranger, nobody), pages, strict=True)
            )
            assert without(there, "") == without(nowhere, ""), path

    def test_a_records_list_of_another_branchs_unit_is_empty(self, sign_in):
        client, _by = sign_in(unit="S")
        north = units().get(code="N-1").pk
        assert listed(client, f"/explorer/records/?measure=top_box&rows=unit&at=unit:{north}") == 0

    def test_who_may_not_see_figures_gets_no_page(self, sign_in):
        for role in ("agent", "auditor", "administrator"):
            client, _by = sign_in(role)
            assert client.get("/explorer/").status_code == 403


def without(page: str, given: str) -> str:
    codes = r'nonce="[^"]*"|csrfmiddlewaretoken" value="[^"]*"|X-CSRFToken[^}]*'
    plain = re.sub(codes, "", page)
    return plain.replace(given, "?") if given else plain


class TestFile:
    def taken(self, client: Client, query: str) -> list[str]:
        pairs: dict[str, list[str]] = {}
        for pair in query.split("&"):
            key, _sign, value = pair.partition("=")
            pairs.setdefault(key, []).append(value)
        answer = client.post("/explorer/download/", pairs)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.streaming
        return b"".join(answer.streaming_content).decode().splitlines()

    def test_it_has_the_figures_of_the_screen_for_a_spreadsheet(self, sign_in):
        client, _by = sign_in()
        lines = self.taken(client, "rows=segment")
        assert lines[0].startswith("\ufeffSegment,Top-box rate (%),Low end of the 95% interval")
        cells = {line.split(",")[0]: line.split(",") for line in lines[1:]}
        assert cells["plain"][1] == "0"
        assert cells["gold"][1] == "100"
        assert cells["gold"][4] == "40"
        assert cells["few"][1:5] == ["", "", "", "6"]

    def test_nothing_in_it_can_run(self, sign_in):
        client, _by = sign_in()
        assert any(line.startswith("'=cmd|") for line in self.taken(client, "rows=segment"))

    def test_every_line_is_in_it_whatever_the_page_shows(self, sign_in, monkeypatch):
        monkeypatch.setattr("zhiyin.reports.explorer.page.LINES", 1)
        client, _by = sign_in()
        assert len(self.taken(client, "rows=segment")) == 5
        assert len(self.taken(client, "rows=touchpoint&columns=segment")) == 9

    def test_who_took_what_is_written_down(self, sign_in):
        client, by = sign_in()
        self.taken(client, "rows=segment")
        (told,) = events(kind="explorer.downloaded", limit=5)
        assert (told.actor, told.data["query"]) == (by.actor, "measure=top_box&rows=segment")

    def test_looking_is_no_download(self, sign_in):
        client, _by = sign_in()
        assert client.get("/explorer/download/").status_code == 405
