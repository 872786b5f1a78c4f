"""Sites side by side: each n opens its list, verdicts allow for many looks, a branch sees its own part only."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from zhiyin.lib import intervals
from zhiyin.metrics import mirror
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
    """The north is worse at the same desk, and alone has the hotline's waiting; few have rated the head office."""
    say(
        Said(times=70, at=RECENT, scores={"overall": 10, "again": 10}, moment="at_desk", unit="S-1"),
        Said(times=10, at=RECENT, scores={"overall": 5, "again": 5}, moment="at_desk", unit="S-1"),
        Said(times=30, at=RECENT, scores={"overall": 10, "again": 9}, moment="at_desk", unit="N-1"),
        Said(times=30, at=RECENT, scores={"overall": 4, "again": 2}, moment="waiting", unit="N-1"),
        Said(times=3, at=RECENT, scores={"overall": 10}, moment="at_desk", unit="HQ"),
    )
    mirror.catch_up(now=NOW)


@pytest.mark.usefixtures("said")
class TestSites:
    def test_each_branch_with_everything_below_it(self) -> None:
        client, _by = signed_in()
        found = client.get("/compare/?measure=top_box&level=1").context["found"]
        rows = {site.unit.code: site for site in found.sites}
        assert {code: site.n for code, site in rows.items()} == {"N": 60, "S": 80}
        assert (found.n, found.rest) == (140, 3)
        assert rows["S"].estimate == intervals.share(hits=70, n=80)
        assert [site.unit.code for site in found.sites] == ["S", "N"], "the best first"
        for site in rows.values():
            assert listed(client, site.records_url) == site.n

    def test_the_difference_is_to_the_others_and_its_verdict_stands(self) -> None:
        client, _by = signed_in()
        north = client.get("/compare/").context["found"].sites[1]
        expected = intervals.difference_of_shares(hits=30, n=60, hits_before=70, n_before=80)
        assert north.change.startswith(f"−{abs(100 * expected.value):.1f}")
        assert str(north.verdict.word) == "down"

    def test_of_what_is_only_the_mix_the_adjusted_figure_is_free(self) -> None:
        """The north's desk is perfect; all it lacks comes from waiting, which nobody else has."""
        client, _by = signed_in()
        sites = client.get("/compare/?mix=touchpoint").context["found"].sites
        north = next(site for site in sites if site.unit.code == "N")
        desk, waiting = (100 / 110), 0.0
        expected = 100 / 140 + 0.5 - (30 * desk + 30 * waiting) / 60
        assert north.adjusted.estimate.value == pytest.approx(expected)
        assert north.adjusted.estimate.value > north.estimate.value + 0.2

    @pytest.mark.parametrize("measure", ["nps", "mean", "csat", "invitation_rate"])
    def test_by_other_measures(self, measure: str) -> None:
        client, _by = signed_in()
        page = client.get("/compare/", {"measure": measure, "mix": "touchpoint"})
        found = page.context["found"]
        assert (found.measure.key, page.status_code) == (measure, 200)
        assert found.sites[0].estimate or measure == "invitation_rate"

    @pytest.mark.parametrize("page", ["/compare/", "/agents/"])
    def test_every_measure_offered_has_a_page_and_what_cannot_be_ranked_is_not_offered(self, page: str) -> None:
        client, _by = signed_in()
        offered = {key for key, _name in client.get(page).context["measures"]}
        assert "top_box" in offered
        assert not offered & {"distribution", "standard_deviation", "cost_per_recovery", "funnel_i1", "spread_sites"}
        for key in (*offered, "spread_sites", "spread_shifts", "spread_staff", "distribution"):
            assert client.get(page, {"measure": key}).status_code == 200, key

    def test_a_branch_sees_its_own_part_and_nothing_to_compare_there(self) -> None:
        client, _by = signed_in("team_lead", unit="S")
        page = client.get("/compare/")
        assert page.context["found"] is None
        assert "没有可比的" in page.text
        assert "North" not in page.text
        assert "北区" not in page.text
        assert client.get("/compare/?unit=N").status_code == 404

    def test_nonsense_in_the_address_is_the_default(self) -> None:
        client, _by = signed_in()
        page = client.get("/compare/?measure=moon&level=-9&mix=moon")
        assert (page.context["key"], page.context["depth"], page.context["mix"]) == ("top_box", 1, "")

    def test_the_table_as_a_file_is_safe_and_the_same(self) -> None:
        client, _by = signed_in()
        text = client.get("/compare/?csv=sites").content.decode("utf-8-sig")
        rows = list(csv.reader(StringIO(text)))
        assert [row[:3] for row in rows[1:]] == [["S", "南区", "80"], ["N", "北区", "60"]]
        assert float(rows[1][3]) == 70 / 80
        assert rows[2][6].startswith("'−") or rows[2][6].startswith("−")

    def test_who_reads_no_words_gets_numbers_without_lists(self) -> None:
        client, _by = signed_in("executive")
        assert not any(site.records_url for site in client.get("/compare/").context["found"].sites)


class TestSmallGroups:
    def test_twenty_nine_answers_have_no_rate_and_no_rank(self) -> None:
        say(
            Said(times=29, at=RECENT, scores={"overall": 10}, moment="at_desk", unit="S-1"),
            Said(times=30, at=RECENT, scores={"overall": 10}, moment="at_desk", unit="N-1"),
        )
        mirror.catch_up(now=NOW)
        client, _by = signed_in()
        found = client.get("/compare/").context["found"]
        few = next(site for site in found.sites if site.n == 29)
        assert (few.estimate, few.rank, few.whisker, few.verdict) == (None, None, None, None)
        assert (found.plot, found.between, found.few) == (None, None, 1)

    def test_before_the_first_answer(self) -> None:
        client, _by = signed_in()
        assert "这段时间还没有" in client.get("/compare/").text or client.get("/compare/").context["found"].n == 0
