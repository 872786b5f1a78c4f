"""When messages may leave: nights, days of 23 and 25 hours, dead links, and the last look before a message goes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.outreach.rules import (
    DEFAULT,
    Contact,
    Departure,
    Facts,
    SendingHours,
    link_dead_at,
    next_send_at,
    still_allowed,
)
from zhiyin.outreach.rules.sending import next_change

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
MOMENT = timedelta(microseconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def sends(now: str, *, opens: int = 480, closes: int = 1260, tz: ZoneInfo = SHANGHAI) -> str:
    policy = replace(DEFAULT, sending_hours=SendingHours(opens=opens, closes=closes))
    return next_send_at(now=at(now), policy=policy, tz=tz).astimezone(tz).isoformat(timespec="auto")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-22T07:59:59.999999+08:00", "2026-11-22T08:00:00+08:00"),
        ("2026-11-22T08:00:00+08:00", "2026-11-22T08:00:00+08:00"),
        ("2026-11-22T12:34:56.789+08:00", "2026-11-22T12:34:56.789000+08:00"),
        ("2026-11-22T20:59:59.999999+08:00", "2026-11-22T20:59:59.999999+08:00"),
        ("2026-11-22T21:00:00+08:00", "2026-11-23T08:00:00+08:00"),
        ("2026-11-22T23:59:59+08:00", "2026-11-23T08:00:00+08:00"),
        ("2026-11-22T13:00:00Z", "2026-11-23T08:00:00+08:00"),
        ("2026-12-31T22:00:00+08:00", "2027-01-01T08:00:00+08:00"),
        ("2028-02-28T22:00:00+08:00", "2028-02-29T08:00:00+08:00"),
    ],
)
def test_by_day(now: str, expected: str) -> None:
    assert sends(now) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-22T20:59:59+08:00", "2026-11-22T21:00:00+08:00"),
        ("2026-11-22T21:00:00+08:00", "2026-11-22T21:00:00+08:00"),
        ("2026-11-22T23:59:59.999999+08:00", "2026-11-22T23:59:59.999999+08:00"),
        ("2026-11-23T00:00:00+08:00", "2026-11-23T00:00:00+08:00"),
        ("2026-11-23T07:59:59+08:00", "2026-11-23T07:59:59+08:00"),
        ("2026-11-23T08:00:00+08:00", "2026-11-23T21:00:00+08:00"),
    ],
)
def test_over_midnight(now: str, expected: str) -> None:
    assert sends(now, opens=1260, closes=480) == expected


def test_until_midnight_loses_no_minute() -> None:
    assert sends("2026-11-22T23:59:59.999999+08:00", closes=1440) == "2026-11-22T23:59:59.999999+08:00"
    assert sends("2026-11-23T00:00:00+08:00", closes=1440) == "2026-11-23T08:00:00+08:00"


@given(st.integers(0, 3_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC)))
def test_without_sending_hours_every_instant_will_do(now: datetime) -> None:
    assert next_send_at(now=now, policy=replace(DEFAULT, sending_hours=None), tz=SHANGHAI) == now


@pytest.mark.parametrize(
    ("case", "now", "opens", "closes", "expected"),
    [
        ("the night of 23 hours", "2026-03-07T22:00:00-05:00", 480, 1260, "2026-03-08T08:00:00-04:00"),
        ("the night of 25 hours", "2026-10-31T22:00:00-04:00", 480, 1260, "2026-11-01T08:00:00-05:00"),
        ("a skipped opening opens at the jump", "2026-03-08T01:59:00-05:00", 150, 300, "2026-03-08T03:00:00-04:00"),
        ("of the hour that comes twice, the first", "2026-11-01T00:30:00-04:00", 70, 100, "2026-11-01T01:10:00-04:00"),
        ("the hour that comes twice is open twice", "2026-11-01T01:30:00-05:00", 60, 120, "2026-11-01T01:30:00-05:00"),
        (
            "between the two hours it is shut",
            "2026-11-01T01:45:00-04:00", 60, 100, "2026-11-01T01:00:00-05:00",
        ),
        ("a window skipped whole waits a day", "2026-03-08T01:00:00-05:00", 130, 170, "2026-03-09T02:10:00-04:00"),
    ],
)  # fmt: skip
def test_when_the_clock_changes(case: str, now: str, opens: int, closes: int, expected: str) -> None:
    assert sends(now, opens=opens, closes=closes, tz=NEW_YORK) == expected


minutes = st.integers(0, 1439)


@given(
    # Around the nights in which New York changes its clocks, to the minute and just beside it.
    st.sampled_from(
        [datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 10, 31, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)]
    ),
    st.integers(0, 2 * 1440),
    st.integers(-1, 1),
    minutes,
    minutes,
    st.sampled_from([NEW_YORK, SHANGHAI, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/Santiago")]),
)
def test_the_next_change_is_the_first_minute_that_differs(
    start: datetime, minute: int, off: int, opens: int, closes: int, tz: ZoneInfo
) -> None:
    """Against a walk from minute to minute; zones with half an hour of summer time and a jump at midnight included."""
    if opens == closes:
        return
    now = start + timedelta(minutes=minute) + off * MOMENT
    hours = SendingHours(opens=opens, closes=closes or 1440)

    def is_open(moment: datetime) -> bool:
        local = moment.astimezone(tz)
        minute = local.hour * 60 + local.minute
        return opens <= minute < closes if opens < closes else minute >= opens or minute < closes

    walk = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while is_open(walk) == is_open(now):
        walk += timedelta(minutes=1)
    assert next_change(after=now, hours=hours, tz=tz) == walk
    policy = replace(DEFAULT, sending_hours=hours)
    assert next_send_at(now=now, policy=policy, tz=tz) == (now if is_open(now) else walk)


def test_a_link_dies_after_8_hours_to_the_microsecond() -> None:
    sent_at = at("2026-11-22T10:00:00.000001+08:00")
    assert link_dead_at(sent_at=sent_at, policy=DEFAULT) == at("2026-11-22T18:00:00.000001+08:00")
    spring = at("2026-03-08T00:30:00-05:00").astimezone(NEW_YORK)
    assert (link_dead_at(sent_at=spring, policy=DEFAULT).astimezone(UTC) - spring.astimezone(UTC)) == timedelta(hours=8)


FACTS = Facts(scenario="hotline", touchpoint="hotline")


def leave(
    now: str, *, facts: Facts = FACTS, history: tuple[Contact, ...] = (), cap: int | None = None, today: int = 0
) -> Departure:
    policy = replace(DEFAULT, per_number_per_day=cap)
    return still_allowed(
        facts=facts, history=history, policy=policy, now=at(now), tz=SHANGHAI, sent_to_number_today=today
    )


def test_a_message_leaves_by_day() -> None:
    departure = leave("2026-11-22T10:00:00+08:00")
    assert departure == Departure()
    assert departure.goes


def test_a_message_waits_for_the_morning() -> None:
    departure = leave("2026-11-22T22:00:00+08:00")
    assert departure.wait_until == at("2026-11-23T08:00:00+08:00")
    assert not departure.goes


def test_who_opted_out_while_it_waited_is_not_written_to_not_even_at_night() -> None:
    departure = leave("2026-11-22T22:00:00+08:00", facts=FACTS._replace(opted_out=True))
    assert departure == Departure(reason="opted_out")
    assert not departure.goes


def test_another_message_that_went_first_holds_this_one_back() -> None:
    other = Contact(at("2026-11-22T09:00:00+08:00"), "repair")
    assert leave("2026-11-22T10:00:00+08:00", history=(other,)).reason == "gap"


@pytest.mark.parametrize(
    ("today", "now", "expected"),
    [
        (2, "2026-11-22T10:00:00+08:00", None),
        (3, "2026-11-22T10:00:00+08:00", "2026-11-23T08:00:00+08:00"),
        (4, "2026-11-22T23:00:00+08:00", "2026-11-23T08:00:00+08:00"),
        (3, "2026-11-23T00:00:00+08:00", "2026-11-24T08:00:00+08:00"),
    ],
)
def test_beyond_the_cap_of_the_day_it_waits_for_tomorrow(today: int, now: str, expected: str | None) -> None:
    assert leave(now, cap=3, today=today).wait_until == (at(expected) if expected else None)


def test_nothing_was_sent_today_unless_somebody_says_so() -> None:
    policy = replace(DEFAULT, per_number_per_day=1)
    now = at("2026-11-22T10:00:00+08:00")
    assert still_allowed(facts=FACTS, history=(), policy=policy, now=now, tz=SHANGHAI).goes


def test_without_sending_hours_the_cap_lifts_at_local_midnight() -> None:
    policy = replace(DEFAULT, sending_hours=None, per_number_per_day=1)
    departure = still_allowed(
        facts=FACTS,
        history=(),
        policy=policy,
        now=datetime(2026, 11, 22, 15, 59, tzinfo=timezone(timedelta(0))),
        tz=SHANGHAI,
        sent_to_number_today=1,
    )
    assert departure.wait_until == at("2026-11-23T00:00:00+08:00")
