from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from zhiyin.ui import deadlines, times

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
CLOCK = times.Clock(zone=UTC, language="en", now=NOW)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def chip(due=NOW, **given) -> deadlines.Chip:
    return deadlines.chip(due, clock=CLOCK, now=NOW, **given)


@pytest.mark.parametrize(
    ("minutes", "tone", "icon", "text"),
    [
        (-42, "crit", "alarm", "overdue 0:42"),
        (0, "bad", "clock", "0:00 left"),
        (30, "bad", "clock", "0:30 left"),
        (31, "warn", "clock", "0:31 left"),
        (120, "warn", "clock", "2:00 left"),
        (121, "", "clock", "2:01 left"),
        (8 * 60, "", "clock", "8:00 left"),
        (8 * 60 + 1, "", "clock", "today 14:01"),
        (28 * 60, "", "clock", "tomorrow 10:00"),
    ],
)
def test_icon_words_and_colour_follow_the_time_left(minutes, tone, icon, text):
    assert chip(NOW + timedelta(minutes=minutes)) == deadlines.Chip(tone, icon, text)


def test_business_time_left_beats_the_wall_clock():
    assert chip(NOW + timedelta(days=3), left=timedelta(minutes=10)).text == "0:10 left"
    assert chip(NOW + timedelta(days=3), left=timedelta(0)).tone == "bad"


def test_a_pause_says_why():
    assert chip(NOW - timedelta(hours=1), paused="customer away").text == "paused: customer away"


def test_a_step_done_late_stays_marked_late():
    assert chip(done_at=NOW + timedelta(minutes=7)) == deadlines.Chip("crit", "alarm", "done 0:07 late")
    assert chip(done_at=NOW).text == "on time"


def test_no_deadline_is_said():
    assert chip(None).text == "no deadline"
