"""Who hears of a broken promise, when, and how often."""

from datetime import timedelta

import pytest
from django.db import connection

from zhiyin.cases.actions import handling, ladder, stepping
from zhiyin.cases.models import Entry
from zhiyin.cases.testing import NOW, TERMS, Desk, make_case, make_desk, make_terms
from zhiyin.lib.text import both

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    found = make_desk()
    later = {
        "key": "to_manager",
        "when": "overdue",
        "after": {"hours": 2},
        "to": "quality_manager",
        "text": both("", ""),
    }
    make_terms(escalation=[*TERMS["escalation"], later])
    return found


QUEUED = """
SELECT staff_id FROM messaging_message WHERE category = 'staff' AND CAST(body AS TEXT) LIKE %s ORDER BY id
"""


def alerts() -> list[int]:
    """Who has been sent word of late cases."""
    with connection.cursor() as cursor:
        cursor.execute(QUEUED, ["%late=1%"])
        return [staff for (staff,) in cursor.fetchall()]


def test_the_lead_hears_at_once_and_the_manager_two_hours_later(desk: Desk) -> None:
    make_case(desk)
    assert ladder.tell_of_broken_promises(now=NOW + 30 * MINUTE) == 0
    assert ladder.tell_of_broken_promises(now=NOW + 31 * MINUTE) == 1
    assert alerts() == [desk.lead.staff_id]
    assert ladder.tell_of_broken_promises(now=NOW + 2 * HOUR + 31 * MINUTE) == 1
    assert alerts() == [desk.lead.staff_id, desk.manager.staff_id]


def test_each_rung_once(desk: Desk) -> None:
    case_id = make_case(desk).case_id
    for minute in (31, 32, 33):
        ladder.tell_of_broken_promises(now=NOW + minute * MINUTE)
    assert alerts() == [desk.lead.staff_id]
    assert Entry.objects.filter(case_id=case_id, kind="told").count() == 1


def test_a_worker_that_was_down_tells_everything_it_missed(desk: Desk) -> None:
    make_case(desk)
    assert ladder.tell_of_broken_promises(now=NOW + 10 * HOUR) == 2


def test_many_late_cases_are_one_alert(desk: Desk) -> None:
    for _ in range(5):
        make_case(desk)
    assert ladder.tell_of_broken_promises(now=NOW + 40 * MINUTE) == 5
    assert alerts() == [desk.lead.staff_id]


def test_what_was_done_or_stands_still_is_nobodys_alarm(desk: Desk) -> None:
    done, paused = make_case(desk).case_id, make_case(desk).case_id
    stepping.connect(case_id=done, by=desk.lead, now=NOW + 20 * MINUTE)
    handling.pause(case_id=paused, reason="等客户", by=desk.lead, now=NOW + 20 * MINUTE)
    assert ladder.tell_of_broken_promises(now=NOW + HOUR) == 0


def test_whom_the_case_is_about_hears_nothing(desk: Desk) -> None:
    make_case(desk, about_id=desk.lead.staff_id)
    ladder.tell_of_broken_promises(now=NOW + 40 * MINUTE)
    assert alerts() == []
