"""Answers about one agent are alike: the overview, a figure's page and the API say how much less sure that makes."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from zhiyin.metrics import mirror
from zhiyin.outreach.testing import SYSTEM
from zhiyin.people.api_auth import create_api_key
from zhiyin.people.queries import staff_cards
from zhiyin.people.testing import make_staff
from zhiyin.reports.figures import Desk
from zhiyin.reports.sureness import sureness
from zhiyin.reports.testing import Said, make_service, say
from zhiyin.reports.tests.listed import signed_in
from zhiyin.ui.cards import Word
from zhiyin.ui.period import period_of

pytestmark = pytest.mark.django_db
NOW = timezone.now()
RECENT, EARLIER = NOW - timedelta(days=2), NOW - timedelta(days=40)
TEN, FOUR = {"overall": 10, "again": 10}, {"overall": 4, "again": 2}
EVERYTHING = "/overview/"


@pytest.fixture(autouse=True)
def _service(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    make_service(now=EARLIER - timedelta(days=1))


def agents(count: int) -> list[str]:
    ids = [make_staff("agent", unit="N-1").staff_id or 0 for _ in range(count)]
    cards = staff_cards(ids)
    return [cards[one].code for one in ids]


def answered(people: list[str], tens: list[int], *, of: int, at: object = RECENT) -> None:
    for who, good in zip(people, tens, strict=True):
        say(Said(times=good, at=at, scores=TEN, moment="waiting", staff=who))  # type: ignore[arg-type]
        say(Said(times=of - good, at=at, scores=FOUR, moment="waiting", staff=who))  # type: ignore[arg-type]
    mirror.catch_up(now=NOW)


def desk() -> Desk:
    return Desk(SYSTEM, period_of({}, today=timezone.localdate()))


def test_agents_who_differ_widen_the_interval_and_take_a_verdict_back() -> None:
    people = agents(6)
    answered(people, [20, 2, 19, 1, 20, 3], of=20, at=EARLIER)
    answered(people, [20, 12, 19, 11, 20, 5], of=20)
    found = sureness(desk(), "top_box")
    assert found is not None
    assert found.is_wider
    plain = desk().ask("top_box").whole
    assert found.low < (plain.low or 0) < (plain.high or 0) < found.high
    assert found.times == pytest.approx((found.high - found.low) / ((plain.high or 0) - (plain.low or 0)))
    assert found.design.clusters == 6
    # 72 % against 54 %: more than chance among strangers, not among answers about six people.
    assert found.verdict is not None
    assert found.verdict.word is Word.INCONCLUSIVE


def test_agents_who_are_alike_leave_it_as_it_is() -> None:
    answered(agents(5), [14, 15, 16, 15, 14], of=20)
    found = sureness(desk(), "top_box")
    assert found is not None
    assert found.design.effect < 1
    assert not found.is_wider
    client, _by = signed_in()
    assert "×" not in client.get("/measures/top_box/sureness/").text
    assert "区间不变" in client.get("/measures/top_box/").text


def test_where_nothing_is_known_of_agents_nothing_is_said() -> None:
    say(Said(times=40, at=RECENT, scores=TEN, moment="waiting"))
    mirror.catch_up(now=NOW)
    say(Said(times=20, at=RECENT, scores=FOUR, moment="waiting"))
    mirror.catch_up(now=NOW)
    assert sureness(desk(), "top_box") is None
    assert sureness(desk(), "funnel_i1") is None


def test_answers_about_nobody_are_not_called_agents() -> None:
    answered(agents(6), [20, 12, 19, 11, 20, 5], of=20)
    say(Said(times=40, at=RECENT, scores=TEN, moment="waiting"))
    mirror.catch_up(now=NOW)
    client, _by = signed_in()
    assert "6 名客服的 120 份评价，加上不涉及客服的 40 份" in client.get("/measures/top_box/sureness/").text


def test_the_card_asks_for_its_line_by_itself() -> None:
    answered(agents(6), [20, 12, 19, 11, 20, 5], of=20)
    client, _by = signed_in()
    page = client.get(EVERYTHING).text
    assert 'hx-get="/measures/top_box/sureness/?period=30d"' in page
    line = client.get("/measures/top_box/sureness/?period=30d")
    assert "按客服聚集：区间放宽 ×" in line.text
    assert "<html" not in line.text
    assert line.headers["Cache-Control"] == "no-store"
    assert "计入客服差异" in client.get("/measures/top_box/?period=30d").text
    agent, by = signed_in("agent", unit="N-1")
    assert agent.get("/measures/top_box/sureness/").status_code == 403
    assert client.get("/measures/joy/sureness/").status_code == 404
    assert "/sureness/" not in agent.get(f"/agents/{by.staff_id}/").text


def test_the_api_gives_the_wider_interval_and_the_effect() -> None:
    answered(agents(6), [20, 12, 19, 11, 20, 5], of=20)
    client = Client(headers={"authorization": f"Bearer {create_api_key(name='b', scope='read', by=SYSTEM, now=NOW)}"})
    plain = client.get("/api/v1/measures/top_box").json()["rows"][0]
    (wide,) = client.get("/api/v1/measures/top_box?cluster=staff").json()["rows"]
    found = sureness(desk(), "top_box")
    assert found is not None
    assert (wide["low"], wide["high"], wide["effect"]) == pytest.approx((found.low, found.high, found.design.effect))
    assert (wide["value"], wide["n"]) == (plain["value"], plain["n"])
    assert "effect" not in plain
    wrong = client.get("/api/v1/measures/top_box?cluster=nothing")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "unknown_dimension")
    assert wrong.json()["errors"][0]["field"] == "cluster"
