"""By whatever a figure of answers is cut: the list that it opens is exactly as long as its n."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from zhiyin.metrics import mirror
from zhiyin.people.queries import staff_cards
from zhiyin.people.testing import make_staff
from zhiyin.reports.figures import Desk
from zhiyin.reports.records import records_url, spelled
from zhiyin.reports.testing import ASKED, Said, make_service, publish_version, say
from zhiyin.reports.tests.listed import listed, signed_in
from zhiyin.ui.period import period_of

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
RECENT = NOW - timedelta(days=2)


@pytest.fixture(autouse=True)
def _said(settings: Settings, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    make_service(now=NOW - timedelta(days=60))
    publish_version({**ASKED, "ability": "value"}, now=NOW - timedelta(days=50))
    by = make_staff("agent", unit="N-1")
    code = staff_cards([by.staff_id])[by.staff_id or 0].code
    ten = {"overall": 10, "attitude": 9, "ability": 8, "worth": 10, "again": 9}
    say(
        Said(times=7, at=RECENT, scores=ten, moment="first_call", segment="gold", brand="M", staff=code),
        Said(times=5, at=RECENT, scores=ten, moment="first_call", complaint=True, channel="sms", version=2),
        Said(times=4, at=RECENT, scores={"overall": 2, "attitude": 1}, moment="waiting", segment="plain"),
        Said(times=3, at=RECENT, scores=ten, moment="at_desk", unit="S-1", channel="email", staff=code),
        Said(times=2, at=RECENT, scores=ten),
        Said(times=6, at=RECENT, scores={"handling": 9}, survey="after", moment="first_call", complaint=True),
    )
    mirror.catch_up(now=NOW)


@pytest.mark.parametrize("measure", ["top_box", "mean", "nps", "recovery_rate"])
@pytest.mark.parametrize(
    "cut",
    ["staff", "channel", "complaint", "question", "version", "survey", "touchpoint", "moment", "segment", "brand"],
)
def test_a_figure_and_its_list(measure: str, cut: str) -> None:
    client, by = signed_in()
    desk = Desk(by, period_of({}, today=timezone.localdate()))
    figures = desk.ask(measure, cut).figures
    named = {spelled(figure.key[0]): figure.n for figure in figures if spelled(figure.key[0])}
    assert named or (measure, cut) in {
        ("recovery_rate", "segment"),
        ("recovery_rate", "brand"),
        ("recovery_rate", "staff"),
    }
    for value, n in named.items():
        url = records_url(desk, measure, **{cut: value})
        assert listed(client, url) == n, (cut, value)


def test_what_has_no_name_has_no_list_and_who_reads_no_words_has_none() -> None:
    _client, by = signed_in()
    desk = Desk(by, period_of({}, today=timezone.localdate()))
    assert records_url(desk, "top_box", staff="") == ""
    assert records_url(desk, "top_box", weekday="1") == ""
    _client, executive = signed_in("executive")
    assert records_url(Desk(executive, desk.period), "top_box", touchpoint="hotline") == ""


def test_nonsense_finds_nothing() -> None:
    client, _by = signed_in()
    for name in ("staff", "version", "question", "channel"):
        assert listed(client, f"/responses/?measure=top_box&{name}=none") == 0
