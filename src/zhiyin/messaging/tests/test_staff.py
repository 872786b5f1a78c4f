"""Robots for alerts: told in time or not, and honest about it."""

import time
from collections.abc import Sequence
from typing import Any

import pytest

from zhiyin.messaging.channels.protocol import Envelope
from zhiyin.messaging.channels.staff import StaffAlerts, StaffSetup
from zhiyin.messaging.channels.staff.sending import tell_robots
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.messaging.rules.setups import BadSetup, read_setup, shown
from zhiyin.messaging.testing import make_envelope

ROBOTS = ["dingtalk://abcdefghij12345", "feishu://token123", "wecombot://abcdefgh"]


def alerted(notify: Any, **changes: Any) -> Outcome:
    setup = read_setup(StaffSetup, {"robots": ROBOTS, "timeout": 1, **changes})
    envelope = make_envelope(to="staff:1")
    (outcome,) = StaffAlerts("robots", setup, notify=notify).send([envelope], still_ours=lambda: {envelope.message_id})
    return outcome


def test_every_robot_is_told_once() -> None:
    told: list[tuple[Sequence[str], str]] = []

    def notify(robots: Sequence[str], envelope: Envelope, timeout: int) -> Outcome:
        told.append((robots, envelope.text))
        return Outcome(Result.ACCEPTED)

    assert alerted(notify).result is Result.ACCEPTED
    assert [robots for robots, _ in told] == [tuple(ROBOTS)]


def test_one_that_hangs_or_breaks_leaves_a_doubt_and_holds_nobody_up() -> None:
    began = time.monotonic()
    assert alerted(lambda *_: time.sleep(5)).result is Result.DOUBTFUL
    assert time.monotonic() - began < 3

    def breaks(*_: object) -> Outcome:
        raise KeyError("token123")

    outcome = alerted(breaks)
    assert (outcome.result, outcome.detail) == (Result.DOUBTFUL, "KeyError")


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # apprise's, for its pictures
def test_an_address_that_apprise_does_not_understand_tells_nobody() -> None:
    assert tell_robots(["dingtalk://"], make_envelope(), 1).result is Result.NOT_SENT


@pytest.mark.parametrize("robot", ["json://10.0.0.1/", "mailto://u:p@h", "feishu://", "nonsense", "file:///etc/passwd"])
def test_only_robots_at_fixed_addresses_are_taken(robot: str) -> None:
    with pytest.raises(BadSetup) as bad:
        read_setup(StaffSetup, {"robots": [robot]})
    assert "not_a_robot" in str(bad.value)


def test_the_robots_keys_are_not_shown_again() -> None:
    assert "token123" not in str(shown(read_setup(StaffSetup, {"robots": ROBOTS})))
