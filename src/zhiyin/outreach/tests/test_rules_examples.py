"""The worked example of each table of a policy in docs/fatigue.md, acted out."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from zhiyin.outreach.rules import (
    Cell,
    Contact,
    Facts,
    Kind,
    Policy,
    Scope,
    Sendings,
    Spent,
    decide,
    next_send_at,
    parse_policy,
    still_allowed,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
MOMENT = timedelta(microseconds=1)
ASKED = Facts("hotline", "hall", external_id="call-3")


def china(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


def reason(policy: Policy, now: datetime, facts: Facts = ASKED, history: tuple[Contact, ...] = ()) -> str:
    return decide(facts=facts, history=history, policy=policy, now=now).reason


def test_a_limit_over_a_group() -> None:
    policy = parse_policy('[[limit]]\nper = "staff"\nmax = 3\ndays = 7')
    monday, tuesday = china("11-16T10:00"), china("11-17T10:00")
    logs = {(Scope.STAFF, "A1"): [Sendings(monday), Sendings(tuesday, messages=2)]}

    def asked(now: datetime) -> str:
        facts = ASKED._replace(staff="A1")
        return decide(facts=facts, history=(), policy=policy, now=now, group_logs=logs).reason

    assert asked(china("11-18T10:00")) == "staff_limit"
    assert asked(china("11-23T10:00") - MOMENT) == "staff_limit"
    assert asked(china("11-23T10:00")) == ""


def test_a_limit_that_counts_answers() -> None:
    policy = parse_policy('[[limit]]\nper = "customer"\nmax = 1\ndays = 30\ncounts = ["completion"]')
    answered = (Contact(china("11-01T10:00"), "hotline", kind=Kind.COMPLETION),)
    assert reason(policy, china("12-01T10:00") - MOMENT, history=answered) == "customer_limit"
    assert reason(policy, china("12-01T10:00"), history=answered) == ""


def test_gaps() -> None:
    policy = parse_policy('[[gap]]\nper = "customer"\nhours = 24\n[[gap]]\nper = "customer+scenario"\nhours = 72')
    before = (Contact(china("11-20T10:00"), "hotline"),)
    repair = ASKED._replace(scenario="repair")
    assert reason(policy, china("11-21T10:00"), repair, before) == "gap"
    assert reason(policy, china("11-21T10:00") + MOMENT, repair, before) == ""
    assert reason(policy, china("11-23T10:00"), history=before) == "scenario_gap"
    assert reason(policy, china("11-23T10:00") + MOMENT, history=before) == ""


def test_hours_by_channel_and_region() -> None:
    policy = parse_policy(
        '[[sending_hours.for]]\nregion = "XJ"\nfrom = "10:00"\nto = "22:00"\ntime_zone = "Asia/Urumqi"\n'
        '[[sending_hours.for]]\nchannel = "email"\nfrom = "00:00"\nto = "24:00"'
    )

    def leaves(now: datetime, channel: str) -> datetime:
        return next_send_at(now=now, policy=policy, tz=SHANGHAI, channel=channel, unit_path=("XJ-1", "XJ"))

    evening = china("11-22T21:30")
    assert leaves(evening, "sms") == leaves(evening, "email") == evening
    assert leaves(china("11-22T09:00"), "email") == china("11-22T12:00")


def test_caps_of_a_channel() -> None:
    policy = parse_policy(
        '[sending_hours]\nfrom = "00:00"\nto = "24:00"\n[[caps.channel]]\nchannel = "sms"\nprice = 0.045\n'
        "spend_per_day = 400\nspend_per_month = 9000"
    )

    def waits(spent: Spent, segments: int) -> datetime | None:
        facts, now = ASKED._replace(channel="sms"), china("11-22T10:00")
        return still_allowed(
            facts=facts, history=(), policy=policy, now=now, tz=SHANGHAI, spent=spent, segments=segments
        ).wait_until

    assert waits(Spent(0, 8_887, 0), 1) is None
    assert waits(Spent(0, 8_887, 0), 2) == china("11-23T00:00")
    assert waits(Spent(0, 0, 199_999), 1) is None  # to the last cent
    assert waits(Spent(0, 0, 199_999), 2) == china("12-01T00:00")


def test_sampling_shares() -> None:
    policy = parse_policy(
        '[sampling]\nshare = 0.5\n[[sampling.for]]\ntouchpoint = "hall"\nshare = 1\n'
        '[[sampling.for]]\nsegment = "gold"\nshare = 0.3'
    )
    now = datetime(2026, 11, 22, tzinfo=UTC)
    phone = ASKED._replace(touchpoint="phone")
    assert reason(policy, now, phone) == ""
    assert reason(policy, now, phone._replace(segment="gold")) == "sampled_out"
    assert reason(policy, now, ASKED._replace(segment="gold")) == ""


def test_targets() -> None:
    policy = parse_policy(
        '[[target]]\nper = "touchpoint"\nmeasure = "top_box"\nhalf_width = 0.03\nmax_answers = 400\ndays = 30'
    )
    now = china("11-22T10:00")
    for cell, expected in ((Cell(350, 0.031), ""), (Cell(350, 0.030), "target_reached"), (Cell(400), "target_reached")):
        assert reason(policy, now, ASKED._replace(cells=(cell,))) == expected


def test_eligible_groups_and_exclusions() -> None:
    policy = parse_policy(
        '[eligible]\nsegments = ["gold", "silver"]\nunits = ["SD"]\n'
        '[exclude]\nbrands = ["test"]\nscenarios = ["repair"]'
    )
    now = china("11-22T10:00")
    mine = ASKED._replace(segment="gold", unit_path=("SD-05", "SD"))
    assert reason(policy, now, mine) == ""
    assert reason(policy, now, mine._replace(segment=None)) == "not_eligible"
    assert reason(policy, now, mine._replace(unit_path=("GD",))) == "not_eligible"
    assert reason(policy, now, mine._replace(brand="test")) == "excluded"
    assert reason(policy, now, mine._replace(scenario="repair")) == "excluded"


def test_reminders() -> None:
    policy = parse_policy("[reminder]\nafter_hours = 48\nmost = 1")
    assert policy.reminder
    assert policy.reminder.after > policy.link_life
    sent = china("11-20T10:00")
    due = sent + policy.reminder.after
    assert due == china("11-22T10:00")
    reminder = ASKED._replace(kind=Kind.REMINDER)
    assert reason(policy, due, reminder, (Contact(sent, "hotline"),)) == ""
    assert reason(policy, due, reminder, (Contact(sent, "hotline"), Contact(china("11-21T12:00"), "x"))) == "gap"
    both = (Contact(sent, "hotline"), Contact(due, "hotline", kind=Kind.REMINDER))
    assert reason(policy, china("11-30T10:00"), history=both) == "scenario_limit"
