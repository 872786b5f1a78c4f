"""A policy whose reminders could never leave is refused with the reason and what would work."""

import pytest

from zhiyin.outreach.rules import PolicyInvalid, parse_policy

REMIND = "[reminder]\nafter_hours = {}\nmost = {}\n"


def sentences(after: int, most: int, more: str) -> list[str]:
    try:
        parse_policy(REMIND.format(after, most) + more)
    except PolicyInvalid as caught:
        return [problem.sentence("en") for problem in caught.problems]
    return []


@pytest.mark.parametrize(
    ("after", "most", "more", "why"),
    [
        (4, 1, "", "[gap] asks for more than 24 hours, so a reminder could not leave then; write at least 25, or"),
        (24, 1, "", "[gap] asks for more than 24 hours"),
        (25, 1, "", ""),
        (8, 1, "[gap]\nhours = 2", ""),
        (2, 1, "[gap]\nhours = 2", "write at least 3,"),
        (1, 1, '[[gap]]\nper = "staff"\nminutes = 90', "gap[1] asks for more than 90 minutes"),
        (1, 1, '[[gap]]\nper = "staff"\nminutes = 90\ncounts = ["survey"]', ""),
        (48, 1, "", ""),
        (30, 2, "", "limit[2] lets 2 in 90 days, so reminder 2 could not leave; write most = 1, or raise its max"),
        (71, 1, "", ""),
        (72, 1, "", "reminder 1 is due after 1 × 72 hours, when [age] lets nothing leave that is 72 hours old"),
        (72, 1, "[age]\noff = true", ""),
        (36, 2, '[[limit]]\nper = "customer"\nmax = 9\ndays = 9', "write at most 35, or let [age] be longer"),
        (35, 2, '[[limit]]\nper = "customer"\nmax = 9\ndays = 9', ""),
        (25, 1, '[[limit]]\nper = "customer"\nmax = 1\ndays = 9', "limit[1] lets 1 in 9 days, which the invitation"),
        (25, 1, '[[limit]]\nper = "unit"\nmax = 1\ndays = 1', ""),
        (25, 1, '[[limit]]\nper = "customer"\nmax = 1\ndays = 9\ncounts = ["completion"]', ""),
        (25, 1, '[[limit]]\nper = "customer"\nmax = 1\ndays = 9\ncounts = ["reminder"]', ""),
        (25, 2, '[[limit]]\nper = "customer"\nmax = 1\ndays = 9\ncounts = ["reminder"]', "write most = 1"),
    ],
)
def test_reminders_that_can_never_leave_are_refused(after: int, most: int, more: str, why: str) -> None:
    told = sentences(after, most, more)
    assert bool(told) == bool(why), told
    assert not why or why in told[0]


def test_the_refusal_in_chinese_says_what_would_work() -> None:
    with pytest.raises(PolicyInvalid) as caught:
        parse_policy(REMIND.format(4, 1))
    assert caught.value.line("zh-hans") == (
        "reminder.after_hours 写的是 4：[gap] 要求超过 24 小时，到时提醒还发不出去；至少写 25，或把间隔改短。"
    )


def test_a_version_that_was_taken_before_is_still_read() -> None:
    policy = parse_policy(REMIND.format(4, 1), is_new=False)
    assert policy.reminder is not None
