"""The head office asks where waiting hurts, keeps the question and shares it; each branch gets its own answer by mail.

The quality manager of the head office cuts the top-box rate by touchpoint, saves it as 「各触点周报」, shares it with
everybody and has it mailed on Mondays at eight. The lead of the southern branch opens the shared question and gets the
mail: both hold the south and nothing else. One number of the page leads to the very answers behind it.
"""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django.fixtures import Settings

from zhiyin.loop import mail_the_reports_that_are_due
from zhiyin.messaging.testing import messages
from zhiyin.metrics import mirror
from zhiyin.people.access import Viewer
from zhiyin.people.testing import make_staff
from zhiyin.reports.testing import Said, make_service, say

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)  # the pages look at the clock
SCORES = {"overall": 10, "again": 10}


def at_desk_of(by: Viewer) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(pk=by.staff_id or 0))
    return client


def next_monday_at_eight() -> datetime:
    local = NOW.astimezone(ZoneInfo("Asia/Shanghai"))
    monday = local.replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=-local.weekday())
    return (monday if monday > local else monday + timedelta(days=7)).astimezone(UTC)


@pytest.fixture
def people(settings: Settings, tmp_path: Path) -> tuple[Viewer, Viewer]:
    """The head office's quality manager and the south's team lead; the north waits, the south does not."""
    settings.DATA_DIR = tmp_path
    make_service(now=NOW - timedelta(days=9))
    say(
        Said(times=33, at=NOW - timedelta(days=2), scores={**SCORES, "overall": 3}, moment="waiting", comment="等太久"),
        Said(times=31, at=NOW - timedelta(days=2), scores=SCORES, moment="at_desk", unit="S-1"),
    )
    mirror.catch_up(now=NOW)
    return make_staff("quality_manager", unit="HQ"), make_staff("team_lead", unit="S")


def test_one_question_answered_for_each_branch(people):
    manager, lead = people
    office, south = at_desk_of(manager), at_desk_of(lead)

    page = office.get("/explorer/?rows=touchpoint").content.decode()
    assert "n = 64" in page
    hotline = unescape(re.findall(r'href="(/explorer/records/[^"]*at=touchpoint:hotline)"', page)[0])
    assert office.get(hotline).content.decode().count("等太久") == 33

    question = {"measure": "top_box", "rows": "touchpoint", "name": "各触点周报", "unit": "HQ", "role": ""}
    assert office.post("/explorer/save/", question).status_code == 302
    listed = south.get("/explorer/views/").content.decode()
    view = re.findall(r'href="(/explorer/views/(\d+)/)">各触点周报', listed)[0]
    seen = south.get(view[0], follow=True).content.decode()
    assert "n = 31" in seen
    assert "hotline" not in seen

    rhythm = {"rhythm": "weekly", "weekday": "0", "at": "08:00", "reader": [manager.staff_id, lead.staff_id]}
    assert office.post(f"/explorer/schedules/new/?view={view[1]}", rhythm).status_code == 302

    assert mail_the_reports_that_are_due(lambda: next_monday_at_eight() - timedelta(seconds=1)) == 0
    assert mail_the_reports_that_are_due(next_monday_at_eight) == 1
    assert mail_the_reports_that_are_due(next_monday_at_eight) == 0
    mails = {one.staff_id: one.body for one in messages(category="staff")}
    assert set(mails) == {manager.staff_id, lead.staff_id}
    assert "hotline" in mails[manager.staff_id]["html"]
    assert "hotline" not in mails[lead.staff_id]["html"] + mails[lead.staff_id]["files"][0][2]
    assert "各触点周报" in mails[lead.staff_id]["subject"]

    stop = re.findall(r"/explorer/schedules/\d+/", mails[lead.staff_id]["html"])[0]
    assert south.get(stop).status_code == 200
    south.post(f"{stop}switch/", {"do": "leave"})
    assert mail_the_reports_that_are_due(lambda: next_monday_at_eight() + timedelta(days=7)) == 1
    assert messages(category="staff", staff_id=lead.staff_id).count() == 1
