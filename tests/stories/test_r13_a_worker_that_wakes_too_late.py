"""R13: a worker stopped past its lease and woken again sends nothing more and overwrites nothing, two hundred times.

No processes here: a channel of our own plays the joint. Just before its bytes the first worker is stopped, its lease
runs out, another takes the message as far as its own bytes; there the first one wakes and goes on, and only then the
second does. The same with real processes and SIGSTOP is in ``test_message_is_never_sent_twice.py``.
"""

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.stories.tiers import minutes, sized
from zhiyin.messaging import ways
from zhiyin.messaging.actions import leasing, sending
from zhiyin.messaging.channels.protocol import NO_LONGER_OURS, Blind, Envelope, Witness
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.messaging.testing import attempts, messages
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.dispatch import recover, send_due
from zhiyin.outreach.testing import NOW, SYSTEM, invitation_rows, make_invitations, make_world

STOPS = sized(c=200, n=2_000)
PAST_EVERY_LEASE = timedelta(minutes=1)
AT_ANY_HOUR = '[sending_hours]\nfrom = "00:00"\nto = "24:00"\n'
JOINTS = ("leased", "before the bytes", "after the bytes")
StillOurs = Callable[[], Collection[int]]
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(minutes(c=3, n=20))]


@dataclass
class Stage:
    """The joint, the fake clock, and the gateway with all that it ever took."""

    now: datetime = NOW
    joint: str = ""
    can_look_back: bool = True
    took: list[int] = field(default_factory=list)  # message ids, in the order of their bytes
    by: list[str] = field(default_factory=list)  # whose bytes they were
    asleep: Callable[[], list[Outcome]] | None = None  # what the stopped worker does when it wakes
    refused: int = 0  # bytes that a woken worker did not send, since it asked
    held: Sequence[leasing.Leased] = ()  # what the first worker has in its hands
    late_writes: Counter[str] = field(default_factory=Counter)  # by whether they were refused

    def clock(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def deliver(self, envelopes: Sequence[Envelope], still_ours: StillOurs, worker: str) -> list[Outcome]:
        """As the outbox does: ask, write, answer."""
        ours = still_ours()
        going = [one.message_id for one in envelopes if one.message_id in ours]
        self.took += going
        self.by += [worker] * len(going)
        self.refused += len(envelopes) - len(going)
        gone = Outcome(Result.ACCEPTED, provider_id="g")
        lost = Outcome(Result.NOT_SENT, NO_LONGER_OURS)
        return [gone if one.message_id in ours else lost for one in envelopes]

    def write_late(self, outcomes: Sequence[Outcome]) -> None:
        """The woken worker records what it believes that it did."""
        pairs = list(zip(self.held, outcomes, strict=True))
        recorded = sending.record_outcomes(pairs, via=Channel.key, by=SYSTEM, now=self.now)
        self.late_writes["refused"] += len(recorded.not_ours)
        self.late_writes["accepted"] += len(pairs) - len(recorded.not_ours)

    def alarm(self) -> Callable[[], list[Outcome]] | None:
        """Who is asleep, and no longer is."""
        found, self.asleep = self.asleep, None
        return found

    def work(self, worker: str) -> None:
        send_due(worker=worker, clock=self.clock, longest=timedelta(seconds=5), kinds=("sms",))

    def others_take_over(self) -> None:
        """The lease of whoever is stopped runs out, and a colleague does what there is to do."""
        self.now += PAST_EVERY_LEASE
        recover(now=self.now)
        messages(state="queued").update(not_before=self.now)
        self.work("colleague")


class Channel:
    """The way to the gateway, for one worker; the first is stopped at the joint."""

    key, at_once, patience = "outbox", 500, timedelta(seconds=5)

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def place(self) -> str:
        return str(len(self.stage.took))

    def send(self, envelopes: Sequence[Envelope], *, still_ours: StillOurs) -> list[Outcome]:
        stage = self.stage
        if wakes := stage.alarm():  # this is the colleague: the other one wakes before its bytes, and writes after them
            late = wakes()
            done = stage.deliver(envelopes, still_ours, "colleague")
            stage.write_late(late)
            return done
        if stage.joint == "before the bytes":
            stage.joint = ""
            stage.asleep = lambda: stage.deliver(envelopes, still_ours, "zombie")
            stage.others_take_over()
            if wakes := stage.alarm():  # the colleague had nothing to send: what was in doubt is parked
                stage.write_late(wakes())
            return [Outcome(Result.NOT_SENT, NO_LONGER_OURS)] * len(envelopes)
        done = stage.deliver(envelopes, still_ours, "first")
        if stage.joint == "after the bytes":
            stage.joint = ""
            stage.others_take_over()
        return done

    @contextmanager
    def witness(self) -> Iterator[Witness]:
        yield self if self.stage.can_look_back else Blind()

    def left(self, place: str, key: str) -> bool | None:
        by_key = {str(pk): str(link or pk) for pk, link in messages().values_list("pk", "invitation_id")}
        return key in {by_key[str(pk)] for pk in self.stage.took[int(place) :]}

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> Stage:
    settings.DATA_DIR = tmp_path
    make_world(now=NOW)
    apply_policy(AT_ANY_HOUR, by=SYSTEM, now=NOW)
    found = Stage()
    monkeypatch.setattr(ways.Way, "open", lambda _way: Channel(found))
    held = leasing.held

    def stopped_with_the_lease(leased: Sequence[leasing.Leased]) -> list[leasing.Leased]:
        if found.joint == "leased":
            found.joint = ""
            found.others_take_over()
        if leased[0].worker == "first":
            found.held = held(leased)
            return list(found.held)
        return held(leased)

    monkeypatch.setattr("zhiyin.messaging.actions.held", stopped_with_the_lease)
    return found


def through(stage: Stage, stops: int, *, joints: Sequence[str] = JOINTS) -> None:
    """Stop a worker so many times, each time at one of the joints."""
    dice = random.Random(stops)
    for number in range(stops):
        stage.joint = joints[number % len(joints)]
        stage.can_look_back = dice.random() < 0.5
        make_invitations(dice.randint(1, 3), now=stage.now)
        stage.work("first")
        assert stage.joint == "", "the worker was stopped"
    stage.others_take_over()


def sent_twice(stage: Stage) -> int:
    return sum(times - 1 for times in Counter(stage.took).values())


def contradictions(stage: Stage) -> Counter[str]:
    """Where the record and the gateway differ: a late write that counted would leave one."""
    found: Counter[str] = Counter()
    links = dict(invitation_rows().values_list("pk", "state"))
    for row in messages():
        tries = attempts(message_id=row.pk)
        found["says sent, never left"] += row.state == "sent" and row.pk not in stage.took
        found["left, and neither sent nor in doubt"] += row.pk in stage.took and row.state not in ("sent", "unknown")
        found["waits for ever"] += row.state not in ("sent", "unknown")
        found["its link differs"] += links[row.invitation_id or 0] != row.state
        found["a try without an end"] += tries.filter(finished_at=None).exists()
    return +found


def test_two_hundred_zombies_send_nothing_twice_and_overwrite_nothing(stage: Stage) -> None:
    through(stage, STOPS)
    assert sent_twice(stage) == 0
    assert contradictions(stage) == {}
    assert "zombie" not in stage.by
    assert stage.refused >= STOPS // len(JOINTS), "each that woke just before its bytes was refused"
    assert stage.late_writes == {"refused": stage.refused, "accepted": 0}


def test_negative_control_without_the_fencing_number_before_the_bytes(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "same_hands", lambda _leased, fencing: fencing is not None)
    through(stage, 20, joints=["before the bytes"])
    assert sent_twice(stage) > 0


def test_negative_control_without_it_a_late_write_counts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A zombie that asks before its bytes, and then says "not sent" about what its colleague is sending."""
    asks = sending.same_hands
    monkeypatch.setattr(sending, "still_ours", lambda leased: {one.id for one in leased if asks(one, None)})
    monkeypatch.setattr(sending, "same_hands", lambda _leased, fencing: fencing is not None)
    through(stage, 20, joints=["before the bytes"])
    assert stage.late_writes["accepted"] > 0
    assert contradictions(stage) or sent_twice(stage)
