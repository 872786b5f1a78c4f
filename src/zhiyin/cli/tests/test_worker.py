"""One loop class for every duty: a failing one waits longer each time and holds up nobody."""

import signal
import time
from datetime import UTC, datetime
from threading import Event, Thread

import pytest
from django.db import connection

from zhiyin.cli import worker as module
from zhiyin.cli.worker import LONGEST_PAUSE, Duty, Worker, apart, duties, run_until_quiet

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


def clock() -> datetime:
    return NOW


class Act:
    """A duty that notes its calls and answers from a list; an exception in the list is raised."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.calls = 0

    def __call__(self, _clock: object) -> object:
        self.calls += 1
        answer = self.answers.pop(0) if self.answers else 0
        if isinstance(answer, Exception):
            raise answer
        return answer


class TestTurns:
    def test_every_duty_that_is_due_runs_once(self):
        acts = [Act(), Act()]
        worker = Worker([Duty(f"duty {number}", 60, act) for number, act in enumerate(acts)], clock)
        worker.turn()
        worker.turn()
        assert [act.calls for act in acts] == [1, 1]

    def test_one_that_found_work_is_called_again_at_once(self):
        act = Act(5, 5, 0)
        worker = Worker([Duty("busy", 60, act)], clock)
        for _ in range(5):
            worker.turn()
        assert act.calls == 3

    def test_one_that_gives_way_rests_before_it_is_called_again(self):
        act = Act(5, 5, 0)
        worker = Worker([Duty("writes much", 60, act, rest=30)], clock)
        for _ in range(5):
            worker.turn()
        assert act.calls == 1

    def test_a_failing_one_holds_up_nobody(self):
        failing, working = Act(ValueError("broken")), Act()
        worker = Worker([Duty("failing", 1, failing), Duty("working", 1, working)], clock)
        worker.turn()
        assert (failing.calls, working.calls) == (1, 1)

    def test_a_failing_one_waits_longer_each_time_and_never_longer_than_fifteen_seconds(self):
        duty = Duty("failing", 1, Act(*[ValueError("broken")] * 10))
        worker = Worker([duty], clock)
        pauses = []
        for _ in range(6):
            duty.next_at = 0.0
            worker.turn()
            pauses.append(round(duty.next_at - time.monotonic()))
        assert pauses == [2, 4, 8, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]

    def test_after_a_success_it_starts_afresh(self):
        duty = Duty("recovers", 1, Act(ValueError("broken"), 0, ValueError("broken")))
        worker = Worker([duty], clock)
        for _ in range(3):
            duty.next_at = 0.0
            worker.turn()
        assert round(duty.next_at - time.monotonic()) == 2

    def test_nothing_more_is_begun_once_it_is_told_to_stop(self):
        act = Act()
        worker = Worker([Duty("duty", 1, act)], clock)
        worker.stop.set()
        worker.turn()
        worker.run()
        assert act.calls == 0


def test_it_runs_until_it_is_told_to_stop():
    act = Act()
    worker = Worker([Duty("duty", 0.01, act)], clock)
    running = Thread(target=worker.run)
    running.start()
    deadline = time.monotonic() + 30
    while act.calls < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    worker.stop.set()
    running.join(30)
    assert act.calls >= 3
    assert not running.is_alive()


def test_the_loops_own_duties_are_the_workers():
    listed = duties()
    assert {"bring_facts_to_their_reactions", "send_what_is_due", "seal_the_ledger"} <= {duty.name for duty in listed}
    assert all(duty.period > 0 for duty in listed)


def test_the_mirrors_duties_run_in_threads_of_their_own_and_all_others_take_turns():
    threads = apart(duties())
    assert list(threads) == ["", "figures", "merging"]
    assert [duty.name for duty in threads["figures"]] == ["bring_the_mirror_up_to_date"]
    assert {duty.name for duty in threads["merging"]} == {"merge_what_is_complete", "clear_what_was_taken_back"}
    assert sum(map(len, threads.values())) == len(duties())


def test_reactions_give_way_where_the_database_has_one_writer():
    (reactions,) = [duty for duty in duties() if duty.name == "bring_facts_to_their_reactions"]
    assert (reactions.rest > 0) == (connection.vendor == "sqlite")


class TestUntilQuiet:
    def test_every_duty_runs_until_none_finds_anything(self, monkeypatch):
        busy, idle = Act(1, 1, 0), Act()
        monkeypatch.setattr(module, "duties", lambda: [Duty("busy", 1, busy), Duty("idle", 1, idle)])
        assert run_until_quiet(clock=clock) == 2
        assert busy.calls == 3

    def test_one_that_never_ends_is_found_out(self, monkeypatch):
        monkeypatch.setattr(module, "duties", lambda: [Duty("endless", 1, Act(*[1] * 100))])
        with pytest.raises(RuntimeError, match="did not become empty"):
            run_until_quiet(clock=clock, longest_turns=10)


def test_a_slow_duty_does_not_hold_up_one_of_another_thread(monkeypatch):
    """The command starts a thread for each, and ends when all have ended."""
    handlers: dict[object, object] = {}
    let_go, quick = Event(), Act()
    stopped = []

    def slow(_clock: object) -> int:
        let_go.wait(30)
        stopped.append("slow")
        return 0

    listed = [Duty("slow", 60, slow), Duty("quick", 0.01, quick, apart="figures")]
    monkeypatch.setattr(module, "duties", lambda: listed)
    monkeypatch.setattr(module, "ready_to_start", lambda: None)
    monkeypatch.setattr(module.signal, "signal", lambda name, act: handlers.__setitem__(name, act))
    assert module.worker_command.callback is not None
    running = Thread(target=module.worker_command.callback)
    running.start()
    deadline = time.monotonic() + 30
    while quick.calls < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (quick.calls >= 3, stopped) == (True, [])
    handlers[signal.SIGTERM]()  # type: ignore[operator]  # the worker's own handler
    let_go.set()
    running.join(30)
    assert (running.is_alive(), stopped) == (False, ["slow"])


def test_the_command_ends_on_sigterm(monkeypatch):
    """It finishes what it is at, and then ends."""
    handlers: dict[object, object] = {}
    monkeypatch.setattr(module, "set_up", lambda: None, raising=False)
    monkeypatch.setattr(module, "ready_to_start", lambda: None)
    monkeypatch.setattr(module.signal, "signal", lambda name, act: handlers.__setitem__(name, act))
    monkeypatch.setattr(Worker, "run", lambda worker: handlers.setdefault("worker", worker))
    assert module.worker_command.callback is not None
    module.worker_command.callback()
    assert set(handlers) == {signal.SIGTERM, signal.SIGINT, "worker"}
    worker = handlers["worker"]
    assert isinstance(worker, Worker)
    handlers[signal.SIGTERM]()  # type: ignore[operator]  # the worker's own handler
    assert worker.stop.is_set()
