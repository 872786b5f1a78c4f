"""Facts reach their reactions at least once; a failing one is rolled back, tried five times and parked alone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import transaction

from tests.threads import together
from zhiyin.ledger import deliver, record
from zhiyin.ledger.events import Envelope
from zhiyin.ledger.models import Anchor, Event, Reaction
from zhiyin.ledger.testing import NOW, Happened, Somebody, write

KIND = "test.happened"
Handler = Callable[[Envelope, datetime], None]


class PowerCut(BaseException):
    """The process is gone: nothing catches this."""


class Loop:
    """What loop.py is to the ledger, with reactions that a test writes."""

    def __init__(self) -> None:
        self.REACTIONS: dict[str, list[Handler]] = {KIND: []}
        self.heard: list[tuple[str, int]] = []

    def react(self, name: str, act: Callable[[int], None] = lambda number: None) -> None:
        def reaction(told: Envelope, now: datetime) -> None:
            act(told.event.number)
            self.heard.append((name, told.event.number))

        reaction.__name__ = name
        self.REACTIONS[KIND].append(reaction)


@pytest.fixture
def loop(monkeypatch) -> Loop:
    made = Loop()
    for module in (deliver, record):
        monkeypatch.setattr(module, "import_module", lambda name: made)
    return made


def failing(*numbers: int) -> Callable[[int], None]:
    """A reaction that leaves a trace in the database and then fails for these facts."""

    def act(number: int) -> None:
        Anchor.objects.create(sequence=1000 + number, at=NOW, seal=b"")
        if number in numbers:
            raise ValueError(f"cannot take {number}")

    return act


pytestmark = pytest.mark.django_db


class TestDelivering:
    def test_a_fact_reaches_every_reaction_to_its_kind_in_order(self, loop):
        loop.react("first")
        loop.react("second")
        write(2)
        assert deliver.deliver_pending(now=NOW) == 2
        assert loop.heard == [("first", 0), ("second", 0), ("first", 1), ("second", 1)]
        assert deliver.deliver_pending(now=NOW) == 0

    def test_an_envelope_carries_the_circumstances(self, loop):
        told: list[Envelope] = []
        loop.REACTIONS[KIND].append(lambda envelope, now: told.append(envelope))
        (identifier,) = write(1, subject="case:7")
        deliver.deliver_pending(now=NOW)
        assert told == [Envelope(identifier, KIND, "system:test", "case:7", Happened(0, "发生了"))]

    def test_a_fact_without_reactions_waits_for_nothing(self, loop):
        loop.REACTIONS.clear()
        write(1)
        assert deliver.undelivered() == (0, 0)
        assert deliver.deliver_pending(now=NOW) == 0

    def test_only_so_many_at_once_the_oldest_first(self, loop):
        loop.react("only")
        write(5)
        assert deliver.deliver_pending(now=NOW, limit=3) == 3
        assert [number for _, number in loop.heard] == [0, 1, 2]
        assert deliver.undelivered() == (2, 0)


class TestFailing:
    def test_a_failing_reaction_is_rolled_back_alone_and_holds_up_nobody(self, loop):
        loop.react("works")
        loop.react("fails", failing(1))
        loop.react("works_too")
        write(3)
        assert deliver.deliver_pending(now=NOW) == 3
        assert [number for name, number in loop.heard if name == "works"] == [0, 1, 2]
        assert [number for name, number in loop.heard if name == "works_too"] == [0, 1, 2]
        assert set(Anchor.objects.values_list("sequence", flat=True)) == {1000, 1002}
        noted = Reaction.objects.get()
        assert (noted.name, noted.attempts, noted.parked_at) == ("fails", 1, None)
        assert noted.next_try_at == NOW + timedelta(seconds=1)
        assert "ValueError: cannot take 1" in noted.error

    def test_it_is_tried_five_times_more_and_more_slowly_and_then_parked_with_its_error(self, loop):
        loop.react("fails", failing(0))
        write(1)
        now = NOW
        deliver.deliver_pending(now=now)
        for pause in deliver.BACKOFF:
            assert deliver.retry_failed(now=now + pause - timedelta(milliseconds=1)) == 0
            now += pause
            assert deliver.retry_failed(now=now) == 1
        noted = Reaction.objects.get()
        assert (noted.attempts, noted.parked_at, noted.next_try_at) == (deliver.TRIES, now, None)
        assert "cannot take 0" in noted.error
        assert deliver.retry_failed(now=now + timedelta(days=30)) == 0
        assert deliver.undelivered() == (0, 1)
        assert loop.heard == []

    def test_a_reaction_that_works_at_last_leaves_nothing_behind(self, loop):
        broken = {0}
        loop.react("recovers", lambda number: failing(*broken)(number))
        write(1)
        deliver.deliver_pending(now=NOW)
        broken.clear()
        assert deliver.retry_failed(now=NOW + timedelta(seconds=1)) == 1
        assert loop.heard == [("recovers", 0)]
        assert not Reaction.objects.exists()
        assert Anchor.objects.count() == 1

    def test_a_fact_that_no_longer_reads_is_parked_and_the_others_go_on(self, loop):
        loop.react("only")
        first, _second = write(2)
        Event.objects.filter(pk=first).update(data={"number": 1, "details": {}, "note": ""}, kind="test.nobody_knows")
        loop.REACTIONS["test.nobody_knows"] = loop.REACTIONS[KIND]
        assert deliver.deliver_pending(now=NOW) == 2
        assert loop.heard == [("only", 1)]
        assert Reaction.objects.get().event_id == first

    def test_a_reaction_that_has_gone_is_parked_with_the_reason(self, loop):
        loop.react("fails", failing(0))
        write(1)
        deliver.deliver_pending(now=NOW)
        loop.REACTIONS[KIND] = []
        assert deliver.retry_failed(now=NOW + timedelta(minutes=1)) == 1
        assert Reaction.objects.get().error == "There is no reaction of this name any more."
        assert deliver.retry_failed(now=NOW + timedelta(days=1)) == 0

    def test_a_reaction_may_break_the_database_transaction_and_only_it_is_lost(self, loop):
        def duplicate(number: int) -> None:
            Anchor.objects.create(sequence=1, at=NOW, seal=b"")
            Anchor.objects.create(sequence=1, at=NOW, seal=b"")

        loop.react("breaks", duplicate)
        loop.react("works")
        write(1)
        deliver.deliver_pending(now=NOW)
        assert loop.heard == [("works", 0)]
        assert Anchor.objects.count() == 0


@pytest.mark.django_db(transaction=True)
class TestCrashing:
    def test_a_crash_between_the_reactions_and_the_commit_delivers_again(self, loop):
        """All that the first try wrote is rolled back with it."""
        cut = [True]

        def crash_once(number: int) -> None:
            Anchor.objects.create(sequence=1000 + number, at=NOW, seal=b"")
            if number == 2 and cut.pop():
                raise PowerCut

        loop.react("first", crash_once)
        write(3)
        with pytest.raises(PowerCut):
            deliver.deliver_pending(now=NOW)
        assert Anchor.objects.count() == 0
        assert deliver.undelivered() == (3, 0)
        cut.append(False)
        assert deliver.deliver_pending(now=NOW) == 3
        assert [number for _, number in loop.heard] == [0, 1, 0, 1, 2]
        assert Anchor.objects.count() == 3

    def test_four_workers_deliver_each_fact_exactly_once(self, loop):
        loop.react("leaves_a_row", failing())
        write(60)
        done = together([lambda: [deliver.deliver_pending(now=NOW, limit=7) for _ in range(20)]] * 4)
        assert sum(map(sum, done)) == 60
        assert sorted(number for _, number in loop.heard) == list(range(60))
        assert Anchor.objects.count() == 60

    def test_four_workers_try_each_failed_reaction_once(self, loop):
        loop.react("fails", failing(*range(20)))
        write(20)
        deliver.deliver_pending(now=NOW)
        done = together([lambda: deliver.retry_failed(now=NOW + timedelta(seconds=1), limit=20)] * 4)
        assert sum(done) == 20
        assert set(Reaction.objects.values_list("attempts", flat=True)) == {2}


class TestRecording:
    def test_a_fact_outside_a_transaction_is_refused(self, monkeypatch):
        outside = SimpleNamespace(get_connection=lambda: SimpleNamespace(in_atomic_block=False))
        monkeypatch.setattr(record, "transaction", outside)
        with pytest.raises(RuntimeError, match="in the transaction of the change"):
            record.record(Happened(), by=Somebody(), now=NOW)

    def test_a_fact_is_gone_when_its_change_is_rolled_back(self):
        with pytest.raises(PowerCut), transaction.atomic():
            record.record(Happened(), by=Somebody(), now=NOW)
            raise PowerCut
        assert not Event.objects.exists()

    def test_whether_a_fact_wants_delivery_is_decided_when_it_is_written(self, loop):
        write(1)
        loop.REACTIONS.clear()
        write(1)
        assert list(Event.objects.order_by("id").values_list("wants_delivery", flat=True)) == [True, False]
