"""What a channel is given and what it answers."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from zhiyin.lib.phones import MOBILE
from zhiyin.messaging.rules.outcomes import Outcome
from zhiyin.messaging.rules.signals import Asked, Callback, Heard, Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One message ready to leave: the only place where an address, a text and a link stand together, for a moment."""

    message_id: int
    to: str  # a phone in E.164, an e-mail address; ``staff:12`` for somebody without either
    text: str
    sent_at: datetime
    invitation_id: int | None = None
    subject: str = ""
    link: str | None = None
    token: str = ""
    unsubscribe: str = ""  # the page on which the reader refuses further messages
    html: str = ""  # the same text with tables, for a mail
    files: Sequence[tuple[str, str, str]] = ()  # name, kind and text of what goes with a mail
    words: Mapping[str, str] = field(default_factory=dict)  # what a provider's template may want: organisation, hours

    @property
    def dialled(self) -> str:
        """A mainland mobile as people at home dial it, which every gateway here takes; anything else as it is."""
        at_home = self.to.removeprefix("+86")
        return at_home if MOBILE.fullmatch(at_home) else self.to

    @property
    def key(self) -> str:
        """What a channel that can look back knows the message by."""
        return str(self.invitation_id or self.message_id)


StillOurs = Callable[[], Collection[int]]  # the ids of this batch that are ours still, asked just before the bytes


class Witness(Protocol):
    """Says what certainly left and what certainly did not, for messages whose worker died."""

    def left(self, place: str, key: str) -> bool | None:
        """Whether the message left after the channel stood at ``place``; None when that cannot be told."""


class Sender(Protocol):
    """One channel, open for sending by one worker."""

    key: str
    at_once: int  # how many are on their way together, and so how many a crash leaves in doubt at most
    patience: timedelta  # the longest that one call of ``send`` takes

    def place(self) -> str:
        """Where the channel stands now, kept with the attempt, for a witness to start from; empty if it has none."""

    def send(self, envelopes: Sequence[Envelope], *, still_ours: StillOurs) -> list[Outcome]:
        """Hand the messages over; one outcome each, in order. Raises nothing for a gateway's or network's fault."""

    def witness(self) -> AbstractContextManager[Witness | None]:
        """What can be proven about messages whose worker died. None while it cannot be told (try again later).

        While the witness is held, no worker, stopped or slow, can send what the witness said had not left: so what
        follows from its word must be committed before it is let go.
        """

    def close(self) -> None: ...


class Receiver(Protocol):
    """The way back of one channel: verifies, then reads. Pure but for its own set-up; changes nothing."""

    def hear(self, callback: Callback) -> Heard:
        """What the gateway said. Raises Unverified or Unreadable; never anything else, whatever the bytes are."""


class Puller(Protocol):
    """A channel that can be asked what became of messages, for when its pushes fall silent."""

    most_at_once: int

    def pull(self, asked: Sequence[Asked], *, now: datetime) -> list[Signal]:
        """What the gateway says of these, and whatever waits there unread. Raises nothing for a gateway's fault."""


@dataclass(frozen=True, slots=True)
class Laid:
    """Something that was laid into a mailbox: where it lies, in words, and its bytes; None where they are too many."""

    place: str
    body: bytes | None


Take = Callable[[Laid], None]  # keeps it for good; when it returns, the thing may count as read


class Collector(Protocol):
    """A mailbox that what comes back is laid into, until somebody looks."""

    def collect(self, take: Take) -> None:
        """Hand over what is new, and mark each as read once it was taken. Raises ConnectionBroke."""


class Blind:
    """The witness of channels that nobody can ask afterwards."""

    def left(self, place: str, key: str) -> bool | None:
        return None


NO_LONGER_OURS = "another worker has it now"
