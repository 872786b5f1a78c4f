"""What the outreach screen says in words: the rate's change, the hours, what waits, reasons with their numbers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from zhiyin.messaging.queries import ChannelCard, QueueCard
from zhiyin.outreach import screen, standing
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.monitor import Hours, Tally, invitation_sets
from zhiyin.outreach.rules import DEFAULT, Loss
from zhiyin.outreach.testing import SYSTEM
from zhiyin.outreach.words import ending_label, loss_of, reason_label
from zhiyin.ui import cards
from zhiyin.ui.times import Clock

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY_TIME, NIGHT = datetime(2026, 11, 20, 2, tzinfo=UTC), datetime(2026, 11, 20, 16, tzinfo=UTC)  # 10:00 and 00:00
NONE = dict.fromkeys(invitation_sets(DAY_TIME), 0)


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def sent(number: int, answered: int) -> Tally:
    return Tally({}, {**NONE, "sent": number, "answered": answered})


@pytest.mark.parametrize(
    ("now", "before", "word", "change"),
    [
        (sent(1000, 300), sent(1000, 200), cards.Word.UP, "+10.0 pp (+6.2 to +13.7)"),
        (sent(1000, 200), sent(1000, 300), cards.Word.DOWN, "−10.0 pp (−13.7 to −6.2)"),
        (sent(100, 20), sent(100, 21), cards.Word.INCONCLUSIVE, "−1.0 pp (−12.2 to +10.2)"),
    ],
)
def test_the_rate_says_how_it_moved_and_whether_that_means_anything(now, before, word, change):
    rate = screen.response_rate(now, before, language="en")
    assert rate is not None
    assert rate.verdict is not None
    assert (rate.verdict.word, rate.change) == (word, change)


def test_below_thirty_sent_there_is_no_rate_and_nothing_to_compare_with():
    assert screen.response_rate(sent(29, 3), sent(1000, 300), language="en") is None
    first = screen.response_rate(sent(30, 3), sent(29, 3), language="en")
    assert first is not None
    assert (first.now.n, first.change, first.verdict) == (30, "", None)


def test_the_hours_are_bars_from_the_first_on():
    chart = screen.hours_chart(Hours((5, 2, 0), (3, 1, 1)))
    assert list(chart.labels) == ["1", "2", "3"]
    assert [list(series.values) for series in chart.series] == [[5, 2, 0], [3, 1, 1]]


NOTHING = QueueCard(due=0, later=0, on_its_way=0, oldest=timedelta())
MORNING = NIGHT + timedelta(hours=8)


def waits(*, due: int = 0, later: int = 0, oldest: timedelta = timedelta(), next_at: datetime = MORNING) -> QueueCard:
    return QueueCard(due=due, later=later, on_its_way=0, oldest=oldest, next_at=next_at if later else None)


def pending(**changes: object) -> standing.Pending:
    nothing = standing.Pending(
        queue=NOTHING, doubts=0, oldest_doubt=timedelta(), unreachable=0, excluded=0, policy=DEFAULT, is_paused=False
    )
    return replace(nothing, **changes)  # type: ignore[arg-type]  # the fields of Pending


@pytest.mark.parametrize(
    ("given", "now", "title", "note"),
    [
        (
            pending(queue=waits(later=1204)),
            NIGHT,
            "1,204 wait for their time",
            "The first from today 08:00 on: sending",
        ),
        (pending(queue=waits(due=3, oldest=timedelta(seconds=4))), DAY_TIME, "3 due, on their way out", ""),
        (
            pending(queue=waits(due=3, oldest=timedelta(minutes=90))),
            DAY_TIME,
            "3 due",
            "The oldest should have left 1:30",
        ),
        (
            pending(queue=waits(due=1, later=2), is_paused=True),
            NIGHT,
            "3 held by the pause",
            "They leave when outreach is resumed",
        ),
        (pending(doubts=2, oldest_doubt=timedelta(hours=3)), DAY_TIME, "2 messages in doubt", "The oldest for 3:00."),
        (pending(unreachable=24, excluded=100), DAY_TIME, "24 interactions without a usable number", "24%"),
        (pending(policy=replace(DEFAULT, share=Decimal("0.850"))), DAY_TIME, "85% are asked", "A sample"),
    ],
)
def test_what_waits_is_named_with_what_follows(given, now, title, note):
    clock = Clock(zone=SHANGHAI, language="en", now=now)
    (matter,) = standing.matters(given, screen.Links({}), clock)
    assert matter.title.startswith(title)
    assert matter.note.startswith(note)
    assert matter.url.startswith("/outreach/")


def test_when_nothing_waits_nothing_is_said():
    clock = Clock(zone=SHANGHAI, language="en", now=DAY_TIME)
    assert standing.matters(pending(), screen.Links({}), clock) == []


def test_what_is_due_and_what_waits_for_the_morning_are_two_matters():
    """By day, too: a branch may have hours of its own, and a cap holds at any hour."""
    given = pending(queue=waits(due=2, later=49))
    told = standing.matters(given, screen.Links({}), Clock(zone=SHANGHAI, language="en", now=DAY_TIME))
    assert [matter.title for matter in told] == ["2 due, on their way out", "49 wait for their time"]


@pytest.mark.parametrize(
    ("queue", "said"),
    [
        (NOTHING, "nothing is due"),
        (waits(later=4), "nothing is due"),
        (waits(due=4, oldest=timedelta(seconds=3)), "the oldest has been due for 3 s"),
        (waits(due=4, oldest=timedelta(minutes=61)), "the oldest has been due for 1:01"),
    ],
)
def test_the_age_of_the_queue_is_said_where_all_is_well_too(queue, said):
    assert standing.queue_in_words(queue) == said


def channel(**changes: object) -> ChannelCard:
    usual = ChannelCard(
        key="sms",
        kind="sms",
        state="working",
        rests_until=None,
        trouble="",
        waiting=0,
        sent_last_hour=0,
        delivered=0,
        sent_last_day=0,
        in_doubt=0,
        median_delay=None,
        settings={},
    )
    return replace(usual, **changes)  # type: ignore[arg-type]  # the fields of ChannelCard


@pytest.mark.parametrize(
    ("delay", "written"),
    [(None, "—"), (timedelta(seconds=3.2), "3 s"), (timedelta(seconds=-1), "0 s"), (timedelta(minutes=61), "1:01")],
)
def test_a_delay_is_seconds_until_it_is_minutes(delay, written):
    assert standing.channel_rows([channel(median_delay=delay)])[0].delay == written


@pytest.mark.parametrize("state", ["working", "resting", "probing", "off", "broken"])
def test_every_state_of_a_channel_has_words(state):
    (row,) = standing.channel_rows([channel(key="night", state=state)])
    assert row.state
    assert row.name == "night · SMS"


@pytest.mark.django_db
class TestReasons:
    def test_with_the_numbers_of_their_policy_in_either_language(self):
        assert reason_label("customer_limit", [0], "en") == "10 messages in 90 days reached"
        assert reason_label("scenario_limit", [0], "zh-hans") == "同一场景 90 天满 2 次"
        assert reason_label("opted_out", [0], "en") == "Opted out"

    def test_without_numbers_where_policies_differ(self):
        apply_policy("[gap]\nhours = 12\n", by=SYSTEM, now=DAY_TIME)
        assert reason_label("gap", [1], "en") == "No more than 12 hours since the last message"
        assert reason_label("gap", [0, 1], "en") == "Too soon after the last message"

    def test_of_a_limit_that_a_policy_named_itself(self):
        own = '[[limit]]\nper = "customer+touchpoint"\nmax = 1\ndays = 7\nreason = "hall_weekly"\n'
        apply_policy(own, by=SYSTEM, now=DAY_TIME)
        assert reason_label("hall_weekly", [1], "zh-hans") == "同一触点 7 天满 1 次"
        assert loss_of("hall_weekly") is Loss.SUPPRESSED

    def test_of_two_limits_under_one_reason_no_number_is_claimed(self):
        two = "".join(
            f'[[limit]]\nper = "customer"\nmax = {most}\ndays = {days}\nreason = "too_many"\n'
            for most, days in ((3, 7), (5, 30))
        )
        apply_policy(two, by=SYSTEM, now=DAY_TIME)
        assert reason_label("too_many", [1], "en") == "Message limit reached"

    @pytest.mark.parametrize(
        ("key", "label"),
        [
            ("", ""),
            ("no_channel", "no channel is set up for it"),
            ("gap", "Too soon after the last message"),
            ("x", "x"),
        ],
    )
    def test_an_invitations_end_has_words_or_keeps_its_key(self, key, label):
        assert ending_label(key, 0, "en") == label


@pytest.mark.django_db
def test_a_limit_of_one_is_one_message() -> None:
    apply_policy(
        '[[limit]]\nper = "customer"\nmax = 1\nhours = 12\n', by=SYSTEM, now=datetime(2026, 11, 20, tzinfo=UTC)
    )
    assert reason_label("customer_limit", [1], "en") == "1 message in 12 hours reached"
