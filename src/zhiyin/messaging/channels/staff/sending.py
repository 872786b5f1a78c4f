"""One alert to all robots. apprise waits as long as it likes, so it does so in a thread that nobody waits for."""

import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from queue import Empty, SimpleQueue
from threading import Thread

from zhiyin.messaging.channels.protocol import NO_LONGER_OURS, Blind, Envelope, StillOurs, Witness
from zhiyin.messaging.channels.staff.setup import StaffSetup
from zhiyin.messaging.rules.answers import Broken, broken
from zhiyin.messaging.rules.outcomes import Outcome, Result

log = logging.getLogger("zhiyin.messaging")
Notify = Callable[[Sequence[str], Envelope, int], Outcome]
UNKNOWN_ROBOT = "a robot's address is not understood"


class StaffAlerts:
    """The robots of one organisation, for one worker."""

    at_once = 1

    def __init__(
        self, key: str, setup: StaffSetup, *, private_hosts: Collection[str] = (), notify: Notify | None = None
    ) -> None:
        self.key, self.setup, self.patience = key, setup, setup.patience
        self._notify = notify or tell_robots

    def place(self) -> str:
        return ""

    def send(self, envelopes: Sequence[Envelope], *, still_ours: StillOurs) -> list[Outcome]:
        ours = still_ours()
        return [
            self._one(each) if each.message_id in ours else Outcome(Result.NOT_SENT, NO_LONGER_OURS)
            for each in envelopes
        ]

    def witness(self) -> AbstractContextManager[Witness | None]:
        return nullcontext(Blind())

    def close(self) -> None:
        """Nothing stays open."""

    def _one(self, envelope: Envelope) -> Outcome:
        answers: SimpleQueue[Outcome] = SimpleQueue()

        def work() -> None:
            try:
                answers.put(self._notify(self.setup.robots, envelope, self.setup.timeout))
            except Exception as fault:  # apprise's own: some robots may have been told by then
                log.warning("Robots could not be told: %s", type(fault).__name__)
                answers.put(Outcome(Result.DOUBTFUL, type(fault).__name__))

        Thread(target=work, name="staff-alert", daemon=True).start()
        try:
            return answers.get(timeout=self.setup.timeout)
        except Empty:
            return broken(Broken.WAITING)


def tell_robots(robots: Sequence[str], envelope: Envelope, timeout: int) -> Outcome:
    """Hand the alert to every robot. One that fails leaves a doubt: another may have been told, or this one slowly."""
    from apprise import Apprise  # noqa: PLC0415  (a tenth of a second and some memory, for few processes)

    told = Apprise()
    if not all(told.add(each) for each in robots):
        return Outcome(Result.NOT_SENT, UNKNOWN_ROBOT)
    reference = f"{envelope.text}\n[{envelope.message_id}]"  # an alert that comes twice is seen to be one
    if told.notify(body=reference, title=envelope.subject, timeout=timeout):
        return Outcome(Result.ACCEPTED)
    return Outcome(Result.DOUBTFUL, "not every robot took it")
