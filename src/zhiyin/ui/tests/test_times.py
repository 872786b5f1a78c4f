from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from zhiyin.ui import times

NOW = datetime(2026, 11, 20, 6, 31, tzinfo=UTC)  # 14:31 in Shanghai


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def clock(language: str = "zh-hans", *, now: datetime | None = NOW) -> times.Clock:
    return times.Clock(zone=ZoneInfo("Asia/Shanghai"), language=language, now=now)


@pytest.mark.parametrize(
    ("moment", "style", "chinese", "english"),
    [
        (NOW, "short", "11-20 14:31", "20 Nov 14:31"),
        (NOW.replace(year=2025), "short", "2025-11-20 14:31", "20 Nov 2025 14:31"),
        (NOW, "day", "11-20", "20 Nov"),
        (NOW, "time", "14:31", "14:31"),
        (datetime(2026, 11, 20, 16, 30, tzinfo=UTC), "day", "11-21", "21 Nov"),  # past midnight in Shanghai
        (date(2026, 11, 20), "short", "11-20", "20 Nov"),
        (NOW, "recent", "14:31", "14:31"),
        (NOW - timedelta(days=1), "recent", "11-19 14:31", "19 Nov 14:31"),
        (None, "short", "—", "—"),
    ],
)
def test_a_moment_is_written_in_local_time(moment, style, chinese, english):
    assert times.written(moment, style=style, clock=clock()) == chinese
    assert times.written(moment, style=style, clock=clock("en")) == english


def test_the_year_is_written_when_the_page_does_not_know_what_year_it_is():
    assert times.written(NOW, style="short", clock=clock(now=None)) == "2026-11-20 14:31"
    assert times.written(NOW, style="near", clock=clock(now=None)) == "2026-11-20 14:31"


@pytest.mark.parametrize(
    ("days", "written"), [(-1, "yesterday 14:31"), (0, "today 14:31"), (1, "tomorrow 14:31"), (2, "22 Nov 14:31")]
)
def test_near_days_have_names(days, written):
    assert times.written(NOW + timedelta(days=days), style="near", clock=clock("en")) == written


def test_an_unknown_style_is_refused():
    with pytest.raises(ValueError, match="Use one of: day, short"):
        times.written(NOW, style="longer", clock=clock())


def test_lengths_of_a_hundred_hours_and_more_are_days():
    assert times.length(timedelta(hours=99, minutes=59)) == "99:59"
    assert times.length(timedelta(hours=-130)) == "5 days"
