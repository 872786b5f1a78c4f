"""A newcomer with thirty perfect scores, a veteran with two hundred good ones, a branch that looks worse than it is.

The manager of the north opens the figures on a Monday morning and must not be led astray by luck or by mix.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from zhiyin.cases.testing import make_terms
from zhiyin.metrics import mirror
from zhiyin.people.access import Viewer
from zhiyin.people.queries import staff_cards
from zhiyin.people.testing import make_staff
from zhiyin.reports.testing import Said, make_service, say

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)  # the pages look at the clock
HAPPY, UNHAPPY = {"overall": 10, "attitude": 10}, {"overall": 5, "attitude": 4}


@pytest.fixture
def people(settings, tmp_path: Path) -> dict[str, Viewer]:
    """The north answers the waiting line, where everybody is unhappier; the south only serves the desk."""
    settings.DATA_DIR = tmp_path
    make_service(now=NOW - timedelta(days=60))
    make_terms()
    found = {name: make_staff("agent", unit="N-1") for name in ("newcomer", "veteran", "tired")}
    found["south"] = make_staff("agent", unit="S-1")
    at = NOW - timedelta(days=3)
    for name, moment, happy, unhappy in (
        ("newcomer", "at_desk", 30, 0),
        ("veteran", "at_desk", 180, 20),
        ("tired", "waiting", 60, 60),
        ("south", "at_desk", 180, 20),
    ):
        code, unit = code_of(found[name]), "S-1" if name == "south" else "N-1"
        say(
            Said(times=happy, at=at, scores=HAPPY, moment=moment, staff=code, unit=unit),
            Said(times=unhappy, at=at, scores=UNHAPPY, moment=moment, staff=code, unit=unit, comment="等了四十分钟"),
        )
    mirror.catch_up(now=NOW)
    return found | {"manager": make_staff("quality_manager", unit="HQ")}


def code_of(by: Viewer) -> str:
    return staff_cards([by.staff_id])[by.staff_id or 0].code


def signed_in(by: Viewer) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(pk=by.staff_id or 0))
    return client


def test_the_manager_is_not_led_astray_by_luck_or_by_mix(people):
    manager = signed_in(people["manager"])

    # The newcomer's hundred per cent stands there, and beside it what thirty answers can carry.
    rows = {row.card.id: row for row in manager.get("/agents/").context["found"].people}
    newcomer, veteran = rows[people["newcomer"].staff_id], rows[people["veteran"].staff_id]
    assert (newcomer.raw.value, veteran.raw.value) == (1.0, 0.9)
    assert newcomer.shrunk.value < 0.99
    assert newcomer.shrunk.rank_worst >= veteran.shrunk.rank_best, "nobody may say who of the two is better"
    assert newcomer.place != "high" or newcomer.alike

    # The north looks worse than the south, surely so; at the same touchpoints it is not.
    sites = {site.unit.code: site for site in manager.get("/compare/?mix=touchpoint").context["found"].sites}
    assert str(sites["N"].verdict.word) == "down"
    raw = sites["S"].estimate.value - sites["N"].estimate.value
    fair = sites["S"].adjusted.estimate.value - sites["N"].adjusted.estimate.value
    assert fair < raw / 2

    # The matrix says where it comes from, and what nobody has asked about yet.
    cells = [one.cell for row in manager.get("/overview/grid/").context["grid"].rows for one in row.cells]
    worst = min((cell for cell in cells if cell.state == "measured"), key=lambda cell: cell.figure.value)
    assert (worst.touchpoint, worst.dimension) == ("hotline", "behavior")
    assert any(cell.state == "not_measured" for cell in cells)

    # Whoever doubts a number reads the answers behind it: as many as it says.
    query = parse_qs(urlsplit(newcomer.records_url).query)
    answers = manager.get("/responses/", {name: values[0] for name, values in query.items()})
    assert answers.context["total"] == newcomer.n == 30


def test_the_one_who_struggles_is_spoken_of_fairly(people):
    lead = signed_in(make_staff("team_lead", unit="N"))
    page = lead.get(f"/agents/{people['tired'].staff_id}/")
    assert "聊做了什么，不聊怎么拿 10 分" in page.text
    for harsh in ("最差", "垫底", "落后", "倒数"):
        assert harsh not in page.text
    # And reads of themself what was good; the rest a colleague brings along.
    own = signed_in(people["tired"]).get("/agents/", follow=True)
    assert own.context["person"].is_self
    assert "等了四十分钟" not in own.text
    assert signed_in(people["tired"]).get(f"/agents/{people['newcomer'].staff_id}/").status_code == 403
