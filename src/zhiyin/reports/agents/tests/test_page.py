"""People in figures: luck wins nothing, small samples stay silent, an agent sees themself and nobody else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django.fixtures import Settings

from zhiyin.cases.testing import make_terms
from zhiyin.metrics import mirror
from zhiyin.people.access import Viewer
from zhiyin.people.queries import staff_cards
from zhiyin.people.testing import make_staff
from zhiyin.reports.testing import Said, make_service, say
from zhiyin.reports.tests.listed import listed, signed_in

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)  # the pages look at the clock
RECENT = NOW - timedelta(days=2)
TEN, FOUR = {"overall": 10, "attitude": 10, "worth": 10}, {"overall": 4, "attitude": 3, "worth": 10}


@pytest.fixture(autouse=True)
def _service(settings: Settings, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    make_service(now=NOW - timedelta(days=60))
    make_terms()


def code_of(by: Viewer) -> str:
    return staff_cards([by.staff_id])[by.staff_id or 0].code


@pytest.fixture
def team() -> dict[str, Viewer]:
    """A lucky one with few answers, a steady one, one who struggles, a novice, and somebody in the other branch."""
    people = {name: make_staff("agent", unit="N-1") for name in ("lucky", "steady", "struggling", "novice")}
    people["far"] = make_staff("agent", unit="S-1")
    say(
        Said(times=30, at=RECENT, scores=TEN, moment="waiting", staff=code_of(people["lucky"])),
        Said(times=190, at=RECENT, scores=TEN, moment="waiting", staff=code_of(people["steady"]), comment="很耐心"),
        Said(
            times=10,
            at=RECENT,
            scores=FOUR,
            moment="waiting",
            staff=code_of(people["steady"]),
            comment="打 13800138000",
        ),
        Said(times=100, at=RECENT, scores=TEN, moment="waiting", staff=code_of(people["struggling"])),
        Said(times=80, at=RECENT, scores=FOUR, moment="waiting", staff=code_of(people["struggling"])),
        Said(times=29, at=RECENT, scores=TEN, moment="waiting", staff=code_of(people["novice"])),
        Said(times=40, at=RECENT, scores=TEN, moment="at_desk", unit="S-1", staff=code_of(people["far"])),
        Said(times=5, at=RECENT, scores=TEN, moment="waiting"),
    )
    mirror.catch_up(now=NOW)
    return people


def client_of(by: Viewer) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(pk=by.staff_id or 0))
    return client


class TestTheList:
    def test_a_small_sample_is_drawn_to_the_middle_and_its_raw_value_stands_beside_it(self, team) -> None:
        client, _by = signed_in("team_lead", unit="N")
        found = client.get("/agents/").context["found"]
        rows = {person.card.id: person for person in found.people}
        lucky, steady = rows[team["lucky"].staff_id], rows[team["steady"].staff_id]
        assert lucky.raw.value == 1.0 > lucky.shrunk.value
        assert 1.0 - lucky.shrunk.value > steady.raw.value - steady.shrunk.value
        assert lucky.alike >= 1
        assert rows[team["struggling"].staff_id].place == "low"

    def test_twenty_nine_answers_have_neither_rate_nor_rank(self, team) -> None:
        client, _by = signed_in("team_lead", unit="N")
        found = client.get("/agents/").context["found"]
        novice = next(person for person in found.people if person.card.id == team["novice"].staff_id)
        assert (novice.n, novice.raw, novice.shrunk, novice.rank) == (29, None, None, "")
        assert (found.judged, found.few, found.unnamed) == (3, 1, 5)

    def test_each_number_opens_a_list_of_that_length(self, team) -> None:
        client, _by = signed_in("team_lead", unit="N")
        for person in client.get("/agents/").context["found"].people:
            assert listed(client, person.records_url) == person.n

    def test_only_the_people_of_ones_own_units(self, team) -> None:
        client, _by = signed_in("team_lead", unit="N")
        shown = {person.card.id for person in client.get("/agents/").context["found"].people}
        assert shown == {team[name].staff_id for name in ("lucky", "steady", "struggling", "novice")}
        assert client.get(f"/agents/{team['far'].staff_id}/").status_code == 404
        assert client.get("/agents/999999/").status_code == 404

    def test_alike_people_are_not_ranked(self) -> None:
        people = [make_staff("agent", unit="N-1") for _ in range(4)]
        say(*(Said(times=40, at=RECENT, scores=TEN, moment="waiting", staff=code_of(one)) for one in people))
        say(*(Said(times=10, at=RECENT, scores=FOUR, moment="waiting", staff=code_of(one)) for one in people))
        mirror.catch_up(now=NOW)
        client, _by = signed_in("team_lead", unit="N")
        page = client.get("/agents/")
        assert page.context["found"].ranking.between == 0
        assert "分不出谁好谁差" in page.text
        assert {person.rank for person in page.context["found"].people} == {"1–4"}

    def test_as_a_file(self, team) -> None:
        client, _by = signed_in("team_lead", unit="N")
        lines = client.get("/agents/?csv=agents").content.decode("utf-8-sig").splitlines()
        assert len(lines) == 1 + 4


class TestAPerson:
    def test_beside_the_rest_of_the_team_with_what_stands_out_said_neutrally(self, team) -> None:
        client, _by = signed_in("team_lead", unit="N")
        page = client.get(f"/agents/{team['struggling'].staff_id}/")
        person = page.context["person"]
        behaviour = next(part for part in person.dimensions if part.key == "behavior")
        assert behaviour.own.value == pytest.approx(100 / 180)
        assert behaviour.others.n == 30 + 190 + 10 + 29 + 5
        assert str(behaviour.verdict.word) == "down"
        assert any("一起看几份" in one.text for one in person.talk)
        assert "聊做了什么，不聊怎么拿 10 分" in page.text
        for part in (*person.dimensions, *person.moments):
            assert listed(client, part.records_url) == part.n

    def test_comments_are_masked(self, team) -> None:
        client, _by = signed_in("team_lead", unit="N")
        page = client.get(f"/agents/{team['steady'].staff_id}/")
        assert "138****8000" in page.text or "很耐心" in page.text
        assert "13800138000" not in page.text

    def test_too_few_answers_say_nothing_of_how_somebody_works(self, team) -> None:
        client, _by = signed_in("team_lead", unit="N")
        person = client.get(f"/agents/{team['novice'].staff_id}/").context["person"]
        assert person.trend is None
        assert all(part.own is None for part in (*person.dimensions, *person.moments))
        assert "29" in person.talk[0].text

    def test_who_sees_no_words_gets_no_comments(self, team) -> None:
        client, _by = signed_in("executive")
        person = client.get(f"/agents/{team['steady'].staff_id}/").context["person"]
        assert (person.quotes, person.cases) == (None, None)


class TestTheChecklist:
    @pytest.fixture
    def looked_at(self) -> dict[str, Viewer]:
        """Of one many things were looked at, of the other few, of the third none."""
        people = {name: make_staff("agent", unit="N-1") for name in ("known", "new", "unseen")}
        known, new, unseen = (code_of(people[name]) for name in ("known", "new", "unseen"))
        say(
            Said(times=20, at=RECENT, scores=TEN, moment="waiting", staff=known, done=("greet", "explain")),
            Said(times=10, at=RECENT, scores=TEN, moment="waiting", staff=known, done=("greet",)),
            Said(times=30, at=RECENT, scores=TEN, moment="waiting", staff=known),  # nobody looked
            Said(times=5, at=RECENT, scores=TEN, moment="waiting", staff=new, done=()),
            Said(times=5, at=RECENT, scores=TEN, moment="waiting", staff=unseen),
        )
        mirror.catch_up(now=NOW)
        return people

    def test_is_ones_own_of_what_somebody_looked_at(self, looked_at) -> None:
        client, _by = signed_in("team_lead", unit="N")
        page = client.get(f"/agents/{looked_at['known'].staff_id}/")
        figure = page.context["person"].adherence
        assert (figure.value, figure.n) == (50 / 60, 60)
        assert "83.3%" in page.text
        assert "n = 60" in page.text

    def test_too_few_have_no_rate_and_nothing_is_not_measured(self, looked_at) -> None:
        client, _by = signed_in("team_lead", unit="N")
        few, none = (client.get(f"/agents/{looked_at[name].staff_id}/") for name in ("new", "unseen"))
        assert few.context["person"].adherence.n == 10
        assert "查看得不够：10 项" in few.text
        assert none.context["person"].adherence.n == 0
        assert "做到率：未测量" in none.text


class TestAnAgent:
    def test_comes_to_their_own_page_and_to_no_other(self, team) -> None:
        client = client_of(team["steady"])
        answer = client.get("/agents/")
        assert answer.headers["Location"] == f"/agents/{team['steady'].staff_id}/"
        assert client.get(answer.headers["Location"]).status_code == 200
        for other in (team["lucky"].staff_id, team["far"].staff_id, 999_999):
            assert client.get(f"/agents/{other}/").status_code == 403

    def test_reads_thanks_and_not_the_complaints_about_themself(self, team) -> None:
        page = client_of(team["steady"]).get(f"/agents/{team['steady'].staff_id}/")
        assert "很耐心" in page.text
        assert "138****8000" not in page.text
        assert "/responses/" not in page.text
        assert "/measures/" not in page.text
        assert "由同事处理" in page.text


def test_before_the_first_answer_it_says_so() -> None:
    client, _by = signed_in("team_lead", unit="N")
    assert client.get("/agents/").context["found"].people == []
    person = make_staff("agent", unit="N-1")
    page = client.get(f"/agents/{person.staff_id}/")
    assert page.context["person"].n == 0
    assert "换长一点的时段" in page.text
